// SPDX-License-Identifier: Apache-2.0
// The pictures of a sample: the image as stored beside what a step of the pipeline made of it, with
// one look for both; below, every step. The chosen step is the view's tab.
import { type ReactElement, type ReactNode, useState } from "react";
import type { CanvasView } from "@/base/canvas-view";
import { fmtInt, fmtReal } from "@/base/format";
import { blobUrl, imageUrl } from "@/engine/blob";
import type { Stage } from "@/gen/ops";
import { type Action, useActions } from "@/state/actions";
import { Button, Segmented } from "@/widgets/button";
import { useNarrow } from "@/widgets/hooks";
import { ImageViewer, useLook } from "@/widgets/image";
import { StageStrip } from "@/widgets/stages";
import { ProblemBox, Skeleton } from "@/widgets/status";
import type { PanelContext } from "../panel";
import { Inside } from "./inside";
import { hasOp } from "./methods";
import { readerOf, stripStage } from "./stage-model";
import { TryForm } from "./try";
import type { SampleData } from "./use-sample";
import { type Stages, useStages } from "./use-stages";

type Shown = "image" | "both" | "step";

const clampAt = (at: number, count: number): number => Math.max(0, Math.min(count - 1, at));

/** Index of the step the view's tab names (from 1); the last step by default. */
const chosenStep = (tab: string, count: number): number =>
  clampAt(/^\d+$/.test(tab) ? Number(tab) - 1 : count - 1, count);

function Pane(props: {
  readonly title: string;
  readonly src: string;
  readonly look: ReturnType<typeof useLook>;
  readonly plain: boolean;
  readonly read: ((byte: number) => string) | undefined;
}): ReactElement {
  const [look, onLook] = props.look;
  return (
    <figure className="pane">
      <figcaption className="cut">{props.title}</figcaption>
      <div className="pane-picture">
        <ImageViewer
          src={props.src}
          title={props.title}
          look={look}
          onLook={onLook}
          plain={props.plain}
          read={props.read}
        />
      </div>
    </figure>
  );
}

