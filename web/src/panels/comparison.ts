// SPDX-License-Identifier: Apache-2.0
// The comparison of the run looked at (the one before) with the other (the one after), shared by
// the panels of Compare. The core counts "fixed" as wrong in the first and right in the second.
import type { Problem } from "@/base/problem";
import { type ResultOf, useOp } from "@/engine/query";
import type { Run } from "@/gen/ops";
import type { PanelContext } from "./panel";

export type Comparison = ResultOf<"compare">;

/** Can the two be compared: both done, on the same samples, not the same run? */
export function isPair(a: Run | null, b: Run | null): boolean {
  if (!a || !b || a.id === b.id) return false;
  return a.state === "done" && b.state === "done" && a.version === b.version;
}

export const hasPair = (ctx: PanelContext): boolean => isPair(ctx.run, ctx.other);

/** Runs that `run` can be compared with, in the order of the list. */
export const partnersOf = (run: Run | null, runs: readonly Run[]): Run[] =>
  runs.filter((one) => isPair(run, one));

export interface ComparisonState {
  readonly result: Comparison | null;
  readonly problem: Problem | null;
  readonly retry: () => void;
}

export function useComparison(ctx: PanelContext): ComparisonState {
  const { data, error, refetch } = useOp(
    "compare",
    { a: ctx.run?.id ?? "", b: ctx.other?.id ?? "" },
    { enabled: hasPair(ctx), fresh: true },
  );
  return { result: data ?? null, problem: error, retry: () => void refetch() };
}
