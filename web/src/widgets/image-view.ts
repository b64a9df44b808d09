// SPDX-License-Identifier: Apache-2.0
// Geometry of the image viewer. A Look is where one looks: a point of the image in 0..1 coordinates
// and a zoom relative to "fits the box", so one Look serves pictures of different sizes side by
// side. Invariant: zooming about a point keeps that point of the image under it.
import { clamp } from "@/base/scale";
import type { Size } from "./hooks";

export interface Look {
  /** Image point at the middle of the box. */
  readonly u: number;
  readonly v: number;
  /** 1 fits the image into the box. */
  readonly zoom: number;
}

export const FIT: Look = { u: 0.5, v: 0.5, zoom: 1 };

export interface Placed {
  /** Box pixels per image pixel. */
  readonly scale: number;
  /** Box position of the image's top left corner. */
  readonly left: number;
  readonly top: number;
}

export function fitScale(image: Size, box: Size): number {
  return Math.min(box.width / Math.max(1, image.width), box.height / Math.max(1, image.height));
}

/** Where the image lies in the box. */
export function place(look: Look, image: Size, box: Size): Placed {
  const scale = fitScale(image, box) * look.zoom;
  return {
    scale,
    left: box.width / 2 - look.u * image.width * scale,
    top: box.height / 2 - look.v * image.height * scale,
  };
}

/** Image pixel coordinates under a point of the box. */
export function pixelAt(
  look: Look,
  image: Size,
  box: Size,
  x: number,
  y: number,
): [number, number] {
  const placed = place(look, image, box);
  return [(x - placed.left) / placed.scale, (y - placed.top) / placed.scale];
}

/** Largest useful zoom: an image pixel fills 120 box pixels, but never less than 8 times fit. */
const mostZoom = (image: Size, box: Size): number => Math.max(8, 120 / fitScale(image, box));

/** Keeps the image from leaving the box. */
export function settleLook(look: Look, image: Size, box: Size): Look {
  const zoom = clamp(look.zoom, Math.min(1, 1 / fitScale(image, box)), mostZoom(image, box));
  const scale = fitScale(image, box) * zoom;
  const hold = (at: number, length: number, room: number) => {
    const half = Math.min(0.5, room / (2 * length * scale));
    return clamp(at, half, 1 - half);
  };
  return {
    zoom,
    u: hold(look.u, image.width, box.width),
    v: hold(look.v, image.height, box.height),
  };
}

/** Zooms by `factor`, keeping the image point under (x, y) where it is. */
export function zoomAbout(
  look: Look,
  image: Size,
  box: Size,
  factor: number,
  x: number,
  y: number,
): Look {
  const [px, py] = pixelAt(look, image, box, x, y);
  const zoom = clamp(
    look.zoom * factor,
    Math.min(1, 1 / fitScale(image, box)),
    mostZoom(image, box),
  );
  const scale = fitScale(image, box) * zoom;
  const u = (px + (box.width / 2 - x) / scale) / image.width;
  const v = (py + (box.height / 2 - y) / scale) / image.height;
  return settleLook({ u, v, zoom }, image, box);
}

/** Moves the image by box pixels. */
export function panBy(look: Look, image: Size, box: Size, dx: number, dy: number): Look {
  const { scale } = place(look, image, box);
  return settleLook(
    {
      zoom: look.zoom,
      u: look.u - dx / (image.width * scale),
      v: look.v - dy / (image.height * scale),
    },
    image,
    box,
  );
}

/** The zoom at which one image pixel is one box pixel. */
export const actualZoom = (image: Size, box: Size): number => 1 / fitScale(image, box);