/** The numbers of a step's tensor. */
function Statistics(props: { readonly stage: Stage }): ReactElement {
  const { stage } = props;
  const values: readonly (readonly [string, string, string?])[] = [
    ["shape", (stage.shape ?? "").replaceAll("x", " × ")],
    ["type", stage.dtype ?? ""],
    ["min", fmtReal(stage.min)],
    ["max", fmtReal(stage.max)],
    ["mean", fmtReal(stage.mean)],
    ["std", fmtReal(stage.std)],
    ["NaN", fmtInt(stage.nan_count), stage.nan_count > 0 ? "bad" : ""],
    ["infinite", fmtInt(stage.inf_count), stage.inf_count > 0 ? "bad" : ""],
  ];
  return (
    <dl className="statistics">
      {values.map(([name, value, tone]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={tone}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function stepActions(
  stages: Stages,
  at: number,
  choose: (at: number) => void,
  cycle: () => void,
  toggleTry: () => void,
): Action[] {
  const group = "Sample";
  return [
    {
      id: "sample.stageBack",
      title: "Step of the pipeline before",
      group,
      keys: "[",
      run: () => choose(at - 1),
    },
    {
      id: "sample.stageOn",
      title: "Step of the pipeline after",
      group,
      keys: "]",
      run: () => choose(at + 1),
    },
    { id: "sample.panes", title: "Image, both, or step", group, keys: "V", run: cycle },
    { id: "sample.try", title: "Try another pipeline", group, keys: "T", run: toggleTry },
    {
      id: "sample.asRun",
      title: "Pipeline as in the run",
      group,
      disabled: !stages.isTrying,
      run: stages.reset,
    },
  ];
}

function Panes(props: {
  readonly data: SampleData;
  readonly stage: Stage | undefined;
  readonly own: Stage | undefined;
  readonly trying: boolean;
  readonly shown: Shown;
}): ReactElement {
  const { data, stage, own, shown } = props;
  const { sample } = data;
  const look = useLook(`${sample.sample}`);
  const step = stage?.image ? stage : undefined;
  const withImage = shown !== "step" || !step;
  const withStep = shown !== "image" && step !== undefined;
  const asRun = props.trying && own?.image ? own : undefined;
  const title = (text: string, one: Stage) => `${text}${one.title ?? one.name ?? ""}`;
  return (
    <div className="panes">
      {withImage && sample.image && (
        <Pane
          title={asRun && withStep ? title("In the run: ", asRun) : "The image as stored"}
          src={asRun?.image && withStep ? blobUrl(asRun.image) : imageUrl(sample.image)}
          look={look}
          plain={withStep}
          read={asRun && withStep ? readerOf(asRun) : undefined}
        />
      )}
      {withStep && step.image && (
        <Pane
          title={title(props.trying ? "As tried: " : "After: ", step)}
          src={blobUrl(step.image)}
          look={look}
          plain={false}
          read={readerOf(step)}
        />
      )}
    </div>
  );
}

const SHOWN: readonly Shown[] = ["both", "image", "step"];

/** The strip of steps with the numbers of the chosen one, and what stands in for them. */
function Steps(props: {
  readonly stages: Stages;
  readonly at: number;
  readonly onChoose: (at: number) => void;
}): ReactElement {
  const { stages, at } = props;
  const stage = stages.shown[at];
  if (stages.problem) return <ProblemBox problem={stages.problem} />;
  if (!stage) return <Skeleton height={150} />;
  const drawn = stages.shown.map((one, index) => ({
    ...stripStage(one, index),
    ...(stages.changed.has(index) ? { changed: true } : {}),
  }));
  return (
    <>
      <StageStrip stages={drawn} chosen={at} onChoose={props.onChoose} />
      <Statistics stage={stage} />
    </>
  );
}

/** The pictures before and after the steps, and the steps. */
function PipelineLook(props: {
  readonly ctx: PanelContext;
  readonly data: SampleData;
  readonly stages: Stages;
  readonly modes: ReactNode;
}): ReactElement {
  const { ctx, data, stages } = props;
  const { nav } = ctx;
  const narrow = useNarrow();
  const [wanted, setWanted] = useState<Shown | null>(null);
  const [isForm, setForm] = useState(false);
  const shown = wanted ?? (narrow ? "image" : "both");
  const at = chosenStep(nav.view.tab, stages.shown.length);
  const choose = (next: number) =>
    nav.go({ tab: String(clampAt(next, stages.shown.length) + 1) }, { replace: true });
  const cycle = () => setWanted(SHOWN[(SHOWN.indexOf(shown) + 1) % SHOWN.length] ?? "both");
  useActions(stepActions(stages, at, choose, cycle, () => setForm(!isForm)));
  return (
    <div className="look">
      <Panes
        data={data}
        stage={stages.shown[at]}
        own={stages.own[at]}
        trying={stages.isTrying}
        shown={shown}
      />
      <section className="saw" aria-label="What the model saw">
        <header className="saw-head">
          {props.modes}
          <h2>{stages.isTrying ? "What the model would see" : "What the model saw"}</h2>
          <Segmented
            label="Show"
            value={shown}
            choices={[
              { value: "image", title: "Image" },
              { value: "both", title: "Both", help: "Side by side (V)" },
              { value: "step", title: "Step" },
            ]}
            onChange={setWanted}
          />
          <span className="grow" />
          {stages.isTrying && (
            <Button tone="quiet" onPress={stages.reset}>
              As in the run
            </Button>
          )}
          <Button icon="swap" onPress={() => setForm(!isForm)} title="Try another pipeline (T)">
            {isForm ? "Close" : "Try it"}
          </Button>
        </header>
        {isForm && <TryForm values={stages.values} onChange={stages.setValues} />}
        <Steps stages={stages} at={at} onChoose={choose} />
      </section>
    </div>
  );
}

/** Inside the model, or the steps before it. */
function Modes(props: {
  readonly mode: CanvasView["mode"];
  readonly onChange: (mode: CanvasView["mode"]) => void;
}): ReactElement {
  return (
    <Segmented
      label="Look at"
      value={props.mode || "inside"}
      choices={[
        { value: "inside", title: "Inside", help: "What the model makes of it (I)" },
        { value: "pipeline", title: "Pipeline", help: "What the steps before it make of it (I)" },
      ]}
      onChange={(mode) => props.onChange(mode === "pipeline" ? "pipeline" : "")}
    />
  );
}

/** Can the model of the run be opened? Predictions made elsewhere have none. */
const hasModel = (ctx: PanelContext): boolean => Boolean(ctx.run?.model) && hasOp("attribute");

export function LookAt(props: {
  readonly ctx: PanelContext;
  readonly data: SampleData;
}): ReactElement {
  const { ctx, data } = props;
  const { nav } = ctx;
  const { canvas } = nav.view;
  const stages = useStages(ctx, data.sample.sample ?? "", true);
  const isInside = hasModel(ctx) && canvas.mode === "" && nav.view.tab === "";
  const setMode = (mode: CanvasView["mode"]) =>
    nav.go({ canvas: { ...canvas, mode }, tab: "" }, { replace: true });
  useActions([
    {
      id: "sample.inside",
      title: "Inside the model, or its pipeline",
      group: "Sample",
      keys: "I",
      disabled: !hasModel(ctx),
      run: () => setMode(isInside ? "pipeline" : ""),
    },
  ]);
  const modes = hasModel(ctx) && <Modes mode={isInside ? "" : "pipeline"} onChange={setMode} />;
  if (!isInside) return <PipelineLook ctx={ctx} data={data} stages={stages} modes={modes} />;
  return (
    <div className="look">
      <Inside ctx={ctx} data={data} stages={stages} modes={modes} />
    </div>
  );
}
