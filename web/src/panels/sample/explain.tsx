// SPDX-License-Identifier: Apache-2.0
// Which attribution is shown: the target, the method with its options, and what the core says of
// the result. The form of a method is made from its row in the registry.
import { type ReactElement, useState } from "react";
import type { CanvasView } from "@/base/canvas-view";
import { fmtDuration, fmtName, fmtReal, plural } from "@/base/format";
import { fuzzyFilter } from "@/base/fuzzy";
import { TextField, Select } from "@/widgets/field";
import { Form } from "@/widgets/form";
import { Icon } from "@/widgets/icon";
import { Popup } from "@/widgets/popup";
import { ProblemBox } from "@/widgets/status";
import { keptOptions, methodOf, METHODS, optionsOf } from "./methods";
import { classTarget, type Target } from "./targets";
import type { Attribution } from "./use-inside";

export interface ExplainProps {
  readonly canvas: CanvasView;
  readonly onChange: (change: Partial<CanvasView>) => void;
  readonly target: Target;
  readonly targets: readonly Target[];
  readonly classes: readonly string[];
  readonly attribution: Attribution;
}

const MOST = 40;

function TargetList(props: {
  readonly offered: readonly Target[];
  readonly classes: readonly string[];
  readonly target: Target;
  readonly onPick: (id: string) => void;
}): ReactElement {
  const [search, setSearch] = useState("");
  const named = props.classes.map((name, index) => ({ name, index }));
  const found = fuzzyFilter(named, search, (one) => one.name).slice(0, MOST);
  const draw = (target: Target) => (
    <li key={target.id}>
      <button
        type="button"
        className="target-choice"
        aria-pressed={target.id === props.target.id}
        title={target.help}
        onClick={() => props.onPick(target.id)}
      >
        <bdi className="cut">{target.title}</bdi>
      </button>
    </li>
  );
  return (
    <div className="target-popup">
      <ul>{props.offered.map(draw)}</ul>
      <TextField
        label="Any class"
        icon="search"
        placeholder={`Any of ${plural(props.classes.length, "class", "classes")}`}
        value={search}
        onChange={setSearch}
      />
      <ul className="target-classes" tabIndex={0} aria-label="Classes">
        {found.map(({ name, index }) => draw(classTarget(name, index)))}
      </ul>
    </div>
  );
}

function TargetChoice(props: ExplainProps): ReactElement {
  const { target } = props;
  return (
    <Popup
      label={`Target: ${target.title}`}
      className="select-button"
      trigger={
        <>
          <span className="dim">why</span>
          <bdi className="cut grow">{target.title}</bdi>
          <Icon name="chevron" size={14} />
        </>
      }
    >
      {(close) => (
        <TargetList
          offered={props.targets}
          classes={props.classes}
          target={target}
          onPick={(id) => {
            props.onChange({ target: id === props.targets[0]?.id ? "" : id });
            close();
          }}
        />
      )}
    </Popup>
  );
}

function MethodChoice(props: ExplainProps): ReactElement {
  const { canvas, attribution } = props;
  const known = methodOf(attribution.result?.method ?? "");
  const auto = known ? `Best fit: ${known.title}` : "Best fit";
  return (
    <Select
      label="Method"
      prefix="by"
      value={canvas.method || "auto"}
      choices={[
        { value: "auto", title: auto, detail: "Class activation where the model has a grid." },
        ...METHODS.map((one) => ({ value: one.name, title: one.title, detail: one.help })),
      ]}
      onChange={(name) => props.onChange({ method: name === "auto" ? "" : name, options: {} })}
    />
  );
}

function Options(props: ExplainProps): ReactElement | null {
  const method = methodOf(props.canvas.method);
  if (!method || method.params.length === 0) return null;
  return (
    <Popup
      label={`Options of ${method.title}`}
      className="icon-button"
      trigger={<Icon name="tune" />}
    >
      {() => (
        <div className="method-options">
          <p className="dim">{method.help}</p>
          <Form
            rows={method.params}
            values={optionsOf(props.canvas)}
            onChange={(values) => props.onChange({ options: keptOptions(method, values) })}
          />
        </div>
      )}
    </Popup>
  );
}

/** What the core says of the attribution on screen. */
function Facts({ attribution }: ExplainProps): ReactElement | null {
  const { result } = attribution;
  if (!result && attribution.loading) {
    return <p className="explain-facts">Running on the model; the rest of the page goes on.</p>;
  }
  if (!result) return null;
  const [delta] = result.delta;
  const words = [
    result.layer !== null && `at ${fmtName(result.layer)}`,
    `target ${fmtReal(result.target_values[0] ?? null, 4)}`,
    delta !== undefined && `completeness off by ${fmtReal(delta, 2)}`,
    plural(result.runs, "run"),
    fmtDuration((result.seconds ?? 0) * 1000),
  ].filter(Boolean);
  return (
    <div className="explain-facts">
      <p>
        <bdi>{words.join(" · ")}</bdi>
      </p>
      {result.notes.map((note) => (
        <p key={note}>{fmtName(note)}</p>
      ))}
    </div>
  );
}

export function Explain(props: ExplainProps): ReactElement {
  const { attribution } = props;
  return (
    <div className="explain">
      <TargetChoice {...props} />
      <div className="explain-method">
        <MethodChoice {...props} />
        <Options {...props} />
      </div>
      {attribution.problem && (
        <ProblemBox problem={attribution.problem} onRetry={attribution.retry} />
      )}
      <Facts {...props} />
    </div>
  );
}
