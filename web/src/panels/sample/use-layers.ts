// SPDX-License-Identifier: Apache-2.0
// The layers of the run's model and their values for a sample. Layers are tapped in groups, so that
// one run of the model serves several; a group is asked for when one of its layers is in sight.
// Invariant: a layer's group is the same for every sample, so the core's tapped model is too.
import { useCallback, useMemo } from "react";
import { type Grid, gridOf } from "@/base/heat";
import type { Problem } from "@/base/problem";
import { type ResultOf, useOp, useOpPages } from "@/engine/query";
import type { PanelContext } from "../panel";

export type ModelLayer = ResultOf<"inspect">["layers"][number];
export type Tap = ResultOf<"tap">["layers"][number];

export interface Layers {
  /** Layers with a picture, from input to output. */
  readonly list: readonly ModelLayer[];
  readonly problem: Problem | null;
  readonly loading: boolean;
}

const NONE: readonly ModelLayer[] = [];

/** Last size of a type such as "float[N,4,50,50]". */
const lastSize = (type: string | null): number => Number(/(\d+)\]$/.exec(type ?? "")?.[1] ?? 0);

/** Attention with the grid its keys lie on: that of a layer with as many tokens. */
export function withGrids(layers: readonly ModelLayer[]): readonly ModelLayer[] {
  const tokens = layers.filter((layer) => layer.kind === "tokens");
  return layers.map((layer) => {
    if (layer.kind !== "attention" || layer.extra_tokens > 0) return layer;
    const keys = lastSize(layer.type);
    const twin = tokens.find((one) => one.height * one.width + one.extra_tokens === keys);
    if (!twin) return layer;
    const { height, width, extra_tokens } = twin;
    return { ...layer, height, width, extra_tokens };
  });
}

/** The part of a layer's title that tells it from others: its end, without a bare operator. */
export function shortTitle(title: string): string {
  const parts = title.split("/").filter(Boolean);
  const last = parts.pop() ?? title;
  const isOperator = /^[A-Z][A-Za-z]*(?:_\d+)?$/.test(last) && parts.length > 0;
  const words = (isOperator ? (parts.pop() ?? last) : last).split(".");
  const end = words.pop() ?? last;
  return /^\d+$/.test(end) && words.length > 0 ? `${words.pop() ?? ""}.${end}` : end;
}

/** Has the layer places to draw? Attention does where a token stands for the whole. */
function hasPlaces(layer: ModelLayer): boolean {
  if (layer.value === null) return false;
  if (layer.kind === "attention") return layer.extra_tokens > 0 && layer.windows === 1;
  return layer.kind !== "scores" && layer.height * layer.width > 1;
}

export function useLayers(ctx: PanelContext): Layers {
  const reply = useOp("inspect", ctx.run?.id ? { run: ctx.run.id } : {});
  const all = reply.data?.layers ?? NONE;
  return {
    list: useMemo(() => withGrids(all).filter(hasPlaces), [all]),
    problem: reply.error,
    loading: reply.isPending,
  };
}

/** The grid of a layer's tensor; attention is read at its first token, a channel for each head. */
export function layerGrid(layer: ModelLayer, shape: readonly number[]): Grid | null {
  const { height, width, extra_tokens: extra } = layer;
  if (layer.kind !== "attention") return gridOf(shape, { height, width, extraTokens: extra });
  const [batch = 0, heads = 0, tokens = 0, keys = 0] = shape;
  const side = Math.round(Math.sqrt(keys - extra));
  const [rows, columns] = height * width > 1 ? [height, width] : [side, side];
  if (batch < 1 || shape.length !== 4 || rows * columns + extra !== keys) return null;
  return {
    channels: heads,
    height: rows,
    width: columns,
    channelStep: tokens * keys,
    placeStep: 1,
    start: extra,
  };
}

const GROUP = 8;

const groupCall = (
  ctx: PanelContext,
  sample: string,
  list: readonly ModelLayer[],
  start: number,
) => ({
  sample,
  ...(ctx.run?.id ? { run: ctx.run.id } : {}),
  layer: list.slice(start, start + GROUP).map((layer) => layer.value ?? ""),
});

export interface Taps {
  readonly tapOf: (index: number) => Tap | undefined;
  /** Tells which layers are in sight, [first, last]. */
  readonly want: (first: number, last: number) => void;
  readonly problem: Problem | null;
}

export function useTaps(ctx: PanelContext, sample: string, list: readonly ModelLayer[]): Taps {
  const { page, want, error } = useOpPages(
    "tap",
    (at) => groupCall(ctx, sample, list, at * GROUP),
    sample === "" ? 0 : Math.ceil(list.length / GROUP),
  );
  const wantLayers = useCallback(
    (first: number, last: number) => want(Math.floor(first / GROUP), Math.floor(last / GROUP)),
    [want],
  );
  return {
    tapOf: (index) => page(Math.floor(index / GROUP))?.layers[index % GROUP],
    want: wantLayers,
    problem: error,
  };
}

/** The values of one layer for the sample: the group it belongs to is read, or was already. */
export function useTap(
  ctx: PanelContext,
  sample: string,
  list: readonly ModelLayer[],
  index: number,
): { readonly tap: Tap | undefined; readonly problem: Problem | null; readonly loading: boolean } {
  const start = Math.floor(Math.max(0, index) / GROUP) * GROUP;
  const isOn = index >= 0 && sample !== "";
  const reply = useOp("tap", groupCall(ctx, sample, list, start), { enabled: isOn, fresh: true });
  return {
    tap: isOn ? reply.data?.layers[index - start] : undefined,
    problem: isOn ? reply.error : null,
    loading: isOn && reply.isFetching,
  };
}
