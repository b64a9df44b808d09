// SPDX-License-Identifier: Apache-2.0
// The report of the run looked at, shared by the panels of Overview: equal calls are one request.
import type { Problem } from "@/base/problem";
import { type ResultOf, useOp } from "@/engine/query";
import type { PanelContext } from "./panel";

export type Report = ResultOf<"report">;

export interface ReportState {
  readonly report: Report | null;
  readonly problem: Problem | null;
  readonly retry: () => void;
}

export const isDone = (ctx: PanelContext): boolean => ctx.run?.state === "done";

/** Null while it is made; what is shown of another run meanwhile is dropped. */
export function useReport(ctx: PanelContext): ReportState {
  const { data, error, refetch } = useOp(
    "report",
    { run: ctx.run?.id ?? "" },
    { enabled: isDone(ctx), fresh: true },
  );
  return { report: data ?? null, problem: error, retry: () => void refetch() };
}
