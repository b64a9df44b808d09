// SPDX-License-Identifier: Apache-2.0
// The network from left to right: a small map of each layer, and where it was asked for, what the
// layer says (lens) and what it causes (trace). One scrubs through it with the pointer or by key.
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
  useCallback,
  useEffect,
  useRef,
} from "react";
import { fmtName } from "@/base/format";
import { energyPlane } from "@/base/heat";
import { clamp } from "@/base/scale";
import { useReduced } from "@/engine/tensor";
import { MapThumb } from "@/widgets/map-thumb";
import { layerGrid, shortTitle, type ModelLayer, type Tap, type Taps } from "./use-layers";

/** Width of a tile with its gap, as in inside.css. */
const TILE = 90;

/** Without spaces: the width of a tile holds no more. */
const sizeOf = (layer: ModelLayer): string =>
  layer.kind === "attention"
    ? `${layer.heads} heads`
    : `${layer.channels}×${layer.height}×${layer.width}`;

function LayerMap(props: {
  readonly layer: ModelLayer;
  readonly tap: Tap | undefined;
}): ReactElement {
  const { layer, tap } = props;
  const { data, error } = useReduced(tap?.map ?? null, `energy ${layer.value ?? ""}`, (tensor) => {
    const grid = layerGrid(layer, tensor.shape);
    return grid && energyPlane(tensor, grid);
  });
  if (error) return <span className="layer-none bad">failed</span>;
  if (data === null) return <span className="layer-none">no grid</span>;
  return data ? <MapThumb plane={data} /> : <span className="layer-none skeleton" />;
}

export interface LayerStripProps {
  readonly layers: readonly ModelLayer[];
  readonly taps: Taps;
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
  /** What stands below a layer's name: readings and effects. */
  readonly below: (layer: ModelLayer) => ReactNode;
}

/** Tells which layers are in sight when the strip is scrolled or sized. */
function useSight(count: number, want: Taps["want"]) {
  const list = useRef<HTMLDivElement>(null);
  const look = useCallback(() => {
    const { scrollLeft = 0, clientWidth = 0 } = list.current ?? {};
    if (count === 0) return;
    const last = Math.ceil((scrollLeft + clientWidth) / TILE);
    want(Math.floor(scrollLeft / TILE), clamp(last, 0, count - 1));
  }, [count, want]);
  useEffect(() => {
    look();
    const observer = new ResizeObserver(look);
    if (list.current) observer.observe(list.current);
    return () => observer.disconnect();
  }, [look]);
  return { list, look };
}

export function LayerStrip(props: LayerStripProps): ReactElement {
  const { layers, taps, chosen } = props;
  const { list, look } = useSight(layers.length, taps.want);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen, list]);
  const press = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -layers.length, End: layers.length }[
      event.key
    ];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = clamp(Math.max(0, chosen) + by, 0, layers.length - 1);
    props.onChoose(next);
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  const scrub = (index: number) => (event: PointerEvent) => {
    if (event.buttons === 1 && event.pointerType === "mouse") props.onChoose(index);
  };
  return (
    <div
      className="layer-strip"
      role="radiogroup"
      aria-label="Layers of the model"
      ref={list}
      onScroll={look}
      onKeyDown={press}
    >
      {layers.map((layer, index) => (
        <button
          key={layer.value}
          type="button"
          role="radio"
          aria-checked={index === chosen}
          tabIndex={index === Math.max(0, chosen) ? 0 : -1}
          className={layer.stage_end ? "layer-tile layer-end" : "layer-tile"}
          title={`${fmtName(layer.value ?? "")}, ${fmtName(layer.type ?? "")}`}
          draggable={false}
          onClick={() => props.onChoose(index)}
          onPointerEnter={scrub(index)}
        >
          <span className="layer-picture">
            <LayerMap layer={layer} tap={taps.tapOf(index)} />
          </span>
          <span className="layer-name cut">
            <bdi>{fmtName(shortTitle(layer.title ?? layer.value ?? ""))}</bdi>
          </span>
          <span className="layer-size cut">{sizeOf(layer)}</span>
          {props.below(layer)}
        </button>
      ))}
    </div>
  );
}
