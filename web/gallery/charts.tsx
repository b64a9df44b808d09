// SPDX-License-Identifier: Apache-2.0
// Gallery: confusion matrices, reliability, curves, images and pipeline stages.
import { type ReactElement, useMemo, useState } from "react";
import { Card } from "@/widgets/card";
import { ConfusionMatrix, TopErrors } from "@/widgets/confusion";
import { type Curve, CurveChart } from "@/widgets/curve";
import { ImageViewer, useLook } from "@/widgets/image";
import { ReliabilityDiagram } from "@/widgets/reliability";
import { Splitter } from "@/widgets/splitter";
import { StageStrip } from "@/widgets/stages";
import { CLASSES, confusion, picture, reliability } from "./data";
import type { Section } from "./widgets";

function Matrix(): ReactElement {
  const counts = useMemo(() => confusion(), []);
  return (
    <Card title="Confusion" note="931 errors">
      <ConfusionMatrix labels={CLASSES} counts={counts} onCell={() => undefined} />
    </Card>
  );
}

function Errors(): ReactElement {
  const counts = useMemo(() => confusion(), []);
  return (
    <Card title="Largest errors">
      <TopErrors labels={CLASSES} counts={counts} onCell={() => undefined} />
    </Card>
  );
}

function LargeMatrix(): ReactElement {
  const counts = useMemo(() => confusion(1000, 5), []);
  const labels = useMemo(() => Array.from({ length: 1000 }, (_, at) => `class ${at}`), []);
  return (
    <Card title="Confusion" note="1,000 classes">
      <ConfusionMatrix labels={labels} counts={counts} onCell={() => undefined} />
    </Card>
  );
}

function curves(): Curve[] {
  const x = Array.from({ length: 200 }, (_, at) => at / 199);
  return ["Micro average", "Shirt", "Coat", "Trouser"].map((title, at) => {
    const power = [0.05, 0.2, 0.11, 0.012][at] ?? 0.1;
    return {
      id: title,
      title,
      x,
      y: x.map((value) => value ** power),
      at: x.map((value) => 1 - value),
      note: `AUC ${(1 / (1 + power)).toFixed(3)}`,
      colour: at,
    };
  });
}

function Curves(): ReactElement {
  const all = useMemo(curves, []);
  return (
    <Card title="ROC">
      <CurveChart
        label="ROC"
        curves={all}
        xTitle="false positive rate"
        yTitle="true positive rate"
        atTitle="at"
        reference="rising"
        height={300}
      />
    </Card>
  );
}

function Reliability(): ReactElement {
  const bins = useMemo(reliability, []);
  return (
    <Card title="Calibration" note="15 equal-width bins · ECE 0.034">
      <ReliabilityDiagram bins={bins} onBin={() => undefined} />
    </Card>
  );
}

function Images(): ReactElement {
  const [look, setLook] = useLook("one");
  const views = (
    <Splitter
      id="gallery"
      label="Pictures"
      size={420}
      first={
        <ImageViewer
          src={picture(6, 3, 28, true)}
          title="Original"
          look={look}
          onLook={setLook}
          plain
        />
      }
      second={
        <ImageViewer
          src={picture(6, 3, 28)}
          title="As the model saw it"
          look={look}
          onLook={setLook}
        />
      }
    />
  );
  return (
    <Card title="Linked pictures">
      <div className="gallery-image">{views}</div>
    </Card>
  );
}

function Stages(): ReactElement {
  const [at, setAt] = useState(2);
  const stage = (
    id: string,
    title: string,
    shape: string,
    dtype: string,
    side: number,
    range: readonly [number, number],
  ) => ({
    id,
    title,
    shape,
    dtype,
    src: picture(6, 3, side),
    width: side,
    min: range[0],
    max: range[1],
  });
  return (
    <Card title="What the model saw" note="7 steps">
      <StageStrip
        chosen={at}
        onChoose={setAt}
        stages={[
          stage("d", "decode pillow", "512 × 384 × 3", "uint8", 256, [0, 255]),
          stage("o", "EXIF upright", "384 × 512 × 3", "uint8", 256, [0, 255]),
          stage("r", "resize bilinear", "256 × 341 × 3", "uint8", 96, [0, 255]),
          stage("c", "centre crop", "224 × 224 × 3", "uint8", 64, [0, 253]),
          stage("s", "scale 1/255", "224 × 224 × 3", "float32", 28, [0, 0.992]),
          {
            ...stage("n", "mean and std", "3 × 224 × 224", "float32", 28, [-2.118, 2.64]),
            notFinite: 12,
          },
        ]}
      />
    </Card>
  );
}

export const ChartSections: Section[] = [
  { id: "matrix", span: 6, body: <Matrix /> },
  { id: "errors", span: 6, body: <Errors /> },
  { id: "large", span: 6, body: <LargeMatrix /> },
  { id: "curves", span: 6, body: <Curves /> },
  { id: "reliability", span: 6, body: <Reliability /> },
  { id: "images", span: 6, body: <Images /> },
  { id: "stages", span: 12, body: <Stages /> },
];
