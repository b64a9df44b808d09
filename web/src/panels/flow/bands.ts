// SPDX-License-Identifier: Apache-2.0
// Geometry of the flow from the first run's outcomes to the second's. Invariant: the bands of a
// side add up to its height less the gap; a band that holds samples is never thinner than MIN. When
// "right in both" would hide the rest it is drawn short, and `short` says so.
import type { Comparison } from "../comparison";

export type Change = "still right" | "broken" | "fixed" | "still wrong";

export interface Band {
  readonly change: Change;
  readonly count: number;
  readonly height: number;
  /** Top of the band at the left and at the right. */
  readonly left: number;
  readonly right: number;
}

export interface Flow {
  readonly bands: readonly Band[];
  readonly short: boolean;
  /** Where the lower node begins, left and right. */
  readonly split: readonly [number, number];
}

export const MIN = 12;
const GAP = 10;
const MOST_RIGHT = 0.42;

type Counts = Pick<Comparison, "both_right" | "broken" | "fixed" | "both_wrong">;

/** Heights of counts that share `room` in proportion, none that holds samples below MIN. */
export function shareOut(counts: readonly number[], room: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => 0);
  const small = counts.map((count) => count > 0 && (count / total) * room < MIN);
  const spent = small.filter(Boolean).length * MIN;
  const rest = counts.reduce((sum, count, at) => (small[at] ? sum : sum + count), 0);
  return counts.map((count, at) =>
    small[at] ? MIN : rest > 0 ? (count / rest) * Math.max(0, room - spent) : 0,
  );
}

export function flowOf(counts: Counts, height: number): Flow {
  const room = height - GAP;
  const others = [counts.broken, counts.fixed, counts.both_wrong];
  const changed = others.reduce((sum, count) => sum + count, 0);
  const total = changed + counts.both_right;
  const short = changed > 0 && total > 0 && counts.both_right / total > MOST_RIGHT;
  const [right = 0, broken = 0, fixed = 0, wrong = 0] = short
    ? [MOST_RIGHT * room, ...shareOut(others, (1 - MOST_RIGHT) * room)]
    : shareOut([counts.both_right, ...others], room);
  const split: [number, number] = [right + broken + GAP, right + fixed + GAP];
  const band = (change: Change, count: number, high: number, from: number, to: number): Band => ({
    change,
    count,
    height: high,
    left: from,
    right: to,
  });
  return {
    short,
    split,
    bands: [
      band("still right", counts.both_right, right, 0, 0),
      band("broken", counts.broken, broken, right, split[1]),
      band("fixed", counts.fixed, fixed, split[0], right),
      band("still wrong", counts.both_wrong, wrong, split[0] + fixed, split[1] + broken),
    ],
  };
}

/** Outline of a band between x = 0 and x = width, an S on both sides. */
export function bandPath(band: Band, width: number): string {
  const middle = (width / 2).toFixed(1);
  const at = (value: number) => value.toFixed(1);
  const { left, right, height } = band;
  return (
    `M0 ${at(left)}C${middle} ${at(left)} ${middle} ${at(right)} ${at(width)} ${at(right)}` +
    `V${at(right + height)}` +
    `C${middle} ${at(right + height)} ${middle} ${at(left + height)} 0 ${at(left + height)}Z`
  );
}
