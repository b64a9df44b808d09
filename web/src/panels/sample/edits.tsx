// SPDX-License-Identifier: Apache-2.0
// The edits in force and what they do to the scores: before and after of the classes that matter.
// Invariant: while a region is drawn its edit counts too, but stands in no address yet.
import type { ReactElement } from "react";
import { describeEdit, parseEdit } from "@/base/edit-text";
import { fmtDuration, fmtName, fmtReal } from "@/base/format";
import type { Problem } from "@/base/problem";
import { type ResultOf, useOp } from "@/engine/query";
import { Button } from "@/widgets/button";
import { Chip } from "@/widgets/chip";
import { Name } from "@/widgets/name";
import { ProblemBox } from "@/widgets/status";
import type { PanelContext } from "../panel";
import type { SampleData } from "./use-sample";

type Change = ResultOf<"edit">["changes"][number];

export interface EditState {
  readonly edits: readonly string[];
  readonly result: ResultOf<"edit"> | null;
  readonly problem: Problem | null;
  readonly loading: boolean;
  readonly retry: () => void;
}

const TOP = 12;

export function useEdit(
  ctx: PanelContext,
  sample: string,
  edits: readonly string[],
  draft: string | null,
): EditState {
  const all = draft && !edits.includes(draft) ? [...edits, draft] : edits;
  const isOn = all.length > 0 && sample !== "";
  const run = ctx.run?.id ? { run: ctx.run.id } : {};
  const reply = useOp("edit", { sample, ...run, edit: all, top: TOP }, { enabled: isOn });
  const isOld = reply.data !== undefined && reply.data.sample !== sample;
  return {
    edits: all,
    result: (isOn && !isOld && reply.data) || null,
    problem: isOn ? reply.error : null,
    loading: isOn && reply.isFetching,
    retry: () => void reply.refetch(),
  };
}

export interface EditRow {
  readonly element: number;
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly tag: string;
}

const nameOf = (change: Change): string =>
  change.name === null ? `element ${change.element}` : fmtName(change.name);

/** The classes worth seeing: the best before, the best after, the label, the most changed. */
export function editRows(
  result: ResultOf<"edit">,
  label: string | null,
  count: number,
): readonly EditRow[] {
  const { best_before: before, best_after: after, changes } = result;
  const labelled = [...before, ...after, ...changes].filter((one) => one.name === label);
  const wanted = [...before.slice(0, 3), ...after.slice(0, 3), ...labelled, ...changes];
  const seen = new Map<number, Change>();
  for (const one of wanted) if (seen.size < count) seen.set(one.element, one);
  return [...seen.values()]
    .toSorted((a, b) => (b.after ?? 0) - (a.after ?? 0))
    .map((one) => ({
      element: one.element,
      name: nameOf(one),
      before: one.before ?? NaN,
      after: one.after ?? NaN,
      tag: [
        one.name !== null && one.name === label && "label",
        one.element === before[0]?.element && "was",
        one.element === after[0]?.element && "now",
      ]
        .filter(Boolean)
        .join(" · "),
    }));
}

/** Where a score stands between the least and the most of all rows; nothing is at `zero`. */
function scaleOf(rows: readonly EditRow[]): { at: (value: number) => number; zero: number } {
  const all = rows.flatMap((row) => [row.before, row.after]).filter(Number.isFinite);
  const low = Math.min(0, ...all);
  const span = Math.max(0, ...all) - low || 1;
  return { at: (value) => (value - low) / span, zero: -low / span };
}

function Bar(props: {
  readonly row: EditRow;
  readonly scale: ReturnType<typeof scaleOf>;
}): ReactElement {
  const { row, scale } = props;
  const part = (from: number, to: number) => ({
    left: `${Math.min(from, to) * 100}%`,
    width: `${Math.max(0.3, Math.abs(to - from) * 100)}%`,
  });
  const [before, after] = [scale.at(row.before), scale.at(row.after)];
  const tone = row.after >= row.before ? "edit-up" : "edit-down";
  return (
    <span className="edit-bar" aria-hidden="true">
      <i className="edit-before" style={part(scale.zero, before)} />
      <i className={`edit-change ${tone}`} style={part(before, after)} />
      <i className="edit-after" style={{ left: `${after * 100}%` }} />
    </span>
  );
}

