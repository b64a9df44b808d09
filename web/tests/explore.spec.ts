// SPDX-License-Identifier: Apache-2.0
// Explore on the real server: counts while dragging, clauses, empty results, jumping, export.
import { expect, test } from "./page";

test("counts answer while a brush is dragged, the address when it is let go", async ({
  page,
  open,
}) => {
  await open("/explore");
  const tally = page.locator(".tally b").first();
  await expect(tally).toHaveText("300");
  const plot = page.locator("section.facet[aria-label='Confidence'] .hist-plot svg");
  const box = await plot.boundingBox();
  if (!box) throw new Error("no histogram");
  const at = (share: number) => [box.x + box.width * share, box.y + box.height / 2] as const;
  await page.mouse.move(...at(0.3));
  await page.mouse.down();
  for (let share = 0.3; share < 0.7; share += 0.05) await page.mouse.move(...at(share));
  await expect(tally).not.toHaveText("300");
  await expect(page.locator(".filter-chip")).toContainText("Confidence");
  expect(page.url()).not.toContain("where");
  await page.mouse.up();
  await expect(page).toHaveURL(/where=confidence/);
  await expect(page.locator(".tally")).toHaveAttribute("aria-busy", "false");
  const held = await tally.textContent();
  await page.reload();
  await expect(tally).toHaveText(held ?? "");
});

test("values of a category are chosen, and more of them, and none", async ({ page, open }) => {
  await open("/explore");
  const label = page.locator("section.facet[aria-label='Label']");
  await label.getByRole("option").first().click();
  await expect(page).toHaveURL(/where=label/);
  await expect(page.locator(".tally b").first()).not.toHaveText("300");
  await expect(page.locator(".tally")).toHaveAttribute("aria-busy", "false");
  const one = Number(await page.locator(".tally b").first().textContent());
  expect(one).toBeGreaterThan(0);
  await label.getByRole("option").nth(1).click();
  await expect
    .poll(async () => Number(await page.locator(".tally b").first().textContent()))
    .toBeGreaterThan(one);
  await label.getByRole("button", { name: "Reset Label" }).click();
  await expect(page.locator(".tally b").first()).toHaveText("300");
});

test("a clause is edited as text, and the core says what is wrong with it", async ({
  page,
  open,
}) => {
  await open("/explore?where=confidence%3E%3D0.5");
  await page.getByRole("button", { name: /^Edit: Confidence/ }).click();
  const field = page.getByLabel("Clause", { exact: true });
  await field.fill("confidense>=0.9");
  await expect(page.locator(".chip-note .bad")).toContainText("confidense");
  await field.fill("confidence>=0.9");
  await expect(page.locator(".chip-note")).toContainText("samples with it");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/confidence%3E%3D0.9/);
  await page.getByRole("button", { name: /^Edit: Confidence/ }).click();
  await page.getByRole("button", { name: "Invert" }).click();
  await expect(page).toHaveURL(/confidence%3C0.9/);
});

test("an empty result names the clause to blame and offers to drop it", async ({ page, open }) => {
  await open("/explore?where=outcome%3Dwrong&where=confidence%3E%3D5");
  await expect(page.locator(".empty")).toContainText("No sample meets every clause");
  await page.getByRole("button", { name: "Drop it" }).click();
  await expect(page.locator(".tally b").first()).not.toHaveText("0");
  await expect(page).not.toHaveURL(/confidence/);
});

test("a clause the core refuses is shown with its words", async ({ page, open }) => {
  await open("/explore?where=nonsense%3D1");
  await expect(page.getByRole("alert")).toContainText("nonsense");
  await page.getByRole("button", { name: /^Remove: nonsense/ }).click();
  await expect(page.locator(".tally b").first()).toHaveText("300");
});

test("jumping to a row, the table, sizes and selection by key", async ({ page, open }) => {
  await open("/explore");
  await expect(page.locator(".tally b").first()).toHaveText("300");
  await page.keyboard.press("g");
  await page.getByRole("textbox", { name: /^Row/ }).fill("250");
  await page.keyboard.press("Enter");
  await expect(page.locator("[data-row='249'].grid-current")).toBeInViewport();
  await expect(page.locator(".explore-foot")).toContainText("row 250");
  await expect(page).toHaveURL(/row=249/);
  await page.keyboard.press("2");
  const tile = page.locator("[data-row='249']");
  await expect.poll(async () => (await tile.boundingBox())?.width ?? 999).toBeLessThan(100);
  await page.keyboard.press("x");
  await expect(page.locator(".explore-foot")).toContainText("1 sample selected");
  await page.keyboard.press("e");
  await expect(page.locator(".export-command")).toContainText("slitlamp export failing-images");
  await expect(page.locator(".export-command")).toContainText("--where");
  await page.keyboard.press("Escape");
  await page.keyboard.press("t");
  await expect(page.getByRole("grid", { name: "Samples" })).toBeVisible();
  await expect(page).toHaveURL(/tab=table/);
});

test("the order is part of the address", async ({ page, open }) => {
  await open("/explore?where=outcome%3Dwrong&sort=-confidence");
  const numbers = page.locator(".thumb-number");
  await expect(numbers.first()).toBeVisible();
  const shares = (await numbers.allTextContents()).map((text) => parseFloat(text.replace(">", "")));
  expect(shares.slice(0, 8)).toEqual([...shares.slice(0, 8)].sort((a, b) => b - a));
});
