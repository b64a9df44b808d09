// SPDX-License-Identifier: Apache-2.0
// Tests of colour maps and of the way from a tensor to the colours of a heat map.
import { describe, expect, test } from "vitest";
import { luminance } from "./colour";
import { COLOUR_MAPS, colourMap, mapsOf } from "./colour-map";
import {
  channelPlane,
  colourise,
  energyPlane,
  gridOf,
  mergedPlane,
  paintOf,
  type Plane,
  rangeOf,
  valueAt,
} from "./heat";
import type { Tensor } from "./npy";

/** CIE lightness, 0 to 100. */
const lightness = (luminous: number): number =>
  luminous > 0.008856 ? 116 * Math.cbrt(luminous) - 16 : 903.3 * luminous;

const lights = (id: string): number[] =>
  (COLOUR_MAPS.find((map) => map.id === id)?.colours ?? []).map((colour) =>
    lightness(luminance(colour)),
  );

describe("colour maps", () => {
  test.each(mapsOf("sequential").map((map) => map.id))("%s rises in even steps", (id) => {
    const seen = lights(id);
    const steps = seen.slice(1).map((light, at) => light - (seen[at] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(-0.6);
    expect(Math.max(...steps)).toBeLessThan(1.6);
    expect((seen[255] ?? 0) - (seen[0] ?? 0)).toBeGreaterThan(60);
  });
  test.each(mapsOf("diverging").map((map) => map.id))("%s is even on both sides", (id) => {
    const seen = lights(id);
    expect(Math.max(...seen)).toBeGreaterThan(94);
    for (const at of [0, 32, 64, 96]) {
      expect(Math.abs((seen[at] ?? 0) - (seen[255 - at] ?? 0))).toBeLessThan(7);
    }
    const [r = 0, g = 0, b = 0] = colourMap(id, "diverging").colours[128] ?? [];
    expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(12);
  });
  test("a map that does not suit the values is replaced", () => {
    expect(colourMap("ember", "sequential").id).toBe("ember");
    expect(colourMap("ember", "diverging").kind).toBe("diverging");
    expect(colourMap("", "sequential").kind).toBe("sequential");
  });
});

const tensor = (shape: readonly number[], values: readonly number[]): Tensor => ({
  shape,
  dtype: "<f4",
  data: new Float32Array(values),
});

const plane = (width: number, values: readonly number[]): Plane => ({
  width,
  height: values.length / width,
  values: new Float32Array(values),
});

describe("planes", () => {
  const map = tensor([1, 2, 2, 2], [1, 2, 3, 4, -10, 20, 30, 40]);
  test("channels of a map are planes; all of them are one", () => {
    const grid = gridOf(map.shape);
    if (!grid) throw new Error("no grid");
    expect([...channelPlane(map, grid, 1).values]).toEqual([-10, 20, 30, 40]);
    expect([...mergedPlane(map, grid, "sum").values]).toEqual([-9, 22, 33, 44]);
    expect([...mergedPlane(map, grid, "largest").values]).toEqual([-10, 20, 30, 40]);
    expect([...energyPlane(map, grid).values]).toEqual([5.5, 11, 16.5, 22]);
  });
  test("tokens lie on a square grid after their class token", () => {
    const tokens = tensor([1, 5, 2], [99, 99, 1, 10, 2, 20, 3, 30, 4, 40]);
    const grid = gridOf(tokens.shape, { extraTokens: 1 });
    if (!grid) throw new Error("no grid");
    expect([...channelPlane(tokens, grid, 1).values]).toEqual([10, 20, 30, 40]);
    expect(gridOf([1, 6, 2])).toBeNull();
    expect(gridOf([1, 10])).toBeNull();
  });
  test("channels last are known by the sizes of the layer", () => {
    const grid = gridOf([1, 2, 2, 3], { height: 2, width: 2 });
    expect(grid).toMatchObject({ channels: 3, height: 2, width: 2, placeStep: 3 });
  });
});

describe("ranges and colours", () => {
  test("signed values are centred on nothing, others start there", () => {
    expect(rangeOf(plane(2, [-1, 3]), 100)).toMatchObject({ low: -3, high: 3, kind: "diverging" });
    const near = rangeOf(plane(2, [0.1, 3]), 100);
    expect(near).toMatchObject({ low: 0, high: 3, kind: "sequential" });
    expect(rangeOf(plane(2, [40, 90]), 100)).toMatchObject({ low: 40, high: 90 });
  });
  test("the percentile cuts, and says how many lie beyond", () => {
    const values = Array.from({ length: 101 }, (_, at) => at);
    expect(rangeOf(plane(101, values), 95)).toMatchObject({ high: 95, clipped: 5 });
  });
  test("zero is the neutral colour and transparent when faded; NaN is never drawn", () => {
    const drawn = plane(4, [-2, 0, 2, NaN]);
    const paint = paintOf(drawn, "", 100, true);
    expect(paint.range.notFinite).toBe(1);
    const bytes = colourise(drawn, paint);
    const alpha = [3, 7, 11, 15].map((at) => bytes[at]);
    expect(alpha[0]).toBe(255);
    expect(alpha[1]).toBeLessThan(20);
    expect(alpha[2]).toBe(255);
    expect(alpha[3]).toBe(0);
    expect(bytes[2]).toBeGreaterThan(bytes[0] ?? 255);
    expect(bytes[8]).toBeGreaterThan(bytes[10] ?? 255);
  });
  test("a plane of one value and an empty range draw without a fault", () => {
    const flat = plane(2, [0, 0]);
    expect(colourise(flat, paintOf(flat, "", 99, false))).toHaveLength(8);
  });
  test("a place reads its own cell", () => {
    const cells = plane(2, [1, 2, 3, 4]);
    expect(valueAt(cells, 0.75, 0.25)).toBe(2);
    expect(valueAt(cells, 0.25, 0.75)).toBe(3);
    expect(valueAt(cells, 1.01, 0)).toBeNull();
  });
});
