// SPDX-License-Identifier: Apache-2.0
// Tests of Sample's arithmetic: stages, tried parameters, the chain as a timeline.
import { describe, expect, test } from "vitest";
import { defaultsOf } from "@/base/params";
import type { Chain, Stage } from "@/gen/ops";
import { stepsOf } from "./chain-steps";
import { changedStages, readerOf, stripStage, TRY_ROWS, triedParams } from "./stage-model";

const stage = (change: Partial<Stage>): Stage => ({
  name: "scale",
  title: "multiply by 1/255",
  params: "{}",
  kind: "tensor",
  width: 28,
  height: 28,
  channels: 1,
  dtype: "float32",
  shape: "1x1x28x28",
  image: "aa",
  min: 0,
  max: 1,
  mean: 0.3,
  std: 0.2,
  nan_count: 0,
  inf_count: 0,
  ...change,
});

describe("stages", () => {
  test("numbers that are not finite are counted together", () => {
    expect(stripStage(stage({ nan_count: 2, inf_count: 3 }), 0).notFinite).toBe(5);
    expect(stripStage(stage({ min: null }), 0)).not.toHaveProperty("min");
    expect(stripStage(stage({ image: null }), 0).src).toBeNull();
  });
  test("a byte of a tensor's picture reads as its number, one of an image as itself", () => {
    const read = readerOf(stage({ min: -1, max: 1 }));
    expect(read?.(0)).toBe("−1.00");
    expect(read?.(255)).toBe("1.00");
    expect(readerOf(stage({ min: 3, max: 3 }))?.(128)).toBe("3.00");
    expect(readerOf(stage({ kind: "image" }))).toBeUndefined();
    expect(readerOf(stage({ min: null }))).toBeUndefined();
  });
  test("what was tried and came out the same is not marked", () => {
    const run = [stage({}), stage({ title: "mean" })];
    expect(changedStages(run, run)).toEqual(new Set());
    const tried = [stage({}), stage({ title: "mean", mean: 0.9 }), stage({ title: "new" })];
    expect(changedStages(run, tried)).toEqual(new Set([1, 2]));
  });
});

describe("trying a pipeline", () => {
  const start = defaultsOf(TRY_ROWS);
  test("only what was changed is sent, and nothing that is wrong", () => {
    expect(triedParams(start)).toEqual({});
    expect(triedParams({ ...start, mode: "bgr", mean: [0.5] })).toEqual({
      mode: "bgr",
      mean: [0.5],
    });
    expect(triedParams({ ...start, resize: "x" })).toBeNull();
  });
  test("the sample and the run are not for trying", () => {
    const names = TRY_ROWS.map((row) => row.name);
    expect(names).toContain("mode");
    expect(names).not.toContain("sample");
    expect(names).not.toContain("run");
  });
});

test("lines of the chain without a title belong to the step before", () => {
  const link = (title: string | null, text: string): Chain => ({
    title,
    text,
    journal: title ? "j1" : null,
    id: null,
  });
  const steps = stepsOf([
    link("import", "a"),
    link("prepare", "b"),
    link("", "c"),
    link(null, "d"),
  ]);
  expect(steps.map((step) => step.lines)).toEqual([["a"], ["b", "c", "d"]]);
  expect(steps.map((step) => step.journal)).toEqual(["j1", "j1"]);
  expect(stepsOf([])).toEqual([]);
});
