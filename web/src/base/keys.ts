// SPDX-License-Identifier: Apache-2.0
// Key chords as text: "Mod+K", "Shift+ArrowDown", "G O" (one after the other). Invariant: a chord
// names the character typed ("?" not "Shift+/"), so it works on any keyboard layout; Mod is
// Command on Apple machines and Control elsewhere.

export interface KeyLike {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

export const onApple = (): boolean =>
  typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

const isLetter = (key: string): boolean => /^\p{L}$/u.test(key);

/** The event as a chord, or "" for a bare modifier. */
export function chordOf(event: KeyLike, apple: boolean): string {
  if (["Control", "Shift", "Alt", "Meta", "Dead", "Unidentified"].includes(event.key)) return "";
  const mod = apple ? event.metaKey : event.ctrlKey;
  const other = apple ? event.ctrlKey : event.metaKey;
  const named = event.key.length > 1 || event.key === " ";
  const key =
    event.key === " " ? "Space" : isLetter(event.key) ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && (named || isLetter(event.key));
  return [mod && "Mod", other && "Ctrl", event.altKey && "Alt", shift && "Shift", key]
    .filter(Boolean)
    .join("+");
}

/** A chord in its one spelling ("shift+mod+k" -> "Mod+Shift+K"). */
export function normaliseChord(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .map((step) => {
      const parts = (step === "+" ? "Plus" : step.replace(/\+\+$/, "+Plus")).split("+");
      const key = parts.pop() ?? "";
      const has = (name: string) => parts.some((part) => part.toLowerCase() === name);
      const typed = key === "Plus" ? "+" : key.length === 1 ? key.toUpperCase() : key;
      return [
        has("mod") && "Mod",
        has("ctrl") && "Ctrl",
        has("alt") && "Alt",
        has("shift") && "Shift",
        typed,
      ]
        .filter(Boolean)
        .join("+");
    })
    .join(" ");
}

const SHOWN: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Escape: "Esc",
  Enter: "Enter",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Delete: "Del",
  Backspace: "⌫",
};

/** The chord as key caps to draw: "Mod+Shift+K" -> ["Ctrl", "Shift", "K"]. */
export function keyCaps(chord: string, apple: boolean): string[] {
  const mac: Record<string, string> = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Ctrl: "⌃" };
  const shown = (part: string) =>
    SHOWN[part] ?? (apple ? (mac[part] ?? part) : part === "Mod" ? "Ctrl" : part);
  return chord.split(" ").flatMap((step) =>
    step === "+"
      ? ["+"]
      : step
          .replace(/\+\+$/, "+Plus")
          .split("+")
          .map((part) => (part === "Plus" ? "+" : shown(part))),
  );
}

/** Does the element take typed text, so that plain keys must be left to it? */
export function takesText(target: EventTarget | null): boolean {
  if (typeof HTMLElement === "undefined" || !(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") {
    return true;
  }
  return (
    target instanceof HTMLInputElement &&
    !["checkbox", "radio", "range", "button", "submit"].includes(target.type)
  );
}
