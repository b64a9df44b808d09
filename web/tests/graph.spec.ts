// SPDX-License-Identifier: Apache-2.0
// The graph of a model on the real server: searched, unfolded, and on to the layer of a sample.
import { blankCanvases, expect, settled, test } from "./page";

test("from a node of the graph to its layer on a sample", async ({ page, open }) => {
  await open("/models");
  await settled(page);
  const graph = page.locator(".graph-canvas");
  await graph.scrollIntoViewIfNeeded();
  expect(await blankCanvases(page)).toEqual([]);
  const boxes = page.locator(".graph-side .line").first();
  const folded = await boxes.textContent();
  await page.getByLabel("Search nodes").fill("relu2");
  await page.locator(".graph-found button").first().click();
  await expect(page).toHaveURL(/layer=/);
  await expect(page.locator(".graph-details")).toContainText("Relu");
  await expect(boxes).not.toHaveText(folded ?? "");
  await page.getByRole("radio", { name: "Time" }).click();
  await expect(page.locator(".graph-totals")).toContainText("for a sample");
  await graph.focus();
  await page.keyboard.press("ArrowUp");
  await expect(page.locator(".graph-details")).not.toContainText("Relu");
  await page.keyboard.press("ArrowDown");
  await page.getByRole("link", { name: "See it on a sample" }).click();
  await expect(page).toHaveURL(/\/sample\?.*layer=/);
  await expect(page.locator(".layer-tile[aria-checked=true]")).toHaveCount(1);
  await expect(page.locator(".channel-tile").first()).toBeVisible();
});
