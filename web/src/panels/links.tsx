// SPDX-License-Identifier: Apache-2.0
// Links of panels: from a number to the samples behind it, from a name to its page. Invariant: a
// link is a real address, so it opens in a new tab, and a plain click goes through the navigator.
import type { MouseEvent, ReactElement, ReactNode } from "react";
import { formatClause, parseClause } from "@/base/clause";
import { parseSort, type View } from "@/base/view";
import type { Run } from "@/gen/ops";
import type { Navigator, PageId } from "@/state/view";

/** Samples as the core names them: clauses, and an order such as "-confidence". */
export interface Rule {
  readonly where: readonly string[];
  readonly sort?: string | null;
}

/** The view that shows a rule's samples of `run`, with nothing left of the view before. */
export function viewOf(run: Run | null, rule: Rule, other: Run | null = null): Partial<View> {
  return {
    run: run?.id ?? "",
    ...(other ? { other: other.id ?? "" } : {}),
    where: rule.where.map(parseClause),
    sort: parseSort(rule.sort ?? null),
    sample: "",
    row: -1,
    tab: "",
  };
}

/** "field=value" as the core writes it, whatever characters the value holds. */
export const is = (field: string, value: string): string =>
  formatClause({ kind: "in", field, values: [value] });

/** "field=low..high" as the core writes it. */
export const between = (field: string, low: number, high: number): string =>
  formatClause({ kind: "range", field, low, high });

/** A click that the browser should handle itself: new tab, new window, not the left button. */
export const isPlainClick = (event: MouseEvent): boolean =>
  !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) && event.button === 0;

export interface ViewLinkProps {
  readonly nav: Navigator;
  readonly view: Partial<View>;
  /** Explore by default. */
  readonly page?: PageId;
  readonly className?: string;
  readonly title?: string;
  readonly label?: string;
  readonly children: ReactNode;
}

export function ViewLink(props: ViewLinkProps): ReactElement {
  const { nav, view, page = "explore" } = props;
  return (
    <a
      href={nav.href(view, page)}
      className={props.className ?? "view-link"}
      title={props.title}
      aria-label={props.label}
      onClick={(event) => {
        if (!isPlainClick(event)) return;
        event.preventDefault();
        event.stopPropagation();
        nav.go(view, { page });
      }}
    >
      {props.children}
    </a>
  );
}
