// SPDX-License-Identifier: Apache-2.0
// Tests of the matrix' note: the diagonal is no error, and the pairs are directed.
import { expect, test } from "vitest";
import type { Report } from "../report";
import { confusionNote } from "./index";

const report = (cells: readonly [number, number, number][], n: number): Report =>
  ({
    class_names: Array.from({ length: n }, (_, at) => String(at)),
    confusion: cells.map(([label, pred, count]) => ({ label, pred, count })),
  }) as unknown as Report;

test("errors and directed pairs are counted without the diagonal", () => {
  const cells: [number, number, number][] = [
    [0, 0, 90],
    [0, 1, 7],
    [1, 0, 1],
    [1, 1, 80],
  ];
  expect(confusionNote(report(cells, 3))).toBe("8 errors in 2 of 6 pairs");
  expect(confusionNote(report([[0, 1, 1]], 2))).toBe("1 error in 1 of 2 pairs");
  expect(confusionNote(report([[0, 0, 5]], 2))).toBe("0 errors in 0 of 2 pairs");
  expect(confusionNote(report([], 2))).toBe("");
});
