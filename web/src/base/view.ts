// SPDX-License-Identifier: Apache-2.0
// The view: all that a page shows beyond its path, and its codec to and from the query string.
// Invariant: decode(encode(v)) equals v, and a malformed query decodes to a usable view.
import { type CanvasView, decodeCanvas, EMPTY_CANVAS, encodeCanvas } from "./canvas-view";
import { type Clause, formatClause, parseClause } from "./clause";

export interface Sort {
  readonly field: string;
  readonly descending: boolean;
}

export interface View {
  /** Id of the run looked at; empty means the newest. */
  readonly run: string;
  /** Id of the run compared with; empty means none. */
  readonly other: string;
  readonly where: readonly Clause[];
  readonly sort: Sort | null;
  /** Id of the sample looked at; empty means none. */
  readonly sample: string;
  /** Cursor row in the view's order, -1 for none. */
  readonly row: number;
  /** Tab or sub-view of the page; empty means its first. */
  readonly tab: string;
  /** Classes chosen to be drawn apart, in their order. */
  readonly classes: readonly string[];
  /** What the layered canvas of a sample shows. */
  readonly canvas: CanvasView;
}

export const EMPTY_VIEW: View = {
  run: "",
  other: "",
  where: [],
  sort: null,
  sample: "",
  row: -1,
  tab: "",
  classes: [],
  canvas: EMPTY_CANVAS,
};

/** The view as a query string without "?", parameters in fixed order, defaults left out. */
export function encodeView(view: Partial<View>): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | undefined) => {
    if (value) query.append(name, value);
  };
  put("run", view.run);
  put("other", view.other);
  for (const clause of view.where ?? []) put("where", formatClause(clause));
  if (view.sort) put("sort", (view.sort.descending ? "-" : "") + view.sort.field);
  put("sample", view.sample);
  if (view.row !== undefined && view.row >= 0) put("row", view.row.toString());
  put("tab", view.tab);
  for (const name of view.classes ?? []) put("class", name);
  if (view.canvas) encodeCanvas(query, view.canvas);
  return query.toString();
}

/** The order a text stands for ("-confidence" is descending); null for none. */
export function parseSort(text: string | null): Sort | null {
  if (!text) return null;
  const descending = text.startsWith("-");
  const field = descending ? text.slice(1) : text;
  return field ? { field, descending } : null;
}

/** The view a query string (with or without "?") stands for. */
export function decodeView(search: string): View {
  const query = new URLSearchParams(search);
  const row = Number(query.get("row") ?? "-1");
  return {
    run: query.get("run") ?? "",
    other: query.get("other") ?? "",
    where: query.getAll("where").filter(Boolean).map(parseClause),
    sort: parseSort(query.get("sort")),
    sample: query.get("sample") ?? "",
    row: Number.isSafeInteger(row) && row >= 0 ? row : -1,
    tab: query.get("tab") ?? "",
    classes: [...new Set(query.getAll("class"))].filter(Boolean),
    canvas: decodeCanvas(query),
  };
}
