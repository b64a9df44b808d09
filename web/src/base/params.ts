// SPDX-License-Identifier: Apache-2.0
// Parameter rows of operations as the forms see them (the shape of gen/ops.ts), their defaults and
// checks. Invariant: checks here only spare a round trip; the core checks again and its words win.

export interface ParamRow {
  readonly name: string;
  /** bool, int, real, text, enum, path, id or key. */
  readonly type: string;
  /** Whether the value is a list of that type. */
  readonly list?: boolean;
  readonly required?: boolean;
  /** Shown folded away. */
  readonly advanced?: boolean;
  readonly help?: string;
  readonly default?: boolean | number | string;
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  /** Choices of an enum, suggestions of a text; the page may add those of an id. */
  readonly choices?: readonly { readonly name: string; readonly help?: string }[];
}

export type ParamValue = boolean | number | string | readonly (number | string)[] | null;
export type ParamValues = Readonly<Record<string, ParamValue>>;

/** Start values: each row's default, or the empty value of its type. */
export function defaultsOf(rows: readonly ParamRow[]): ParamValues {
  const empty = (row: ParamRow): ParamValue => (row.list ? [] : row.type === "bool" ? false : null);
  return Object.fromEntries(rows.map((row) => [row.name, row.default ?? empty(row)]));
}

const isNumber = (row: ParamRow): boolean => row.type === "int" || row.type === "real";

function numberError(row: ParamRow, value: number): string {
  if (!Number.isFinite(value)) return "must be a number";
  if (row.type === "int" && !Number.isInteger(value)) return "must be a whole number";
  const [min, max] = [row.min ?? -Infinity, row.max ?? Infinity];
  if (value >= min && value <= max) return "";
  if (max === Infinity) return `must be at least ${min}`;
  return min === -Infinity ? `must be at most ${max}` : `must be between ${min} and ${max}`;
}

/** What is wrong with the value, or "". */
export function checkParam(row: ParamRow, value: ParamValue | undefined): string {
  const missing = value == null || value === "" || (Array.isArray(value) && value.length === 0);
  if (missing) return row.required ? "is required" : "";
  const each = Array.isArray(value) ? value : [value];
  if (isNumber(row)) {
    return each.map((one) => numberError(row, Number(one))).find((text) => text !== "") ?? "";
  }
  if (row.type === "enum" && !row.choices?.some((choice) => choice.name === value)) {
    return `must be one of ${row.choices?.map((choice) => choice.name).join(", ") ?? ""}`;
  }
  return "";
}

/** Values worth sending: those that are set and differ from the default. */
export function changedOnly(rows: readonly ParamRow[], values: ParamValues): ParamValues {
  const start = defaultsOf(rows);
  const same = (name: string) => JSON.stringify(values[name]) === JSON.stringify(start[name]);
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => value !== null && !same(name)),
  );
}
