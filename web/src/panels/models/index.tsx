// SPDX-License-Identifier: Apache-2.0
// The models of the workspace, newest first; one of them is looked at. J and K move along the list.
import type { ReactElement } from "react";
import { fmtAgo, fmtBytes, fmtCompact, fmtPercent, plural } from "@/base/format";
import { clamp } from "@/base/scale";
import type { Model, Run } from "@/gen/ops";
import { useActions } from "@/state/actions";
import { Card } from "@/widgets/card";
import { Command } from "@/widgets/command";
import { Name } from "@/widgets/name";
import { Empty, ProblemBox, Skeleton } from "@/widgets/status";
import { ViewLink } from "../links";
import { runsOf, useModels } from "../model-choice";
import type { Panel, PanelContext } from "../panel";
import "./models.css";

/** Best accuracy of the runs, or null. */
export function bestAccuracy(runs: readonly Run[]): number | null {
  const known = runs.map((run) => run.accuracy).filter((one) => one !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

function Line(props: {
  readonly ctx: PanelContext;
  readonly model: Model;
  readonly on: boolean;
}): ReactElement {
  const { ctx, model, on } = props;
  const runs = runsOf(model, ctx.runs);
  const state = [
    model.version && `version ${model.version}`,
    model.epoch && `epoch ${model.epoch}`,
  ].filter(Boolean);
  return (
    <li>
      <ViewLink
        nav={ctx.nav}
        page="models"
        view={{ tab: model.id ?? "" }}
        className={on ? "model-line model-line-on" : "model-line"}
      >
        <span className="model-name cut">
          <Name text={model.name} />
        </span>
        <span className="tabular">{fmtPercent(bestAccuracy(runs))}</span>
        <span className="dim cut">
          <bdi>
            {[
              ...state,
              `${fmtCompact(model.parameters)} ${model.parameters === 1 ? "parameter" : "parameters"}`,
            ].join(" · ")}
          </bdi>
        </span>
        <span className="dim">{plural(runs.length, "run")}</span>
        <span className="dim cut">
          {[
            model.id,
            fmtBytes(model.size_bytes),
            model.created && fmtAgo(Date.parse(model.created), Date.now()),
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </ViewLink>
    </li>
  );
}

function List(props: { readonly ctx: PanelContext }): ReactElement {
  const { ctx } = props;
  const { models: list, model, problem, retry } = useModels(ctx);
  const step = (by: number) => {
    if (!list) return;
    const at = list.findIndex((one) => one.id === model?.id);
    const next = list[clamp(at + by, 0, list.length - 1)];
    if (next?.id) ctx.nav.go({ tab: next.id }, { replace: true });
  };
  useActions([
    { id: "model.next", title: "Next model", group: "Models", keys: "J", run: () => step(1) },
    {
      id: "model.previous",
      title: "Previous model",
      group: "Models",
      keys: "K",
      run: () => step(-1),
    },
  ]);
  return (
    <Card title={models.title} help={models.help} note={list && String(list.length)} flush>
      {problem && <ProblemBox problem={problem} onRetry={retry} />}
      {!problem && !list && <Skeleton height={240} />}
      {list?.length === 0 && (
        <Empty icon="models" title="No models yet">
          A model is known once it was evaluated:
          <br />
          <Command text="slitlamp open model.onnx images/" />
        </Empty>
      )}
      <ol className="model-list">
        {list?.map((one) => (
          <Line key={one.id} ctx={ctx} model={one} on={one.id === model?.id} />
        ))}
      </ol>
    </Card>
  );
}

export const models: Panel = {
  id: "models",
  page: "models",
  title: "Models",
  help: "Every model this workspace has seen, newest first, with the best accuracy of its runs.",
  span: 3,
  wide: 2,
  needs: () => true,
  render: (ctx) => <List ctx={ctx} />,
};
