// SPDX-License-Identifier: Apache-2.0
// Pipelines that were tried, in order, and what sets one apart from the one that ran.
import type { Alternative } from "@/gen/ops";

/** Most accurate first; ties keep the core's order. */
export function byAccuracy(tried: readonly Alternative[]): Alternative[] {
  return [...tried].sort((a, b) => (b.accuracy ?? -1) - (a.accuracy ?? -1));
}

/** Steps of `of` that the used pipeline does not have; all of them when it is the used one. */
export function stepsBesides(of: Alternative, used: Alternative | undefined): readonly string[] {
  if (!used || of.used) return of.pipeline;
  return of.pipeline.filter((step) => !used.pipeline.includes(step));
}
