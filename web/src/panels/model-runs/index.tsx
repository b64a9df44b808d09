// SPDX-License-Identifier: Apache-2.0
// The runs of the model looked at; a row opens its overview.
import type { ReactElement } from "react";
import { fmtPercent, fmtPercentInterval, fmtTime, plural } from "@/base/format";
import type { Model, Run } from "@/gen/ops";
import { IntervalBar } from "@/widgets/metric";
import { Name } from "@/widgets/name";
import { Empty } from "@/widgets/status";
import { ViewLink } from "../links";
import { ModelCard } from "../model-card";
import { runsOf } from "../model-choice";
import type { Panel, PanelContext } from "../panel";
import "./model-runs.css";

function Line(props: { readonly ctx: PanelContext; readonly run: Run }): ReactElement {
  const { ctx, run } = props;
  const { accuracy, accuracy_low: low, accuracy_high: high } = run;
  return (
    <li>
      <ViewLink
        nav={ctx.nav}
        page="overview"
        view={{ run: run.id ?? "", other: "" }}
        className="model-run"
      >
        <span className="cut">
          <b>
            <Name text={run.name} />
          </b>{" "}
          <span className="dim">{run.id}</span>
        </span>
        <span className="num">{run.state === "done" ? fmtPercent(accuracy, 2) : run.state}</span>
        <span className="dim cut">
          <Name text={run.dataset_name} /> {run.version}
          {run.guessed && " · pipeline guessed"}
        </span>
        <span className="dim num">
          {low !== null && high !== null ? fmtPercentInterval(low, high) : ""}
        </span>
        <span className="dim">{run.created ? fmtTime(Date.parse(run.created)) : ""}</span>
        {accuracy !== null && (
          <IntervalBar value={accuracy} low={low ?? accuracy} high={high ?? accuracy} />
        )}
      </ViewLink>
    </li>
  );
}

function List(props: { readonly ctx: PanelContext; readonly model: Model }): ReactElement {
  const runs = runsOf(props.model, props.ctx.runs);
  if (runs.length === 0) {
    return (
      <Empty icon="play" title="Not evaluated yet">
        Evaluate it with the form below.
      </Empty>
    );
  }
  return (
    <ol className="model-runs">
      {runs.map((run) => (
        <Line key={run.id} ctx={props.ctx} run={run} />
      ))}
    </ol>
  );
}

export const modelRuns: Panel = {
  id: "model-runs",
  page: "models",
  title: "Its runs",
  help: "Evaluations of this model, newest first. Press one for its overview.",
  span: 4,
  wide: 3,
  needs: () => true,
  render: (ctx) => (
    <ModelCard
      ctx={ctx}
      title={modelRuns.title}
      help={modelRuns.help}
      height={220}
      flush
      note={(model) => plural(runsOf(model, ctx.runs).length, "run")}
    >
      {(model) => <List ctx={ctx} model={model} />}
    </ModelCard>
  ),
};
