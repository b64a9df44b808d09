// SPDX-License-Identifier: Apache-2.0
// A form drawn from the parameter rows of an operation: one control per type, ranges and help from
// the row, checks as typed. Invariant: it knows no operation; a new type of row is one new case here.
import { type FormEvent, type ReactElement, type ReactNode, useId, useState } from "react";
import { checkParam, type ParamRow, type ParamValue, type ParamValues } from "@/base/params";
import { Button } from "./button";
import { Select, Switch } from "./field";
import "./form.css";

interface ControlProps {
  readonly id: string;
  readonly row: ParamRow;
  readonly value: ParamValue | undefined;
  readonly onChange: (value: ParamValue) => void;
  readonly invalid: boolean;
}

const textOf = (value: ParamValue | undefined): string =>
  value == null ? "" : Array.isArray(value) ? value.join("\n") : String(value);

function NumberControl(props: ControlProps): ReactElement {
  const { row, value } = props;
  const bounded = row.min !== undefined && row.max !== undefined && row.max - row.min <= 1000;
  return (
    <span className="form-number">
      <input
        id={props.id}
        className="form-input"
        inputMode="decimal"
        value={textOf(value)}
        aria-invalid={props.invalid}
        aria-describedby={`${props.id}-help`}
        spellCheck={false}
        placeholder={row.default == null ? "" : String(row.default)}
        onChange={(event) => {
          const text = event.target.value.trim();
          props.onChange(text === "" ? null : Number.isNaN(Number(text)) ? text : Number(text));
        }}
      />
      {bounded && (
        <input
          type="range"
          className="slider grow"
          aria-label={`${row.title ?? row.name}, slider`}
          min={row.min}
          max={row.max}
          step={row.type === "int" ? 1 : "any"}
          value={Number(value ?? row.default ?? row.min)}
          onChange={(event) => props.onChange(Number(event.target.value))}
        />
      )}
      {row.unit && <span className="dim">{row.unit}</span>}
    </span>
  );
}

function ListControl(props: ControlProps): ReactElement {
  const numeric = props.row.item === "int" || props.row.item === "real";
  return (
    <textarea
      id={props.id}
      className="form-input"
      rows={3}
      value={textOf(props.value)}
      aria-invalid={props.invalid}
      aria-describedby={`${props.id}-help`}
      spellCheck={false}
      placeholder="one per line"
      onChange={(event) => {
        const lines = event.target.value.split("\n");
        const kept = lines.filter((line, at) => line !== "" || at === lines.length - 1);
        props.onChange(
          kept.length === 1 && kept[0] === ""
            ? []
            : numeric
              ? kept.map((line) =>
                  line === "" || Number.isNaN(Number(line)) ? line : Number(line),
                )
              : kept,
        );
      }}
    />
  );
}

function Control(props: ControlProps): ReactElement {
  const { row, value, onChange } = props;
  switch (row.type) {
    case "bool":
      return <Switch label="" on={value === true} onChange={onChange} />;
    case "int":
    case "real":
      return <NumberControl {...props} />;
    case "list":
      return <ListControl {...props} />;
    case "enum":
    case "id":
      if (row.choices) {
        return (
          <Select
            label={row.title ?? row.name}
            value={textOf(value)}
            onChange={onChange}
            choices={row.choices.map((one) => ({
              value: one.value,
              title: one.title ?? one.value,
            }))}
          />
        );
      }
      break;
    default:
      break;
  }
  return (
    <input
      id={props.id}
      className={row.type === "text" ? "form-input" : "form-input mono"}
      value={textOf(value)}
      aria-invalid={props.invalid}
      aria-describedby={`${props.id}-help`}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => onChange(event.target.value || null)}
    />
  );
}

export function Form(props: {
  readonly rows: readonly ParamRow[];
  readonly values: ParamValues;
  readonly onChange: (values: ParamValues) => void;
  readonly onSubmit?: () => void;
  readonly submit?: string;
  readonly busy?: boolean;
  readonly children?: ReactNode;
}): ReactElement {
  const { rows, values } = props;
  const id = useId();
  const [tried, setTried] = useState(false);
  const wrong = rows.filter((row) => checkParam(row, values[row.name]));
  const send = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong.length === 0) props.onSubmit?.();
  };
  return (
    <form className="form" onSubmit={send} noValidate>
      {rows.map((row) => {
        const problem = checkParam(row, values[row.name]);
        const show = problem !== "" && (tried || problem !== "is required");
        const own = `${id}-${row.name}`;
        return (
          <div key={row.name} className="form-row">
            <label htmlFor={own}>
              {row.title ?? row.name}
              {row.required && <span className="dim"> (required)</span>}
            </label>
            <Control
              id={own}
              row={row}
              value={values[row.name]}
              invalid={show}
              onChange={(value) => props.onChange({ ...values, [row.name]: value })}
            />
            <p id={`${own}-help`} className={show ? "form-help bad" : "form-help"}>
              {show ? `${row.name} ${problem}` : row.help}
            </p>
          </div>
        );
      })}
      {props.children}
      {props.onSubmit && (
        <div className="line">
          <Button type="submit" tone="accent" disabled={props.busy ?? false}>
            {props.submit ?? "Run"}
          </Button>
          {tried && wrong.length > 0 && (
            <span className="bad" role="alert">
              Correct the marked fields.
            </span>
          )}
        </div>
      )}
    </form>
  );
}
