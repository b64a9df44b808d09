// SPDX-License-Identifier: Apache-2.0
// Server-sent events of /v1/events: one stream for the whole page. A message is a list of
// {seq, event, job?, progress?, error?}; event is the new state of a job, "progress", or "missed"
// when we fell behind and must ask again. Invariant: `link` tells whether the server is reachable.
import { createStore } from "zustand/vanilla";
import type { ProblemBody } from "@/base/problem";

export interface Progress {
  readonly op: string;
  readonly phase: string;
  readonly unit: string;
  readonly done: number;
  /** 0 while unknown. */
  readonly total: number;
  /** Items per second; negative while unknown. */
  readonly rate: number;
  /** Seconds left; negative while unknown. */
  readonly eta_s: number;
}

export interface ServerEvent {
  readonly seq: number;
  readonly event: string;
  readonly job?: string;
  readonly progress?: Progress;
  readonly error?: ProblemBody;
}

export type Link = "connecting" | "connected" | "lost";

export const link = createStore<{ state: Link }>(() => ({ state: "connecting" }));

const listeners = new Set<(event: ServerEvent) => void>();
let source: EventSource | null = null;

/** Hears every event until the returned function is called. */
export function onEvent(listener: (event: ServerEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Gives an event to all listeners; the stream does, and so may a test. */
export function emit(event: ServerEvent): void {
  for (const listener of [...listeners]) listener(event);
}

/** The events of one message: the server sends those that arrived together as a list. */
export function eventsIn(data: string): readonly ServerEvent[] {
  try {
    const parsed = JSON.parse(data) as ServerEvent | readonly ServerEvent[];
    return Array.isArray(parsed) ? (parsed as readonly ServerEvent[]) : [parsed as ServerEvent];
  } catch {
    return [{ seq: 0, event: "missed" }];
  }
}

function hear(message: MessageEvent<string>): void {
  eventsIn(message.data).forEach(emit);
}

/** Opens the stream; the browser reconnects by itself, and we note whether it is up. */
export function openEvents(): () => void {
  source?.close();
  const stream = new EventSource("/v1/events");
  source = stream;
  stream.onopen = () => link.setState({ state: "connected" });
  stream.onerror = () => {
    link.setState({ state: "lost" });
    if (stream.readyState === EventSource.CLOSED) {
      setTimeout(() => source === stream && openEvents(), 2000);
    }
  };
  stream.onmessage = hear;
  return () => stream.close();
}
