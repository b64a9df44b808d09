// SPDX-License-Identifier: Apache-2.0
// Tests of what the canvas decides by itself: targets, methods, channels, rows of scores.
import { describe, expect, test } from "vitest";
import { EMPTY_CANVAS } from "@/base/canvas-view";
import type { ResultOf } from "@/engine/query";
import { type ChannelStat, sortChannels } from "./channels";
import { editRows } from "./edits";
import { fileName } from "./export-canvas";
import { frameOf, sawStage } from "./heat-sheet";
import { attributeParams, hasOp, methodOf, METHODS, optionsOf, readsLayer } from "./methods";
import { chosenTarget, targetsFor } from "./targets";
import { effectOf } from "./use-causes";
import { layerGrid, type ModelLayer, shortTitle, withGrids } from "./use-layers";
import type { SampleData } from "./use-sample";

const data = (label: string | null, pred: string | null): SampleData =>
  ({
    sample: { label, pred },
    scores: [
      { index: 3, name: "Dress", score: 0.9 },
      { index: 1, name: "Trouser", score: 0.1 },
    ],
  }) as unknown as SampleData;

describe("targets", () => {
  test("a wrong answer asks why the one and not the other, in numbers", () => {
    const offered = targetsFor(data("Trouser", "Dress"), []);
    expect(offered.map((one) => [one.id, one.call])).toEqual([
      ["pred-label", "3-1"],
      ["label-pred", "1-3"],
      ["predicted", "predicted"],
      ["label", "1"],
    ]);
    expect(chosenTarget("", offered, []).title).toBe("Dress, not Trouser");
    expect(chosenTarget("label-pred", offered, []).call).toBe("1-3");
  });
  test("without two classes to compare, the predicted one", () => {
    for (const one of [data("Dress", "Dress"), data(null, "Dress"), data("Gone", "Dress")]) {
      const offered = targetsFor(one, []);
      expect(offered).toHaveLength(1);
      expect(chosenTarget("pred-label", offered, []).call).toBe("predicted");
    }
  });
  test("any class, and what an address says in the core's own words", () => {
    const offered = targetsFor(data("Dress", "Dress"), []);
    expect(chosenTarget("class:1", offered, ["a", "b"])).toMatchObject({ title: "b", call: "1" });
    expect(chosenTarget("boxes[0,3]", offered, []).call).toBe("boxes[0,3]");
  });
});

describe("methods", () => {
  test("the core's registry is here, and its operations", () => {
    expect(METHODS.map((method) => method.name)).toContain("integrated_gradients");
    expect(hasOp("attribute")).toBe(true);
    expect(hasOp("toString")).toBe(false);
  });
  test("the layer is named only to methods that read one", () => {
    const canvas = { ...EMPTY_CANVAS, layer: "conv1" };
    expect(attributeParams(canvas)).toEqual({ layer: "conv1" });
    expect(attributeParams({ ...canvas, method: "saliency" })).toEqual({
      method: { saliency: {} },
    });
    expect(
      attributeParams({ ...canvas, method: "grad_cam", options: { positive: false } }),
    ).toEqual({ method: { grad_cam: { positive: false } }, layer: "conv1" });
    expect(readsLayer("layer_cam")).toBe(true);
  });
  test("options start at their defaults", () => {
    const canvas = { ...EMPTY_CANVAS, method: "integrated_gradients", options: { steps: 8 } };
    expect(optionsOf(canvas)).toMatchObject({ steps: 8, rule: "gauss_legendre" });
    expect(methodOf("nothing")).toBeUndefined();
    expect(optionsOf(EMPTY_CANVAS)).toEqual({});
  });
});

const stat = (channel: number, energy: number, max: number, dead = false): ChannelStat => ({
  channel,
  energy,
  max,
  dead,
  mean: 0,
  std: 0,
  min: 0,
  zeros: 0,
  high: 0,
});

