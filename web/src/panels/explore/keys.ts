// SPDX-License-Identifier: Apache-2.0
// Keys of Explore. Movement works also when nothing has the focus, as after dragging a brush.
import { useEffect, useRef } from "react";
import { type Clause, formatClause, withClause } from "@/base/clause";
import { setPrefs } from "@/state/prefs";
import { type Action, useActions } from "@/state/actions";
import { gridStep } from "@/widgets/grid";
import { SIDES } from "./bar";
import type { Cursor, Selection } from "./cursor";
import type { Explore } from "./use-explore";

/** The filter with "only failures" switched on or off. */
export function toggleFailures(where: readonly Clause[]): Clause[] {
  const isOn = where.some((clause) => formatClause(clause) === "outcome=wrong");
  const only: Clause = { kind: "in", field: "outcome", values: ["wrong"] };
  return withClause(where, "outcome", isOn ? null : only);
}

export interface Hands {
  readonly explore: Explore;
  readonly cursor: Cursor;
  readonly selection: Selection;
  readonly shape: { readonly columns: number; readonly fit: number };
  readonly count: number;
  readonly open: (row: number) => void;
  readonly goTo: () => void;
  readonly search: () => void;
  readonly add: () => void;
  readonly exportView: () => void;
  readonly toggleTable: () => void;
  readonly focusSamples: () => void;
}

const group = "Explore";

function filterActions(hands: Hands): Action[] {
  const { explore } = hands;
  return [
    {
      id: "explore.failures",
      title: "Only failures, or all again",
      group,
      keys: "F",
      run: () => explore.commit(toggleFailures(explore.where)),
    },
    {
      id: "explore.clear",
      title: "Clear the filter",
      group,
      keys: "C",
      disabled: explore.where.length === 0,
      run: () => explore.commit([]),
    },
    { id: "explore.add", title: "Add a clause to the filter", group, keys: "A", run: hands.add },
    { id: "explore.search", title: "Search names", group, keys: "/", run: hands.search },
  ];
}

function viewActions(hands: Hands): Action[] {
  const { cursor, selection, count } = hands;
  return [
    { id: "explore.row", title: "Go to row", group, keys: "G", run: hands.goTo },
    {
      id: "explore.open",
      title: "Open the sample",
      group,
      keys: "O",
      disabled: cursor.row < 0 || cursor.row >= count,
      run: () => hands.open(cursor.row),
    },
    {
      id: "explore.select",
      title: "Select the sample, or no longer",
      group,
      keys: "X",
      disabled: cursor.row < 0,
      run: () => selection.select([cursor.row]),
    },
    {
      id: "explore.unselect",
      title: "Select nothing, and back to the samples",
      group,
      keys: "Escape",
      hidden: true,
      run: () => {
        selection.clear();
        hands.focusSamples();
      },
    },
    { id: "explore.table", title: "Pictures or table", group, keys: "T", run: hands.toggleTable },
    { id: "explore.export", title: "Export the view", group, keys: "E", run: hands.exportView },
    ...SIDES.map((side, at) => ({
      id: `explore.size.${at + 1}`,
      title: `Pictures of ${side} px`,
      group,
      keys: String(at + 1),
      run: () => setPrefs({ tile: side }),
    })),
  ];
}

/** Is the focus nowhere in particular? */
const isStray = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target === document.body || target.id === "page");

/** Movement keys pressed while nothing has the focus go to the samples. */
function useStrayKeys(hands: Hands): void {
  const latest = useRef(hands);
  latest.current = hands;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { cursor, shape, count, open, focusSamples } = latest.current;
      if (!isStray(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      const next = gridStep(event.key, cursor.row, shape.columns, shape.fit, count);
      if (event.key === "Enter" && cursor.row >= 0) open(cursor.row);
      else if (next >= 0 && count > 0) cursor.move(next);
      else return;
      event.preventDefault();
      focusSamples();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

export function useExploreKeys(hands: Hands): void {
  useActions([...filterActions(hands), ...viewActions(hands)]);
  useStrayKeys(hands);
}
