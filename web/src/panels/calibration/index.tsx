// SPDX-License-Identifier: Apache-2.0
// Does confidence mean anything: the reliability diagram, its summary numbers, and what one number,
// the temperature, would change. A bin leads to its samples.
import { type ReactElement, type ReactNode, useState } from "react";
import { fmtFixed, fmtReal } from "@/base/format";
import type { Calibration } from "@/gen/ops";
import { Segmented } from "@/widgets/button";
import { Name } from "@/widgets/name";
import { ReliabilityDiagram } from "@/widgets/reliability";
import { Empty } from "@/widgets/status";
import { between, is, ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { isDone, type Report } from "../report";
import { ReportCard } from "../report-card";
import { reliabilityBins, temperatureWords } from "./bins";
import "./calibration.css";

type Width = "width" | "mass";

function NumberRow(props: {
  readonly title: string;
  readonly help: string;
  readonly value: number | null;
  readonly after?: number | null;
}): ReactElement {
  const { value, after } = props;
  return (
    <tr title={props.help}>
      <th scope="row">{props.title}</th>
      <td className="num">{fmtFixed(value, 4)}</td>
      <td className="num">
        {after != null && (
          <span className={value !== null && after < value ? "good" : ""}>
            {fmtFixed(after, 4)}
          </span>
        )}
      </td>
    </tr>
  );
}

function Numbers(props: { readonly of: Calibration }): ReactElement {
  const { of } = props;
  const scaled = of.temperature !== null;
  return (
    <table className="cal-numbers">
      <thead>
        <tr>
          <th scope="col">
            <span className="hidden-text">Number</span>
          </th>
          <th scope="col" className="num">
            as it is
          </th>
          <th scope="col" className="num">
            {scaled && `at T = ${fmtReal(of.temperature, 3)}`}
          </th>
        </tr>
      </thead>
      <tbody>
        <NumberRow
          title="ECE, equal width"
          help="Expected calibration error, 15 bins of equal width"
          value={of.ece_width}
          after={of.ece_width_after}
        />
        <NumberRow
          title="ECE, equal mass"
          help="Expected calibration error, 15 bins of equally many samples"
          value={of.ece_mass}
        />
        <NumberRow title="MCE" help="Largest gap of an equal-width bin" value={of.mce} />
        <NumberRow
          title="Log loss"
          help="Mean negative log-likelihood of the label, in nats"
          value={of.log_loss}
          after={of.log_loss_after}
        />
        <NumberRow
          title="Brier score"
          help="Squared distance of probabilities and label, 0 to 2"
          value={of.brier}
        />
        <NumberRow
          title="AUROC of confidence"
          help="How well confidence ranks right above wrong, 0.5 to 1"
          value={of.confidence_auroc}
        />
      </tbody>
    </table>
  );
}

function ClassList(props: {
  readonly ctx: PanelContext;
  readonly title: string;
  readonly names: readonly string[];
}): ReactElement | null {
  const { ctx, names } = props;
  if (names.length === 0) return null;
  return (
    <p>
      <span className="dim">{props.title}: </span>
      {names.slice(0, 12).map((name, at): ReactNode => (
        <span key={name}>
          {at > 0 && ", "}
          <ViewLink
            nav={ctx.nav}
            view={viewOf(ctx.run, { where: [is("pred", name)], sort: "-confidence" })}
          >
            <Name text={name} />
          </ViewLink>
        </span>
      ))}
      {names.length > 12 && <span className="dim"> and {names.length - 12} more</span>}
    </p>
  );
}

function Body(props: {
  readonly ctx: PanelContext;
  readonly report: Report;
  readonly by: Width;
}): ReactElement {
  const { ctx, by } = props;
  const { calibration } = props.report;
  const bins = reliabilityBins(by === "width" ? calibration.equal_width : calibration.equal_mass);
  if (bins.every((bin) => bin.count === 0)) {
    return (
      <Empty icon="info" title="No calibration">
        It needs labels and a confidence for each prediction.
      </Empty>
    );
  }
  const open = (bin: { readonly low: number; readonly high: number }) => {
    const where = ["outcome=right|wrong", between("confidence", bin.low, bin.high)];
    ctx.nav.go(viewOf(ctx.run, { where, sort: "-confidence" }), { page: "explore" });
  };
  return (
    <div className="cal">
      <ReliabilityDiagram bins={bins} onBin={open} height={330} />
      <div className="cal-side">
        <Numbers of={calibration} />
        <p className="cal-words">{temperatureWords(calibration)}</p>
        <ClassList ctx={ctx} title="Promise too much" names={calibration.over_confident} />
        <ClassList ctx={ctx} title="Promise too little" names={calibration.under_confident} />
      </div>
    </div>
  );
}

function CalibrationCard(props: { readonly ctx: PanelContext }): ReactElement {
  const [by, setBy] = useState<Width>("width");
  return (
    <ReportCard
      ctx={props.ctx}
      title={calibration.title}
      help={calibration.help}
      height={380}
      tools={() => (
        <Segmented
          label="Bins"
          value={by}
          onChange={setBy}
          choices={[
            { value: "width", title: "Equal width", help: "Each bin covers the same range" },
            { value: "mass", title: "Equal mass", help: "Each bin holds equally many samples" },
          ]}
        />
      )}
    >
      {(report) => <Body ctx={props.ctx} report={report} by={by} />}
    </ReportCard>
  );
}

export const calibration: Panel = {
  id: "calibration",
  page: "overview",
  title: "Calibration",
  help: "How often a prediction of a given confidence is right. Press a bin for its samples.",
  span: 6,
  wide: 4,
  needs: isDone,
  render: (ctx) => <CalibrationCard ctx={ctx} />,
};
