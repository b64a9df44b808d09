// SPDX-License-Identifier: Apache-2.0
// The graph of the model looked at, folded by block: parameters, operations and time as bars,
// search, details of a box. The box chosen stands in the address as the value it makes.
import { type ReactElement, useMemo, useState } from "react";
import { EMPTY_CANVAS } from "@/base/canvas-view";
import { fmtCompact, fmtDuration, fmtInt, fmtName, plural } from "@/base/format";
import { fuzzyFilter } from "@/base/fuzzy";
import { useOp } from "@/engine/query";
import { operations, type Model } from "@/gen/ops";
import { Button, Segmented } from "@/widgets/button";
import { TextField } from "@/widgets/field";
import { Empty, ProblemBox, Skeleton } from "@/widgets/status";
import { runsOf } from "../model-choice";
import { ModelCard } from "../model-card";
import type { Panel, PanelContext } from "../panel";
import { Details } from "./details";
import { GraphCanvas } from "./graph-canvas";
import { blocksToOpen, type Inspection, type Measure, type ModelNode, unitsOf } from "./units";
import { useLayout } from "./use-layout";
import "./graph.css";

const FOUND = 60;

/** Nodes that match a search, by name, operator or block. */
function useFound(model: Inspection, search: string): readonly ModelNode[] {
  return useMemo(() => {
    if (!search.trim()) return [];
    const words = (node: ModelNode) => `${node.type ?? ""} ${node.name || node.outputs[0] || ""}`;
    return fuzzyFilter(model.nodes, search, words).slice(0, FOUND);
  }, [model, search]);
}

/** Blocks that are unfolded; all of them, none, or by press. */
function useOpened(model: Inspection) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const toggle = (block: number) => {
    const next = new Set(opened);
    if (!next.delete(block)) next.add(block);
    setOpened(next);
  };
  return {
    opened,
    toggle,
    open: (blocks: readonly number[]) => setOpened(new Set([...opened, ...blocks])),
    all: () => setOpened(new Set(model.blocks.map((block) => block.index))),
    none: () => setOpened(new Set()),
  };
}

