// SPDX-License-Identifier: Apache-2.0
// The best scores of one sample as bars. The label and the prediction are marked by words as well
// as colour; a label outside the top is still listed, after a gap.
import type { ReactElement } from "react";
import { fmtFixed } from "@/base/format";
import "./scores.css";

export interface ScoreRow {
  readonly index: number;
  readonly name: string;
  /** Probability, 0 to 1. */
  readonly score: number;
}

export function ScoreBars(props: {
  readonly scores: readonly ScoreRow[];
  /** Class name of the label, or null without one. */
  readonly label: string | null;
  readonly prediction: string | null;
  readonly onPick?: (row: ScoreRow) => void;
}): ReactElement {
  const { scores, label, prediction } = props;
  const tone = (name: string) =>
    name === label ? "score-label" : name === prediction ? "score-wrong" : "";
  return (
    <ol className="scores">
      {scores.map((row, at) => {
        const gap = at > 0 && row.score > (scores[at - 1]?.score ?? 1);
        return (
          <li key={row.index} className={`score ${tone(row.name)} ${gap ? "score-gap" : ""}`}>
            <span className="score-name cut" title={row.name}>
              {row.name}
            </span>
            <span className="score-tag">
              {[row.name === label && "label", row.name === prediction && "predicted"]
                .filter(Boolean)
                .join(" · ")}
            </span>
            <span className="score-track" aria-hidden="true">
              <i style={{ width: `${Math.max(0.4, row.score * 100)}%` }} />
            </span>
            <span className="score-value">{fmtFixed(row.score * 100, 2)}</span>
          </li>
        );
      })}
    </ol>
  );
}
