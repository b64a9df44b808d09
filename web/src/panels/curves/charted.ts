// SPDX-License-Identifier: Apache-2.0
// Curves of the core as the chart takes them. Invariant: a class keeps its colour in both charts,
// whatever order the reply has.
import { fmtFixed, fmtName } from "@/base/format";
import type { Class, Curve } from "@/gen/ops";
import type { Curve as Charted } from "@/widgets/curve";

function chart(curve: Curve, colour: number): Charted {
  const name = curve.kind === "roc" ? "AUROC" : "AP";
  return {
    id: colour === 0 ? "micro" : `class-${curve.title ?? ""}`,
    title: fmtName(curve.title ?? ""),
    x: curve.x,
    y: curve.y,
    at: curve.threshold,
    note: `${name} ${fmtFixed(curve.area, 4)}`,
    colour,
  };
}

/** The micro average of `kind`, then the chosen classes in the order they were chosen. */
export function charted(
  micro: readonly Curve[],
  classes: readonly Curve[],
  chosen: readonly string[],
  kind: "roc" | "pr",
): Charted[] {
  const of = (all: readonly Curve[]) =>
    all.filter((curve) => curve.kind === kind && curve.x.length > 1);
  const place = (curve: Curve) => chosen.indexOf(curve.title ?? "");
  const shown = of(classes)
    .filter((curve) => place(curve) >= 0)
    .sort((a, b) => place(a) - place(b));
  return [
    ...of(micro).map((curve) => chart(curve, 0)),
    ...shown.map((curve) => chart(curve, place(curve) + 1)),
  ];
}

/** Precision of guessing in the pooled one-against-rest decisions of `n` classes. */
export const prevalence = (n: number): number => 1 / Math.max(2, n);

/** Names of the classes with the least average precision that have samples. */
export function weakest(classes: readonly Class[], most: number): string[] {
  return classes
    .filter((row) => row.support > 0 && row.average_precision !== null && row.name !== null)
    .sort((a, b) => (a.average_precision ?? 1) - (b.average_precision ?? 1))
    .slice(0, most)
    .map((row) => row.name ?? "");
}
