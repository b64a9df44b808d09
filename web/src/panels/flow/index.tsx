// SPDX-License-Identifier: Apache-2.0
// What became of the samples: a flow from right and wrong in the first run to right and wrong in
// the second. Each band, and each line of the list beside it, leads to its samples.
import { type ReactElement, useState } from "react";
import { fmtInt, fmtPercent, plural } from "@/base/format";
import { Card } from "@/widgets/card";
import { useSize } from "@/widgets/hooks";
import { ProblemBox, Skeleton } from "@/widgets/status";
import { type Comparison, hasPair, useComparison } from "../comparison";
import { is, ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { type Band, bandPath, type Change, flowOf } from "./bands";
import "./flow.css";

const HEIGHT = 236;
const NODE = 5;

const TITLES: Record<Change, string> = {
  fixed: "Fixed",
  broken: "Broken",
  "still wrong": "Wrong in both",
  "still right": "Right in both",
};

const ORDER: readonly Change[] = ["fixed", "broken", "still wrong", "still right"];

const SORTS: Record<Change, string> = {
  fixed: "-confidence",
  broken: "-other_confidence",
  "still wrong": "-other_confidence",
  "still right": "other_confidence",
};

const changeView = (ctx: PanelContext, change: Change) =>
  viewOf(ctx.run, { where: [is("change", change)], sort: SORTS[change] }, ctx.other);

const slug = (change: Change): string => change.replace(" ", "-");

function Nodes(props: { readonly of: Comparison; readonly width: number }): ReactElement {
  const { of, width } = props;
  const { bands, split } = flowOf(of, HEIGHT);
  const foot = Math.max(...bands.map((band) => band.left + band.height));
  const side = (x: number, at: number, right: number, wrong: number, anchor: "start" | "end") => {
    const text = anchor === "start" ? x + NODE + 6 : x - 6;
    return (
      <g>
        <rect className="flow-right" x={x} width={NODE} y={0} height={at - 10} />
        <rect className="flow-wrong" x={x} width={NODE} y={at} height={Math.max(1, foot - at)} />
        <text x={text} y={16} textAnchor={anchor}>
          right {fmtInt(right)}
        </text>
        <text x={text} y={foot - 6} textAnchor={anchor}>
          wrong {fmtInt(wrong)}
        </text>
      </g>
    );
  };
  return (
    <g className="flow-nodes" aria-hidden="true">
      {side(0, split[0], of.both_right + of.broken, of.fixed + of.both_wrong, "start")}
      {side(width - NODE, split[1], of.both_right + of.fixed, of.broken + of.both_wrong, "end")}
    </g>
  );
}

function Picture(props: {
  readonly ctx: PanelContext;
  readonly of: Comparison;
  readonly at: Change | null;
  readonly onPoint: (change: Change | null) => void;
}): ReactElement {
  const { ctx, of, at } = props;
  const [ref, size] = useSize<HTMLDivElement>();
  const width = Math.max(160, size.width);
  const { bands, short } = flowOf(of, HEIGHT);
  const draw = (band: Band) => (
    <g
      key={band.change}
      onPointerEnter={() => props.onPoint(band.change)}
      onPointerLeave={() => props.onPoint(null)}
      className={`flow-band flow-${slug(band.change)} ${at && at !== band.change ? "flow-off" : ""}`}
    >
      <ViewLink
        nav={ctx.nav}
        view={changeView(ctx, band.change)}
        label={`${TITLES[band.change]}: ${plural(band.count, "sample")}`}
      >
        <path d={bandPath(band, width - 2 * NODE)} transform={`translate(${NODE} 0)`} />
      </ViewLink>
    </g>
  );
  return (
    <div ref={ref} className="flow-picture">
      <svg width={width} height={HEIGHT}>
        {bands.filter((band) => band.count > 0).map(draw)}
        <Nodes of={of} width={width} />
      </svg>
      <p className="flow-ends">
        <span>before</span>
        {short && <span>“right in both” is drawn short</span>}
        <span>after</span>
      </p>
    </div>
  );
}

function List(props: {
  readonly ctx: PanelContext;
  readonly of: Comparison;
  readonly at: Change | null;
  readonly onPoint: (change: Change | null) => void;
}): ReactElement {
  const { ctx, of } = props;
  const { bands } = flowOf(of, HEIGHT);
  return (
    <ul className="flow-list">
      {ORDER.map((change) => {
        const count = bands.find((band) => band.change === change)?.count ?? 0;
        return (
          <li
            key={change}
            onPointerEnter={() => props.onPoint(change)}
            onPointerLeave={() => props.onPoint(null)}
          >
            <ViewLink
              nav={ctx.nav}
              view={changeView(ctx, change)}
              className={props.at === change ? "flow-line flow-line-on" : "flow-line"}
            >
              <i className={`flow-swatch flow-${slug(change)}`} />
              <span className="grow">{TITLES[change]}</span>
              <b className="tabular">{fmtInt(count)}</b>
              <span className="dim num">{fmtPercent(count / Math.max(1, of.paired))}</span>
            </ViewLink>
          </li>
        );
      })}
    </ul>
  );
}

function FlowCard(props: { readonly ctx: PanelContext }): ReactElement {
  const { result, problem, retry } = useComparison(props.ctx);
  const [at, setAt] = useState<Change | null>(null);
  return (
    <Card title={flow.title} help={flow.help}>
      {problem && <ProblemBox problem={problem} onRetry={retry} />}
      {!problem && !result && <Skeleton height={HEIGHT} />}
      {result && (
        <div className="flow">
          <Picture ctx={props.ctx} of={result} at={at} onPoint={setAt} />
          <List ctx={props.ctx} of={result} at={at} onPoint={setAt} />
        </div>
      )}
    </Card>
  );
}

export const flow: Panel = {
  id: "flow",
  page: "compare",
  title: "What became of the samples",
  help: "From right and wrong before to right and wrong after. Press a band for its samples.",
  span: 7,
  needs: hasPair,
  render: (ctx) => <FlowCard ctx={ctx} />,
};
