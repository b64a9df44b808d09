// SPDX-License-Identifier: Apache-2.0
// What browser tests share: opening a page with a session, and what must hold on every page.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";

export { expect };

interface Opener {
  /** Opens a path of a workspace, signed in. */
  readonly open: (path: string, workspace?: "fashion" | "hostile") => Promise<void>;
}

/** A page whose console must stay silent. */
export const test = base.extend<Opener>({
  open: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on("pageerror", (thrown) => complaints.push(thrown.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("dialog", (dialog) => {
      complaints.push(`a dialog opened: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await use(async (path, workspace = "fashion") => {
      const home = new URL(
        (workspace === "fashion" ? process.env.FASHION_URL : process.env.HOSTILE_URL) ?? "",
      );
      await page.goto(`${home.origin}${path}${home.hash}`);
      await expect(page.locator("nav.rail")).toBeVisible();
    });
    expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
  },
});

/** Canvases in sight that hold a single colour. */
export async function blankCanvases(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("canvas")].flatMap((canvas) => {
      const box = canvas.getBoundingClientRect();
      if (box.width === 0 || box.bottom < 0 || box.top > innerHeight) return [];
      const context = canvas.getContext("2d");
      const { data } = context?.getImageData(0, 0, canvas.width, canvas.height) ?? {
        data: new Uint8ClampedArray(),
      };
      const words = new Uint32Array(data.buffer);
      const isBlank = words.every((word) => word === words[0]);
      return isBlank ? [canvas.getAttribute("aria-label") ?? canvas.className] : [];
    }),
  );
}

/** Rules of WCAG 2.2 AA that the page breaks seriously. */
export async function seriousFaults(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  return found.violations
    .filter((fault) => fault.impact === "serious" || fault.impact === "critical")
    .map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(" | ")}`);
}

/** Waits until nothing on the page is loading any more. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator(".skeleton:visible, .thumb-loading")).toHaveCount(0);
}
