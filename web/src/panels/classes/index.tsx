// SPDX-License-Identifier: Apache-2.0
// Every class with recall, precision and F1 and their intervals; a row leads to its samples.
import { type ReactElement, useMemo, useState } from "react";
import { fmtFixed, fmtInt, fmtSigned, plural } from "@/base/format";
import { fuzzyFilter } from "@/base/fuzzy";
import type { View } from "@/base/view";
import type { Class } from "@/gen/ops";
import type { Navigator } from "@/state/view";
import { TextField } from "@/widgets/field";
import { IntervalBar } from "@/widgets/metric";
import { Name } from "@/widgets/name";
import { type Column, DataTable, sortRows } from "@/widgets/table";
import { is, ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { isDone, type Report } from "../report";
import { ReportCard } from "../report-card";
import {
  classDomain,
  classRowHeight,
  classSort,
  classValue,
  type Score,
  scoreOf,
  sortToKeep,
} from "./class-values";
import "./classes.css";

const MANY = 20;

function ScoreCell(props: {
  readonly row: Class;
  readonly score: Score;
  readonly low: number;
  readonly overall: number | null;
}): ReactElement {
  const { value, low, high } = scoreOf(props.row, props.score);
  if (value === null) return <span className="dim">–</span>;
  const weak = props.overall !== null && high !== null && high < props.overall;
  return (
    <span className="class-score">
      <span className="tabular">{fmtFixed(value, 3)}</span>
      <IntervalBar
        value={value}
        low={low ?? value}
        high={high ?? value}
        min={props.low}
        max={1}
        tone={weak ? "bad" : "accent"}
        {...(props.overall === null ? {} : { reference: props.overall })}
      />
    </span>
  );
}

const GAP_WORDS = {
  ok: "in line with its precision, within noise",
  over: "more confident than right, beyond noise",
  under: "less confident than right, beyond noise",
};

type ViewOfClass = (row: Class) => Partial<View>;

function nameColumn(nav: Navigator, view: ViewOfClass): Column<Class> {
  return {
    id: "name",
    title: "Class",
    width: "minmax(84px, 1.1fr)",
    sortable: true,
    render: (row) => (
      <ViewLink nav={nav} view={view(row)} className="class-link">
        <Name text={row.name} />
      </ViewLink>
    ),
  };
}

function columnsOf(low: number, overall: number | null): Column<Class>[] {
  const score = (id: Score, title: string, help: string, hideBelow: number): Column<Class> => ({
    id,
    title,
    help,
    width: "minmax(86px, 1.3fr)",
    sortable: true,
    hideBelow,
    render: (row) => <ScoreCell row={row} score={id} low={low} overall={overall} />,
  });
  return [
    {
      id: "support",
      title: "Samples",
      help: "Samples with this label",
      align: "right",
      width: "58px",
      sortable: true,
      hideBelow: 560,
      render: (row) => fmtInt(row.support),
    },
    {
      id: "errors",
      title: "Errors",
      help: "Samples with this label that are wrong",
      align: "right",
      width: "48px",
      sortable: true,
      render: (row) => fmtInt(row.support - row.correct),
    },
    score("recall", "Recall", "Share of the class's samples that are found", 0),
    score("precision", "Precision", "Share of its predictions that are right", 350),
    score("f1", "F1", "Harmonic mean of precision and recall", 500),
    {
      id: "gap",
      title: "Conf. gap",
      help: "Mean confidence of its predictions minus their precision",
      align: "right",
      width: "64px",
      sortable: true,
      hideBelow: 660,
      render: (row) =>
        row.gap === null ? (
          <span className="dim">–</span>
        ) : (
          <span
            className={row.calibration === "ok" ? "dim" : "warn"}
            title={GAP_WORDS[row.calibration]}
          >
            {fmtSigned(row.gap, 3)}
          </span>
        ),
    },
    {
      id: "auroc",
      title: "AUROC",
      help: "One class against the rest",
      align: "right",
      width: "56px",
      sortable: true,
      hideBelow: 760,
      render: (row) => fmtFixed(row.auroc, 4),
    },
  ];
}

/** Without labels: what is predicted, and how surely. */
function unlabelledColumns(): Column<Class>[] {
  return [
    {
      id: "predicted",
      title: "Predicted",
      help: "Samples predicted as this class",
      align: "right",
      width: "80px",
      sortable: true,
      render: (row) => fmtInt(row.predicted),
    },
    {
      id: "confidence",
      title: "Mean confidence",
      align: "right",
      width: "120px",
      sortable: true,
      render: (row) => fmtFixed(row.confidence, 3),
    },
  ];
}

function Body(props: { readonly ctx: PanelContext; readonly report: Report }): ReactElement {
  const { ctx, report } = props;
  const [search, setSearch] = useState("");
  const [cursor, setCursor] = useState(-1);
  const low = classDomain(report.classes);
  const overall = report.accuracy;
  const labelled = report.classes.some((row) => row.support > 0);
  const { nav, run } = ctx;
  const sort = classSort(nav.view.sort);
  const view = (row: Class) =>
    viewOf(
      run,
      labelled
        ? { where: [is("label", row.name ?? "")], sort: "-loss" }
        : { where: [is("pred", row.name ?? "")], sort: "-confidence" },
    );
  const columns = [
    nameColumn(nav, view),
    ...(labelled ? columnsOf(low, overall) : unlabelledColumns()),
  ];
  const rows = useMemo(
    () =>
      search
        ? fuzzyFilter(report.classes, search, (row) => row.name ?? "")
        : sortRows(report.classes, sort, classValue),
    [report.classes, search, sort.field, sort.descending],
  );
  const open = (at: number) => {
    const row = rows[at];
    if (row) nav.go(view(row), { page: "explore" });
  };
  return (
    <div className="classes">
      {report.classes.length > MANY && (
        <div className="classes-search">
          <TextField
            label="Search classes"
            placeholder={`Search ${plural(report.classes.length, "class", "classes")}`}
            icon="search"
            value={search}
            onChange={setSearch}
          />
        </div>
      )}
      <DataTable
        label="Classes"
        columns={columns}
        count={rows.length}
        row={(at) => rows[at]}
        sort={search ? null : sort}
        onSort={(next) => nav.go({ sort: sortToKeep(next, sort) }, { replace: true })}
        cursor={cursor}
        onCursor={setCursor}
        onOpen={open}
        maxHeight={report.classes.length > MANY ? 560 : 1000}
        rowHeight={classRowHeight(report.classes.length)}
      />
    </div>
  );
}

export const classes: Panel = {
  id: "classes",
  page: "overview",
  title: "Classes",
  help: "Bars start at the same value and carry 95 % intervals; the dashed line is the accuracy of all. Orange lies below it beyond noise. Press a name, or Enter on a row, for its samples.",
  span: 5,
  wide: 4,
  needs: isDone,
  render: (ctx) => (
    <ReportCard ctx={ctx} title={classes.title} help={classes.help} height={360} flush>
      {(report) => <Body ctx={ctx} report={report} />}
    </ReportCard>
  ),
};
