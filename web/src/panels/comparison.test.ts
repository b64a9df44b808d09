// SPDX-License-Identifier: Apache-2.0
// Tests of pairs: only two done runs on the same samples can be compared.
import { expect, test } from "vitest";
import type { Run } from "@/gen/ops";
import { isPair, partnersOf } from "./comparison";
import { isNoise, pairWords, zeroDomain } from "./pair/verdict";

const run = (id: string, version = "v1", state = "done") =>
  ({ id, version, state }) as unknown as Run;

test("a pair is two done runs of one dataset version", () => {
  expect(isPair(run("r1"), run("r2"))).toBe(true);
  expect(isPair(run("r1"), run("r1"))).toBe(false);
  expect(isPair(run("r1"), run("r2", "v2"))).toBe(false);
  expect(isPair(run("r1"), run("r2", "v1", "running"))).toBe(false);
  expect(isPair(run("r1"), null)).toBe(false);
});

test("partners keep the order of the list", () => {
  const runs = [run("r3"), run("r2", "v2"), run("r1"), run("r4", "v1", "failed")];
  expect(partnersOf(run("r1"), runs).map((one) => one.id)).toEqual(["r3"]);
});

test("a difference is noise when zero lies in its interval", () => {
  expect(isNoise({ low: -0.01, high: 0.02 })).toBe(true);
  expect(isNoise({ low: 0.001, high: 0.02 })).toBe(false);
  expect(isNoise({ low: null, high: 0.02 })).toBe(true);
});

test("the scale is symmetric, holds the interval and ends on a round value", () => {
  const domain = zeroDomain({ difference: 0.017, low: 0.013, high: 0.021 });
  expect(domain).toEqual({ low: -0.05, high: 0.05 });
  expect(zeroDomain({ difference: 0, low: 0, high: 0 }).high).toBeGreaterThan(0);
  expect(zeroDomain({ difference: -0.4, low: -0.5, high: -0.3 }).low).toBeLessThanOrEqual(-0.5);
});

test("why there is nothing to compare", () => {
  expect(pairWords(null)).toContain("no run");
  expect(pairWords(run("r1", "v1", "running"))).toContain("not done");
});
