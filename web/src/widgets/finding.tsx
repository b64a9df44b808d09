// SPDX-License-Identifier: Apache-2.0
// A finding: what goes wrong in one line, what was measured, how many errors it explains, pictures
// of it, and where to look next.
import type { ReactElement, ReactNode } from "react";
import { fmtInt, fmtPercent, plural } from "@/base/format";
import { Icon, type IconName } from "./icon";
import "./finding.css";

export type Severity = "info" | "warning" | "error";

export interface FindingPicture {
  /** Empty for a file that does not decode. */
  readonly src: string;
  readonly title: string;
}

export interface FindingProps {
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  readonly advice?: string;
  readonly errors: number;
  readonly samples: number;
  /** Share of all errors it explains, 0 to 1. */
  readonly share: number;
  /** A few pictures of it. */
  readonly pictures?: readonly FindingPicture[];
  readonly href?: string;
  readonly onOpen?: () => void;
  /** Further facts, drawn when unfolded. */
  readonly evidence?: ReactNode;
}

const MARKS: Record<Severity, { icon: IconName; tone: string; word: string }> = {
  info: { icon: "info", tone: "dim", word: "Note" },
  warning: { icon: "warning", tone: "warn", word: "Warning" },
  error: { icon: "error", tone: "bad", word: "Error" },
};

function Share(props: { readonly errors: number; readonly share: number }): ReactElement | null {
  if (props.errors <= 0) return null;
  return (
    <span className="finding-share" title={`${plural(props.errors, "error")} explained`}>
      <span>
        <b>{fmtPercent(props.share, 0)}</b> of errors
      </span>
      <span className="finding-bar" aria-hidden="true">
        <i style={{ width: `${Math.min(100, props.share * 100)}%` }} />
      </span>
    </span>
  );
}

function Picture(props: FindingPicture): ReactElement {
  const { src, title } = props;
  if (!src) {
    return (
      <span className="finding-broken warn" role="img" aria-label={title} title={title}>
        <Icon name="warning" size={14} />
      </span>
    );
  }
  return <img src={src} alt={title} title={title} loading="lazy" draggable={false} />;
}

export function FindingCard(props: FindingProps): ReactElement {
  const mark = MARKS[props.severity];
  return (
    <article className="finding">
      <span className={`finding-mark ${mark.tone}`} role="img" aria-label={mark.word}>
        <Icon name={mark.icon} />
      </span>
      <div className="finding-main">
        <header className="finding-head">
          <h3>
            {props.onOpen || props.href ? (
              <a
                href={props.href ?? "#"}
                onClick={(event) => {
                  if (!props.onOpen || event.metaKey || event.ctrlKey || event.shiftKey) return;
                  event.preventDefault();
                  props.onOpen();
                }}
              >
                {props.title}
              </a>
            ) : (
              props.title
            )}
          </h3>
          <Share errors={props.errors} share={props.share} />
        </header>
        <p className="finding-text">{props.text}</p>
        {props.advice && <p className="finding-advice">{props.advice}</p>}
        {props.pictures && props.pictures.length > 0 && (
          <div className="finding-pictures">
            {props.pictures.map((picture, at) => (
              <Picture key={at} {...picture} />
            ))}
            {props.samples > props.pictures.length && (
              <span className="dim">+{fmtInt(props.samples - props.pictures.length)}</span>
            )}
          </div>
        )}
        {props.evidence && (
          <details className="finding-more">
            <summary>Evidence</summary>
            {props.evidence}
          </details>
        )}
      </div>
    </article>
  );
}
