// SPDX-License-Identifier: Apache-2.0
// A form drawn from the parameter rows of an operation: one control per type, ranges and help from
// the row, checks as typed. Invariant: it knows no operation; a new type of row is a new case here.
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

/** "three_words" as a title to read. */
const titleOf = (row: ParamRow): string => row.name.replaceAll("_", " ");

const isNumber = (row: ParamRow): boolean => row.type === "int" || row.type === "real";

/** A number where the text is one; other text stays, for the check to complain about. */
const numberOr = (text: string): number | string =>
  text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);

function NumberControl(props: ControlProps): ReactElement {
  const { row, value, onChange } = props;
  const [typed, setTyped] = useState("");
  const bounded = row.min !== undefined && row.max !== undefined && row.max - row.min <= 1000;
  const shown = typed !== "" && numberOr(typed) === value ? typed : textOf(value);
  return (
    <span className="form-number">
      <input
        id={props.id}
        className="form-input"
        inputMode="decimal"
        value={shown}
        aria-invalid={props.invalid}
        aria-describedby={`${props.id}-help`}
        spellCheck={false}
        placeholder={row.default == null ? "" : String(row.default)}
        onChange={(event) => {
          setTyped(event.target.value);
          onChange(event.target.value.trim() === "" ? null : numberOr(event.target.value));
        }}
      />
      {bounded && (
        <input
          type="range"
          className="slider grow"
          aria-label={`${titleOf(row)}, slider`}
          min={row.min}
          max={row.max}
          step={row.type === "int" ? 1 : "any"}
          value={Number(value ?? row.default ?? row.min)}
          onChange={(event) => onChange(Number(event.target.value))}
        />
      )}
      {row.unit && <span className="dim">{row.unit}</span>}
    </span>
  );
}

function ListControl(props: ControlProps): ReactElement {
  const change = (text: string) => {
    const lines = text === "" ? [] : text.split("\n");
    props.onChange(isNumber(props.row) ? lines.map(numberOr) : lines);
  };
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
      onChange={(event) => change(event.target.value)}
    />
  );
}

/** A line of text; choices of its row are offered, not required. */
function TextControl(props: ControlProps): ReactElement {
  const { id, row } = props;
  return (
    <>
      <input
        id={id}
        className={row.type === "text" ? "form-input" : "form-input mono"}
        value={textOf(props.value)}
        aria-invalid={props.invalid}
        aria-describedby={`${id}-help`}
        {...(row.choices ? { list: `${id}-choices` } : {})}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => props.onChange(event.target.value || null)}
      />
      {row.choices && (
        <datalist id={`${id}-choices`}>
          {row.choices.map((one) => (
            <option key={one.name} value={one.name} label={one.help ?? one.name} />
          ))}
        </datalist>
      )}
    </>
  );
}

function Control(props: ControlProps): ReactElement {
  const { row, value, onChange } = props;
  if (row.list) return <ListControl {...props} />;
  if (isNumber(row)) return <NumberControl {...props} />;
  if (row.type === "bool") {
    return <Switch id={props.id} label="" on={value === true} onChange={onChange} />;
  }
  if (row.choices && row.type !== "text") {
    const choices = row.choices.map((one) => ({
      value: one.name,
      title: one.name,
      detail: one.help,
    }));
    return (
      <Select label={titleOf(row)} value={textOf(value)} onChange={onChange} choices={choices} />
    );
  }
  return <TextControl {...props} />;
}

function FormRow(props: ControlProps & { readonly problem: string }): ReactElement {
  const { row, invalid } = props;
  return (
    <div className="form-row">
      <label htmlFor={props.id} title={row.help}>
        {titleOf(row)}
        {row.required && <span className="dim"> (required)</span>}
      </label>
      <Control {...props} />
      <p id={`${props.id}-help`} className={invalid ? "form-help bad" : "form-help"}>
        {invalid ? `${titleOf(row)} ${props.problem}` : row.help}
      </p>
    </div>
  );
}

export interface FormProps {
  readonly rows: readonly ParamRow[];
  readonly values: ParamValues;
  readonly onChange: (values: ParamValues) => void;
  readonly onSubmit?: () => void;
  readonly submit?: string;
  readonly busy?: boolean;
  readonly children?: ReactNode;
}

export function Form(props: FormProps): ReactElement {
  const { rows, values } = props;
  const id = useId();
  const [tried, setTried] = useState(false);
  const isWrong = rows.some((row) => checkParam(row, values[row.name]) !== "");
  const send = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isWrong) props.onSubmit?.();
  };
  const draw = (row: ParamRow) => {
    const problem = checkParam(row, values[row.name]);
    return (
      <FormRow
        key={row.name}
        id={`${id}-${row.name}`}
        row={row}
        value={values[row.name]}
        problem={problem}
        invalid={problem !== "" && (tried || problem !== "is required")}
        onChange={(value) => props.onChange({ ...values, [row.name]: value })}
      />
    );
  };
  const advanced = rows.filter((row) => row.advanced);
  return (
    <form className="form" onSubmit={send} noValidate>
      {rows.filter((row) => !row.advanced).map(draw)}
      {advanced.length > 0 && (
        <details className="form-more">
          <summary>More</summary>
          <div className="form">{advanced.map(draw)}</div>
        </details>
      )}
      {props.children}
      {props.onSubmit && (
        <div className="line">
          <Button type="submit" tone="accent" disabled={props.busy ?? false}>
            {props.submit ?? "Run"}
          </Button>
          {tried && isWrong && (
            <span className="bad" role="alert">
              Correct the marked fields.
            </span>
          )}
        </div>
      )}
    </form>
  );
}
