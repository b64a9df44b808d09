// SPDX-License-Identifier: Apache-2.0
// The calls of the journal as rows by position: paged in when all are listed, held in memory when
// only those of one operation are (the newest MOST are searched).
import { useCallback } from "react";
import { chosenValues } from "@/base/clause";
import type { Problem } from "@/base/problem";
import { useOp, useOpPages } from "@/engine/query";
import type { Journal } from "@/gen/ops";
import type { PanelContext } from "../panel";
import { idOfRow, rowOfEntry } from "./entry";

const PAGE = 100;
export const MOST = 10_000;

export interface Calls {
  readonly loading: boolean;
  readonly problem: Problem | null;
  readonly count: number;
  readonly row: (at: number) => Journal | undefined;
  readonly onRange: (first: number, end: number) => void;
  /** Row of the call the view names, -1 for none. */
  readonly cursor: number;
  readonly idAt: (at: number) => string;
  /** True when older calls were not searched. */
  readonly partial: boolean;
}

export function useCalls(ctx: PanelContext): Calls {
  const { tab, where } = ctx.nav.view;
  const ops = chosenValues(where, "op");
  const all = ops.length === 0;
  const first = useOp("ls", { what: "journal", offset: 0, limit: PAGE });
  const total = first.data?.total ?? 0;
  const pages = useOpPages(
    "ls",
    (index) => ({ what: "journal", offset: index * PAGE, limit: PAGE }),
    all ? Math.ceil(total / PAGE) : 0,
  );
  const whole = useOp("ls", { what: "journal", offset: 0, limit: MOST }, { enabled: !all });
  const kept = (whole.data?.journal ?? []).filter((one) => ops.includes(one.op ?? ""));
  const { want } = pages;
  const onRange = useCallback(
    (from: number, end: number) =>
      want(Math.floor(from / PAGE), Math.floor(Math.max(from, end - 1) / PAGE)),
    [want],
  );
  if (!all) {
    return {
      loading: whole.isPending,
      problem: whole.error,
      count: kept.length,
      row: (at) => kept[at],
      onRange: () => undefined,
      cursor: kept.findIndex((one) => one.id === tab),
      idAt: (at) => kept[at]?.id ?? "",
      partial: (whole.data?.total ?? 0) > MOST,
    };
  }
  return {
    loading: first.isPending,
    problem: first.error ?? pages.error,
    count: total,
    row: (at) =>
      pages.page(Math.floor(at / PAGE))?.journal[at % PAGE] ??
      (at < PAGE ? first.data?.journal[at] : undefined),
    onRange,
    cursor: rowOfEntry(tab, total),
    idAt: (at) => idOfRow(at, total),
    partial: false,
  };
}
