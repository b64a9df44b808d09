// SPDX-License-Identifier: Apache-2.0
// CategoryBars: values of a field with their counts, to filter by. A click chooses one more value,
// Alt+click (or Alt+Enter) chooses only that one. Long lists scroll and can be searched.
import { type KeyboardEvent, type ReactElement, useMemo, useState } from "react";
import { fmtCompact, fmtInt } from "@/base/format";
import { fuzzyFilter } from "@/base/fuzzy";
import { TextField } from "./field";
import { useScroller } from "./scroller";
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

export function CategoryBars(props: CategoryBarsProps): ReactElement {
  const { rows, chosen, onToggle, titleOf = (value) => value, maxRows = 10 } = props;
  const [search, setSearch] = useState("");
  const [at, setAt] = useState(0);
  const most = Math.max(1, ...rows.map((row) => row.total));
  const shown = useMemo(() => {
    const order = props.keepOrder
      ? rows
      : [...rows].sort((a, b) => b.matched - a.matched || b.total - a.total);
    return fuzzyFilter(order, search, (row) => titleOf(row.value));
  }, [rows, search, props.keepOrder]);
  const scroller = useScroller(shown.length, LINE, 4);
  const press = (event: KeyboardEvent) => {
    const step = {
      ArrowDown: 1,
      ArrowUp: -1,
      Home: -shown.length,
      End: shown.length,
      PageDown: scroller.fit,
      PageUp: -scroller.fit,
    }[event.key];
    const row = shown[at];
    if (step) {
      const next = Math.max(0, Math.min(shown.length - 1, at + step));
      setAt(next);
      scroller.show(next);
    } else if ((event.key === "Enter" || event.key === " ") && row)
      onToggle(row.value, event.altKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const draw = (index: number) => {
    const row = shown[index];
    if (!row) return null;
    const part = (count: number) => `${(count / most) * 100}%`;
    const on = chosen.has(row.value);
    return (
      <div
        key={row.value}
        role="option"
        aria-selected={on}
        id={`${props.label}-${index}`}
        className={`bar ${chosen.size && !on ? "bar-off" : ""} ${index === at ? "bar-at" : ""}`}
        aria-label={`${titleOf(row.value)}, ${fmtInt(row.matched)} of ${fmtInt(row.total)}`}
        title={`${titleOf(row.value)}: ${fmtInt(row.matched)} of ${fmtInt(row.total)}`}
        style={{ top: scroller.topOf(index), height: LINE }}
        onClick={(event) => {
          setAt(index);
          onToggle(row.value, event.altKey);
        }}
      >
        <span className="bar-check" aria-hidden="true" />
        <span className="bar-name cut">{titleOf(row.value)}</span>
        <span className="bar-count">
          {row.matched < 1e6 ? fmtInt(row.matched) : fmtCompact(row.matched)}
        </span>
        <span className="bar-track" aria-hidden="true">
          <i className="bar-total" style={{ width: part(row.total) }} />
          <i className="bar-match" style={{ width: part(row.matched) }} />
          {row.wrong !== undefined && (
            <i className="bar-wrong" style={{ width: part(row.wrong) }} />
          )}
        </span>
      </div>
    );
  };
  const { first, end } = scroller.rows;
  return (
    <div className="bars">
      {rows.length > maxRows && (
        <TextField
          label={`Search ${props.label}`}
          placeholder={`Search ${fmtInt(rows.length)} values`}
          icon="search"
          value={search}
          onChange={setSearch}
        />
      )}
      <div
        className="bars-scroll"
        ref={scroller.ref}
        onScroll={scroller.onScroll}
        role="listbox"
        aria-label={props.label}
        aria-multiselectable="true"
        tabIndex={0}
        onKeyDown={press}
        aria-activedescendant={shown.length ? `${props.label}-${at}` : undefined}
        style={{ height: Math.max(1, Math.min(maxRows, shown.length)) * LINE }}
      >
        <div className="bars-space" role="presentation" style={{ height: scroller.height }}>
          {Array.from({ length: end - first }, (_, index) => draw(first + index))}
        </div>
        {shown.length === 0 && <p className="dim bars-none">No value matches.</p>}
      </div>
    </div>
  );
}
