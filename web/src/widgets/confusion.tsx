// SPDX-License-Identifier: Apache-2.0
// Confusion matrix, 2 to about 1,000 classes: rows are labels, columns predictions. Drawn on a
// canvas by confusion_paint.ts; the pointer or the arrow keys move a cell cursor whose numbers are
// read out, Enter or a click opens the cell's samples. Below it, the largest errors as a list,
// which is also the form for assistive tools.
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { clusterOrder } from "@/base/cluster";
import { ramp } from "@/base/colour";
import { fmtInt, fmtPercent, plural } from "@/base/format";
import { clamp } from "@/base/scale";
import { IconButton, Segmented } from "./button";
import {
  cellAt,
  type Normalise,
  paintMatrix,
  type Shown,
  showMatrix,
  type Window,
  zoomWindow,
} from "./confusion-paint";
import { Switch } from "./field";
import { openCanvas, useColours, useFonts, useSize } from "./hooks";
import "./confusion.css";

export interface ConfusionProps {
  readonly labels: readonly string[];
  /** n x n counts, row-major: row = label, column = prediction. */
  readonly counts: ArrayLike<number>;
  readonly onCell?: (label: number, prediction: number) => void;
  /** Cell to mark from outside, as [label, prediction]. */
  readonly marked?: readonly [number, number] | null;
}

/** [row, column]. */
type Place = readonly [number, number];

const TOKENS = [
  "--panel",
  "--grid",
  "--line-2",
  "--match",
  "--wrong",
  "--fg",
  "--fg-2",
  "--fg-3",
  "--accent",
  "--bg",
] as const;

/** The largest off-diagonal cells, most first. */
export function topErrors(counts: ArrayLike<number>, n: number, most: number) {
  const cells: { label: number; prediction: number; count: number }[] = [];
  for (let at = 0; at < n * n; at += 1) {
    const count = counts[at] ?? 0;
    const [label, prediction] = [Math.floor(at / n), at % n];
    if (count > 0 && label !== prediction) cells.push({ label, prediction, count });
  }
  return cells.sort((a, b) => b.count - a.count || a.label - b.label).slice(0, most);
}

/** Dense counts from a list of cells. */
export function denseCounts(
  n: number,
  cells: Iterable<{ readonly label: number; readonly pred: number; readonly count: number }>,
) {
  const made = new Float64Array(n * n);
  for (const cell of cells) {
    if (cell.label < n && cell.pred < n) made[cell.label * n + cell.pred] = cell.count;
  }
  return made;
}

function Tools(props: {
  readonly order: "index" | "cluster";
  readonly onOrder: (order: "index" | "cluster") => void;
  readonly normalise: Normalise;
  readonly onNormalise: (by: Normalise) => void;
  readonly hideDiagonal: boolean;
  readonly onHide: (hide: boolean) => void;
  readonly onZoom: (factor: number) => void;
  readonly zoomed: boolean;
}): ReactElement {
  return (
    <div className="matrix-tools">
      <Segmented
        label="Normalise"
        value={props.normalise}
        onChange={props.onNormalise}
        choices={[
          { value: "none", title: "Count", help: "Colour by count" },
          {
            value: "row",
            title: "By label",
            help: "Colour by share of the label's samples (recall)",
          },
          {
            value: "col",
            title: "By prediction",
            help: "Colour by share of the predictions (precision)",
          },
        ]}
      />
      <Segmented
        label="Order"
        value={props.order}
        onChange={props.onOrder}
        choices={[
          { value: "index", title: "Index" },
          {
            value: "cluster",
            title: "Clustered",
            help: "Classes confused with each other stand together",
          },
        ]}
      />
      <Switch label="Errors only" on={props.hideDiagonal} onChange={props.onHide} />
      <span className="grow" />
      <span className="matrix-zoom">
        <IconButton
          icon="minus"
          label="Zoom out"
          keys="-"
          onPress={() => props.onZoom(0.5)}
          disabled={!props.zoomed}
        />
        <IconButton icon="plus" label="Zoom in" keys="+" onPress={() => props.onZoom(2)} />
      </span>
    </div>
  );
}

/** What the cursor's cell holds, in one line. */
function Readout(props: {
  readonly shown: Shown;
  readonly labels: readonly string[];
  readonly cell: readonly [number, number] | null;
}): ReactElement {
  const { shown, cell, labels } = props;
  if (!cell) {
    return (
      <p className="matrix-readout dim">Rows are labels, columns predictions. Point at a cell.</p>
    );
  }
  const [label, prediction] = cell;
  const count = shown.count(label, prediction);
  return (
    <p className="matrix-readout" aria-live="polite">
      <b>{labels[label]}</b>{" "}
      {label === prediction ? (
        "rightly predicted"
      ) : (
        <>
          taken for <b>{labels[prediction]}</b>
        </>
      )}
      {": "}
      <b>{fmtInt(count)}</b>
      <span className="dim">
        {" "}
        · {fmtPercent(count / Math.max(1, shown.rowTotal(label)))} of label ·{" "}
        {fmtPercent(count / Math.max(1, shown.columnTotal(prediction)))} of prediction
      </span>
    </p>
  );
}

interface MatrixState {
  readonly shown: Shown;
  readonly view: Window;
  readonly cursor: Place | null;
  readonly side: number;
}

