// SPDX-License-Identifier: Apache-2.0
// Inside the model: the layered canvas of a sample with the list of its sheets. All that is shown is
// in the address; only beam, swipe and blinking are of the moment. Start at useScene().
import { type ReactElement, type ReactNode, useMemo, useState } from "react";
import { type CanvasView, type SheetId, withSheet } from "@/base/canvas-view";
import { gridOf, mergedPlane } from "@/base/heat";
import { blobUrl, imageUrl } from "@/engine/blob";
import type { Stage } from "@/gen/ops";
import { useActions } from "@/state/actions";
import { IconButton } from "@/widgets/button";
import { useLook, usePicture } from "@/widgets/image";
import { LayeredCanvas } from "@/widgets/layered";
import { Legend } from "@/widgets/legend";
import { Name } from "@/widgets/name";
import { ProblemBox, Skeleton } from "@/widgets/status";
import type { PanelContext } from "../panel";
import { Explain } from "./explain";
import {
  type Frame,
  frameOf,
  type Heat,
  heatSheet,
  pictureSheet,
  sawStage,
  useHeat,
} from "./heat-sheet";
import { SheetList, type SheetRow } from "./sheet-list";
import { chosenTarget, type Target, targetsFor } from "./targets";
import { type Attribution, useAttribution, useClasses } from "./use-inside";
import type { SampleData } from "./use-sample";
import type { Stages } from "./use-stages";

export interface InsideProps {
  readonly ctx: PanelContext;
  readonly data: SampleData;
  readonly stages: Stages;
  /** Switches to the steps of the pipeline. */
  readonly modes: ReactNode;
}

/** Everything the canvas shows, read and made ready. */
export interface Scene {
  readonly canvas: CanvasView;
  readonly change: (change: Partial<CanvasView>) => void;
  readonly frame: Frame | null;
  readonly target: Target;
  readonly targets: readonly Target[];
  readonly classes: readonly string[];
  readonly attribution: Attribution;
  readonly attributionHeat: Heat | null;
}

function useScene({ ctx, data, stages }: InsideProps): Scene {
  const { nav } = ctx;
  const { canvas } = nav.view;
  const sample = data.sample.sample ?? "";
  const classes = useClasses(ctx);
  const targets = useMemo(() => targetsFor(data, classes), [data, classes]);
  const target = chosenTarget(canvas.target, targets, classes);
  const attribution = useAttribution(ctx, sample, canvas, target);
  const plane = useMemo(() => {
    const { tensor } = attribution;
    const grid = tensor && gridOf(tensor.shape);
    return tensor && grid ? mergedPlane(tensor, grid, "sum") : null;
  }, [attribution.tensor]);
  return {
    canvas,
    change: (change) => nav.go({ canvas: { ...canvas, ...change } }, { replace: true }),
    frame: useMemo(() => frameOf(stages.own, canvas.whole), [stages.own, canvas.whole]),
    target,
    targets,
    classes,
    attribution,
    attributionHeat: useHeat(plane, canvas.sheets.attribution),
  };
}

function useSheets(props: InsideProps, scene: Scene) {
  const { data, stages } = props;
  const { canvas, frame } = scene;
  const { sheets } = canvas;
  const saw: Stage | null = sawStage(stages.own);
  const pixels = usePicture(data.sample.image ? imageUrl(data.sample.image) : "");
  const seen = usePicture(saw?.image ? blobUrl(saw.image) : "");
  if (!frame) return [];
  const { attributionHeat: heat } = scene;
  return [
    sheets.attribution.on && heat
      ? heatSheet("attribution", "Attribution", heat, frame.input, sheets.attribution)
      : null,
    sheets.saw.on && seen.picture
      ? pictureSheet("saw", "What the model saw", seen.picture, frame.input, sheets.saw)
      : null,
    sheets.pixels.on && pixels.picture
      ? pictureSheet("pixels", "Pixels as stored", pixels.picture, frame.picture, sheets.pixels)
      : null,
  ].filter((sheet) => sheet !== null);
}

/** Label and prediction, over the canvas. */
function VerdictSheet({ data }: { readonly data: SampleData }): ReactElement {
  const { sample } = data;
  const isWrong = sample.outcome === "wrong";
  return (
    <div className="canvas-verdict">
      {sample.label !== null && (
        <span>
          <span className="dim">label</span> <Name text={sample.label} />
        </span>
      )}
      <span className={isWrong ? "bad" : ""}>
        <span className="dim">says</span> <Name text={sample.pred} />
      </span>
    </div>
  );
}

interface Moment {
  readonly beam: number;
  readonly blinking: boolean;
  readonly swipe: number | null;
}

const STILL: Moment = { beam: 0, blinking: false, swipe: null };

