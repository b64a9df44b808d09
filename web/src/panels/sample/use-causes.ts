// SPDX-License-Identifier: Apache-2.0
// What each layer says (lens) and what it causes (trace). Both take a while, so each is asked for
// by a press and kept for the sample; where this program has no such operation, there is no press.
import { useState } from "react";
import type { Problem } from "@/base/problem";
import { clamp } from "@/base/scale";
import { type ResultOf, useOp } from "@/engine/query";
import type { PanelContext } from "../panel";

export type LensLayer = ResultOf<"lens">["layers"][number];
export type TraceLayer = ResultOf<"trace">["layers"][number];

interface Asked<T> {
  readonly result: T | null;
  readonly isOn: boolean;
  readonly loading: boolean;
  readonly problem: Problem | null;
  readonly toggle: () => void;
}

export interface Causes {
  readonly lens: Asked<ResultOf<"lens">>;
  readonly trace: Asked<ResultOf<"trace">>;
}

export function useCauses(ctx: PanelContext, sample: string): Causes {
  const [isLens, setLens] = useState(false);
  const [tracedSample, setTraced] = useState("");
  const isTrace = tracedSample === sample && sample !== "";
  const call = { sample, ...(ctx.run?.id ? { run: ctx.run.id } : {}) };
  const lens = useOp("lens", call, { enabled: isLens && sample !== "", fresh: true });
  const trace = useOp("trace", call, { enabled: isTrace, fresh: true });
  return {
    lens: {
      result: (isLens && lens.data) || null,
      isOn: isLens,
      loading: isLens && lens.isFetching,
      problem: isLens ? lens.error : null,
      toggle: () => setLens(!isLens),
    },
    trace: {
      result: (isTrace && trace.data) || null,
      isOn: isTrace,
      loading: isTrace && trace.isFetching,
      problem: isTrace ? trace.error : null,
      toggle: () => setTraced(isTrace ? "" : sample),
    },
  };
}

/** How far taking the layer from the twin brings the case to the twin's side, 0 to 1. */
export function effectOf(trace: ResultOf<"trace">, layer: TraceLayer): number | null {
  const { before, twin_target: twin } = trace;
  if (before === null || twin === null || layer.whole === null || twin === before) return null;
  return clamp((layer.whole - before) / (twin - before), 0, 1);
}
