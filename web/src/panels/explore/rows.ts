// SPDX-License-Identifier: Apache-2.0
// The samples of a view by position, read page by page as they come into sight. Invariant: while
// the first page of a new view is on its way the samples of the old one stay, so that dragging a
// brush does not make the grid flicker; a fling asks only for where it comes to rest.
import { useCallback, useEffect, useRef, useState } from "react";
import type { Problem } from "@/base/problem";
import { useOpPages } from "@/engine/query";
import type { Sample } from "@/gen/ops";
import type { ViewCall } from "../view-params";

export const PAGE = 200;
const QUIET_MS = 70;

export interface Rows {
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

export function useRows(call: ViewCall, matched: number): Rows {
  const pages = useOpPages(
    "view",
    (index) => ({ ...call, offset: index * PAGE, limit: PAGE }),
    Math.max(1, Math.ceil(matched / PAGE)),
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
  const key = JSON.stringify(call);
  const old = useRef<{ key: string; page: (index: number) => readonly Sample[] | undefined }>(
    undefined,
  );
  const samplesOf = (index: number) => pages.page(index)?.samples;
  const here = samplesOf(asked) !== undefined || matched === 0;
  if (here) old.current = { key, page: samplesOf };
  const stale = !here && old.current !== undefined && old.current.key !== key;
  const page = stale && old.current ? old.current.page : samplesOf;
  return {
    item: (row) => page(Math.floor(row / PAGE))?.[row % PAGE],
    onRange,
    problem: pages.error,
    stale,
  };
}
