// SPDX-License-Identifier: Apache-2.0
// Entries of the journal as they are read: parameters in words, states, and places of ids.
// Invariant: whatever a parameter holds, it ends up as plain text on one line.
import { fmtName } from "@/base/format";
import type { Run } from "@/gen/ops";
import type { View } from "@/base/view";
import type { PageId } from "@/state/view";

export interface ParamText {
  readonly name: string;
  readonly value: string;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(", ");
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return String(value);
}

/** Parameters (a JSON object as text), one by one; what is not an object is shown as it is. */
export function paramTexts(json: string | null): ParamText[] {
  if (!json) return [];
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      return [{ name: "", value: fmtName(json) }];
    }
    return Object.entries(parsed)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => ({ name, value: fmtName(valueText(value)) }));
  } catch {
    return [{ name: "", value: fmtName(json) }];
  }
}

/** "SL_E_NOT_FOUND" as "not found"; other states as they are. */
export const statusText = (status: string | null): string =>
  (status ?? "")
    .replace(/^SL_E_/, "")
    .replaceAll("_", " ")
    .toLowerCase();

export interface Place {
  readonly page: PageId;
  readonly view: Partial<View>;
}

const NUMBERED = /^([a-z])(\d+)$/;

/** Where the thing with this id can be looked at; null when it has no page. */
export function placeOf(id: string, runs: readonly Run[]): Place | null {
  const kind = NUMBERED.exec(id)?.[1];
  const fresh = { where: [], sort: null, sample: "", row: -1 };
  switch (kind) {
    case "r":
      return { page: "overview", view: { run: id, other: "" } };
    case "m":
      return { page: "models", view: { tab: id } };
    case "j":
      return { page: "journal", view: { tab: id, where: [] } };
    case "b":
      return { page: "journal", view: { tab: "jobs" } };
    case "s":
      return { page: "sample", view: { ...fresh, sample: id } };
    case "d":
    case "v": {
      const run = runs.find((one) => one.dataset === id || one.version === id);
      return run ? { page: "explore", view: { ...fresh, run: run.id ?? "", other: "" } } : null;
    }
    default:
      return null;
  }
}

/** Row of entry `id` in a list of all entries, newest first, numbered without gaps; -1 for none. */
export function rowOfEntry(id: string, total: number): number {
  const match = NUMBERED.exec(id);
  const row = match?.[1] === "j" ? total - Number(match[2]) : -1;
  return row >= 0 && row < total ? row : -1;
}

export const idOfRow = (row: number, total: number): string => `j${total - row}`;
