// SPDX-License-Identifier: Apache-2.0
// Sample on the real server: opened by address, its steps, another pipeline tried, broken files and
// names that are written to do harm.
import { blankCanvases, expect, settled, test } from "./page";
import { EVIL_LABEL } from "./server";

test("opened by its address it shows what the model saw, step by step", async ({ page, open }) => {
  await open("/sample?sample=s1&look=pipeline");
  await settled(page);
  await expect(page.locator(".sample-position")).toContainText("1 of 300");
  expect(await blankCanvases(page)).toEqual([]);
  const steps = page.getByRole("tablist", { name: "Pipeline steps" }).getByRole("tab");
  expect(await steps.count()).toBeGreaterThan(2);
  await steps.first().click();
  await expect(page).toHaveURL(/tab=1/);
  await page.keyboard.press("]");
  await expect(page).toHaveURL(/tab=2/);
  await expect(page.locator(".statistics")).toContainText("mean");
  await expect(page.locator(".scores li")).toHaveCount(10);
  await expect(page.locator(".scores")).toContainText("label");
  await expect(page.locator(".chain")).toContainText("import");
  await expect(page.locator(".chain a[href*='/journal']").first()).toBeVisible();
});

test("without a sample in the address it opens the first of the view", async ({ page, open }) => {
  await open("/sample?where=outcome%3Dwrong&sort=-confidence");
  await expect(page.locator(".sample-position")).toContainText("1 of");
  await expect(page.locator(".verdict .bad").first()).toBeVisible();
  await page.keyboard.press("u");
  await expect(page).toHaveURL(/\/explore\?.*row=0/);
});

test("another pipeline can be tried and left again", async ({ page, open }) => {
  await open("/sample?sample=s1&look=pipeline");
  await settled(page);
  await page.keyboard.press("t");
  await page.locator(".try-form").getByLabel("mean").fill("0.5");
  await expect(page.getByRole("heading", { name: "What the model would see" })).toBeVisible();
  await expect(page.locator(".stage-changed").first()).toBeVisible();
  await page.getByRole("button", { name: "As in the run" }).click();
  await expect(page.getByRole("heading", { name: "What the model saw" })).toBeVisible();
});

test("zooming shows pixels, and both pictures zoom together", async ({ page, open }) => {
  await open("/sample?sample=s1&look=pipeline");
  await settled(page);
  const canvas = page.locator(".image-canvas").last();
  await canvas.focus();
  const before = await page.locator(".image-percent").textContent();
  await page.keyboard.press("+");
  await expect(page.locator(".image-percent")).not.toHaveText(before ?? "");
  await page.keyboard.press("0");
  await expect(page.locator(".image-percent")).toHaveText(before ?? "");
  await canvas.hover();
  await expect(page.locator(".image-readout").last()).toContainText(",");
});

test("a file that does not decode shows why", async ({ page, open }) => {
  await open("/explore?where=error!%3D", "hostile");
  await expect(page.locator(".tally b").first()).toHaveText("1");
  await page.getByRole("listbox", { name: "Samples" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(page.locator(".sample-broken")).toContainText("does not decode");
  await expect(page.locator(".sample-broken bdi").first()).not.toBeEmpty();
});

test("labels and names that hold markup are text", async ({ page, open }) => {
  await open("/explore", "hostile");
  const label = page.locator("section.facet[aria-label='Label']");
  await expect(label).toContainText(EVIL_LABEL);
  await page.getByRole("listbox", { name: "Samples" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await expect(page.locator(".verdict")).toContainText(EVIL_LABEL);
  expect(await page.locator("img[src='x']").count()).toBe(0);
});
