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
import { type Counts, countsOf, fieldOf, fieldsToCount, inOrder, OPEN } from "./facet-model";

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
  /** Whether counts and facets are still those of the filter before. */
  readonly lagging: boolean;
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
function useAnswerTimes(answered: string, asked: { readonly key: string; readonly at: number }) {
  useEffect(() => {
    if (asked.at === 0 || answered !== asked.key) return;
    requestAnimationFrame(() =>
      setTimeout(() =>
        performance.measure("slitlamp.answer", { start: asked.at, end: performance.now() }),
      ),
    );
  }, [answered]);
}

/** Facets under the filter, the last answer while the next is on its way. */
function useAnswers(
  ctx: PanelContext,
  where: readonly Clause[],
  fields: readonly string[],
  askedAt: number,
) {
  const call = viewCall(ctx, where, null);
  const facets = useOp("facets", { ...call, fields }, { enabled: fields.length > 0 });
  const derived = facets.data && countsOf(facets.data, where);
  const isHard = facets.data !== undefined && derived === null;
  const head = useOp("view", { ...call, limit: 0 }, { enabled: isHard });
  const fresh = !facets.isPlaceholderData && facets.data !== undefined;
  const [answered, setAnswered] = useState("");
  const key = keyOf(where);
  if (fresh && answered !== key) setAnswered(key);
  useAnswerTimes(answered, { key, at: askedAt });
  return { facets, head, fresh, counts: derived ?? head.data ?? null };
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

interface Draft {
  readonly where: readonly Clause[];
  readonly held: boolean;
  /** When the hand moved there. */
  readonly at: number;
}

/**
 * The view's filter, or the one being dragged until the address has caught up with it. While an
 * answer is awaited the newest draft waits too, and those before it are forgotten.
 */
function useDraft(nav: Navigator) {
  const [own, setOwn] = useState<Draft | null>(null);
  const newest = useRef<Draft | null>(null);
  const busy = useRef(false);
  const committed = keyOf(nav.view.where);
  useEffect(() => setOwn((now) => (now?.held ? now : null)), [committed]);
  const release = useCallback(() => {
    if (busy.current || !newest.current) return;
    busy.current = true;
    setOwn(newest.current);
    newest.current = null;
  }, []);
  const draft = useCallback(
    (where: readonly Clause[]) => {
      newest.current = { where, held: true, at: performance.now() };
      release();
    },
    [release],
  );
  const commit = useCallback(
    (where: readonly Clause[]) => {
      const isSame = keyOf(where) === keyOf(nav.view.where);
      newest.current = null;
      setOwn(isSame ? null : { where, held: false, at: 0 });
      if (!isSame) nav.go({ where, row: -1 });
    },
    [nav],
  );
  /** To be told after every render whether an answer is awaited. */
  const settle = (isAwaited: boolean) => {
    busy.current = isAwaited;
    release();
  };
  return { own, where: own?.where ?? nav.view.where, draft, commit, settle };
}

export function useExplore(ctx: PanelContext): Explore {
  const { nav } = ctx;
  const { own, where, draft, commit, settle } = useDraft(nav);
  const dragging = own?.held ?? false;
  const orders = usePref("orders");
  const isOpen = useOpenFields();
  const all = useOp("facets", viewCall(ctx, [], null));
  const catalogue = useMemo(
    () => (all.data ? inOrder(all.data.facets, orders.facets ?? []) : null),
    [all.data, orders],
  );
  const fields = useMemo(
    () => fieldsToCount((catalogue ?? []).map(fieldOf), isOpen),
    [catalogue, isOpen],
  );
  const { facets, head, fresh, counts } = useAnswers(ctx, where, fields, own?.at ?? 0);
  useEffect(() => settle(facets.isFetching));
  const settled = useSettled(where, dragging, 250);
  const wrong = useWrong(ctx, where, fields, !dragging && fresh && (counts?.errors ?? 0) > 0);
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
    counts,
    lagging: !fresh,
    problem: head.error ?? all.error ?? facets.error,
    retry: () => void Promise.all([head.refetch(), all.refetch(), facets.refetch()]),
    call: viewCall(ctx, settled, nav.view.sort),
  };
}
