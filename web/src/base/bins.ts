// SPDX-License-Identifier: Apache-2.0
// Histogram arithmetic: which bins a brush covers, what it counts, how it snaps. Invariant: a brush
// is [low, high) in value space and always lies on bin edges, so what is drawn is what is counted.

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Bin of `value` among ascending `edges` (n + 1 of them), clamped to the first or last. */
export function binAt(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** The range between two dragged values, grown to whole bins; at least one bin. */
export function snap(edges: readonly number[], from: number, to: number): Range {
  const first = binAt(edges, Math.min(from, to));
  const last = binAt(edges, Math.max(from, to));
  return { low: edges[first] ?? 0, high: edges[last + 1] ?? 0 };
}

/** Sum of `counts` over the bins whose whole width lies in the range. */
export function countIn(edges: readonly number[], counts: ArrayLike<number>, range: Range): number {
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin += 1) {
    const inside = (edges[bin] ?? 0) >= range.low && (edges[bin + 1] ?? 0) <= range.high;
    if (inside) sum += counts[bin] ?? 0;
  }
  return sum;
}

/** Moves one end of a brush by `steps` bins, keeping it a range of at least one bin. */
export function nudge(
  edges: readonly number[],
  range: Range,
  end: "low" | "high",
  steps: number,
): Range {
  const lowAt = binAt(edges, range.low);
  const highAt = Math.max(lowAt, binAt(edges, range.high - 1e-12 * Math.abs(range.high || 1)));
  const bins = edges.length - 1;
  if (end === "low") {
    const at = Math.max(0, Math.min(highAt, lowAt + steps));
    return { low: edges[at] ?? 0, high: range.high };
  }
  const at = Math.max(lowAt, Math.min(bins - 1, highAt + steps));
  return { low: range.low, high: edges[at + 1] ?? 0 };
}

/** Moves a whole brush by `steps` bins within the axis. */
export function shift(edges: readonly number[], range: Range, steps: number): Range {
  const moved = steps > 0 ? nudge(edges, range, "high", steps) : nudge(edges, range, "low", steps);
  const done =
    steps > 0
      ? binAt(edges, moved.high - 1e-12) - binAt(edges, range.high - 1e-12)
      : binAt(edges, moved.low) - binAt(edges, range.low);
  return steps > 0 ? nudge(edges, moved, "low", done) : nudge(edges, moved, "high", done);
}
