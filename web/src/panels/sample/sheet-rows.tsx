// SPDX-License-Identifier: Apache-2.0
// The rows of the sheet list for a scene: what each sheet is, what can be set on it, its legend.
import type { ReactElement } from "react";
import { fmtInt, fmtName, plural } from "@/base/format";
import type { Heat } from "./heat-sheet";
import { Legend } from "@/widgets/legend";
import { ProblemBox } from "@/widgets/status";
import { Explain } from "./explain";
import type { SheetRow } from "./sheet-list";
import { shortTitle } from "./use-layers";
import type { Scene } from "./use-scene";

function HeatLegend(props: {
  readonly heat: Heat | null;
  readonly percent: number;
}): ReactElement | null {
  if (!props.heat) return null;
  return <Legend title="" paint={props.heat.paint} percent={props.percent} />;
}

function ActivationMore({ scene }: { readonly scene: Scene }): ReactElement {
  const { looked, canvas } = scene;
  const name = looked.layer && fmtName(shortTitle(looked.layer.title ?? looked.layer.value ?? ""));
  return (
    <>
      <p className="ply-note">
        {!name && "Choose a layer below."}
        {name && (canvas.channel < 0 ? `${name}, mean magnitude` : `${name}, ${canvas.channel}`)}
      </p>
      {looked.problem && <ProblemBox problem={looked.problem} />}
      <HeatLegend heat={scene.activationHeat} percent={canvas.sheets.activation.clip} />
    </>
  );
}

/** Which layer's effect it is, and how much of it is enough. */
function EffectMore({ scene }: { readonly scene: Scene }): ReactElement | null {
  const { traced, canvas } = scene;
  if (!traced) return null;
  const all = traced.height * traced.width;
  const enough =
    traced.fewest > 0 ? `; ${fmtInt(traced.fewest)} of ${plural(all, "place")} repair it` : "";
  return (
    <>
      <p className="ply-note">
        <bdi>{fmtName(traced.title ?? traced.layer ?? "")}</bdi>
        {enough}
      </p>
      <HeatLegend heat={scene.effectHeat} percent={canvas.sheets.effect.clip} />
    </>
  );
}

export function sheetRows(scene: Scene): readonly SheetRow[] {
  const { canvas, change, attributionHeat, activationHeat } = scene;
  const { sheets } = canvas;
  const effect: SheetRow = {
    id: "effect",
    title: "Causal effect",
    look: sheets.effect,
    kind: scene.effectHeat?.paint.range.kind ?? "diverging",
    loading: scene.causes.trace.loading,
    more: <EffectMore scene={scene} />,
  };
  const picture = { kind: null, loading: false };
  return [
    ...(scene.causes.trace.isOn ? [effect] : []),
    {
      id: "attribution",
      title: "Attribution",
      look: sheets.attribution,
      kind: attributionHeat?.paint.range.kind ?? "sequential",
      loading: scene.attribution.loading,
      keys: "A",
      more: (
        <>
          <Explain {...scene} onChange={change} />
          <HeatLegend heat={attributionHeat} percent={sheets.attribution.clip} />
        </>
      ),
    },
    {
      id: "activation",
      title: "Activation",
      look: sheets.activation,
      kind: activationHeat?.paint.range.kind ?? "sequential",
      loading: scene.looked.loading,
      keys: "M",
      more: <ActivationMore scene={scene} />,
    },
    { ...picture, id: "saw", title: "What it saw", look: sheets.saw },
    { ...picture, id: "pixels", title: "As stored", look: sheets.pixels },
    { ...picture, id: "verdict", title: "Label and prediction", look: sheets.verdict },
  ];
}
