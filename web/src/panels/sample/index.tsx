// SPDX-License-Identifier: Apache-2.0
// Sample: one image, what every step of the pipeline made of it, and how the decision came about.
// Start at use-sample.ts for what is read, at look.tsx for the pictures.
import { type ReactElement, useEffect, useRef } from "react";
import { fmtName } from "@/base/format";
import { Button } from "@/widgets/button";
import { Splitter } from "@/widgets/splitter";
import { Empty, ProblemBox, Skeleton } from "@/widgets/status";
import type { Panel, PanelContext } from "../panel";
import { Head } from "./head";
import { LookAt } from "./look";
import { Side } from "./side";
import { stepsFor, useStepKeys } from "./steps";
import { type SampleData, useSample } from "./use-sample";
import "./sample.css";
import "./inside.css";

const isBroken = (data: SampleData): boolean =>
  data.sample.outcome === "broken" || data.sample.error !== null || data.sample.image === null;

/** A file without a picture: why, and where it is. */
function Broken(props: { readonly data: SampleData }): ReactElement {
  const { sample, path } = props.data;
  return (
    <div className="sample-broken">
      <Empty icon="warning" title="This file does not decode">
        <p>
          <bdi>{fmtName(sample.error ?? "no reason was recorded")}</bdi>
        </p>
        <p className="mono">
          <bdi>{fmtName(path ?? sample.name ?? "")}</bdi>
        </p>
      </Empty>
    </div>
  );
}

/** The image takes the keys + - 0 1 when nothing else has the focus. */
function useImageFocus(id: string | null) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { activeElement } = document;
    if (activeElement !== document.body && activeElement?.id !== "page") return;
    place.current?.querySelector<HTMLElement>(".image-canvas")?.focus();
  }, [id]);
  return place;
}

function SampleBody(props: {
  readonly ctx: PanelContext;
  readonly data: SampleData;
  readonly waiting: boolean;
}): ReactElement {
  const { ctx, data } = props;
  const place = useImageFocus(data.sample.sample);
  return (
    <div className={`sample-body ${props.waiting ? "sample-waiting" : ""}`} ref={place}>
      <Splitter
        id="sample"
        label="Width of the facts"
        fixed="second"
        size={384}
        min={300}
        max={760}
        first={isBroken(data) ? <Broken data={data} /> : <LookAt ctx={ctx} data={data} />}
        second={<Side ctx={ctx} data={data} />}
      />
    </div>
  );
}

function SamplePage(props: { readonly ctx: PanelContext }): ReactElement {
  const { ctx } = props;
  const { data, waiting, problem, retry, nothing } = useSample(ctx);
  const steps = stepsFor(ctx, data);
  useStepKeys(steps, []);
  if (problem) {
    return (
      <div className="sample-problem">
        <ProblemBox problem={problem} onRetry={retry} />
        <Button icon="explore" onPress={steps.back}>
          Back to the samples
        </Button>
      </div>
    );
  }
  if (nothing) {
    return (
      <Empty icon="sample" title="The view holds no sample">
        <Button onPress={() => ctx.nav.go({ where: [] }, { replace: true })}>
          Clear the filter
        </Button>
      </Empty>
    );
  }
  if (!data) {
    return (
      <div className="sample-problem">
        <Skeleton height={420} />
      </div>
    );
  }
  return (
    <div className="sample">
      <Head ctx={ctx} data={data} steps={steps} />
      <SampleBody ctx={ctx} data={data} waiting={waiting} />
    </div>
  );
}

export const sample: Panel = {
  id: "sample",
  page: "sample",
  title: "Sample",
  help: "One image, what the model really saw, and how its decision came about.",
  span: "page",
  needs: (ctx) => ctx.run !== null,
  render: (ctx) => <SamplePage ctx={ctx} />,
};
