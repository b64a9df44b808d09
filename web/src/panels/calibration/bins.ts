// SPDX-License-Identifier: Apache-2.0
// The core's bins as the diagram takes them, and what a temperature would change, in words.
import { fmtFixed, fmtReal } from "@/base/format";
import type { Calibration, EqualWidth } from "@/gen/ops";
import type { ReliabilityBin } from "@/widgets/reliability";

/** Empty bins keep their place with count 0. */
export function reliabilityBins(bins: readonly EqualWidth[]): ReliabilityBin[] {
  return bins.map((bin) => {
    const [low, high] = [bin.low ?? 0, bin.high ?? 0];
    const accuracy = bin.accuracy ?? 0;
    return {
      low,
      high,
      count: bin.count,
      confidence: bin.confidence ?? (low + high) / 2,
      accuracy,
      accuracy_low: bin.accuracy_low ?? accuracy,
      accuracy_high: bin.accuracy_high ?? accuracy,
    };
  });
}

/** One sentence: what dividing the logits by the best temperature does to the calibration error. */
export function temperatureWords(of: Calibration): string {
  const { temperature, ece_width: before, ece_width_after: after } = of;
  if (temperature === null) {
    return "No temperature was fitted: it needs labels and the scores of every class.";
  }
  const by = `Dividing the logits by ${fmtReal(temperature, 3)}`;
  if (before === null || after === null) return `${by} minimises log loss.`;
  const change = `the calibration error from ${fmtFixed(before, 4)} to ${fmtFixed(after, 4)}`;
  if (after < before) return `${by} would lower ${change}. It changes no decision.`;
  return `${by} minimises log loss but takes ${change}.`;
}
