// SPDX-License-Identifier: Apache-2.0
// CategoryBars: values of a field with their counts, to filter by. A click chooses one more value,
// Alt+click (or Alt+Enter) chooses only that one. Long lists scroll and can be searched.
import { type KeyboardEvent, type ReactElement, useId, useMemo, useState } from "react";
import { fmtCompact, fmtInt, fmtName, plural } from "@/base/format";
import { fuzzyFilter } from "@/base/fuzzy";
import { TextField } from "./field";
import { listStep, useScroller } from "./scroller";
import "./bars.css";

export interface CategoryRow {
  readonly value: string;
  readonly total: number;
  readonly matched: number;
  readonly wrong?: number;
}

export interface CategoryBarsProps {
  readonly label: string;
  readonly rows: readonly CategoryRow[];
  readonly chosen: ReadonlySet<string>;
  /** `only` asks for this value alone (or for none when it is the only one already). */
  readonly onToggle: (value: string, only: boolean) => void;
  /** How values are read: a flag's "true" as "right", for example. */
  readonly titleOf?: (value: string) => string;
  readonly maxRows?: number;
  /** Keeps the given order instead of sorting by count. */
  readonly keepOrder?: boolean;
}

const LINE = 24;

function Bar(props: {
  readonly id: string;
  readonly row: CategoryRow;
  readonly title: string;
  readonly most: number;
  readonly top: number;
  readonly on: boolean;
  readonly tone: string;
  readonly onPress: (only: boolean) => void;
}): ReactElement {
  const { row, title, on } = props;
  const part = (count: number) => `${(count / props.most) * 100}%`;
  const words = `${title}, ${fmtInt(row.matched)} of ${fmtInt(row.total)}`;
  return (
    <div
      role="option"
      aria-selected={on}
      id={props.id}
      className={`bar ${props.tone}`}
      aria-label={words}
      title={words}
      style={{ top: props.top, height: LINE }}
      onClick={(event) => props.onPress(event.altKey)}
    >
      <span className="bar-check" aria-hidden="true" />
      <bdi className="bar-name cut">{title}</bdi>
      <span className="bar-count">
        {row.matched < 1e6 ? fmtInt(row.matched) : fmtCompact(row.matched)}
      </span>
      <span className="bar-track" aria-hidden="true">
        <i className="bar-total" style={{ width: part(row.total) }} />
        <i className="bar-match" style={{ width: part(row.matched) }} />
        {row.wrong !== undefined && <i className="bar-wrong" style={{ width: part(row.wrong) }} />}
      </span>
    </div>
  );
}

/** The scrolling list, one tab stop; arrow keys move, Enter or Space chooses. */
function BarList(props: CategoryBarsProps & { readonly most: number }): ReactElement {
  const { rows: shown, chosen, onToggle, titleOf = fmtName, maxRows = 10 } = props;
  const [at, setAt] = useState(0);
  const id = useId();
  const scroller = useScroller(shown.length, LINE, 4);
  const { first, end } = scroller.rows;
  const press = (event: KeyboardEvent) => {
    const next = listStep(event.key, at, shown.length, scroller.fit);
    const row = shown[at];
    if (next >= 0) {
      setAt(next);
      scroller.show(next);
    } else if ((event.key === "Enter" || event.key === " ") && row) {
      onToggle(row.value, event.altKey);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const draw = (row: CategoryRow, index: number) => (
    <Bar
      key={row.value}
      id={`${id}${index}`}
      row={row}
      title={titleOf(row.value)}
      most={props.most}
      top={scroller.topOf(index)}
      on={chosen.has(row.value)}
      tone={`${chosen.size && !chosen.has(row.value) ? "bar-off" : ""} ${index === at ? "bar-at" : ""}`}
      onPress={(only) => {
        setAt(index);
        onToggle(row.value, only);
      }}
    />
  );
  return (
    <div
      className="bars-scroll"
      ref={scroller.ref}
      onScroll={scroller.onScroll}
      role="listbox"
      aria-label={props.label}
      aria-multiselectable="true"
      tabIndex={0}
      onKeyDown={press}
      aria-activedescendant={at >= first && at < end ? `${id}${at}` : undefined}
      style={{ height: Math.max(1, Math.min(maxRows, shown.length)) * LINE }}
    >
      <div className="bars-space" role="presentation" style={{ height: scroller.height }}>
        {shown.slice(first, end).map((row, index) => draw(row, first + index))}
      </div>
      {shown.length === 0 && <p className="dim bars-none">No value matches.</p>}
    </div>
  );
}

export function CategoryBars(props: CategoryBarsProps): ReactElement {
  const { rows, titleOf = fmtName, maxRows = 10 } = props;
  const [search, setSearch] = useState("");
  const most = useMemo(() => rows.reduce((high, row) => Math.max(high, row.total), 1), [rows]);
  const shown = useMemo(() => {
    const order = props.keepOrder
      ? rows
      : [...rows].sort((a, b) => b.matched - a.matched || b.total - a.total);
    return fuzzyFilter(order, search, (row) => titleOf(row.value));
  }, [rows, search, props.keepOrder, titleOf]);
  return (
    <div className="bars">
      {rows.length > maxRows && (
        <TextField
          label={`Search ${props.label}`}
          placeholder={`Search ${plural(rows.length, "value")}`}
          icon="search"
          value={search}
          onChange={setSearch}
        />
      )}
      <BarList {...props} rows={shown} most={most} />
    </div>
  );
}
