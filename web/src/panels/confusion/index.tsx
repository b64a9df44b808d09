// SPDX-License-Identifier: Apache-2.0
// Which class is taken for which: the matrix and its largest errors. A cell leads to its samples,
// on the diagonal to those that are right.
import { type ReactElement, useMemo } from "react";
import { fmtInt, fmtName, plural } from "@/base/format";
import { ConfusionMatrix, denseCounts, TopErrors } from "@/widgets/confusion";
import { Empty } from "@/widgets/status";
import { is, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { isDone, type Report } from "../report";
import { ReportCard } from "../report-card";
import "./confusion-panel.css";

function Body(props: { readonly ctx: PanelContext; readonly report: Report }): ReactElement {
  const { ctx, report } = props;
  const { class_names: names, confusion: cells } = report;
  const labels = useMemo(() => names.map(fmtName), [names]);
  const counts = useMemo(() => denseCounts(names.length, cells), [names, cells]);
  if (cells.length === 0) {
    return (
      <Empty icon="info" title="No confusion matrix">
        It needs samples with one label each.
      </Empty>
    );
  }
  const open = (label: number, prediction: number) => {
    const [from, to] = [names[label], names[prediction]];
    if (from === undefined || to === undefined) return;
    const where = [is("label", from), is("pred", to)];
    ctx.nav.go(viewOf(ctx.run, { where, sort: "-confidence" }), { page: "explore" });
  };
  return (
    <div className="confusions">
      <ConfusionMatrix labels={labels} counts={counts} onCell={open} />
      <section className="confusions-top">
        <h3>Largest errors</h3>
        <TopErrors labels={labels} counts={counts} most={16} onCell={open} />
      </section>
    </div>
  );
}

/** "641 errors in 48 of 90 pairs". */
export function confusionNote(report: Report): string {
  if (report.confusion.length === 0) return "";
  const wrong = report.confusion.filter((cell) => cell.label !== cell.pred && cell.count > 0);
  const errors = wrong.reduce((sum, cell) => sum + cell.count, 0);
  const n = report.class_names.length;
  return `${plural(errors, "error")} in ${fmtInt(wrong.length)} of ${fmtInt(n * (n - 1))} pairs`;
}

export const confusion: Panel = {
  id: "confusion",
  page: "overview",
  title: "Confusion",
  help: "Rows are labels, columns predictions. Press a cell, or Enter on it, for its samples.",
  span: 7,
  wide: 4,
  needs: isDone,
  render: (ctx) => (
    <ReportCard
      ctx={ctx}
      title={confusion.title}
      help={confusion.help}
      height={480}
      note={confusionNote}
    >
      {(report) => <Body ctx={ctx} report={report} />}
    </ReportCard>
  ),
};
