// SPDX-License-Identifier: Apache-2.0
// The filter under the hand and the answers to it. While a brush is dragged the filter is a draft
// that never enters the URL (browsers limit how often an address may change); letting go commits
// it. Invariant: of a drag's many filters only the newest unanswered one is asked for, and one at a
// time, so answers keep up with the hand however large the workspace is. Start at useExplore().
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Clause, formatClause } from "@/base/clause";
import type { Problem } from "@/base/problem";
import { useOp } from "@/engine/query";
import type { Facet } from "@/gen/ops";
import { usePref } from "@/state/prefs";
import type { Navigator } from "@/state/view";
import type { PanelContext } from "../panel";
import { viewCall, type ViewCall } from "../view-params";
import { fieldOf, inOrder, OPEN } from "./facet-model";

export interface Counts {
  readonly total: number;
  readonly matched: number;
  readonly errors: number;
  readonly scored: number;
}

export interface Explore {
  readonly ctx: PanelContext;
  /** The filter as drawn: the draft while dragging, else the view's. */
  readonly where: readonly Clause[];
  readonly dragging: boolean;
  readonly draft: (where: readonly Clause[]) => void;
  readonly commit: (where: readonly Clause[]) => void;
  /** Every facet over all samples, in the person's order; null while loading. */
  readonly catalogue: readonly Facet[] | null;
  /** Facets that are unfolded, counted under the filter, by field. */
  readonly live: ReadonlyMap<string, Facet>;
  /** The same under "outcome=wrong", empty while it lags behind. */
  readonly wrong: ReadonlyMap<string, Facet>;
  readonly isOpen: (field: string) => boolean;
  readonly counts: Counts | null;
  /** What is wrong with the filter, or with the server. */
  readonly problem: Problem | null;
  readonly retry: () => void;
  /** Parameters of the samples to show. */
  readonly call: ViewCall;
}

const WRONG: Clause = { kind: "in", field: "outcome", values: ["wrong"] };
const keyOf = (where: readonly Clause[]): string => where.map(formatClause).join("\n");
const byField = (facets: readonly Facet[] | undefined): Map<string, Facet> =>
  new Map(facets?.map((facet) => [fieldOf(facet), facet]));

/** Lets values pass one at a time while `busy` and `held`, otherwise at once. */
function useGate(wanted: readonly Clause[], held: boolean) {
  const [passed, setPassed] = useState(wanted);
  const isNew = keyOf(wanted) !== keyOf(passed);
  const pass = (busy: boolean) => {
    if (isNew && !(held && busy)) setPassed(wanted);
  };
  return { passed: isNew && !held ? wanted : passed, pass };
}

/** The filter, given `quiet` ms after it last changed; at once when nothing is dragged. */
function useSettled(where: readonly Clause[], dragging: boolean, quiet: number) {
  const [settled, setSettled] = useState(where);
  const key = keyOf(where);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(where), dragging ? quiet : 0);
    return () => clearTimeout(timer);
  }, [key, dragging]);
  return dragging ? settled : where;
}

/** Which fields are unfolded: as the person left them, else a few. */
export function useOpenFields(): (field: string) => boolean {
  const folded = usePref("folded");
  return useCallback((field) => !(folded[`facet.${field}`] ?? !OPEN.includes(field)), [folded]);
}

/** Notes in the browser's performance timeline how long counts took from hand to screen. */
function useAnswerTimes(wanted: string, answered: string, dragging: boolean): void {
  const asked = useRef(new Map<string, number>());
  if (dragging && !asked.current.has(wanted)) asked.current.set(wanted, performance.now());
  useEffect(() => {
    const start = asked.current.get(answered);
    if (start === undefined) return;
    asked.current.clear();
    requestAnimationFrame(() =>
      setTimeout(() => performance.measure("slitlamp.answer", { start, end: performance.now() })),
    );
  }, [answered]);
}

/** Facets and counts under the filter; both are asked for together and keep the last answer. */
function useAnswers(
  ctx: PanelContext,
  where: readonly Clause[],
  dragging: boolean,
  fields: readonly string[],
) {
  const gate = useGate(where, dragging);
  const call = viewCall(ctx, gate.passed, null);
  const enabled = fields.length > 0;
  const facets = useOp("facets", { ...call, fields }, { enabled });
  const head = useOp("view", { ...call, limit: 0 });
  const busy = facets.isFetching || head.isFetching;
  useEffect(() => gate.pass(busy));
  const fresh = !facets.isPlaceholderData && facets.data !== undefined;
  const [answered, setAnswered] = useState("");
  const key = keyOf(gate.passed);
  if (fresh && answered !== key) setAnswered(key);
  useAnswerTimes(keyOf(where), answered, dragging);
  return { facets, head, fresh };
}

/** The same facets among the wrong samples; empty until it agrees with the filter. */
function useWrong(
  ctx: PanelContext,
  where: readonly Clause[],
  fields: readonly string[],
  enabled: boolean,
): ReadonlyMap<string, Facet> {
  const others = fields.filter((field) => field !== "outcome");
  const reply = useOp(
    "facets",
    { ...viewCall(ctx, [...where, WRONG], null), fields: others },
    { enabled: enabled && others.length > 0, fresh: true },
  );
  return useMemo(() => byField(reply.data?.facets), [reply.data]);
}

/** The view's filter, or the one being dragged until the address has caught up with it. */
function useDraft(nav: Navigator) {
  const [own, setOwn] = useState<{ where: readonly Clause[]; held: boolean } | null>(null);
  const committed = keyOf(nav.view.where);
  useEffect(() => setOwn((now) => (now?.held ? now : null)), [committed]);
  const draft = useCallback((where: readonly Clause[]) => setOwn({ where, held: true }), []);
  const commit = useCallback(
    (where: readonly Clause[]) => {
      const isSame = keyOf(where) === keyOf(nav.view.where);
      setOwn(isSame ? null : { where, held: false });
      if (!isSame) nav.go({ where, row: -1 });
    },
    [nav],
  );
  return { where: own?.where ?? nav.view.where, dragging: own?.held ?? false, draft, commit };
}

export function useExplore(ctx: PanelContext): Explore {
  const { nav } = ctx;
  const { where, dragging, draft, commit } = useDraft(nav);
  const orders = usePref("orders");
  const isOpen = useOpenFields();
  const all = useOp("facets", viewCall(ctx, [], null));
  const catalogue = useMemo(
    () => (all.data ? inOrder(all.data.facets, orders.facets ?? []) : null),
    [all.data, orders],
  );
  const fields = useMemo(
    () => (catalogue ?? []).map(fieldOf).filter(isOpen).sort(),
    [catalogue, isOpen],
  );
  const { facets, head, fresh } = useAnswers(ctx, where, dragging, fields);
  const settled = useSettled(where, dragging, 160);
  const wrong = useWrong(ctx, where, fields, !dragging && fresh && (head.data?.errors ?? 0) > 0);
  const live = useMemo(() => byField(facets.data?.facets), [facets.data]);
  return {
    ctx,
    where,
    dragging,
    draft,
    commit,
    catalogue,
    live,
    wrong,
    isOpen,
    counts: head.data ?? null,
    problem: head.error ?? all.error ?? facets.error,
    retry: () => void Promise.all([head.refetch(), all.refetch(), facets.refetch()]),
    call: viewCall(ctx, settled, nav.view.sort),
  };
}
