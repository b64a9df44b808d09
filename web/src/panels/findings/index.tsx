// SPDX-License-Identifier: Apache-2.0
// What stands out, most errors explained first, each with pictures of its samples. J and K move
// among the findings, Enter opens the samples of the one that has the focus.
import { type ReactElement, useRef, useState } from "react";
import { fmtInt, fmtName, plural } from "@/base/format";
import { useOp } from "@/engine/query";
import type { Evidence, Finding } from "@/gen/ops";
import { useActions } from "@/state/actions";
import { clamp } from "@/base/scale";
import { Button } from "@/widgets/button";
import { FactList } from "@/widgets/facts";
import { FindingCard } from "@/widgets/finding";
import { Empty } from "@/widgets/status";
import { ViewLink, viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { isDone, type Report } from "../report";
import { ReportCard } from "../report-card";
import { tileOf } from "../sample-tile";
import { evidenceGroups } from "./evidence";
import { findingPicture } from "./picture";
import "./findings.css";

const FIRST = 6;
const PICTURES = 8;
const SIDE = 48;

function usePictures(ctx: PanelContext, finding: Finding) {
  const { data } = useOp(
    "view",
    {
      run: ctx.run?.id ?? "",
      where: finding.where,
      ...(finding.sort ? { sort: finding.sort } : {}),
      limit: PICTURES,
    },
    { enabled: finding.samples > 0 && finding.where.length > 0, fresh: true },
  );
  return (data?.samples ?? []).map((sample) => findingPicture(tileOf(sample, SIDE)));
}

function EvidenceList(props: {
  readonly ctx: PanelContext;
  readonly rows: readonly Evidence[];
}): ReactElement {
  return (
    <FactList
      groups={evidenceGroups(props.rows).map((group) => ({
        title: group.title,
        facts: group.rows.map((row) => ({
          name: fmtName(row.name ?? ""),
          value: <bdi>{fmtName(row.value ?? "")}</bdi>,
          after: row.journal && (
            <ViewLink nav={props.ctx.nav} page="journal" view={{ tab: row.journal }}>
              {row.journal}
            </ViewLink>
          ),
        })),
      }))}
    />
  );
}

function FindingRow(props: {
  readonly ctx: PanelContext;
  readonly finding: Finding;
}): ReactElement {
  const { ctx, finding } = props;
  const pictures = usePictures(ctx, finding);
  const view = viewOf(ctx.run, finding);
  const leads = finding.where.length > 0;
  return (
    <FindingCard
      severity={finding.severity}
      title={fmtName(finding.title ?? "")}
      text={fmtName(finding.text ?? "")}
      advice={fmtName(finding.advice ?? "")}
      errors={finding.errors}
      samples={finding.samples}
      share={finding.share ?? 0}
      pictures={pictures}
      evidence={finding.evidence.length > 0 && <EvidenceList ctx={ctx} rows={finding.evidence} />}
      {...(leads
        ? {
            href: ctx.nav.href(view, "explore"),
            onOpen: () => ctx.nav.go(view, { page: "explore" }),
          }
        : {})}
    />
  );
}

/** Moves the focus among the titles of the list by keys, wherever the focus was. */
function useFocusKeys() {
  const list = useRef<HTMLDivElement>(null);
  const move = (by: number) => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>("h3 a") ?? [])];
    if (links.length === 0) return;
    const now = links.findIndex((link) => link === document.activeElement);
    const next = now < 0 ? (by > 0 ? 0 : links.length - 1) : clamp(now + by, 0, links.length - 1);
    links[next]?.focus();
    links[next]?.scrollIntoView({ block: "nearest" });
  };
  useActions([
    {
      id: "finding.next",
      title: "Next finding",
      group: "Overview",
      keys: "J",
      run: () => move(1),
    },
    {
      id: "finding.previous",
      title: "Previous finding",
      group: "Overview",
      keys: "K",
      run: () => move(-1),
    },
  ]);
  return list;
}

function List(props: { readonly ctx: PanelContext; readonly report: Report }): ReactElement {
  const list = useFocusKeys();
  const [all, setAll] = useState(false);
  const { findings } = props.report;
  const shown = all || findings.length <= FIRST + 1 ? findings : findings.slice(0, FIRST);
  if (findings.length === 0) {
    return (
      <Empty icon="check" title="Nothing stands out">
        No failure mode rises above noise on these samples.
      </Empty>
    );
  }
  return (
    <div ref={list}>
      {shown.map((finding) => (
        <FindingRow key={finding.id} ctx={props.ctx} finding={finding} />
      ))}
      {shown.length < findings.length && (
        <div className="findings-more">
          <Button tone="quiet" onPress={() => setAll(true)}>
            Show {fmtInt(findings.length - shown.length)} more
          </Button>
        </div>
      )}
    </div>
  );
}

export const findings: Panel = {
  id: "findings",
  page: "overview",
  title: "Findings",
  help: "Facts that were measured, most errors explained first. Errors may count in several.",
  span: 8,
  wide: 5,
  needs: isDone,
  render: (ctx) => (
    <ReportCard
      ctx={ctx}
      title={findings.title}
      help={findings.help}
      height={420}
      flush
      note={(report) => plural(report.findings.length, "finding")}
    >
      {(report) => <List ctx={ctx} report={report} />}
    </ReportCard>
  ),
};
