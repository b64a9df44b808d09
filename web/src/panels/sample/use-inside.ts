// SPDX-License-Identifier: Apache-2.0
// What the canvas of a sample reads: the model's layers, the attribution asked for, the tensor of
// the layer looked at. Invariant: only what is shown is asked for, and each part fails by itself.
import type { CanvasView } from "@/base/canvas-view";
import type { Tensor } from "@/base/npy";
import type { Problem } from "@/base/problem";
import { type ResultOf, useOp } from "@/engine/query";
import { useTensor } from "@/engine/tensor";
import { useRested } from "@/widgets/hooks";
import type { PanelContext } from "../panel";
import { attributeParams, hasOp } from "./methods";
import type { Target } from "./targets";

/** Class names of the run's model, in output order. */
export function useClasses(ctx: PanelContext): readonly string[] {
  const { data } = useOp("ls", { what: "models", limit: 1000 });
  return data?.models?.find((model) => model.id === ctx.run?.model)?.classes ?? [];
}

export interface Attribution {
  readonly result: ResultOf<"attribute"> | null;
  readonly tensor: Tensor | null;
  readonly problem: Problem | null;
  readonly loading: boolean;
  readonly retry: () => void;
}

const REST_MS = 140;

export function useAttribution(
  ctx: PanelContext,
  sample: string,
  canvas: CanvasView,
  target: Target,
): Attribution {
  const isOn = canvas.sheets.attribution.on && sample !== "" && hasOp("attribute");
  const call = { sample, target: target.call, ...attributeParams(canvas) };
  const rested = useRested({ ...call, ...(ctx.run?.id ? { run: ctx.run.id } : {}) }, REST_MS);
  const reply = useOp("attribute", rested, { enabled: isOn, fresh: true });
  const tensor = useTensor(isOn ? (reply.data?.map ?? null) : null);
  const isCurrent = rested.sample === sample;
  return {
    result: (isOn && isCurrent && reply.data) || null,
    tensor: (isOn && isCurrent && tensor.data) || null,
    problem: isOn ? (reply.error ?? tensor.error) : null,
    loading: isOn && (!isCurrent || reply.isFetching || tensor.isFetching),
    retry: () => void reply.refetch(),
  };
}
