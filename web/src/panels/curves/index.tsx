// SPDX-License-Identifier: Apache-2.0
// ROC and precision-recall: the micro average of the report, and one class against the rest for the
// classes chosen.
import { type ReactElement, useMemo } from "react";
import { fmtName } from "@/base/format";
import { useOp } from "@/engine/query";
import { Button } from "@/widgets/button";
import { Chip } from "@/widgets/chip";
import { CurveChart } from "@/widgets/curve";
import { Select } from "@/widgets/field";
import { Empty, ProblemBox } from "@/widgets/status";
import type { Panel, PanelContext } from "../panel";
import { isDone, type Report } from "../report";
import { ReportCard } from "../report-card";
import { charted, prevalence, weakest } from "./charted";
import "./curves.css";

const MOST = 7;

function ClassPicker(props: {
  readonly report: Report;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}): ReactElement {
  const { report, chosen, onChange } = props;
  const left = useMemo(
    () =>
      report.class_names
        .filter((name) => !chosen.includes(name))
        .map((name) => ({ value: name, title: fmtName(name) })),
    [report.class_names, chosen],
  );
  const weak = weakest(report.classes, 3);
  return (
    <div className="curve-classes">
      {chosen.map((name) => (
        <Chip
          key={name}
          removeLabel={`Remove ${fmtName(name)}`}
          onRemove={() => onChange(chosen.filter((one) => one !== name))}
        >
          <bdi>{fmtName(name)}</bdi>
        </Chip>
      ))}
      {chosen.length < MOST && (
        <Select
          label="Add a class"
          placeholder="Add a class"
          value=""
          choices={left}
          onChange={(name) => name && onChange([...chosen, name])}
        />
      )}
      {chosen.length === 0 && weak.length > 0 && (
        <Button tone="quiet" onPress={() => onChange(weak)}>
          The {weak.length} weakest
        </Button>
      )}
      {chosen.length > 1 && (
        <Button tone="quiet" onPress={() => onChange([])}>
          Clear
        </Button>
      )}
    </div>
  );
}

function Body(props: { readonly ctx: PanelContext; readonly report: Report }): ReactElement {
  const { ctx, report } = props;
  const { nav } = ctx;
  const known = nav.view.classes.filter((name) => report.class_names.includes(name)).slice(0, MOST);
  const choose = (classes: readonly string[]) => nav.go({ classes }, { replace: true });
  const { data, error } = useOp(
    "curves",
    { run: ctx.run?.id ?? "", classes: known },
    { enabled: known.length > 0 },
  );
  if (report.curves.every((curve) => curve.x.length < 2)) {
    return (
      <Empty icon="info" title="No curves">
        They need labels and the scores of every class.
      </Empty>
    );
  }
  const extra = known.length > 0 ? (data?.curves ?? []) : [];
  return (
    <>
      <ClassPicker report={report} chosen={known} onChange={choose} />
      {error && <ProblemBox problem={error} />}
      <div className="curve-pair">
        <section aria-label="ROC">
          <h3>ROC</h3>
          <CurveChart
            label="ROC curves"
            curves={charted(report.curves, extra, known, "roc")}
            xTitle="false positive rate"
            yTitle="true positive rate"
            atTitle="score"
            reference="rising"
            height={290}
          />
        </section>
        <section aria-label="Precision and recall">
          <h3>Precision – recall</h3>
          <CurveChart
            label="Precision-recall curves"
            curves={charted(report.curves, extra, known, "pr")}
            xTitle="recall"
            yTitle="precision"
            atTitle="score"
            reference={{ level: prevalence(report.class_names.length) }}
            height={290}
          />
        </section>
      </div>
    </>
  );
}

export const curves: Panel = {
  id: "curves",
  page: "overview",
  title: "Curves",
  help: "Point at a curve to read it. The dashed line is chance.",
  span: 6,
  wide: 4,
  needs: isDone,
  render: (ctx) => (
    <ReportCard ctx={ctx} title={curves.title} help={curves.help} height={340}>
      {(report) => <Body ctx={ctx} report={report} />}
    </ReportCard>
  ),
};
