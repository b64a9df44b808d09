// SPDX-License-Identifier: Apache-2.0
// The frame around a panel: a heading with tools on its right, and the body. Also Page, the
// scrolling column that panels stand in.
import { type ReactElement, type ReactNode, useId } from "react";
import { Icon } from "./icon";
import { Tip } from "./overlay";
import "./card.css";

export function Card(props: {
  readonly title: ReactNode;
  /** One sentence on what the panel shows, behind an "i". */
  readonly help?: string | undefined;
  /** Small text after the title: a count, a unit. */
  readonly note?: ReactNode;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
  /** Body without padding, for tables and grids. */
  readonly flush?: boolean;
  readonly className?: string;
}): ReactElement {
  const id = useId();
  return (
    <section className={`card ${props.className ?? ""}`} aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id} className="cut">
          {props.title}
        </h2>
        {props.help && (
          <Tip text={props.help}>
            <button type="button" className="card-help" aria-label={`About: ${props.help}`}>
              <Icon name="info" size={13} />
            </button>
          </Tip>
        )}
        {props.note && <span className="card-note cut">{props.note}</span>}
        <span className="grow" />
        {props.tools}
      </header>
      <div className={props.flush ? "card-body card-flush" : "card-body"}>{props.children}</div>
    </section>
  );
}

/** A scrolling page with an optional heading line. Children are laid out by `layout` classes. */
export function Page(props: {
  readonly title: string;
  readonly note?: ReactNode;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <div className="page" tabIndex={-1}>
      <div className="page-inner">
        <header className="page-head">
          <h1>{props.title}</h1>
          {props.note && <div className="page-note">{props.note}</div>}
          <span className="grow" />
          {props.tools}
        </header>
        {props.children}
      </div>
    </div>
  );
}

/** Cells side by side on a 12-column grid; a Cell is full width on a narrow page. */
export function Columns(props: { readonly children: ReactNode }): ReactElement {
  return <div className="columns">{props.children}</div>;
}

/** Columns of twelve. */
export type Span = 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 12;

export function Cell(props: {
  readonly span: Span;
  /** Columns on a wall of 1,800 px and more, where they differ. */
  readonly wide?: Span | undefined;
  readonly children: ReactNode;
}): ReactElement {
  const wide = props.wide ? `cell-wide-${props.wide}` : "";
  return <div className={`cell cell-${props.span} ${wide}`}>{props.children}</div>;
}
