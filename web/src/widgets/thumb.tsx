// SPDX-License-Identifier: Apache-2.0
// One sample as a tile: its picture, its outcome as a coloured foot, label and prediction. Tiny
// pictures are scaled without smoothing, so that pixels stay pixels.
import { memo, type ReactElement, useState } from "react";
import { fmtPercent } from "@/base/format";
import { OutcomeMark, type Outcome } from "./chip";
import { Icon } from "./icon";
import "./thumb.css";

export interface ThumbItem {
  readonly src: string;
  readonly name: string;
  readonly outcome: Outcome;
  readonly label: string | null;
  readonly prediction: string | null;
  readonly confidence: number | null;
  /** Width as stored; below 96 the picture is drawn without smoothing. */
  readonly width: number;
  readonly error?: string | null;
}

export const CAPTION = 34;

function Picture(props: { readonly item: ThumbItem }): ReactElement {
  const { item } = props;
  const [state, setState] = useState<"loading" | "here" | "failed">("loading");
  if (item.outcome === "broken" || state === "failed") {
    return (
      <span className="thumb-broken" title={item.error ?? "the picture could not be loaded"}>
        <Icon name="warning" size={20} />
        <span className="cut">{item.error ? "does not decode" : "no picture"}</span>
      </span>
    );
  }
  return (
    <img
      src={item.src}
      alt=""
      draggable={false}
      decoding="async"
      className={`${item.width > 0 && item.width < 96 ? "thumb-crisp" : ""} thumb-${state}`}
      onLoad={() => setState("here")}
      onError={() => setState("failed")}
    />
  );
}

/** The label; below it what the model made of it: a mark, the prediction and its confidence. */
function Caption(props: { readonly item: ThumbItem }): ReactElement {
  const { item } = props;
  const wrong = item.outcome === "wrong";
  return (
    <span className="thumb-caption">
      <span className="thumb-line">
        <bdi className={item.label === null ? "cut dim" : "cut"}>{item.label ?? "no label"}</bdi>
      </span>
      <span className="thumb-line">
        <OutcomeMark outcome={item.outcome} bare quiet />
        <bdi className={wrong ? "cut bad grow" : "cut dim grow"}>
          {item.outcome === "broken" ? (item.error ?? "broken") : (item.prediction ?? "–")}
        </bdi>
        {item.confidence !== null && (
          <span className="thumb-number">{fmtPercent(item.confidence, 0)}</span>
        )}
      </span>
    </span>
  );
}

export const Thumb = memo(function Thumb(props: {
  readonly item: ThumbItem | undefined;
  readonly caption?: boolean;
}): ReactElement {
  const { item, caption = true } = props;
  if (!item)
    return (
      <div className="thumb thumb-empty">
        <span className="thumb-picture" />
      </div>
    );
  return (
    <div className={`thumb thumb-is-${item.outcome}`} title={item.name}>
      <span className="thumb-picture">
        <Picture key={item.src} item={item} />
      </span>
      {caption && <Caption item={item} />}
    </div>
  );
});
