// SPDX-License-Identifier: Apache-2.0
// Tests of class values: what columns sort by, and a scale that holds every class.
import { expect, test } from "vitest";
import type { Class } from "@/gen/ops";
import { sortRows } from "@/widgets/table";
import {
  classDomain,
  classRowHeight,
  classSort,
  classValue,
  scoreOf,
  sortToKeep,
} from "./class-values";

const row = (name: string, recall: number | null, support = 10): Class =>
  ({
    name,
    support,
    correct: 7,
    recall,
    recall_low: recall === null ? null : recall - 0.1,
    recall_high: recall === null ? null : recall + 0.05,
    precision: recall,
    precision_low: recall,
    precision_high: recall,
    f1: recall,
    f1_low: recall,
    f1_high: recall,
    gap: null,
    auroc: null,
  }) as unknown as Class;

test("a score comes with its own interval", () => {
  expect(scoreOf(row("a", 0.5), "recall")).toEqual({ value: 0.5, low: 0.4, high: 0.55 });
});

test("worst first, classes without a number last", () => {
  const rows = [row("b", 0.9), row("none", null), row("a", 0.2)];
  const sorted = sortRows(rows, { field: "f1", descending: false }, classValue);
  expect(sorted.map((one) => one.name)).toEqual(["a", "b", "none"]);
  expect(classValue(row("x", 1), "errors")).toBe(3);
  expect(classValue(row("unseen", 0, 0), "f1")).toBeNull();
});

test("bars start below every interval; classes without samples do not count", () => {
  expect(classDomain([row("a", 0.75), row("b", 0.95)])).toBe(0.6);
  expect(classDomain([row("a", 0.05)])).toBe(0);
  expect(classDomain([row("a", 0.99), row("gone", 0, 0)])).toBe(0.8);
  expect(classDomain([])).toBe(0.9);
});

test("few classes get taller rows", () => {
  expect(classRowHeight(2)).toBe(44);
  expect(classRowHeight(1000)).toBe(28);
});

test("the address holds an order only where it differs from worst first", () => {
  const worst = classSort(null);
  expect(worst).toEqual({ field: "f1", descending: false });
  expect(classSort({ field: "other_margin", descending: true })).toEqual(worst);
  const recall = { field: "recall", descending: true };
  expect(classSort(sortToKeep(recall, worst))).toEqual(recall);
  expect(sortToKeep(worst, recall)).toBeNull();
  expect(sortToKeep(null, recall)).toBeNull();
  expect(classSort(sortToKeep(null, worst))).toEqual({ field: "f1", descending: true });
});