function Rows(props: { readonly rows: readonly EditRow[] }): ReactElement {
  const scale = scaleOf(props.rows);
  return (
    <ol className="edit-rows">
      {props.rows.map((row) => {
        const change = row.after - row.before;
        const sign = change > 0 ? "+" : "";
        return (
          <li key={row.element}>
            <span className="edit-name cut" title={row.name}>
              <bdi>{row.name}</bdi>
            </span>
            <span className="edit-tag">{row.tag}</span>
            <span className="edit-numbers">
              {fmtReal(row.before, 3)} → <b>{fmtReal(row.after, 3)}</b>
              <span className={change > 0 ? "good" : change < 0 ? "bad" : "dim"}>
                {sign}
                {fmtReal(change, 2)}
              </span>
            </span>
            <Bar row={row} scale={scale} />
          </li>
        );
      })}
    </ol>
  );
}

/** What became of the answer, in a sentence. */
function Outcome(props: {
  readonly result: ResultOf<"edit">;
  readonly label: string | null;
}): ReactElement {
  const { result, label } = props;
  const [was, now] = [result.best_before[0], result.best_after[0]];
  if (result.largest_change === 0) {
    return <p className="warn">The edits change nothing at all.</p>;
  }
  if (!was || !now || was.element === now.element) {
    return (
      <p>
        The answer stays <Name text={now ? nameOf(now) : null} />.
      </p>
    );
  }
  const isRight = label !== null && now.name === label;
  return (
    <p className={isRight ? "good" : "warn"}>
      The answer turns from <Name text={nameOf(was)} /> to <Name text={nameOf(now)} />
      {isRight ? ", which is the label." : "."}
    </p>
  );
}

export interface EditsProps {
  readonly state: EditState;
  readonly data: SampleData;
  /** Names of layers as people see them. */
  readonly titleOf: (layer: string) => string;
  readonly onRemove: (edit: string) => void;
  readonly onReset: () => void;
}

function EditChip(props: EditsProps & { readonly text: string }): ReactElement {
  const { text } = props;
  const edit = parseEdit(text);
  const words = edit ? `${props.titleOf(edit.layer)}: ${describeEdit(edit)}` : fmtName(text);
  return (
    <Chip
      tone="accent"
      title={fmtName(text)}
      removeLabel={`Remove: ${words}`}
      onRemove={() => props.onRemove(text)}
    >
      <bdi>{words}</bdi>
    </Chip>
  );
}

export function Edits(props: EditsProps): ReactElement {
  const { state, data } = props;
  const { result } = state;
  const { label } = data.sample;
  return (
    <section className="edits" aria-label="Edits" aria-busy={state.loading}>
      <header className="edits-head">
        <h2>
          Edits
          {state.loading && <i className="ply-busy" aria-label="running" />}
        </h2>
        <span className="grow" />
        {result && <span className="dim">{fmtDuration((result.seconds ?? 0) * 1000)}</span>}
        {state.edits.length > 0 && (
          <Button tone="quiet" icon="undo" onPress={props.onReset} title="Remove all edits (R)">
            Reset
          </Button>
        )}
      </header>
      {state.edits.length === 0 && (
        <p className="dim">
          Switch a channel off (X), or draw a region on the picture (D), and see the scores move.
        </p>
      )}
      <div className="edit-chips">
        {state.edits.map((text) => (
          <EditChip key={text} {...props} text={text} />
        ))}
      </div>
      {state.problem && <ProblemBox problem={state.problem} onRetry={state.retry} />}
      {result && (
        <>
          <Outcome result={result} label={label} />
          <Rows rows={editRows(result, label, 7)} />
        </>
      )}
    </section>
  );
}
