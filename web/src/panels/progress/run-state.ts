// SPDX-License-Identifier: Apache-2.0
// The state of a run in words, and the job it belongs to.
import { isOver, type Job as LiveJob } from "@/engine/jobs";
import type { Job, Run } from "@/gen/ops";

/**
 * The job that made the run: a long call of an operation that evaluates, newest first, in a state
 * that fits the run's. Null when there is none.
 */
export function jobOfRun(run: Run, jobs: readonly Job[]): Job | null {
  const live = run.state === "running";
  const makes = jobs.filter((job) => ["eval", "open", "demo", "resume"].includes(job.op ?? ""));
  const fits = (job: Job) =>
    live
      ? job.state === "running" || job.state === "queued"
      : ["interrupted", "cancelled", "failed"].includes(job.state ?? "");
  return makes.find(fits) ?? null;
}

/** News of a job under way for this run: the job itself, or one that resumes it. */
export function movingJob(run: Run, job: Job | null, live: readonly LiveJob[]): LiveJob | null {
  const busy = live.filter((one) => !isOver(one.state));
  const own = busy.find((one) => one.id === job?.id);
  if (own || run.state === "running") return own ?? null;
  return busy.find((one) => one.op === "resume") ?? null;
}

export function stateWords(run: Run): string {
  switch (run.state) {
    case "running":
      return "Under way";
    case "interrupted":
      return "Interrupted before its end";
    case "failed":
      return "Stopped by an error";
    default:
      return run.state ?? "";
  }
}
