// SPDX-License-Identifier: Apache-2.0
// The command palette: every registered action, every run, by a few letters. Arrow keys move, Enter
// runs, Escape closes.
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef, useState } from "react";
import { fmtPercent } from "@/base/format";
import type { Run } from "@/gen/ops";
import { fuzzyFilter } from "@/base/fuzzy";
import { chordsOf, useAllActions } from "@/state/actions";
import { usePref } from "@/state/prefs";
import type { Navigator } from "@/state/view";
import { Icon } from "@/widgets/icon";
import { Kbd } from "@/widgets/kbd";
import { Dialog } from "@/widgets/overlay";
import "./palette.css";

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  readonly words: string;
  readonly keys: string;
  readonly run: () => void;
}

function useEntries(nav: Navigator, runs: readonly Run[]): Entry[] {
  const all = useAllActions();
  const bound = usePref("keys");
  return useMemo(() => {
    const fromActions = all
      .filter((one) => !one.hidden && !one.disabled)
      .map((one): Entry => ({
        id: one.id,
        title: one.title,
        group: one.group,
        words: one.words ?? "",
        keys: chordsOf(one, bound)[0] ?? "",
        run: one.run,
      }));
    const fromRuns = runs.map((run): Entry => ({
      id: `run.${run.id}`,
      group: "Runs",
      words: run.id ?? "",
      title: `${run.name || run.id} on ${run.dataset_name} (${fmtPercent(run.accuracy)})`,
      keys: "",
      run: () => nav.go({ run: run.id ?? "", row: -1 }),
    }));
    return [...fromActions, ...fromRuns];
  }, [all, bound, nav, runs]);
}

export function Palette(props: {
  readonly nav: Navigator;
  readonly runs: readonly Run[];
  readonly onClose: () => void;
}): ReactElement {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const entries = useEntries(props.nav, props.runs);
  const found = useMemo(
    () => fuzzyFilter(entries, query, (one) => `${one.title} ${one.words}`),
    [entries, query],
  );
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const pick = (entry: Entry | undefined) => {
    if (!entry) return;
    props.onClose();
    entry.run();
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (by) setAt((old) => Math.max(0, Math.min(found.length - 1, old + by)));
    else if (event.key === "Enter") pick(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Command palette" onClose={props.onClose} width={600} bare>
      <div className="palette-input">
        <Icon name="search" />
        <input
          autoFocus
          value={query}
          placeholder="Find an action, run or page"
          spellCheck={false}
          role="combobox"
          aria-label="Find an action, run or page"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[at] ? `palette-${at}` : undefined}
          onKeyDown={press}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
        />
        <Kbd keys="Escape" />
      </div>
      <ul id="palette-list" ref={list} className="palette-list" role="listbox" aria-label="Results">
        {found.map((entry, index) => (
          <li
            key={entry.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => setAt(index)}
            onClick={() => pick(entry)}
          >
            <span className="grow cut">{entry.title}</span>
            <span className="dim">{entry.group}</span>
            {entry.keys && <Kbd keys={entry.keys} />}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="palette-none dim">Nothing matches “{query}”.</p>}
    </Dialog>
  );
}
