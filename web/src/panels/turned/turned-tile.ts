// SPDX-License-Identifier: Apache-2.0
// The tile of a sample that turned: it shows the wrong one of the two predictions.
import { fmtName } from "@/base/format";
import type { Sample } from "@/gen/ops";
import type { ThumbItem } from "@/widgets/thumb";
import { tileOf } from "../sample-tile";

const SIDE = 96;

export function turnedTile(sample: Sample, turn: "broken" | "fixed"): ThumbItem {
  const tile = tileOf(sample, SIDE);
  if (turn === "fixed") return tile;
  return {
    ...tile,
    outcome: sample.other_outcome,
    prediction: sample.other_pred === null ? null : fmtName(sample.other_pred),
    confidence: sample.other_confidence,
  };
}
