// SPDX-License-Identifier: Apache-2.0
// Gallery: controls, states, metrics, findings, facts.
import { type ReactElement, useState } from "react";
import { parseClause } from "@/base/clause";
import { defaultsOf, type ParamRow } from "@/base/params";
import { Problem } from "@/base/problem";
import { Button, IconButton, Segmented } from "@/widgets/button";
import { Card } from "@/widgets/card";
import { Chip, ClauseChips, OutcomeMark } from "@/widgets/chip";
import { FactList, KeyText } from "@/widgets/facts";
import { CheckBox, Select, Slider, Switch, TextField } from "@/widgets/field";
import { FindingCard } from "@/widgets/finding";
import { Form } from "@/widgets/form";
import { Kbd } from "@/widgets/kbd";
import { DeltaBadge, MetricStrip, MetricTile } from "@/widgets/metric";
import { Menu } from "@/widgets/overlay";
import { ScoreBars } from "@/widgets/scores";
import { Empty, ProblemBox, ProgressBar, Skeleton } from "@/widgets/status";
import { Tabs } from "@/widgets/tabs";
import { picture } from "./data";
import type { Section } from "./widgets";

function Metrics(): ReactElement {
  return (
    <MetricStrip>
      <MetricTile
        large
        title="Accuracy"
        value="90.7%"
        interval="90.1–91.3%"
        help="Share of labelled samples that are right."
        bar={{ value: 0.907, low: 0.901, high: 0.913, min: 0.8 }}
        onPress={() => undefined}
        delta={<DeltaBadge change={0.021} />}
      />
      <MetricTile
        title="Errors"
        value="931"
        interval="of 10,000 labelled"
        tone="bad"
        onPress={() => undefined}
      />
      <MetricTile
        title="Top-5"
        value="99.7%"
        interval="99.6–99.8%"
        bar={{ value: 0.997, low: 0.996, high: 0.998, min: 0.8 }}
      />
      <MetricTile
        title="Macro F1"
        value="0.906"
        interval="0.900–0.912"
        bar={{ value: 0.906, low: 0.9, high: 0.912, min: 0.8 }}
        delta={<DeltaBadge change={-0.004} significant={false} />}
      />
      <MetricTile
        title="Log loss"
        value="0.268"
        interval="0.252–0.285 nats"
        delta={<DeltaBadge change={0.03} text="+0.030" higherIsBetter={false} />}
      />
      <MetricTile
        title="ECE, 15 bins"
        value="0.034"
        interval="0.029–0.040"
        bar={{ value: 0.034, low: 0.029, high: 0.04, max: 0.1 }}
      />
      <MetricTile
        title="Confidence AUROC"
        value="0.902"
        interval="0.893–0.911"
        bar={{ value: 0.902, low: 0.893, high: 0.911, min: 0.5 }}
      />
      <MetricTile title="Temperature" value="1.31" interval="log loss 0.268 → 0.251" />
    </MetricStrip>
  );
}

