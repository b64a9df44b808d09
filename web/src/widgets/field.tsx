// SPDX-License-Identifier: Apache-2.0
// Input fields: text with a leading icon, a select, a switch, a check box and a slider.
import { type ReactElement, type ReactNode, useId } from "react";
import {
  Button as AriaButton,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
} from "react-aria-components";
import { Icon, type IconName } from "./icon";
import "./field.css";

export function TextField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly icon?: IconName;
  readonly onEnter?: () => void;
  /** Draws the label above; otherwise it is only read out. */
  readonly showLabel?: boolean;
  readonly autoFocus?: boolean;
  readonly numeric?: boolean;
}): ReactElement {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className={props.showLabel ? "field-label" : "hidden-text"}>
        {props.label}
      </label>
      <span className="field-box">
        {props.icon && <Icon name={props.icon} size={14} />}
        <input
          id={id}
          value={props.value}
          placeholder={props.placeholder}
          spellCheck={false}
          autoComplete="off"
          autoFocus={props.autoFocus}
          inputMode={props.numeric ? "numeric" : "text"}
          onChange={(event) => props.onChange(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") props.onEnter?.();
            if (event.key === "Escape" && props.value) {
              event.stopPropagation();
              event.preventDefault();
              props.onChange("");
            }
          }}
        />
        {props.value && !props.numeric && (
          <button
            type="button"
            className="field-clear"
            aria-label={`Clear ${props.label}`}
            onClick={() => props.onChange("")}
          >
            <Icon name="close" size={12} />
          </button>
        )}
      </span>
    </div>
  );
}

export interface SelectChoice {
  readonly value: string;
  readonly title: string;
  readonly detail?: ReactNode;
}

export function Select(props: {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly SelectChoice[];
  readonly onChange: (value: string) => void;
  readonly showLabel?: boolean;
  readonly placeholder?: string;
  readonly prefix?: string;
}): ReactElement {
  return (
    <AriaSelect
      className="field select"
      selectedKey={props.value || null}
      placeholder={props.placeholder ?? "Choose"}
      {...(props.showLabel ? {} : { "aria-label": props.label })}
      onSelectionChange={(key) => props.onChange(String(key ?? ""))}
    >
      {props.showLabel && <Label className="field-label">{props.label}</Label>}
      <AriaButton className="select-button">
        {props.prefix && <span className="dim">{props.prefix}</span>}
        <SelectValue className="cut">
          {({ selectedText, defaultChildren }) => selectedText || defaultChildren}
        </SelectValue>
        <Icon name="chevron" size={14} />
      </AriaButton>
      <Popover className="popover" offset={4}>
        <ListBox className="list-box">
          {props.choices.map((choice) => (
            <ListBoxItem
              key={choice.value}
              id={choice.value}
              className="list-item"
              textValue={choice.title}
            >
              <span className="grow">
                {choice.title}
                {choice.detail != null && <span className="list-detail">{choice.detail}</span>}
              </span>
              {choice.value === props.value && <Icon name="check" size={14} />}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export function Switch(props: {
  readonly label: ReactNode;
  /** Id of the input, when its label stands elsewhere. */
  readonly id?: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}): ReactElement {
  return (
    <label className="switch">
      <input
        type="checkbox"
        id={props.id}
        role="switch"
        checked={props.on}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <span className="switch-track" aria-hidden="true" />
      {props.label}
    </label>
  );
}

export function CheckBox(props: {
  readonly label: ReactNode;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}): ReactElement {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={props.on}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      {props.label}
    </label>
  );
}

export function Slider(props: {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onChange: (value: number) => void;
}): ReactElement {
  return (
    <input
      type="range"
      className="slider"
      aria-label={props.label}
      min={props.min}
      max={props.max}
      step={props.step}
      value={props.value}
      onChange={(event) => props.onChange(Number(event.target.value))}
    />
  );
}