function useCanvasActions(
  scene: Scene,
  moment: Moment,
  setMoment: (moment: Moment) => void,
  sheetCount: number,
): void {
  const group = "Inside the model";
  const { canvas, change } = scene;
  const toggle = (id: SheetId) => () =>
    change(withSheet(canvas, id, { on: !canvas.sheets[id].on }));
  const nextBeam = moment.beam + 1 < Math.max(2, sheetCount) ? moment.beam + 1 : 0;
  useActions([
    {
      id: "inside.attribution",
      title: "Attribution on or off",
      group,
      keys: "A",
      run: toggle("attribution"),
    },
    {
      id: "inside.beam",
      title: "Beam: peel the next layer under the pointer",
      group,
      keys: "B",
      run: () => setMoment({ ...moment, beam: nextBeam }),
    },
    {
      id: "inside.blink",
      title: "Blink what is laid over",
      group,
      keys: "L",
      run: () => setMoment({ ...moment, blinking: !moment.blinking }),
    },
    {
      id: "inside.swipe",
      title: "Swipe between with and without",
      group,
      keys: "W",
      run: () => setMoment({ ...moment, swipe: moment.swipe === null ? 0.5 : null }),
    },
    {
      id: "inside.whole",
      title: "Whole picture, or what the model saw",
      group,
      keys: "F",
      run: () => change({ whole: !canvas.whole }),
    },
  ]);
}

function Tools(props: {
  readonly moment: Moment;
  readonly onMoment: (moment: Moment) => void;
  readonly scene: Scene;
}): ReactElement {
  const { moment, onMoment, scene } = props;
  const { canvas, change } = scene;
  return (
    <div className="canvas-tools" role="toolbar" aria-label="Canvas">
      <IconButton
        icon="beam"
        label="Beam: peel layers under the pointer"
        keys="B"
        pressed={moment.beam > 0}
        onPress={() => onMoment({ ...moment, beam: moment.beam > 0 ? 0 : 1 })}
      />
      <IconButton
        icon="wipe"
        label="Swipe"
        keys="W"
        pressed={moment.swipe !== null}
        onPress={() => onMoment({ ...moment, swipe: moment.swipe === null ? 0.5 : null })}
      />
      <IconButton
        icon="blink"
        label="Blink"
        keys="L"
        pressed={moment.blinking}
        onPress={() => onMoment({ ...moment, blinking: !moment.blinking })}
      />
      <IconButton
        icon="fit"
        label="Whole picture"
        keys="F"
        pressed={canvas.whole}
        onPress={() => change({ whole: !canvas.whole })}
      />
    </div>
  );
}

function rowsOf(scene: Scene, explain: ReactNode): SheetRow[] {
  const { sheets } = scene.canvas;
  const { attributionHeat: heat, canvas } = scene;
  return [
    {
      id: "attribution",
      title: "Attribution",
      look: sheets.attribution,
      kind: heat?.paint.range.kind ?? "diverging",
      loading: scene.attribution.loading,
      keys: "A",
      more: (
        <>
          {explain}
          {heat && <Legend title="" paint={heat.paint} percent={canvas.sheets.attribution.clip} />}
        </>
      ),
    },
    { id: "saw", title: "What the model saw", look: sheets.saw, kind: null, loading: false },
    { id: "pixels", title: "Pixels as stored", look: sheets.pixels, kind: null, loading: false },
    {
      id: "verdict",
      title: "Label and prediction",
      look: sheets.verdict,
      kind: null,
      loading: false,
    },
  ];
}

export function Inside(props: InsideProps): ReactElement {
  const { data, stages } = props;
  const scene = useScene(props);
  const sheets = useSheets(props, scene);
  const [moment, setMoment] = useState<Moment>(STILL);
  const { canvas, change, frame } = scene;
  const [look, onLook] = useLook(`${data.sample.sample}${canvas.whole}`);
  useCanvasActions(scene, moment, setMoment, sheets.length);
  const explain = (
    <Explain
      canvas={canvas}
      onChange={change}
      target={scene.target}
      targets={scene.targets}
      classes={scene.classes}
      attribution={scene.attribution}
    />
  );
  return (
    <div className="inside">
      <div className="inside-canvas">
        {stages.problem && <ProblemBox problem={stages.problem} />}
        {!stages.problem && !frame && <Skeleton height="100%" />}
        {frame && (
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
            boxes={canvas.whole ? [frame.input] : []}
            onBrush={null}
          >
            <Tools moment={moment} onMoment={setMoment} scene={scene} />
            {canvas.sheets.verdict.on && <VerdictSheet data={data} />}
          </LayeredCanvas>
        )}
      </div>
      <aside className="inside-sheets" aria-label="Layers of the canvas" tabIndex={0}>
        {props.modes}
        <SheetList
          rows={rowsOf(scene, explain)}
          onChange={(id, part) => change(withSheet(canvas, id, part))}
        />
      </aside>
    </div>
  );
}