/** Paints whenever what is shown changes. */
function usePaint(props: ConfusionProps, state: MatrixState): RefObject<HTMLCanvasElement | null> {
  const { shown, view, cursor, side } = state;
  const { labels, marked = null } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours(TOKENS);
  const fonts = useFonts();
  const maps = useMemo(() => {
    const ground = colours["--panel"];
    return {
      map: ramp([ground, colours["--wrong"], colours["--fg"]]),
      right: ramp([ground, colours["--match"]]),
    };
  }, [colours]);
  useEffect(() => {
    const context = canvas.current && openCanvas(canvas.current, { width: side, height: side });
    const font = getComputedStyle(document.body).fontFamily;
    if (context) paintMatrix(context, { ...state, ...maps, labels, colours, font, marked });
  }, [shown, view, cursor, side, labels, maps, colours, fonts, marked]);
  return canvas;
}

/** Order, shares and window of the matrix, and the setters of its tools. */
function useMatrix(counts: ArrayLike<number>, n: number) {
  const [order, onOrder] = useState<"index" | "cluster">("index");
  const [normalise, onNormalise] = useState<Normalise>("row");
  const [hideDiagonal, onHide] = useState(true);
  const [view, setView] = useState<Window>({ row: 0, col: 0, size: n });
  const places = useMemo(
    () => (order === "cluster" ? clusterOrder(counts, n) : [...Array(n).keys()]),
    [order, counts, n],
  );
  const shown = useMemo(
    () => showMatrix(counts, n, places, normalise, hideDiagonal),
    [counts, n, places, normalise, hideDiagonal],
  );
  useEffect(() => setView({ row: 0, col: 0, size: n }), [n]);
  const tools = { order, onOrder, normalise, onNormalise, hideDiagonal, onHide };
  return { shown, view, setView, tools };
}

const MOVES: Readonly<Record<string, Place>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function ConfusionMatrix(props: ConfusionProps): ReactElement {
  const { labels, counts, onCell } = props;
  const n = labels.length;
  const { shown, view, setView, tools } = useMatrix(counts, n);
  const [cursor, setCursor] = useState<Place | null>(null);
  const [box, boxSize] = useSize<HTMLDivElement>();
  const side = clamp(boxSize.width, 120, 760);
  const canvas = usePaint(props, { shown, view, cursor, side });
  const zoom = (factor: number, at = cursor) => setView((old) => zoomWindow(old, n, factor, at));
  const real: Place | null = cursor && [shown.places[cursor[0]] ?? 0, shown.places[cursor[1]] ?? 0];
  const move = (by: Place) => {
    const [row, col] = cursor ?? [view.row, view.col];
    const next: Place = [clamp(row + by[0], 0, n - 1), clamp(col + by[1], 0, n - 1)];
    setCursor(next);
    zoom(1, next);
  };
  const press = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (by) move(by);
    else if (event.key === "Enter" && cursor) open(cursor);
    else if (event.key === "+" || event.key === "=") zoom(2);
    else if (event.key === "-") zoom(0.5);
    else if (event.key === "0") setView({ row: 0, col: 0, size: n });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const under = (event: MouseEvent<HTMLCanvasElement>): Place | null => {
    const area = event.currentTarget.getBoundingClientRect();
    return cellAt(view, side, labels, n, event.clientX - area.left, event.clientY - area.top);
  };
  const open = (cell: Place | null) => {
    if (cell) onCell?.(shown.places[cell[0]] ?? 0, shown.places[cell[1]] ?? 0);
  };
  return (
    <div className="matrix">
      <Tools {...tools} onZoom={zoom} zoomed={view.size < n} />
      <div className="matrix-box" ref={box}>
        <canvas
          ref={canvas}
          className="matrix-canvas"
          tabIndex={0}
          role="img"
          style={{ width: side, height: side }}
          onKeyDown={press}
          aria-label={`Confusion matrix of ${plural(n, "class", "classes")}. Arrow keys move, Enter opens the cell.`}
          onPointerMove={(event) => setCursor(under(event))}
          onPointerLeave={() => setCursor(null)}
          onClick={(event) => open(under(event))}
        />
      </div>
      <Readout shown={shown} labels={labels} cell={real} />
    </div>
  );
}

/** The largest errors as rows; each leads to its samples. */
export function TopErrors(props: {
  readonly labels: readonly string[];
  readonly counts: ArrayLike<number>;
  readonly most?: number;
  readonly onCell: (label: number, prediction: number) => void;
}): ReactElement {
  const { labels, counts, most = 12 } = props;
  const n = labels.length;
  const rows = useMemo(() => topErrors(counts, n, most), [counts, n, most]);
  const highest = rows[0]?.count ?? 1;
  return (
    <ol className="pairs" aria-label="Largest errors">
      {rows.map((row) => (
        <li key={`${row.label}-${row.prediction}`}>
          <button type="button" onClick={() => props.onCell(row.label, row.prediction)}>
            <span className="cut pair-names">
              {labels[row.label]} <span className="dim">→</span> {labels[row.prediction]}
            </span>
            <span>{fmtInt(row.count)}</span>
            <span className="pair-track" aria-hidden="true">
              <i style={{ width: `${(row.count / highest) * 100}%` }} />
            </span>
          </button>
        </li>
      ))}
      {rows.length === 0 && <li className="dim">No errors.</li>}
    </ol>
  );
}
