// SPDX-License-Identifier: Apache-2.0
// Pixels of the image viewer: the picture, a pixel grid when pixels are large, and their values
// when they are larger still. Invariant: enlarged pixels are never smoothed.
import type { Size } from "./hooks";
import { type Look, place } from "./image-view";

export interface Picture {
  readonly source: CanvasImageSource;
  readonly size: Size;
  /** RGBA bytes, null when the image is too large to keep them. */
  readonly pixels: ImageData | null;
}

const KEEP = 16_000_000;

/** Loads an image and, when it is not huge, its pixels. */
export async function loadPicture(src: string): Promise<Picture> {
  const image = new Image();
  image.decoding = "async";
  image.src = src;
  await image.decode();
  const size = { width: image.naturalWidth, height: image.naturalHeight };
  if (size.width * size.height > KEEP) return { source: image, size, pixels: null };
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(image, 0, 0);
  return {
    source: image,
    size,
    pixels: context?.getImageData(0, 0, size.width, size.height) ?? null,
  };
}

/** RGBA of an image pixel, or null outside it. */
export function readPixel(picture: Picture, x: number, y: number): readonly number[] | null {
  const { pixels, size } = picture;
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (!pixels || column < 0 || row < 0 || column >= size.width || row >= size.height) return null;
  return [
    ...pixels.data.subarray((row * size.width + column) * 4, (row * size.width + column) * 4 + 4),
  ];
}

function eachVisible(
  picture: Picture,
  look: Look,
  box: Size,
  draw: (column: number, row: number, x: number, y: number) => void,
): void {
  const { scale, left, top } = place(look, picture.size, box);
  const first = [Math.max(0, Math.floor(-left / scale)), Math.max(0, Math.floor(-top / scale))];
  const lastX = Math.min(picture.size.width, Math.ceil((box.width - left) / scale));
  const lastY = Math.min(picture.size.height, Math.ceil((box.height - top) / scale));
  for (let row = first[1] ?? 0; row < lastY; row += 1) {
    for (let column = first[0] ?? 0; column < lastX; column += 1) {
      draw(column, row, left + column * scale, top + row * scale);
    }
  }
}

function paintGrid(
  context: CanvasRenderingContext2D,
  picture: Picture,
  look: Look,
  box: Size,
): void {
  const { scale, left, top } = place(look, picture.size, box);
  const right = Math.min(box.width, left + picture.size.width * scale);
  const foot = Math.min(box.height, top + picture.size.height * scale);
  context.beginPath();
  for (let x = Math.max(0, Math.ceil(-left / scale)); x <= picture.size.width; x += 1) {
    const at = Math.round(left + x * scale) + 0.5;
    if (at > right + 1) break;
    context.moveTo(at, Math.max(0, top));
    context.lineTo(at, foot);
  }
  for (let y = Math.max(0, Math.ceil(-top / scale)); y <= picture.size.height; y += 1) {
    const at = Math.round(top + y * scale) + 0.5;
    if (at > foot + 1) break;
    context.moveTo(Math.max(0, left), at);
    context.lineTo(right, at);
  }
  context.strokeStyle = "rgb(128 128 128 / 0.28)";
  context.lineWidth = 1;
  context.stroke();
}

/** How values are written into large pixels. */
export interface Lettering {
  readonly font: string;
  /** What a byte stands for. */
  readonly read: (byte: number) => string;
}

function paintValues(
  context: CanvasRenderingContext2D,
  picture: Picture,
  look: Look,
  box: Size,
  { font, read }: Lettering,
): void {
  const { scale } = place(look, picture.size, box);
  context.font = `${scale > 64 ? 12 : 10}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  eachVisible(picture, look, box, (column, row, x, y) => {
    const value = readPixel(picture, column, row);
    if (!value) return;
    const [r = 0, g = 0, b = 0] = value;
    context.fillStyle = 0.3 * r + 0.6 * g + 0.1 * b > 128 ? "#000000b8" : "#ffffffc8";
    const lines = r === g && g === b ? [r] : [r, g, b];
    const step = scale > 64 ? 14 : 11;
    lines.forEach((part, at) =>
      context.fillText(
        read(part),
        x + scale / 2,
        y + scale / 2 + (at - (lines.length - 1) / 2) * step,
      ),
    );
  });
}

/** Draws the picture as looked at. */
export function paintPicture(
  context: CanvasRenderingContext2D,
  picture: Picture,
  look: Look,
  box: Size,
  lettering: Lettering,
): void {
  const { scale, left, top } = place(look, picture.size, box);
  context.clearRect(0, 0, box.width, box.height);
  context.imageSmoothingEnabled = scale < 1;
  context.imageSmoothingQuality = "high";
  context.drawImage(
    picture.source,
    left,
    top,
    picture.size.width * scale,
    picture.size.height * scale,
  );
  if (scale >= 9) paintGrid(context, picture, look, box);
  if (scale >= 36 && picture.pixels) {
    paintValues(context, picture, look, box, lettering);
  }
}
