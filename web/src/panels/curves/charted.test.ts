// SPDX-License-Identifier: Apache-2.0
// Tests of charted curves: a class keeps its colour in both charts whatever order the reply has.
import { expect, test } from "vitest";
import type { Class, Curve } from "@/gen/ops";
import { charted, prevalence, weakest } from "./charted";

const curve = (kind: string, title: string): Curve => ({
  kind,
  title,
  area: 0.5,
  x: [0, 1],
  y: [0, 1],
  threshold: [1, 0],
});

const MICRO = [curve("roc", "micro"), curve("pr", "micro")];

test("the micro average comes first, then the classes as chosen", () => {
  const reply = [curve("pr", "b"), curve("roc", "b"), curve("roc", "a"), curve("pr", "a")];
  for (const kind of ["roc", "pr"] as const) {
    const shown = charted(MICRO, reply, ["a", "b"], kind);
    expect(shown.map((one) => one.title)).toEqual(["micro", "a", "b"]);
    expect(shown.map((one) => one.colour)).toEqual([0, 1, 2]);
  }
});

test("curves of classes that are no longer chosen are left out", () => {
  expect(charted(MICRO, [curve("roc", "old")], ["new"], "roc")).toHaveLength(1);
});

test("a class named like the average is another curve", () => {
  const shown = charted(MICRO, [curve("roc", "micro")], ["micro"], "roc");
  expect(new Set(shown.map((one) => one.id)).size).toBe(2);
});

test("the weakest classes are those with the least average precision that have samples", () => {
  const row = (name: string, average_precision: number | null, support = 5) =>
    ({ name, average_precision, support }) as unknown as Class;
  const rows = [row("a", 0.9), row("b", 0.2), row("c", null), row("d", 0.1, 0), row("e", 0.5)];
  expect(weakest(rows, 2)).toEqual(["b", "e"]);
});

test("chance in pooled decisions is one of the classes", () => {
  expect(prevalence(10)).toBeCloseTo(0.1);
  expect(prevalence(1)).toBe(0.5);
});
