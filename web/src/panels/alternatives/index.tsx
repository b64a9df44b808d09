// SPDX-License-Identifier: Apache-2.0
// The pipelines that were tried on a labelled subset: which one ran, and whether another is better
// beyond noise. Draws nothing when none was tried.
import type { ReactElement } from "react";
import { fmtPercent, fmtReal, plural } from "@/base/format";
import type { Alternative } from "@/gen/ops";
import { Card } from "@/widgets/card";
import { Chip } from "@/widgets/chip";
import type { Panel, PanelContext } from "../panel";
import { isDone, useReport } from "../report";
import { byAccuracy, stepsBesides } from "./steps";
import "./alternatives.css";

function Mark(props: { readonly of: Alternative }): ReactElement | null {
  const { of } = props;
  if (of.used) return <Chip tone="accent">used</Chip>;
  return of.significant ? <Chip tone="warn">better</Chip> : null;
}

function Row(props: {
  readonly of: Alternative;
  readonly used: Alternative | undefined;
}): ReactElement {
  const { of, used } = props;
  const extra = stepsBesides(of, used);
  return (
    <li className={of.used ? "alt alt-used" : "alt"}>
      <div className="alt-line">
        <span className="alt-title">
          <bdi>{of.title}</bdi>
        </span>
        <Mark of={of} />
        <span className="grow" />
        <b className="tabular">{fmtPercent(of.accuracy)}</b>
        <span className="alt-p dim tabular">
          {!of.used && of.p_value !== null && `p = ${fmtReal(of.p_value, 2)}`}
        </span>
      </div>
      <div className="alt-bar" aria-hidden="true">
        <i style={{ width: `${(of.accuracy ?? 0) * 100}%` }} />
      </div>
      {extra.length > 0 && (
        <p className="mono dim alt-steps">
          <bdi>{extra.join(" · ")}</bdi>
        </p>
      )}
    </li>
  );
}

function Alternatives(props: { readonly ctx: PanelContext }): ReactElement | null {
  const { report } = useReport(props.ctx);
  const tried = byAccuracy(report?.alternatives ?? []);
  if (tried.length === 0) return null;
  const used = tried.find((one) => one.used);
  const samples = tried.reduce((most, one) => Math.max(most, one.samples), 0);
  return (
    <Card
      title={alternatives.title}
      help={alternatives.help}
      note={`${plural(tried.length, "pipeline")} on ${plural(samples, "labelled sample")}`}
    >
      <ol className="alts" tabIndex={0} aria-label="Pipelines tried">
        {tried.map((one, at) => (
          <Row key={at} of={one} used={used} />
        ))}
      </ol>
    </Card>
  );
}

export const alternatives: Panel = {
  id: "alternatives",
  page: "overview",
  title: "Pipelines tried",
  help: "Plausible other pipelines on a small labelled subset; p by McNemar's test against the one used, corrected for the number tried.",
  span: 6,
  needs: isDone,
  render: (ctx) => <Alternatives ctx={ctx} />,
};
