// SPDX-License-Identifier: Apache-2.0
// A histogram as one outline, and the bin at a value.
import { binAt } from "@/base/bins";

/** From the floor up over every bin's top and down again. */
export function stepsPath(
  edges: readonly number[],
  counts: readonly number[],
  x: (value: number) => number,
  y: (count: number) => number,
  floor: number,
): string {
  if (counts.length === 0) return "";
  const steps = counts.map(
    (count, bin) => `V${y(count).toFixed(1)}H${x(edges[bin + 1] ?? 0).toFixed(1)}`,
  );
  return `M${x(edges[0] ?? 0).toFixed(1)} ${floor}${steps.join("")}V${floor}`;
}

/** The bin that holds `value`, -1 outside the axis. */
export function binOf(edges: readonly number[], value: number): number {
  const [low, high] = [edges[0], edges[edges.length - 1]];
  if (low === undefined || high === undefined || value < low || value > high) return -1;
  return binAt(edges, value);
}
