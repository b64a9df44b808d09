// SPDX-License-Identifier: Apache-2.0
// Colour maps for values laid over pictures, made from a few control points each. Invariant:
// sequential maps rise in lightness all the way, diverging maps are as light at one end as at the
// other and neutral in the middle, and no map tells red from green alone.
import { type Rgb, ramp } from "./colour";

export type MapKind = "sequential" | "diverging";

export interface ColourMap {
  readonly id: string;
  readonly title: string;
  readonly kind: MapKind;
  readonly colours: readonly Rgb[];
}

const STOPS: readonly (readonly [string, string, MapKind, readonly string[]])[] = [
  // From deep violet through teal to yellow.
  [
    "aurora",
    "Aurora",
    "sequential",
    ["#2b0a4d", "#373a86", "#24648f", "#188c89", "#3cb474", "#96d545", "#f5ea3a"],
  ],
  // From black through crimson and orange to pale yellow.
  [
    "ember",
    "Ember",
    "sequential",
    ["#050409", "#280c4f", "#65146c", "#a52c5e", "#de5238", "#f9940a", "#f8d642", "#fcfccb"],
  ],
  // One hue: fluorescein under the lamp's cobalt light.
  [
    "lamp",
    "Lamp",
    "sequential",
    ["#03101f", "#083a5e", "#0a6a6c", "#2d9f58", "#93cf3f", "#f2f98b"],
  ],
  ["grey", "Grey", "sequential", ["#000000", "#ffffff"]],
  [
    "polar",
    "Blue to red",
    "diverging",
    ["#12529e", "#4b8fd6", "#a9cdf0", "#f4f4f4", "#f7b89c", "#de6a4c", "#a01c28"],
  ],
  [
    "dusk",
    "Green to violet",
    "diverging",
    ["#06584a", "#4fa68c", "#a8dac8", "#f4f4f4", "#d9bbe6", "#a478c4", "#5f2f8a"],
  ],
];

export const COLOUR_MAPS: readonly ColourMap[] = STOPS.map(([id, title, kind, stops]) => ({
  id,
  title,
  kind,
  colours: ramp(stops),
}));

export const mapsOf = (kind: MapKind): readonly ColourMap[] =>
  COLOUR_MAPS.filter((map) => map.kind === kind);

/** The map of that name if it suits the values, else the first that does. */
export function colourMap(id: string, kind: MapKind): ColourMap {
  const fitting = mapsOf(kind);
  const first = fitting[0];
  if (!first) throw new Error(`no colour map is ${kind}`);
  return fitting.find((map) => map.id === id) ?? first;
}
