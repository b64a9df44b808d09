// SPDX-License-Identifier: Apache-2.0
// The line above a sample: where it stands in the view, how to move on, and what became of it.
import type { ReactElement } from "react";
import { fmtInt, fmtName, fmtPercent } from "@/base/format";
import { Button, IconButton } from "@/widgets/button";
import { OutcomeMark } from "@/widgets/chip";
import { Name } from "@/widgets/name";
import type { PanelContext } from "../panel";
import type { Steps } from "./steps";
import type { SampleData } from "./use-sample";

function Position(props: { readonly ctx: PanelContext; readonly data: SampleData }): ReactElement {
  const { data, ctx } = props;
  if (data.position === null) {
    return (
      <span className="sample-position">
        not in the view{" "}
        <button
          type="button"
          className="text-button"
          onClick={() => ctx.nav.go({ where: [] }, { replace: true })}
        >
          Show all
        </button>
      </span>
    );
  }
  return (
    <span className="sample-position">
      <b>{fmtInt(data.position + 1)}</b> of {fmtInt(data.matched)}
    </span>
  );
}

/** "Coat → Shirt 68%", by mark, words and colour. */
export function Verdict(props: { readonly data: SampleData }): ReactElement {
  const { sample } = props.data;
  const wrong = sample.outcome === "wrong";
  return (
    <span className="verdict">
      <OutcomeMark outcome={sample.outcome} bare />
      <span className="cut">
        <Name text={sample.label} none="no label" />
      </span>
      {sample.pred !== null && (
        <>
          <span className="dim" aria-label="was predicted as">
            →
          </span>
          <span className={wrong ? "cut bad" : "cut"}>
            <Name text={sample.pred} />
          </span>
          <span className="verdict-number">{fmtPercent(sample.confidence)}</span>
        </>
      )}
    </span>
  );
}

export function Head(props: {
  readonly ctx: PanelContext;
  readonly data: SampleData;
  readonly steps: Steps;
}): ReactElement {
  const { data, steps } = props;
  const name = fmtName(data.sample.name ?? data.sample.sample ?? "");
  return (
    <header className="sample-head">
      <Button icon="explore" tone="quiet" onPress={steps.back} title="Back to the samples (U)">
        <span className="sample-wide">Samples</span>
      </Button>
      <span className="sample-steps" role="group" aria-label="Move through the view">
        <IconButton
          icon="left"
          label="Previous sample"
          keys="K"
          disabled={!data.previous}
          onPress={steps.previous}
        />
        <Position ctx={props.ctx} data={data} />
        <IconButton
          icon="right"
          label="Next sample"
          keys="J"
          disabled={!data.next}
          onPress={steps.next}
        />
      </span>
      <Verdict data={data} />
      <bdi className="sample-name cut dim" title={name}>
        {name}
      </bdi>
      <span className="sample-steps" role="group" aria-label="Move through failures">
        <Button
          icon="left"
          disabled={!data.previous_failure}
          onPress={steps.previousFailure}
          title="Previous failing sample (P)"
        >
          <span className="hidden-text">Previous failing sample</span>
        </Button>
        <Button
          disabled={!data.next_failure}
          onPress={steps.nextFailure}
          title="Next failing sample (N)"
        >
          Next failure
        </Button>
      </span>
    </header>
  );
}
