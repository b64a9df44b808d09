// SPDX-License-Identifier: Apache-2.0
// Tests of the model looked at: the view wins, then the run, then the newest.
import { expect, test } from "vitest";
import type { Model, Run } from "@/gen/ops";
import { chosenModel, runsOf } from "./model-choice";
import { bestAccuracy } from "./models";

const model = (id: string) => ({ id }) as unknown as Model;
const run = (id: string, of: string | null, accuracy: number | null = null) =>
  ({ id, model: of, accuracy }) as unknown as Run;
const MODELS = [model("m3"), model("m2"), model("m1")];

test("the view names the model, else the run does, else it is the newest", () => {
  expect(chosenModel(MODELS, "m1", run("r1", "m2"))?.id).toBe("m1");
  expect(chosenModel(MODELS, "", run("r1", "m2"))?.id).toBe("m2");
  expect(chosenModel(MODELS, "gone", run("r1", null))?.id).toBe("m3");
  expect(chosenModel([], "m1", null)).toBeNull();
});

test("runs of predictions made elsewhere belong to no model", () => {
  const runs = [run("r1", "m1"), run("r2", null), run("r3", "m1")];
  expect(runsOf(model("m1"), runs).map((one) => one.id)).toEqual(["r1", "r3"]);
  expect(runsOf(null, runs)).toEqual([]);
});

test("the best accuracy passes over runs without one", () => {
  expect(bestAccuracy([run("a", "m1", 0.5), run("b", "m1", null)])).toBe(0.5);
  expect(bestAccuracy([run("b", "m1", null)])).toBeNull();
});
