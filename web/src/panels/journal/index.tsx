// SPDX-License-Identifier: Apache-2.0
// The journal: every recorded call, newest first, and the jobs. The view's tab names the call
// looked at ("j12") or the jobs ("jobs"); its filter "op=eval" keeps the calls of some operations.
import type { ReactElement } from "react";
import { useRefresh } from "@/engine/query";
import { IconButton, Segmented } from "@/widgets/button";
import type { Panel, PanelContext } from "../panel";
import { Calls } from "./calls";
import { JobList } from "./job-list";
import { OpFilter } from "./op-filter";
import "./journal.css";

type Part = "calls" | "jobs";

function Journal(props: { readonly ctx: PanelContext }): ReactElement {
  const { ctx } = props;
  const part: Part = ctx.nav.view.tab === "jobs" ? "jobs" : "calls";
  const refresh = useRefresh("ls");
  return (
    <div className="journal">
      <header className="journal-bar">
        <Segmented
          label="What to list"
          value={part}
          onChange={(next) => ctx.nav.go({ tab: next === "jobs" ? "jobs" : "" })}
          choices={[
            { value: "calls", title: "Calls", help: "Every recorded call of an operation" },
            { value: "jobs", title: "Jobs", help: "Long calls: progress, cancel, resume" },
          ]}
        />
        {part === "calls" && <OpFilter ctx={ctx} />}
        <span className="grow" />
        <IconButton icon="refresh" label="Read it again" onPress={refresh} />
      </header>
      {part === "calls" ? <Calls ctx={ctx} /> : <JobList ctx={ctx} />}
    </div>
  );
}

export const journal: Panel = {
  id: "journal",
  page: "journal",
  title: "Journal",
  help: "Every recorded call with what it read and wrote.",
  span: "page",
  needs: () => true,
  render: (ctx) => <Journal ctx={ctx} />,
};
