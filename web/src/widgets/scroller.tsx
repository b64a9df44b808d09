// SPDX-License-Identifier: Apache-2.0
// A scrolling box of any number of equal rows, built on the arithmetic of base/scroll.ts. Only rows
// in view are mounted. Invariant: a mounted row keeps its place in the box while small movements
// happen, so the browser scrolls it natively. Start at useScroller().
import {
  type RefObject,
  type UIEvent,
  useCallback,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import {
  physicalHeight,
  type RowRange,
  scrolled,
  type ScrollState,
  scrollTo,
  settle,
  topShowing,
  virtualTop,
  visibleRows,
} from "@/base/scroll";
import { type Size, useLatest, useSize } from "./hooks";

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
  readonly show: (row: number, place?: "nearest" | "top" | "centre") => void;
  /** First row in view, fractional. */
  readonly first: number;
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
  const [state, setState] = useState<ScrollState>({ physical: 0, base: 0 });
  const resting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const extent = { content: count * rowHeight, viewport: size.height };
  const latest = useLatest({ extent, state, rowHeight });

  const place = useCallback(
    (next: ScrollState) => {
      latest.current = { ...latest.current, state: next };
      setState(next);
      if (ref.current) ref.current.scrollTop = next.physical;
    },
    [latest, ref],
  );

  const onScroll = useCallback(
    (event: UIEvent<HTMLDivElement>) => {
      const now = latest.current;
      const physical = event.currentTarget.scrollTop;
      if (Math.abs(physical - now.state.physical) < 0.5) return;
      const next = scrolled(now.extent, now.state, physical);
      latest.current = { ...now, state: next };
      setState(next);
      clearTimeout(resting.current);
      resting.current = setTimeout(() => {
        const { extent: full, state: last } = latest.current;
        if (full.content > physicalHeight(full)) place(settle(full, last));
      }, 180);
    },
    [latest, place],
  );

  useLayoutEffect(() => {
    const before = latest.current.state;
    const next = scrollTo(extent, virtualTop(before));
    if (next.physical !== before.physical || next.base !== before.base) place(next);
  }, [extent.content, extent.viewport]);

  const show = useCallback(
    (row: number, where: "nearest" | "top" | "centre" = "nearest") => {
      const { extent: full, state: last, rowHeight: high } = latest.current;
      const top =
        where === "top"
          ? row * high
          : where === "centre"
            ? (row + 0.5) * high - full.viewport / 2
            : topShowing(full, last, high, row);
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
    first: virtualTop(state) / rowHeight,
  };
}
