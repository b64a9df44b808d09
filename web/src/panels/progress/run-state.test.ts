// SPDX-License-Identifier: Apache-2.0
// Tests of the run's state: the job that fits, and none that does not.
import { expect, test } from "vitest";
import type { Job as LiveJob } from "@/engine/jobs";
import type { Job, Run } from "@/gen/ops";
import { jobOfRun, movingJob, stateWords } from "./run-state";

const job = (id: string, op: string, state: string) => ({ id, op, state }) as unknown as Job;
const run = (state: string) => ({ state }) as unknown as Run;

test("a running run belongs to the newest running job that evaluates", () => {
  const jobs = [
    job("b4", "import", "running"),
    job("b3", "eval", "interrupted"),
    job("b2", "open", "running"),
  ];
  expect(jobOfRun(run("running"), jobs)?.id).toBe("b2");
  expect(jobOfRun(run("interrupted"), jobs)?.id).toBe("b3");
});

test("without a fitting job there is none", () => {
  expect(jobOfRun(run("running"), [job("b1", "eval", "done")])).toBeNull();
  expect(jobOfRun(run("failed"), [])).toBeNull();
});

test("states are told in words", () => {
  expect(stateWords(run("interrupted"))).toContain("Interrupted");
  expect(stateWords(run("odd"))).toBe("odd");
});

test("a job that resumes moves an interrupted run, not a running one", () => {
  const live = (id: string, op: string, state: string) => ({ id, op, state }) as unknown as LiveJob;
  const old = job("b3", "eval", "interrupted");
  const resuming = [live("b3", "eval", "interrupted"), live("b5", "resume", "running")];
  expect(movingJob(run("interrupted"), old, resuming)?.id).toBe("b5");
  expect(movingJob(run("running"), job("b4", "eval", "running"), resuming)).toBeNull();
  const own = [live("b4", "eval", "running")];
  expect(movingJob(run("running"), job("b4", "eval", "running"), own)?.id).toBe("b4");
  expect(movingJob(run("interrupted"), old, [live("b5", "resume", "done")])).toBeNull();
});
