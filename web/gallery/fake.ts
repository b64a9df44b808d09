// SPDX-License-Identifier: Apache-2.0
// A stand-in for the server, for the shell's gallery page only: answers a few operations with
// invented data and plays a job. Not shipped and not used by any test.
import { emit } from "@/engine/events";

const run = (id: string, name: string, accuracy: number) => ({
  id,
  name,
  model: "m" + id.slice(1),
  model_name: `${name}.onnx`,
  version: "v1",
  dataset: "d1",
  dataset_name: "fashion-mnist test",
  state: "done",
  created: "2026-03-04T17:05:09Z",
  samples: 10000,
  scored: 10000,
  accuracy,
  accuracy_low: accuracy - 0.006,
  accuracy_high: accuracy + 0.006,
});

const replies: Record<string, unknown> = {
  ls: { total: 2, runs: [run("r2", "fashion v2", 0.907), run("r1", "fashion v1", 0.86)] },
};

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": status < 400 ? "application/json" : "application/problem+json" },
  });

function answer(path: string): Response {
  const empty = new URLSearchParams(location.search).has("empty");
  if (path === "/v1/session") return json({});
  const op = path.replace("/v1/op/", "");
  if (op === "ls" && empty) return json({ total: 0, runs: [] });
  return replies[op]
    ? json(replies[op])
    : json(
        {
          title: `no operation "${op}"`,
          hint: "This is the gallery; it has no server.",
          code: "SL_E_NOT_FOUND",
        },
        404,
      );
}

class QuietSource extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: (() => void) | null = null;
  constructor() {
    super();
    setTimeout(() => this.onopen?.(), 20);
  }
  close(): void {
    this.readyState = 2;
  }
}

/** Replaces the network of this page. */
export function installFake(): void {
  window.fetch = (input) => Promise.resolve(answer(String(input)));
  window.EventSource = QuietSource as unknown as typeof EventSource;
  let done = 0;
  setInterval(() => {
    done = Math.min(10000, done + 420);
    if (done < 9000) {
      emit({
        seq: done,
        event: "progress",
        job: "b1",
        progress: {
          operation: "eval",
          phase: "inference",
          unit: "images",
          done,
          total: 10000,
          rate: 1810,
          eta_s: (10000 - done) / 1810,
        },
      });
    }
  }, 250);
}
