// SPDX-License-Identifier: Apache-2.0
// Lays graphs out away from the page, so that thousands of nodes never stop it.
import { type LayoutEdge, layoutGraph, type LayoutNode } from "@/base/graph-layout";

export interface LayoutJob {
  readonly number: number;
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
}

self.onmessage = (event: MessageEvent<LayoutJob>) => {
  const { number, nodes, edges } = event.data;
  self.postMessage({ number, layout: layoutGraph(nodes, edges) });
};
