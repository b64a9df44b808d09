// SPDX-License-Identifier: Apache-2.0
// Everything that can be done by key or from the command palette, and the one keyboard listener.
// Invariant: an action is registered while the part of the page it belongs to is mounted, and of
// two with the same chord the one registered last (the innermost) wins. Start at useActions().
import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { chordOf, normaliseChord, onApple, takesText } from "@/base/keys";
import { prefs } from "./prefs";

export interface Action {
  /** Stable id, "explore.next"; rebinding is kept under it. */
  readonly id: string;
  readonly title: string;
  /** Heading in the palette and on the key sheet. */
  readonly group: string;
  /** Default chord, "Mod+K" or "G O"; alternatives separated by ", ". */
  readonly keys?: string;
  readonly run: () => void;
  /** Leaves it out of the palette (movement keys, for example). */
  readonly hidden?: boolean;
  /** Works while typing in a field. */
  readonly always?: boolean;
  /** Extra words to find it by. */
  readonly words?: string;
  readonly disabled?: boolean;
}

export const actions = createStore<{ all: readonly Action[] }>(() => ({ all: [] }));

/** Chords of an action as bound now, each normalised. */
export function chordsOf(action: Action, bound: Readonly<Record<string, string>>): string[] {
  const text = bound[action.id] ?? action.keys ?? "";
  return text.split(", ").filter(Boolean).map(normaliseChord);
}

/** Registers actions; returns the function that takes them away. */
export function registerActions(added: readonly Action[]): () => void {
  actions.setState(({ all }) => ({ all: [...all, ...added] }));
  return () => actions.setState(({ all }) => ({ all: all.filter((one) => !added.includes(one)) }));
}

/** Registers actions while the component is mounted. Their `run` may change on every render. */
export function useActions(list: readonly Action[]): void {
  const latest = useRef(list);
  latest.current = list;
  const shape = JSON.stringify(list.map((one) => ({ ...one, run: 0 })));
  useEffect(
    () =>
      registerActions(
        latest.current.map((one, index) => ({
          ...one,
          run: () => latest.current[index]?.run(),
        })),
      ),
    [shape],
  );
}

export const useAllActions = (): readonly Action[] => useStore(actions, (state) => state.all);

let pending = "";
let pendingTimer: ReturnType<typeof setTimeout> | undefined;

function find(chord: string, typing: boolean): { exact: Action | undefined; prefix: boolean } {
  const bound = prefs.getState().keys;
  const usable = actions.getState().all.filter((one) => !one.disabled && (!typing || one.always));
  const exact = usable.findLast((one) => chordsOf(one, bound).includes(chord));
  const prefix = usable.some((one) =>
    chordsOf(one, bound).some((own) => own.startsWith(chord + " ")),
  );
  return { exact, prefix };
}

const SECOND_MS = 1200;
const ALONE_MS = 350;

/** Waits for the second key of a chord; a first key that is bound itself runs when none comes. */
function awaitSecond(joined: string, alone: Action | undefined): void {
  pending = joined;
  const give = () => {
    pending = "";
    alone?.run();
  };
  pendingTimer = setTimeout(give, alone ? ALONE_MS : SECOND_MS);
}

/** Answers a key press: runs the action bound to it and says whether there was one. */
export function pressKey(event: KeyboardEvent): boolean {
  const chord = chordOf(event, onApple());
  if (!chord || event.defaultPrevented || event.isComposing) return false;
  clearTimeout(pendingTimer);
  const typing = takesText(event.target);
  const joined = pending ? `${pending} ${chord}` : chord;
  pending = "";
  let { exact, prefix } = find(joined, typing);
  if (!exact && !prefix && joined !== chord) ({ exact, prefix } = find(chord, typing));
  if (prefix && !typing) {
    awaitSecond(joined, exact);
  } else if (exact) {
    exact.run();
  } else return false;
  event.preventDefault();
  return true;
}

/** Starts listening for keys on the whole page. */
export function followKeys(): () => void {
  const listen = (event: KeyboardEvent) => void pressKey(event);
  window.addEventListener("keydown", listen);
  return () => window.removeEventListener("keydown", listen);
}
