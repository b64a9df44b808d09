// SPDX-License-Identifier: Apache-2.0
// What the layered canvas shows, as a part of the view: which sheets, how each is drawn, the layer
// and channel looked at, the attribution asked for, the edits in force. Invariant: decodeCanvas(
// encodeCanvas(c)) equals c; defaults are left out, what is not understood falls back to them.
import { clamp } from "./scale";

const HEATS = ["effect", "attribution", "activation"] as const;
const PICTURES = ["saw", "pixels", "verdict"] as const;

/** From the top of the canvas to its ground. */
export const SHEET_IDS = [...HEATS, ...PICTURES] as const;
export type SheetId = (typeof SHEET_IDS)[number];

export const BLENDS = ["normal", "multiply", "screen", "overlay", "difference"] as const;
export type Blend = (typeof BLENDS)[number];

export interface SheetLook {
  readonly on: boolean;
  /** 0 to 1. */
  readonly opacity: number;
  readonly blend: Blend;
  /** Id of a colour map; "" for the first that suits. */
  readonly map: string;
  /** Percentile the range ends at. */
  readonly clip: number;
  /** Cells as they are, in place of smooth. */
  readonly cells: boolean;
  /** Lets what is beneath show where values are near nothing. */
  readonly fade: boolean;
}

export interface CanvasView {
  /** "" looks inside the model; "pipeline" at the steps before it. */
  readonly mode: "" | "pipeline";
  /** The whole picture in place of what the model saw. */
  readonly whole: boolean;
  readonly layer: string;
  /** -1: all channels, by their mean magnitude. */
  readonly channel: number;
  /** "" leaves it to the core. */
  readonly method: string;
  /** Options of the method that differ from their defaults. */
  readonly options: Readonly<Record<string, boolean | number | string>>;
  /** "" chooses by what became of the sample. */
  readonly target: string;
  readonly edits: readonly string[];
  readonly sheets: Readonly<Record<SheetId, SheetLook>>;
}

const look = (part: Partial<SheetLook>): SheetLook => ({
  on: true,
  opacity: 1,
  blend: "normal",
  map: "",
  clip: 99,
  cells: false,
  fade: false,
  ...part,
});

export const PLAIN_SHEETS: Readonly<Record<SheetId, SheetLook>> = {
  effect: look({ opacity: 0.85, fade: true }),
  attribution: look({ opacity: 0.8, fade: true }),
  activation: look({ on: false, opacity: 0.8, fade: true }),
  saw: look({}),
  pixels: look({ on: false }),
  verdict: look({}),
};

export const EMPTY_CANVAS: CanvasView = {
  mode: "",
  whole: false,
  layer: "",
  channel: -1,
  method: "",
  options: {},
  target: "",
  edits: [],
  sheets: PLAIN_SHEETS,
};

// ---- sheets -------------------------------------------------------------------------------------

/** "attribution,off,opacity:0.5": what differs from the plain look; "" for nothing. */
export function encodeSheet(id: SheetId, sheet: SheetLook): string {
  const plain = PLAIN_SHEETS[id];
  const parts: string[] = [];
  if (sheet.on !== plain.on) parts.push(sheet.on ? "on" : "off");
  if (sheet.opacity !== plain.opacity) parts.push(`opacity:${sheet.opacity}`);
  if (sheet.blend !== plain.blend) parts.push(`blend:${sheet.blend}`);
  if (sheet.map !== plain.map) parts.push(`map:${sheet.map}`);
  if (sheet.clip !== plain.clip) parts.push(`clip:${sheet.clip}`);
  if (sheet.cells !== plain.cells) parts.push(sheet.cells ? "cells" : "smooth");
  if (sheet.fade !== plain.fade) parts.push(sheet.fade ? "fade" : "even");
  return parts.length > 0 ? [id, ...parts].join(",") : "";
}

const within = (text: string | undefined, low: number, high: number, otherwise: number): number => {
  const value = Number(text);
  return text && Number.isFinite(value) ? clamp(value, low, high) : otherwise;
};

/** The look that one comma part changes. */
function applyPart(sheet: SheetLook, part: string): SheetLook {
  const [name, value] = part.split(":");
  switch (name) {
    case "on":
    case "off":
      return { ...sheet, on: name === "on" };
    case "cells":
    case "smooth":
      return { ...sheet, cells: name === "cells" };
    case "fade":
    case "even":
      return { ...sheet, fade: name === "fade" };
    case "opacity":
      return { ...sheet, opacity: within(value, 0, 1, sheet.opacity) };
    case "clip":
      return { ...sheet, clip: within(value, 50, 100, sheet.clip) };
    case "blend":
      return { ...sheet, blend: BLENDS.find((blend) => blend === value) ?? sheet.blend };
    case "map":
      return { ...sheet, map: value ?? "" };
    default:
      return sheet;
  }
}

function decodeSheets(texts: readonly string[]): Readonly<Record<SheetId, SheetLook>> {
  const sheets: Record<SheetId, SheetLook> = { ...PLAIN_SHEETS };
  for (const text of texts) {
    const [id, ...parts] = text.split(",");
    const known = SHEET_IDS.find((one) => one === id);
    if (known) sheets[known] = parts.reduce(applyPart, sheets[known]);
  }
  return sheets;
}

// ---- the rest -----------------------------------------------------------------------------------

type Option = boolean | number | string;

/** "steps:32" with the type kept: numbers and booleans as themselves, other text as it is. */
function readOption(text: string): [string, Option] | null {
  const colon = text.indexOf(":");
  if (colon < 1) return null;
  const value = text.slice(colon + 1);
  if (value === "true" || value === "false") return [text.slice(0, colon), value === "true"];
  const isNumber = value.trim() !== "" && Number.isFinite(Number(value));
  return [text.slice(0, colon), isNumber ? Number(value) : value];
}

/** Adds the canvas to a query; nothing where all is as it starts. */
export function encodeCanvas(query: URLSearchParams, canvas: CanvasView): void {
  const put = (name: string, value: string) => void (value && query.append(name, value));
  put("look", canvas.mode);
  put("whole", canvas.whole ? "1" : "");
  put("layer", canvas.layer);
  put("channel", canvas.channel >= 0 ? canvas.channel.toString() : "");
  put("method", canvas.method);
  for (const [name, value] of Object.entries(canvas.options)) put("option", `${name}:${value}`);
  put("target", canvas.target);
  for (const edit of canvas.edits) put("edit", edit);
  for (const id of SHEET_IDS) put("sheet", encodeSheet(id, canvas.sheets[id]));
}

export function decodeCanvas(query: URLSearchParams): CanvasView {
  const channel = Number(query.get("channel") ?? "-1");
  const options = query.getAll("option").flatMap((text) => {
    const option = readOption(text);
    return option ? [option] : [];
  });
  return {
    mode: query.get("look") === "pipeline" ? "pipeline" : "",
    whole: query.get("whole") === "1",
    layer: query.get("layer") ?? "",
    channel: Number.isSafeInteger(channel) && channel >= 0 ? channel : -1,
    method: query.get("method") ?? "",
    options: Object.fromEntries(options),
    target: query.get("target") ?? "",
    edits: [...new Set(query.getAll("edit"))].filter(Boolean),
    sheets: decodeSheets(query.getAll("sheet")),
  };
}

/** The canvas with some fields of one sheet changed. */
export const withSheet = (
  canvas: CanvasView,
  id: SheetId,
  change: Partial<SheetLook>,
): CanvasView => ({
  ...canvas,
  sheets: { ...canvas.sheets, [id]: { ...canvas.sheets[id], ...change } },
});
