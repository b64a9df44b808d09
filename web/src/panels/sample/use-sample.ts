// SPDX-License-Identifier: Apache-2.0
// The sample looked at and its neighbours. Opened without a sample, the page shows the first of the
// view. Invariant: neighbours and their pictures are read ahead, so that stepping is immediate.
import { useEffect } from "react";
import type { Problem } from "@/base/problem";
import { imageUrl } from "@/engine/blob";
import { type ResultOf, useOp } from "@/engine/query";
import type { PanelContext } from "../panel";
import { viewCall } from "../view-params";

export type SampleData = ResultOf<"sample">;

export interface SampleState {
  readonly id: string;
  /** The newest answer; while `waiting` it is still that of the sample before. */
  readonly data: SampleData | null;
  readonly waiting: boolean;
  readonly problem: Problem | null;
  readonly retry: () => void;
  /** The view holds no sample at all. */
  readonly nothing: boolean;
}

/** Reads a neighbour and its picture before they are asked for. */
function useAhead(ctx: PanelContext, id: string | null | undefined): void {
  const { where, sort } = ctx.nav.view;
  const { data } = useOp(
    "sample",
    { sample: id ?? "", ...viewCall(ctx, where, sort) },
    { enabled: Boolean(id), fresh: true },
  );
  const image = data?.sample.image;
  useEffect(() => {
    if (image) new Image().src = imageUrl(image);
  }, [image]);
}

export function useSample(ctx: PanelContext): SampleState {
  const { where, sort, sample } = ctx.nav.view;
  const call = viewCall(ctx, where, sort);
  const first = useOp("view", { ...call, limit: 1 }, { enabled: sample === "" });
  const id = sample || (first.data?.samples[0]?.sample ?? "");
  const reply = useOp("sample", { sample: id, ...call }, { enabled: id !== "" });
  const data = reply.data ?? null;
  useAhead(ctx, data?.next);
  useAhead(ctx, data?.previous);
  useAhead(ctx, data?.next_failure);
  return {
    id,
    data,
    waiting: reply.isPlaceholderData,
    problem: reply.error ?? first.error,
    retry: () => void (sample ? reply : first).refetch(),
    nothing: sample === "" && first.data?.samples.length === 0,
  };
}
