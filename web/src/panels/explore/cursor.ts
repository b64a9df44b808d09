// SPDX-License-Identifier: Apache-2.0
// Where one is in the view, and what is selected. Invariant: the cursor moves at once and reaches
// the URL when it rests, because browsers limit how often an address may change; another view has
// another cursor and nothing selected.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Sample } from "@/gen/ops";
import type { Navigator } from "@/state/view";

const REST_MS = 250;

export interface Cursor {
  readonly row: number;
  readonly move: (row: number) => void;
}

export function useCursor(nav: Navigator): Cursor {
  const [row, setRow] = useState(nav.view.row);
  const latest = useRef(nav);
  latest.current = nav;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setRow(nav.view.row), [nav.view.row, nav.view.where]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = useCallback((next: number) => {
    setRow(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current.go({ row: next }, { replace: true }), REST_MS);
  }, []);
  return useMemo(() => ({ row, move }), [row, move]);
}

export interface Selection {
  readonly rows: ReadonlySet<number>;
  readonly samples: readonly Sample[];
  /** One row is toggled, several are added. */
  readonly select: (rows: readonly number[]) => void;
  readonly clear: () => void;
}

const NOTHING: ReadonlyMap<number, Sample> = new Map();

export function useSelection(
  item: (row: number) => Sample | undefined,
  viewKey: string,
): Selection {
  const [state, setState] = useState({ viewKey, held: NOTHING });
  const held = state.viewKey === viewKey ? state.held : NOTHING;
  const find = useRef(item);
  find.current = item;
  const select = useCallback(
    (rows: readonly number[]) =>
      setState((old) => {
        const next = new Map(old.viewKey === viewKey ? old.held : NOTHING);
        const [only] = rows;
        if (rows.length === 1 && only !== undefined && next.delete(only)) {
          return { viewKey, held: next };
        }
        for (const row of rows) {
          const sample = find.current(row);
          if (sample) next.set(row, sample);
        }
        return { viewKey, held: next };
      }),
    [viewKey],
  );
  const clear = useCallback(() => setState({ viewKey, held: NOTHING }), [viewKey]);
  return useMemo(
    () => ({ rows: new Set(held.keys()), samples: [...held.values()], select, clear }),
    [held, select, clear],
  );
}
