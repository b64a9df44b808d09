// SPDX-License-Identifier: Apache-2.0
// Values of a class by column, and the scale on which all classes are drawn.
import type { Sort } from "@/base/view";
import type { Class } from "@/gen/ops";

export type Score = "recall" | "precision" | "f1";

export interface Interval {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** A score of a class with its interval. */
export function scoreOf(row: Class, score: Score): Interval {
  return { value: row[score], low: row[`${score}_low`], high: row[`${score}_high`] };
}

/** What a column sorts by; classes without samples have no recall and no F1 to rank. */
export function classValue(row: Class, field: string): number | string | null {
  switch (field) {
    case "name":
      return row.name;
    case "support":
      return row.support;
    case "errors":
      return row.support - row.correct;
    case "predicted":
    case "confidence":
    case "gap":
      return row[field];
    case "auroc":
      return row.auroc;
    case "precision":
      return row.precision;
    default:
      return row.support > 0 ? row[field as Score] : null;
  }
}

const FIELDS = [
  "name",
  "support",
  "errors",
  "predicted",
  "confidence",
  "gap",
  "auroc",
  "precision",
  "recall",
  "f1",
];
const WORST: Sort = { field: "f1", descending: false };

/** The order of the table: the address's, else the worst first. */
export const classSort = (asked: Sort | null): Sort =>
  asked && FIELDS.includes(asked.field) ? asked : WORST;

/** What the address holds after a head was pressed; nothing for the worst first. */
export function sortToKeep(next: Sort | null, now: Sort): Sort | null {
  if (next) return next.field === WORST.field && !next.descending ? null : next;
  // The third press takes an order away; what is shown without one is turned round instead.
  return now.field === WORST.field ? { ...now, descending: !now.descending } : null;
}

/** Where the bars start: the tenth below every score of every class that has samples. */
export function classDomain(rows: readonly Class[]): number {
  const ends = rows
    .filter((row) => row.support > 0)
    .flatMap((row) => (["recall", "precision", "f1"] as const).map((one) => scoreOf(row, one)))
    .map(({ value, low }) => low ?? value ?? 1);
  const least = ends.reduce((least, one) => Math.min(least, one), 1);
  return Math.max(0, Math.min(0.9, Math.floor(least * 10 + 1e-9) / 10));
}

/** Few classes get taller rows, so that the table fills the place beside the matrix. */
export const classRowHeight = (classes: number): number =>
  Math.max(28, Math.min(44, Math.floor(520 / Math.max(1, classes))));
