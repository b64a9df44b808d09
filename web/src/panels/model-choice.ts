// SPDX-License-Identifier: Apache-2.0
// The models of the workspace and the one looked at: the view's tab names it; else that of the run
// looked at, else the newest.
import type { Problem } from "@/base/problem";
import { useOp } from "@/engine/query";
import type { Model, Run } from "@/gen/ops";
import type { PanelContext } from "./panel";

export interface ModelChoice {
  /** Null while loading. */
  readonly models: readonly Model[] | null;
  readonly model: Model | null;
  readonly problem: Problem | null;
  readonly retry: () => void;
}

export function chosenModel(models: readonly Model[], tab: string, run: Run | null): Model | null {
  const byId = (id: string | null | undefined) => models.find((one) => one.id === id);
  return byId(tab) ?? byId(run?.model) ?? models[0] ?? null;
}

export function useModels(ctx: PanelContext): ModelChoice {
  const { data, error, refetch } = useOp("ls", { what: "models", limit: 1000 });
  const models = data?.models ?? null;
  return {
    models,
    model: models && chosenModel(models, ctx.nav.view.tab, ctx.run),
    problem: error,
    retry: () => void refetch(),
  };
}

/** Runs of a model, in the order of the list (newest first). */
export const runsOf = (model: Model | null, runs: readonly Run[]): Run[] =>
  model?.id ? runs.filter((run) => run.model === model.id) : [];
