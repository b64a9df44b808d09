// SPDX-License-Identifier: Apache-2.0
// Orders classes so that those confused with each other stand together: average-linkage clustering
// on symmetric confusion rates by the nearest-neighbour chain (Murtagh 1983), O(n^2) time.
// Invariant: the result is a permutation of 0..n-1; ties fall to the lower index.

/** Symmetric similarity: the mean of the two directed confusion rates. */
function similarity(counts: ArrayLike<number>, n: number): Float32Array {
  const totals = new Float64Array(n);
  for (let row = 0; row < n; row += 1) {
    for (let col = 0; col < n; col += 1) totals[row]! += counts[row * n + col] ?? 0;
  }
  const made = new Float32Array(n * n);
  for (let a = 0; a < n; a += 1) {
    for (let b = 0; b < n; b += 1) {
      if (a === b) continue;
      const ab = (counts[a * n + b] ?? 0) / Math.max(1, totals[a] ?? 0);
      const ba = (counts[b * n + a] ?? 0) / Math.max(1, totals[b] ?? 0);
      made[a * n + b] = (ab + ba) / 2;
    }
  }
  return made;
}

function closest(
  near: Float32Array,
  n: number,
  alive: Uint8Array,
  at: number,
  previous: number,
): number {
  let best = previous;
  let bestValue = previous >= 0 ? (near[at * n + previous] ?? -1) : -1;
  for (let other = 0; other < n; other += 1) {
    if (other === at || !alive[other]) continue;
    const value = near[at * n + other] ?? 0;
    if (value > bestValue) {
      best = other;
      bestValue = value;
    }
  }
  return best;
}

/** Merges cluster b into a, with average linkage (Lance and Williams). */
function merge(
  near: Float32Array,
  n: number,
  alive: Uint8Array,
  members: number[][],
  a: number,
  b: number,
): void {
  const [left, right] = [members[a] ?? [], members[b] ?? []];
  const total = left.length + right.length;
  for (let other = 0; other < n; other += 1) {
    if (!alive[other] || other === a || other === b) continue;
    const value =
      ((near[a * n + other] ?? 0) * left.length + (near[b * n + other] ?? 0) * right.length) /
      total;
    near[a * n + other] = value;
    near[other * n + a] = value;
  }
  alive[b] = 0;
  members[a] = (left[0] ?? 0) < (right[0] ?? 0) ? [...left, ...right] : [...right, ...left];
  members[b] = [];
}

/** Class indices in display order. `counts` is n x n, row = label, column = prediction. */
export function clusterOrder(counts: ArrayLike<number>, n: number): number[] {
  if (n < 3) return Array.from({ length: n }, (_, index) => index);
  const near = similarity(counts, n);
  const alive = new Uint8Array(n).fill(1);
  const members = Array.from({ length: n }, (_, index) => [index]);
  const chain: number[] = [];
  for (let left = n; left > 1;) {
    if (chain.length === 0) chain.push(alive.indexOf(1));
    const at = chain[chain.length - 1] ?? 0;
    const previous = chain[chain.length - 2] ?? -1;
    const next = closest(near, n, alive, at, previous);
    if (next !== previous) {
      chain.push(next);
      continue;
    }
    chain.length -= 2;
    merge(near, n, alive, members, Math.min(at, next), Math.max(at, next));
    left -= 1;
  }
  return members[alive.indexOf(1)] ?? [];
}
