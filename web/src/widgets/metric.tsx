// SPDX-License-Identifier: Apache-2.0
// One number with its uncertainty: as a tile, as a dot with whiskers, and as a change.
// Invariant: a number that has an interval is never shown without it.
import type { ReactElement, ReactNode } from "react";
import { fmtSigned } from "@/base/format";
import { linear } from "@/base/scale";
import { Icon } from "./icon";
import { Tip } from "./overlay";
import "./metric.css";

/** A dot with whiskers on a line from `min` to `max`. `reference` draws a tick to compare with. */
export function IntervalBar(props: {
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly min?: number;
  readonly max?: number;
  readonly reference?: number;
  readonly tone?: "accent" | "bad" | "dim";
  /** What it says, for assistive tools; leave out when the numbers stand beside it. */
  readonly label?: string;
}): ReactElement {
  const at = linear(props.min ?? 0, props.max ?? 1, 0, 100);
  const place = (value: number) => `${Math.max(0, Math.min(100, at(value)))}%`;
  const { low, high, value } = props;
  const whisker = low !== undefined && high !== undefined && Number.isFinite(low + high);
  return (
    <span
      className={`interval interval-${props.tone ?? "accent"}`}
      {...(props.label ? { role: "img", "aria-label": props.label } : { "aria-hidden": true })}
    >
      {props.reference !== undefined && (
        <i className="interval-ref" style={{ left: place(props.reference) }} />
      )}
      {whisker && (
        <i
          className="interval-span"
          style={{ left: place(low), width: `max(2px, ${Math.max(0, at(high) - at(low))}%)` }}
        />
      )}
      {Number.isFinite(value) && <i className="interval-dot" style={{ left: place(value) }} />}
    </span>
  );
}

/** A change, coloured by whether it is for the better, with an arrow so colour is not needed. */
export function DeltaBadge(props: {
  readonly change: number;
  readonly higherIsBetter?: boolean;
  /** The change in words of its unit; default is percentage points of a share. */
  readonly text?: string;
  /** False when the change is within noise: it is drawn without colour. */
  readonly significant?: boolean;
}): ReactElement {
  const { change, higherIsBetter = true, significant = true } = props;
  const better = change > 0 === higherIsBetter;
  const tone = change === 0 || !significant ? "dim" : better ? "good" : "bad";
  return (
    <span className={`delta ${tone}`}>
      {change !== 0 && <Icon name={change > 0 ? "up" : "down"} size={11} />}
      {props.text ?? `${fmtSigned(change * 100, 1)} pp`}
    </span>
  );
}

export interface MetricTileProps {
  readonly title: string;
  readonly value: ReactNode;
  /** "91.8–92.9%", drawn below the value. */
  readonly interval?: string | undefined;
  readonly help?: string | undefined;
  /** Position on a line, drawn below: value, low, high within min..max. */
  readonly bar?:
    | {
        readonly value: number;
        readonly low?: number;
        readonly high?: number;
        readonly min?: number;
        readonly max?: number;
      }
    | undefined;
  readonly delta?: ReactNode;
  /** Leads to the samples behind the number. */
  readonly href?: string | undefined;
  readonly onPress?: (() => void) | undefined;
  readonly large?: boolean;
  readonly tone?: "bad" | "good";
}

export function MetricTile(props: MetricTileProps): ReactElement {
  const body = (
    <>
      <span className="tile-title cut">{props.title}</span>
      <span className="tile-line">
        <span className={`tile-value ${props.tone ?? ""}`}>{props.value}</span>
        {props.delta}
      </span>
      {props.bar && <IntervalBar {...props.bar} />}
      {props.interval && <span className="tile-interval cut">{props.interval}</span>}
    </>
  );
  const className = props.large ? "tile tile-large" : "tile";
  const linked = props.href !== undefined || props.onPress !== undefined;
  const tile = linked ? (
    <a
      className={`${className} tile-link`}
      href={props.href ?? "#"}
      onClick={(event) => {
        if (!props.onPress || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        props.onPress();
      }}
    >
      {body}
    </a>
  ) : (
    <div className={className} tabIndex={props.help ? 0 : undefined}>
      {body}
    </div>
  );
  return props.help ? <Tip text={props.help}>{tile}</Tip> : tile;
}

/** Tiles in a row that wraps, divided by hairlines. */
export function MetricStrip(props: { readonly children: ReactNode }): ReactElement {
  return <div className="tiles">{props.children}</div>;
}
