// SPDX-License-Identifier: Apache-2.0
// Everything the canvas of a sample shows, read and made ready: frame, attribution, the layer
// looked at, edits. Invariant: what is chosen stands in the address; a region under the hand does
// not.
import { useMemo, useState } from "react";
import { type CanvasView, withSheet } from "@/base/canvas-view";
import { channelsOff, formatEdit, parseEdit, toggleChannel } from "@/base/edit-text";
import { type Box, cellsIn } from "@/base/frame";
import { channelPlane, energyPlane, type Grid, gridOf, mergedPlane } from "@/base/heat";
import type { Tensor } from "@/base/npy";
import type { Problem } from "@/base/problem";
import { clamp } from "@/base/scale";
import { useTensor } from "@/engine/tensor";
import type { PanelContext } from "../panel";
import { type EditState, useEdit } from "./edits";
import { type Frame, frameOf, type Heat, useHeat } from "./heat-sheet";
import { chosenTarget, type Target, targetsFor } from "./targets";
import { type Causes, type TraceLayer, useCauses } from "./use-causes";
import { type Attribution, useAttribution, useClasses } from "./use-inside";
import {
  layerGrid,
  type Layers,
  type ModelLayer,
  type Tap,
  type Taps,
  useLayers,
  useTap,
  useTaps,
} from "./use-layers";
import type { SampleData } from "./use-sample";
import type { Stages } from "./use-stages";

/** The layer looked at and its values. */
export interface Looked {
  /** -1 for none. */
  readonly index: number;
  readonly layer: ModelLayer | null;
  readonly tap: Tap | undefined;
  readonly tensor: Tensor | null;
  readonly grid: Grid | null;
  readonly problem: Problem | null;
  readonly loading: boolean;
}

export interface Scene {
  readonly canvas: CanvasView;
  readonly change: (change: Partial<CanvasView>) => void;
  readonly frame: Frame | null;
  readonly target: Target;
  readonly targets: readonly Target[];
  readonly classes: readonly string[];
  readonly attribution: Attribution;
  readonly attributionHeat: Heat | null;
  readonly layers: Layers;
  readonly taps: Taps;
  readonly looked: Looked;
  readonly activationHeat: Heat | null;
  readonly causes: Causes;
  /** The layer whose traced effect is shown, while the failure is traced. */
  readonly traced: TraceLayer | null;
  readonly effectHeat: Heat | null;
  readonly edits: EditState;
  readonly draft: (edit: string | null) => void;
}

function useLooked(ctx: PanelContext, sample: string, canvas: CanvasView, layers: Layers): Looked {
  const { list } = layers;
  const index = list.findIndex((layer) => layer.value === canvas.layer);
  const layer = list[index] ?? null;
  const { tap, problem, loading } = useTap(ctx, sample, list, index);
  const tensor = useTensor(tap?.map ?? null);
  const data = tensor.data ?? null;
  const grid = useMemo(() => (layer && data ? layerGrid(layer, data.shape) : null), [layer, data]);
  return {
    index,
    layer,
    tap,
    tensor: data,
    grid,
    problem: problem ?? tensor.error,
    loading: loading || tensor.isFetching,
  };
}

/** A tensor as a plane: channels added up, as the channels of an input are. */
function usePlane(tensor: Tensor | null) {
  return useMemo(() => {
    const grid = tensor && gridOf(tensor.shape);
    return tensor && grid ? mergedPlane(tensor, grid, "sum") : null;
  }, [tensor]);
}

/** The layer looked at as traced, else the one that repairs with the fewest places, or the last. */
function tracedLayer({ trace }: Causes, layer: string): TraceLayer | null {
  const { layers = [], smallest = null } = trace.result ?? {};
  const byName = (name: string | null) => layers.find((one) => one.layer === name) ?? null;
  return layer ? byName(layer) : (byName(smallest) ?? layers[layers.length - 1] ?? null);
}

function useActivationPlane({ tensor, grid }: Looked, channel: number) {
  return useMemo(() => {
    if (!tensor || !grid) return null;
    const isOne = channel >= 0 && channel < grid.channels;
    return isOne ? channelPlane(tensor, grid, channel) : energyPlane(tensor, grid);
  }, [tensor, grid, channel]);
}

