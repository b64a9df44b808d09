// SPDX-License-Identifier: Apache-2.0
// VirtualGrid: thumbnails of a view of any length, read page by page. It is one tab stop; arrows,
// Home, End, PageUp and PageDown move the cursor, Enter opens, Space selects, Shift extends.
// Invariant: row numbers are positions in the view, 0 to count - 1; nothing is mounted for rows out
// of sight, and a row whose page is not here yet is drawn as a placeholder of the same size.
import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type ReactElement,
  type ReactNode,
  useEffect,
  useId,
} from "react";
import { useSize } from "./hooks";
import { useScroller } from "./scroller";
import "./grid.css";

export interface VirtualGridProps<T> {
  readonly label: string;
  readonly count: number;
  /** Item at a row, undefined while its page loads. */
  readonly item: (row: number) => T | undefined;
  /** Called when other rows come into sight: load pages for [first, end). */
  readonly onRange: (first: number, end: number) => void;
  /** Side of a thumbnail in pixels; the tile adds `caption` pixels below. */
  readonly side: number;
  readonly caption: number;
  readonly renderTile: (item: T | undefined, row: number) => ReactNode;
  /** Words for a row, for assistive tools. */
  readonly describe: (item: T | undefined, row: number) => string;
  /** Cursor row, -1 for none. */
  readonly cursor: number;
  readonly onCursor: (row: number) => void;
  /** Enter, or a press on the tile the cursor is on. */
  readonly onOpen: (row: number) => void;
  readonly selected?: ReadonlySet<number>;
  readonly onSelect?: (rows: readonly number[], keep: boolean) => void;
  /** Brings this row to the middle whenever it changes ("go to row"). */
  readonly reveal?: { readonly row: number } | null;
  readonly empty?: ReactNode;
  /** Told how many columns there are and how many lines fit, for keys pressed elsewhere. */
  readonly onShape?: (columns: number, fit: number) => void;
}

const GAP = 6;

/** Where a movement key leads from `row`, or -1 when the key does not move. */
export function gridStep(
  key: string,
  row: number,
  columns: number,
  fit: number,
  count: number,
): number {
  const last = count - 1;
  const steps: Record<string, number> = {
    ArrowRight: row + 1,
    ArrowLeft: row - 1,
    ArrowDown: row + columns,
    ArrowUp: row - columns,
    PageDown: row + columns * fit,
    PageUp: row - columns * fit,
    Home: 0,
    End: last,
  };
  const next = steps[key];
  if (next === undefined) return -1;
  if (row < 0) return key === "End" ? last : 0;
  if (key === "ArrowUp" && next < 0) return row;
  if (key === "ArrowDown" && next > last) {
    const lastLine = Math.floor(last / columns);
    return Math.floor(row / columns) < lastLine ? last : row;
  }
  return Math.max(0, Math.min(last, next));
}

const span = (from: number, to: number): number[] =>
  Array.from(
    { length: Math.min(10_000, Math.abs(to - from) + 1) },
    (_, at) => Math.min(from, to) + at,
  );

interface TileProps {
  readonly id: string;
  readonly row: number;
  readonly count: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly current: boolean;
  readonly chosen: boolean;
  readonly words: string;
  readonly children: ReactNode;
}

const Tile = memo(function Tile(props: TileProps): ReactElement {
  return (
    <div
      id={props.id}
      role="option"
      aria-selected={props.chosen}
      aria-label={props.words}
      aria-posinset={props.row + 1}
      aria-setsize={props.count}
      data-row={props.row}
      className={`grid-tile${props.current ? " grid-current" : ""}`}
      style={{ left: props.left, top: props.top, width: props.width, height: props.height }}
    >
      {props.children}
    </div>
  );
});

/** Columns, tile width and line height for a grid `width` pixels wide. */
export function gridLayout(width: number, side: number, caption: number) {
  const columns = Math.max(1, Math.floor((width - GAP) / (side + GAP)));
  const tile = Math.max(side, Math.floor((width - GAP) / columns) - GAP);
  return { columns, tile, line: tile + caption + GAP };
}

const rowUnder = (event: MouseEvent): number =>
  Number((event.target as HTMLElement).closest<HTMLElement>("[data-row]")?.dataset.row ?? -1);

/** What keys and the pointer do. */
function useGridHand<T>(props: VirtualGridProps<T>, columns: number, fit: number) {
  const { cursor, count, onSelect } = props;
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && cursor >= 0) props.onOpen(cursor);
    else if (event.key === " " && cursor >= 0) onSelect?.([cursor], true);
    else {
      const next = gridStep(event.key, cursor, columns, fit, count);
      if (next < 0) return;
      props.onCursor(next);
      if (event.shiftKey && cursor >= 0) onSelect?.(span(cursor, next), true);
    }
    event.preventDefault();
  };
  const click = (event: MouseEvent) => {
    const row = rowUnder(event);
    if (row < 0) return;
    if (event.shiftKey && cursor >= 0) onSelect?.(span(cursor, row), true);
    else if (event.ctrlKey || event.metaKey) onSelect?.([row], true);
    else if (row === cursor) props.onOpen(row);
    props.onCursor(row);
  };
  return { press, click };
}

export function VirtualGrid<T>(props: VirtualGridProps<T>): ReactElement {
  const { count, cursor, onRange, item, reveal, onShape } = props;
  const id = useId();
  const box = useSize<HTMLDivElement>();
  const { columns, tile, line } = gridLayout(box[1].width, props.side, props.caption);
  const { show, topOf, rows, ...scroller } = useScroller(Math.ceil(count / columns), line, 2, box);
  const hand = useGridHand(props, columns, scroller.fit);
  const first = rows.first * columns;
  const end = Math.min(count, rows.end * columns);
  useEffect(() => {
    if (end > first) onRange(first, end);
  }, [first, end, onRange]);
  useEffect(() => onShape?.(columns, scroller.fit), [columns, scroller.fit, onShape]);
  useEffect(() => {
    if (cursor >= 0 && cursor < count) show(Math.floor(cursor / columns));
  }, [cursor, columns, count, show]);
  useEffect(() => {
    if (reveal) show(Math.floor(reveal.row / columns), "centre");
  }, [reveal]);
  const draw = (row: number) => (
    <Tile
      key={row}
      id={`${id}${row}`}
      row={row}
      count={count}
      width={tile}
      height={line - GAP}
      left={GAP + (row % columns) * (tile + GAP)}
      top={GAP + topOf(Math.floor(row / columns))}
      current={row === cursor}
      chosen={props.selected?.has(row) ?? row === cursor}
      words={props.describe(item(row), row)}
    >
      {props.renderTile(item(row), row)}
    </Tile>
  );
  return (
    <div className="grid">
      <div
        className="grid-scroll"
        ref={scroller.ref}
        onScroll={scroller.onScroll}
        role="listbox"
        aria-label={props.label}
        aria-multiselectable={props.onSelect !== undefined}
        tabIndex={0}
        aria-activedescendant={cursor >= first && cursor < end ? `${id}${cursor}` : undefined}
        onKeyDown={hand.press}
        onClick={hand.click}
      >
        <div className="grid-space" style={{ height: scroller.height + GAP }} role="presentation">
          {Array.from({ length: Math.max(0, end - first) }, (_, at) => draw(first + at))}
        </div>
      </div>
      {count === 0 && props.empty && <div className="grid-empty">{props.empty}</div>}
    </div>
  );
}
