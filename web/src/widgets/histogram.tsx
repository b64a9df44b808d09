// SPDX-License-Identifier: Apache-2.0
// A histogram whose range is chosen by dragging. Behind: all samples; before it: those in the view;
// at the foot of each bar: the wrong ones. Counts answer while dragging (`onBrush(range, false)`),
// history is written at the end (`true`). Both ends are sliders for the keyboard; Escape clears.
import { type KeyboardEvent, type PointerEvent, type ReactElement, useRef, useState } from "react";
import { binAt, countIn, nudge, type Range, shift, snap } from "@/base/bins";
import { fmtInt, fmtTick } from "@/base/format";
import { linear, ticks } from "@/base/scale";
import { useSize } from "./hooks";
import "./histogram.css";

export interface HistogramProps {
  readonly label: string;
  /** Bin edges, ascending, one more than bins. */
  readonly edges: readonly number[];
  readonly total: readonly number[];
  /** Samples in the view, per bin. */
  readonly matched?: readonly number[];
  /** Of those, the wrong ones. */
  readonly wrong?: readonly number[];
  readonly brush: Range | null;
  readonly onBrush?: (range: Range | null, final: boolean) => void;
  readonly height?: number;
  readonly format?: (value: number) => string;
  /** Square-root scale, so that small bins show beside large ones. */
  readonly root?: boolean;
}

/** One path for all bars: x per bin edge, height per bin. */
function barsPath(
  edges: readonly number[],
  counts: readonly number[],
  x: (value: number) => number,
  y: (count: number) => number,
  floor: number,
): string {
  return counts
    .map((count, bin) => {
      if (count <= 0) return "";
      const left = x(edges[bin] ?? 0);
      const right = x(edges[bin + 1] ?? 0);
      const gap = right - left > 3 ? 1 : 0;
      const top = Math.min(y(count), floor - 1);
      return `M${left.toFixed(1)} ${floor}V${top.toFixed(1)}H${(right - gap).toFixed(1)}V${floor}Z`;
    })
    .join("");
}