describe("channels", () => {
  const stats = [stat(0, 1, 9), stat(1, 5, 1), stat(2, 0, 0, true), stat(3, 3, 4)];
  test.each([
    ["energy", [1, 3, 0, 2]],
    ["largest", [0, 3, 1, 2]],
    ["number", [0, 1, 3, 2]],
  ] as const)("by %s, silent ones last", (order, wanted) => {
    expect(sortChannels(stats, order).map((one) => one.channel)).toEqual(wanted);
  });
  test("heads of attention are read at the class token", () => {
    const layer = {
      kind: "attention",
      extra_tokens: 1,
      height: 2,
      width: 2,
    } as unknown as ModelLayer;
    expect(layerGrid(layer, [1, 3, 5, 5])).toMatchObject({
      channels: 3,
      channelStep: 25,
      start: 1,
    });
    expect(layerGrid(layer, [1, 3, 6, 6])).toBeNull();
  });
});

describe("layers", () => {
  test.each([
    ["stage1.0", "stage1.0"],
    ["fire9", "fire9"],
    ["v.encoder.layers.encoder_layer_0", "encoder_layer_0"],
    ["/v/encoder/layers/encoder_layer_0/self_attention/Softmax", "self_attention"],
    ["/v/conv_proj/Conv", "conv_proj"],
    ["Softmax", "Softmax"],
  ])("%s is called %s", (title, short) => expect(shortTitle(title)).toBe(short));
  test("attention takes the grid of tokens of its length", () => {
    const layer = (kind: string, type: string, height: number, extra: number) =>
      ({ kind, type, height, width: height, extra_tokens: extra }) as unknown as ModelLayer;
    const [, attention] = withGrids([
      layer("tokens", "float[N,50,64]", 7, 1),
      layer("attention", "float[N,4,50,50]", 0, 0),
    ]);
    expect(attention).toMatchObject({ height: 7, width: 7, extra_tokens: 1 });
    const [alone] = withGrids([layer("attention", "float[N,4,9,9]", 0, 0)]);
    expect(alone).toMatchObject({ height: 0 });
  });
});

describe("edits", () => {
  const row = (element: number, before: number, after: number) => ({
    sample: 0,
    element,
    name: `c${element}`,
    before,
    after,
    change: after - before,
  });
  const [a, b, c, d] = [row(0, 5, 1), row(1, 2, 6), row(2, 1, 1), row(3, 0, 0.5)];
  const result = {
    best_before: [a, b, c, d],
    best_after: [b, a, c, d],
    changes: [a, b, d, c],
  } as unknown as ResultOf<"edit">;
  test("the best before and after and the label, by what they are now", () => {
    const rows = editRows(result, "c3", 4);
    expect(rows.map((one) => one.element)).toEqual([1, 0, 2, 3]);
    expect(rows.map((one) => one.tag)).toEqual(["now", "was", "", "label"]);
  });
  test("effects are shares of the way to the twin", () => {
    const trace = { before: -2, twin_target: 2 } as unknown as ResultOf<"trace">;
    const layer = (whole: number) => ({ whole }) as unknown as Parameters<typeof effectOf>[1];
    expect(effectOf(trace, layer(0))).toBe(0.5);
    expect(effectOf(trace, layer(9))).toBe(1);
    expect(effectOf({ ...trace, twin_target: null }, layer(0))).toBeNull();
  });
});

describe("frames and files", () => {
  const stage = (kind: string, width: number, image: string | null) =>
    ({ kind, width, height: width, image, name: "crop", params: "{}" }) as never;
  test("what the model saw is the last picture of the input's size", () => {
    const stages = [stage("image", 32, "a"), stage("image", 24, "b"), stage("tensor", 24, "c")];
    expect(sawStage(stages)?.image).toBe("b");
    expect(frameOf(stages, false)?.size).toEqual({ width: 24, height: 24 });
    expect(frameOf(stages, true)).toMatchObject({
      size: { width: 32, height: 32 },
      input: { x: 4, y: 4, width: 24, height: 24 },
    });
    expect(frameOf([], false)).toBeNull();
  });
  test("names of files hold no characters that a disk refuses", () => {
    expect(fileName(["s1", null, "/a/b:c"])).toBe("s1-_a_b_c.png");
    expect(fileName([])).toBe("canvas.png");
  });
});
