// SPDX-License-Identifier: Apache-2.0
// Axes of a chart with both scales linear: grid lines, tick labels and titles, in SVG.
import type { ReactElement } from "react";
import { fmtTick } from "@/base/format";
import { linear, ticks } from "@/base/scale";
import "./axes.css";

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Domain {
  readonly low: number;
  readonly high: number;
}

/** Scales of a frame: value to pixel, on both axes. */
export function scalesOf(frame: Frame, x: Domain, y: Domain) {
  return {
    x: linear(x.low, x.high, frame.left, frame.width - frame.right),
    y: linear(y.low, y.high, frame.height - frame.bottom, frame.top),
  };
}

export function Axes(props: {
  readonly frame: Frame;
  readonly x: Domain;
  readonly y: Domain;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xFormat?: (value: number) => string;
  readonly yFormat?: (value: number) => string;
}): ReactElement {
  const { frame, xFormat = fmtTick, yFormat = fmtTick } = props;
  const scale = scalesOf(frame, props.x, props.y);
  const [right, floor] = [frame.width - frame.right, frame.height - frame.bottom];
  return (
    <g className="axes" aria-hidden="true">
      {ticks(props.x.low, props.x.high, Math.max(2, (right - frame.left) / 70)).map((tick) => (
        <g key={tick}>
          <path className="axes-grid" d={`M${scale.x(tick)} ${frame.top}V${floor}`} />
          <text x={scale.x(tick)} y={floor + 14} textAnchor="middle">
            {xFormat(tick)}
          </text>
        </g>
      ))}
      {ticks(props.y.low, props.y.high, Math.max(2, (floor - frame.top) / 44)).map((tick) => (
        <g key={tick}>
          <path className="axes-grid" d={`M${frame.left} ${scale.y(tick)}H${right}`} />
          <text x={frame.left - 6} y={scale.y(tick) + 3.5} textAnchor="end">
            {yFormat(tick)}
          </text>
        </g>
      ))}
      <path className="axes-floor" d={`M${frame.left} ${floor}H${right}`} />
      <text className="axes-title" x={right} y={floor + 28} textAnchor="end">
        {props.xTitle}
      </text>
      <text className="axes-title" x={frame.left} y={frame.top - 7}>
        {props.yTitle}
      </text>
    </g>
  );
}
