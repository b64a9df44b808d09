// SPDX-License-Identifier: Apache-2.0
// Ranks texts against a few typed letters, for the command palette and search-within lists.

/** Score of `query` in `text` (higher is better), or -1 when its letters do not occur in order. */
export function fuzzyScore(query: string, text: string): number {
  const wanted = query.toLowerCase().replace(/\s+/g, "");
  const have = text.toLowerCase();
  if (!wanted) return 0;
  const whole = have.indexOf(query.trim().toLowerCase());
  if (whole >= 0) return 1000 - whole - have.length / 100 + (whole === 0 ? 500 : 0);
  let score = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = have.indexOf(letter, at + 1);
    if (next < 0) return -1;
    const startsWord = next === 0 || /[^\p{L}\p{N}]/u.test(have.charAt(next - 1));
    score += (next === at + 1 ? 8 : 0) + (startsWord ? 6 : 0) - (next - at - 1) * 0.2;
    at = next;
  }
  return score;
}

/** Items that match, best first; an empty query keeps all in order. */
export function fuzzyFilter<T>(
  items: readonly T[],
  query: string,
  textOf: (item: T) => string,
): T[] {
  if (!query.trim()) return [...items];
  return items
    .map((item, index) => ({ item, index, score: fuzzyScore(query, textOf(item)) }))
    .filter((row) => row.score >= 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map((row) => row.item);
}
