// SPDX-License-Identifier: Apache-2.0
// The samples of a view by position, read page by page as they come into sight. Invariant: while
// the first page of a new view is on its way the samples of the old one stay, so that dragging a
// brush does not make the grid flicker; a fling asks only for where it comes to rest. What is
// returned changes only with what is in sight, so that counting does not draw the samples again.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Problem } from "@/base/problem";
import { useOpPages } from "@/engine/query";
import type { Sample } from "@/gen/ops";
import type { ViewCall } from "../view-params";

export const PAGE = 200;
const QUIET_MS = 70;

export interface Rows {
  /** How many rows there are. */
  readonly count: number;
  readonly item: (row: number) => Sample | undefined;
  /** Rows [first, end) are in sight. Stable. */
  readonly onRange: (first: number, end: number) => void;
  readonly problem: Problem | null;
  /** Whether samples of the view before are still shown. */
  readonly stale: boolean;
}

/** Calls `run` at once when it has been quiet, else once it is quiet again. */
function useQuiet(run: (first: number, end: number) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const last = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (first: number, end: number) => {
      const now = performance.now();
      clearTimeout(timer.current);
      if (now - last.current > QUIET_MS) run(first, end);
      else timer.current = setTimeout(() => run(first, end), QUIET_MS);
      last.current = now;
    },
    [run],
  );
}

/** Pages that can be in sight at once, for telling whether one of them is new. */
const SIGHT = 12;

interface Shown {
  readonly key: string;
  readonly count: number;
  readonly page: (index: number) => readonly Sample[] | undefined;
}

/** `known` is how many samples the view has as far as is known before its first page came. */
export function useRows(call: ViewCall, known: number): Rows {
  const key = JSON.stringify(call);
  const old = useRef<Shown>(undefined);
  const expected = old.current?.key === key ? old.current.count : known;
  const pages = useOpPages(
    "view",
    (index) => ({ ...call, offset: index * PAGE, limit: PAGE }),
    Math.max(1, Math.ceil(expected / PAGE)),
  );
  const { want } = pages;
  const [asked, setAsked] = useState(0);
  const ask = useCallback(
    (first: number, end: number) => {
      const from = Math.max(0, Math.floor((first - PAGE / 4) / PAGE));
      want(from, Math.floor((end + PAGE / 4) / PAGE));
      setAsked(Math.floor(first / PAGE));
    },
    [want],
  );
  const onRange = useQuiet(ask);
  const samplesOf = (index: number) => pages.page(index)?.samples;
  const reply = pages.page(asked) ?? pages.page(0);
  if (reply) old.current = { key, count: reply.matched, page: samplesOf };
  const stale = !reply && old.current !== undefined && old.current.key !== key;
  const shown = stale && old.current ? old.current : { count: expected, page: samplesOf };
  const count = reply?.matched ?? shown.count;
  const seen = Array.from({ length: SIGHT }, (_, at) => samplesOf(asked - 1 + at));
  return useMemo(
    () => ({
      count,
      item: (row) => shown.page(Math.floor(row / PAGE))?.[row % PAGE],
      onRange,
      problem: pages.error,
      stale,
    }),
    [key, count, stale, asked, onRange, pages.error, ...seen],
  );
}
