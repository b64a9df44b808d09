// SPDX-License-Identifier: Apache-2.0
// Tests of the form's rows: the model is not asked for, the dataset is chosen, values become a
// call.
import { expect, test } from "vitest";
import { changedOnly, defaultsOf } from "@/base/params";
import { type Dataset, operations } from "@/gen/ops";
import { evalParams, evalRows } from "./eval-rows";

const rows = operations.eval.params;
const dataset = { id: "d1", name: "test", version: "v2", samples: 10000 } as unknown as Dataset;

test("the model's row is left out, every other one stays in order", () => {
  const names = evalRows(rows, []).map((row) => row.name);
  expect(names).not.toContain("model");
  expect(names).toEqual(rows.map((row) => row.name).filter((name) => name !== "model"));
});

test("datasets become choices; without any the row stays a text", () => {
  const of = (all: readonly Dataset[]) => evalRows(rows, all).find((one) => one.name === "dataset");
  expect(of([dataset])?.choices).toEqual([{ name: "d1", help: "test v2, 10,000 samples" }]);
  expect(of([])?.choices).toBeUndefined();
});

test("only what was changed is sent, with the model", () => {
  const form = evalRows(rows, [dataset]);
  const values = { ...defaultsOf(form), dataset: "d1", batch: 32 };
  expect(evalParams("m1", changedOnly(form, values))).toEqual({
    model: "m1",
    dataset: "d1",
    batch: 32,
  });
});