function Found(props: {
  readonly found: readonly ModelNode[];
  readonly onPick: (node: ModelNode) => void;
}): ReactElement {
  return (
    <ul className="graph-found" tabIndex={0} aria-label="Nodes found">
      {props.found.map((node) => (
        <li key={node.index}>
          <button type="button" onClick={() => props.onPick(node)}>
            <span className="dim">{node.type}</span>{" "}
            <bdi>{fmtName(node.name || node.outputs[0] || "")}</bdi>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Totals({ model }: { readonly model: Inspection }): ReactElement {
  const words = [
    plural(model.node_count, "node"),
    `${fmtCompact(model.parameters)} parameters`,
    `${fmtCompact(model.flops)} operations`,
    model.time_us !== null && `${fmtDuration(model.time_us / 1000)} for a sample`,
  ].filter(Boolean);
  return <p className="graph-totals">{words.join(" · ")}</p>;
}

interface ViewProps {
  readonly ctx: PanelContext;
  readonly model: Inspection;
  readonly run: string;
  readonly measure: Measure;
  readonly onMeasure: (measure: Measure) => void;
  readonly timing: boolean;
}

function GraphView(props: ViewProps): ReactElement {
  const { ctx, model, measure } = props;
  const { nav } = ctx;
  const { layer } = nav.view.canvas;
  const [search, setSearch] = useState("");
  const blocks = useOpened(model);
  const { opened } = blocks;
  const found = useFound(model, search);
  const graph = useMemo(() => unitsOf(model, opened), [model, opened]);
  const done = useLayout(graph);
  const shown = done?.graph ?? graph;
  const chosen = shown.units.find((unit) => unit.output === layer) ?? null;
  const choose = (id: string) => {
    const unit = shown.units.find((one) => one.id === id);
    nav.go({ canvas: { ...EMPTY_CANVAS, layer: unit?.output ?? "" } }, { replace: true });
  };
  const marked = useMemo(() => {
    const indices = new Set(found.map((node) => `n${node.index}`));
    return new Set(shown.units.filter((unit) => indices.has(unit.id)).map((unit) => unit.id));
  }, [found, shown]);
  const pick = (node: ModelNode) => {
    blocks.open(blocksToOpen(model, node));
    nav.go({ canvas: { ...EMPTY_CANVAS, layer: node.outputs[0] ?? "" } }, { replace: true });
  };
  return (
    <div className="graph">
      <div className="graph-main">
        {done ? (
          <GraphCanvas
            graph={done.graph}
            layout={done.layout}
            chosen={chosen?.id ?? ""}
            found={marked}
            measure={measure}
            onChoose={choose}
            onFold={(unit) => blocks.toggle(unit.block?.index ?? -1)}
          />
        ) : (
          <Skeleton height="100%" />
        )}
      </div>
      <aside className="graph-side" tabIndex={0} aria-label="About the graph">
        <TextField
          label="Search nodes"
          placeholder={`Search ${plural(model.node_count, "node")}`}
          icon="search"
          value={search}
          onChange={setSearch}
        />
        {search && <Found found={found} onPick={pick} />}
        <div className="graph-measure">
          <Segmented
            label="Bars"
            value={measure}
            choices={[
              { value: "parameters", title: "Parameters" },
              { value: "flops", title: "Operations" },
              { value: "time", title: props.timing ? "Timing…" : "Time" },
            ]}
            onChange={props.onMeasure}
          />
        </div>
        <div className="line">
          <Button onPress={blocks.all} disabled={model.blocks.length === 0}>
            Unfold all
          </Button>
          <Button onPress={blocks.none} disabled={opened.size === 0}>
            Fold all
          </Button>
          <span className="dim">{fmtInt(shown.units.length)} boxes</span>
        </div>
        <Totals model={model} />
        {chosen ? (
          <Details
            ctx={ctx}
            model={model}
            graph={shown}
            unit={chosen}
            run={props.run}
            opened={opened}
            onChoose={choose}
            onFold={blocks.toggle}
          />
        ) : (
          <p className="dim">Press a box for its shape and cost; press twice to unfold a block.</p>
        )}
      </aside>
    </div>
  );
}

function Graph(props: { readonly ctx: PanelContext; readonly model: Model }): ReactElement {
  const { ctx, model } = props;
  const [measure, setMeasure] = useState<Measure>("flops");
  const call = { model: model.id ?? "", nodes: true };
  const plain = useOp("inspect", call, { enabled: model.id !== null, fresh: true });
  const timed = useOp("inspect", { ...call, time: true }, { enabled: measure === "time" });
  const isTimed = measure === "time" && timed.data !== undefined && !timed.isPlaceholderData;
  const data = isTimed ? timed.data : plain.data;
  const problem = plain.error ?? (measure === "time" ? timed.error : null);
  if (problem) return <ProblemBox problem={problem} onRetry={() => void plain.refetch()} />;
  if (!data) return <Skeleton height={520} />;
  if (data.nodes.length === 0) return <Empty icon="info" title="The graph has no nodes" />;
  return (
    <GraphView
      key={model.id}
      ctx={ctx}
      model={data}
      run={runsOf(model, ctx.runs)[0]?.id ?? ""}
      measure={measure}
      onMeasure={setMeasure}
      timing={measure === "time" && !isTimed}
    />
  );
}

export const graph: Panel = {
  id: "graph",
  page: "models",
  title: "Graph",
  help: "The model as it is computed, top to bottom, folded by block; the bars are shares of the largest.",
  span: 12,
  needs: (ctx) => "inspect" in operations && ctx.runs.some((run) => run.model !== null),
  render: (ctx) => (
    <ModelCard ctx={ctx} title={graph.title} help={graph.help} height={520} flush>
      {(model) => <Graph ctx={ctx} model={model} />}
    </ModelCard>
  ),
};
