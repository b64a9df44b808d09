// SPDX-License-Identifier: Apache-2.0
// The whole way from a finding to its samples and on, by keyboard alone.
import { blankCanvases, expect, settled, test } from "./page";

test("from Overview to a failing sample and through all pages, by keyboard", async ({
  page,
  open,
}) => {
  await open("/overview");
  await settled(page);
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  expect(await blankCanvases(page)).toEqual([]);

  await test.step("a finding leads to its samples", async () => {
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog")).toContainText("Go to Explore");
    await page.keyboard.press("Escape");
    const finding = page.locator(".finding a[href*='/explore']").first();
    await finding.focus();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/explore\?.*where=/);
    await expect(page.locator(".tally b").first()).not.toHaveText("0");
  });

  await test.step("failures of all classes, fewer with a brush", async () => {
    await page.keyboard.press("c");
    await expect(page.locator(".tally")).toContainText("300 of 300");
    await page.keyboard.press("f");
    await expect(page).toHaveURL(/where=outcome%3Dwrong/);
    await expect(page.locator(".tally")).toHaveAttribute("aria-busy", "false");
    const all = Number(await page.locator(".tally b").first().textContent());
    await page.getByRole("slider", { name: "Confidence, from" }).focus();
    for (let times = 0; times < 20; times += 1) await page.keyboard.press("ArrowRight");
    await expect(page).toHaveURL(/where=confidence/);
    await expect
      .poll(async () => Number(await page.locator(".tally b").first().textContent()))
      .toBeLessThan(all);
  });

  await test.step("the sample, and the next failing one", async () => {
    await page.keyboard.press("Escape");
    await page.getByRole("listbox", { name: "Samples" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/sample\?.*sample=s\d+/);
    await expect(page.locator(".sample-position")).toContainText("1 of");
    await settled(page);
    expect(await blankCanvases(page)).toEqual([]);
    const first = page.url();
    await page.keyboard.press("n");
    await expect(page.locator(".sample-position")).toContainText("2 of");
    expect(page.url()).not.toBe(first);
    await expect(page.locator(".verdict")).toContainText("→");
    await page.keyboard.press("p");
    await expect(page.locator(".sample-position")).toContainText("1 of");
  });

  await test.step("Compare, Models, Journal", async () => {
    for (const [keys, path] of [
      ["g c", "compare"],
      ["g m", "models"],
      ["g j", "journal"],
    ] as const) {
      for (const key of keys.split(" ")) await page.keyboard.press(key);
      await expect(page).toHaveURL(new RegExp(`/${path}`));
      await settled(page);
      await expect(page.locator(".problem")).toHaveCount(0);
      expect(await blankCanvases(page)).toEqual([]);
    }
  });
});
