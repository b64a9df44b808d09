// SPDX-License-Identifier: Apache-2.0
// Drawing of the confusion matrix: what share a cell has, which window of it is shown, and pixels.
// Invariant: with more cells than pixels a pixel shows the largest of its cells, so a lone error
// never vanishes. Start at paintMatrix().
import { css, luminance, pick, type Rgb } from "@/base/colour";
import { fmtCompact } from "@/base/format";
import { clamp } from "@/base/scale";

export type Normalise = "none" | "row" | "col";

/** A square part of the matrix, in display cells. */
export interface Window {
  readonly row: number;
  readonly col: number;
  readonly size: number;
}

export interface Shown {
  readonly n: number;
  /** Class at each display place. */
  readonly places: readonly number[];
  /** Strength 0 to 1 at display cell row * n + column. */
  readonly strength: Float32Array;
  readonly count: (label: number, prediction: number) => number;
  readonly rowTotal: (label: number) => number;
  readonly columnTotal: (prediction: number) => number;
}

function totals(counts: ArrayLike<number>, n: number): [Float64Array, Float64Array] {
  const rows = new Float64Array(n);
  const cols = new Float64Array(n);
  for (let at = 0; at < n * n; at += 1) {
    const count = counts[at] ?? 0;
    rows[Math.floor(at / n)]! += count;
    cols[at % n]! += count;
  }
  return [rows, cols];
}

/** Colour strengths in display order. A power of 0.75 lifts small errors above the ground. */
export function showMatrix(
  counts: ArrayLike<number>,
  n: number,
  places: readonly number[],
  normalise: Normalise,
  hideDiagonal: boolean,
): Shown {
  const [rows, cols] = totals(counts, n);
  const strength = new Float32Array(n * n);
  let most = 0;
  let mostRight = 0;
  for (let r = 0; r < n; r += 1) {
    for (let c = 0; c < n; c += 1) {
      const [label, prediction] = [places[r] ?? r, places[c] ?? c];
      const count = counts[label * n + prediction] ?? 0;
      const by = normalise === "row" ? rows[label] : normalise === "col" ? cols[prediction] : 1;
      const share = count / Math.max(1, by ?? 1);
      strength[r * n + c] = hideDiagonal && r === c ? 0 : share;
      if (r === c) mostRight = Math.max(mostRight, share);
      else most = Math.max(most, share);
    }
  }
  for (let at = 0; at < n * n; at += 1) {
    const onDiagonal = at % (n + 1) === 0;
    const top = onDiagonal ? mostRight : most;
    strength[at] = top > 0 ? ((strength[at] ?? 0) / top) ** 0.75 : 0;
  }
  return {
    n,
    places,
    strength,
    count: (label, prediction) => counts[label * n + prediction] ?? 0,
    rowTotal: (label) => rows[label] ?? 0,
    columnTotal: (prediction) => cols[prediction] ?? 0,
  };
}

/** The window after zooming by `factor` about `at` (or its centre), always inside the matrix. */
export function zoomWindow(
  view: Window,
  n: number,
  factor: number,
  at: readonly [number, number] | null,
): Window {
  const size = clamp(Math.round(view.size / factor), Math.min(4, n), n);
  const place = (start: number, cell: number | undefined) => {
    if (factor === 1) {
      const inside =
        cell === undefined
          ? start
          : cell < start
            ? cell
            : cell >= start + size
              ? cell - size + 1
              : start;
      return clamp(inside, 0, n - size);
    }
    const centre = cell ?? start + view.size / 2;
    return clamp(Math.round(centre - size / 2), 0, n - size);
  };
  return { row: place(view.row, at?.[0]), col: place(view.col, at?.[1]), size };
}

/** Room for names at the left and top: none when names would not fit. */
export function margins(view: Window, side: number, labels: readonly string[], n: number): number {
  const cell = side / Math.max(1, Math.min(n, view.size));
  if (cell < 13) return 0;
  const longest = labels.reduce((most, label) => Math.max(most, label.length), 0);
  return Math.round(clamp(longest * 6.1 + 10, 36, side * 0.24));
}

/** Display cell under a point, or null. */
export function cellAt(
  view: Window,
  side: number,
  labels: readonly string[],
  n: number,
  x: number,
  y: number,
): readonly [number, number] | null {
  const room = margins(view, side, labels, n);
  const cell = (side - room) / view.size;
  const col = Math.floor((x - room) / cell);
  const row = Math.floor((y - room) / cell);
  const inside = col >= 0 && row >= 0 && col < view.size && row < view.size;
  return inside ? [view.row + row, view.col + col] : null;
}

export interface Painting {
  readonly shown: Shown;
  readonly view: Window;
  readonly side: number;
  readonly labels: readonly string[];
  readonly cursor: readonly [number, number] | null;
  /** Class pair marked from outside. */
  readonly marked: readonly [number, number] | null;
  readonly map: readonly Rgb[];
  readonly right: readonly Rgb[];
  readonly font: string;
  readonly colours: Readonly<
    Record<
      "--panel" | "--grid" | "--line-2" | "--fg" | "--fg-2" | "--fg-3" | "--accent" | "--bg",
      string
    >
  >;
}