function useBrush(props: HistogramProps, valueAt: (clientX: number) => number) {
  const start = useRef<{ value: number; moved: boolean } | null>(null);
  const { edges, onBrush } = props;
  return {
    down: (event: PointerEvent<SVGSVGElement>) => {
      if (!onBrush || event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      start.current = { value: valueAt(event.clientX), moved: false };
    },
    move: (event: PointerEvent<SVGSVGElement>) => {
      if (!start.current || !onBrush) return;
      const at = valueAt(event.clientX);
      if (!start.current.moved && binAt(edges, at) === binAt(edges, start.current.value)) return;
      start.current.moved = true;
      onBrush(snap(edges, start.current.value, at), false);
    },
    up: (event: PointerEvent<SVGSVGElement>) => {
      if (!start.current || !onBrush) return;
      const { value, moved } = start.current;
      start.current = null;
      const one = snap(edges, value, value);
      const again =
        !moved && props.brush && one.low >= props.brush.low && one.high <= props.brush.high;
      onBrush(again ? null : moved ? snap(edges, value, valueAt(event.clientX)) : one, true);
    },
  };
}

function Thumbs(
  props: HistogramProps & {
    readonly range: Range;
    readonly x: (value: number) => number;
    readonly floor: number;
  },
): ReactElement {
  const { edges, range, onBrush, format = fmtTick } = props;
  const press = (end: "low" | "high") => (event: KeyboardEvent) => {
    const by = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageUp: 5,
      PageDown: -5,
      Home: -edges.length,
      End: edges.length,
    }[event.key];
    if (event.key === "Escape" || event.key === "Delete") onBrush?.(null, true);
    else if (by)
      onBrush?.(event.shiftKey ? shift(edges, range, by) : nudge(edges, range, end, by), true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      {(["low", "high"] as const).map((end) => (
        <span
          key={end}
          className="hist-thumb"
          role="slider"
          tabIndex={0}
          aria-label={`${props.label}, ${end === "low" ? "from" : "to"}`}
          aria-valuemin={edges[0] ?? 0}
          aria-valuemax={edges[edges.length - 1] ?? 1}
          aria-valuenow={range[end]}
          aria-valuetext={format(range[end])}
          onKeyDown={press(end)}
          style={{ left: props.x(range[end]), height: props.floor }}
        />
      ))}
    </>
  );
}

/** What stands below: the bin pointed at, or what the brush holds. */
function readoutOf(props: HistogramProps, bin: number, range: Range): string {
  const { edges, total, matched = total, wrong, format = fmtTick } = props;
  if (bin < 0) {
    const held = fmtInt(countIn(edges, matched, range));
    return `${held} in ${format(range.low)} – ${format(range.high)}`;
  }
  const bounds = `${format(edges[bin] ?? 0)} – ${format(edges[bin + 1] ?? 0)}`;
  const tail = wrong ? ` · ${fmtInt(wrong[bin])} wrong` : "";
  return `${fmtInt(matched[bin])} of ${fmtInt(total[bin])} in ${bounds}${tail}`;
}

/** The brush: what lies outside is shaded, its ends are lines. */
function Shade(props: {
  readonly brush: Range;
  readonly x: (value: number) => number;
  readonly width: number;
  readonly floor: number;
}): ReactElement {
  const { floor, width } = props;
  const [low, high] = [props.x(props.brush.low), props.x(props.brush.high)];
  return (
    <>
      <rect className="hist-shade" x={0} width={Math.max(0, low)} height={floor} />
      <rect className="hist-shade" x={high} width={Math.max(0, width - high)} height={floor} />
      <path className="hist-ends" d={`M${low} 0V${floor}M${high} 0V${floor}`} />
    </>
  );
}

export function Histogram(props: HistogramProps): ReactElement {
  const { edges, total, matched, wrong, brush, height = 64, format = fmtTick } = props;
  const [ref, size] = useSize<HTMLDivElement>();
  const [hover, setHover] = useState(-1);
  const [low, high] = [edges[0] ?? 0, edges[edges.length - 1] ?? 1];
  const width = Math.max(1, size.width);
  const x = linear(low, high, 0, width);
  const scale = (count: number) => (props.root ? Math.sqrt(count) : count);
  const most = scale(total.reduce((top, count) => Math.max(top, count), 1));
  const y = (count: number) => height - (scale(count) / most) * (height - 4);
  const valueAt = (clientX: number) => {
    const box = ref.current?.getBoundingClientRect();
    return box ? low + ((clientX - box.left) / box.width) * (high - low) : low;
  };
  const hand = useBrush(props, valueAt);
  const range = brush ?? { low, high };
  const bars = (counts: readonly number[]) => barsPath(edges, counts, x, y, height);
  return (
    <div className="hist">
      <div className="hist-plot" ref={ref} style={{ height }}>
        <svg
          width={width}
          height={height}
          aria-hidden="true"
          className={props.onBrush ? "hist-brushes" : ""}
          onPointerDown={hand.down}
          onPointerMove={(event) => {
            setHover(binAt(edges, valueAt(event.clientX)));
            hand.move(event);
          }}
          onPointerUp={hand.up}
          onPointerLeave={() => setHover(-1)}
        >
          <path className="hist-total" d={bars(total)} />
          {matched && <path className="hist-match" d={bars(matched)} />}
          {wrong && <path className="hist-wrong" d={bars(wrong)} />}
          {brush && <Shade brush={brush} x={x} width={width} floor={height} />}
          <path className="hist-floor" d={`M0 ${height - 0.5}H${width}`} />
        </svg>
        {props.onBrush && <Thumbs {...props} range={range} x={x} floor={height} />}
      </div>
      <div className="hist-axis" aria-hidden="true">
        {ticks(low, high, Math.max(2, Math.floor(width / 70))).map((tick) => (
          <span key={tick} style={{ left: x(tick) }}>
            {format(tick)}
          </span>
        ))}
      </div>
      <div className="hist-readout">{readoutOf(props, hover, range)}</div>
    </div>
  );
}
