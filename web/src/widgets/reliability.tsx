// SPDX-License-Identifier: Apache-2.0
// ReliabilityDiagram: mean confidence against accuracy per bin, each with its interval; the gap to
// the diagonal is filled, below stands how many samples each bin holds. A bin can be opened.
import { type KeyboardEvent, type MouseEvent, type ReactElement, useState } from "react";
import { fmtInt, fmtPercent, fmtPercentInterval, fmtSigned, plural } from "@/base/format";
import { clamp } from "@/base/scale";
import { Axes, type Frame, scalesOf } from "./axes";
import { useSize } from "./hooks";
import "./reliability.css";

export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence. */
  readonly confidence: number;
  readonly accuracy: number;
  readonly accuracy_low: number;
  readonly accuracy_high: number;
}

const UNIT = { low: 0, high: 1 };
const FOOT = 46;

function BinMark(props: {
  readonly bin: ReliabilityBin;
  readonly on: boolean;
  readonly x: (v: number) => number;
  readonly y: (v: number) => number;
}): ReactElement {
  const { bin, x, y } = props;
  const [left, right] = [x(bin.low), x(bin.high)];
  const over = bin.confidence > bin.accuracy;
  const [top, foot] = [
    y(Math.max(bin.confidence, bin.accuracy)),
    y(Math.min(bin.confidence, bin.accuracy)),
  ];
  return (
    <g className={props.on ? "rel-bin rel-on" : "rel-bin"}>
      <rect
        className="rel-bar"
        x={left + 0.5}
        width={Math.max(1, right - left - 1)}
        y={y(bin.accuracy)}
        height={Math.max(0, y(0) - y(bin.accuracy))}
      />
      <rect
        className={over ? "rel-over" : "rel-under"}
        x={left + 0.5}
        y={top}
        width={Math.max(1, right - left - 1)}
        height={Math.max(0, foot - top)}
      />
      <path
        className="rel-whisker"
        d={`M${x(bin.confidence)} ${y(bin.accuracy_low)}V${y(bin.accuracy_high)}`}
      />
      <circle
        className="rel-dot"
        cx={x(bin.confidence)}
        cy={y(bin.accuracy)}
        r={props.on ? 4 : 3}
      />
    </g>
  );
}

/** How many samples each bin holds, below the plane. */
function Counts(props: {
  readonly bins: readonly ReliabilityBin[];
  readonly chosen: ReliabilityBin | undefined;
  readonly x: (v: number) => number;
  readonly frame: Frame;
}): ReactElement {
  const { bins, x, frame } = props;
  const foot = frame.height + FOOT;
  const most = bins.reduce((high, bin) => Math.max(high, bin.count), 1);
  return (
    <>
      {bins.map((bin) => {
        const high = (bin.count / most) * (FOOT - 16);
        return (
          <rect
            key={bin.low}
            className={bin === props.chosen ? "rel-count rel-count-on" : "rel-count"}
            x={x(bin.low) + 0.5}
            width={Math.max(1, x(bin.high) - x(bin.low) - 1)}
            y={foot - 2 - high}
            height={bin.count > 0 ? Math.max(1, high) : 0}
          />
        );
      })}
      <path
        className="axes-floor"
        d={`M${frame.left} ${foot - 1.5}H${frame.width - frame.right}`}
      />
      <text className="rel-most" x={frame.left - 6} y={foot - FOOT + 24} textAnchor="end">
        {fmtInt(most)}
      </text>
    </>
  );
}

function BinReadout(props: { readonly bin: ReliabilityBin | undefined }): ReactElement {
  const { bin } = props;
  if (!bin) {
    return (
      <p className="rel-readout dim">
        Filled: the gap between confidence and accuracy. Whiskers: 95 % interval.
      </p>
    );
  }
  return (
    <p className="rel-readout" aria-live="polite">
      <b>{fmtPercent(bin.accuracy)}</b> right{" "}
      <span className="dim">({fmtPercentInterval(bin.accuracy_low, bin.accuracy_high)})</span> at{" "}
      <b>{fmtPercent(bin.confidence)}</b> confidence ·{" "}
      <span className={bin.confidence > bin.accuracy_high ? "bad" : ""}>
        {fmtSigned((bin.accuracy - bin.confidence) * 100)} pp
      </span>{" "}
      · {plural(bin.count, "sample")}
    </p>
  );
}

export function ReliabilityDiagram(props: {
  readonly bins: readonly ReliabilityBin[];
  readonly onBin?: (bin: ReliabilityBin) => void;
  readonly height?: number;
}): ReactElement {
  const { bins, height = 320, onBin } = props;
  const [ref, size] = useSize<HTMLDivElement>();
  const [at, setAt] = useState(-1);
  const margins = { left: 38, right: 10, top: 22, bottom: 34 };
  const frame: Frame = { width: Math.max(160, size.width), height: height - FOOT, ...margins };
  const { x, y } = scalesOf(frame, UNIT, UNIT);
  const full = bins.filter((bin) => bin.count > 0);
  const chosen = full[at];
  const press = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) setAt((old) => clamp(old + by, 0, full.length - 1));
    else if (event.key === "Enter" && chosen) onBin?.(chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const under = (event: MouseEvent<HTMLDivElement>) => {
    const from = event.currentTarget.getBoundingClientRect().left + frame.left;
    const value = (event.clientX - from) / (frame.width - frame.left - frame.right);
    return full.findIndex((bin) => value >= bin.low && value < bin.high + 1e-9);
  };
  return (
    <div className="rel">
      <div
        ref={ref}
        className={onBin ? "rel-plot rel-opens" : "rel-plot"}
        style={{ height }}
        role="img"
        tabIndex={0}
        onKeyDown={press}
        aria-label="Reliability diagram. Arrow keys read bins, Enter opens one."
        onPointerMove={(event) => setAt(under(event))}
        onPointerLeave={() => setAt(-1)}
        onClick={(event) => {
          const bin = full[under(event)];
          if (bin) onBin?.(bin);
        }}
      >
        <svg width={frame.width} height={height}>
          <Axes frame={frame} x={UNIT} y={UNIT} xTitle="confidence" yTitle="accuracy" />
          {full.map((bin) => (
            <BinMark key={bin.low} bin={bin} on={bin === chosen} x={x} y={y} />
          ))}
          <path className="rel-ideal" d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} />
          <Counts bins={bins} chosen={chosen} x={x} frame={frame} />
        </svg>
      </div>
      <BinReadout bin={chosen} />
    </div>
  );
}
