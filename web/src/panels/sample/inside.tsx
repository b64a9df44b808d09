// SPDX-License-Identifier: Apache-2.0
// Inside the model: the layered canvas of a sample, the list of its sheets, the network from left
// to right, its channels, and what edits do to the scores. What is shown is in the address; only
// beam, swipe, blinking and the brush are of the moment. Start at use-scene.ts for what is read.
import { type ReactElement, type ReactNode, useState } from "react";
import { withSheet } from "@/base/canvas-view";
import { fmtName } from "@/base/format";
import { blobUrl, imageUrl } from "@/engine/blob";
import { useLook, usePicture } from "@/widgets/image";
import { LayeredCanvas } from "@/widgets/layered";
import { Name } from "@/widgets/name";
import type { Sheet } from "@/widgets/sheet-paint";
import { ProblemBox, Skeleton } from "@/widgets/status";
import type { PanelContext } from "../panel";
import { CanvasTools, type Moment, STILL, useCanvasActions } from "./canvas-tools";
import { Edits } from "./edits";
import { heatSheet, pictureSheet, sawStage } from "./heat-sheet";
import { Network } from "./network";
import { SheetList } from "./sheet-list";
import { sheetRows } from "./sheet-rows";
import { canBrush, regionBoxes, regionEdit, type Scene, useScene } from "./use-scene";
import { shortTitle } from "./use-layers";
import type { SampleData } from "./use-sample";
import type { Stages } from "./use-stages";

export interface InsideProps {
  readonly ctx: PanelContext;
  readonly data: SampleData;
  readonly stages: Stages;
  /** Switches to the steps of the pipeline. */
  readonly modes: ReactNode;
}

/** "fire9, channel 12". */
function activationTitle({ looked, canvas }: Scene): string {
  const name = fmtName(shortTitle(looked.layer?.title ?? "Activation"));
  const noun = looked.layer?.kind === "attention" ? "head" : "channel";
  return canvas.channel >= 0 ? `${name}, ${noun} ${canvas.channel}` : name;
}

function useSheets({ data, stages }: InsideProps, scene: Scene): readonly Sheet[] {
  const { canvas, frame, effectHeat, attributionHeat, activationHeat } = scene;
  const { sheets } = canvas;
  const saw = sawStage(stages.own);
  const pixels = usePicture(data.sample.image ? imageUrl(data.sample.image) : "");
  const seen = usePicture(saw?.image ? blobUrl(saw.image) : "");
  if (!frame) return [];
  const { input, picture } = frame;
  const made = [
    sheets.effect.on && effectHeat
      ? heatSheet("effect", "Causal effect", effectHeat, input, sheets.effect)
      : null,
    sheets.attribution.on && attributionHeat
      ? heatSheet("attribution", "Attribution", attributionHeat, input, sheets.attribution)
      : null,
    sheets.activation.on && activationHeat
      ? heatSheet("activation", activationTitle(scene), activationHeat, input, sheets.activation)
      : null,
    sheets.saw.on && seen.picture
      ? pictureSheet("saw", "What the model saw", seen.picture, input, sheets.saw)
      : null,
    (sheets.pixels.on || canvas.whole) && pixels.picture
      ? pictureSheet("pixels", "Pixels as stored", pixels.picture, picture, sheets.pixels)
      : null,
  ];
  return made.filter((sheet) => sheet !== null);
}

/** Label and prediction, over the canvas. */
function Verdict({ data }: { readonly data: SampleData }): ReactElement {
  const { sample } = data;
  return (
    <div className="canvas-verdict">
      {sample.label !== null && (
        <span>
          <span className="dim">label</span> <Name text={sample.label} />
        </span>
      )}
      <span className={sample.outcome === "wrong" ? "bad" : ""}>
        <span className="dim">says</span> <Name text={sample.pred} />
      </span>
    </div>
  );
}

function Canvas(props: InsideProps & { readonly scene: Scene }): ReactElement {
  const { data, stages, scene } = props;
  const { canvas, frame, change } = scene;
  const sheets = useSheets(props, scene);
  const [moment, setMoment] = useState<Moment>(STILL);
  const [look, onLook] = useLook(`${data.sample.sample}${canvas.whole}`);
  useCanvasActions(props, scene, sheets, [moment, setMoment]);
  if (stages.problem) return <ProblemBox problem={stages.problem} />;
  if (!frame) return <Skeleton height="100%" />;
  const brush = (box: Parameters<typeof regionEdit>[1], done: boolean) => {
    const edit = regionEdit(scene, box);
    scene.draft(done ? null : edit);
    if (done && edit && !canvas.edits.includes(edit)) change({ edits: [...canvas.edits, edit] });
  };
  const regions = regionBoxes(scene);
  return (
    <LayeredCanvas
      title={`Sample ${data.sample.sample ?? ""}: ${sheets.map((one) => one.title).join(", ")}`}
      sheets={sheets}
      frame={frame.size}
      look={look}
      onLook={onLook}
      beam={moment.beam}
      blinking={moment.blinking}
      swipe={moment.swipe}
      onSwipe={(swipe) => setMoment({ ...moment, swipe })}
      boxes={canvas.whole ? [frame.input, ...regions] : regions}
      onBrush={moment.brushing && canBrush(scene) ? brush : null}
    >
      <CanvasTools {...props} scene={scene} sheets={sheets} moment={moment} onMoment={setMoment} />
      {canvas.sheets.verdict.on && <Verdict data={data} />}
    </LayeredCanvas>
  );
}

export function Inside(props: InsideProps): ReactElement {
  const { ctx, data, stages } = props;
  const scene = useScene(ctx, data, stages);
  const { canvas, change } = scene;
  const titleOf = (value: string) =>
    fmtName(shortTitle(scene.layers.list.find((layer) => layer.value === value)?.title ?? value));
  return (
    <div className="inside">
      <div className="inside-canvas">
        <Canvas {...props} scene={scene} />
      </div>
      <Network ctx={ctx} scene={scene} />
      <div className="inside-side">
        <aside className="inside-sheets" aria-label="Layers of the canvas" tabIndex={0}>
          <div className="inside-modes">{props.modes}</div>
          <SheetList
            rows={sheetRows(scene)}
            onChange={(id, part) => change(withSheet(canvas, id, part))}
          />
        </aside>
        <aside className="inside-edits" aria-label="Edits" tabIndex={0}>
          <Edits
            state={scene.edits}
            data={data}
            titleOf={titleOf}
            onRemove={(edit) => change({ edits: canvas.edits.filter((one) => one !== edit) })}
            onReset={() => change({ edits: [] })}
          />
        </aside>
      </div>
    </div>
  );
}
