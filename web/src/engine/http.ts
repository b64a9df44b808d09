// SPDX-License-Identifier: Apache-2.0
// The only place that talks to the network. Invariant: a failed request rejects with a Problem that
// carries the core's four texts; a lost server is Problem code "offline", an abort "cancelled".
import { Problem, problemFromBody, toProblem } from "@/base/problem";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function readBody(reply: Response): Promise<unknown> {
  const text = await reply.text();
  if (!text) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return reply.ok ? text : { detail: text.slice(0, 400) };
  }
}

/** Why a request brought no answer at all. */
function noAnswer(thrown: unknown): Problem {
  const problem = toProblem(thrown);
  if (problem.code === "cancelled") return problem;
  return new Problem({
    code: "offline",
    message: "the Slitlamp server does not answer",
    hint: "Is it still running? Start it again with: slitlamp serve",
  });
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (thrown) {
    throw noAnswer(thrown);
  }
}

/** Sends JSON (or nothing) to a path of our own server and returns the parsed reply. */
export async function send(
  method: "GET" | "POST",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  const init: RequestInit = {
    method,
    credentials: "same-origin",
    headers: { accept: "application/json" },
  };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { accept: "application/json", "content-type": "application/json" };
  }
  const reply = await ask(path, init);
  const parsed = await readBody(reply);
  if (!reply.ok) throw problemFromBody(parsed, reply.status);
  return { status: reply.status, body: parsed };
}

/** The bytes behind an address of our own server. */
export async function fetchBytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  const init: RequestInit = { credentials: "same-origin", ...(signal ? { signal } : {}) };
  const reply = await ask(path, init);
  if (!reply.ok) throw problemFromBody(await readBody(reply), reply.status);
  return reply.arrayBuffer();
}
