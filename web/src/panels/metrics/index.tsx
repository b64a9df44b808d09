// SPDX-License-Identifier: Apache-2.0
// Every number of the report with its interval, in groups; each row leads to the samples behind it.
import type { ReactElement } from "react";
import { fmtFixed, fmtInterval, fmtTick, plural } from "@/base/format";
import type { Metric } from "@/gen/ops";
import { IntervalBar } from "@/widgets/metric";
import { Tip } from "@/widgets/overlay";
import { Empty } from "@/widgets/status";
import { isPlainClick, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { isDone } from "../report";
import { ReportCard } from "../report-card";
import { type MetricGroup, metricGroups } from "./groups";
import "./metrics.css";

function Row(props: {
  readonly ctx: PanelContext;
  readonly metric: Metric;
  readonly group: MetricGroup;
}): ReactElement {
  const { ctx, metric, group } = props;
  const { value, low, high } = metric;
  const view = viewOf(ctx.run, metric);
  const { domain } = group;
  const fits =
    domain !== null &&
    value !== null &&
    metric.name !== "temperature" &&
    (low ?? value) >= domain.low &&
    (high ?? value) <= domain.high;
  return (
    <Tip text={`${metric.help ?? ""} Measured on ${plural(metric.n, "sample")}.`}>
      <a
        className="number"
        href={ctx.nav.href(view, "explore")}
        onClick={(event) => {
          if (!isPlainClick(event)) return;
          event.preventDefault();
          ctx.nav.go(view, { page: "explore" });
        }}
      >
        <span className="number-title cut">{metric.title}</span>
        <span className="number-value">{fmtFixed(value, 4)}</span>
        {fits && (
          <span className="number-bar">
            <IntervalBar
              value={value}
              low={low ?? value}
              high={high ?? value}
              min={domain.low}
              max={domain.high}
            />
          </span>
        )}
        <span className={fits ? "number-interval" : "number-interval number-wide"}>
          {low !== null && high !== null ? fmtInterval(low, high, 4) : ""}
        </span>
      </a>
    </Tip>
  );
}

function Group(props: { readonly ctx: PanelContext; readonly group: MetricGroup }): ReactElement {
  const { ctx, group } = props;
  return (
    <div role="group" className="numbers-group" aria-label={group.title}>
      <h3 className="numbers-head">
        <span>{group.title}</span>
        {group.domain && (
          <span className="numbers-scale" aria-hidden="true">
            <span>{fmtTick(group.domain.low)}</span>
            <span>{fmtTick(group.domain.high)}</span>
          </span>
        )}
        <span className="numbers-note">95 % interval</span>
      </h3>
      {group.metrics.map((metric) => (
        <Row key={metric.name} ctx={ctx} metric={metric} group={group} />
      ))}
    </div>
  );
}

export const metrics: Panel = {
  id: "metrics",
  page: "overview",
  title: "Numbers",
  help: "Each with its 95 % bootstrap interval. Point at one for its definition, press it for the samples behind it.",
  span: 4,
  wide: 3,
  needs: isDone,
  render: (ctx) => (
    <ReportCard ctx={ctx} title={metrics.title} help={metrics.help} height={420} flush>
      {(report) =>
        report.metrics.every((metric) => metric.value === null) ? (
          <Empty icon="info" title="No numbers">
            They need samples with a label that is a class of the model.
          </Empty>
        ) : (
          <div className="numbers">
            {metricGroups(report.metrics).map((group) => (
              <Group key={group.id} ctx={ctx} group={group} />
            ))}
          </div>
        )
      }
    </ReportCard>
  ),
};
