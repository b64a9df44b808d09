// SPDX-License-Identifier: Apache-2.0
// Linear scales and round tick values for charts.

/** Maps [from0, from1] to [to0, to1] linearly; a zero-width domain maps to to0. */
export function linear(from0: number, from1: number, to0: number, to1: number) {
  const span = from1 - from0;
  return (value: number): number =>
    span === 0 ? to0 : to0 + ((value - from0) / span) * (to1 - to0);
}

/** About `count` round values (1, 2 or 5 times a power of ten apart) within [low, high]. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low) || count < 1) return [low];
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((part) => part * power >= raw * 0.999) ?? 10);
  const made: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at += 1) {
    made.push(Number((at * step).toPrecision(12)));
  }
  return made;
}

export const clamp = (value: number, low: number, high: number): number =>
  Math.max(low, Math.min(high, value));

/** Index of the value in ascending `values` nearest to `at`. */
export function nearest(values: ArrayLike<number>, at: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  const below = Math.abs(at - (values[low] ?? 0));
  return below <= Math.abs((values[high] ?? 0) - at) ? low : high;
}
