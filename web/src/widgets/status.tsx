// SPDX-License-Identifier: Apache-2.0
// The states a place can be in besides showing its content: empty, loading, failed, in progress.
import type { ReactElement, ReactNode } from "react";
import { fmtDuration, fmtInt, fmtReal } from "@/base/format";
import type { Problem } from "@/base/problem";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";
import "./status.css";

/** Nothing here, why, and what to do about it. */
export function Empty(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly icon?: IconName;
  readonly action?: ReactNode;
}): ReactElement {
  return (
    <div className="empty">
      {props.icon && <Icon name={props.icon} size={22} />}
      <p className="empty-title">{props.title}</p>
      {props.children && <div className="empty-text">{props.children}</div>}
      {props.action}
    </div>
  );
}

/** Grey shapes in place of content that is on its way. `lines` text lines, or one block. */
export function Skeleton(props: {
  readonly lines?: number;
  readonly height?: number | string;
}): ReactElement {
  if (!props.lines) {
    return <div className="skeleton" style={{ height: props.height ?? 120 }} aria-hidden="true" />;
  }
  return (
    <div className="stack" aria-hidden="true">
      {Array.from({ length: props.lines }, (_, index) => (
        <div
          key={index}
          className="skeleton skeleton-line"
          style={{ width: `${[92, 78, 85, 64][index % 4] ?? 80}%` }}
        />
      ))}
    </div>
  );
}

/** An error of the core: message first, then detail and hint, context folded away. */
export function ProblemBox(props: {
  readonly problem: Problem;
  readonly onRetry?: () => void;
}): ReactElement {
  const { problem } = props;
  return (
    <div className="problem" role="alert">
      <Icon name="error" size={18} />
      <div className="stack grow">
        <p className="problem-message">{problem.message}</p>
        {problem.detail && <p>{problem.detail}</p>}
        {problem.hint && (
          <p className="problem-hint">
            <b>Next:</b> {problem.hint}
          </p>
        )}
        {(problem.context || problem.code) && (
          <details>
            <summary>Context</summary>
            <pre>{[problem.code, problem.context].filter(Boolean).join("\n")}</pre>
          </details>
        )}
        {props.onRetry && (
          <div>
            <Button onPress={props.onRetry}>Try again</Button>
          </div>
        )}
      </div>
    </div>
  );
}

/** How far a job is. Without a total it moves without saying how far. */
export function ProgressBar(props: {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly unit?: string;
  /** Items per second, negative while unknown. */
  readonly rate?: number;
  readonly etaS?: number;
  /** Only the bar, the words go to assistive tools. */
  readonly slim?: boolean;
}): ReactElement {
  const { done, total, rate = -1, etaS = -1 } = props;
  const known = total > 0;
  const share = known ? Math.min(1, done / total) : 0;
  const words = [
    known ? `${fmtInt(done)} of ${fmtInt(total)}` : fmtInt(done),
    props.unit ?? "",
    rate > 0 ? `· ${fmtReal(rate, 3)}/s` : "",
    etaS >= 0 ? `· ${fmtDuration(etaS * 1000)} left` : "",
  ]
    .filter(Boolean)
    .join(" ");
  return (
    <div className={props.slim ? "progress progress-slim" : "progress"}>
      {!props.slim && (
        <div className="progress-words">
          <span className="grow cut">{props.label}</span>
          <span>{words}</span>
        </div>
      )}
      <div
        className="progress-track"
        role="progressbar"
        aria-label={props.label}
        aria-valuetext={words}
        aria-valuemin={0}
        aria-valuemax={known ? total : undefined}
        aria-valuenow={known ? done : undefined}
      >
        <div
          className={known ? "progress-fill" : "progress-fill progress-unknown"}
          style={known ? { width: `${share * 100}%` } : {}}
        />
      </div>
    </div>
  );
}
