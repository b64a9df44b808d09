// SPDX-License-Identifier: Apache-2.0
// The most confident samples that turned: newly broken ones with what the second run says, fixed
// ones with what the first one said. A picture leads to its sample.
import type { ReactElement } from "react";
import { parseClause } from "@/base/clause";
import { fmtInt } from "@/base/format";
import { parseSort } from "@/base/view";
import { useOp } from "@/engine/query";
import type { Sample } from "@/gen/ops";
import { Card } from "@/widgets/card";
import { Empty, ProblemBox, Skeleton } from "@/widgets/status";
import { Thumb } from "@/widgets/thumb";
import { hasPair } from "../comparison";
import { is, ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { turnedTile } from "./turned-tile";
import "./turned.css";

export type Turn = "broken" | "fixed";

const MOST = 24;
const SORTS: Record<Turn, string> = { broken: "-other_confidence", fixed: "-confidence" };

function Strip(props: {
  readonly ctx: PanelContext;
  readonly turn: Turn;
  readonly samples: readonly Sample[];
}): ReactElement {
  const { ctx, turn } = props;
  const view = (sample: Sample, row: number) => ({
    run: ctx.run?.id ?? "",
    other: ctx.other?.id ?? "",
    where: [parseClause(is("change", turn))],
    sort: parseSort(SORTS[turn]),
    sample: sample.sample ?? "",
    row,
  });
  return (
    <ul className="turned">
      {props.samples.map((sample, row) => (
        <li key={sample.sample ?? row}>
          <ViewLink nav={ctx.nav} page="sample" view={view(sample, row)} className="turned-link">
            <Thumb item={turnedTile(sample, turn)} />
          </ViewLink>
        </li>
      ))}
    </ul>
  );
}

function TurnedCard(props: {
  readonly ctx: PanelContext;
  readonly turn: Turn;
  readonly panel: Panel;
}): ReactElement {
  const { ctx, turn, panel } = props;
  const { data, error, refetch } = useOp(
    "view",
    {
      run: ctx.run?.id ?? "",
      other: ctx.other?.id ?? "",
      where: [is("change", turn)],
      sort: SORTS[turn],
      limit: MOST,
    },
    { fresh: true },
  );
  const rule = { where: [is("change", turn)], sort: SORTS[turn] };
  return (
    <Card
      title={panel.title}
      help={panel.help}
      note={data && `${fmtInt(Math.min(MOST, data.matched))} of ${fmtInt(data.matched)}`}
      tools={
        data &&
        data.matched > 0 && (
          <ViewLink
            nav={ctx.nav}
            view={viewOf(ctx.run, rule, ctx.other)}
            className="button button-quiet"
          >
            All of them
          </ViewLink>
        )
      }
    >
      {error && <ProblemBox problem={error} onRetry={() => void refetch()} />}
      {!error && !data && <Skeleton height={220} />}
      {data?.samples.length === 0 && <Empty icon="check" title="None" />}
      {data && <Strip ctx={ctx} turn={turn} samples={data.samples} />}
    </Card>
  );
}

export const broken: Panel = {
  id: "broken",
  page: "compare",
  title: "Newly broken",
  help: "Right before, wrong after; with what the second run says, surest first.",
  span: 6,
  wide: 4,
  needs: hasPair,
  render: (ctx) => <TurnedCard ctx={ctx} turn="broken" panel={broken} />,
};

export const fixed: Panel = {
  id: "fixed",
  page: "compare",
  title: "Fixed",
  help: "Wrong before, right after; with what the first run said, surest first.",
  span: 6,
  wide: 4,
  needs: hasPair,
  render: (ctx) => <TurnedCard ctx={ctx} turn="fixed" panel={fixed} />,
};
