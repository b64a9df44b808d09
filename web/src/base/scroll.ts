// SPDX-License-Identifier: Apache-2.0
// Scrolling through more pixels than a browser can lay out. Elements end near 16 to 33 million
// pixels, so a long list lives in a box of at most LIMIT pixels and two coordinates are kept:
// physical (scrollTop) and virtual (where we really are). Small movements move both alike, so the
// wheel stays exact; big jumps (the scroll bar's thumb) map proportionally; when scrolling rests,
// settle() brings the thumb back to its proportional place without moving the content.
// Invariant: virtual = physical + base, 0 <= virtual <= virtualMax. Start at scrolled().

export const LIMIT = 8_000_000;

export interface ScrollSize {
  /** Full height of the content in pixels, any size. */
  readonly content: number;
  /** Height of the window onto it. */
  readonly viewport: number;
}

export interface ScrollState {
  readonly physical: number;
  /** Add to a physical coordinate to get the virtual one. */
  readonly base: number;
}

/** Height to give the scrolled element. */
export const physicalHeight = (size: ScrollSize, limit = LIMIT): number =>
  Math.min(size.content, limit);

const clamp = (value: number, high: number): number => Math.max(0, Math.min(value, high));

const maxima = (size: ScrollSize, limit: number): { virtual: number; physical: number } => ({
  virtual: Math.max(0, size.content - size.viewport),
  physical: Math.max(0, physicalHeight(size, limit) - size.viewport),
});

/** The virtual position of the viewport's top. */
export const virtualTop = (state: ScrollState): number => state.physical + state.base;

/** State with the viewport's top at virtual position `top`, the thumb at its proportional place. */
export function scrollTo(size: ScrollSize, top: number, limit = LIMIT): ScrollState {
  const max = maxima(size, limit);
  const virtual = clamp(top, max.virtual);
  if (max.virtual <= max.physical) return { physical: virtual, base: 0 };
  const physical = Math.round((virtual / max.virtual) * max.physical);
  return { physical, base: virtual - physical };
}

/** The browser reports a new scrollTop. */
export function scrolled(
  size: ScrollSize,
  state: ScrollState,
  physical: number,
  limit = LIMIT,
): ScrollState {
  const max = maxima(size, limit);
  if (max.virtual <= max.physical) return { physical: clamp(physical, max.physical), base: 0 };
  const moved = physical - state.physical;
  const virtual = physical + state.base;
  const small = Math.abs(moved) <= 3 * size.viewport && virtual >= 0 && virtual <= max.virtual;
  const atEdge = physical <= 0 || physical >= max.physical;
  if (small && !atEdge) return { physical, base: state.base };
  return { physical, base: (physical / max.physical) * max.virtual - physical };
}

/** Scrolling rests: same virtual position, thumb where it belongs. */
export const settle = (size: ScrollSize, state: ScrollState, limit = LIMIT): ScrollState =>
  scrollTo(size, virtualTop(state), limit);

export interface RowRange {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Rows of height `rowHeight` to draw, with `overscan` more on each side. */
export function visibleRows(
  size: ScrollSize,
  state: ScrollState,
  rowHeight: number,
  rows: number,
  overscan: number,
): RowRange {
  const top = virtualTop(state);
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const end = Math.min(rows, Math.ceil((top + size.viewport) / rowHeight) + overscan);
  return { first, end: Math.max(first, end) };
}

/** Virtual top that brings `row` wholly into view with the least movement. */
export function topShowing(
  size: ScrollSize,
  state: ScrollState,
  rowHeight: number,
  row: number,
): number {
  const top = virtualTop(state);
  const start = row * rowHeight;
  if (start < top) return start;
  if (start + rowHeight > top + size.viewport) return start + rowHeight - size.viewport;
  return top;
}
