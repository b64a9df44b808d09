// SPDX-License-Identifier: Apache-2.0
// Tests of the headline's counts: what is shown when, and the scale of the interval.
import { describe, expect, test } from "vitest";
import type { Metric, Run } from "@/gen/ops";
import type { Report } from "../report";
import { accuracyDomain, countsOf } from "./counts";

const run = {
  samples: 103,
  scored: 100,
  broken: 3,
  unlabelled: 10,
  accuracy: 0.9,
} as Run;

const titles = (one: Run, report: Report | null) => countsOf(one, report).map((c) => c.title);

describe("accuracyDomain", () => {
  test("holds the interval and stays within 0..1", () => {
    for (const [low, high] of [
      [0.9, 0.92],
      [0, 0.3],
      [0.998, 1],
      [0.4, 0.7],
    ] as const) {
      const domain = accuracyDomain(low, high);
      expect(domain.low).toBeLessThanOrEqual(low);
      expect(domain.high).toBeGreaterThanOrEqual(high);
      expect(domain.low).toBeGreaterThanOrEqual(0);
      expect(domain.high).toBeLessThanOrEqual(1);
    }
  });
  test("a narrow interval gets a narrow scale", () => {
    expect(accuracyDomain(0.905, 0.917)).toEqual({ low: 0.85, high: 1 });
  });
});

describe("countsOf", () => {
  test("counts of what is missing stand only where something is", () => {
    expect(titles(run, null)).toEqual(["Errors", "Samples", "Do not decode", "Without label"]);
    expect(titles({ ...run, broken: 0, unlabelled: 0 }, null)).toEqual(["Errors", "Samples"]);
  });
  test("without labels there are no errors to count", () => {
    expect(titles({ ...run, accuracy: null, unlabelled: 100 }, null)).not.toContain("Errors");
  });
  test("numbers of the report come with their interval and their samples", () => {
    const ece = {
      name: "ece",
      value: 0.031,
      low: 0.026,
      high: 0.036,
      where: ["outcome=wrong"],
      sort: "-confidence",
    } as unknown as Metric;
    const report = { errors: 9, classes_count: 10, metrics: [ece] } as unknown as Report;
    const counts = countsOf(run, report);
    expect(counts.find((count) => count.title === "Errors")).toMatchObject({
      value: "9",
      detail: "of 90 labelled",
    });
    expect(counts.at(-1)).toMatchObject({
      title: "Calibration error",
      value: "0.031",
      detail: "0.026–0.036",
      rule: { where: ["outcome=wrong"], sort: "-confidence" },
    });
  });
});
