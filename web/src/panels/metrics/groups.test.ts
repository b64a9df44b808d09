// SPDX-License-Identifier: Apache-2.0
// Tests of the groups of numbers: order, and scales that hold what they draw.
import { expect, test } from "vitest";
import type { Metric } from "@/gen/ops";
import { groupDomain, metricGroups } from "./groups";

const metric = (name: string, group: string, value: number | null, spread = 0.01): Metric => ({
  name,
  title: name,
  help: "",
  group,
  value,
  low: value === null ? null : value - spread,
  high: value === null ? null : value + spread,
  n: 10,
  higher_is_better: true,
  where: [],
  sort: null,
});

test("groups keep the order in which they come, and their numbers too", () => {
  const groups = metricGroups([
    metric("b", "ranking", 0.9),
    metric("a", "agreement", 0.8),
    metric("c", "ranking", 0.7),
  ]);
  expect(groups.map((group) => group.title)).toEqual(["Ranking", "Agreement"]);
  expect(groups[0]?.metrics.map((one) => one.name)).toEqual(["b", "c"]);
});

test("a scale ends on tenths, holds every interval and is not too fine", () => {
  const domain = groupDomain([metric("a", "g", 0.912), metric("b", "g", 0.95)]);
  expect(domain).toEqual({ low: 0.8, high: 1 });
  expect(groupDomain([metric("a", "g", 0.5, 0)])).toEqual({ low: 0.5, high: 0.7 });
});

test("numbers beyond 0..1 do not stretch the scale; without others there is none", () => {
  expect(groupDomain([metric("loss", "g", 1.7)])).toBeNull();
  expect(groupDomain([metric("gap", "g", -0.04), metric("ece", "g", 0.03)])).toEqual({
    low: 0,
    high: 0.2,
  });
  expect(groupDomain([metric("none", "g", null)])).toBeNull();
});

test("a temperature below one is no share and does not stretch the scale", () => {
  const [group] = metricGroups([
    metric("ece", "calibration", 0.03),
    metric("temperature", "calibration", 0.74),
  ]);
  expect(group?.domain).toEqual({ low: 0, high: 0.2 });
});
