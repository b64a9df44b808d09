// SPDX-License-Identifier: Apache-2.0
// Legend of a heat map: its colours from the lowest to the highest value drawn, and what lies
// beyond.
import type { ReactElement } from "react";
import { css } from "@/base/colour";
import type { ColourMap } from "@/base/colour-map";
import { fmtInt, fmtReal, fmtTick } from "@/base/format";
import type { Paint } from "@/base/heat";
import "./legend.css";

const STOPS = 17;

/** The map as a gradient of CSS. */
export function gradientOf(map: ColourMap): string {
  const stops = Array.from({ length: STOPS }, (_, at) =>
    css(map.colours[Math.round((at / (STOPS - 1)) * 255)] ?? [0, 0, 0]),
  );
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/** "99th percentile, 12 values beyond": where the colours end, and why. */
export function clipWords(paint: Paint, percent: number): string {
  const { clipped, notFinite } = paint.range;
  return [
    percent >= 100 ? "full range" : `to the ${fmtTick(percent)}th percentile`,
    clipped > 0 && `${fmtInt(clipped)} beyond`,
    notFinite > 0 && `${fmtInt(notFinite)} not finite`,
  ]
    .filter(Boolean)
    .join(", ");
}

export function Legend(props: {
  readonly title: string;
  readonly paint: Paint;
  readonly percent: number;
}): ReactElement {
  const { map, range } = props.paint;
  return (
    <figure className="heat-legend" aria-label={`Legend ${props.title}`}>
      {props.title && <figcaption className="cut">{props.title}</figcaption>}
      <i className="heat-legend-bar" style={{ background: gradientOf(map) }} aria-hidden="true" />
      <span className="heat-legend-ends">
        <span>{fmtReal(range.low, 3)}</span>
        {range.kind === "diverging" && <span>0</span>}
        <span>{fmtReal(range.high, 3)}</span>
      </span>
      <span className="heat-legend-clip">{clipWords(props.paint, props.percent)}</span>
    </figure>
  );
}
