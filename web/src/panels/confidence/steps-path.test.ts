// SPDX-License-Identifier: Apache-2.0
// Tests of the outline: it starts and ends on the floor and has a level per bin.
import { expect, test } from "vitest";
import { binOf, stepsPath } from "./steps-path";

const EDGES = [0, 0.5, 1];

test("the outline climbs to every bin and comes down again", () => {
  const path = stepsPath(
    EDGES,
    [2, 5],
    (x) => x * 100,
    (y) => 50 - y,
    50,
  );
  expect(path).toBe("M0.0 50V48.0H50.0V45.0H100.0V50");
  expect(stepsPath([], [], Number, Number, 0)).toBe("");
});

test("a value finds its bin, one outside finds none", () => {
  expect(binOf(EDGES, 0.5)).toBe(1);
  expect(binOf(EDGES, 1)).toBe(1);
  expect(binOf(EDGES, 0)).toBe(0);
  expect(binOf(EDGES, -0.01)).toBe(-1);
  expect(binOf(EDGES, 1.01)).toBe(-1);
  expect(binOf([], 0.5)).toBe(-1);
});
