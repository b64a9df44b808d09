// SPDX-License-Identifier: Apache-2.0
// Inside the model on the real server: from a wrong answer to an attribution, a layer, a channel
// switched off and the scores that move, and the picture that is saved.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { blankCanvases, expect, seriousFaults, settled, test } from "./page";

const WRONG = "/sample?where=outcome%3Dwrong&sort=-confidence";

/** Colours on the canvas, to see that something was drawn on it. */
const colours = (page: Page): Promise<number> =>
  page.locator(".layered .image-canvas").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(data?.buffer ?? new ArrayBuffer(0))).size;
  });

test("a wrong answer is explained, a channel switched off, the scores move", async ({
  page,
  open,
}) => {
  await open(WRONG);

  await test.step("the attribution lies over what the model saw", async () => {
    await expect(page.locator(".heat-legend").first()).toBeVisible();
    await expect(page.locator(".explain")).toContainText(", not ");
    await expect.poll(() => colours(page)).toBeGreaterThan(500);
    await page.keyboard.press("a");
    await expect.poll(() => colours(page)).toBeLessThan(400);
    await page.keyboard.press("a");
    await expect.poll(() => colours(page)).toBeGreaterThan(500);
  });

  await test.step("another method, its option, another target", async () => {
    await page.getByRole("button", { name: /Method/ }).click();
    await page.getByRole("option", { name: /^Integrated gradients/ }).click();
    await expect(page).toHaveURL(/method=integrated_gradients/);
    await expect(page.locator(".explain-facts")).toContainText("completeness");
    await page.getByRole("button", { name: "Options of Integrated gradients" }).click();
    await page.getByRole("dialog").getByLabel("steps", { exact: true }).fill("8");
    await expect(page).toHaveURL(/option=steps%3A8/);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Target/ }).click();
    await page.getByRole("dialog").getByLabel("Any class").fill("bag");
    await page.getByRole("dialog").getByRole("button", { name: "Bag", exact: true }).click();
    await expect(page).toHaveURL(/target=class%3A8/);
  });

  await test.step("layers by key, a channel by hand, off by key", async () => {
    await page.locator("body").press("]");
    await expect(page).toHaveURL(/layer=/);
    await page.keyboard.press("]");
    await expect(page.locator(".layer-tile[aria-checked=true]")).toHaveCount(1);
    await page.locator(".layer-tile").last().click();
    await page.locator(".channel-tile").first().click();
    await expect(page).toHaveURL(/channel=\d+/);
    await page.keyboard.press("x");
    await expect(page.locator(".edit-rows li")).not.toHaveCount(0);
    await expect(page.locator(".edit-chips")).toContainText("off");
    await expect(page.locator(".edits")).toContainText("The answer");
    const changes = await page.locator(".edit-numbers > :last-child").allTextContents();
    expect(changes.some((text) => text !== "0")).toBe(true);
    expect(await seriousFaults(page)).toEqual([]);
  });

  await test.step("a region is drawn while the scores follow", async () => {
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.keyboard.press("d");
    const box = await page.locator(".layered .image-canvas").boundingBox();
    if (!box) throw new Error("no canvas");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const before = await page.locator(".edit-rows").textContent();
    await page.mouse.move(x - 50, y - 50);
    await page.mouse.down();
    await page.mouse.move(x + 40, y + 40, { steps: 4 });
    await expect(page.locator(".edit-rows")).not.toHaveText(before ?? "");
    expect(page.url()).not.toContain("%40");
    await page.mouse.up();
    await expect(page).toHaveURL(/edit=[^&]*%40\d/);
    await expect(page.locator(".edit-chips .chip")).toHaveCount(2);
    await page.keyboard.press("d");
  });

  await test.step("the picture is saved with its legend, and the link holds it all", async () => {
    const saving = page.waitForEvent("download");
    await page.keyboard.press("e");
    const saved = await saving;
    expect(saved.suggestedFilename()).toMatch(/^s\d+.*\.png$/);
    const png = readFileSync(await saved.path());
    expect(png.readUInt32BE(0)).toBe(0x89504e47);
    expect(png.readUInt32BE(16)).toBe(944);
    await page.reload();
    await expect(page.locator(".edit-chips .chip")).toHaveCount(2);
    await expect(page.locator(".channel-tile").first()).toBeVisible();
    await page.keyboard.press("r");
    await expect(page.locator(".edit-chips .chip")).toHaveCount(0);
    await expect(page).not.toHaveURL(/edit=/);
  });
});

test("beam, swipe and the whole picture, all drawn", async ({ page, open }) => {
  await open(WRONG);
  await expect(page.locator(".heat-legend").first()).toBeVisible();
  await settled(page);
  const canvas = page.locator(".layered .image-canvas");
  await canvas.hover();
  await page.keyboard.press("b");
  await expect(page.locator(".layered-beam")).toHaveText("What the model saw");
  await expect(page.locator(".layered-peeled")).toContainText("Attribution");
  await page.keyboard.press("b");
  await expect(page.locator(".layered-beam")).toHaveCount(0);
  await page.keyboard.press("w");
  await page.keyboard.press("f");
  await expect(page).toHaveURL(/whole=1/);
  expect(await blankCanvases(page)).toEqual([]);
  await page.keyboard.press("i");
  await expect(page).toHaveURL(/look=pipeline/);
  await expect(page.getByRole("tablist", { name: "Pipeline steps" })).toBeVisible();
});

test("what the core refuses is said where it belongs", async ({ page, open }) => {
  await open(`${WRONG}&target=nonsense&edit=nowhere%5B1%5D*0`);
  await expect(page.locator(".explain .problem")).toContainText("nonsense");
  await expect(page.locator(".edits .problem")).toContainText("nowhere");
  await expect(page.locator(".layer-tile canvas").first()).toBeVisible();
});
