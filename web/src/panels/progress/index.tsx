// SPDX-License-Identifier: Apache-2.0
// A run that is not done: how far it is, why it stopped, and the way on. What was scored is kept.
import type { ReactElement } from "react";
import { useStore } from "zustand";
import { plural } from "@/base/format";
import { cancelJob, canResume, type Job as LiveJob, jobs } from "@/engine/jobs";
import { useOp, useRun } from "@/engine/query";
import type { Job, Run } from "@/gen/ops";
import { toastProblem } from "@/state/toasts";
import { Button } from "@/widgets/button";
import { Card } from "@/widgets/card";
import { ProgressBar } from "@/widgets/status";
import { viewOf } from "../links";
import type { Panel, PanelContext } from "../panel";
import { jobOfRun, movingJob, stateWords } from "./run-state";

function Way(props: {
  readonly job: Job | null;
  readonly moving: LiveJob | null;
}): ReactElement | null {
  const { job, moving } = props;
  const resume = useRun("resume");
  if (moving) {
    return (
      <Button icon="stop" onPress={() => void cancelJob(moving.id).catch(toastProblem)}>
        Cancel
      </Button>
    );
  }
  if (!job?.id || !canResume(job.state ?? "")) return null;
  const id = job.id;
  return (
    <Button
      icon="play"
      tone="accent"
      disabled={resume.isPending}
      onPress={() => resume.mutate({ job: id }, { onError: toastProblem })}
    >
      Resume
    </Button>
  );
}

function Progress(props: { readonly ctx: PanelContext; readonly run: Run }): ReactElement {
  const { ctx, run } = props;
  const { data } = useOp("ls", { what: "jobs", limit: 50 });
  const job = jobOfRun(run, data?.jobs ?? []);
  const live = useStore(jobs, ({ all }) => all);
  const moving = movingJob(run, job, live);
  return (
    <Card title={progress.title} help={progress.help}>
      <div className="stack">
        <ProgressBar
          label={moving ? `${moving.op} · ${moving.message}` : stateWords(run)}
          done={moving ? moving.done : run.scored}
          total={moving ? moving.total : run.samples}
          unit="samples"
          rate={moving?.rate ?? -1}
          etaS={moving?.etaS ?? -1}
        />
        {job?.error && !moving && <p className="bad">{job.error}</p>}
        <div className="line">
          <Way job={job} moving={moving} />
          {run.scored > 0 && (
            <Button
              tone="quiet"
              onPress={() => ctx.nav.go(viewOf(run, { where: [] }), { page: "explore" })}
            >
              Look at the {plural(run.scored, "sample")} scored so far
            </Button>
          )}
        </div>
      </div>
    </Card>
  );
}

export const progress: Panel = {
  id: "progress",
  page: "overview",
  title: "This run is not complete",
  help: "What was scored is kept; numbers are made when the run is done.",
  span: 12,
  needs: (ctx) => ctx.run !== null && ctx.run.state !== "done",
  render: (ctx) => ctx.run && <Progress ctx={ctx} run={ctx.run} />,
};
