// SPDX-License-Identifier: Apache-2.0
// Stages of the pipeline as the strip draws them, and what a byte of a stage's picture stands for.
// Invariant: a tensor's picture is stretched from its smallest to its largest element (as the core
// makes it), so a byte reads back as a number of the tensor, to within half a step.
import type { ParamRow, ParamValues } from "@/base/params";
import { changedOnly, checkParam } from "@/base/params";
import { fmtReal } from "@/base/format";
import { blobUrl } from "@/engine/blob";
import type { Stage, StagesParams } from "@/gen/ops";
import { operations } from "@/gen/ops";
import type { Stage as StripStage } from "@/widgets/stages";

const known = (value: number | null): number | undefined => value ?? undefined;

export function stripStage(stage: Stage, at: number): StripStage {
  const { min, max, mean, std } = stage;
  return {
    id: `${at}`,
    title: stage.title || stage.name || `step ${at + 1}`,
    src: stage.image ? blobUrl(stage.image) : null,
    shape: (stage.shape ?? "").replaceAll("x", "×"),
    dtype: stage.dtype ?? "",
    width: stage.width,
    ...(min === null ? {} : { min }),
    ...(max === null ? {} : { max }),
    ...(mean === null ? {} : { mean }),
    ...(std === null ? {} : { std }),
    notFinite: stage.nan_count + stage.inf_count,
    detail: stage.title ?? "",
  };
}

/** How to read a byte of the stage's picture; undefined when it is what it seems. */
export function readerOf(stage: Stage | undefined): ((byte: number) => string) | undefined {
  const low = known(stage?.min ?? null);
  const high = known(stage?.max ?? null);
  if (stage?.kind !== "tensor" || low === undefined || high === undefined) return undefined;
  return (byte) => fmtReal(high > low ? low + (byte / 255) * (high - low) : low, 3);
}

/** Stages of `tried` that differ from those of the run: in picture, numbers or step. */
export function changedStages(run: readonly Stage[], tried: readonly Stage[]): Set<number> {
  const same = (a: Stage | undefined, b: Stage): boolean =>
    a !== undefined &&
    a.image === b.image &&
    a.title === b.title &&
    a.shape === b.shape &&
    a.min === b.min &&
    a.max === b.max &&
    a.mean === b.mean;
  return new Set(tried.flatMap((stage, at) => (same(run[at], stage) ? [] : [at])));
}

const FIXED = ["sample", "run"];

/** Parameters of `stages` that can be tried, none of them folded away. */
export const TRY_ROWS: readonly ParamRow[] = operations.stages.params
  .filter((row) => !FIXED.includes(row.name))
  .map((row) => ({ ...row, advanced: false }));

/** What to send of a form, or null while it holds something wrong. */
export function triedParams(values: ParamValues): Partial<StagesParams> | null {
  if (TRY_ROWS.some((row) => checkParam(row, values[row.name]) !== "")) return null;
  return changedOnly(TRY_ROWS, values);
}
