// SPDX-License-Identifier: Apache-2.0
// A page: the panels that fit it now, or what to do when there is nothing to show yet.
import { type ReactElement, useContext } from "react";
import { fmtName, plural } from "@/base/format";
import { useOp } from "@/engine/query";
import { panels } from "@/panels/index";
import type { Panel, PanelContext } from "@/panels/panel";
import type { PageId } from "@/state/view";
import { Cell, Columns, Page } from "@/widgets/card";
import { Command } from "@/widgets/command";
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

/** The way to a first run: from the images that are here, else from a folder. */
function NoRuns(): ReactElement {
  const { data, isPending } = useOp("ls", { what: "datasets", limit: 1 });
  const dataset = data?.datasets[0];
  if (isPending) return <Skeleton height={92} />;
  if (dataset) {
    return (
      <Empty icon="explore" title="This workspace has no runs yet">
        <bdi>{fmtName(dataset.name ?? "")}</bdi> with {plural(dataset.samples, "sample")} is
        imported. Run a model on it and its failures appear here:
        <br />
        <Command text="slitlamp eval model.onnx" />
      </Empty>
    );
  }
  return (
    <Empty icon="explore" title="This workspace has no runs yet">
      Evaluate a model on a folder of images and its failures appear here:
      <br />
      <Command text="slitlamp open model.onnx images/" />
      <p className="empty-or">or look at two small models on real images first:</p>
      <Command text="slitlamp demo" />
    </Empty>
  );
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
  if (props.ctx.runs.length === 0) return <NoRuns />;
  return (
    <Empty icon="info" title="Nothing to show here">
      No panel of this page fits the run looked at.
    </Empty>
  );
}

/** Name of the page for assistive tools, where the page itself draws none. */
function HiddenTitle(props: { readonly page: PageId }): ReactElement {
  return <h1 className="hidden-text">{TITLES[props.page]}</h1>;
}

function Waiting(props: { readonly page: PageId }): ReactElement {
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

function Panels(props: {
  readonly page: PageId;
  readonly list: readonly Panel[];
  readonly ctx: PanelContext;
}): ReactElement {
  const { page, list, ctx } = props;
  const draw = (panel: Panel) => (
    <Boundary key={panel.id}>
      <PanelBody panel={panel} ctx={ctx} />
    </Boundary>
  );
  const whole = list.find((panel) => panel.span === "page");
  if (whole) {
    return (
      <>
        <HiddenTitle page={page} />
        {draw(whole)}
      </>
    );
  }
  return (
    <Page title={TITLES[page]}>
      <Columns>
        {list.map((panel) => (
          <Cell key={panel.id} span={panel.span === "page" ? 12 : panel.span} wide={panel.wide}>
            {draw(panel)}
          </Cell>
        ))}
      </Columns>
    </Page>
  );
}

export function PageView(props: {
  readonly page: PageId;
  readonly missing?: boolean;
}): ReactElement {
  const { page, missing = false } = props;
  const { ctx, problem, retry } = useContext(RunsContext);
  if (problem) {
    return (
      <div className="boundary">
        <HiddenTitle page={page} />
        <ProblemBox problem={problem} onRetry={retry} />
      </div>
    );
  }
  if (!ctx) return <Waiting page={page} />;
  const list = missing ? [] : panels.filter((panel) => panel.page === page && panel.needs(ctx));
  if (list.length > 0) return <Panels page={page} list={list} ctx={ctx} />;
  return (
    <>
      <HiddenTitle page={page} />
      <Nothing page={page} ctx={ctx} missing={missing} />
    </>
  );
}
