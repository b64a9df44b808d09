// SPDX-License-Identifier: Apache-2.0
// StageStrip: what every step of the pipeline made of the image, first to last, as pictures joined
// by arrows. One is chosen; arrow keys move. Numbers that are not finite are pointed out.
import { type KeyboardEvent, type ReactElement, useId, useRef } from "react";
import { fmtInt, fmtReal } from "@/base/format";
import { Icon } from "./icon";
import "./stages.css";

export interface Stage {
  readonly id: string;
  readonly title: string;
  /** Address of its picture, or null when it has none. */
  readonly src: string | null;
  /** "224 × 224 × 3". */
  readonly shape: string;
  readonly dtype: string;
  /** Width of the picture; small ones are drawn without smoothing. */
  readonly width: number;
  readonly min?: number;
  readonly max?: number;
  readonly mean?: number;
  readonly std?: number;
  /** Elements that are NaN or infinite. */
  readonly notFinite?: number;
  /** "resize pillow.bilinear 256", the step's parameters in words. */
  readonly detail?: string;
  /** Differs from what the run did. */
  readonly changed?: boolean;
}

export function StageStrip(props: {
  readonly stages: readonly Stage[];
  readonly chosen: number;
  readonly onChoose: (at: number) => void;
}): ReactElement {
  const { stages, chosen, onChoose } = props;
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const press = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -stages.length, End: stages.length }[
      event.key
    ];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = Math.max(0, Math.min(stages.length - 1, chosen + by));
    onChoose(next);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <ol className="stages" role="tablist" aria-label="Pipeline steps" onKeyDown={press} ref={list}>
      {stages.map((stage, at) => (
        <li key={stage.id} role="presentation" className="stage-item">
          {at > 0 && (
            <span className="stage-arrow">
              <Icon name="right" size={12} />
            </span>
          )}
          <button
            type="button"
            role="tab"
            id={`${id}${at}`}
            aria-selected={at === chosen}
            tabIndex={at === chosen ? 0 : -1}
            className="stage"
            onClick={() => onChoose(at)}
            title={stage.detail}
          >
            <span className="stage-picture">
              {stage.changed && <span className="stage-changed">changed</span>}
              {stage.src ? (
                <img
                  src={stage.src}
                  alt=""
                  draggable={false}
                  className={stage.width < 128 ? "stage-crisp" : ""}
                />
              ) : (
                <span className="dim">no picture</span>
              )}
            </span>
            <span className="stage-title cut">
              <span className="dim">{at + 1}</span> <bdi>{stage.title}</bdi>
            </span>
            <span className="stage-shape cut">
              {stage.shape} {stage.dtype}
            </span>
            <span className="stage-range cut">
              {stage.notFinite ? (
                <span className="bad">{fmtInt(stage.notFinite)} not finite</span>
              ) : (
                stage.min !== undefined && `${fmtReal(stage.min, 3)} … ${fmtReal(stage.max, 3)}`
              )}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
