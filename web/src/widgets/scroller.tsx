// SPDX-License-Identifier: Apache-2.0
// A scrolling box of any number of equal rows, built on the arithmetic of base/scroll.ts. Only rows
// in view are mounted. Invariant: a mounted row keeps its place in the box while small movements
// happen, so the browser scrolls it natively. Start at useScroller().
import {
  type RefObject,
  type UIEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import {
  physicalHeight,
  type RowRange,
  type ScrollSize,
  scrolled,
  type ScrollState,
  scrollTo,
  settle,
  topShowing,
  virtualTop,
  visibleRows,
} from "@/base/scroll";
import { type Size, useLatest, useSize } from "./hooks";

export type Placing = "nearest" | "top" | "centre";

export interface Scroller {
  /** For the scrolling element. */
  readonly ref: RefObject<HTMLDivElement | null>;
  readonly onScroll: (event: UIEvent<HTMLDivElement>) => void;
  readonly size: Size;
  readonly rows: RowRange;
  /** Height of the element inside. */
  readonly height: number;
  /** Where row `row` stands in that element. */
  readonly topOf: (row: number) => number;
  /** Rows that fit whole. */
  readonly fit: number;
  /** Brings a row into view with the least movement, or to the top of the view. */
  readonly show: (row: number, place?: Placing) => void;
}

/** Where a movement key leads in a list of `count` rows, or -1 when the key does not move. */
export function listStep(key: string, at: number, count: number, fit: number): number {
  const next = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + fit,
    PageUp: at - fit,
    Home: 0,
    End: count - 1,
  }[key];
  return next === undefined || count === 0 ? -1 : Math.max(0, Math.min(count - 1, next));
}

interface Extent extends ScrollSize {
  readonly rowHeight: number;
}

/** Virtual top that shows `row` at the asked place. */
function topFor(extent: Extent, state: ScrollState, row: number, place: Placing): number {
  const { rowHeight, viewport } = extent;
  if (place === "top") return row * rowHeight;
  if (place === "centre") return (row + 0.5) * rowHeight - viewport / 2;
  return topShowing(extent, state, rowHeight, row);
}

/** The scroll state of an element, kept in step with its scrollTop both ways. */
function useScrollState(ref: RefObject<HTMLDivElement | null>, extent: Extent) {
  const [state, setState] = useState<ScrollState>({ physical: 0, base: 0 });
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useLatest({ extent, state });
  const keep = useCallback(
    (next: ScrollState) => {
      latest.current = { ...latest.current, state: next };
      setState(next);
    },
    [latest],
  );
  const place = useCallback(
    (next: ScrollState) => {
      keep(next);
      if (ref.current) ref.current.scrollTop = next.physical;
    },
    [keep, ref],
  );
  const onScroll = useCallback(
    (event: UIEvent<HTMLDivElement>) => {
      const now = latest.current;
      const physical = event.currentTarget.scrollTop;
      if (Math.abs(physical - now.state.physical) < 0.5) return;
      keep(scrolled(now.extent, now.state, physical));
      clearTimeout(resting.current);
      resting.current = setTimeout(() => {
        const { extent: full, state: last } = latest.current;
        if (full.content > physicalHeight(full)) place(settle(full, last));
      }, 180);
    },
    [latest, keep, place],
  );
  useEffect(() => () => clearTimeout(resting.current), []);
  useLayoutEffect(() => {
    const before = latest.current.state;
    const next = scrollTo(extent, virtualTop(before));
    if (next.physical !== before.physical || next.base !== before.base) place(next);
  }, [extent.content, extent.viewport]);
  return { state, latest, place, onScroll };
}

/** `box` lets the caller measure the box first, when the row height depends on its width. */
export function useScroller(
  count: number,
  rowHeight: number,
  overscan: number,
  box?: readonly [RefObject<HTMLDivElement | null>, Size],
): Scroller {
  const own = useSize<HTMLDivElement>();
  const [ref, size] = box ?? own;
  const extent = { content: count * rowHeight, viewport: size.height, rowHeight };
  const { state, latest, place, onScroll } = useScrollState(ref, extent);
  const show = useCallback(
    (row: number, where: Placing = "nearest") => {
      const { extent: full, state: last } = latest.current;
      const top = topFor(full, last, row, where);
      if (top !== virtualTop(last)) place(scrollTo(full, top));
    },
    [latest, place],
  );
  return {
    ref,
    onScroll,
    size,
    show,
    rows: visibleRows(extent, state, rowHeight, count, overscan),
    height: physicalHeight(extent),
    topOf: (row) => row * rowHeight - state.base,
    fit: Math.max(1, Math.floor(size.height / rowHeight)),
  };
}
