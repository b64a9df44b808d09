// SPDX-License-Identifier: Apache-2.0
// Two panes with a border that can be dragged, or moved with arrow keys. The size of the first pane
// is remembered under `id` on this machine. On a narrow window the panes stand below each other.
import { type PointerEvent, type ReactElement, type ReactNode, useRef } from "react";
import { clamp } from "@/base/scale";
import { setPrefs, usePref } from "@/state/prefs";
import { useNarrow } from "./hooks";
import "./splitter.css";

export function Splitter(props: {
  readonly id: string;
  readonly first: ReactNode;
  readonly second: ReactNode;
  /** Start size of the fixed pane in pixels. */
  readonly size: number;
  readonly min?: number;
  readonly max?: number;
  /** Which pane has the fixed size; the other takes the rest. */
  readonly fixed?: "first" | "second";
  readonly label: string;
}): ReactElement {
  const { id, min = 160, max = 720, fixed = "first" } = props;
  const splits = usePref("splits");
  const narrow = useNarrow();
  const start = useRef({ at: 0, size: 0 });
  const size = clamp(splits[id] ?? props.size, min, max);
  const set = (next: number) =>
    setPrefs({ splits: { ...splits, [id]: Math.round(clamp(next, min, max)) } });
  const sign = fixed === "first" ? 1 : -1;
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) {
      set(start.current.size + sign * (event.clientX - start.current.at));
    }
  };
  const pane = (which: "first" | "second") => (
    <div
      className={which === fixed ? "split-pane" : "split-pane split-rest"}
      style={which === fixed && !narrow ? { width: size } : {}}
    >
      {props[which]}
    </div>
  );
  return (
    <div className="split">
      {pane("first")}
      <div
        className="split-bar"
        role="separator"
        aria-orientation="vertical"
        tabIndex={0}
        aria-label={props.label}
        aria-valuenow={size}
        aria-valuemin={min}
        aria-valuemax={max}
        onPointerDown={(event) => {
          start.current = { at: event.clientX, size };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={drag}
        onDoubleClick={() => set(props.size)}
        onKeyDown={(event) => {
          const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
          if (!by) return;
          event.preventDefault();
          set(size + sign * by);
        }}
      />
      {pane("second")}
    </div>
  );
}