function Controls(): ReactElement {
  const [mode, setMode] = useState("row");
  const [text, setText] = useState("shirt");
  const [pick, setPick] = useState("r2");
  const [on, setOn] = useState(true);
  const [size, setSize] = useState(112);
  const [where, setWhere] = useState([
    parseClause("outcome=wrong"),
    parseClause("label=Shirt|Coat"),
    parseClause("confidence>=0.9"),
  ]);
  return (
    <Card title="Controls">
      <div className="stack">
        <div className="gallery-row">
          <Button tone="accent" icon="play">
            Evaluate
          </Button>
          <Button icon="export">Export</Button>
          <Button tone="quiet">Cancel</Button>
          <Button tone="danger">Remove</Button>
          <Button disabled>Disabled</Button>
          <IconButton icon="filter" label="Filter" keys="F" />
          <IconButton icon="sort" label="Sort" pressed />
          <Menu
            label="More"
            trigger={<>More</>}
            onPick={() => undefined}
            choices={[
              { id: "a", title: "Copy the address", keys: "Y", icon: "copy" },
              { id: "b", title: "Export as CSV", detail: "All 931 rows", icon: "export" },
            ]}
          />
        </div>
        <div className="gallery-row">
          <Segmented
            label="Normalise"
            value={mode}
            onChange={setMode}
            choices={[
              { value: "none", title: "Count" },
              { value: "row", title: "By label" },
              { value: "col", title: "By prediction" },
            ]}
          />
          <Switch label="Errors only" on={on} onChange={setOn} />
          <CheckBox label="Captions" on={on} onChange={setOn} />
          <Slider label="Size" min={48} max={256} step={4} value={size} onChange={setSize} />
        </div>
        <div className="gallery-row">
          <div style={{ width: 200 }}>
            <TextField label="Search" icon="search" value={text} onChange={setText} />
          </div>
          <div style={{ width: 220 }}>
            <Select
              label="Run"
              value={pick}
              onChange={setPick}
              choices={[
                { value: "r1", title: "fashion v1", detail: "86.0%" },
                { value: "r2", title: "fashion v2", detail: "90.7%" },
              ]}
            />
          </div>
          <Kbd keys="Mod+K" />
          <Kbd keys="G O" />
        </div>
        <ClauseChips clauses={where} onChange={setWhere} />
        <div className="gallery-row">
          <OutcomeMark outcome="right" />
          <OutcomeMark outcome="wrong" />
          <OutcomeMark outcome="unknown" />
          <OutcomeMark outcome="broken" />
          <Chip tone="bad">over-confident</Chip>
          <Chip tone="warn">pipeline guessed</Chip>
          <Chip tone="good">fixed</Chip>
          <Chip>opset 17</Chip>
        </div>
      </div>
    </Card>
  );
}

function States(): ReactElement {
  return (
    <Card title="States">
      <div className="stack">
        <ProgressBar
          label="eval · inference"
          done={6242}
          total={10000}
          unit="images"
          rate={1810}
          etaS={2.1}
        />
        <ProgressBar label="import · counting" done={0} total={0} />
        <ProblemBox
          onRetry={() => undefined}
          problem={
            new Problem({
              message:
                'cannot read model "resnet.onnx": input "image" has rank 3, images need rank 4',
              detail: "The first input is float32[3,224,224] without a batch dimension.",
              hint: "Export the model with a batch dimension, or pass --reshape.",
              context: 'in operation "open", model "resnet.onnx"',
              code: "SL_E_MODEL",
            })
          }
        />
        <Skeleton lines={3} />
        <Empty
          icon="filter"
          title="No sample meets every clause"
          action={<Button>Clear the filter</Button>}
        >
          The last clause, <code>confidence&gt;=0.99</code>, leaves none of 931.
        </Empty>
      </div>
    </Card>
  );
}

function Findings(): ReactElement {
  const pictures = (kind: number) =>
    Array.from({ length: 8 }, (_, at) => ({ src: picture(kind, at), title: "sample" }));
  return (
    <Card title="Findings" note="6" flush help="What stands out, most errors explained first.">
      <FindingCard
        severity="warning"
        title="Shirt is taken for T-shirt/top"
        errors={141}
        samples={141}
        share={0.151}
        text="141 of 1,000 samples labelled Shirt are predicted T-shirt/top; the other way round 96. Their confidence is 0.71 on average, 0.18 below that of right predictions."
        advice="Look at both directions side by side: labels of this pair are often ambiguous."
        pictures={pictures(6)}
        onOpen={() => undefined}
      />
      <FindingCard
        severity="error"
        title="12 samples do not decode"
        errors={0}
        samples={12}
        share={0}
        text="Truncated PNG files, all below test/batch_07. They count as broken, not as wrong."
        onOpen={() => undefined}
      />
      <FindingCard
        severity="info"
        title="Predictions are over-confident"
        errors={402}
        samples={931}
        share={0.43}
        text="Mean confidence is 94.1% where accuracy is 90.7%. A temperature of 1.31 would lower the calibration error from 0.034 to 0.009."
        onOpen={() => undefined}
        evidence={<p className="dim">15 equal-width bins.</p>}
      />
    </Card>
  );
}

