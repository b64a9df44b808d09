// SPDX-License-Identifier: Apache-2.0
// CurveChart: ROC, precision-recall and other curves over a shared plane. Pointing at it, or the
// arrow keys, reads out every curve at that x; the legend switches curves off.
import { type KeyboardEvent, type PointerEvent, type ReactElement, useState } from "react";
import { fmtReal } from "@/base/format";
import { clamp, nearest } from "@/base/scale";
import { Axes, type Domain, type Frame, scalesOf } from "./axes";
import { useSize } from "./hooks";
import "./curve.css";

export interface Curve {
  readonly id: string;
  readonly title: string;
  /** Ascending or descending. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Third number per point, shown on read-out (the threshold). */
  readonly at?: readonly number[];
  /** Number after the title in the legend: the area. */
  readonly note?: string;
  /** 1 to 8: place in the categorical palette; 0: accent. */
  readonly colour?: number;
}

export interface CurveChartProps {
  readonly label: string;
  readonly curves: readonly Curve[];
  readonly xTitle: string;
  readonly yTitle: string;
  readonly atTitle?: string;
  readonly x?: Domain;
  readonly y?: Domain;
  /** A dashed reference line from one corner to another, or level. */
  readonly reference?: "rising" | "none" | { readonly level: number };
  readonly height?: number;
}

const UNIT: Domain = { low: 0, high: 1 };
const STEPS = 100;

export const curveColour = (curve: Curve): string =>
  curve.colour ? `var(--cat-${((curve.colour - 1) % 8) + 1})` : "var(--accent)";

function pathOf(curve: Curve, x: (v: number) => number, y: (v: number) => number): string {
  return curve.x
    .map((value, at) => `${at ? "L" : "M"}${x(value).toFixed(1)} ${y(curve.y[at] ?? 0).toFixed(1)}`)
    .join("");
}

/** Index of the point of the curve nearest to `value` on x. */
export function pointAt(curve: Curve, value: number): number {
  const falling = (curve.x[0] ?? 0) > (curve.x[curve.x.length - 1] ?? 0);
  if (!falling) return nearest(curve.x, value);
  return curve.x.length - 1 - nearest([...curve.x].reverse(), value);
}

function Legend(props: {
  readonly curves: readonly Curve[];
  readonly off: ReadonlySet<string>;
  readonly onToggle: (id: string) => void;
}): ReactElement {
  return (
    <div className="legend">
      {props.curves.map((curve) => (
        <button
          key={curve.id}
          type="button"
          aria-pressed={!props.off.has(curve.id)}
          onClick={() => props.onToggle(curve.id)}
        >
          <i style={{ background: curveColour(curve) }} />
          <span className="cut">{curve.title}</span>
          {curve.note && <span className="dim">{curve.note}</span>}
        </button>
      ))}
    </div>
  );
}

interface Reading {
  readonly curve: Curve;
  /** Index of the point read, -1 for none. */
  readonly point: number;
}

interface Plane {
  readonly frame: Frame;
  readonly x: Domain;
  readonly y: Domain;
}

function referencePath(reference: CurveChartProps["reference"], plane: Plane): string {
  const { frame, x, y } = plane;
  const scale = scalesOf(frame, x, y);
  if (!reference || reference === "none") return "";
  if (reference === "rising") {
    return `M${scale.x(x.low)} ${scale.y(y.low)}L${scale.x(x.high)} ${scale.y(y.high)}`;
  }
  return `M${frame.left} ${scale.y(reference.level)}H${frame.width - frame.right}`;
}

function Lines(props: {
  readonly plane: Plane;
  readonly reference: string;
  readonly readings: readonly Reading[];
  readonly at: number | null;
}): ReactElement {
  const { frame, x, y } = props.plane;
  const scale = scalesOf(frame, x, y);
  const floor = frame.height - frame.bottom;
  return (
    <>
      {props.reference && <path className="curve-reference" d={props.reference} />}
      {props.readings.map(({ curve }) => (
        <path
          key={curve.id}
          className="curve-line"
          d={pathOf(curve, scale.x, scale.y)}
          style={{ stroke: curveColour(curve) }}
        />
      ))}
      {props.at !== null && (
        <path className="curve-at" d={`M${scale.x(props.at)} ${frame.top}V${floor}`} />
      )}
      {props.readings
        .filter(({ point }) => point >= 0)
        .map(({ curve, point }) => (
          <circle
            key={curve.id}
            className="curve-dot"
            r={3.5}
            cx={scale.x(curve.x[point] ?? 0)}
            cy={scale.y(curve.y[point] ?? 0)}
            style={{ fill: curveColour(curve) }}
          />
        ))}
    </>
  );
}

/** The numbers at the cursor, one line per curve. */
function Readout(props: {
  readonly readings: readonly Reading[];
  readonly left: boolean;
  readonly atTitle: string;
}): ReactElement | null {
  const shown = props.readings.filter(({ point }) => point >= 0).slice(0, 9);
  if (shown.length === 0) return null;
  return (
    <div className={props.left ? "curve-readout curve-left" : "curve-readout"} aria-live="polite">
      {shown.map(({ curve, point }) => (
        <div key={curve.id}>
          <i style={{ background: curveColour(curve) }} />
          <span className="cut">{curve.title}</span>
          <span>{fmtReal(curve.x[point] ?? NaN, 3)}</span>
          <b>{fmtReal(curve.y[point] ?? NaN, 3)}</b>
          {curve.at && (
            <span className="dim">
              {props.atTitle} {fmtReal(curve.at[point] ?? NaN, 3)}
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

function Plot(props: CurveChartProps): ReactElement {
  const { height = 260, x = UNIT, y = UNIT } = props;
  const [ref, size] = useSize<HTMLDivElement>();
  const [at, setAt] = useState<number | null>(null);
  const margins = { left: 38, right: 10, top: 22, bottom: 34 };
  const frame: Frame = { width: Math.max(120, size.width), height, ...margins };
  const plane = { frame, x, y };
  const readings = props.curves.map((curve) => ({
    curve,
    point: at === null ? -1 : pointAt(curve, at),
  }));
  const press = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const step = (by * (x.high - x.low)) / STEPS;
    setAt((old) => clamp((old ?? x.low) + step, x.low, x.high));
  };
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const width = frame.width - frame.left - frame.right;
    const part = (event.clientX - box.left - frame.left) / width;
    const inside = part >= -0.05 && part <= 1.05;
    setAt(inside ? x.low + clamp(part, 0, 1) * (x.high - x.low) : null);
  };
  return (
    <div
      ref={ref}
      className="curve-plot"
      style={{ height }}
      role="img"
      tabIndex={0}
      aria-label={`${props.label}. Arrow keys read values.`}
      onKeyDown={press}
      onPointerMove={point}
      onPointerLeave={() => setAt(null)}
    >
      <svg width={frame.width} height={height}>
        <Axes frame={frame} x={x} y={y} xTitle={props.xTitle} yTitle={props.yTitle} />
        <Lines
          plane={plane}
          reference={referencePath(props.reference, plane)}
          readings={readings}
          at={at}
        />
      </svg>
      <Readout
        readings={readings}
        left={at !== null && at > (x.low + x.high) / 2}
        atTitle={props.atTitle ?? "at"}
      />
    </div>
  );
}

export function CurveChart(props: CurveChartProps): ReactElement {
  const { curves } = props;
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOff((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <div className="curve">
      <Plot {...props} curves={curves.filter((curve) => !off.has(curve.id))} />
      {curves.length > 1 && <Legend curves={curves} off={off} onToggle={toggle} />}
    </div>
  );
}
