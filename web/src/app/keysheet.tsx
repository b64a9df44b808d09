// SPDX-License-Identifier: Apache-2.0
// The sheet of keys (`?`): every action that exists on this page now, and its chord. A chord can be
// changed by pressing it; the change is kept on this machine.
import { type ReactElement, useEffect, useState } from "react";
import { chordOf, onApple } from "@/base/keys";
import { type Action, chordsOf, useAllActions } from "@/state/actions";
import { setPrefs, usePref } from "@/state/prefs";
import { Button } from "@/widgets/button";
import { Kbd } from "@/widgets/kbd";
import { Dialog } from "@/widgets/overlay";
import "./palette.css";

/** Other action that has the chord already, if any. */
export function clashOf(
  all: readonly Action[],
  bound: Readonly<Record<string, string>>,
  id: string,
  chord: string,
): Action | undefined {
  return all.find((one) => one.id !== id && chordsOf(one, bound).includes(chord));
}

function useCapture(id: string | null, done: (chord: string | null) => void): void {
  useEffect(() => {
    if (!id) return undefined;
    const listen = (event: KeyboardEvent) => {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Escape") done(null);
      else if (event.key === "Backspace" || event.key === "Delete") done("");
      else {
        const chord = chordOf(event, onApple());
        if (chord) done(chord);
      }
    };
    window.addEventListener("keydown", listen, true);
    return () => window.removeEventListener("keydown", listen, true);
  }, [id, done]);
}

export function KeySheet(props: { readonly onClose: () => void }): ReactElement {
  const all = useAllActions().filter(
    (one, at, list) => list.findIndex((other) => other.id === one.id) === at,
  );
  const bound = usePref("keys");
  const [waiting, setWaiting] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const groups = [...new Set(all.map((one) => one.group))];
  useCapture(waiting, (chord) => {
    const id = waiting;
    setWaiting(null);
    if (chord === null || !id) return;
    const clash = chord ? clashOf(all, bound, id, chord) : undefined;
    setNote(clash ? `That chord belonged to “${clash.title}”, which has none now.` : "");
    setPrefs({ keys: { ...bound, ...(clash ? { [clash.id]: "" } : {}), [id]: chord } });
  });
  const keyOf = (action: Action) => {
    const chords = chordsOf(action, bound);
    if (waiting === action.id) return "press a chord";
    return chords.length
      ? chords.slice(0, 2).map((chord) => <Kbd key={chord} keys={chord} />)
      : "none";
  };
  return (
    <Dialog title="Keyboard shortcuts" onClose={props.onClose} width={820}>
      <div className="sheet">
        {groups.map((group) => (
          <section key={group} className="sheet-group">
            <h3>{group}</h3>
            {all
              .filter((one) => one.group === group)
              .map((action) => (
                <div key={action.id} className="sheet-row">
                  <span className="grow">{action.title}</span>
                  <button
                    type="button"
                    className="sheet-key"
                    aria-pressed={waiting === action.id}
                    aria-label={`Change the key of ${action.title}`}
                    onClick={() => setWaiting(action.id)}
                  >
                    {keyOf(action)}
                  </button>
                </div>
              ))}
          </section>
        ))}
      </div>
      <footer className="sheet-foot">
        <span className="grow" aria-live="polite">
          {note ||
            (waiting
              ? "Press the new chord; Backspace for none, Escape to leave it."
              : "Press a key cap to change it.")}
        </span>
        <Button
          tone="quiet"
          onPress={() => setPrefs({ keys: {} })}
          disabled={Object.keys(bound).length === 0}
        >
          Reset all
        </Button>
      </footer>
    </Dialog>
  );
}
