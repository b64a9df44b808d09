// SPDX-License-Identifier: Apache-2.0
// Pixels of the graph view. Only what is in sight is drawn; words appear where they can be read.
import type { Layout, PlacedNode } from "@/base/graph-layout";
import { clamp } from "@/base/scale";
import type { Size } from "@/widgets/hooks";
import { type Measure, measureOf, type Unit } from "./units";

/** Where one looks: canvas = graph * scale + offset. */
export interface Camera {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const GRAPH_COLOURS = [
  "--panel",
  "--raised",
  "--line-2",
  "--edge",
  "--fg",
  "--fg-2",
  "--fg-3",
  "--accent",
  "--accent-soft",
  "--match",
  "--grid",
  "--warn",
] as const;
export type GraphColours = Record<(typeof GRAPH_COLOURS)[number], string>;

export interface GraphScene {
  readonly layout: Layout;
  readonly units: ReadonlyMap<string, Unit>;
  readonly chosen: string;
  readonly found: ReadonlySet<string>;
  readonly measure: Measure;
  readonly most: number;
  readonly colours: GraphColours;
  readonly font: string;
}

const READABLE = 0.42;

const inSight = (node: PlacedNode, camera: Camera, size: Size): boolean => {
  const left = (node.x - node.width / 2) * camera.scale + camera.x;
  const top = node.y * camera.scale + camera.y;
  return (
    left < size.width &&
    left + node.width * camera.scale > 0 &&
    top < size.height &&
    top + node.height * camera.scale > 0
  );
};

function paintEdges(
  context: CanvasRenderingContext2D,
  scene: GraphScene,
  camera: Camera,
  size: Size,
): void {
  const { layout, chosen, colours } = scene;
  const [top, foot] = [-camera.y / camera.scale, (size.height - camera.y) / camera.scale];
  for (const isChosen of [false, true]) {
    context.beginPath();
    for (const { from, to, points } of layout.edges) {
      if ((from === chosen || to === chosen) !== isChosen) continue;
      const [first, last] = [points[0], points[points.length - 1]];
      if (!first || !last || last[1] < top || first[1] > foot) continue;
      context.moveTo(first[0], first[1]);
      let [x, y] = first;
      for (const [nextX, nextY] of points.slice(1)) {
        const middle = (y + nextY) / 2;
        context.bezierCurveTo(x, middle, nextX, middle, nextX, nextY);
        [x, y] = [nextX, nextY];
      }
    }
    context.strokeStyle = isChosen ? colours["--accent"] : colours["--edge"];
    context.lineWidth = (isChosen ? 2 : 1.1) / clamp(camera.scale, 0.5, 1);
    context.globalAlpha = isChosen ? 1 : 0.7;
    context.stroke();
  }
  context.globalAlpha = 1;
}

function cut(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let shown = text.slice(0, Math.ceil((text.length * width) / context.measureText(text).width));
  while (shown && context.measureText(shown + "…").width > width) shown = shown.slice(0, -1);
  return shown + "…";
}

function paintWords(
  context: CanvasRenderingContext2D,
  node: PlacedNode,
  unit: Unit,
  scene: GraphScene,
): void {
  const { colours, font } = scene;
  const left = node.x - node.width / 2 + 9;
  const room = node.width - 18;
  context.textBaseline = "alphabetic";
  context.fillStyle = colours["--fg"];
  context.font = `600 12px ${font}`;
  context.fillText(cut(context, unit.title, room), left, node.y + 17);
  context.fillStyle = colours["--fg-3"];
  context.font = `11px ${font}`;
  const words = [unit.kind, unit.shape].filter(Boolean).join("  ");
  context.fillText(cut(context, words, room), left, node.y + 32);
}

function paintUnit(
  context: CanvasRenderingContext2D,
  node: PlacedNode,
  unit: Unit,
  scene: GraphScene,
  scale: number,
): void {
  const { colours, chosen, found, measure, most } = scene;
  const isChosen = node.id === chosen;
  const [left, top] = [node.x - node.width / 2, node.y];
  if (unit.block && scale > 0.2) {
    context.beginPath();
    context.roundRect(left + 4, top + 4, node.width, node.height, 5);
    context.fillStyle = colours["--panel"];
    context.strokeStyle = colours["--line-2"];
    context.fill();
    context.stroke();
  }
  context.beginPath();
  context.roundRect(left, top, node.width, node.height, 5);
  context.fillStyle = isChosen ? colours["--accent-soft"] : colours["--raised"];
  context.fill();
  context.strokeStyle = isChosen
    ? colours["--accent"]
    : found.has(node.id)
      ? colours["--warn"]
      : colours["--line-2"];
  context.lineWidth = (isChosen || found.has(node.id) ? 2 : 1) / Math.min(1, scale + 0.3);
  context.stroke();
  const share = most > 0 ? measureOf(unit, measure) / most : 0;
  context.fillStyle = colours["--match"];
  context.fillRect(left + 9, top + node.height - 7, (node.width - 18) * share, 3);
  if (scale >= READABLE) paintWords(context, node, unit, scene);
}

export function paintGraph(
  context: CanvasRenderingContext2D,
  scene: GraphScene,
  camera: Camera,
  size: Size,
): void {
  context.clearRect(0, 0, size.width, size.height);
  context.save();
  context.translate(camera.x, camera.y);
  context.scale(camera.scale, camera.scale);
  paintEdges(context, scene, camera, size);
  for (const node of scene.layout.nodes) {
    const unit = scene.units.get(node.id);
    if (unit && inSight(node, camera, size)) paintUnit(context, node, unit, scene, camera.scale);
  }
  context.restore();
}

/** The node under a point of the canvas. */
export function nodeAt(layout: Layout, camera: Camera, x: number, y: number): PlacedNode | null {
  const [gx, gy] = [(x - camera.x) / camera.scale, (y - camera.y) / camera.scale];
  const isIn = (node: PlacedNode) =>
    Math.abs(gx - node.x) <= node.width / 2 && gy >= node.y && gy <= node.y + node.height;
  return layout.nodes.find(isIn) ?? null;
}
