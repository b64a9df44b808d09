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
  const wrong = item.outcome === "wrong";
  return (
    <div className={`thumb thumb-is-${item.outcome}`} title={item.name}>
      <span className="thumb-picture">
        <Picture key={item.src} item={item} />
      </span>
      {caption && (
        <span className="thumb-caption">
          <span className="thumb-line">
            <span className={wrong ? "cut bad" : "cut"}>
              {item.prediction ?? item.label ?? "–"}
            </span>
            <span className="thumb-number">{fmtPercent(item.confidence, 0)}</span>
          </span>
          <span className="thumb-line dim">
            {wrong ? (
              <span className="cut">is {item.label}</span>
            ) : (
              <OutcomeMark outcome={item.outcome} quiet />
            )}
          </span>
        </span>
      )}
    </div>
  );
});
