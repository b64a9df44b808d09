// SPDX-License-Identifier: Apache-2.0
// How a difference of two runs is drawn and told.
import type { Run } from "@/gen/ops";
import type { Domain } from "@/widgets/axes";
import type { Comparison } from "../comparison";

/** Is zero inside the interval of the difference (or unknown)? */
export function isNoise(of: Pick<Comparison, "low" | "high">): boolean {
  return of.low === null || of.high === null || (of.low <= 0 && of.high >= 0);
}

/** A scale symmetric about zero that holds the interval, ending on a round value. */
export function zeroDomain(of: Pick<Comparison, "difference" | "low" | "high">): Domain {
  const ends = [of.difference, of.low, of.high].map((value) => Math.abs(value ?? 0));
  const most = Math.max(0.005, ...ends) * 1.15;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 5, 10].find((part) => part * power >= most) ?? 10;
  const high = Number((step * power).toPrecision(6));
  return { low: -high, high };
}

/** Why there is no run to compare with. */
export function pairWords(run: Run | null): string {
  if (!run) return "There is no run yet.";
  if (run.state !== "done") return "This run is not done.";
  return "Evaluate another model, or another pipeline, on the same samples:";
}
