// SPDX-License-Identifier: Apache-2.0
// The top bar: dataset, the run looked at and the one compared with, palette, jobs, connection,
// theme and help.
import { type ReactElement, useState } from "react";
import { useStore } from "zustand";
import { fmtName, fmtPercent, fmtPercentInterval, plural } from "@/base/format";
import { link } from "@/engine/events";
import { cancelJob, isOver, type Job, jobs } from "@/engine/jobs";
import type { Run } from "@/gen/ops";
import { setPrefs, type Theme, usePref } from "@/state/prefs";
import { toastProblem } from "@/state/toasts";
import type { Navigator } from "@/state/view";
import { Button, IconButton } from "@/widgets/button";
import { Select } from "@/widgets/field";
import { Icon, type IconName } from "@/widgets/icon";
import { Kbd } from "@/widgets/kbd";
import { Dialog, Menu, Tip } from "@/widgets/overlay";
import { Empty, ProgressBar } from "@/widgets/status";
import type { RunsState } from "./runs";

const NO_RUN = "none";

function RunPicker(props: {
  readonly nav: Navigator;
  readonly runs: readonly Run[];
  readonly run: Run | null;
  readonly other: Run | null;
}): ReactElement {
  const { nav, runs, run, other } = props;
  const choices = runs.map((one) => ({
    value: one.id ?? "",
    title: one.name || one.id || "",
    detail: `${one.dataset_name} · ${fmtPercent(one.accuracy)}`,
  }));
  return (
    <>
      <div className="top-run">
        <Select
          label="Run"
          value={run?.id ?? ""}
          choices={choices}
          placeholder="No runs yet"
          onChange={(id) => nav.go({ run: id, row: -1 })}
        />
      </div>
      {run?.accuracy != null && (
        <span className="top-accuracy" title="Accuracy and its 95 % interval">
          <b>{fmtPercent(run.accuracy)}</b>{" "}
          {run.accuracy_low != null &&
            run.accuracy_high != null &&
            fmtPercentInterval(run.accuracy_low, run.accuracy_high)}
        </span>
      )}
      {runs.length > 1 && (nav.page === "compare" || other) && (
        <div className="top-run">
          <Select
            label="Compare with"
            prefix="vs"
            value={other?.id ?? NO_RUN}
            choices={[
              { value: NO_RUN, title: "nothing" },
              ...choices.filter((one) => one.value !== run?.id),
            ]}
            onChange={(id) => nav.go({ other: id === NO_RUN ? "" : id })}
          />
        </div>
      )}
    </>
  );
}

function JobLine(props: { readonly job: Job }): ReactElement {
  const { job } = props;
  return (
    <div className="job">
      <ProgressBar
        label={`${job.op} · ${job.message || job.state}`}
        done={job.done}
        total={job.total}
        rate={job.rate}
        etaS={isOver(job.state) ? -1 : job.etaS}
      />
      {job.error && <p className="bad">{job.error.message ?? job.error.title}</p>}
      {!isOver(job.state) && (
        <div>
          <Button icon="stop" onPress={() => void cancelJob(job.id).catch(toastProblem)}>
            Cancel
          </Button>
        </div>
      )}
    </div>
  );
}

function JobStatus(): ReactElement | null {
  const all = useStore(jobs, (state) => state.all);
  const [open, setOpen] = useState(false);
  const busy = all.filter((job) => !isOver(job.state));
  const first = busy[0];
  if (!first && !open) return null;
  return (
    <>
      {first && (
        <button
          type="button"
          className="job-button"
          onClick={() => setOpen(true)}
          aria-label={`${plural(busy.length, "job")} under way`}
        >
          <span className="job-line">
            <span className="cut">
              {first.op} {first.message}
            </span>
            <span>{first.total > 0 ? fmtPercent(first.done / first.total, 0) : first.state}</span>
          </span>
          <ProgressBar slim label={first.op} done={first.done} total={first.total} />
        </button>
      )}
      {open && (
        <Dialog title="Jobs" onClose={() => setOpen(false)}>
          <div className="jobs">
            {all.length === 0 && <Empty title="No jobs" />}
            {[...all].reverse().map((job) => (
              <JobLine key={job.id} job={job} />
            ))}
          </div>
        </Dialog>
      )}
    </>
  );
}

const LINKS = {
  connecting: "connecting",
  connected: "connected to the local server",
  lost: "connection lost, trying again",
};

function LinkState(): ReactElement {
  const state = useStore(link, (now) => now.state);
  return (
    <Tip text={LINKS[state]}>
      <span
        className={`link-state link-${state}`}
        role="status"
        tabIndex={0}
        aria-label={LINKS[state]}
      >
        <i className="link-dot" />
        {state === "lost" && "offline"}
      </span>
    </Tip>
  );
}

const THEMES: Record<Theme, IconName> = { system: "system", dark: "moon", light: "sun" };

function ThemePicker(): ReactElement {
  const theme = usePref("theme");
  return (
    <Menu
      label={`Theme: ${theme}`}
      trigger={<Icon name={THEMES[theme]} />}
      className="icon-button"
      choices={[
        { id: "system", title: "As the system", icon: "system" },
        { id: "dark", title: "Dark", icon: "moon" },
        { id: "light", title: "Light", icon: "sun" },
      ]}
      onPick={(id) => setPrefs({ theme: id as Theme })}
    />
  );
}

export function TopBar(props: {
  readonly nav: Navigator;
  readonly runs: RunsState;
  readonly onPalette: () => void;
  readonly onKeys: () => void;
}): ReactElement {
  const { ctx } = props.runs;
  const dataset = ctx?.run?.dataset_name ?? "";
  return (
    <header className="top">
      {dataset && (
        <>
          <span className="top-workspace cut" title={`Dataset ${dataset}`}>
            {fmtName(dataset)}
          </span>
          <span className="top-slash" aria-hidden="true">
            /
          </span>
        </>
      )}
      <RunPicker
        nav={props.nav}
        runs={ctx?.runs ?? []}
        run={ctx?.run ?? null}
        other={ctx?.other ?? null}
      />
      <span className="grow" />
      <button
        type="button"
        className="top-search"
        onClick={props.onPalette}
        aria-label="Command palette"
      >
        <Icon name="search" size={15} />
        <span className="grow cut">Find an action, run or page</span>
        <Kbd keys="Mod+K" />
      </button>
      <JobStatus />
      <LinkState />
      <ThemePicker />
      <IconButton icon="keyboard" label="Keyboard shortcuts" keys="?" onPress={props.onKeys} />
    </header>
  );
}
