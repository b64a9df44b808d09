// SPDX-License-Identifier: Apache-2.0
// Bars about zero, and what the columns of the changes sort by.
import type { Class2 } from "@/gen/ops";

/** The largest difference either way, at least one percentage point. */
export const widest = (rows: readonly Class2[]): number =>
  rows.reduce((most, row) => Math.max(most, Math.abs(row.difference ?? 0)), 0.01);

/** Place of a bar on a track whose middle is zero, in percent of the track. */
export function barOf(value: number, most: number): { left: number; width: number } {
  const width = Math.min(50, (Math.abs(value) / most) * 50);
  return { left: value < 0 ? 50 - width : 50, width };
}

export function changeValue(row: Class2, field: string): number | string | null {
  switch (field) {
    case "name":
      return row.name;
    case "support":
    case "accuracy_a":
    case "accuracy_b":
    case "fixed":
    case "broken":
      return row[field];
    default:
      return row.difference;
  }
}