function Facts(): ReactElement {
  const [tab, setTab] = useState("file");
  const facts = (
    <FactList
      groups={[
        {
          title: "File",
          facts: [
            { name: "Name", value: "test/000041.png", mono: true, after: <a href="#j">j3</a> },
            { name: "Size", value: "28 × 28, 8 bit grey" },
            { name: "Bytes", value: "2,114" },
            {
              name: "SHA-256",
              value: (
                <KeyText value="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" />
              ),
            },
          ],
        },
        {
          title: "Model",
          facts: [
            { name: "Opset", value: "ai.onnx 17", mono: true },
            { name: "Parameters", value: "272,474" },
            { name: "Input", value: "float32[N,1,28,28]", mono: true },
          ],
        },
      ]}
    />
  );
  return (
    <Card title="Facts and scores" flush>
      <Tabs
        label="Sample"
        chosen={tab}
        onChoose={setTab}
        tabs={[
          { id: "file", title: "Facts", body: <div style={{ padding: 14 }}>{facts}</div> },
          {
            id: "scores",
            title: "Scores",
            note: "10",
            body: (
              <div style={{ padding: 14 }}>
                <ScoreBars
                  label="Shirt"
                  prediction="T-shirt/top"
                  scores={[
                    { index: 0, name: "T-shirt/top", score: 0.613 },
                    { index: 6, name: "Shirt", score: 0.294 },
                    { index: 2, name: "Pullover", score: 0.071 },
                    { index: 4, name: "Coat", score: 0.019 },
                    { index: 3, name: "Dress", score: 0.002 },
                    { index: 8, name: "Bag", score: 0.0004 },
                  ]}
                />
              </div>
            ),
          },
        ]}
      />
    </Card>
  );
}

const ROWS: ParamRow[] = [
  {
    name: "model",
    type: "path",
    required: true,
    help: "Model as an .onnx file.",
    default: "examples/fashion/v2.onnx",
  },
  { name: "bins", type: "int", min: 1, max: 512, default: 40, help: "Bins of a histogram." },
  {
    name: "sigma_px",

    type: "real",
    min: 0,
    max: 64,
    default: 2.5,
    unit: "px",
    help: "Blur of the fog map.",
  },
  {
    name: "kernel",
    type: "enum",
    default: "pillow.bilinear",
    choices: [
      { name: "keep", help: "as the pipeline says" },
      { name: "pillow.bilinear", help: "Pillow BILINEAR" },
      { name: "opencv.area", help: "OpenCV INTER_AREA" },
    ],
    help: "Resize kernel.",
  },
  { name: "copy", type: "bool", default: false, help: "Copy the images into the workspace." },
  {
    name: "classes",
    type: "list",
    help: "Class names; the micro average when left out.",
  },
];

function Forms(): ReactElement {
  const [values, setValues] = useState({ ...defaultsOf(ROWS), bins: 900 });
  return (
    <Card title="Form from parameter rows">
      <Form
        rows={ROWS}
        values={values}
        onChange={(next) => setValues({ ...values, ...next })}
        onSubmit={() => undefined}
        submit="Evaluate"
      />
    </Card>
  );
}

export const ControlSections: Section[] = [
  { id: "metrics", span: 12, body: <Metrics /> },
  { id: "controls", span: 6, body: <Controls /> },
  { id: "facts", span: 6, body: <Facts /> },
  { id: "findings", span: 8, body: <Findings /> },
  { id: "form", span: 4, body: <Forms /> },
  { id: "states", span: 12, body: <States /> },
];
