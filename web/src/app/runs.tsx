// SPDX-License-Identifier: Apache-2.0
// The runs of the workspace and which of them is looked at, shared by the top bar and the pages.
import { createContext, useMemo } from "react";
import type { Problem } from "@/base/problem";
import { useOp } from "@/engine/query";
import type { PanelContext } from "@/panels/panel";
import type { Navigator } from "@/state/view";

export interface RunsState {
  /** Null while loading. */
  readonly ctx: PanelContext | null;
  readonly problem: Problem | null;
  readonly retry: () => void;
}

export const RunsContext = createContext<RunsState>({
  ctx: null,
  problem: null,
  retry: () => undefined,
});

/** Reads the list of runs and finds those the view names. */
export function useRuns(nav: Navigator): RunsState {
  const reply = useOp("ls", { what: "runs", limit: 500 });
  const { data, error, refetch } = reply;
  return useMemo(() => {
    const retry = () => void refetch();
    if (!data) return { ctx: null, problem: error, retry };
    const { runs } = data;
    const byId = (id: string) => runs.find((run) => run.id === id) ?? null;
    const done = runs.find((run) => run.state === "done");
    const run = byId(nav.view.run) ?? done ?? runs[0] ?? null;
    return { ctx: { nav, runs, run, other: byId(nav.view.other) }, problem: null, retry };
  }, [data, error, refetch, nav]);
}
