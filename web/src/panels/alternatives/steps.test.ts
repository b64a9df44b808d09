// SPDX-License-Identifier: Apache-2.0
// Tests of the pipelines tried: order, and what sets one apart.
import { expect, test } from "vitest";
import type { Alternative } from "@/gen/ops";
import { byAccuracy, stepsBesides } from "./steps";

const tried = (title: string, accuracy: number | null, pipeline: string[], used = false) =>
  ({ title, accuracy, pipeline, used }) as unknown as Alternative;

test("most accurate first, unknown last, ties in the core's order", () => {
  const rows = [
    tried("a", 0.5, []),
    tried("b", null, []),
    tried("c", 0.9, []),
    tried("d", 0.5, []),
  ];
  expect(byAccuracy(rows).map((one) => one.title)).toEqual(["c", "a", "d", "b"]);
});

test("only the steps that the used pipeline lacks are told", () => {
  const used = tried("used", 0.5, ["decode", "rgb", "scale"], true);
  const bgr = tried("bgr", 0.6, ["decode", "bgr", "scale"]);
  expect(stepsBesides(bgr, used)).toEqual(["bgr"]);
  expect(stepsBesides(used, used)).toEqual(used.pipeline);
  expect(stepsBesides(bgr, undefined)).toEqual(bgr.pipeline);
});
