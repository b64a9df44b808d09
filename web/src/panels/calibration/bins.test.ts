// SPDX-License-Identifier: Apache-2.0
// Tests of the bins: empty ones keep their place; the sentence never promises what is not so.
import { describe, expect, test } from "vitest";
import type { Calibration } from "@/gen/ops";
import { reliabilityBins, temperatureWords } from "./bins";

const of = (temperature: number | null, before: number | null, after: number | null) =>
  ({ temperature, ece_width: before, ece_width_after: after }) as unknown as Calibration;

test("an empty bin keeps its place with count 0", () => {
  const empty = {
    low: 0.2,
    high: 0.4,
    count: 0,
    confidence: null,
    accuracy: null,
    accuracy_low: null,
    accuracy_high: null,
  };
  const [bin] = reliabilityBins([empty]);
  expect(bin).toMatchObject({ low: 0.2, high: 0.4, count: 0, accuracy: 0 });
  expect(bin?.confidence).toBeCloseTo(0.3);
});

describe("temperatureWords", () => {
  test("says what it would lower, and that decisions stay", () => {
    expect(temperatureWords(of(1.432, 0.0312, 0.0061))).toBe(
      "Dividing the logits by 1.43 would lower the calibration error from 0.0312 to 0.0061. It changes no decision.",
    );
  });
  test("does not call a worse error an improvement", () => {
    expect(temperatureWords(of(0.9, 0.01, 0.02))).not.toContain("lower");
  });
  test("without a temperature it says what is missing", () => {
    expect(temperatureWords(of(null, 0.1, null))).toContain("No temperature");
    expect(temperatureWords(of(1.2, null, null))).toBe(
      "Dividing the logits by 1.20 minimises log loss.",
    );
  });
});
