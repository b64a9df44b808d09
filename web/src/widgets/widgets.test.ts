// SPDX-License-Identifier: Apache-2.0
// @vitest-environment jsdom
// Tests of the arithmetic inside widgets.
import { describe, expect, test } from "vitest";
import { denseCounts, topErrors } from "./confusion";
import { cellAt, showMatrix, zoomWindow } from "./confusion-paint";
import { pointAt } from "./curve";
import { gridLayout, gridStep } from "./grid";
import { FIT, panBy, pixelAt, place, zoomAbout } from "./image-view";
import { listStep } from "./scroller";
import { sortRows } from "./table";

describe("movement", () => {
  test("a grid's keys stay inside it and keep the column where they can", () => {
    expect(gridStep("ArrowDown", 3, 10, 4, 100)).toBe(13);
    expect(gridStep("ArrowUp", 3, 10, 4, 100)).toBe(3);
    expect(gridStep("ArrowDown", 95, 10, 4, 98)).toBe(95);
    expect(gridStep("ArrowDown", 88, 10, 4, 95)).toBe(94);
    expect(gridStep("PageDown", 80, 10, 4, 98)).toBe(97);
    expect(gridStep("End", 0, 10, 4, 1_000_000)).toBe(999_999);
    expect(gridStep("ArrowRight", -1, 10, 4, 100)).toBe(0);
    expect(gridStep("x", 3, 10, 4, 100)).toBe(-1);
  });
  test("tiles fill the width and never shrink below the asked side", () => {
    const { columns, tile } = gridLayout(1000, 96, 34);
    expect(tile).toBeGreaterThanOrEqual(96);
    expect(columns * (tile + 6) + 6).toBeLessThanOrEqual(1000);
    expect(gridLayout(50, 96, 0).columns).toBe(1);
  });
  test("a list's keys", () => {
    expect(listStep("ArrowDown", -1, 5, 3)).toBe(0);
    expect(listStep("PageUp", 2, 5, 3)).toBe(0);
    expect(listStep("End", 0, 5, 3)).toBe(4);
    expect(listStep("ArrowDown", 0, 0, 3)).toBe(-1);
  });
});

describe("confusion matrix", () => {
  const counts = denseCounts(3, [
    { label: 0, pred: 0, count: 8 },
    { label: 0, pred: 1, count: 2 },
    { label: 2, pred: 1, count: 5 },
    { label: 9, pred: 0, count: 7 },
  ]);
  test("cells outside the classes are dropped, errors are ranked", () => {
    expect([...counts]).toEqual([8, 2, 0, 0, 0, 0, 0, 5, 0]);
    expect(topErrors(counts, 3, 9)).toEqual([
      { label: 2, prediction: 1, count: 5 },
      { label: 0, prediction: 1, count: 2 },
    ]);
  });
  test("shares are of the row, column or all; the diagonal can be hidden", () => {
    const shown = showMatrix(counts, 3, [0, 1, 2], "row", true);
    expect(shown.strength[0]).toBe(0);
    expect(shown.strength[7]).toBeCloseTo(1);
    expect(shown.strength[1]).toBeCloseTo(0.2 ** 0.75);
    expect([shown.rowTotal(0), shown.columnTotal(1)]).toEqual([10, 7]);
  });
  test("the window stays inside and follows the cursor", () => {
    expect(zoomWindow({ row: 0, col: 0, size: 100 }, 100, 2, [99, 0])).toEqual({
      row: 50,
      col: 0,
      size: 50,
    });
    expect(zoomWindow({ row: 0, col: 0, size: 10 }, 100, 1, [10, 3])).toEqual({
      row: 1,
      col: 0,
      size: 10,
    });
    expect(cellAt({ row: 4, col: 0, size: 50 }, 500, [], 100, 499, 0)).toEqual([4, 49]);
    expect(cellAt({ row: 0, col: 0, size: 50 }, 500, [], 100, 501, 0)).toBeNull();
  });
});

describe("image", () => {
  const [image, box] = [
    { width: 200, height: 100 },
    { width: 400, height: 400 },
  ];
  test("fit shows all of it in the middle", () => {
    expect(place(FIT, image, box)).toEqual({ scale: 2, left: 0, top: 100 });
  });
  test("zooming keeps the point under the pointer", () => {
    const before = pixelAt(FIT, image, box, 300, 180);
    const after = pixelAt(zoomAbout(FIT, image, box, 4, 300, 180), image, box, 300, 180);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
  });
  test("it cannot be dragged out of the box", () => {
    const look = panBy(zoomAbout(FIT, image, box, 4, 200, 200), image, box, 1e6, 1e6);
    const placed = place(look, image, box);
    expect(placed.left).toBeCloseTo(0);
    expect(placed.top).toBeCloseTo(0);
  });
});

test("rows sort by value, missing ones last in both directions", () => {
  const rows = [{ v: 2 }, { v: null }, { v: 10 }, { v: NaN }, { v: 1 }];
  const by = (descending: boolean) =>
    sortRows(rows, { field: "v", descending }, (row) => row.v).map((row) => row.v);
  expect(by(false).slice(0, 3)).toEqual([1, 2, 10]);
  expect(by(true).slice(0, 3)).toEqual([10, 2, 1]);
  expect(sortRows(rows, null, () => 0)).toEqual(rows);
});

test("a curve is read at the nearest point, rising or falling", () => {
  const rising = { id: "a", title: "a", x: [0, 0.4, 1], y: [0, 1, 1] };
  expect(pointAt(rising, 0.5)).toBe(1);
  expect(pointAt({ ...rising, x: [1, 0.4, 0] }, 0.9)).toBe(0);
});
