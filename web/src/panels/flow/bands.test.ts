// SPDX-License-Identifier: Apache-2.0
// Tests of the flow: bands fill both sides, small ones stay visible, nothing overlaps.
import { describe, expect, test } from "vitest";
import { bandPath, flowOf, MIN, shareOut } from "./bands";

const HEIGHT = 240;
const usual = { both_right: 8907, broken: 141, fixed: 312, both_wrong: 640 };

const by = (flow: ReturnType<typeof flowOf>, change: string) => {
  const band = flow.bands.find((one) => one.change === change);
  if (!band) throw new Error(change);
  return band;
};

describe("flowOf", () => {
  test("the bands of a side add up to the height less the gap", () => {
    for (const counts of [usual, { both_right: 10, broken: 200, fixed: 300, both_wrong: 490 }]) {
      const sum = flowOf(counts, HEIGHT).bands.reduce((all, band) => all + band.height, 0);
      expect(sum).toBeCloseTo(HEIGHT - 10, 6);
    }
  });
  test("right in both is drawn short when it would hide the rest, and says so", () => {
    expect(flowOf(usual, HEIGHT).short).toBe(true);
    expect(flowOf({ ...usual, both_right: 100 }, HEIGHT).short).toBe(false);
    expect(flowOf({ both_right: 100, broken: 0, fixed: 0, both_wrong: 0 }, HEIGHT).short).toBe(
      false,
    );
  });
  test("bands follow each other without overlap on both sides", () => {
    const flow = flowOf(usual, HEIGHT);
    const [right, broken, fixed, wrong] = [
      by(flow, "still right"),
      by(flow, "broken"),
      by(flow, "fixed"),
      by(flow, "still wrong"),
    ];
    expect(broken.left).toBeCloseTo(right.height);
    expect(fixed.left).toBeCloseTo(flow.split[0]);
    expect(wrong.left).toBeCloseTo(fixed.left + fixed.height);
    expect(fixed.right).toBeCloseTo(right.height);
    expect(broken.right).toBeCloseTo(flow.split[1]);
    expect(wrong.right).toBeCloseTo(broken.right + broken.height);
  });
  test("no samples give no heights", () => {
    const none = flowOf({ both_right: 0, broken: 0, fixed: 0, both_wrong: 0 }, HEIGHT);
    expect(none.bands.every((band) => band.height === 0)).toBe(true);
  });
});

test("small shares stay visible and empty ones stay empty", () => {
  const [large = 0, small = 0, none = 1] = shareOut([1000, 1, 0], 100);
  expect(small).toBe(MIN);
  expect(none).toBe(0);
  expect(large + small).toBeCloseTo(100);
});

test("a band is a closed outline from left to right", () => {
  const path = bandPath({ change: "fixed", count: 1, height: 10, left: 20, right: 40 }, 100);
  expect(path).toMatch(/^M0 20\.0C.*100\.0 40\.0V50\.0C.*0 30\.0Z$/);
});
