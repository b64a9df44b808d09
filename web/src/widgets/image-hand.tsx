// SPDX-License-Identifier: Apache-2.0
// The hand on a picture: pan and pinch by pointer, zoom by wheel, commands for keys and buttons,
// and the buttons. Shared by every canvas that is looked at through a Look.
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type RefObject,
  useEffect,
  useRef,
} from "react";
import { IconButton } from "./button";
import { type Size, useLatest } from "./hooks";
import { actualZoom, FIT, type Look, panBy, settleLook, zoomAbout } from "./image-view";
import "./image.css";

export interface HandArgs {
  readonly look: Look;
  readonly onLook: (look: Look) => void;
  readonly image: Size;
  readonly box: Size;
}

/** Pointer handlers: one finger pans, two pinch. */
export function useHand(args: HandArgs) {
  const latest = useLatest(args);
  const held = useRef(new Map<number, [number, number]>());
  const down = (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    held.current.set(event.pointerId, [event.nativeEvent.offsetX, event.nativeEvent.offsetY]);
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    const before = held.current.get(event.pointerId);
    if (!before) return;
    const now: [number, number] = [event.nativeEvent.offsetX, event.nativeEvent.offsetY];
    const { look, onLook, image, box } = latest.current;
    const other = [...held.current].find(([id]) => id !== event.pointerId)?.[1];
    held.current.set(event.pointerId, now);
    if (!other) {
      onLook(panBy(look, image, box, now[0] - before[0], now[1] - before[1]));
      return;
    }
    const apart = (point: [number, number]) => Math.hypot(point[0] - other[0], point[1] - other[1]);
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2] as const;
    const zoomed = zoomAbout(
      look,
      image,
      box,
      apart(now) / Math.max(1, apart(before)),
      middle[0],
      middle[1],
    );
    onLook(panBy(zoomed, image, box, (now[0] - before[0]) / 2, (now[1] - before[1]) / 2));
  };
  const up = (event: PointerEvent<HTMLElement>) => void held.current.delete(event.pointerId);
  return { down, move, up };
}

/** Zooms by wheel about the pointer. React listens passively, so this is attached by hand. */
export function useWheel(canvas: RefObject<HTMLCanvasElement | null>, args: HandArgs): void {
  const latest = useLatest(args);
  useEffect(() => {
    const element = canvas.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { look, onLook, image, box } = latest.current;
      const factor = Math.exp(-event.deltaY * 0.0018);
      onLook(zoomAbout(look, image, box, factor, event.offsetX, event.offsetY));
    };
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, [canvas, latest]);
}

/** What buttons and keys do. */
export function commandsOf({ look, onLook, image, box }: HandArgs) {
  const zoom = (factor: number) =>
    onLook(zoomAbout(look, image, box, factor, box.width / 2, box.height / 2));
  const pan = (dx: number, dy: number) => () => onLook(panBy(look, image, box, dx, dy));
  const fit = () => onLook(FIT);
  const actual = () => onLook(settleLook({ ...look, zoom: actualZoom(image, box) }, image, box));
  const arrows = {
    ArrowLeft: pan(48, 0),
    ArrowRight: pan(-48, 0),
    ArrowUp: pan(0, 48),
    ArrowDown: pan(0, -48),
  };
  const keys: Record<string, () => void> = {
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    _: () => zoom(1 / 1.5),
    "0": fit,
    "1": actual,
    ...(look.zoom > 1 ? arrows : {}),
  };
  const press = (event: KeyboardEvent) => {
    const run = keys[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
    run();
    event.preventDefault();
    event.stopPropagation();
  };
  const double = () => (look.zoom === 1 ? actual() : fit());
  return { zoom, fit, actual, press, double };
}

export function LookTools(props: {
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
  readonly onActual: () => void;
  readonly percent: number;
}): ReactElement {
  return (
    <div className="image-tools">
      <IconButton icon="minus" label="Zoom out" keys="-" onPress={() => props.onZoom(1 / 1.5)} />
      <button
        type="button"
        className="image-percent"
        title="Actual pixels (1)"
        onClick={props.onActual}
      >
        {Math.round(props.percent)}%
      </button>
      <IconButton icon="plus" label="Zoom in" keys="+" onPress={() => props.onZoom(1.5)} />
      <IconButton icon="fit" label="Fit" keys="0" onPress={props.onFit} />
    </div>
  );
}
