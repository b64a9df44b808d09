// SPDX-License-Identifier: Apache-2.0
// One condition of a view's filter, and its text form, which is the core's own (operation rows
// named "where") and also the URL's. Invariant: parse(format(c)) is c for every clause, whatever
// characters its values hold; text we do not understand is kept as it is and left to the core to
// judge.
//
//   label=cat|dog        one of these        label!=cat|dog     none of these
//   confidence=0.2..0.5  between             confidence>=0.9    from; confidence<=0.1 up to
//   name~night           contains the text
//   label=               has no value (an empty value among others: or has none)
//
// Other forms of the core (confidence<0.5, name!~night, confidence!=0.1..0.2) are "raw".

import { fmtName } from "./format";

export type Clause =
  | { readonly kind: "in"; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: "not"; readonly field: string; readonly values: readonly string[] }
  | {
      readonly kind: "range";
      readonly field: string;
      readonly low: number | null;
      readonly high: number | null;
    }
  | { readonly kind: "has"; readonly field: string; readonly text: string }
  | { readonly kind: "raw"; readonly field: string; readonly text: string };

const NUMBER = "[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?";
const RANGE = new RegExp(`^(${NUMBER})\\.\\.(${NUMBER})$`);

/** A backslash takes the meaning of "|" and of itself away; the core reads "\\." so too. */
const joinValues = (values: readonly string[]): string =>
  values.map((value) => value.replace(/[\\|]/g, "\\$&")).join("|");

function splitValues(text: string): string[] {
  const parts = [""];
  for (const piece of text.match(/\\[|\\.]|[^]/gu) ?? []) {
    if (piece === "|") parts.push("");
    else parts[parts.length - 1] += piece.replace(/^\\(?=[^])/, "");
  }
  return parts;
}

/** The clause as the core's text. */
export function formatClause(clause: Clause): string {
  const { field } = clause;
  switch (clause.kind) {
    case "in":
      return `${field}=${joinValues(clause.values)}`;
    case "not":
      return `${field}!=${joinValues(clause.values)}`;
    case "range":
      if (clause.high === null) return `${field}>=${clause.low ?? 0}`;
      return clause.low === null
        ? `${field}<=${clause.high}`
        : `${field}=${clause.low}..${clause.high}`;
    case "has":
      return `${field}~${clause.text}`;
    case "raw":
      return clause.text;
  }
}

function fromParts(field: string, operator: string, rest: string): Clause | null {
  const range = RANGE.exec(rest);
  const value = rest.trim() === "" ? NaN : Number(rest);
  switch (operator) {
    case "=":
      if (range) return { kind: "range", field, low: Number(range[1]), high: Number(range[2]) };
      return { kind: "in", field, values: splitValues(rest) };
    case "!=":
      return range ? null : { kind: "not", field, values: splitValues(rest) };
    case "~":
      return { kind: "has", field, text: rest };
    case ">=":
      return Number.isNaN(value) ? null : { kind: "range", field, low: value, high: null };
    case "<=":
      return Number.isNaN(value) ? null : { kind: "range", field, low: null, high: value };
    default:
      return null;
  }
}

const INVERSE: Readonly<Record<string, string>> = {
  "=": "!=",
  "!=": "=",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
  "~": "!~",
  "!~": "~",
};

/** Field, operator and value of a clause's text; no operator when it is not a clause. */
function partsOf(text: string): readonly [field: string, operator: string, rest: string] {
  const match = /^([^=!<>~]+)(!=|!~|>=|<=|=|~|<|>)([^]*)$/.exec(text);
  return match ? [match[1] ?? "", match[2] ?? "", match[3] ?? ""] : [text, "", ""];
}

/** The clause a text stands for; "raw" when it is none of the forms above. */
export function parseClause(text: string): Clause {
  const [field, operator, rest] = partsOf(text);
  const clause = operator ? fromParts(field, operator, rest) : null;
  return clause ?? { kind: "raw", field, text };
}

/** What holds where the clause does not: "label=a" and "label!=a". Text that is no clause stays. */
export function invertClause(clause: Clause): Clause {
  const [field, operator, rest] = partsOf(formatClause(clause));
  const inverse = INVERSE[operator];
  return inverse ? parseClause(field + inverse + rest) : clause;
}

/** `clauses` with the one on `clause.field` replaced (or added); null removes it. */
export function withClause(
  clauses: readonly Clause[],
  field: string,
  clause: Clause | null,
): Clause[] {
  const at = clauses.findIndex((other) => other.field === field);
  const rest = clauses.filter((other) => other.field !== field);
  if (clause) rest.splice(at < 0 ? rest.length : Math.min(at, rest.length), 0, clause);
  return rest;
}

/** Adds or removes `value` in the "in" clause of `field`; an emptied clause goes away. */
export function toggleValue(clauses: readonly Clause[], field: string, value: string): Clause[] {
  const now = clauses.find((clause) => clause.field === field);
  const values = now?.kind === "in" ? now.values : [];
  const next = values.includes(value)
    ? values.filter((other) => other !== value)
    : [...values, value];
  return withClause(clauses, field, next.length ? { kind: "in", field, values: next } : null);
}

/** The chosen values of `field`, empty when it is not filtered by values. */
export function chosenValues(clauses: readonly Clause[], field: string): readonly string[] {
  const clause = clauses.find((other) => other.field === field);
  if (clause?.kind === "range") return [formatClause(clause).slice(field.length + 1)];
  return clause?.kind === "in" ? clause.values : [];
}

/** Values in words; the empty one stands for samples without a value. */
const spoken = (values: readonly string[]): string =>
  values.map((value) => (value === "" ? "missing" : fmtName(value))).join(" or ");

function describeRaw(text: string, title: string): string {
  const [, operator, rest] = partsOf(text);
  if (operator === "<") return `${title} under ${rest}`;
  if (operator === ">") return `${title} over ${rest}`;
  if (operator === "!~") return `${title} lacks “${rest}”`;
  if (operator === "!=") return `${title} is not ${rest.replace("..", " to ")}`;
  return text;
}

/** The clause in words, for chips and sentences: "confidence 0.2 to 0.5". */
export function describeClause(clause: Clause, title: string = clause.field): string {
  switch (clause.kind) {
    case "in":
      return `${title} is ${spoken(clause.values)}`;
    case "not":
      return `${title} is not ${spoken(clause.values)}`;
    case "range":
      if (clause.low === null) return `${title} up to ${clause.high ?? ""}`;
      if (clause.high === null) return `${title} from ${clause.low}`;
      return `${title} ${clause.low} to ${clause.high}`;
    case "has":
      return `${title} contains “${clause.text}”`;
    case "raw":
      return describeRaw(clause.text, title);
  }
}
