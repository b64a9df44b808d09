// SPDX-License-Identifier: Apache-2.0
// Things to know about the numbers of a report. Draws nothing when there are none.
import type { ReactElement } from "react";
import { fmtName } from "@/base/format";
import { Card } from "@/widgets/card";
import type { Panel, PanelContext } from "../panel";
import { isDone, useReport } from "../report";
import "./notes.css";

function Notes(props: { readonly ctx: PanelContext }): ReactElement | null {
  const { report } = useReport(props.ctx);
  if (!report || report.notes.length === 0) return null;
  return (
    <Card title={notes.title} help={notes.help}>
      <ul className="notes">
        {report.notes.map((note, at) => (
          <li key={at}>
            <bdi>{fmtName(note)}</bdi>
          </li>
        ))}
      </ul>
    </Card>
  );
}

export const notes: Panel = {
  id: "notes",
  page: "overview",
  title: "Notes",
  help: "Things to know about these numbers.",
  span: 6,
  needs: isDone,
  render: (ctx) => <Notes ctx={ctx} />,
};