export function useScene(ctx: PanelContext, data: SampleData, stages: Stages): Scene {
  const { nav } = ctx;
  const { canvas } = nav.view;
  const sample = data.sample.sample ?? "";
  const classes = useClasses(ctx);
  const targets = useMemo(() => targetsFor(data, classes), [data, classes]);
  const target = chosenTarget(canvas.target, targets, classes);
  const attribution = useAttribution(ctx, sample, canvas, target);
  const attributionPlane = usePlane(attribution.tensor);
  const layers = useLayers(ctx);
  const looked = useLooked(ctx, sample, canvas, layers);
  const activationPlane = useActivationPlane(looked, canvas.channel);
  const causes = useCauses(ctx, sample);
  const traced = tracedLayer(causes, canvas.layer);
  const places = useTensor(traced?.places ?? null);
  const effectPlane = usePlane(places.data ?? null);
  const [draft, setDraft] = useState<string | null>(null);
  const { whole } = canvas;
  return {
    canvas,
    change: (change) => nav.go({ canvas: { ...canvas, ...change } }, { replace: true }),
    frame: useMemo(() => frameOf(stages.own, whole), [stages.own, whole]),
    target,
    targets,
    classes,
    attribution,
    attributionHeat: useHeat(attributionPlane, canvas.sheets.attribution),
    layers,
    taps: useTaps(ctx, sample, layers.list),
    looked,
    activationHeat: useHeat(activationPlane, canvas.sheets.activation),
    causes,
    traced,
    effectHeat: useHeat(effectPlane, canvas.sheets.effect),
    edits: useEdit(ctx, sample, canvas.edits, draft),
    draft: setDraft,
  };
}

// ---- what one can do to it ----------------------------------------------------------------------

/** The canvas with a layer, or one of its channels, laid over the picture. */
export function withLayer(canvas: CanvasView, layer: string, channel = -1): CanvasView {
  const shown = withSheet(canvas, "activation", { on: layer !== "" });
  return {
    ...withSheet(shown, "attribution", { on: layer === "" }),
    layer,
    channel,
  };
}

export function stepLayer(scene: Scene, by: number): void {
  const { list } = scene.layers;
  if (list.length === 0) return;
  const start = scene.looked.index < 0 ? (by > 0 ? -1 : list.length) : scene.looked.index;
  const next = list[clamp(start + by, 0, list.length - 1)];
  scene.change(withLayer(scene.canvas, next?.value ?? ""));
}

export function switchChannel(scene: Scene, channel: number): void {
  const { layer } = scene.looked;
  if (!layer?.value || layer.kind === "attention" || channel < 0) return;
  scene.change({ edits: toggleChannel(scene.canvas.edits, layer.value, channel) });
}

/** Channels of the layer looked at that are off. */
export const offHere = (scene: Scene): readonly number[] =>
  channelsOff(scene.canvas.edits, scene.looked.layer?.value ?? "");

/** May a region be drawn? Only on a grid: tokens are edited by range, attention not at all. */
export const canBrush = (scene: Scene): boolean =>
  scene.looked.layer?.kind === "map" && scene.looked.grid !== null;

/** The edit that a box of the frame stands for. */
export function regionEdit(scene: Scene, box: Box): string | null {
  const { looked, frame, canvas } = scene;
  const { layer, grid } = looked;
  if (!layer?.value || !grid || !frame) return null;
  const { input } = frame;
  const inside = { ...box, x: box.x - input.x, y: box.y - input.y };
  const region = cellsIn(inside, input, grid);
  if (!region) return null;
  const channels = canvas.channel >= 0 ? [canvas.channel] : [];
  return formatEdit({ layer: layer.value, channels, region, change: "*0" });
}

/** Where the regions of the layer's edits lie in the frame. */
export function regionBoxes(scene: Scene): readonly Box[] {
  const { looked, frame, edits } = scene;
  const { grid, layer } = looked;
  if (!grid || !frame || !layer) return [];
  const { input } = frame;
  return edits.edits.flatMap((text) => {
    const edit = parseEdit(text);
    if (!edit?.region || edit.layer !== layer.value) return [];
    const [y0, y1, x0, x1] = edit.region;
    const [cellX, cellY] = [input.width / grid.width, input.height / grid.height];
    return [
      {
        x: input.x + x0 * cellX,
        y: input.y + y0 * cellY,
        width: (x1 - x0) * cellX,
        height: (y1 - y0) * cellY,
      },
    ];
  });
}
