// SPDX-License-Identifier: Apache-2.0
// Addresses of bytes by content key. They never change their content, so the browser may keep them
// for ever; no path of the machine occurs in them.

/** Any blob by key. */
export const blobUrl = (key: string): string => `/v1/blob/${encodeURIComponent(key)}`;

/** Sizes the server is asked for, so that a density slider does not make a thumbnail per pixel. */
const SIDES = [64, 96, 128, 192, 256, 384, 512];

/** Thumbnail of an image (by SHA-256) for a box of `px` CSS pixels on this screen. */
export function thumbUrl(
  image: string,
  px: number,
  ratio = globalThis.devicePixelRatio || 1,
): string {
  const wanted = px * Math.min(ratio, 2);
  const side = SIDES.find((size) => size >= wanted) ?? SIDES[SIDES.length - 1] ?? 512;
  return blobUrl(`thumb-${image}-${side}`);
}

/** The whole image, re-encoded for a browser. */
export const imageUrl = (image: string): string => blobUrl(`image-${image}`);
