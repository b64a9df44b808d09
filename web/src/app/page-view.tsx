// SPDX-License-Identifier: Apache-2.0
// A page: the panels that fit it now, or what to do when there is nothing to show yet.
import { type ReactElement, useContext } from "react";
import { panels } from "@/panels/index";
import type { Panel, PanelContext } from "@/panels/panel";
import type { PageId } from "@/state/view";
import { Cell, Columns, Page } from "@/widgets/card";
import { Empty, ProblemBox, Skeleton } from "@/widgets/status";
import { Boundary } from "./boundary";
import { RunsContext } from "./runs";

export const TITLES: Record<PageId, string> = {
  overview: "Overview",
  explore: "Explore",
  sample: "Sample",
  compare: "Compare",
  models: "Models",
  journal: "Journal",
};

function PanelBody(props: { readonly panel: Panel; readonly ctx: PanelContext }): ReactElement {
  return <>{props.panel.render(props.ctx)}</>;
}

function Nothing(props: {
  readonly page: PageId;
  readonly ctx: PanelContext;
  readonly missing: boolean;
}): ReactElement {
  if (props.missing) {
    return (
      <Empty icon="help" title="There is no such page">
        The address names a page this version does not have.
      </Empty>
    );
  }
  if (props.ctx.runs.length === 0) {
    return (
      <Empty icon="explore" title="This workspace has no runs yet">
        Evaluate a model on a folder of images and its failures appear here:
        <br />
        <code>slitlamp open model.onnx images/</code>
      </Empty>
    );
  }
  return (
    <Empty icon="info" title="Nothing to show here">
      No panel of this page fits the run looked at.
    </Empty>
  );
}

export function PageView(props: {
  readonly page: PageId;
  readonly missing?: boolean;
}): ReactElement {
  const runs = useContext(RunsContext);
  if (runs.problem) {
    return (
      <div className="boundary">
        <ProblemBox problem={runs.problem} onRetry={runs.retry} />
      </div>
    );
  }
  if (!runs.ctx) {
    return (
      <Page title={TITLES[props.page]}>
        <Skeleton height={92} />
        <Columns>
          <Cell span={8}>
            <Skeleton height={360} />
          </Cell>
          <Cell span={4}>
            <Skeleton height={360} />
          </Cell>
        </Columns>
      </Page>
    );
  }
  const { ctx } = runs;
  const fitting = props.missing
    ? []
    : panels.filter((panel) => panel.page === props.page && panel.needs(ctx));
  if (fitting.length === 0) {
    return <Nothing page={props.page} ctx={ctx} missing={props.missing ?? false} />;
  }
  const whole = fitting.find((panel) => panel.span === "page");
  if (whole)
    return (
      <Boundary key={whole.id}>
        <PanelBody panel={whole} ctx={ctx} />
      </Boundary>
    );
  return (
    <Page title={TITLES[props.page]}>
      <Columns>
        {fitting.map((panel) => (
          <Cell key={panel.id} span={panel.span === "page" ? 12 : panel.span}>
            <Boundary>
              <PanelBody panel={panel} ctx={ctx} />
            </Boundary>
          </Cell>
        ))}
      </Columns>
    </Page>
  );
}
