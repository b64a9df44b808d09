// SPDX-License-Identifier: Apache-2.0
// The change of every class: recall before and after, the difference as a bar about zero, and how
// many samples of the class were fixed and broken, each a link.
import { type ReactElement, useMemo, useState } from "react";
import { fmtFixed, fmtInt, fmtSigned, plural } from "@/base/format";
import type { Sort } from "@/base/view";
import type { Class2 } from "@/gen/ops";
import { Card } from "@/widgets/card";
import { Name } from "@/widgets/name";
import { ProblemBox, Skeleton } from "@/widgets/status";
import { type Column, DataTable, sortRows } from "@/widgets/table";
import { type Comparison, hasPair, useComparison } from "../comparison";
import { is, ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { barOf, changeValue, widest } from "./diverging";
import "./changes.css";

function Diverging(props: { readonly value: number | null; readonly most: number }): ReactElement {
  const { value, most } = props;
  if (value === null) return <span className="dim">–</span>;
  const bar = barOf(value, most);
  return (
    <span className="diverging">
      <span className={value < 0 ? "bad num" : value > 0 ? "good num" : "dim num"}>
        {fmtSigned(value * 100, 1)}
      </span>
      <span className="diverging-track" aria-hidden="true">
        <i
          className={value < 0 ? "diverging-loss" : "diverging-gain"}
          style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
        />
      </span>
    </span>
  );
}

/** The samples of a class that one run has right and the other wrong. */
const changedView = (ctx: PanelContext, row: Class2) =>
  viewOf(
    ctx.run,
    { where: [is("label", row.name ?? ""), "change=broken|fixed"], sort: "change" },
    ctx.other,
  );

const RIGHT = { align: "right", sortable: true } as const;

const recall = (id: "accuracy_a" | "accuracy_b", title: string, help: string): Column<Class2> => ({
  id,
  title,
  help,
  width: "54px",
  hideBelow: 430,
  ...RIGHT,
  render: (row) => fmtFixed(row[id], 3),
});

/** How many samples of the class turned; the number leads to them. */
function turned(ctx: PanelContext, change: "fixed" | "broken", title: string): Column<Class2> {
  const sort = change === "fixed" ? "-confidence" : "-other_confidence";
  return {
    id: change,
    title,
    width: "52px",
    ...RIGHT,
    render: (row) => {
      if (row[change] === 0) return <span className="dim">0</span>;
      const where = [is("label", row.name ?? ""), is("change", change)];
      return (
        <ViewLink nav={ctx.nav} view={viewOf(ctx.run, { where, sort }, ctx.other)}>
          {fmtInt(row[change])}
        </ViewLink>
      );
    },
  };
}

function columnsOf(ctx: PanelContext, most: number): Column<Class2>[] {
  return [
    {
      id: "name",
      title: "Class",
      width: "minmax(90px, 1.2fr)",
      sortable: true,
      render: (row) => (
        <ViewLink nav={ctx.nav} view={changedView(ctx, row)} className="class-link">
          <Name text={row.name} />
        </ViewLink>
      ),
    },
    {
      id: "support",
      title: "Samples",
      width: "60px",
      hideBelow: 520,
      ...RIGHT,
      render: (row) => fmtInt(row.support),
    },
    recall("accuracy_a", "Before", "Recall in the first run"),
    recall("accuracy_b", "After", "Recall in the second run"),
    {
      id: "difference",
      title: "Difference, pp",
      help: "Second minus first, in percentage points",
      width: "minmax(120px, 2fr)",
      sortable: true,
      render: (row) => <Diverging value={row.difference} most={most} />,
    },
    turned(ctx, "fixed", "Fixed"),
    turned(ctx, "broken", "Broken"),
  ];
}

function Body(props: { readonly ctx: PanelContext; readonly of: Comparison }): ReactElement {
  const { ctx, of } = props;
  const [sort, setSort] = useState<Sort | null>(null);
  const [cursor, setCursor] = useState(-1);
  const most = widest(of.classes);
  const columns = columnsOf(ctx, most);
  const rows = useMemo(() => sortRows(of.classes, sort, changeValue), [of.classes, sort]);
  const open = (at: number) => {
    const row = rows[at];
    if (row) ctx.nav.go(changedView(ctx, row), { page: "explore" });
  };
  return (
    <DataTable
      label="Changes per class"
      columns={columns}
      count={rows.length}
      row={(at) => rows[at]}
      sort={sort}
      onSort={setSort}
      cursor={cursor}
      onCursor={setCursor}
      onOpen={open}
      maxHeight={520}
    />
  );
}

function ChangesCard(props: { readonly ctx: PanelContext }): ReactElement {
  const { result, problem, retry } = useComparison(props.ctx);
  return (
    <Card
      title={changes.title}
      help={changes.help}
      note={result && plural(result.classes.length, "class", "classes")}
      flush={Boolean(result)}
    >
      {problem && <ProblemBox problem={problem} onRetry={retry} />}
      {!problem && !result && <Skeleton height={320} />}
      {result && <Body ctx={props.ctx} of={result} />}
    </Card>
  );
}

export const changes: Panel = {
  id: "changes",
  page: "compare",
  title: "Classes",
  help: "Largest loss first. Press a name, or Enter on a row, for the samples that changed.",
  span: 12,
  wide: 4,
  needs: hasPair,
  render: (ctx) => <ChangesCard ctx={ctx} />,
};
