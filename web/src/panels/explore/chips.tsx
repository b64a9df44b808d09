// SPDX-License-Identifier: Apache-2.0
// The filter as chips. Each opens an editor of its text, which the core checks as it is typed; it
// can be inverted and taken away. A last chip adds a clause.
import { type ReactElement, useId, useState } from "react";
import {
  type Clause,
  describeClause,
  formatClause,
  invertClause,
  parseClause,
} from "@/base/clause";
import { fmtName, plural } from "@/base/format";
import { useOp } from "@/engine/query";
import type { Facet } from "@/gen/ops";
import { Button } from "@/widgets/button";
import { useRested } from "@/widgets/hooks";
import { Icon } from "@/widgets/icon";
import { Popup } from "@/widgets/popup";
import type { PanelContext } from "../panel";
import { viewCall } from "../view-params";
import { fieldOf, titleOf } from "./facet-model";

interface EditorProps {
  readonly ctx: PanelContext;
  readonly text: string;
  readonly fields: readonly Facet[];
  /** The clauses beside this one. */
  readonly rest: readonly Clause[];
  readonly onApply: (clause: Clause) => void;
  readonly onClose: () => void;
}

const REST_MS = 180;

function Editor(props: EditorProps & { readonly children?: ReactElement }): ReactElement {
  const id = useId();
  const [text, setText] = useState(props.text);
  const rested = useRested(text.trim(), REST_MS);
  const clauses = [...props.rest, parseClause(rested)];
  const reply = useOp(
    "view",
    { ...viewCall(props.ctx, clauses, null), limit: 0 },
    { enabled: rested !== "", fresh: true },
  );
  const settled = rested === text.trim() && rested !== "";
  const apply = () => {
    if (text.trim() === "" || (settled && reply.error)) return;
    props.onApply(parseClause(text.trim()));
    props.onClose();
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <input
        className="form-input mono"
        aria-label="Clause"
        aria-invalid={settled && reply.error !== null}
        aria-describedby={`${id}-note`}
        list={`${id}-fields`}
        value={text}
        autoFocus
        spellCheck={false}
        autoComplete="off"
        placeholder="confidence>=0.9"
        onChange={(event) => setText(event.target.value)}
      />
      <datalist id={`${id}-fields`}>
        {props.fields.map((facet) => (
          <option key={fieldOf(facet)} value={`${fieldOf(facet)}=`} label={titleOf(facet)} />
        ))}
      </datalist>
      <p id={`${id}-note`} className="chip-note" aria-live="polite">
        {settled && reply.error ? (
          <span className="bad">
            {reply.error.message} {reply.error.hint}
          </span>
        ) : settled && reply.data ? (
          `${plural(reply.data.matched, "sample")} with it`
        ) : (
          "field = != < <= > >= ~ !~ value; a|b for either, 0.2..0.5 for a range, nothing for missing"
        )}
      </p>
      <div className="line">
        <Button type="submit" tone="accent" disabled={text.trim() === ""}>
          Apply
        </Button>
        {props.children}
      </div>
    </form>
  );
}

export interface ChipsProps {
  readonly ctx: PanelContext;
  readonly where: readonly Clause[];
  readonly fields: readonly Facet[];
  readonly onChange: (where: Clause[]) => void;
  /** Whether the clause being added is being typed. */
  readonly adding: boolean;
  readonly onAdding: (open: boolean) => void;
}

function EditChip(props: ChipsProps & { readonly at: number }): ReactElement | null {
  const { where, at, onChange } = props;
  const clause = where[at];
  if (!clause) return null;
  const facet = props.fields.find((one) => fieldOf(one) === clause.field);
  const words = fmtName(describeClause(clause, facet ? titleOf(facet) : clause.field));
  const rest = where.filter((_, other) => other !== at);
  const put = (next: Clause) => onChange(where.map((one, other) => (other === at ? next : one)));
  return (
    <span className="chip chip-accent filter-chip">
      <Popup label={`Edit: ${words}`} trigger={<bdi className="cut">{words}</bdi>} className="cut">
        {(close) => (
          <Editor
            ctx={props.ctx}
            text={formatClause(clause)}
            fields={props.fields}
            rest={rest}
            onApply={put}
            onClose={close}
          >
            <Button
              icon="swap"
              onPress={() => {
                put(invertClause(clause));
                close();
              }}
            >
              Invert
            </Button>
          </Editor>
        )}
      </Popup>
      <button type="button" aria-label={`Remove: ${words}`} onClick={() => onChange(rest)}>
        <Icon name="close" size={11} />
      </button>
    </span>
  );
}

export function Chips(props: ChipsProps): ReactElement {
  const { where, onChange } = props;
  return (
    <div className="chips" role="group" aria-label="Filter">
      {where.map((clause, at) => (
        <EditChip key={`${at} ${formatClause(clause)}`} {...props} at={at} />
      ))}
      <Popup
        label="Add a clause to the filter"
        className="chip chip-add"
        trigger={
          <>
            <Icon name="plus" size={11} /> {where.length === 0 && "Filter"}
          </>
        }
        open={props.adding}
        onOpen={props.onAdding}
      >
        {(close) => (
          <Editor
            ctx={props.ctx}
            text=""
            fields={props.fields}
            rest={where}
            onApply={(clause) => onChange([...where, clause])}
            onClose={close}
          />
        )}
      </Popup>
      {where.length > 1 && (
        <button type="button" className="chips-clear" onClick={() => onChange([])}>
          Clear all
        </button>
      )}
    </div>
  );
}
