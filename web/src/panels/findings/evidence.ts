// SPDX-License-Identifier: Apache-2.0
// Facts under the headings they name, in the order they came.
import type { Evidence } from "@/gen/ops";

export interface EvidenceGroup {
  readonly title: string;
  readonly rows: readonly Evidence[];
}

export function evidenceGroups(rows: readonly Evidence[]): EvidenceGroup[] {
  const groups = new Map<string, Evidence[]>();
  for (const row of rows) {
    const title = row.group ?? "";
    const group = groups.get(title);
    if (group) group.push(row);
    else groups.set(title, [row]);
  }
  return [...groups].map(([title, all]) => ({ title, rows: all }));
}
