// SPDX-License-Identifier: Apache-2.0
// Tests of the engine against a stand-in for fetch: errors keep their texts, jobs settle once.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { thumbUrl } from "./blob";
import { callOp } from "./call";
import { emit, eventsIn } from "./events";
import { send } from "./http";
import { followJobs, jobs } from "./jobs";
import { openSession, tokenIn } from "./session";

type Reply = { status?: number; body: unknown };
const asked: { method: string; path: string; body: unknown }[] = [];
let replies: (path: string) => Reply;

beforeEach(() => {
  asked.length = 0;
  jobs.setState({ all: [] });
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const body: unknown = init.body ? JSON.parse(String(init.body)) : undefined;
    asked.push({ method: init.method ?? "", path, body });
    const reply = replies(path);
    return Promise.resolve(
      new Response(JSON.stringify(reply.body), { status: reply.status ?? 200 }),
    );
  });
});
afterEach(() => vi.unstubAllGlobals());

const lsResult = { total: 0, runs: [] };

describe("calls", () => {
  test("a quick operation answers at once", async () => {
    replies = () => ({ body: lsResult });
    expect(await callOp("ls", { what: "runs" })).toEqual(lsResult);
    expect(asked).toEqual([{ method: "POST", path: "/v1/op/ls", body: { what: "runs" } }]);
  });
  test("a problem keeps its texts", async () => {
    replies = () => ({
      status: 404,
      body: { title: "no run", hint: "slitlamp ls", code: "SL_E_NOT_FOUND" },
    });
    await expect(callOp("show", { id: "r9" })).rejects.toMatchObject({
      message: "no run",
      hint: "slitlamp ls",
      code: "SL_E_NOT_FOUND",
      status: 404,
    });
  });
  test("a server that does not answer is offline, an abort is cancelled", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    await expect(send("GET", "/v1/version")).rejects.toMatchObject({ code: "offline" });
    vi.stubGlobal("fetch", () => Promise.reject(new DOMException("gone", "AbortError")));
    await expect(send("GET", "/v1/version")).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("jobs", () => {
  test("a slow operation resolves with the job's result when its event comes", async () => {
    let state = "running";
    replies = (path) =>
      path === "/v1/op/resume"
        ? { status: 202, body: { job: "b7" } }
        : {
            body: {
              id: "b7",
              op: "resume",
              state,
              done: 1,
              total: 2,
              message: "",
              error: null,
              result: state === "done" ? { job: "b1" } : null,
            },
          };
    const leave = followJobs();
    const result = callOp("resume", {});
    await vi.waitFor(() => expect(asked.length).toBe(2));
    emit({
      seq: 1,
      event: "progress",
      job: "b7",
      progress: {
        op: "resume",
        phase: "reading",
        unit: "images",
        done: 5,
        total: 10,
        rate: 2,
        eta_s: 2.5,
      },
    });
    expect(jobs.getState().all[0]).toMatchObject({
      id: "b7",
      done: 5,
      total: 10,
      message: "reading",
    });
    state = "done";
    emit({ seq: 2, event: "done", job: "b7" });
    expect(await result).toEqual({ job: "b1" });
    leave();
  });
  test("a failed job rejects with the core's error", async () => {
    replies = (path) =>
      path === "/v1/op/resume"
        ? { status: 202, body: { job: "b8" } }
        : {
            body: {
              state: "failed",
              result: null,
              error: { message: "the disk is full", code: "SL_E_IO" },
            },
          };
    await expect(callOp("resume", {})).rejects.toMatchObject({
      message: "the disk is full",
      code: "SL_E_IO",
    });
  });
  test("aborting stops waiting", async () => {
    replies = (path) =>
      path === "/v1/op/resume"
        ? { status: 202, body: { job: "b9" } }
        : { body: { state: "running", result: null } };
    const stop = new AbortController();
    const result = callOp("resume", {}, stop.signal);
    await vi.waitFor(() => expect(asked.length).toBe(2));
    stop.abort();
    await expect(result).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("the rest", () => {
  test("events come as lists; nonsense means we missed something", () => {
    expect(eventsIn('[{"seq":1,"event":"done"},{"seq":2,"event":"running"}]').length).toBe(2);
    expect(eventsIn("{")).toEqual([{ seq: 0, event: "missed" }]);
  });
  test("the token is posted once and leaves the address", async () => {
    replies = () => ({ body: {} });
    const place = { hash: "#token=abc", pathname: "/explore", search: "?row=3" } as Location;
    const replaceState = vi.fn();
    await openSession(place, { state: null, replaceState } as unknown as History);
    expect(asked).toEqual([{ method: "POST", path: "/v1/session", body: { token: "abc" } }]);
    expect(replaceState).toHaveBeenCalledWith(null, "", "/explore?row=3");
    expect(tokenIn("")).toBe("");
  });
  test("thumbnails are asked for in few sizes", () => {
    expect(thumbUrl("ab", 100, 1)).toBe("/v1/blob/thumb-ab-128");
    expect(thumbUrl("ab", 100, 2)).toBe("/v1/blob/thumb-ab-256");
    expect(thumbUrl("ab", 5000, 3)).toBe("/v1/blob/thumb-ab-512");
  });
});
