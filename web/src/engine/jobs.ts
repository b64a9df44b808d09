// SPDX-License-Identifier: Apache-2.0
// Long operations. A call that is answered 202 {job} is a job; its state arrives as events and can
// be asked for at /v1/job/<id>. Invariant: the store holds what we know of every job seen, newest
// last; waitForJob settles exactly once, also when events were missed.
import { createStore } from "zustand/vanilla";
import { Problem, type ProblemBody, problemFromBody } from "@/base/problem";
import { emit, onEvent, type Progress, type ServerEvent } from "./events";
import { send } from "./http";

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled" | "interrupted";

export interface Job {
  readonly id: string;
  readonly op: string;
  readonly state: JobState;
  readonly message: string;
  readonly done: number;
  readonly total: number;
  readonly rate: number;
  readonly etaS: number;
  readonly error: ProblemBody | null;
}

export const jobs = createStore<{ all: readonly Job[] }>(() => ({ all: [] }));

/** Did the job stop before its end, so that operation "resume" can go on with it? */
export const canResume = (state: string): boolean =>
  state === "interrupted" || state === "cancelled" || state === "failed";

export const isOver = (state: JobState): boolean => state !== "queued" && state !== "running";

const EMPTY: Omit<Job, "id"> = {
  op: "",
  state: "queued",
  message: "",
  done: 0,
  total: 0,
  rate: -1,
  etaS: -1,
  error: null,
};

/** Merges what is newly known of a job into the store. */
export function noteJob(id: string, news: Partial<Job>): void {
  const { all } = jobs.getState();
  const old = all.find((job) => job.id === id);
  const job = { ...EMPTY, ...old, ...news, id };
  jobs.setState({ all: old ? all.map((other) => (other.id === id ? job : other)) : [...all, job] });
}

const fromProgress = (progress: Progress): Partial<Job> => ({
  op: progress.op,
  message: progress.phase,
  done: progress.done,
  total: progress.total,
  rate: progress.rate,
  etaS: progress.eta_s,
});

function hear(event: ServerEvent): void {
  if (!event.job) return;
  const states = ["queued", "running", "done", "failed", "cancelled", "interrupted"];
  const news: Partial<Job> = event.progress ? fromProgress(event.progress) : {};
  const state = states.includes(event.event)
    ? { state: event.event as JobState }
    : event.event === "progress"
      ? { state: "running" as const }
      : {};
  noteJob(event.job, { ...news, ...state, ...(event.error ? { error: event.error } : {}) });
}

/** Lets the store follow the event stream. */
export const followJobs = (): (() => void) => onEvent(hear);

interface JobReply {
  readonly state: JobState;
  readonly op?: string;
  readonly message?: string;
  readonly done?: number;
  readonly total?: number;
  readonly result?: unknown;
  readonly error?: ProblemBody | string | null;
}

/** Asks the server for a job and notes the answer. */
export async function readJob(id: string, signal?: AbortSignal): Promise<JobReply> {
  const reply = (await send("GET", `/v1/job/${encodeURIComponent(id)}`, undefined, signal))
    .body as JobReply;
  const error = typeof reply.error === "string" ? { message: reply.error } : (reply.error ?? null);
  noteJob(id, {
    state: reply.state,
    ...(reply.op ? { op: reply.op } : {}),
    error,
    message: reply.message ?? "",
    done: reply.done ?? 0,
    total: reply.total ?? 0,
  });
  return { ...reply, error };
}

/**
 * Resolves with the job's result, or rejects with its Problem. Aborting stops waiting, not the
 * job.
 */
export function waitForJob(id: string, signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let asking = false;
    const leave = onEvent((event) => {
      const about = event.job === id && event.event !== "progress";
      if (about || event.event === "missed") ask();
    });
    const timer = setInterval(() => ask(), 5000);
    const stop = () => {
      leave();
      clearInterval(timer);
      signal?.removeEventListener("abort", aborted);
    };
    const aborted = () => {
      stop();
      reject(new Problem({ message: "cancelled", code: "cancelled" }));
    };
    const ask = () => {
      if (asking) return;
      asking = true;
      readJob(id, signal).then(
        (reply) => {
          asking = false;
          if (!isOver(reply.state)) return;
          stop();
          if (reply.state === "done") resolve(reply.result);
          else reject(problemFromBody(reply.error ?? { message: `the job was ${reply.state}` }, 0));
        },
        (thrown: unknown) => {
          asking = false;
          if (thrown instanceof Problem && thrown.code === "offline") return;
          stop();
          reject(thrown);
        },
      );
    };
    signal?.addEventListener("abort", aborted);
    ask();
  });
}

/** Asks the server to stop a job; what it committed is kept. */
export async function cancelJob(id: string): Promise<void> {
  await send("POST", "/v1/op/cancel", { job: id });
  emit({ seq: 0, event: "cancelled", job: id });
}
