// SPDX-License-Identifier: Apache-2.0
// Tests of folding: a model of two blocks, one inside the other, and nodes outside.
import { describe, expect, test } from "vitest";
import { blocksToOpen, type Inspection, shortName, shortShape, unitsOf } from "./units";

const node = (index: number, block: number, inputs: string[], output: string) => ({
  index,
  block,
  name: `/stage/n${index}`,
  type: "Conv",
  inputs,
  outputs: [output],
  shape: "float[N,8,4,4]",
  parameters: 10,
  flops: 100,
  time_us: null,
});

const block = (index: number, parent: number, nodes: number, output: string) => ({
  index,
  parent,
  depth: parent + 1,
  title: `block ${index}`,
  nodes,
  parameters: 20,
  flops: 200,
  time_us: null,
  output,
});

const MODEL = {
  blocks: [block(0, -1, 3, "d"), block(1, 0, 2, "c")],
  nodes: [
    node(0, -1, ["image"], "a"),
    node(1, 1, ["a"], "b"),
    node(2, 1, ["b"], "c"),
    node(3, 0, ["c", "a"], "d"),
    node(4, -1, ["d"], "e"),
  ],
} as unknown as Inspection;

describe("units", () => {
  test("folded, a block is one unit between its neighbours", () => {
    const { units, edges } = unitsOf(MODEL, new Set());
    expect(units.map((unit) => unit.id)).toEqual(["n0", "b0", "n4"]);
    expect(edges).toEqual([
      { from: "n0", to: "b0" },
      { from: "b0", to: "n4" },
    ]);
  });
  test("opened, its nodes and inner blocks stand in its place", () => {
    const { units, edges } = unitsOf(MODEL, new Set([0]));
    expect(units.map((unit) => unit.id)).toEqual(["n0", "b1", "n3", "n4"]);
    expect(edges.map((edge) => `${edge.from}>${edge.to}`)).toEqual([
      "n0>b1",
      "b1>n3",
      "n0>n3",
      "n3>n4",
    ]);
    expect(unitsOf(MODEL, new Set([0, 1])).units).toHaveLength(5);
  });
  test("what must be opened to see a node", () => {
    expect(blocksToOpen(MODEL, MODEL.nodes[2] ?? never())).toEqual([0, 1]);
    expect(blocksToOpen(MODEL, MODEL.nodes[4] ?? never())).toEqual([]);
  });
  test("a name that ends with its operator is cut before it", () => {
    expect(shortName("/stage1/stage1.0/conv1/Conv", "Conv")).toBe("conv1");
    expect(shortName("/head/Gemm_1", "Gemm")).toBe("head");
    expect(shortName("fire2/squeeze1x1_1", "Conv")).toBe("squeeze1x1_1");
    expect(shortName("Conv", "Conv")).toBe("Conv");
  });
  test("shapes are read without the batch", () => {
    expect(shortShape("float[N,64,56,56]")).toBe("64 × 56 × 56");
    expect(shortShape(null)).toBe("");
  });
});

function never(): never {
  throw new Error("no such node");
}
