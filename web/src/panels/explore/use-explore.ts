// SPDX-License-Identifier: Apache-2.0
// The filter under the hand and the answers to it. While a brush is dragged the filter is a draft
// that never enters the URL (browsers limit how often an address may change); letting go commits
// it. Invariant: of a drag's many filters only the newest unanswered one is asked for, and one at a
// time, so answers keep up with the hand however large the workspace is. A draft is asked for from
// the hand itself and drawn once, with its answer, while the next is already asked for. Start at
// useExplore().
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type Clause, formatClause } from "@/base/clause";
import type { Problem } from "@/base/problem";
import { useAhead, useOp } from "@/engine/query";
import type { Facet } from "@/gen/ops";
import { usePref } from "@/state/prefs";
import type { Navigator } from "@/state/view";
import { useLatest } from "@/widgets/hooks";
import type { PanelContext } from "../panel";
import { viewCall, type ViewCall } from "../view-params";
import { type Counts, countsOf, fieldOf, fieldsToCount, inOrder, OPEN } from "./facet-model";

export interface Explore {
  readonly ctx: PanelContext;
  /** The filter as drawn: the draft while dragging, else the view's. */
  readonly where: readonly Clause[];
  readonly dragging: boolean;
  /** The filter while the brush of `field` is under the hand. */
  readonly draft: (where: readonly Clause[], field: string) => void;
  readonly commit: (where: readonly Clause[]) => void;
  /** Every facet over all samples, in the person's order; null while loading. */
  readonly catalogue: readonly Facet[] | null;
  /** Facets that are unfolded, counted under the filter, by field. */
  readonly live: ReadonlyMap<string, Facet>;
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
function useAnswerTimes(key: string, fresh: boolean, askedAt: number) {
  useLayoutEffect(() => {
    if (askedAt === 0 || !fresh) return;
    requestAnimationFrame(() =>
      setTimeout(() =>
        performance.measure("slitlamp.answer", { start: askedAt, end: performance.now() }),
      ),
    );
  }, [key, fresh]);
}

const facetsCall = (
  ctx: PanelContext,
  where: readonly Clause[],
  fields: readonly string[],
): ViewCall & { readonly fields: readonly string[] } => ({ ...viewCall(ctx, where, null), fields });

/** Facets under the filter, the last answer while the next is on its way. */
function useAnswers(
  ctx: PanelContext,
  where: readonly Clause[],
  fields: readonly string[],
  askedAt: number,
) {
  const call = viewCall(ctx, where, null);
  const facets = useOp("facets", facetsCall(ctx, where, fields), { enabled: fields.length > 0 });
  const derived = facets.data && countsOf(facets.data, where);
  const isHard = facets.data !== undefined && derived === null;
  const head = useOp("view", { ...call, limit: 0 }, { enabled: isHard });
  const fresh = !facets.isPlaceholderData && facets.data !== undefined;
  useAnswerTimes(keyOf(where), fresh, askedAt);
  return { facets, head, fresh, counts: derived ?? head.data ?? null };
}

/**
 * Facets by field. The one under the hand is not asked for, as its own clause does not change it;
 * the last answer to a filter at rest has it.
 */
function useLive(
  facets: readonly Facet[] | undefined,
  isWhole: boolean,
): ReadonlyMap<string, Facet> {
  const rest = useRef<ReadonlyMap<string, Facet>>(new Map());
  return useMemo(() => {
    const now = byField(facets);
    if (isWhole) rest.current = now;
    return isWhole ? now : new Map([...rest.current, ...now]);
  }, [facets, isWhole]);
}

interface Draft {
  readonly where: readonly Clause[];
  /** The field under the hand, "" for none. */
  readonly field: string;
  readonly held: boolean;
  /** When the hand moved there. */
  readonly at: number;
}

/**
 * The view's filter, or the one being dragged until the address has caught up with it. While an
 * answer is awaited (`ask` settles when it is here) the newest draft waits too, and those before it
 * are forgotten.
 */
function useDraft(nav: Navigator, ask: (draft: Draft) => Promise<void>) {
  const [own, setOwn] = useState<Draft | null>(null);
  const newest = useRef<Draft | null>(null);
  const asked = useRef<Draft | null>(null);
  const busy = useRef(false);
  const latestAsk = useLatest(ask);
  const committed = keyOf(nav.view.where);
  useEffect(() => setOwn((now) => (now?.held ? now : null)), [committed]);
  const release = useCallback(() => {
    const next = newest.current;
    if (busy.current || !next) return;
    busy.current = true;
    newest.current = null;
    asked.current = next;
    void latestAsk.current(next).then(() => {
      busy.current = false;
      if (asked.current === next) setOwn(next);
      release();
    });
  }, [latestAsk]);
  const draft = useCallback(
    (where: readonly Clause[], field: string) => {
      newest.current = { where, field, held: true, at: performance.now() };
      release();
    },
    [release],
  );
  const commit = useCallback(
    (where: readonly Clause[]) => {
      const isSame = keyOf(where) === keyOf(nav.view.where);
      newest.current = null;
      asked.current = null;
      setOwn(isSame ? null : { where, field: "", held: false, at: 0 });
      if (!isSame) nav.go({ where, row: -1 });
    },
    [nav],
  );
  return { own, where: own?.where ?? nav.view.where, draft, commit };
}

export function useExplore(ctx: PanelContext): Explore {
  const { nav } = ctx;
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
  const ahead = useAhead("facets");
  const asked = (now: Draft | null) => fields.filter((field) => field !== now?.field);
  const { own, where, draft, commit } = useDraft(nav, (next) =>
    ahead(facetsCall(ctx, next.where, asked(next))),
  );
  const dragging = own?.held ?? false;
  const { facets, head, fresh, counts } = useAnswers(ctx, where, asked(own), own?.at ?? 0);
  const settled = useSettled(where, dragging, 250);
  const live = useLive(facets.data?.facets, fresh && !dragging);
  return {
    ctx,
    where,
    dragging,
    draft,
    commit,
    catalogue,
    live,
    isOpen,
    counts,
    lagging: !fresh,
    problem: head.error ?? all.error ?? facets.error,
    retry: () => void Promise.all([head.refetch(), all.refetch(), facets.refetch()]),
    call: viewCall(ctx, settled, nav.view.sort),
  };
}
