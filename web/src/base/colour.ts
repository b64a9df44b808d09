// SPDX-License-Identifier: Apache-2.0
// Colour arithmetic: WCAG contrast, OKLab interpolation, and the maps that turn numbers to colours.
// Invariant: maps are monotone in lightness (sequential) or symmetric in it (diverging), so they
// read without colour vision.

export type Rgb = readonly [number, number, number];

/** "#1a2b3c" or "rgb(26, 43, 60)" as 0..255 triple. */
export function parseColour(text: string): Rgb {
  const hex = /^#([0-9a-f]{6})/i.exec(text.trim());
  if (hex?.[1]) {
    const value = parseInt(hex[1], 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  }
  const parts = text.match(/[\d.]+/g)?.map(Number) ?? [];
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
}

const toLinear = (channel: number): number => {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};

const fromLinear = (part: number): number => {
  const value = part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055;
  return Math.round(Math.max(0, Math.min(1, value)) * 255);
};

export function luminance(colour: Rgb): number {
  return 0.2126 * toLinear(colour[0]) + 0.7152 * toLinear(colour[1]) + 0.0722 * toLinear(colour[2]);
}

/** WCAG 2 contrast ratio, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

function toLab(colour: Rgb): Rgb {
  const [r, g, b] = [toLinear(colour[0]), toLinear(colour[1]), toLinear(colour[2])];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromLab(lab: Rgb): Rgb {
  const l = (lab[0] + 0.3963377774 * lab[1] + 0.2158037573 * lab[2]) ** 3;
  const m = (lab[0] - 0.1055613458 * lab[1] - 0.0638541728 * lab[2]) ** 3;
  const s = (lab[0] - 0.0894841775 * lab[1] - 1.291485548 * lab[2]) ** 3;
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** 256 colours through `stops`, evenly spaced in OKLab. */
export function ramp(stops: readonly string[]): Rgb[] {
  const labs = stops.map((stop) => toLab(parseColour(stop)));
  return Array.from({ length: 256 }, (_, index) => {
    const at = (index / 255) * (labs.length - 1);
    const left = Math.min(labs.length - 2, Math.floor(at));
    const [a, b] = [labs[left], labs[left + 1]];
    if (!a || !b) return [0, 0, 0];
    const part = at - left;
    return fromLab([
      a[0] + (b[0] - a[0]) * part,
      a[1] + (b[1] - a[1]) * part,
      a[2] + (b[2] - a[2]) * part,
    ]);
  });
}

/** Colour of `value` in 0..1 on a map made by ramp(). */
export const pick = (map: readonly Rgb[], value: number): Rgb =>
  map[Math.max(0, Math.min(255, Math.round(value * 255)))] ?? [0, 0, 0];

export const css = (colour: Rgb): string => `rgb(${colour[0]} ${colour[1]} ${colour[2]})`;