/** Many small cells: one value per device pixel, the largest of the cells under it. */
function paintDense(
  context: CanvasRenderingContext2D,
  p: Painting,
  area: number,
  room: number,
): void {
  const ratio = context.getTransform().a;
  const pixels = Math.max(1, Math.round(area * ratio));
  const image = context.createImageData(pixels, pixels);
  const { view, shown } = p;
  const most = new Float32Array(pixels * pixels);
  const onDiagonal = new Uint8Array(pixels * pixels);
  for (let r = 0; r < view.size; r += 1) {
    const y0 = Math.floor((r * pixels) / view.size);
    const y1 = Math.max(y0 + 1, Math.floor(((r + 1) * pixels) / view.size));
    for (let c = 0; c < view.size; c += 1) {
      const value = shown.strength[(view.row + r) * shown.n + view.col + c] ?? 0;
      if (value <= 0) continue;
      const x0 = Math.floor((c * pixels) / view.size);
      const x1 = Math.max(x0 + 1, Math.floor(((c + 1) * pixels) / view.size));
      for (let y = y0; y < y1; y += 1) {
        for (let x = x0; x < x1; x += 1) {
          if (value <= (most[y * pixels + x] ?? 0)) continue;
          most[y * pixels + x] = value;
          onDiagonal[y * pixels + x] = view.row + r === view.col + c ? 1 : 0;
        }
      }
    }
  }
  for (let at = 0; at < most.length; at += 1) {
    const colour = pick(onDiagonal[at] ? p.right : p.map, lift(most[at] ?? 0, 0.24));
    image.data.set([colour[0], colour[1], colour[2], 255], at * 4);
  }
  context.putImageData(image, Math.round(room * ratio), Math.round(room * ratio));
}

/** A cell that is not empty is never as dark as the ground. */
const lift = (value: number, floor: number): number =>
  value > 0 ? floor + (0.9 - floor) * value : 0;

function paintCells(
  context: CanvasRenderingContext2D,
  p: Painting,
  cell: number,
  room: number,
): void {
  const { view, shown } = p;
  const gap = cell > 8 ? 1 : 0;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `500 ${cell > 40 ? 12 : 10}px ${p.font}`;
  for (let r = 0; r < view.size; r += 1) {
    for (let c = 0; c < view.size; c += 1) {
      const [row, col] = [view.row + r, view.col + c];
      const value = shown.strength[row * shown.n + col] ?? 0;
      const colour = pick(row === col ? p.right : p.map, lift(value, 0.04));
      const [x, y] = [room + c * cell, room + r * cell];
      context.fillStyle = value > 0 ? css(colour) : p.colours["--grid"];
      context.fillRect(x, y, cell - gap, cell - gap);
      const count = shown.count(shown.places[row] ?? 0, shown.places[col] ?? 0);
      if (cell < 24 || count === 0) continue;
      const text = fmtCompact(count);
      if (context.measureText(text).width > cell - 4) continue;
      context.fillStyle =
        value === 0 ? p.colours["--fg-3"] : luminance(colour) > 0.2 ? "#0b0d10" : "#ffffff";
      context.fillText(text, x + (cell - gap) / 2, y + (cell - gap) / 2 + 0.5);
    }
  }
}

function cutText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let end = text.length - 1;
  while (end > 1 && context.measureText(text.slice(0, end) + "…").width > room) end -= 1;
  return text.slice(0, end) + "…";
}

function paintNames(
  context: CanvasRenderingContext2D,
  p: Painting,
  cell: number,
  room: number,
): void {
  const { view, shown, labels, cursor } = p;
  context.font = `11px ${p.font}`;
  context.textBaseline = "middle";
  const name = (place: number) =>
    cutText(context, labels[shown.places[place] ?? 0] ?? "", room - 8);
  for (let at = 0; at < view.size; at += 1) {
    const middle = room + at * cell + cell / 2;
    context.textAlign = "right";
    context.fillStyle = p.colours[cursor?.[0] === view.row + at ? "--fg" : "--fg-2"];
    context.fillText(name(view.row + at), room - 6, middle);
    context.save();
    context.translate(middle, room - 6);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillStyle = p.colours[cursor?.[1] === view.col + at ? "--fg" : "--fg-2"];
    context.fillText(name(view.col + at), 0, 0);
    context.restore();
  }
}

function frame(
  context: CanvasRenderingContext2D,
  p: Painting,
  place: readonly [number, number],
  cell: number,
  room: number,
  colour: string,
): void {
  const [r, c] = [place[0] - p.view.row, place[1] - p.view.col];
  if (r < 0 || c < 0 || r >= p.view.size || c >= p.view.size) return;
  const size = Math.max(4, cell);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.strokeRect(
    room + c * cell - (size - cell) / 2,
    room + r * cell - (size - cell) / 2,
    size - (cell > 8 ? 1 : 0),
    size - (cell > 8 ? 1 : 0),
  );
}

/** Draws the whole matrix into a canvas of p.side CSS pixels. */
export function paintMatrix(context: CanvasRenderingContext2D, p: Painting): void {
  const room = margins(p.view, p.side, p.labels, p.shown.n);
  const area = p.side - room;
  const cell = area / p.view.size;
  context.clearRect(0, 0, p.side, p.side);
  if (cell < 4) paintDense(context, p, area, room);
  else paintCells(context, p, cell, room);
  if (room > 0) paintNames(context, p, cell, room);
  if (p.cursor && cell < 12) {
    context.fillStyle = p.colours["--accent"];
    context.globalAlpha = 0.35;
    context.fillRect(room, room + (p.cursor[0] - p.view.row + 0.5) * cell - 0.5, area, 1);
    context.fillRect(room + (p.cursor[1] - p.view.col + 0.5) * cell - 0.5, room, 1, area);
    context.globalAlpha = 1;
  }
  if (p.marked) {
    const at = [p.shown.places.indexOf(p.marked[0]), p.shown.places.indexOf(p.marked[1])] as const;
    frame(context, p, at, cell, room, p.colours["--fg"]);
  }
  if (p.cursor) frame(context, p, p.cursor, cell, room, p.colours["--accent"]);
}
