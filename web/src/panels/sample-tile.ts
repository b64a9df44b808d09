// SPDX-License-Identifier: Apache-2.0
// A sample of the core as the tile a grid or strip draws.
import { fmtName } from "@/base/format";
import { thumbUrl } from "@/engine/blob";
import type { Sample } from "@/gen/ops";
import type { ThumbItem } from "@/widgets/thumb";

/** `px` is the side of the picture in CSS pixels. */
export function tileOf(sample: Sample, px: number): ThumbItem {
  return {
    src: sample.image ? thumbUrl(sample.image, px) : "",
    name: fmtName(sample.name ?? ""),
    outcome: sample.image ? sample.outcome : "broken",
    label: sample.label === null ? null : fmtName(sample.label),
    prediction: sample.pred === null ? null : fmtName(sample.pred),
    confidence: sample.confidence,
    width: sample.width ?? 0,
    error: sample.error,
  };
}
