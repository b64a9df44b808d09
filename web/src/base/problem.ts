// SPDX-License-Identifier: Apache-2.0
// The one error type of the pages: the four texts of the core (message, detail, hint, context) as
// they came in problem+json. Invariant: whatever is thrown, toProblem() makes it showable.

/** Fields of an application/problem+json reply; `title` carries the core's message. */
export interface ProblemBody {
  title?: string;
  message?: string;
  detail?: string;
  hint?: string;
  context?: string;
  code?: string;
  status?: number;
}

export class Problem extends Error {
  readonly detail: string;
  readonly hint: string;
  readonly context: string;
  /** Status name of the core ("SL_E_NOT_FOUND") or one of ours: "offline", "cancelled", "page". */
  readonly code: string;
  /** HTTP status, 0 when there was no reply. */
  readonly status: number;

  constructor(body: ProblemBody) {
    super(body.message ?? body.title ?? "the request failed");
    this.name = "Problem";
    this.detail = body.detail ?? "";
    this.hint = body.hint ?? "";
    this.context = body.context ?? "";
    this.code = body.code ?? "";
    this.status = body.status ?? 0;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Reads the known fields of a parsed problem+json body and ignores the rest. */
export function problemFromBody(body: unknown, status: number): Problem {
  const fields = isRecord(body) ? body : {};
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : undefined);
  const made: ProblemBody = { status };
  for (const name of ["title", "message", "detail", "hint", "context", "code"] as const) {
    const value = text(name);
    if (value !== undefined) made[name] = value;
  }
  if (!made.title && !made.message) made.message = `the server answered with status ${status}`;
  return new Problem(made);
}

/** Anything thrown, as a Problem. A bug of the page keeps its stack as context. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof DOMException && thrown.name === "AbortError") {
    return new Problem({ message: "cancelled", code: "cancelled" });
  }
  if (thrown instanceof Error) {
    return new Problem({
      message: thrown.message || thrown.name,
      code: "page",
      hint: "This is a fault of the page. Reload it; if it comes back, report it with the context.",
      context: thrown.stack ?? "",
    });
  }
  return new Problem({ message: String(thrown), code: "page" });
}
