// SPDX-License-Identifier: Apache-2.0
// Server-sent events of /v1/events: one stream for the whole page. Each carries
// {seq, event, job?, progress?, error?}; event is the new state of a job, "progress", or "missed"
// when we fell behind and must ask again. Invariant: `link` tells whether the server is reachable.
import { createStore } from "zustand/vanilla";
import type { ProblemBody } from "@/base/problem";

export interface Progress {
  readonly operation: string;
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

const NAMES = [
  "queued",
  "running",
  "progress",
  "done",
  "failed",
  "cancelled",
  "interrupted",
  "missed",
];
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

function hear(message: MessageEvent<string>): void {
  try {
    emit(JSON.parse(message.data) as ServerEvent);
  } catch {
    emit({ seq: 0, event: "missed" });
  }
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
  for (const name of NAMES) stream.addEventListener(name, hear);
  return () => stream.close();
}
