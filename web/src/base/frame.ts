// SPDX-License-Identifier: Apache-2.0
// Where the model's input lies in the picture. The steps of a pipeline that move pixels (resize,
// crop, letterbox, pad) are read from the sizes before and after them. Invariant: a Placement maps
// picture coordinates to input coordinates per axis, input = picture * scale + offset, in pixels of
// each; centres of pixels stay on centres, as every resize kernel of the pipelines has it.
import { clamp } from "./scale";

export interface FrameStep {
  readonly name: string | null;
  readonly width: number;
  readonly height: number;
  /** Parameters as JSON. */
  readonly params: string | null;
}

export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

export const SAME: Placement = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Sizes = { readonly width: number; readonly height: number };

function readParams(text: string | null): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

const scaled = (by: Sizes, from: Sizes): Placement => ({
  scaleX: by.width / Math.max(1, from.width),
  scaleY: by.height / Math.max(1, from.height),
  offsetX: 0,
  offsetY: 0,
});

/** Half of a number of pixels as a whole number; an odd one rounded as the step says. */
function halfOf(gap: number, rounding: unknown): number {
  const half = gap / 2;
  if (Number.isInteger(half)) return half;
  if (rounding === "floor") return Math.trunc(half);
  return 2 * Math.round(half / 2);
}

function cropped(step: FrameStep, before: Sizes): Placement {
  const { rounding } = readParams(step.params);
  return {
    ...SAME,
    offsetX: -halfOf(before.width - step.width, rounding),
    offsetY: -halfOf(before.height - step.height, rounding),
  };
}

function padded(step: FrameStep, before: Sizes): Placement {
  const { square, left, top } = readParams(step.params);
  const stated = (value: unknown) => (typeof value === "number" ? value : 0);
  if (square !== true) return { ...SAME, offsetX: stated(left), offsetY: stated(top) };
  return {
    ...SAME,
    offsetX: Math.floor((step.width - before.width) / 2),
    offsetY: Math.floor((step.height - before.height) / 2),
  };
}

/** The picture fitted into the frame, the rest filled on both sides. */
function letterboxed(step: FrameStep, before: Sizes): Placement {
  const most = readParams(step.params).scale_up === false ? 1 : Infinity;
  const by = Math.min(
    step.width / Math.max(1, before.width),
    step.height / Math.max(1, before.height),
    most,
  );
  return {
    scaleX: by,
    scaleY: by,
    offsetX: (step.width - before.width * by) / 2,
    offsetY: (step.height - before.height * by) / 2,
  };
}

function ofStep(step: FrameStep, before: Sizes): Placement {
  const isSame = step.width === before.width && step.height === before.height;
  if (isSame) return SAME;
  if (step.name === "crop") return cropped(step, before);
  if (step.name === "letterbox") return letterboxed(step, before);
  if (step.name === "pad") return padded(step, before);
  return scaled(step, before);
}

/** First `first`, then `then`. */
export const chain = (first: Placement, then: Placement): Placement => ({
  scaleX: first.scaleX * then.scaleX,
  scaleY: first.scaleY * then.scaleY,
  offsetX: first.offsetX * then.scaleX + then.offsetX,
  offsetY: first.offsetY * then.scaleY + then.offsetY,
});

/** From the decoded picture (the first step) to the input (the last). */
export function placementOf(steps: readonly FrameStep[]): Placement {
  return steps.slice(1).reduce((so, step, at) => chain(so, ofStep(step, steps[at] ?? step)), SAME);
}

export const toInput = (place: Placement, x: number, y: number): [number, number] => [
  x * place.scaleX + place.offsetX,
  y * place.scaleY + place.offsetY,
];

export const toPicture = (place: Placement, x: number, y: number): [number, number] => [
  (x - place.offsetX) / place.scaleX,
  (y - place.offsetY) / place.scaleY,
];

/** Where a picture of that size lies in input coordinates. */
export const pictureInInput = (place: Placement, picture: Sizes): Box => ({
  x: place.offsetX,
  y: place.offsetY,
  width: picture.width * place.scaleX,
  height: picture.height * place.scaleY,
});

/** Where the input of that size lies in the picture. */
export function inputInPicture(place: Placement, input: Sizes): Box {
  const [x, y] = toPicture(place, 0, 0);
  return { x, y, width: input.width / place.scaleX, height: input.height / place.scaleY };
}

/** Cells of a grid over `frame` that a box touches: rows [begin, end), columns [begin, end). */
export function cellsIn(
  box: Box,
  frame: Sizes,
  grid: { readonly height: number; readonly width: number },
): [number, number, number, number] | null {
  const cut = (at: number, size: number) => clamp(at, 0, size);
  const begin = (at: number, length: number, size: number) =>
    cut(Math.floor((at / length) * size + 1e-6), size);
  const end = (at: number, length: number, size: number) =>
    cut(Math.ceil((at / length) * size - 1e-6), size);
  const rows = [
    begin(box.y, frame.height, grid.height),
    end(box.y + box.height, frame.height, grid.height),
  ] as const;
  const columns = [
    begin(box.x, frame.width, grid.width),
    end(box.x + box.width, frame.width, grid.width),
  ] as const;
  if (rows[1] <= rows[0] || columns[1] <= columns[0]) return null;
  return [...rows, ...columns];
}
