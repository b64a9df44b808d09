// SPDX-License-Identifier: Apache-2.0
// What is known of the box chosen in the graph, its neighbours, and the way to its layer on the
// Sample page.
import type { ReactElement } from "react";
import { EMPTY_CANVAS, withSheet } from "@/base/canvas-view";
import { fmtCompact, fmtDuration, fmtName } from "@/base/format";
import { Button } from "@/widgets/button";
import { type Fact, FactList } from "@/widgets/facts";
import { ViewLink } from "../links";
import type { PanelContext } from "../panel";
import { blockPath, type Inspection, type Unit, type UnitGraph } from "./units";

export interface DetailsProps {
  readonly ctx: PanelContext;
  readonly model: Inspection;
  readonly graph: UnitGraph;
  readonly unit: Unit;
  /** Run of the model to look at a sample in; empty without one. */
  readonly run: string;
  readonly opened: ReadonlySet<number>;
  readonly onChoose: (id: string) => void;
  readonly onFold: (block: number) => void;
}

function Neighbours(props: DetailsProps & { readonly way: "from" | "to" }): ReactElement | null {
  const { graph, unit, way } = props;
  const other = way === "from" ? "to" : "from";
  const ids = graph.edges.filter((edge) => edge[other] === unit.id).map((edge) => edge[way]);
  const units = graph.units.filter((one) => ids.includes(one.id));
  if (units.length === 0) return null;
  return (
    <div className="graph-neighbours">
      <span className="dim">{way === "from" ? "reads" : "read by"}</span>
      {units.map((one) => (
        <button
          key={one.id}
          type="button"
          className="text-button"
          onClick={() => props.onChoose(one.id)}
        >
          <bdi>{one.title}</bdi>
        </button>
      ))}
    </div>
  );
}

/** The layer of the Sample page that this box makes. */
function LayerLink(props: DetailsProps): ReactElement | null {
  const { ctx, model, unit, run } = props;
  const values = unit.node ? unit.node.outputs : [unit.output];
  const layer = model.layers.find((one) => values.includes(one.value ?? ""));
  if (!layer?.value || !run) return null;
  const shown = withSheet(EMPTY_CANVAS, "activation", { on: true });
  const canvas = { ...withSheet(shown, "attribution", { on: false }), layer: layer.value };
  return (
    <ViewLink nav={ctx.nav} page="sample" view={{ run, tab: "", canvas }}>
      See it on a sample
    </ViewLink>
  );
}

function factsOf({ unit, model }: DetailsProps): readonly Fact[] {
  const inside = unit.node && blockPath(model, unit.node.block).map((one) => one.title ?? "");
  return [
    { name: unit.node ? "operator" : "inside", value: unit.kind },
    { name: "shape", value: unit.shape || "–", mono: true },
    { name: "parameters", value: fmtCompact(unit.parameters) },
    { name: "operations", value: fmtCompact(unit.flops) },
    ...(unit.time === null ? [] : [{ name: "time", value: fmtDuration(unit.time / 1000) }]),
    ...(inside && inside.length > 0 ? [{ name: "block", value: fmtName(inside.join(" / ")) }] : []),
    { name: "value", value: fmtName(unit.output), mono: true, title: unit.output },
  ];
}

export function Details(props: DetailsProps): ReactElement {
  const { unit, opened } = props;
  const around = unit.node ? unit.node.block : (unit.block?.parent ?? -1);
  return (
    <div className="graph-details">
      <h3 className="cut" title={unit.title}>
        <bdi>{unit.title}</bdi>
      </h3>
      <FactList groups={[{ title: "", facts: factsOf(props) }]} />
      <Neighbours {...props} way="from" />
      <Neighbours {...props} way="to" />
      <div className="line">
        {unit.block && (
          <Button onPress={() => props.onFold(unit.block?.index ?? -1)}>Unfold</Button>
        )}
        {around >= 0 && opened.has(around) && (
          <Button onPress={() => props.onFold(around)}>Fold the block around</Button>
        )}
      </div>
      <LayerLink {...props} />
    </div>
  );
}
