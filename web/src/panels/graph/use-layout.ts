// SPDX-License-Identifier: Apache-2.0
// The layout of a graph, made in a worker. Invariant: what is drawn belongs to the newest graph; an
// answer to an older one is dropped.
import { useEffect, useRef, useState } from "react";
import type { Layout } from "@/base/graph-layout";
import type { LayoutJob } from "./layout-worker";
import type { UnitGraph } from "./units";

export const UNIT = { width: 172, height: 46 } as const;

interface Done {
  readonly graph: UnitGraph;
  readonly layout: Layout;
}

export function useLayout(graph: UnitGraph | null): Done | null {
  const worker = useRef<Worker | null>(null);
  const number = useRef(0);
  const [done, setDone] = useState<Done | null>(null);
  useEffect(() => {
    const made = new Worker(new URL("./layout-worker.ts", import.meta.url), { type: "module" });
    worker.current = made;
    return () => made.terminate();
  }, []);
  useEffect(() => {
    const { current } = worker;
    if (!graph || !current) return undefined;
    number.current += 1;
    const mine = number.current;
    const hear = (event: MessageEvent<{ number: number; layout: Layout }>) => {
      if (event.data.number === mine) setDone({ graph, layout: event.data.layout });
    };
    current.addEventListener("message", hear);
    const job: LayoutJob = {
      number: mine,
      nodes: graph.units.map((unit) => ({ id: unit.id, ...UNIT })),
      edges: graph.edges,
    };
    current.postMessage(job);
    return () => current.removeEventListener("message", hear);
  }, [graph]);
  return done;
}
