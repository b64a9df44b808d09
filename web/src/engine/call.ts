// SPDX-License-Identifier: Apache-2.0
// Calls operations, typed by the generated table. Invariant: the caller need not know whether an
// operation is quick or a job; the promise settles with the result or a Problem either way.
import { problemFromBody } from "@/base/problem";
import type { OperationName, Operations } from "@/gen/ops";
import { send } from "./http";
import { noteJob, waitForJob } from "./jobs";

export type ParamsOf<Name extends OperationName> = Operations[Name]["params"];
export type ResultOf<Name extends OperationName> = Operations[Name]["result"];

const jobOf = (body: unknown): string => {
  const job = typeof body === "object" && body !== null && "job" in body ? body.job : null;
  return typeof job === "string" ? job : "";
};

const pathOf = (op: string): string => `/v1/op/${encodeURIComponent(op)}`;

/** Runs operation `op` and returns its result. */
export async function callOp<Name extends OperationName>(
  op: Name,
  params: ParamsOf<Name>,
  signal?: AbortSignal,
): Promise<ResultOf<Name>> {
  const answer = await send("POST", pathOf(op), params, signal);
  if (answer.status !== 202) return answer.body as ResultOf<Name>;
  const id = jobOf(answer.body);
  if (!id) throw problemFromBody({ message: `operation "${op}" was accepted without a job` }, 202);
  noteJob(id, { op });
  return (await waitForJob(id, signal)) as ResultOf<Name>;
}

/** Starts operation `op` as a job and returns its id without waiting. */
export async function startOp<Name extends OperationName>(
  op: Name,
  params: ParamsOf<Name>,
): Promise<string> {
  const { body } = await send("POST", pathOf(op), params);
  const id = jobOf(body);
  if (id) noteJob(id, { op });
  return id;
}
