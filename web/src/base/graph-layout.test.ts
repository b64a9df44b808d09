// SPDX-License-Identifier: Apache-2.0
// Tests of the layout: what must hold of any graph, on a chain, a residual block and a large one.
import { describe, expect, test } from "vitest";
import { type Layout, type LayoutEdge, layoutGraph, type LayoutNode } from "./graph-layout";

const node = (id: string): LayoutNode => ({ id, width: 100, height: 40 });
const edges = (...pairs: readonly string[]): LayoutEdge[] =>
  pairs.map((pair) => {
    const [from = "", to = ""] = pair.split(">");
    return { from, to };
  });

function check(layout: Layout): void {
  const at = new Map(layout.nodes.map((one) => [one.id, one]));
  for (const edge of layout.edges) {
    const [from, to] = [at.get(edge.from), at.get(edge.to)];
    expect((from?.y ?? 0) + (from?.height ?? 0)).toBeLessThan(to?.y ?? 0);
  }
  for (const y of new Set(layout.nodes.map((one) => one.y))) {
    const rank = layout.nodes.filter((one) => one.y === y);
    const sorted = rank.toSorted((a, b) => a.x - b.x);
    sorted.slice(1).forEach((one, index) => {
      const left = sorted[index];
      expect(one.x - one.width / 2).toBeGreaterThanOrEqual((left?.x ?? 0) + (left?.width ?? 0) / 2);
    });
  }
  for (const one of layout.nodes) {
    expect(one.x - one.width / 2).toBeGreaterThanOrEqual(-0.01);
    expect(one.x + one.width / 2).toBeLessThanOrEqual(layout.width + 0.01);
    expect(one.y + one.height).toBeLessThanOrEqual(layout.height);
  }
}

describe("layout", () => {
  test("a chain is one column", () => {
    const layout = layoutGraph(["a", "b", "c"].map(node), edges("a>b", "b>c"));
    check(layout);
    expect(new Set(layout.nodes.map((one) => one.x)).size).toBe(1);
    expect(layout.nodes.map((one) => one.y)).toEqual([0, 74, 148]);
  });
  test("a residual block: the way around bends beside the way through", () => {
    const layout = layoutGraph(
      ["in", "a", "b", "add"].map(node),
      edges("in>a", "a>b", "b>add", "in>add"),
    );
    check(layout);
    const around = layout.edges[3]?.points ?? [];
    expect(around).toHaveLength(4);
    expect(Math.abs((around[1]?.[0] ?? 0) - (layout.nodes[1]?.x ?? 0))).toBeGreaterThan(50);
  });
  test("edges to nowhere and cycles do no harm", () => {
    check(layoutGraph([node("a")], edges("a>gone")));
    expect(layoutGraph(["a", "b"].map(node), edges("a>b", "b>a")).nodes).toHaveLength(2);
    expect(layoutGraph([], [])).toMatchObject({ nodes: [], width: 0, height: 0 });
  });
  test("four thousand nodes with branches and skips", () => {
    const ids = Array.from({ length: 4000 }, (_, at) => `n${at}`);
    const links = ids.flatMap((id, at) => {
      const to = [at + 1, ...(at % 3 === 0 ? [at + 2] : []), ...(at % 7 === 0 ? [at + 9] : [])];
      return to.map((next) => ({ from: id, to: `n${next}` }));
    });
    check(layoutGraph(ids.map(node), links));
  });
});
