// SPDX-License-Identifier: Apache-2.0
// LayeredCanvas: sheets over each other, looked at through one Look. Pan, zoom and keys are those
// of the image viewer; besides, a beam that peels sheets under the pointer, a swipe line, blinking,
// and a brush that draws a box. Invariant: it knows sheets and boxes, not what they mean.
import {
  type PointerEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from "react";
import type { Box } from "@/base/frame";
import { clamp } from "@/base/scale";
import { openCanvas, type Size, useColours, useSize } from "./hooks";
import { commandsOf, LookTools, useHand, useWheel } from "./image-hand";
import { type Look, pixelAt, place } from "./image-view";
import {
  BEAM_RADIUS,
  paintBeam,
  paintBox,
  paintSheets,
  paintSwipe,
  type Sheet,
  type View2d,
} from "./sheet-paint";
import "./layered.css";

export interface LayeredCanvasProps {
  readonly title: string;
  /** The first is on top. */
  readonly sheets: readonly Sheet[];
  /** Size of what is shown whole at zoom 1. */
  readonly frame: Size;
  readonly look: Look;
  readonly onLook: (look: Look) => void;
  /** How many sheets the beam takes away; 0 for no beam. */
  readonly beam: number;
  /** Sheets laid over come and go. */
  readonly blinking: boolean;
  /** Where the swipe line is, 0 to 1 of the width; null for none. */
  readonly swipe: number | null;
  readonly onSwipe: (at: number) => void;
  /** Boxes to mark, in pixels of the frame. */
  readonly boxes: readonly Box[];
  /** Draws boxes in place of moving the picture; `done` when the hand lets go. */
  readonly onBrush: ((box: Box, done: boolean) => void) | null;
  /** What stands over the canvas. */
  readonly children?: ReactNode;
}

type Point = readonly [number, number];

const BLINK_MS = 640;

/** True and false in turn while blinking, else true. */
function useBlink(blinking: boolean): boolean {
  const [isOn, setOn] = useState(true);
  useEffect(() => {
    if (!blinking) return undefined;
    const timer = setInterval(() => setOn((on) => !on), BLINK_MS);
    return () => {
      clearInterval(timer);
      setOn(true);
    };
  }, [blinking]);
  return isOn || !blinking;
}

/** Pointer handlers of the brush. */
function useBrush(view: View2d, onBrush: LayeredCanvasProps["onBrush"]) {
  const start = useRef<Point | null>(null);
  const [drawn, setDrawn] = useState<Box | null>(null);
  const at = (event: PointerEvent): Point => {
    const [x, y] = pixelAt(
      view.look,
      view.frame,
      view.box,
      event.nativeEvent.offsetX,
      event.nativeEvent.offsetY,
    );
    return [clamp(x, 0, view.frame.width), clamp(y, 0, view.frame.height)];
  };
  const boxTo = (event: PointerEvent): Box | null => {
    if (!start.current) return null;
    const [x, y] = at(event);
    const [fromX, fromY] = start.current;
    const [width, height] = [Math.abs(x - fromX), Math.abs(y - fromY)];
    return { x: Math.min(x, fromX), y: Math.min(y, fromY), width, height };
  };
  const move = (event: PointerEvent, done: boolean) => {
    const box = boxTo(event);
    if (done) start.current = null;
    setDrawn(done ? null : box);
    if (box && box.width > 0 && box.height > 0) onBrush?.(box, done);
  };
  return {
    drawn,
    down: (event: PointerEvent<HTMLElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      start.current = at(event);
    },
    move: (event: PointerEvent) => move(event, false),
    up: (event: PointerEvent) => move(event, true),
  };
}

/** The values of all sheets at a place; those the beam took away are struck out. */
function Readout(props: {
  readonly sheets: readonly Sheet[];
  readonly at: Point | null;
  readonly frame: Size;
  readonly peeled: number;
}): ReactElement {
  const { at, frame, sheets, peeled } = props;
  const isInside = at && at[0] >= 0 && at[1] >= 0 && at[0] < frame.width && at[1] < frame.height;
  return (
    <div className="layered-readout">
      <span className="dim">
        {frame.width} × {frame.height}
        {isInside && (
          <span className="mono layered-place">
            {Math.floor(at[0])}, {Math.floor(at[1])}
          </span>
        )}
      </span>
      {isInside && (
        <dl>
          {sheets.map((sheet, index) => {
            const value = sheet.read(at[0], at[1]);
            if (!value) return null;
            return (
              <div key={sheet.id} className={index < peeled ? "layered-peeled" : ""}>
                <dt>{sheet.title}</dt>
                <dd className="mono">{value}</dd>
              </div>
            );
          })}
        </dl>
      )}
    </div>
  );
}

interface Painted extends LayeredCanvasProps {
  readonly view: View2d;
  readonly isOn: boolean;
  readonly pointer: Point | null;
  readonly drawn: Box | null;
  readonly accent: string;
}

function paintAll(context: CanvasRenderingContext2D, props: Painted): void {
  const { view, sheets, pointer, swipe } = props;
  context.clearRect(0, 0, view.box.width, view.box.height);
  const shown = props.isOn ? sheets : sheets.filter((sheet) => !sheet.over);
  if (swipe !== null) paintSwipe(context, view, shown, swipe * view.box.width);
  else paintSheets(context, view, shown);
  for (const box of props.boxes) paintBox(context, view, box, "#ffffff");
  if (props.drawn) paintBox(context, view, props.drawn, props.accent);
  if (props.beam > 0 && pointer) {
    paintBeam(context, view, sheets.slice(props.beam), pointer[0], pointer[1]);
  }
}

const COLOURS = ["--accent"] as const;
const GRAB_PX = 10;

export function LayeredCanvas(props: LayeredCanvasProps): ReactElement {
  const { look, frame, sheets, swipe } = props;
  const [ref, box] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointer, setPointer] = useState<Point | null>(null);
  const isSwiping = useRef(false);
  const isOn = useBlink(props.blinking);
  const colours = useColours(COLOURS);
  const args = { look, onLook: props.onLook, image: frame, box };
  const view: View2d = { look, frame, box };
  const hand = useHand(args);
  const brush = useBrush(view, props.onBrush);
  const command = commandsOf(args);
  useWheel(canvas, args);
  useEffect(() => {
    const context = canvas.current && openCanvas(canvas.current, box);
    if (!context || box.width === 0) return;
    paintAll(context, {
      ...props,
      view,
      isOn,
      pointer,
      drawn: brush.drawn,
      accent: colours["--accent"],
    });
  });
  const down = (event: PointerEvent<HTMLElement>) => {
    const x = event.nativeEvent.offsetX;
    if (swipe !== null && Math.abs(x - swipe * box.width) < GRAB_PX) {
      isSwiping.current = true;
      event.currentTarget.setPointerCapture(event.pointerId);
    } else if (props.onBrush) brush.down(event);
    else hand.down(event);
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    setPointer([event.nativeEvent.offsetX, event.nativeEvent.offsetY]);
    if (isSwiping.current) props.onSwipe(clamp(event.nativeEvent.offsetX / box.width, 0, 1));
    else if (props.onBrush) brush.move(event);
    else hand.move(event);
  };
  const up = (event: PointerEvent<HTMLElement>) => {
    if (props.onBrush && !isSwiping.current) brush.up(event);
    isSwiping.current = false;
    hand.up(event);
  };
  return (
    <div className="image layered" ref={ref}>
      <canvas
        ref={canvas}
        className={props.onBrush ? "image-canvas layered-brush" : "image-canvas"}
        tabIndex={0}
        role="img"
        aria-label={props.title}
        style={{ width: box.width, height: box.height }}
        onKeyDown={command.press}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        onPointerLeave={() => setPointer(null)}
        onDoubleClick={command.double}
      />
      <Readout
        sheets={sheets}
        at={pointer && pixelAt(look, frame, box, pointer[0], pointer[1])}
        frame={frame}
        peeled={props.beam}
      />
      {props.beam > 0 && pointer && (
        <BeamLabel sheets={sheets} beam={props.beam} at={pointer} box={box} />
      )}
      {props.children}
      <LookTools
        onZoom={command.zoom}
        onFit={command.fit}
        onActual={command.actual}
        percent={place(look, frame, box).scale * 100}
      />
    </div>
  );
}

/** What the beam shows, beside it. */
function BeamLabel(props: {
  readonly sheets: readonly Sheet[];
  readonly beam: number;
  readonly at: Point;
  readonly box: Size;
}): ReactElement {
  const { at, box } = props;
  const isLow = at[1] + BEAM_RADIUS + 30 > box.height;
  return (
    <span
      className="layered-beam"
      style={{
        left: clamp(at[0], 60, Math.max(60, box.width - 60)),
        top: isLow ? at[1] - BEAM_RADIUS - 26 : at[1] + BEAM_RADIUS + 6,
      }}
    >
      {props.sheets[props.beam]?.title ?? "nothing beneath"}
    </span>
  );
}
