// SPDX-License-Identifier: Apache-2.0
// What the graph view draws of a model: blocks that are folded, and the nodes of those that are
// not. Invariant: every node of the model is in exactly one unit; an edge joins two units when one
// reads what the other makes.
import { fmtName, plural } from "@/base/format";
import type { LayoutEdge } from "@/base/graph-layout";
import type { ResultOf } from "@/engine/query";

export type Inspection = ResultOf<"inspect">;
export type ModelNode = Inspection["nodes"][number];
export type ModelBlock = Inspection["blocks"][number];

export interface Unit {
  readonly id: string;
  readonly title: string;
  /** Operator, or how many nodes. */
  readonly kind: string;
  readonly shape: string;
  readonly block: ModelBlock | null;
  readonly node: ModelNode | null;
  readonly parameters: number;
  readonly flops: number;
  readonly time: number | null;
  /** Name of the value it makes. */
  readonly output: string;
}

export interface UnitGraph {
  readonly units: readonly Unit[];
  readonly edges: readonly LayoutEdge[];
}

const blockId = (block: ModelBlock): string => `b${block.index}`;
const nodeId = (node: ModelNode): string => `n${node.index}`;

/** Blocks around a block and itself, the outermost first. */
export function blockPath(model: Inspection, index: number): readonly ModelBlock[] {
  const path: ModelBlock[] = [];
  let block = model.blocks[index];
  while (block && path.length <= model.blocks.length) {
    path.unshift(block);
    block = model.blocks[block.parent];
  }
  return path;
}

/** "float[N,64,56,56]" as "64 × 56 × 56". */
export function shortShape(type: string | null): string {
  const sizes = /\[(.*)\]/.exec(type ?? "")?.[1] ?? "";
  const parts = sizes.split(",").filter(Boolean);
  return (parts[0] === "N" ? parts.slice(1) : parts).join(" × ");
}

/** The last part of a node's name; exporters end it with the operator, which says nothing. */
export function shortName(name: string, type: string): string {
  const parts = name.split("/").filter(Boolean);
  const last = parts.pop() ?? name;
  const before = parts.pop();
  return before !== undefined && last.replace(/_\d+$/, "") === type ? before : last;
}

function nodeUnit(node: ModelNode): Unit {
  const name = fmtName(node.name || node.outputs[0] || node.type || "");
  return {
    id: nodeId(node),
    title: shortName(name, node.type ?? ""),
    kind: node.type ?? "",
    shape: shortShape(node.shape),
    block: null,
    node,
    parameters: node.parameters,
    flops: node.flops,
    time: node.time_us,
    output: node.outputs[0] ?? "",
  };
}

const blockUnit = (block: ModelBlock, shape: string): Unit => ({
  id: blockId(block),
  title: fmtName(block.title ?? ""),
  kind: plural(block.nodes, "node"),
  shape: shortShape(shape),
  block,
  node: null,
  parameters: block.parameters,
  flops: block.flops,
  time: block.time_us,
  output: block.output ?? "",
});

/** The units of a model with these blocks opened. */
export function unitsOf(model: Inspection, opened: ReadonlySet<number>): UnitGraph {
  const shapes = new Map(
    model.nodes.flatMap((node) => node.outputs.slice(0, 1).map((name) => [name, node.shape])),
  );
  const units = new Map<string, Unit>();
  const makers = new Map<string, string>();
  const homes = model.nodes.map((node) => {
    const folded = blockPath(model, node.block).find((block) => !opened.has(block.index));
    const unit = folded ? blockUnit(folded, shapes.get(folded.output ?? "") ?? "") : nodeUnit(node);
    if (!units.has(unit.id)) units.set(unit.id, unit);
    for (const name of node.outputs) makers.set(name, unit.id);
    return unit.id;
  });
  const edges = new Map<string, LayoutEdge>();
  model.nodes.forEach((node, at) => {
    const to = homes[at] ?? "";
    for (const name of node.inputs) {
      const from = makers.get(name);
      if (from && from !== to) edges.set(`${from}>${to}`, { from, to });
    }
  });
  return { units: [...units.values()], edges: [...edges.values()] };
}

/** Blocks to open so that the node is seen. */
export const blocksToOpen = (model: Inspection, node: ModelNode): readonly number[] =>
  blockPath(model, node.block).map((block) => block.index);

export type Measure = "parameters" | "flops" | "time";

export const measureOf = (unit: Unit, measure: Measure): number =>
  (measure === "time" ? unit.time : unit[measure]) ?? 0;
