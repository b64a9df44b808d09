// SPDX-License-Identifier: Apache-2.0
// What a facet means: a brush as a clause and back, which facets stand where, and which say nothing
// because all samples share one value. Invariant: a brush and its clause name the same bins; whole
// numbers are named by themselves ("rank=2..3"), not by the edges drawn around them.
import type { Range } from "@/base/bins";
import { type Clause, chosenValues, toggleValue, withClause } from "@/base/clause";
import type { Facet, FacetsResult } from "@/gen/ops";
import type { CategoryRow } from "@/widgets/bars";

export const fieldOf = (facet: Facet): string => facet.field ?? "";
export const titleOf = (facet: Facet): string => facet.title || fieldOf(facet);

/** Have its bins one whole number each? */
export function isWhole(facet: Facet): boolean {
  const [a = 0, b = 0] = facet.edges;
  return facet.kind === "number" && b - a === 1 && Math.abs(a % 1) === 0.5;
}

/** An edge with no more digits than tell bins apart. */
function tidy(value: number, step: number): number {
  const places = Math.max(0, Math.min(12, Math.ceil(-Math.log10(step || 1)) + 3));
  return Number(value.toFixed(places));
}

/** The clause that holds what the brush covers; an end at the end of the axis is left open. */
export function clauseOf(facet: Facet, range: Range): Clause | null {
  const { edges } = facet;
  const [first = 0, second = 1] = edges;
  const last = edges[edges.length - 1] ?? 1;
  const low = range.low <= first ? null : range.low;
  const high = range.high >= last ? null : range.high;
  if (low === null && high === null) return null;
  const inward = isWhole(facet) ? 0.5 : 0;
  const place = (value: number | null, by: number) =>
    value === null ? null : tidy(value + by, second - first);
  return {
    kind: "range",
    field: fieldOf(facet),
    low: place(low, inward),
    high: place(high, -inward),
  };
}

/** The brush a filter draws on the facet; null without a range on its field. */
export function brushOf(facet: Facet, where: readonly Clause[]): Range | null {
  const clause = where.find((one) => one.field === facet.field);
  if (clause?.kind !== "range" || facet.edges.length < 2) return null;
  const [first = 0] = facet.edges;
  const last = facet.edges[facet.edges.length - 1] ?? 1;
  const outward = isWhole(facet) ? 0.5 : 0;
  const hold = (value: number) => Math.max(first, Math.min(last, value));
  return {
    low: clause.low === null ? first : hold(clause.low - outward),
    high: clause.high === null ? last : hold(clause.high + outward),
  };
}

/** Rows to draw of a category or flag; samples without a value are a row named "". */
export function rowsOf(facet: Facet): CategoryRow[] {
  const rows: CategoryRow[] = facet.values.map((value, at) => ({
    value,
    total: facet.total[at] ?? 0,
    matched: facet.matched[at] ?? 0,
    wrong: facet.wrong[at] ?? 0,
  }));
  if (facet.missing > 0) {
    const { missing: total, missing_matched: matched, missing_wrong: wrong } = facet;
    rows.push({ value: "", total, matched, wrong });
  }
  return rows;
}

/** The filter after pressing a value; `only` chooses it alone, or none when it was alone. */
export function pressed(
  where: readonly Clause[],
  field: string,
  value: string,
  only: boolean,
): Clause[] {
  if (!only) return toggleValue(where, field, value);
  const now = chosenValues(where, field);
  const alone = now.length === 1 && now[0] === value;
  return withClause(where, field, alone ? null : { kind: "in", field, values: [value] });
}

/** The only value of a facet that cannot tell samples apart; null when it can. */
export function onlyValue(facet: Facet): string | null {
  if (facet.kind === "number") {
    if (facet.min === null) return "none";
    return facet.min === facet.max && facet.missing === 0 ? String(facet.min) : null;
  }
  if (facet.values.length === 0) return "none";
  return facet.values.length === 1 && facet.missing === 0 ? (facet.values[0] ?? "") : null;
}

/** Fields to count: those unfolded, and the outcome, which tells how many are wrong. */
export function fieldsToCount(
  fields: readonly string[],
  isOpen: (field: string) => boolean,
): string[] {
  return fields.filter((field) => field === "outcome" || isOpen(field)).sort();
}

export interface Counts {
  readonly total: number;
  readonly matched: number;
  /** Of those, wrong. */
  readonly errors: number;
  /** Of those, right or wrong. */
  readonly scored: number;
}

/**
 * What the outcome facet says of the view, which spares a call of its own while dragging; null when
 * the filter holds the outcome to something a count per value cannot answer.
 */
export function countsOf(result: FacetsResult, where: readonly Clause[]): Counts | null {
  const outcome = result.facets.find((facet) => facet.field === "outcome");
  const own = where.filter((clause) => clause.field === "outcome");
  const [clause] = own;
  if (!outcome || own.length > 1) return null;
  if (clause && clause.kind !== "in" && clause.kind !== "not") return null;
  const holds = (value: string): boolean =>
    clause === undefined || clause.values.includes(value) === (clause.kind === "in");
  const count = (value: string): number => {
    const at = outcome.values.indexOf(value);
    return at >= 0 && holds(value) ? (outcome.matched[at] ?? 0) : 0;
  };
  const errors = count("wrong");
  const { total, matched } = result;
  return { total, matched, errors, scored: errors + count("right") };
}

const FIRST = ["outcome", "confidence", "change", "confidence_change", "label", "pred", "loss"];
const LAST = ["format", "mode", "width", "height", "aspect", "size_bytes", "duplicate", "error"];

/** Facets that start unfolded. */
export const OPEN: readonly string[] = ["outcome", "confidence", "change", "label", "pred"];

function rank(field: string, saved: readonly string[]): number {
  const own = saved.indexOf(field);
  if (own >= 0) return own - 1000;
  const first = FIRST.indexOf(field);
  if (first >= 0) return first;
  const last = LAST.indexOf(field);
  return last >= 0 ? 200 + last : field.startsWith("other_") ? 150 : 100;
}

/** Facets in the order the person gave them, then in ours. */
export function inOrder(facets: readonly Facet[], saved: readonly string[]): Facet[] {
  const place = (facet: Facet) => rank(fieldOf(facet), saved);
  return [...facets].sort((a, b) => place(a) - place(b));
}

/** The order after moving `field` by `steps` among `fields`. */
export function moved(fields: readonly string[], field: string, steps: number): string[] {
  const from = fields.indexOf(field);
  if (from < 0) return [...fields];
  const rest = fields.filter((one) => one !== field);
  rest.splice(Math.max(0, Math.min(rest.length, from + steps)), 0, field);
  return rest;
}
