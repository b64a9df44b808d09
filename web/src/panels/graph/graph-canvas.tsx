// SPDX-License-Identifier: Apache-2.0
// The graph to look at: drag and wheel, a press chooses, a double press folds and unfolds, arrows
// go along the edges. What is chosen comes into sight. Start at useCamera().
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Layout } from "@/base/graph-layout";
import { clamp } from "@/base/scale";
import { IconButton } from "@/widgets/button";
import { openCanvas, type Size, useColours, useFonts, useLatest, useSize } from "@/widgets/hooks";
import { type Camera, GRAPH_COLOURS, nodeAt, paintGraph } from "./graph-paint";
import { type Measure, measureOf, type Unit, type UnitGraph } from "./units";

export interface GraphCanvasProps {
  readonly graph: UnitGraph;
  readonly layout: Layout;
  readonly chosen: string;
  readonly found: ReadonlySet<string>;
  readonly measure: Measure;
  readonly onChoose: (id: string) => void;
  /** Folds or unfolds a block. */
  readonly onFold: (unit: Unit) => void;
}

const PAD = 24;

/** The whole width in sight, from the top; never larger than life. */
function fitted(layout: Layout, size: Size): Camera {
  const room = Math.max(1, size.width - 2 * PAD);
  const scale = clamp(room / Math.max(1, layout.width), 0.35, 1);
  return { scale, x: (size.width - layout.width * scale) / 2, y: PAD };
}

const zoomed = (camera: Camera, by: number, x: number, y: number): Camera => {
  const scale = clamp(camera.scale * by, 0.04, 3);
  const part = scale / camera.scale;
  return { scale, x: x - (x - camera.x) * part, y: y - (y - camera.y) * part };
};

/** Moves as little as brings the node into sight. */
function towards(camera: Camera, layout: Layout, id: string, size: Size): Camera {
  const node = layout.nodes.find((one) => one.id === id);
  if (!node) return camera;
  const x = node.x * camera.scale + camera.x;
  const y = (node.y + node.height / 2) * camera.scale + camera.y;
  const isIn = x > 60 && x < size.width - 60 && y > 40 && y < size.height - 60;
  if (isIn) return camera;
  return { ...camera, x: camera.x + size.width / 2 - x, y: camera.y + size.height / 2 - y };
}

function useCamera(layout: Layout, size: Size, chosen: string) {
  const [camera, setCamera] = useState<Camera | null>(null);
  const shown = camera ?? fitted(layout, size);
  const latest = useLatest(shown);
  useEffect(() => {
    if (size.width === 0 || !chosen) return;
    setCamera(towards(latest.current, layout, chosen, size));
  }, [layout, chosen, size, latest]);
  return { camera: shown, setCamera, fit: () => setCamera(null) };
}

const DRAG_PX = 4;

export function GraphCanvas(props: GraphCanvasProps): ReactElement {
  const { graph, layout, chosen } = props;
  const [ref, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { camera, setCamera, fit } = useCamera(layout, size, chosen);
  const colours = useColours(GRAPH_COLOURS);
  const fonts = useFonts();
  const latest = useLatest(camera);
  const held = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const units = useMemo(() => new Map(graph.units.map((unit) => [unit.id, unit])), [graph]);
  const most = Math.max(0, ...graph.units.map((unit) => measureOf(unit, props.measure)));
  useEffect(() => {
    const context = canvas.current && openCanvas(canvas.current, size);
    if (!context || size.width === 0) return;
    const font = getComputedStyle(document.body).fontFamily;
    paintGraph(context, { ...props, units, most, colours, font }, camera, size);
  }, [props, units, most, colours, camera, size, fonts]);
  useEffect(() => {
    const element = canvas.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { current } = latest;
      const isZoom = event.ctrlKey || event.metaKey;
      setCamera(
        isZoom
          ? zoomed(current, Math.exp(-event.deltaY * 0.004), event.offsetX, event.offsetY)
          : { ...current, x: current.x - event.deltaX, y: current.y - event.deltaY },
      );
    };
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, [latest, setCamera]);
  const down = (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    held.current = { x: event.clientX, y: event.clientY, moved: false };
  };
  const move = (event: PointerEvent) => {
    const { current } = held;
    if (!current) return;
    const [dx, dy] = [event.clientX - current.x, event.clientY - current.y];
    if (!current.moved && Math.hypot(dx, dy) < DRAG_PX) return;
    held.current = { x: event.clientX, y: event.clientY, moved: true };
    setCamera({ ...camera, x: camera.x + dx, y: camera.y + dy });
  };
  const up = (event: PointerEvent) => {
    const { nativeEvent } = event;
    if (held.current && !held.current.moved) {
      const node = nodeAt(layout, camera, nativeEvent.offsetX, nativeEvent.offsetY);
      props.onChoose(node?.id ?? "");
    }
    held.current = null;
  };
  const zoom = (by: number) => setCamera(zoomed(camera, by, size.width / 2, size.height / 2));
  const press = (event: KeyboardEvent) => {
    const unit = units.get(chosen);
    const next = {
      ArrowDown: graph.edges.find((edge) => edge.from === chosen)?.to ?? graph.units[0]?.id,
      ArrowUp: graph.edges.find((edge) => edge.to === chosen)?.from,
    }[event.key];
    if (next) props.onChoose(next);
    else if (event.key === "Enter" && unit?.block) props.onFold(unit);
    else if (event.key === "+" || event.key === "=") zoom(1.3);
    else if (event.key === "-") zoom(1 / 1.3);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="graph-view" ref={ref}>
      <canvas
        ref={canvas}
        className="graph-canvas"
        tabIndex={0}
        role="img"
        aria-label={`Graph of the model, ${graph.units.length} boxes. Arrows go along the edges.`}
        style={{ width: size.width, height: size.height }}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => (held.current = null)}
        onDoubleClick={(event) => {
          const { offsetX, offsetY } = event.nativeEvent;
          const unit = units.get(nodeAt(layout, camera, offsetX, offsetY)?.id ?? "");
          if (unit?.block) props.onFold(unit);
        }}
        onKeyDown={press}
      />
      <div className="graph-tools">
        <IconButton icon="minus" label="Zoom out" keys="-" onPress={() => zoom(1 / 1.3)} />
        <IconButton icon="plus" label="Zoom in" keys="+" onPress={() => zoom(1.3)} />
        <IconButton icon="fit" label="Fit" keys="0" onPress={fit} />
      </div>
    </div>
  );
}
