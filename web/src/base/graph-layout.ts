// SPDX-License-Identifier: Apache-2.0
// Layout of a directed graph from top to bottom: ranks by longest path, order within a rank by the
// middle of its neighbours, places by the same pulled apart to fit. Sugiyama's scheme at its
// simplest. Invariant: no two boxes overlap, an edge always leads downwards, the result depends on
// the input alone. Edges over many ranks are given points to bend at, up to LONG ranks.

export interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface PlacedNode extends LayoutNode {
  /** Middle of the box. */
  readonly x: number;
  /** Upper edge. */
  readonly y: number;
}

export interface PlacedEdge extends LayoutEdge {
  /** From the foot of one box to the head of the other, with what lies between. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Layout {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

interface Spot {
  readonly id: number;
  readonly width: number;
  readonly rank: number;
  readonly up: number[];
  readonly down: number[];
  x: number;
}

const GAP_X = 18;
const GAP_Y = 34;
const LONG = 24;
const SWEEPS = 6;

/** Longest path to each node; an edge back (a cycle, which no model has) is left out. */
function rankNodes(count: number, edges: readonly (readonly [number, number])[]): number[] {
  const down: number[][] = Array.from({ length: count }, () => []);
  const waiting = new Array<number>(count).fill(0);
  for (const [from, to] of edges) {
    down[from]?.push(to);
    waiting[to] = (waiting[to] ?? 0) + 1;
  }
  const ranks = new Array<number>(count).fill(0);
  const ready = waiting.flatMap((left, node) => (left === 0 ? [node] : []));
  for (let at = 0; at < ready.length; at += 1) {
    const node = ready[at] ?? 0;
    for (const next of down[node] ?? []) {
      ranks[next] = Math.max(ranks[next] ?? 0, (ranks[node] ?? 0) + 1);
      waiting[next] = (waiting[next] ?? 0) - 1;
      if (waiting[next] === 0) ready.push(next);
    }
  }
  return ranks;
}

/** Spots of nodes and of the bends of long edges; `ways[e]` are the spots edge e passes. */
function makeSpots(
  nodes: readonly LayoutNode[],
  edges: readonly (readonly [number, number])[],
): { spots: Spot[]; ways: number[][] } {
  const ranks = rankNodes(nodes.length, edges);
  const spots: Spot[] = nodes.map((node, id) => ({
    id,
    width: node.width,
    rank: ranks[id] ?? 0,
    up: [],
    down: [],
    x: 0,
  }));
  const join = (a: number, b: number) => {
    spots[a]?.down.push(b);
    spots[b]?.up.push(a);
  };
  const ways = edges.map(([from, to]) => {
    const way = [from];
    const [first, last] = [ranks[from] ?? 0, ranks[to] ?? 0];
    if (last - first <= LONG) {
      for (let rank = first + 1; rank < last; rank += 1) {
        spots.push({ id: spots.length, width: 8, rank, up: [], down: [], x: 0 });
        way.push(spots.length - 1);
      }
    }
    way.push(to);
    for (let at = 1; at < way.length; at += 1) join(way[at - 1] ?? 0, way[at] ?? 0);
    return way;
  });
  return { spots, ways };
}

const meanX = (spots: readonly Spot[], ids: readonly number[], otherwise: number): number =>
  ids.length === 0 ? otherwise : ids.reduce((sum, id) => sum + (spots[id]?.x ?? 0), 0) / ids.length;

/** Places a rank's spots at the wished places, in their order, as near as their widths allow. */
function settle(rank: readonly Spot[], wish: (spot: Spot) => number): void {
  const wished = rank.map((spot) => ({ spot, at: wish(spot) }));
  wished.sort((a, b) => a.at - b.at || a.spot.id - b.spot.id);
  let edge = -Infinity;
  for (const { spot, at } of wished) {
    spot.x = Math.max(at, edge + spot.width / 2);
    edge = spot.x + spot.width / 2 + GAP_X;
  }
  // What was pushed right is shared out over the whole rank.
  const shift = wished.reduce((sum, { spot, at }) => sum + at - spot.x, 0) / wished.length;
  for (const { spot } of wished) spot.x += shift;
}

function placeAcross(spots: Spot[]): Spot[][] {
  const ranks: Spot[][] = [];
  for (const spot of spots) (ranks[spot.rank] ??= []).push(spot);
  for (const rank of ranks) settle(rank, () => 0);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isDown = sweep % 2 === 0;
    for (const rank of isDown ? ranks : ranks.toReversed()) {
      settle(rank, (spot) => meanX(spots, isDown ? spot.up : spot.down, spot.x));
    }
  }
  return ranks;
}

/** Lays out a graph; edges to ids that are not there are left out. */
export function layoutGraph(nodes: readonly LayoutNode[], links: readonly LayoutEdge[]): Layout {
  const index = new Map(nodes.map((node, at) => [node.id, at]));
  const known = links.filter((link) => index.has(link.from) && index.has(link.to));
  const edges = known.map((link) => [index.get(link.from) ?? 0, index.get(link.to) ?? 0] as const);
  const { spots, ways } = makeSpots(nodes, edges);
  const ranks = placeAcross(spots);
  const heights = ranks.map((rank) =>
    rank.reduce((high, spot) => Math.max(high, nodes[spot.id]?.height ?? 0), 0),
  );
  const tops: number[] = [];
  let top = 0;
  for (const height of heights) {
    tops.push(top);
    top += height + GAP_Y;
  }
  const left = spots.reduce((low, spot) => Math.min(low, spot.x - spot.width / 2), 0);
  const right = spots.reduce((high, spot) => Math.max(high, spot.x + spot.width / 2), 0);
  const placed = nodes.map((node, at) => ({
    ...node,
    x: (spots[at]?.x ?? 0) - left,
    y: tops[spots[at]?.rank ?? 0] ?? 0,
  }));
  const pointsOf = (way: readonly number[]): [number, number][] =>
    way.map((id, at) => {
      const spot = spots[id];
      const y = tops[spot?.rank ?? 0] ?? 0;
      const high = heights[spot?.rank ?? 0] ?? 0;
      const foot = at === 0 ? (nodes[id]?.height ?? 0) : at === way.length - 1 ? 0 : high / 2;
      return [(spot?.x ?? 0) - left, y + foot];
    });
  return {
    nodes: placed,
    edges: known.map((link, at) => ({ ...link, points: pointsOf(ways[at] ?? []) })),
    width: right - left,
    height: Math.max(0, top - GAP_Y),
  };
}
