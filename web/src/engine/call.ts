// SPDX-License-Identifier: Apache-2.0
// Calls operations. Invariant: the caller need not know whether an operation is quick or a job; the
// promise settles with the result or a Problem either way.
import { problemFromBody } from "@/base/problem";
import { send } from "./http";
import { noteJob, waitForJob } from "./jobs";

export type Params = Readonly<Record<string, unknown>>;

const jobOf = (body: unknown): string => {
  const job = typeof body === "object" && body !== null && "job" in body ? body.job : null;
  return typeof job === "string" ? job : "";
};

/** Runs operation `op` and returns its result. */
export async function callOp<T>(op: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const answer = await send("POST", `/v1/op/${encodeURIComponent(op)}`, params, signal);
  if (answer.status !== 202) return answer.body as T;
  const id = jobOf(answer.body);
  if (!id) throw problemFromBody({ message: `operation "${op}" was accepted without a job` }, 202);
  noteJob(id, { op });
  return (await waitForJob(id, signal)) as T;
}

/** Starts operation `op` as a job and returns its id without waiting. */
export async function startOp(op: string, params: Params = {}): Promise<string> {
  const { body } = await send("POST", `/v1/op/${encodeURIComponent(op)}`, params);
  const id = jobOf(body);
  if (id) noteJob(id, { op });
  return id;
}
