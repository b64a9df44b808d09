// SPDX-License-Identifier: Apache-2.0
// What a person set once and expects to find again on this machine: theme, grid density, splitter
// places, rebound keys. Kept in localStorage; a browser without it simply forgets.
import { createStore } from "zustand/vanilla";
import { useStore } from "zustand";

export type Theme = "system" | "dark" | "light";

export interface Prefs {
  readonly theme: Theme;
  /** Side of a thumbnail in CSS pixels. */
  readonly tile: number;
  readonly captions: boolean;
  /** Sizes of splitters by id, in pixels. */
  readonly splits: Readonly<Record<string, number>>;
  /** Chords by action id, where they differ from the default; "" for none. */
  readonly keys: Readonly<Record<string, string>>;
  /** Field groups folded away, by id. */
  readonly folded: Readonly<Record<string, boolean>>;
  /** Orders given by hand, by the id of the list. */
  readonly orders: Readonly<Record<string, readonly string[]>>;
  /** Histograms with a square-root scale. */
  readonly root: boolean;
}

const NAME = "slitlamp.prefs";
const START: Prefs = {
  theme: "system",
  tile: 112,
  captions: true,
  splits: {},
  keys: {},
  folded: {},
  orders: {},
  root: true,
};

function load(): Prefs {
  try {
    const saved = JSON.parse(localStorage.getItem(NAME) ?? "{}") as Partial<Prefs>;
    return { ...START, ...saved };
  } catch {
    return START;
  }
}

export const prefs = createStore<Prefs>(() => load());

prefs.subscribe((now) => {
  try {
    localStorage.setItem(NAME, JSON.stringify(now));
  } catch {
    return;
  }
});

export function setPrefs(change: Partial<Prefs>): void {
  prefs.setState(change);
}

export function usePref<K extends keyof Prefs>(name: K): Prefs[K] {
  return useStore(prefs, (state) => state[name]);
}

/** Writes the theme to <html>, now and whenever it changes. */
export function followTheme(root: HTMLElement = document.documentElement): () => void {
  const apply = (theme: Theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  apply(prefs.getState().theme);
  return prefs.subscribe((now) => apply(now.theme));
}

/** Is the page drawn dark just now? */
export function isDark(): boolean {
  const { theme } = prefs.getState();
  if (theme !== "system") return theme === "dark";
  return !globalThis.matchMedia?.("(prefers-color-scheme: light)").matches;
}
