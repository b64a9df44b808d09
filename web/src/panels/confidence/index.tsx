// SPDX-License-Identifier: Apache-2.0
// Confidence of both runs over the same bins: the first as ground, the second as a line upon it. A
// bin leads to the samples that the second run puts there.
import { type MouseEvent, type ReactElement, useState } from "react";
import { fmtInt, fmtSigned } from "@/base/format";
import { Axes, type Frame, scalesOf } from "@/widgets/axes";
import { Card } from "@/widgets/card";
import { useSize } from "@/widgets/hooks";
import { Name } from "@/widgets/name";
import { ProblemBox, Skeleton } from "@/widgets/status";
import { type Comparison, hasPair, useComparison } from "../comparison";
import { between, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { binOf, stepsPath } from "./steps-path";
import "./confidence.css";

const HEIGHT = 218;

function Chart(props: { readonly ctx: PanelContext; readonly of: Comparison }): ReactElement {
  const { ctx, of } = props;
  const [ref, size] = useSize<HTMLDivElement>();
  const [at, setAt] = useState(-1);
  const { confidence_edges: edges, confidence_a: a, confidence_b: b } = of;
  const frame: Frame = {
    width: Math.max(160, size.width),
    height: HEIGHT,
    left: 46,
    right: 10,
    top: 22,
    bottom: 32,
  };
  const x = { low: edges[0] ?? 0, high: edges[edges.length - 1] ?? 1 };
  const y = { low: 0, high: Math.max(1, ...a, ...b) };
  const scale = scalesOf(frame, x, y);
  const binUnder = (event: MouseEvent<HTMLDivElement>) => {
    const from = event.currentTarget.getBoundingClientRect().left + frame.left;
    const part = (event.clientX - from) / (frame.width - frame.left - frame.right);
    return binOf(edges, x.low + part * (x.high - x.low));
  };
  const open = (bin: number) => {
    const [low, high] = [edges[bin], edges[bin + 1]];
    if (low === undefined || high === undefined) return;
    const rule = {
      where: [between("other_confidence", low, high)],
      sort: "-other_confidence",
    };
    ctx.nav.go(viewOf(ctx.run, rule, ctx.other), { page: "explore" });
  };
  const floor = frame.height - frame.bottom;
  return (
    <div
      ref={ref}
      className="conf-plot"
      onPointerMove={(event) => setAt(binUnder(event))}
      onPointerLeave={() => setAt(-1)}
      onClick={(event) => open(binUnder(event))}
    >
      <svg
        width={frame.width}
        height={HEIGHT}
        role="img"
        aria-label="Samples per confidence, before and after"
      >
        <Axes frame={frame} x={x} y={y} xTitle="confidence" yTitle="samples" />
        {at >= 0 && (
          <rect
            className="conf-at"
            x={scale.x(edges[at] ?? 0)}
            width={scale.x(edges[at + 1] ?? 0) - scale.x(edges[at] ?? 0)}
            y={frame.top}
            height={floor - frame.top}
          />
        )}
        <path className="conf-a" d={stepsPath(edges, a, scale.x, scale.y, floor)} />
        <path className="conf-b" d={stepsPath(edges, b, scale.x, scale.y, floor)} />
      </svg>
      <Readout of={of} at={at} />
    </div>
  );
}

function Readout(props: { readonly of: Comparison; readonly at: number }): ReactElement {
  const { of, at } = props;
  const [before, after] = [of.confidence_a[at], of.confidence_b[at]];
  const known = before !== undefined && after !== undefined;
  return (
    <div className="conf-legend">
      <span>
        <i className="conf-ground" />
        <Name text={of.a.name} /> {known && <b>{fmtInt(before)}</b>}
      </span>
      <span>
        <i className="conf-line" />
        <Name text={of.b.name} /> {known && <b>{fmtInt(after)}</b>}
      </span>
      {known && <span className="dim">{fmtSigned(after - before, 0)}</span>}
    </div>
  );
}

function ConfidenceCard(props: { readonly ctx: PanelContext }): ReactElement {
  const { result, problem, retry } = useComparison(props.ctx);
  return (
    <Card title={confidence.title} help={confidence.help}>
      {problem && <ProblemBox problem={problem} onRetry={retry} />}
      {!problem && !result && <Skeleton height={HEIGHT} />}
      {result && <Chart ctx={props.ctx} of={result} />}
    </Card>
  );
}

export const confidence: Panel = {
  id: "confidence",
  page: "compare",
  title: "Confidence",
  help: "Samples per confidence in both runs. Press a bin for the samples there after.",
  span: 5,
  needs: hasPair,
  render: (ctx) => <ConfidenceCard ctx={ctx} />,
};
