// SPDX-License-Identifier: Apache-2.0
// A stand-in for the server, for the shell's gallery page only: answers a few operations with
// invented data and plays a job. Not shipped and not used by any test.
import { emit } from "@/engine/events";
import { picture } from "./data";
import { answerOp } from "./workspace";

/** The query of the first address; the router rewrites it later. */
const started = new URLSearchParams(location.search);

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": status < 400 ? "application/json" : "application/problem+json" },
  });

function answer(path: string, body: unknown): Response {
  const asked = new URLSearchParams(location.search);
  if (path === "/v1/session") return json({});
  const op = path.replace("/v1/op/", "");
  const params = typeof body === "string" ? (JSON.parse(body) as Record<string, unknown>) : {};
  const reply = answerOp(op, params, Number(started.get("classes") ?? 10));
  const none = { total: 0, runs: [], models: [], journal: [], jobs: [] };
  if (op === "ls" && (started.has("empty") || asked.has("empty"))) return json(none);
  return reply
    ? json(reply)
    : json(
        {
          title: `no operation "${op}"`,
          hint: "This is the gallery; it has no server.",
          code: "SL_E_NOT_FOUND",
        },
        404,
      );
}

/** The picture a blob address names (thumb-<kind>.<seed>-<px>), any other address as it is. */
function addressOf(value: string): string {
  const key = /blob\/thumb-(\d+)\.(\d+)-/.exec(value);
  return key ? picture(Number(key[1]), Number(key[2])) : value;
}

/** Lets images draw those pictures; React sets both the attribute and the property. */
function fakePictures(): void {
  const plain = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function set(name: string, value: string) {
    plain.call(this, name, name === "src" ? addressOf(value) : value);
  };
  Object.defineProperty(HTMLImageElement.prototype, "src", {
    set(this: HTMLImageElement, value: string) {
      plain.call(this, "src", addressOf(value));
    },
    get(this: HTMLImageElement) {
      return this.getAttribute("src");
    },
  });
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
  fakePictures();
  window.fetch = (input, init) => Promise.resolve(answer(String(input), init?.body));
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
          op: "eval",
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
