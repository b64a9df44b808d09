// SPDX-License-Identifier: Apache-2.0
// ImageViewer: one picture with zoom and pan by wheel, drag, pinch and keys (+ - 0 1 and arrows),
// a read-out of the pixel pointed at, and pixel values at high zoom. Viewers that share a Look move
// together. Start at useHand() for the pointer, image-view.ts for the arithmetic.
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import { toProblem } from "@/base/problem";
import { IconButton } from "./button";
import { openCanvas, type Size, useLatest, useSize } from "./hooks";
import { loadPicture, paintPicture, type Picture, readPixel } from "./image-paint";
import {
  actualZoom,
  FIT,
  type Look,
  panBy,
  pixelAt,
  place,
  settleLook,
  zoomAbout,
} from "./image-view";
import "./image.css";

export interface ImageViewerProps {
  readonly src: string;
  /** What the picture shows, for assistive tools and the corner title. */
  readonly title: string;
  readonly look: Look;
  readonly onLook: (look: Look) => void;
  /** Hides tools, for the second of two linked viewers. */
  readonly plain?: boolean;
  /** What a byte of the picture stands for, where it is not itself: a tensor's number. */
  readonly read?: ((byte: number) => string) | undefined;
}

/** A Look to share between viewers; starts over when `key` changes. */
export function useLook(key: string): [Look, (look: Look) => void] {
  const [state, setState] = useState({ key, look: FIT });
  const look = state.key === key ? state.look : FIT;
  return [look, (next) => setState({ key, look: next })];
}

function usePicture(src: string): { picture: Picture | null; failed: string } {
  const [state, setState] = useState<{ src: string; picture: Picture | null; failed: string }>({
    src: "",
    picture: null,
    failed: "",
  });
  useEffect(() => {
    let live = true;
    loadPicture(src).then(
      (picture) => live && setState({ src, picture, failed: "" }),
      (thrown: unknown) =>
        live && setState({ src, picture: null, failed: toProblem(thrown).message }),
    );
    return () => {
      live = false;
    };
  }, [src]);
  return state;
}

interface HandArgs {
  readonly look: Look;
  readonly onLook: (look: Look) => void;
  readonly image: Size;
  readonly box: Size;
}

/** Pointer handlers: one finger pans, two pinch. */
function useHand(args: HandArgs) {
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

function Tools(props: {
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

/** Zooms by wheel about the pointer. React listens passively, so this is attached by hand. */
function useWheel(canvas: RefObject<HTMLCanvasElement | null>, args: HandArgs): void {
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
function commandsOf({ look, onLook, image, box }: HandArgs) {
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
  return { zoom, fit, actual, keys };
}

/** The channels worth reading: one of grey, alpha only where it is not full. */
function channels(value: readonly number[]): readonly number[] {
  const [r, g, b, a] = value;
  if (a !== 255) return value;
  return r === g && g === b ? value.slice(0, 1) : value.slice(0, 3);
}

/** Size of the picture, and the pixel pointed at. */
function Readout(props: {
  readonly picture: Picture;
  readonly pixel: readonly [number, number] | null;
  readonly read: ((byte: number) => string) | undefined;
}): ReactElement {
  const { picture, pixel, read = String } = props;
  const value = pixel && readPixel(picture, pixel[0], pixel[1]);
  return (
    <div className="image-readout">
      <span className="dim">
        {picture.size.width} × {picture.size.height}
      </span>
      {value && (
        <>
          <span className="mono">
            {Math.floor(pixel[0])}, {Math.floor(pixel[1])}
          </span>
          <i style={{ background: `rgb(${value[0]} ${value[1]} ${value[2]})` }} />
          <span className="mono">{channels(value).map(read).join(" ")}</span>
        </>
      )}
    </div>
  );
}

export function ImageViewer(props: ImageViewerProps): ReactElement {
  const { src, title, look, onLook } = props;
  const { picture, failed } = usePicture(src);
  const [ref, box] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  const image = picture?.size ?? { width: 1, height: 1 };
  const args = { look, onLook, image, box };
  const hand = useHand(args);
  const command = commandsOf(args);
  useWheel(canvas, args);
  useEffect(() => {
    const context = canvas.current && openCanvas(canvas.current, box);
    if (context && picture && box.width > 0) {
      const font = getComputedStyle(document.body).fontFamily;
      paintPicture(context, picture, look, box, { font, read: props.read ?? String });
    }
  }, [picture, look, box, props.read]);
  const press = (event: KeyboardEvent) => {
    const run = command.keys[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
    run();
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="image" ref={ref}>
      <canvas
        ref={canvas}
        className="image-canvas"
        tabIndex={0}
        role="img"
        aria-label={title}
        style={{ width: box.width, height: box.height }}
        onKeyDown={press}
        onPointerDown={hand.down}
        onPointerMove={(event) => {
          setAt([event.nativeEvent.offsetX, event.nativeEvent.offsetY]);
          hand.move(event);
        }}
        onPointerUp={hand.up}
        onPointerCancel={hand.up}
        onPointerLeave={() => setAt(null)}
        onDoubleClick={() => (look.zoom === 1 ? command.actual() : command.fit())}
      />
      {failed && <p className="image-failed">The picture could not be shown: {failed}</p>}
      {!picture && !failed && <div className="image-wait skeleton" />}
      {picture && (
        <Readout
          picture={picture}
          pixel={at && pixelAt(look, image, box, at[0], at[1])}
          read={props.read}
        />
      )}
      {!props.plain && (
        <Tools
          onZoom={command.zoom}
          onFit={command.fit}
          onActual={command.actual}
          percent={place(look, image, box).scale * 100}
        />
      )}
    </div>
  );
}
