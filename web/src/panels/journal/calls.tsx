// SPDX-License-Identifier: Apache-2.0
// The calls as a table of any length, and beside it the one looked at.
import { type ReactElement, useEffect } from "react";
import { fmtDuration, fmtInt, fmtTime, plural } from "@/base/format";
import { useRefresh } from "@/engine/query";
import type { Journal } from "@/gen/ops";
import { useNarrow } from "@/widgets/hooks";
import { Splitter } from "@/widgets/splitter";
import { Empty, ProblemBox } from "@/widgets/status";
import { type Column, DataTable } from "@/widgets/table";
import type { PanelContext } from "../panel";
import { CallDetail } from "./call-detail";
import { paramTexts } from "./entry";
import { Ids } from "./ids";
import { Status } from "./status";
import { MOST, useCalls } from "./use-calls";

function Params(props: { readonly json: string | null }): ReactElement {
  return (
    <span className="journal-params">
      {paramTexts(props.json).map((one) => (
        <span key={one.name}>
          <span className="dim">{one.name}</span> <bdi>{one.value}</bdi>
        </span>
      ))}
    </span>
  );
}

function columnsOf(ctx: PanelContext): Column<Journal>[] {
  return [
    {
      id: "id",
      title: "Call",
      width: "58px",
      render: (row) => <span className="mono">{row.id}</span>,
    },
    {
      id: "op",
      title: "Operation",
      width: "minmax(76px, 0.6fr)",
      render: (row) => (
        <>
          {row.parent && <span className="dim">↳ </span>}
          <b>{row.op}</b>
        </>
      ),
    },
    {
      id: "status",
      title: "Status",
      width: "minmax(84px, 0.6fr)",
      render: (row) => <Status status={row.status} />,
    },
    {
      id: "started",
      title: "When",
      width: "150px",
      hideBelow: 560,
      render: (row) => (
        <span className="tabular dim">{row.started ? fmtTime(Date.parse(row.started)) : "–"}</span>
      ),
    },
    {
      id: "seconds",
      title: "Took",
      width: "76px",
      align: "right",
      render: (row) => fmtDuration(row.seconds === null ? null : row.seconds * 1000),
    },
    {
      id: "params",
      title: "Parameters",
      width: "minmax(160px, 3fr)",
      hideBelow: 760,
      render: (row) => <Params json={row.params} />,
    },
    {
      id: "reads",
      title: "Read",
      width: "minmax(64px, 0.6fr)",
      hideBelow: 640,
      render: (row) => <Ids ctx={ctx} ids={row.reads} most={3} />,
    },
    {
      id: "writes",
      title: "Wrote",
      width: "minmax(56px, 0.5fr)",
      hideBelow: 480,
      render: (row) => <Ids ctx={ctx} ids={row.writes} most={3} />,
    },
  ];
}

export function Calls(props: { readonly ctx: PanelContext }): ReactElement {
  const { ctx } = props;
  const calls = useCalls(ctx);
  const narrow = useNarrow();
  const refresh = useRefresh("ls");
  useEffect(() => refresh(), [refresh]);
  const chosen = calls.cursor >= 0 ? calls.row(calls.cursor) : undefined;
  if (calls.problem) {
    return (
      <div className="journal-state">
        <ProblemBox problem={calls.problem} onRetry={refresh} />
      </div>
    );
  }
  if (calls.count === 0 && !calls.loading) {
    return (
      <Empty icon="journal" title="Nothing is recorded">
        {ctx.nav.view.where.length > 0
          ? "No call of that operation was recorded."
          : "Every call that changes something is written here, with what it read and wrote."}
      </Empty>
    );
  }
  const look = (at: number) => ctx.nav.go({ tab: calls.idAt(at) }, { replace: true });
  const table = (
    <div className="journal-table">
      <DataTable
        label="Calls"
        columns={columnsOf(ctx)}
        count={calls.count}
        row={calls.row}
        cursor={calls.cursor}
        onCursor={look}
        onRange={calls.onRange}
        height="fill"
        rowTone={(row) => (row.status === "ok" ? "" : "journal-row-bad")}
      />
      <p className="journal-foot dim">
        {plural(calls.count, "call")}
        {calls.partial && ` among the newest ${fmtInt(MOST)}`}
      </p>
    </div>
  );
  const detail = (
    <CallDetail
      ctx={ctx}
      call={chosen}
      onClose={() => ctx.nav.go({ tab: "" }, { replace: true })}
    />
  );
  if (narrow) return chosen ? detail : table;
  return (
    <Splitter
      id="journal"
      label="Width of the call"
      fixed="second"
      size={380}
      min={280}
      max={900}
      first={table}
      second={detail}
    />
  );
}
