// SPDX-License-Identifier: Apache-2.0
// ImageViewer: one picture with zoom and pan by wheel, drag, pinch and keys (+ - 0 1 and arrows),
// a read-out of the pixel pointed at, and pixel values at high zoom. Viewers that share a Look move
// together. Start at image-hand.tsx for the pointer, image-view.ts for the arithmetic.
import { type ReactElement, useEffect, useRef, useState } from "react";
import { toProblem } from "@/base/problem";
import { openCanvas, useSize } from "./hooks";
import { commandsOf, LookTools, useHand, useWheel } from "./image-hand";
import { loadPicture, paintPicture, type Picture, readPixel } from "./image-paint";
import { FIT, type Look, pixelAt, place } from "./image-view";
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

/** The picture behind an address, or why there is none; "" asks for nothing. */
export function usePicture(src: string): { picture: Picture | null; failed: string } {
  const [state, setState] = useState<{ src: string; picture: Picture | null; failed: string }>({
    src: "",
    picture: null,
    failed: "",
  });
  useEffect(() => {
    let live = true;
    if (!src) return undefined;
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
  return (
    <div className="image" ref={ref}>
      <canvas
        ref={canvas}
        className="image-canvas"
        tabIndex={0}
        role="img"
        aria-label={title}
        style={{ width: box.width, height: box.height }}
        onKeyDown={command.press}
        onPointerDown={hand.down}
        onPointerMove={(event) => {
          setAt([event.nativeEvent.offsetX, event.nativeEvent.offsetY]);
          hand.move(event);
        }}
        onPointerUp={hand.up}
        onPointerCancel={hand.up}
        onPointerLeave={() => setAt(null)}
        onDoubleClick={command.double}
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
        <LookTools
          onZoom={command.zoom}
          onFit={command.fit}
          onActual={command.actual}
          percent={place(look, image, box).scale * 100}
        />
      )}
    </div>
  );
}
