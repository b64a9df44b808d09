// SPDX-License-Identifier: Apache-2.0
// The jobs, newest first: how far each is, and the way to stop it or go on with it. What is under
// way is drawn from the events, the rest from the list.
import type { ReactElement } from "react";
import { useStore } from "zustand";
import { fmtDuration, fmtName, fmtTime } from "@/base/format";
import { cancelJob, canResume, type Job as LiveJob, jobs } from "@/engine/jobs";
import { useOp, useRun } from "@/engine/query";
import type { Job } from "@/gen/ops";
import { toastProblem } from "@/state/toasts";
import { Button } from "@/widgets/button";
import { Chip } from "@/widgets/chip";
import { Empty, ProblemBox, ProgressBar, Skeleton } from "@/widgets/status";
import type { PanelContext } from "../panel";
import { paramTexts } from "./entry";
import { jobNow, tookMs } from "./job-state";

const TONES: Record<string, "accent" | "bad" | "warn" | "good"> = {
  running: "accent",
  queued: "accent",
  done: "good",
  failed: "bad",
  interrupted: "warn",
};

function Ways(props: { readonly id: string; readonly state: string }): ReactElement | null {
  const { id, state } = props;
  const resume = useRun("resume");
  if (state === "running" || state === "queued") {
    return (
      <Button icon="stop" onPress={() => void cancelJob(id).catch(toastProblem)}>
        Cancel
      </Button>
    );
  }
  if (!canResume(state)) return null;
  return (
    <Button
      icon="play"
      disabled={resume.isPending}
      onPress={() => resume.mutate({ job: id }, { onError: toastProblem })}
    >
      Resume
    </Button>
  );
}

function JobCard(props: { readonly job: Job; readonly live: LiveJob | undefined }): ReactElement {
  const now = jobNow(props.job, props.live);
  const { job } = props;
  const busy = now.state === "running" || now.state === "queued";
  const took = tookMs(job);
  return (
    <li className="job-card">
      <div className="job-card-head">
        <b>{job.op}</b>
        <span className="dim mono">{job.id}</span>
        <Chip {...(TONES[now.state] ? { tone: TONES[now.state] } : {})}>{now.state}</Chip>
        <span className="dim">
          {job.created ? fmtTime(Date.parse(job.created)) : ""}
          {took !== null && ` · ${took < 1000 ? "under 1 s" : fmtDuration(took)}`}
        </span>
        <span className="grow" />
        <Ways id={job.id ?? ""} state={now.state} />
      </div>
      {(busy || canResume(now.state)) && (
        <ProgressBar
          label={now.message || (busy ? "starting" : "stopped here")}
          done={now.done}
          total={now.total}
          rate={busy ? now.rate : -1}
          etaS={busy ? now.etaS : -1}
        />
      )}
      {job.error && <p className="bad">{fmtName(job.error)}</p>}
      <p className="job-card-params">
        {paramTexts(job.params).map((one) => (
          <span key={one.name}>
            <span className="dim">{one.name}</span> <bdi>{one.value}</bdi>
          </span>
        ))}
      </p>
    </li>
  );
}

export function JobList(_props: { readonly ctx: PanelContext }): ReactElement {
  const { data, error, refetch } = useOp("ls", { what: "jobs", limit: 500 });
  const live = useStore(jobs, ({ all }) => all);
  if (error) {
    return (
      <div className="journal-state">
        <ProblemBox problem={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  if (!data) {
    return (
      <div className="journal-state">
        <Skeleton height={160} />
      </div>
    );
  }
  if (data.jobs.length === 0) {
    return (
      <Empty icon="play" title="No jobs">
        Imports and evaluations are jobs; they can be cancelled and resumed here.
      </Empty>
    );
  }
  return (
    <ol className="job-list" tabIndex={0} aria-label="Jobs">
      {data.jobs.map((job) => (
        <JobCard key={job.id} job={job} live={live.find((one) => one.id === job.id)} />
      ))}
    </ol>
  );
}
