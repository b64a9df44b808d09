// SPDX-License-Identifier: Apache-2.0
// ImageViewer: one picture with zoom and pan by wheel, drag, pinch and keys (+ - 0 1 and arrows),
// a read-out of the pixel pointed at, and pixel values at high zoom. Viewers that share a Look move
// together. Start at useHand() for the pointer, image-view.ts for the arithmetic.
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
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

export function ImageViewer(props: ImageViewerProps): ReactElement {
  const { src, title, look, onLook } = props;
  const { picture, failed } = usePicture(src);
  const [ref, box] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  const image = picture?.size ?? { width: 1, height: 1 };
  const hand = useHand({ look, onLook, image, box });
  const latest = useLatest({ look, onLook, image, box });
  useEffect(() => {
    const context = canvas.current && openCanvas(canvas.current, box);
    if (context && picture && box.width > 0) {
      paintPicture(context, picture, look, box, getComputedStyle(document.body).fontFamily);
    }
  }, [picture, look, box]);
  useEffect(() => {
    const element = canvas.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const now = latest.current;
      now.onLook(
        zoomAbout(
          now.look,
          now.image,
          now.box,
          Math.exp(-event.deltaY * 0.0018),
          event.offsetX,
          event.offsetY,
        ),
      );
    };
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, [latest]);
  const zoom = (factor: number) =>
    onLook(zoomAbout(look, image, box, factor, box.width / 2, box.height / 2));
  const actual = () => onLook(settleLook({ ...look, zoom: actualZoom(image, box) }, image, box));
  const press = (event: KeyboardEvent) => {
    const move = {
      ArrowLeft: [48, 0],
      ArrowRight: [-48, 0],
      ArrowUp: [0, 48],
      ArrowDown: [0, -48],
    }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move && look.zoom > 1) onLook(panBy(look, image, box, move[0] ?? 0, move[1] ?? 0));
    else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-" || event.key === "_") zoom(1 / 1.5);
    else if (event.key === "0") onLook(FIT);
    else if (event.key === "1") actual();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const pixel = at && picture ? pixelAt(look, image, box, at[0], at[1]) : null;
  const value = pixel && picture ? readPixel(picture, pixel[0], pixel[1]) : null;
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
        onDoubleClick={() => (look.zoom === 1 ? actual() : onLook(FIT))}
      />
      {failed && <p className="image-failed">The picture could not be shown: {failed}</p>}
      {!picture && !failed && <div className="image-wait skeleton" />}
      <div className="image-readout">
        {picture && (
          <span className="dim">
            {image.width} × {image.height}
          </span>
        )}
        {value && pixel && (
          <>
            <span className="mono">
              {Math.floor(pixel[0])}, {Math.floor(pixel[1])}
            </span>
            <i style={{ background: `rgb(${value[0]} ${value[1]} ${value[2]})` }} />
            <span className="mono">{value.slice(0, value[3] === 255 ? 3 : 4).join(" ")}</span>
          </>
        )}
      </div>
      {!props.plain && (
        <Tools
          onZoom={zoom}
          onFit={() => onLook(FIT)}
          onActual={actual}
          percent={place(look, image, box).scale * 100}
        />
      )}
    </div>
  );
}
