// SPDX-License-Identifier: Apache-2.0
// One history of undoable steps for the page. Invariant: doing something new forgets what was
// undone.
import { createStore } from "zustand/vanilla";

export interface Step {
  readonly title: string;
  readonly undo: () => void;
  readonly redo: () => void;
}

export const history = createStore<{ done: readonly Step[]; undone: readonly Step[] }>(() => ({
  done: [],
  undone: [],
}));

/** Performs a step and remembers it (the last hundred). */
export function perform(step: Step): void {
  step.redo();
  history.setState(({ done }) => ({ done: [...done.slice(-99), step], undone: [] }));
}

/** Undoes the last step; returns its title, or "" when there is none. */
export function undo(): string {
  const { done, undone } = history.getState();
  const step = done[done.length - 1];
  if (!step) return "";
  step.undo();
  history.setState({ done: done.slice(0, -1), undone: [...undone, step] });
  return step.title;
}

/** Redoes the step undone last; returns its title, or "". */
export function redo(): string {
  const { done, undone } = history.getState();
  const step = undone[undone.length - 1];
  if (!step) return "";
  step.redo();
  history.setState({ done: [...done, step], undone: undone.slice(0, -1) });
  return step.title;
}
