// SPDX-License-Identifier: Apache-2.0
// The canvas as a PNG that explains itself: title, picture with all sheets in the whole frame,
// label and prediction, and a legend for each heat map with method, target, range and clipping.
import { fmtName, fmtReal } from "@/base/format";
import { css } from "@/base/colour";
import { toast, toastProblem } from "@/state/toasts";
import { clipWords } from "@/widgets/legend";
import { FIT } from "@/widgets/image-view";
import { paintBox, paintSheets, type Sheet } from "@/widgets/sheet-paint";
import type { Heat } from "./heat-sheet";
import type { InsideProps } from "./inside";
import { methodOf } from "./methods";
import { regionBoxes, type Scene } from "./use-scene";

const WIDE = 896;
const EDGE = 24;
const LINE = 20;
const INK = "#14171c";
const SOFT = "#5d6673";
const FONT = "'Inter Variable', system-ui, sans-serif";

interface Entry {
  readonly title: string;
  readonly detail: string;
  readonly heat: Heat;
  readonly percent: number;
}

function entriesOf(scene: Scene): readonly Entry[] {
  const { canvas, attributionHeat, activationHeat, attribution, looked, target } = scene;
  const { sheets } = canvas;
  const entries: Entry[] = [];
  if (sheets.effect.on && scene.effectHeat && scene.traced) {
    entries.push({
      title: `Causal effect: ${fmtName(scene.causes.trace.result?.target ?? "")}`,
      detail: fmtName(scene.traced.layer ?? ""),
      heat: scene.effectHeat,
      percent: sheets.effect.clip,
    });
  }
  if (sheets.attribution.on && attributionHeat && attribution.result) {
    const { method, layer } = attribution.result;
    const name = methodOf(method ?? "")?.title ?? method ?? "";
    entries.push({
      title: `${name}: why ${target.title}`,
      detail: layer === null ? "" : `at ${fmtName(layer)}`,
      heat: attributionHeat,
      percent: sheets.attribution.clip,
    });
  }
  if (sheets.activation.on && activationHeat && looked.layer) {
    const channel = canvas.channel < 0 ? "mean magnitude" : `channel ${canvas.channel}`;
    entries.push({
      title: `Activation: ${fmtName(looked.layer.title ?? "")}, ${channel}`,
      detail: fmtName(looked.layer.value ?? ""),
      heat: activationHeat,
      percent: sheets.activation.clip,
    });
  }
  return entries;
}

/** Text cut to fit `width`. */
function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let shown = text;
  while (shown.length > 1 && context.measureText(shown + "…").width > width) {
    shown = shown.slice(0, -1);
  }
  return shown + "…";
}

function write(
  context: CanvasRenderingContext2D,
  text: string,
  [x, y]: readonly [number, number],
  style: { readonly bold?: boolean; readonly soft?: boolean; readonly right?: boolean } = {},
): void {
  context.font = `${style.bold ? 600 : 400} 13px ${FONT}`;
  context.fillStyle = style.soft ? SOFT : INK;
  context.textAlign = style.right ? "right" : "left";
  context.textBaseline = "alphabetic";
  context.fillText(fitText(context, text, WIDE), x, y);
}

function writeEntry(context: CanvasRenderingContext2D, entry: Entry, top: number): void {
  const { map, range } = entry.heat.paint;
  const right = EDGE + WIDE;
  write(context, entry.title, [EDGE, top + 13], { bold: true });
  write(context, entry.detail, [right, top + 13], { soft: true, right: true });
  for (let x = 0; x < WIDE; x += 1) {
    context.fillStyle = css(map.colours[Math.round((x / (WIDE - 1)) * 255)] ?? [0, 0, 0]);
    context.fillRect(EDGE + x, top + LINE, 1.5, 10);
  }
  const foot = top + LINE + 25;
  write(context, fmtReal(range.low, 3), [EDGE, foot]);
  write(context, fmtReal(range.high, 3), [right, foot], { right: true });
  const words = `${range.kind === "diverging" ? "0 in the middle, " : ""}${clipWords(entry.heat.paint, entry.percent)}`;
  const wide = context.measureText(words).width;
  write(context, words, [EDGE + (WIDE - wide) / 2, foot], { soft: true });
}

const ENTRY = 66;

/** Draws everything; null where the browser gives no canvas. */
function draw(
  props: InsideProps,
  scene: Scene,
  sheets: readonly Sheet[],
): HTMLCanvasElement | null {
  const { frame, canvas: view } = scene;
  if (!frame) return null;
  const { ctx, data } = props;
  const entries = entriesOf(scene);
  const high = Math.round((WIDE * frame.size.height) / frame.size.width);
  const head = 2 * LINE + 22;
  const notes = view.edits.length > 0 ? LINE + 6 : 0;
  const canvas = document.createElement("canvas");
  canvas.width = WIDE + 2 * EDGE;
  canvas.height = head + high + 16 + entries.length * ENTRY + notes + EDGE / 2;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const { sample } = data;
  const name = fmtName(sample.name ?? sample.sample ?? "");
  write(context, name, [EDGE, EDGE + 10], { bold: true });
  write(context, fmtName(ctx.run?.name ?? ""), [EDGE + WIDE, EDGE + 10], {
    right: true,
    soft: true,
  });
  const said = [
    sample.label !== null && `label ${fmtName(sample.label)}`,
    sample.pred !== null && `the model says ${fmtName(sample.pred)}`,
  ].filter(Boolean);
  write(context, said.join(", "), [EDGE, EDGE + 10 + LINE]);
  context.save();
  context.translate(EDGE, head);
  const box = { width: WIDE, height: high };
  const looked = { look: FIT, frame: frame.size, box };
  paintSheets(context, looked, sheets);
  for (const region of regionBoxes(scene)) paintBox(context, looked, region, "#ffffff");
  context.restore();
  let top = head + high + 16;
  for (const entry of entries) {
    writeEntry(context, entry, top);
    top += ENTRY;
  }
  if (notes)
    write(context, `Edits: ${fmtName(view.edits.join("  "))}`, [EDGE, top + 10], { soft: true });
  return canvas;
}

/** A file name out of words: "s12-grad_cam.png". */
export function fileName(parts: readonly (string | null | undefined)[]): string {
  const words = parts.filter(Boolean).map((part) => (part ?? "").replace(/[^\w.-]+/g, "_"));
  return `${words.join("-").slice(0, 120) || "canvas"}.png`;
}

/** Saves the canvas as a file of the browser. */
export async function savePicture(
  props: InsideProps,
  scene: Scene,
  sheets: readonly Sheet[],
): Promise<void> {
  try {
    const canvas = draw(props, scene, sheets);
    const blob = await new Promise<Blob | null>((give) => {
      if (canvas) canvas.toBlob(give, "image/png");
      else give(null);
    });
    if (!blob) {
      toast({ tone: "info", text: "There is no picture to save yet" });
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = fileName([
      props.data.sample.sample,
      scene.canvas.sheets.attribution.on ? scene.attribution.result?.method : null,
      scene.canvas.layer,
    ]);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    toast({ tone: "good", text: `Saved ${link.download}` });
  } catch (thrown) {
    toastProblem(thrown);
  }
}
