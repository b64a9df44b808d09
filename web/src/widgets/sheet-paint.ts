// SPDX-License-Identifier: Apache-2.0
// Pixels of the layered canvas. A Sheet is a picture or a heat map that lies at a box of the frame;
// sheets are drawn from the last (lowest) to the first. Invariant: heat maps are made smooth in
// their values, before they become colours, so that no colour appears that no value has.
import type { Blend } from "@/base/canvas-view";
import type { Box } from "@/base/frame";
import { colourise, type Paint, type Plane } from "@/base/heat";
import { clamp } from "@/base/scale";
import type { Size } from "./hooks";
import { type Look, place } from "./image-view";

export interface Sheet {
  readonly id: string;
  readonly title: string;
  readonly source: CanvasImageSource;
  /** Size of the source in its own pixels. */
  readonly size: Size;
  /** Where it lies, in pixels of the frame. */
  readonly box: Box;
  readonly opacity: number;
  readonly blend: Blend;
  /** Enlarged without smoothing. */
  readonly crisp: boolean;
  /** Laid over the picture: taken away by blink and swipe. */
  readonly over: boolean;
  /** The value at a point of the frame, in words; "" where there is none. */
  readonly read: (x: number, y: number) => string;
}

const SMOOTH_SIDE = 224;

/** Weights of the four cells around a place `on` of the way between two (Catmull-Rom). */
const weights = (on: number): readonly [number, number, number, number] => [
  on * (-0.5 + on * (1 - 0.5 * on)),
  1 + on * on * (1.5 * on - 2.5),
  on * (0.5 + on * (2 - 1.5 * on)),
  on * on * (0.5 * on - 0.5),
];

/** Lines of `length` values enlarged `by` times; cells are `step` apart, lines `stride`. */
function enlarge(
  from: Float32Array,
  [length, lines, by]: readonly [number, number, number],
  [step, stride]: readonly [number, number],
  [outStep, outStride]: readonly [number, number],
): Float32Array {
  const to = new Float32Array(length * by * lines);
  const cut = (at: number) => clamp(at, 0, length - 1);
  for (let at = 0; at < length * by; at += 1) {
    const place = (at + 0.5) / by - 0.5;
    const first = Math.floor(place);
    const [a, b, c, d] = weights(place - first);
    const [i, j, k, l] = [cut(first - 1), cut(first), cut(first + 1), cut(first + 2)];
    for (let line = 0; line < lines; line += 1) {
      const start = line * stride;
      const value = (cell: number) => from[start + cell * step] ?? NaN;
      to[line * outStride + at * outStep] =
        a * value(i) + b * value(j) + c * value(k) + d * value(l);
    }
  }
  return to;
}

/** The plane enlarged smoothly, through the values at the centres of its cells. */
export function smoothPlane(plane: Plane, side = SMOOTH_SIDE): Plane {
  const { width: w, height: h } = plane;
  const by = Math.ceil(side / Math.max(1, Math.min(w, h)));
  if (by <= 1) return plane;
  const wide = enlarge(plane.values, [w, h, by], [1, w], [1, w * by]);
  const values = enlarge(wide, [h, w * by, by], [w * by, 1], [w * by, 1]);
  return { width: w * by, height: h * by, values };
}

/** Makes a canvas the picture of a plane, a pixel for each cell. */
export function putPlane(canvas: HTMLCanvasElement, plane: Plane, paint: Paint): void {
  const { width, height } = plane;
  Object.assign(canvas, { width, height });
  const bytes = colourise(plane, paint);
  canvas.getContext("2d")?.putImageData(new ImageData(bytes, width, height), 0, 0);
}

/** A plane as a canvas to draw from. */
export function planeCanvas(plane: Plane, paint: Paint, cells: boolean): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  putPlane(canvas, cells ? plane : smoothPlane(plane), paint);
  return canvas;
}

const OPERATIONS: Record<Blend, GlobalCompositeOperation> = {
  normal: "source-over",
  multiply: "multiply",
  screen: "screen",
  overlay: "overlay",
  difference: "difference",
};

export interface View2d {
  readonly look: Look;
  readonly frame: Size;
  readonly box: Size;
}

/** A box of the frame in canvas coordinates. */
export function onScreen({ look, frame, box }: View2d, part: Box): Box {
  const { scale, left, top } = place(look, frame, box);
  return {
    x: left + part.x * scale,
    y: top + part.y * scale,
    width: part.width * scale,
    height: part.height * scale,
  };
}

const frameBox = (frame: Size): Box => ({ x: 0, y: 0, width: frame.width, height: frame.height });

function paintSheet(context: CanvasRenderingContext2D, view: View2d, sheet: Sheet): void {
  const { x, y, width, height } = onScreen(view, sheet.box);
  context.globalAlpha = sheet.opacity;
  context.globalCompositeOperation = OPERATIONS[sheet.blend];
  context.imageSmoothingEnabled = !sheet.crisp || width < sheet.size.width;
  context.imageSmoothingQuality = "high";
  context.drawImage(sheet.source, x, y, width, height);
}

/** Draws sheets, the first on top, within the frame. */
export function paintSheets(
  context: CanvasRenderingContext2D,
  view: View2d,
  sheets: readonly Sheet[],
): void {
  const { x, y, width, height } = onScreen(view, frameBox(view.frame));
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  for (const sheet of sheets.toReversed()) paintSheet(context, view, sheet);
  context.restore();
}

/** Draws sheets right of `at` (canvas coordinates); those laid over the picture only there. */
export function paintSwipe(
  context: CanvasRenderingContext2D,
  view: View2d,
  sheets: readonly Sheet[],
  at: number,
): void {
  paintSheets(
    context,
    view,
    sheets.filter((sheet) => !sheet.over),
  );
  context.save();
  context.beginPath();
  context.rect(at, 0, view.box.width - at, view.box.height);
  context.clip();
  context.clearRect(0, 0, view.box.width, view.box.height);
  paintSheets(context, view, sheets);
  context.restore();
  context.fillStyle = "#ffffff";
  context.fillRect(at - 1, 0, 2, view.box.height);
  context.fillStyle = "#00000080";
  context.fillRect(at + 1, 0, 1, view.box.height);
}

export const BEAM_RADIUS = 84;

/** The beam: a round window at (x, y) with only `sheets` in it, the first of them in full. */
export function paintBeam(
  context: CanvasRenderingContext2D,
  view: View2d,
  sheets: readonly Sheet[],
  x: number,
  y: number,
): void {
  const [top, ...rest] = sheets;
  context.save();
  context.beginPath();
  context.arc(x, y, BEAM_RADIUS, 0, 2 * Math.PI);
  context.clip();
  context.clearRect(0, 0, view.box.width, view.box.height);
  paintSheets(context, view, top ? [{ ...top, opacity: 1, blend: "normal" }, ...rest] : []);
  context.restore();
  context.beginPath();
  context.arc(x, y, BEAM_RADIUS, 0, 2 * Math.PI);
  context.lineWidth = 3;
  context.strokeStyle = "#00000066";
  context.stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = "#ffffffe6";
  context.stroke();
}

/** A box that is drawn or kept: a dashed line legible on any picture. */
export function paintBox(
  context: CanvasRenderingContext2D,
  view: View2d,
  part: Box,
  colour: string,
): void {
  const { x, y, width, height } = onScreen(view, part);
  context.lineWidth = 3;
  context.setLineDash([]);
  context.strokeStyle = "#00000080";
  context.strokeRect(x, y, width, height);
  context.lineWidth = 1.5;
  context.setLineDash([6, 4]);
  context.strokeStyle = colour;
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
}
