// SPDX-License-Identifier: Apache-2.0
// Small marks: the outcome of a sample, and the clauses of a filter as removable chips.
import type { ReactElement, ReactNode } from "react";
import { type Clause, describeClause, formatClause } from "@/base/clause";
import { Icon } from "./icon";
import "./chip.css";

export type Outcome = "right" | "wrong" | "unknown" | "broken";

const OUTCOMES: Record<Outcome, { icon: "check" | "close" | "minus" | "warning"; tone: string }> = {
  right: { icon: "check", tone: "good" },
  wrong: { icon: "close", tone: "bad" },
  unknown: { icon: "minus", tone: "dim" },
  broken: { icon: "warning", tone: "warn" },
};

/** Right, wrong, unknown or broken, by shape and colour; with the word unless `bare`. */
export function OutcomeMark(props: {
  readonly outcome: Outcome;
  readonly bare?: boolean;
  /** Draws "right" without colour, where many stand together. */
  readonly quiet?: boolean;
}): ReactElement {
  const mark = OUTCOMES[props.outcome];
  return (
    <span
      className={`outcome ${props.quiet && props.outcome === "right" ? "dim" : mark.tone}`}
      {...(props.bare ? { role: "img", "aria-label": props.outcome } : {})}
    >
      <Icon name={mark.icon} size={12} />
      {!props.bare && props.outcome}
    </span>
  );
}

export function Chip(props: {
  readonly children: ReactNode;
  readonly onRemove?: (() => void) | undefined;
  readonly removeLabel?: string;
  readonly title?: string;
  readonly tone?: "accent" | "bad" | "warn" | "good";
}): ReactElement {
  return (
    <span className={`chip ${props.tone ? `chip-${props.tone}` : ""}`} title={props.title}>
      <span className="cut">{props.children}</span>
      {props.onRemove && (
        <button type="button" aria-label={props.removeLabel ?? "Remove"} onClick={props.onRemove}>
          <Icon name="close" size={11} />
        </button>
      )}
    </span>
  );
}

/** The clauses of a view; each can be taken away, or all of them. */
export function ClauseChips(props: {
  readonly clauses: readonly Clause[];
  readonly onChange: (clauses: Clause[]) => void;
  /** Name to read of a field. */
  readonly titleOf?: (field: string) => string;
}): ReactElement | null {
  const { clauses, onChange } = props;
  if (clauses.length === 0) return null;
  return (
    <div className="chips" role="group" aria-label="Filter">
      {clauses.map((clause, index) => {
        const text = describeClause(clause, props.titleOf?.(clause.field) ?? clause.field);
        return (
          <Chip
            key={formatClause(clause)}
            tone="accent"
            title={formatClause(clause)}
            removeLabel={`Remove: ${text}`}
            onRemove={() => onChange(clauses.filter((_, at) => at !== index))}
          >
            {text}
          </Chip>
        );
      })}
      <button type="button" className="chips-clear" onClick={() => onChange([])}>
        Clear
      </button>
    </div>
  );
}
