// SPDX-License-Identifier: Apache-2.0
// DataTable: rows of any number with a fixed head, sortable columns and a row cursor. Rows come by
// position, so the caller may hold them all or page them in. On a narrow table columns of low
// priority are left out. Invariant: sorting is asked for, not done here.
import {
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
} from "react";
import type { Sort } from "@/base/view";
import { Icon } from "./icon";
import { listStep, type Scroller, useScroller } from "./scroller";
import "./table.css";

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  readonly help?: string;
  readonly align?: "left" | "right";
  /** CSS grid track: "80px", "minmax(120px, 1fr)". */
  readonly width: string;
  readonly render: (row: T, at: number) => ReactNode;
  readonly sortable?: boolean;
  /** Width in pixels below which the column is left out. */
  readonly hideBelow?: number;
}

export interface DataTableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly count: number;
  readonly row: (at: number) => T | undefined;
  readonly sort?: Sort | null;
  readonly onSort?: (sort: Sort | null) => void;
  readonly cursor?: number;
  readonly onCursor?: (at: number) => void;
  /** Enter, or a press on the row the cursor is on (on any row when there is no cursor). */
  readonly onOpen?: (at: number) => void;
  /** Rows in sight changed: load [first, end). */
  readonly onRange?: (first: number, end: number) => void;
  readonly rowHeight?: number;
  /** Height in pixels; by default as high as its rows, at most `maxHeight`. */
  readonly height?: number | "fill";
  readonly maxHeight?: number;
  readonly empty?: ReactNode;
  readonly rowTone?: (row: T) => string;
}

function nextSort(id: string, sort: Sort | null | undefined): Sort | null {
  if (sort?.field !== id) return { field: id, descending: true };
  return sort.descending ? { field: id, descending: false } : null;
}

function Head<T>(props: {
  readonly columns: readonly Column<T>[];
  readonly sort: Sort | null | undefined;
  readonly onSort: ((sort: Sort | null) => void) | undefined;
}): ReactElement {
  const { sort, onSort } = props;
  const direction = (id: string) =>
    sort?.field !== id ? "none" : sort.descending ? "descending" : "ascending";
  return (
    <div className="table-head" role="row" aria-rowindex={1}>
      {props.columns.map((column) => {
        const can = column.sortable && onSort;
        const now = direction(column.id);
        return (
          <div
            key={column.id}
            role="columnheader"
            title={column.help}
            className={column.align === "right" ? "table-cell num" : "table-cell"}
            {...(can ? { "aria-sort": now } : {})}
          >
            {can ? (
              <button
                type="button"
                className={now === "none" ? "" : "table-sorted"}
                onClick={() => onSort(nextSort(column.id, sort))}
              >
                <span className="cut">{column.title}</span>
                {now !== "none" && <Icon name={now === "descending" ? "down" : "up"} size={11} />}
              </button>
            ) : (
              <span className="cut">{column.title}</span>
            )}
          </div>
        );
      })}
    </div>
  );
}

function Row<T>(props: {
  readonly id: string;
  readonly at: number;
  readonly row: T | undefined;
  readonly columns: readonly Column<T>[];
  readonly current: boolean;
  readonly tone: string;
  readonly top: number;
  readonly height: number;
  readonly onPress: () => void;
}): ReactElement {
  const { at, row, current } = props;
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={current}
      className={`table-row ${current ? "table-current" : ""} ${props.tone}`}
      style={{ top: props.top, height: props.height }}
      onClick={props.onPress}
    >
      {props.columns.map((column) => (
        <div
          key={column.id}
          role="gridcell"
          className={column.align === "right" ? "table-cell num" : "table-cell"}
        >
          {row === undefined ? <span className="skeleton table-wait" /> : column.render(row, at)}
        </div>
      ))}
    </div>
  );
}

/** Tells the style sheet the column widths, and how wide the scroll bar is, so heads line up. */
function useTracks<T>(columns: readonly Column<T>[], scroller: Pick<Scroller, "ref" | "size">) {
  const frame = useRef<HTMLDivElement>(null);
  const widths = columns.map((column) => column.width).join(" ");
  useLayoutEffect(() => {
    const box = scroller.ref.current;
    frame.current?.style.setProperty("--columns", widths);
    if (box) frame.current?.style.setProperty("--gutter", `${box.offsetWidth - box.clientWidth}px`);
  }, [widths, scroller.ref, scroller.size]);
  return frame;
}

export function DataTable<T>(props: DataTableProps<T>): ReactElement {
  const { count, cursor = -1, rowHeight = 28, onRange, onCursor, onOpen, maxHeight = 420 } = props;
  const id = useId();
  const { show, ...scroller } = useScroller(count, rowHeight, 6);
  const { first, end } = scroller.rows;
  useEffect(() => {
    if (end > first) onRange?.(first, end);
  }, [first, end, onRange]);
  useEffect(() => {
    if (cursor >= 0) show(cursor);
  }, [cursor, show]);
  const wide = scroller.size.width || 4000;
  const columns = props.columns.filter((column) => wide >= (column.hideBelow ?? 0));
  const frame = useTracks(columns, scroller);
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = listStep(event.key, cursor, count, scroller.fit);
    if (event.key === "Enter" && cursor >= 0 && event.target === event.currentTarget) {
      onOpen?.(cursor);
    } else if (next >= 0 && onCursor) onCursor(next);
    else return;
    event.preventDefault();
  };
  const height = props.height ?? Math.min(maxHeight, Math.max(1, count) * rowHeight + 1);
  const draw = (at: number) => {
    const row = props.row(at);
    return (
      <Row
        key={at}
        id={`${id}${at}`}
        at={at}
        row={row}
        columns={columns}
        current={at === cursor}
        tone={row === undefined ? "" : (props.rowTone?.(row) ?? "")}
        top={scroller.topOf(at)}
        height={rowHeight}
        onPress={() => (onCursor && at !== cursor ? onCursor(at) : onOpen?.(at))}
      />
    );
  };
  return (
    <div
      className={`table ${height === "fill" ? "table-fill" : ""} ${onOpen ? "table-opens" : ""}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={count + 1}
      tabIndex={0}
      onKeyDown={press}
      aria-activedescendant={cursor >= first && cursor < end ? `${id}${cursor}` : undefined}
      ref={frame}
    >
      <Head columns={columns} sort={props.sort} onSort={props.onSort} />
      <div
        className="table-scroll"
        ref={scroller.ref}
        onScroll={scroller.onScroll}
        role="presentation"
        style={height === "fill" ? {} : { height }}
      >
        <div className="table-space" role="rowgroup" style={{ height: scroller.height }}>
          {Array.from({ length: end - first }, (_, at) => draw(first + at))}
        </div>
        {count === 0 && <div className="table-none dim">{props.empty ?? "Nothing here."}</div>}
      </div>
    </div>
  );
}

/** Sorts rows held in memory by a column's value; nulls last, ties keep their order. */
export function sortRows<T>(
  rows: readonly T[],
  sort: Sort | null,
  valueOf: (row: T, field: string) => number | string | null,
): T[] {
  if (!sort) return [...rows];
  const sign = sort.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a, sort.field), valueOf(b, sort.field)];
    const missing = (value: unknown) => value === null || Number.isNaN(value);
    if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
    if (typeof x === "string" || typeof y === "string")
      return sign * String(x).localeCompare(String(y));
    return sign * ((x ?? 0) - (y ?? 0));
  });
}
