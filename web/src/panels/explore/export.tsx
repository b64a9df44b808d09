// SPDX-License-Identifier: Apache-2.0
// The view, or the samples selected in it, as a command to copy: images into a folder, or
// predictions into a file.
import { type ReactElement, useState } from "react";
import { type Clause, formatClause } from "@/base/clause";
import { fmtInt } from "@/base/format";
import { useOp } from "@/engine/query";
import type { Sample } from "@/gen/ops";
import { copyText } from "@/state/toasts";
import { Button, Segmented } from "@/widgets/button";
import { Select, TextField } from "@/widgets/field";
import { Dialog } from "@/widgets/overlay";
import type { PanelContext } from "../panel";
import { sortText } from "../view-params";
import { type ExportChoice, exportCommand } from "./export-command";

/** More names than this do not belong on a command line. */
const NAMES_MAX = 200;

export interface ExportProps {
  readonly ctx: PanelContext;
  readonly where: readonly Clause[];
  readonly matched: number;
  readonly selected: readonly Sample[];
  readonly onClose: () => void;
}

const GROUPS = [
  { value: "flat", title: "No sub-folders" },
  { value: "label", title: "By label" },
  { value: "pred", title: "By prediction" },
  { value: "confusion", title: "By label, then prediction" },
] as const;

/** Where the workspace lies on the machine that serves it; empty until known. */
function useWorkspacePath(): string {
  return useOp("ls", { what: "runs", limit: 1 }).data?.workspace ?? "";
}

function clausesOf(props: ExportProps, scope: string): string[] {
  if (scope === "view") return props.where.map(formatClause);
  const values = props.selected.map((sample) => sample.name ?? "");
  return [formatClause({ kind: "in", field: "name", values })];
}

export function ExportDialog(props: ExportProps): ReactElement {
  const { ctx, selected } = props;
  const some = selected.length > 0 && selected.length <= NAMES_MAX;
  const [scope, setScope] = useState(some ? "selected" : "view");
  const [what, setWhat] = useState<ExportChoice["what"]>("images");
  const [group, setGroup] = useState<ExportChoice["group"]>("flat");
  const [to, setTo] = useState("");
  const command = exportCommand({
    to: to || (what === "images" ? "failing-images" : "predictions.csv"),
    what,
    group,
    run: ctx.run?.id ?? "",
    other: ctx.other?.id ?? "",
    where: clausesOf(props, scope),
    sort: sortText(ctx.nav.view.sort),
    workspace: useWorkspacePath(),
  });
  return (
    <Dialog title="Export" onClose={props.onClose} width={620}>
      <div className="dialog-content stack">
        <div className="line export-line">
          <Segmented
            label="What to export"
            value={what}
            choices={[
              { value: "images", title: "Images" },
              { value: "predictions", title: "Predictions" },
            ]}
            onChange={setWhat}
          />
          {some && (
            <Segmented
              label="Which samples"
              value={scope}
              choices={[
                { value: "selected", title: `Selected (${fmtInt(selected.length)})` },
                { value: "view", title: `View (${fmtInt(props.matched)})` },
              ]}
              onChange={setScope}
            />
          )}
        </div>
        {selected.length > NAMES_MAX && (
          <p className="dim">
            More than {fmtInt(NAMES_MAX)} samples are selected, too many to name on a command line:
            the command exports the view.
          </p>
        )}
        <TextField
          label={what === "images" ? "Folder" : "File (.csv or .jsonl)"}
          showLabel
          value={to}
          placeholder={what === "images" ? "failing-images" : "predictions.csv"}
          onChange={setTo}
        />
        {what === "images" && (
          <Select
            label="Sub-folders"
            showLabel
            value={group}
            choices={GROUPS}
            onChange={(value) => setGroup(value as ExportChoice["group"])}
          />
        )}
        <pre className="export-command" tabIndex={0} aria-label="Command">
          {command}
        </pre>
        <div className="line">
          <Button tone="accent" icon="copy" onPress={() => void copyText(command, "Copied")}>
            Copy
          </Button>
          <span className="dim">Run it on the machine that serves these pages.</span>
        </div>
      </div>
    </Dialog>
  );
}
