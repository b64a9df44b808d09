// SPDX-License-Identifier: Apache-2.0
// Tests of the bars about zero: losses end at the middle, gains begin there.
import { expect, test } from "vitest";
import type { Class2 } from "@/gen/ops";
import { barOf, changeValue, widest } from "./diverging";

const row = (difference: number | null): Class2 => ({
  name: "a",
  support: 9,
  accuracy_a: 0.5,
  accuracy_b: 0.6,
  difference,
  fixed: 3,
  broken: 2,
});

test("a loss ends at the middle, a gain begins there", () => {
  expect(barOf(-0.05, 0.1)).toEqual({ left: 25, width: 25 });
  expect(barOf(0.1, 0.1)).toEqual({ left: 50, width: 50 });
  expect(barOf(0, 0.1)).toEqual({ left: 50, width: 0 });
});

test("the scale is that of the largest change, at least a percentage point", () => {
  expect(widest([row(-0.2), row(0.1), row(null)])).toBe(0.2);
  expect(widest([row(0.001)])).toBe(0.01);
});

test("columns sort by what they show", () => {
  expect(changeValue(row(-0.2), "difference")).toBe(-0.2);
  expect(changeValue(row(0), "fixed")).toBe(3);
  expect(changeValue(row(0), "name")).toBe("a");
});
