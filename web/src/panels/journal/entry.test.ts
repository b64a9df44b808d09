// SPDX-License-Identifier: Apache-2.0
// Tests of journal entries: parameters as text, states in words, ids to places, rows to ids.
import { describe, expect, test } from "vitest";
import { canResume, type Job as LiveJob } from "@/engine/jobs";
import type { Job, Run } from "@/gen/ops";
import { idOfRow, paramTexts, placeOf, rowOfEntry, statusText } from "./entry";
import { jobNow, tookMs } from "./job-state";

describe("paramTexts", () => {
  test("an object becomes names and values, what is null is left out", () => {
    expect(paramTexts('{"model":"m1","where":["a=b","c=d"],"batch":64,"split":null}')).toEqual([
      { name: "model", value: "m1" },
      { name: "where", value: "a=b, c=d" },
      { name: "batch", value: "64" },
    ]);
  });
  test("nested values stay JSON, control characters become visible", () => {
    expect(paramTexts('{"a":{"b":1},"n":"x\\ny"}')).toEqual([
      { name: "a", value: '{"b":1}' },
      { name: "n", value: "x␊y" },
    ]);
  });
  test("what is no object is shown as it is", () => {
    expect(paramTexts("[1]")).toEqual([{ name: "", value: "[1]" }]);
    expect(paramTexts("{broken")).toEqual([{ name: "", value: "{broken" }]);
    expect(paramTexts(null)).toEqual([]);
  });
});

test("states are told in words", () => {
  expect(statusText("SL_E_NOT_FOUND")).toBe("not found");
  expect(statusText("ok")).toBe("ok");
  expect(statusText(null)).toBe("");
});

describe("placeOf", () => {
  const runs = [{ id: "r5", dataset: "d1", version: "v2" }] as unknown as Run[];
  test("runs, models, calls, jobs and samples have pages", () => {
    expect(placeOf("r5", runs)).toEqual({ page: "overview", view: { run: "r5", other: "" } });
    expect(placeOf("m2", runs)?.page).toBe("models");
    expect(placeOf("j7", runs)?.view.tab).toBe("j7");
    expect(placeOf("b1", runs)?.view.tab).toBe("jobs");
    expect(placeOf("s9", runs)?.view.sample).toBe("s9");
  });
  test("data leads to a run that looked at it, and nowhere without one", () => {
    expect(placeOf("v2", runs)?.view.run).toBe("r5");
    expect(placeOf("d1", runs)?.view.run).toBe("r5");
    expect(placeOf("d9", runs)).toBeNull();
  });
  test("keys and other texts have no page", () => {
    expect(placeOf("sha256:ab12", runs)).toBeNull();
    expect(placeOf("x1", runs)).toBeNull();
  });
});

test("rows and ids of the journal are each other's inverse", () => {
  for (const row of [0, 1, 39]) expect(rowOfEntry(idOfRow(row, 40), 40)).toBe(row);
  expect(rowOfEntry("j41", 40)).toBe(-1);
  expect(rowOfEntry("j0", 40)).toBe(-1);
  expect(rowOfEntry("jobs", 40)).toBe(-1);
  expect(rowOfEntry("r3", 40)).toBe(-1);
});

describe("jobNow", () => {
  const job = { id: "b1", state: "running", message: "a", done: 5, total: 9 } as unknown as Job;
  const live = {
    id: "b1",
    state: "running",
    message: "b",
    done: 7,
    total: 9,
    rate: 2,
    etaS: 1,
  } as unknown as LiveJob;
  test("events overrule the record while it runs", () => {
    expect(jobNow(job, live)).toMatchObject({ message: "b", done: 7, rate: 2 });
    expect(jobNow(job, undefined)).toMatchObject({ message: "a", done: 5, rate: -1 });
  });
  test("events that came late do not revive a job that is over", () => {
    expect(jobNow({ ...job, state: "done" }, live).state).toBe("done");
    expect(jobNow(job, { ...live, state: "cancelled" }).state).toBe("cancelled");
  });
  test("only what stopped can go on", () => {
    expect(["interrupted", "cancelled", "failed"].every(canResume)).toBe(true);
    expect(["done", "running", "queued"].some(canResume)).toBe(false);
  });
  test("time is from start to end", () => {
    const day = "2026-03-04T17:00:0";
    expect(tookMs({ created: day + "1Z", finished: day + "3Z" })).toBe(2000);
    expect(tookMs({ created: day + "1Z", finished: null })).toBeNull();
    expect(tookMs({ created: "odd", finished: day + "3Z" })).toBeNull();
  });
});
