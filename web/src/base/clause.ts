// SPDX-License-Identifier: Apache-2.0
// One condition of a view's filter, and its text form in the URL. Invariant: parse(format(c)) is c
// for every clause, whatever characters its values hold.
//
//   label=cat|dog        one of these        label!=cat|dog     none of these
//   confidence@0.2..0.5  low <= x < high     confidence@0.9..   open above
//   path~img_00          contains the text

export type Clause =
  | { readonly kind: "in"; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: "not"; readonly field: string; readonly values: readonly string[] }
  | { readonly kind: "range"; readonly field: string;
      readonly low: number | null; readonly high: number | null }
  | { readonly kind: "has"; readonly field: string; readonly text: string };

const escape = (text: string): string => text.replace(/[\\|=!@~]/g, "\\$&");

function unescapeSplit(text: string): string[] {
  const parts = [""];
  for (let at = 0; at < text.length; at += 1) {
    let char = text.charAt(at);
    if (char === "|") {
      parts.push("");
      continue;
    }
    if (char === "\\") {
      at += 1;
      char = text.charAt(at);
    }
    parts[parts.length - 1] += char;
  }
  return parts;
}

/** The clause as text, for a `where` parameter of the URL. */
export function formatClause(clause: Clause): string {
  const field = escape(clause.field);
  switch (clause.kind) {
    case "in":
      return `${field}=${clause.values.map(escape).join("|")}`;
    case "not":
      return `${field}!=${clause.values.map(escape).join("|")}`;
    case "range":
      return `${field}@${clause.low ?? ""}..${clause.high ?? ""}`;
    case "has":
      return `${field}~${escape(clause.text)}`;
  }
}

function splitOperator(text: string): [string, string, string] | null {
  const match = /^((?:\\.|[^\\=!@~])+)(!=|=|@|~)([^]*)$/.exec(text);
  return match ? [match[1] ?? "", match[2] ?? "", match[3] ?? ""] : null;
}

function parseRange(field: string, rest: string): Clause | null {
  const dots = rest.indexOf("..");
  if (dots < 0) return null;
  const bound = (part: string) => (part === "" ? null : Number(part));
  const low = bound(rest.slice(0, dots));
  const high = bound(rest.slice(dots + 2));
  if (Number.isNaN(low) || Number.isNaN(high) || (low === null && high === null)) return null;
  return { kind: "range", field, low, high };
}

/** The clause a text stands for, or null when it is not one (a mistyped URL is ignored, not fatal). */
export function parseClause(text: string): Clause | null {
  const parts = splitOperator(text);
  if (!parts) return null;
  const [rawField, operator, rest] = parts;
  const field = unescapeSplit(rawField).join("|");
  switch (operator) {
    case "=":
      return { kind: "in", field, values: unescapeSplit(rest) };
    case "!=":
      return { kind: "not", field, values: unescapeSplit(rest) };
    case "@":
      return parseRange(field, rest);
    default:
      return { kind: "has", field, text: unescapeSplit(rest).join("|") };
  }
}

/** `clauses` with the one on `clause.field` replaced (or added); null removes it. */
export function withClause(clauses: readonly Clause[], field: string,
  clause: Clause | null): Clause[] {
  const at = clauses.findIndex((other) => other.field === field);
  const rest = clauses.filter((other) => other.field !== field);
  if (clause) rest.splice(at < 0 ? rest.length : Math.min(at, rest.length), 0, clause);
  return rest;
}

/** Adds or removes `value` in the "in" clause of `field`; an emptied clause goes away. */
export function toggleValue(clauses: readonly Clause[], field: string, value: string): Clause[] {
  const now = clauses.find((clause) => clause.field === field);
  const values = now?.kind === "in" ? now.values : [];
  const next = values.includes(value) ? values.filter((other) => other !== value)
    : [...values, value];
  return withClause(clauses, field, next.length ? { kind: "in", field, values: next } : null);
}

/** The chosen values of `field`, empty when it is not filtered by values. */
export function chosenValues(clauses: readonly Clause[], field: string): readonly string[] {
  const clause = clauses.find((other) => other.field === field);
  return clause?.kind === "in" ? clause.values : [];
}

/** The clause in words, for chips and sentences: "confidence 0.2 to 0.5". */
export function describeClause(clause: Clause, title: string = clause.field): string {
  switch (clause.kind) {
    case "in":
      return `${title} is ${clause.values.join(" or ")}`;
    case "not":
      return `${title} is not ${clause.values.join(" or ")}`;
    case "range":
      if (clause.low === null) return `${title} below ${clause.high ?? ""}`;
      if (clause.high === null) return `${title} from ${clause.low}`;
      return `${title} ${clause.low} to ${clause.high}`;
    case "has":
      return `${title} contains “${clause.text}”`;
  }
}
