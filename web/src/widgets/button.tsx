// SPDX-License-Identifier: Apache-2.0
// Buttons: plain, icon-only with a tooltip, and a segmented choice.
import type { KeyboardEvent, ReactElement, ReactNode } from "react";
import { Icon, type IconName } from "./icon";
import { Tip } from "./overlay";
import "./button.css";

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress?: () => void;
  readonly icon?: IconName;
  /** "accent" for the one main action of a place, "quiet" without a border. */
  readonly tone?: "plain" | "accent" | "quiet" | "danger";
  readonly disabled?: boolean;
  readonly type?: "button" | "submit";
  readonly title?: string;
}

export function Button(props: ButtonProps): ReactElement {
  return (
    <button
      type={props.type ?? "button"}
      className={`button button-${props.tone ?? "plain"}`}
      disabled={props.disabled}
      title={props.title}
      onClick={props.onPress}
    >
      {props.icon && <Icon name={props.icon} size={14} />}
      {props.children}
    </button>
  );
}

/** A button that is only an icon; `label` is its name and its tooltip. */
export function IconButton(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly onPress?: () => void;
  /** Chord shown in the tooltip. */
  readonly keys?: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
}): ReactElement {
  return (
    <Tip text={props.label} keys={props.keys}>
      <button
        type="button"
        className="icon-button"
        aria-label={props.label}
        aria-pressed={props.pressed}
        disabled={props.disabled}
        onClick={props.onPress}
      >
        <Icon name={props.icon} />
      </button>
    </Tip>
  );
}

/** One of a few choices, all visible. Arrow keys move, as in a radio group. */
export function Segmented<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly {
    readonly value: T;
    readonly title: ReactNode;
    readonly help?: string;
  }[];
  readonly onChange: (value: T) => void;
}): ReactElement {
  const { choices, value, onChange } = props;
  const step = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const at = choices.findIndex((choice) => choice.value === value);
    const next = choices[(at + by + choices.length) % choices.length];
    if (!next) return;
    onChange(next.value);
    const buttons = event.currentTarget.querySelectorAll("button");
    buttons[(at + by + choices.length) % choices.length]?.focus();
  };
  return (
    <div className="segmented" role="radiogroup" aria-label={props.label} onKeyDown={step}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          role="radio"
          aria-checked={choice.value === value}
          tabIndex={choice.value === value ? 0 : -1}
          title={choice.help}
          onClick={() => onChange(choice.value)}
        >
          {choice.title}
        </button>
      ))}
    </div>
  );
}
