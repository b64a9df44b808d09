// SPDX-License-Identifier: Apache-2.0
// Every page in both themes, on a phone, a desk and a wall: nothing serious for axe, nothing wider
// than the window, no canvas blank.
import { blankCanvases, expect, seriousFaults, settled, test } from "./page";

const PAGES = ["overview", "explore", "sample", "compare", "models", "journal"];
const SIZES = { phone: [390, 844], desk: [1440, 900], wall: [2560, 1440] } as const;

for (const [size, [width, height]] of Object.entries(SIZES)) {
  for (const theme of ["dark", "light"] as const) {
    test.describe(`${size}, ${theme}`, () => {
      test.use({ viewport: { width, height }, colorScheme: theme });
      for (const name of PAGES) {
        test(name, async ({ page, open }) => {
          await open(`/${name}`);
          await settled(page);
          expect(await blankCanvases(page)).toEqual([]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(wide).toBeLessThanOrEqual(width);
          expect(await seriousFaults(page)).toEqual([]);
        });
      }
    });
  }
}
