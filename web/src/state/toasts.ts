// SPDX-License-Identifier: Apache-2.0
// Short messages at the edge of the page. Errors stay until dismissed, others leave by themselves.
import { createStore } from "zustand/vanilla";
import { useStore } from "zustand";
import { toProblem } from "@/base/problem";

export interface Toast {
  readonly id: number;
  readonly tone: "info" | "good" | "bad";
  readonly text: string;
  readonly hint?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

let nextId = 1;

export const toasts = createStore<{ all: readonly Toast[] }>(() => ({ all: [] }));

export function dismissToast(id: number): void {
  toasts.setState(({ all }) => ({ all: all.filter((toast) => toast.id !== id) }));
}

/** Shows a message and returns its id. At most four are kept. */
export function toast(message: Omit<Toast, "id">): number {
  const id = nextId++;
  toasts.setState(({ all }) => ({ all: [...all.slice(-3), { ...message, id }] }));
  if (message.tone !== "bad") setTimeout(() => dismissToast(id), message.action ? 8000 : 4000);
  return id;
}

/** Shows anything thrown, unless it was only a cancellation. */
export function toastProblem(thrown: unknown): void {
  const problem = toProblem(thrown);
  if (problem.code === "cancelled") return;
  toast({ tone: "bad", text: problem.message, ...(problem.hint ? { hint: problem.hint } : {}) });
}

export const useToasts = (): readonly Toast[] => useStore(toasts, (state) => state.all);

/** Puts text on the clipboard and says so; says why not where the browser refuses. */
export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ tone: "good", text: done });
  } catch {
    toast({ tone: "bad", text: "the browser does not allow copying", hint: text });
  }
}
