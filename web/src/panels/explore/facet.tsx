// SPDX-License-Identifier: Apache-2.0
// One facet: a histogram to brush or values to choose, over all samples and over those that meet
// the other facets' clauses. Folded, it still says what it holds the view to.
import { memo, type KeyboardEvent, type ReactElement, useState } from "react";
import type { Range } from "@/base/bins";
import { type Clause, chosenValues, describeClause, withClause } from "@/base/clause";
import { fmtBytes, fmtInt, fmtName, fmtTick } from "@/base/format";
import type { Facet as FacetData } from "@/gen/ops";
import { CategoryBars } from "@/widgets/bars";
import { Histogram } from "@/widgets/histogram";
import { Icon } from "@/widgets/icon";
import { Menu } from "@/widgets/overlay";
import { Skeleton } from "@/widgets/status";
import { brushOf, clauseOf, fieldOf, pressed, rowsOf, titleOf } from "./facet-model";

export interface FacetProps {
  /** Its counts over all samples. */
  readonly all: FacetData;
  /** Its counts under the filter, missing while folded or loading. */
  readonly live: FacetData | undefined;
  /** The clause on its field. */
  readonly clause: Clause | undefined;
  readonly open: boolean;
  readonly root: boolean;
  readonly onFold: (field: string, folded: boolean) => void;
  readonly onMove: (field: string, steps: number) => void;
  /** `dragged` is the field whose brush is under the hand. */
  readonly onFilter: (change: (where: readonly Clause[]) => Clause[], dragged?: string) => void;
}

const valueTitle = (value: string): string => (value === "" ? "(missing)" : fmtName(value));
const flagTitle = (value: string): string =>
  value === "" ? "(missing)" : value === "true" ? "yes" : "no";

/** A histogram whose brush follows the hand at once; the counts follow as they are answered. */
function Spread(props: FacetProps & { readonly shown: FacetData }): ReactElement {
  const { all, clause, shown, onFilter } = props;
  const field = fieldOf(all);
  const [held, setHeld] = useState<Range | null | undefined>(undefined);
  const brush = held === undefined ? brushOf(shown, clause ? [clause] : []) : held;
  const set = (range: Range | null, final: boolean) => {
    setHeld(final ? undefined : range);
    const next = range && clauseOf(shown, range);
    onFilter((now) => withClause(now, field, next), final ? undefined : field);
  };
  return (
    <Histogram
      label={titleOf(all)}
      edges={shown.edges}
      total={shown.total}
      matched={shown.matched}
      wrong={shown.wrong}
      brush={brush}
      onBrush={set}
      height={48}
      root={props.root}
      format={all.unit === "bytes" ? fmtBytes : fmtTick}
    />
  );
}

function Body(props: FacetProps): ReactElement {
  const { all, live, clause, onFilter } = props;
  const where = clause ? [clause] : [];
  const field = fieldOf(all);
  const title = titleOf(all);
  const shown = live ?? all;
  if (all.kind !== "number") {
    return (
      <CategoryBars
        label={title}
        rows={rowsOf(shown)}
        chosen={new Set(chosenValues(where, field))}
        maxRows={12}
        titleOf={all.kind === "flag" ? flagTitle : valueTitle}
        onToggle={(value, only) => onFilter((now) => pressed(now, field, value, only))}
      />
    );
  }
  return (
    <>
      <Spread {...props} shown={shown} />
      {shown.missing > 0 && (
        <button
          type="button"
          className="facet-missing"
          aria-pressed={chosenValues(where, field)[0] === ""}
          onClick={() => onFilter((now) => pressed(now, field, "", true))}
        >
          {shown.missing_matched < shown.missing && `${fmtInt(shown.missing_matched)} of `}
          {fmtInt(shown.missing)} without a value
        </button>
      )}
    </>
  );
}

const MOVES: Readonly<Record<string, number>> = { top: -1e6, up: -1, down: 1, end: 1e6 };

function FacetMenu(props: FacetProps): ReactElement {
  const title = titleOf(props.all);
  return (
    <Menu
      label={`Move ${title}`}
      trigger={<Icon name="more" size={14} />}
      className="icon-button facet-more"
      choices={[
        { id: "top", title: "Move to the top" },
        { id: "up", title: "Move up", keys: "Alt+ArrowUp" },
        { id: "down", title: "Move down", keys: "Alt+ArrowDown" },
        { id: "end", title: "Move to the end" },
      ]}
      onPick={(id) => props.onMove(fieldOf(props.all), MOVES[id] ?? 0)}
    />
  );
}

function noteOf({ all, live }: FacetProps): string {
  if (all.kind === "number") return all.unit === "bytes" ? "" : (all.unit ?? "");
  const listed = (live ?? all).values.length;
  if (all.distinct > listed) return `first ${fmtInt(listed)} of ${fmtInt(all.distinct)}`;
  return all.kind === "flag" ? "" : fmtInt(all.distinct);
}

export const Facet = memo(function Facet(props: FacetProps): ReactElement {
  const { all, clause, open, onFold, onMove, onFilter } = props;
  const field = fieldOf(all);
  const title = titleOf(all);
  const press = (event: KeyboardEvent) => {
    const steps = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!steps || !event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(field, steps);
  };
  return (
    <section className={`facet ${clause ? "facet-on" : ""}`} aria-label={title}>
      <header className="facet-head">
        <button
          type="button"
          className="facet-fold"
          aria-expanded={open}
          onClick={() => onFold(field, open)}
          onKeyDown={press}
        >
          <Icon name={open ? "chevron" : "right"} size={12} />
          <bdi className="facet-title cut">{fmtName(title)}</bdi>
          <span className="facet-note cut">
            {clause && !open ? fmtName(describeClause(clause, "")) : noteOf(props)}
          </span>
        </button>
        {clause && (
          <button
            type="button"
            className="facet-reset"
            aria-label={`Reset ${title}`}
            onClick={() => onFilter((now) => withClause(now, field, null))}
          >
            Reset
          </button>
        )}
        <FacetMenu {...props} />
      </header>
      {open && (
        <div className="facet-body">
          {props.live ? <Body {...props} /> : <Skeleton height={64} />}
        </div>
      )}
    </section>
  );
});
