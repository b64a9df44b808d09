// SPDX-License-Identifier: Apache-2.0
// The small picture of a sample in a finding, and what is said of it.
import type { FindingPicture } from "@/widgets/finding";
import type { ThumbItem } from "@/widgets/thumb";

export function findingPicture(tile: ThumbItem): FindingPicture {
  if (tile.outcome === "broken") {
    return { src: "", title: `${tile.name}: ${tile.error ?? "does not decode"}` };
  }
  const label = tile.label ?? "no label";
  const predicted = tile.prediction ? `predicted ${tile.prediction}` : "no prediction";
  return { src: tile.src, title: `${tile.name}: ${label}, ${predicted}` };
}
