// SPDX-License-Identifier: Apache-2.0
// Small hooks shared by widgets: element size, colours for canvases, media queries.
import {
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { prefs } from "@/state/prefs";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Size of an element's content box, following it. Zero until laid out. */
export function useSize<T extends HTMLElement>(): [RefObject<T | null>, Size] {
  const ref = useRef<T>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const read = () => {
      const next = { width: element.clientWidth, height: element.clientHeight };
      setSize((old) => (old.width === next.width && old.height === next.height ? old : next));
    };
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}

/** The value once it has stayed the same for `ms`; the first at once. Compared as JSON. */
export function useRested<T>(value: T, ms: number): T {
  const text = JSON.stringify(value);
  const [rested, setRested] = useState({ text, value });
  useEffect(() => {
    const timer = setTimeout(() => setRested({ text, value }), ms);
    return () => clearTimeout(timer);
  }, [text, ms]);
  return rested.value;
}

/** Does the media query hold? Follows changes. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (tell: () => void) => {
      const list = matchMedia(query);
      list.addEventListener("change", tell);
      return () => list.removeEventListener("change", tell);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** Is the window as narrow as a phone? */
export const useNarrow = (): boolean => useMedia("(max-width: 719px)");

/** Resolves design tokens ("--accent") to colours a canvas understands. */
export function resolveColours<K extends string>(names: readonly K[]): Record<K, string> {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const made = Object.fromEntries(
    names.map((name) => {
      probe.style.color = `var(${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  ) as Record<K, string>;
  probe.remove();
  return made;
}

/** Like resolveColours, again whenever the theme changes. `names` must be a constant. */
export function useColours<K extends string>(names: readonly K[]): Record<K, string> {
  const [colours, setColours] = useState(() => resolveColours(names));
  useEffect(() => {
    const read = () => requestAnimationFrame(() => setColours(resolveColours(names)));
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", read);
    const leave = prefs.subscribe((now, before) => {
      if (now.theme !== before.theme) read();
    });
    return () => {
      media.removeEventListener("change", read);
      leave();
    };
  }, [names]);
  return colours;
}

const FONT = "12px 'Inter Variable'";

/** True once the pages' fonts are here; text on canvases is drawn again then. */
export function useFonts(): boolean {
  const [here, setHere] = useState(() => document.fonts.check(FONT));
  useEffect(() => {
    let live = true;
    void document.fonts.load(FONT).then(() => live && setHere(true));
    return () => {
      live = false;
    };
  }, []);
  return here;
}

/** Prepares a canvas of the given CSS size for this screen's pixels and returns its context. */
export function openCanvas(canvas: HTMLCanvasElement, size: Size): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(size.width * ratio));
  canvas.height = Math.max(1, Math.round(size.height * ratio));
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** The newest value in a ref, for listeners that must not be re-attached. */
export function useLatest<T>(value: T): RefObject<T> {
  const ref = useRef(value);
  ref.current = value;
  return ref;
}
