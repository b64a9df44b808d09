// SPDX-License-Identifier: Apache-2.0
// Sheets of the canvas of a sample: pictures and heat maps with their places, drawn as the view
// says. Invariant: a heat map over the model's input covers all of it, whatever its own grid.
import { useMemo } from "react";
import type { SheetId, SheetLook } from "@/base/canvas-view";
import { type Box, inputInPicture, pictureInInput, placementOf } from "@/base/frame";
import { fmtReal } from "@/base/format";
import { type Paint, paintOf, type Plane, valueAt } from "@/base/heat";
import type { Stage } from "@/gen/ops";
import type { Size } from "@/widgets/hooks";
import { type Picture, readPixel } from "@/widgets/image-paint";
import { planeCanvas, type Sheet } from "@/widgets/sheet-paint";

/** The frame of the canvas and where things lie in it. */
export interface Frame {
  readonly size: Size;
  readonly input: Box;
  readonly picture: Box;
  /** Size of the model's input. */
  readonly inputSize: Size;
}

const whole = (size: Size): Box => ({ x: 0, y: 0, width: size.width, height: size.height });

/** The frame for the steps of a pipeline; null while they are not known. */
export function frameOf(stages: readonly Stage[], showWhole: boolean): Frame | null {
  const first = stages[0];
  const last = stages[stages.length - 1];
  if (!first || !last || last.width < 1 || last.height < 1) return null;
  const place = placementOf(stages);
  const inputSize = { width: last.width, height: last.height };
  const pictureSize = { width: first.width, height: first.height };
  return showWhole
    ? {
        size: pictureSize,
        input: inputInPicture(place, inputSize),
        picture: whole(pictureSize),
        inputSize,
      }
    : {
        size: inputSize,
        input: whole(inputSize),
        picture: pictureInInput(place, pictureSize),
        inputSize,
      };
}

/** The step whose picture stands for what the model saw: the last that is still an image. */
export function sawStage(stages: readonly Stage[]): Stage | null {
  const last = stages[stages.length - 1];
  const fits = (stage: Stage) =>
    stage.image !== null && stage.width === last?.width && stage.height === last.height;
  return (
    stages.findLast((stage) => stage.kind === "image" && fits(stage)) ??
    stages.findLast(fits) ??
    null
  );
}

const inBox = (box: Box, x: number, y: number): [number, number] => [
  (x - box.x) / box.width,
  (y - box.y) / box.height,
];

/** A picture as a sheet. */
export function pictureSheet(
  id: SheetId,
  title: string,
  picture: Picture,
  box: Box,
  look: SheetLook,
): Sheet {
  const { size } = picture;
  const read = (x: number, y: number) => {
    const [u, v] = inBox(box, x, y);
    const value = readPixel(picture, u * size.width, v * size.height);
    if (!value) return "";
    const [r, g, b] = value;
    return r === g && g === b ? String(r) : [r, g, b].join(" ");
  };
  return {
    id,
    title,
    source: picture.source,
    size,
    box,
    opacity: look.opacity,
    blend: look.blend,
    crisp: size.width < 96,
    over: false,
    read,
  };
}

export interface Heat {
  readonly plane: Plane;
  readonly paint: Paint;
  readonly source: HTMLCanvasElement;
}

/** A plane made ready to draw, again when it or what decides its colours changes. */
export function useHeat(plane: Plane | null, look: SheetLook): Heat | null {
  const { map, clip, fade, cells } = look;
  return useMemo(() => {
    if (!plane) return null;
    const paint = paintOf(plane, map, clip, fade);
    return { plane, paint, source: planeCanvas(plane, paint, cells) };
  }, [plane, map, clip, fade, cells]);
}

export function heatSheet(
  id: SheetId,
  title: string,
  heat: Heat,
  box: Box,
  look: SheetLook,
): Sheet {
  const { plane, source } = heat;
  return {
    id,
    title,
    source,
    size: { width: source.width, height: source.height },
    box,
    opacity: look.opacity,
    blend: look.blend,
    crisp: look.cells,
    over: true,
    read: (x, y) => {
      const value = valueAt(plane, ...inBox(box, x, y));
      return value === null ? "" : fmtReal(value, 3);
    },
  };
}
