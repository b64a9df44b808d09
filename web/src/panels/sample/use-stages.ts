// SPDX-License-Identifier: Apache-2.0
// What every step makes of the sample: as the run did it, and as tried. Invariant: while something
// is tried both are known, so that they can be shown side by side.
import { useEffect, useMemo, useState } from "react";
import { defaultsOf, type ParamValues } from "@/base/params";
import type { Problem } from "@/base/problem";
import { useOp } from "@/engine/query";
import type { Stage, StagesParams } from "@/gen/ops";
import type { PanelContext } from "../panel";
import { changedStages, TRY_ROWS, triedParams } from "./stage-model";

export interface Stages {
  /** Stages of the run's own pipeline. */
  readonly own: readonly Stage[];
  /** Stages to show: as tried, or the run's own. */
  readonly shown: readonly Stage[];
  readonly isTrying: boolean;
  readonly changed: ReadonlySet<number>;
  readonly values: ParamValues;
  readonly setValues: (values: ParamValues) => void;
  readonly reset: () => void;
  readonly loading: boolean;
  readonly problem: Problem | null;
}

const START = defaultsOf(TRY_ROWS);
const NONE: readonly Stage[] = [];

/** What to try, once typing rests; the last valid form while it holds something wrong. */
function useTried(values: ParamValues): Partial<StagesParams> {
  const [tried, setTried] = useState<Partial<StagesParams>>({});
  useEffect(() => {
    const next = triedParams(values);
    const timer = setTimeout(() => next && setTried(next), 250);
    return () => clearTimeout(timer);
  }, [values]);
  return tried;
}

export function useStages(ctx: PanelContext, id: string, enabled: boolean): Stages {
  const [values, setValues] = useState<ParamValues>(START);
  const tried = useTried(values);
  const isTrying = Object.keys(tried).length > 0;
  const call = { sample: id, ...(ctx.run?.id ? { run: ctx.run.id } : {}) };
  const own = useOp("stages", call, { enabled: enabled && id !== "" });
  const other = useOp("stages", { ...call, ...tried }, { enabled: enabled && isTrying });
  const ownStages = own.data?.stages ?? NONE;
  const triedStages = other.data?.stages ?? NONE;
  const changed = useMemo(
    () => (isTrying ? changedStages(ownStages, triedStages) : new Set<number>()),
    [isTrying, ownStages, triedStages],
  );
  return {
    own: ownStages,
    shown: isTrying ? triedStages : ownStages,
    isTrying,
    changed,
    values,
    setValues,
    reset: () => setValues(START),
    loading: isTrying ? other.isPending : own.isPending,
    problem: isTrying ? other.error : own.error,
  };
}
