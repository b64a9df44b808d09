// SPDX-License-Identifier: Apache-2.0
// What is known of a job now: its record, overruled by the newer news of the events.
import { isOver, type Job as LiveJob } from "@/engine/jobs";
import type { Job } from "@/gen/ops";

export interface JobNow {
  readonly state: string;
  readonly message: string;
  readonly done: number;
  readonly total: number;
  readonly rate: number;
  readonly etaS: number;
}

const OVER = ["done", "failed", "cancelled", "interrupted"];

/** A record that is over stays over; else the events know better. */
export function jobNow(job: Job, live: LiveJob | undefined): JobNow {
  const known = {
    state: job.state ?? "",
    message: job.message ?? "",
    done: job.done,
    total: job.total,
    rate: -1,
    etaS: -1,
  };
  if (!live || OVER.includes(known.state)) return known;
  if (isOver(live.state)) return { ...known, state: live.state };
  return {
    state: live.state,
    message: live.message || known.message,
    done: Math.max(live.done, known.done),
    total: live.total || known.total,
    rate: live.rate,
    etaS: live.etaS,
  };
}

/** Milliseconds from start to end, null while it runs. */
export function tookMs(job: Pick<Job, "created" | "finished">): number | null {
  if (!job.created || !job.finished) return null;
  const took = Date.parse(job.finished) - Date.parse(job.created);
  return Number.isFinite(took) && took >= 0 ? took : null;
}
