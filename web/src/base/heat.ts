// SPDX-License-Identifier: Apache-2.0
// From tensors to heat maps: a plane of numbers, its range after clipping, its colours. Invariant:
// a signed plane is centred on zero, so that the neutral colour means "nothing"; values that are
// not finite are transparent and counted, never drawn as if they were numbers.
import { type ColourMap, colourMap, type MapKind } from "./colour-map";
import type { Tensor } from "./npy";
import { clamp } from "./scale";

export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** How channels become one number per place. */
export type Merge = "sum" | "absolute" | "largest";

const merges: Record<Merge, (total: number, value: number) => number> = {
  sum: (total, value) => total + value,
  absolute: (total, value) => total + Math.abs(value),
  largest: (total, value) => (Math.abs(value) > Math.abs(total) ? value : total),
};

/** Where the channels of a tensor lie: maps are [N, C, H, W], tokens [N, T, C]. */
export interface Grid {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Elements from one channel to the next, and from one place to the next. */
  readonly channelStep: number;
  readonly placeStep: number;
  /** Elements before the first place: class and register tokens. */
  readonly start: number;
}

/** A square grid is assumed for tokens whose sizes nobody states. */
function tokenGrid(
  tokens: number,
  channels: number,
  hint: Partial<Grid>,
  extra: number,
): Grid | null {
  const places = tokens - extra;
  const side = Math.round(Math.sqrt(places));
  const height = hint.height || side;
  const width = hint.width || side;
  if (height * width !== places || places < 1) return null;
  return { channels, height, width, channelStep: 1, placeStep: channels, start: extra * channels };
}

/** The grid of a tensor's first sample; null when it has none. */
export function gridOf(
  shape: readonly number[],
  hint: { readonly height?: number; readonly width?: number; readonly extraTokens?: number } = {},
): Grid | null {
  const [batch = 0, a = 0, b = 0, c = 0] = shape;
  if (batch < 1 || shape.some((size) => size < 1)) return null;
  if (shape.length === 4 && hint.height === b && hint.width === c) {
    return { channels: a, height: b, width: c, channelStep: b * c, placeStep: 1, start: 0 };
  }
  if (shape.length === 4 && hint.height === a && hint.width === b) {
    return { channels: c, height: a, width: b, channelStep: 1, placeStep: c, start: 0 };
  }
  if (shape.length === 4) {
    return { channels: a, height: b, width: c, channelStep: b * c, placeStep: 1, start: 0 };
  }
  if (shape.length === 3) return tokenGrid(a, b, hint, hint.extraTokens ?? 0);
  return null;
}

/** The plane of one channel of the first sample. */
export function channelPlane(tensor: Tensor, grid: Grid, channel: number): Plane {
  const values = new Float32Array(grid.height * grid.width);
  const start = grid.start + channel * grid.channelStep;
  for (let at = 0; at < values.length; at += 1) {
    values[at] = tensor.data[start + at * grid.placeStep] ?? NaN;
  }
  return { width: grid.width, height: grid.height, values };
}

/** All channels of the first sample as one plane. */
export function mergedPlane(tensor: Tensor, grid: Grid, merge: Merge): Plane {
  const values = new Float32Array(grid.height * grid.width);
  const add = merges[merge];
  for (let channel = 0; channel < grid.channels; channel += 1) {
    const start = grid.start + channel * grid.channelStep;
    for (let at = 0; at < values.length; at += 1) {
      values[at] = add(values[at] ?? 0, tensor.data[start + at * grid.placeStep] ?? NaN);
    }
  }
  return { width: grid.width, height: grid.height, values };
}

/** Mean magnitude over channels: what a layer shows at a glance. */
export function energyPlane(tensor: Tensor, grid: Grid): Plane {
  const plane = mergedPlane(tensor, grid, "absolute");
  for (let at = 0; at < plane.values.length; at += 1) {
    plane.values[at] = (plane.values[at] ?? 0) / grid.channels;
  }
  return plane;
}

export interface Range {
  readonly low: number;
  readonly high: number;
  readonly kind: MapKind;
  /** Values beyond low and high, drawn in the last colours. */
  readonly clipped: number;
  readonly notFinite: number;
}

/** Value below which the share `part` (0 to 1) of ascending `sorted` lies. */
function quantile(sorted: ArrayLike<number>, part: number): number {
  if (sorted.length === 0) return 0;
  const at = clamp(part, 0, 1) * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
}

/** Where an unsigned range begins: at nothing, unless even the least value is far from it. */
function lowOf(ordered: ArrayLike<number>, high: number, percent: number): number {
  return (ordered[0] ?? 0) > high / 10 ? quantile(ordered, 1 - percent / 100) : 0;
}

/** The range of a plane: its `percent` percentile, by magnitude when signed. */
export function rangeOf(plane: Plane, percent: number): Range {
  const finite = plane.values.filter(Number.isFinite);
  const notFinite = plane.values.length - finite.length;
  const isSigned = finite.some((value) => value < 0);
  const ordered = (isSigned ? finite.map(Math.abs) : finite.slice()).sort();
  const high = quantile(ordered, percent / 100);
  const low = isSigned ? -high : lowOf(ordered, high, percent);
  const clipped = finite.reduce((count, value) => count + (value > high || value < low ? 1 : 0), 0);
  return { low, high, kind: isSigned ? "diverging" : "sequential", clipped, notFinite };
}

export interface Paint {
  readonly map: ColourMap;
  readonly range: Range;
  /** Lets what is beneath show where the value is near nothing. */
  readonly fade: boolean;
}

export const paintOf = (plane: Plane, mapId: string, percent: number, fade: boolean): Paint => {
  const range = rangeOf(plane, percent);
  return { range, fade, map: colourMap(mapId, range.kind) };
};

/** Place of a value in its range, 0 to 1; where all values are the same, they are nothing. */
export function shareOf(value: number, { low, high, kind }: Range): number {
  if (high > low) return clamp((value - low) / (high - low), 0, 1);
  return kind === "diverging" ? 0.5 : 0;
}

/** How opaque a value is drawn when faded: by distance from nothing, quick to rise. */
const fadeOf = (share: number, kind: MapKind): number =>
  Math.min(1, Math.pow(kind === "diverging" ? Math.abs(share * 2 - 1) : share, 0.6) * 1.15);

/** RGBA bytes of a plane. */
export function colourise(
  plane: Plane,
  { map, range, fade }: Paint,
): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(plane.values.length * 4);
  for (let at = 0; at < plane.values.length; at += 1) {
    const value = plane.values[at] ?? NaN;
    if (!Number.isFinite(value)) continue;
    const share = shareOf(value, range);
    const colour = map.colours[Math.round(share * 255)] ?? [0, 0, 0];
    bytes.set(colour, at * 4);
    bytes[at * 4 + 3] = fade ? 255 * fadeOf(share, range.kind) : 255;
  }
  return bytes;
}

/** The value at a place given in 0..1 of the plane, null outside. */
export function valueAt(plane: Plane, u: number, v: number): number | null {
  const [column, row] = [Math.floor(u * plane.width), Math.floor(v * plane.height)];
  if (column < 0 || row < 0 || column >= plane.width || row >= plane.height) return null;
  return plane.values[row * plane.width + column] ?? null;
}
