// SPDX-License-Identifier: Apache-2.0
// Tests of the way from picture to input coordinates, against sizes of real pipelines.
import { describe, expect, test } from "vitest";
import {
  cellsIn,
  type FrameStep,
  inputInPicture,
  pictureInInput,
  placementOf,
  toInput,
  toPicture,
} from "./frame";

const step = (name: string, width: number, height: number, params: object = {}): FrameStep => ({
  name,
  width,
  height,
  params: JSON.stringify(params),
});

describe("placements", () => {
  const imagenet = [
    step("decode", 376, 263),
    step("resize", 365, 256),
    step("crop", 224, 224, { size: 224, rounding: "nearest" }),
    step("layout", 224, 224),
  ];
  test("short side and central crop: the middle stays the middle", () => {
    const place = placementOf(imagenet);
    const [x, y] = toInput(place, 188, 131.5);
    expect(Math.abs(x - 112)).toBeLessThanOrEqual(0.5);
    expect(y).toBeCloseTo(112, 5);
    // 365 - 224 leaves 141 columns; half of them is rounded to the even 70.
    expect(place.offsetX).toBe(-70);
    const back = toPicture(place, ...toInput(place, 10, 20));
    expect(back[0]).toBeCloseTo(10, 9);
    expect(back[1]).toBeCloseTo(20, 9);
  });
  test("the input lies within the picture, the picture around the input", () => {
    const place = placementOf(imagenet);
    const input = inputInPicture(place, { width: 224, height: 224 });
    expect(input.x).toBeCloseTo((70 * 376) / 365, 6);
    expect(input.y).toBeCloseTo((16 * 263) / 256, 6);
    const picture = pictureInInput(place, { width: 376, height: 263 });
    expect(picture).toMatchObject({ x: -70, y: -16, width: 365, height: 256 });
  });
  test("a letterbox keeps the shape and centres it", () => {
    const place = placementOf([step("decode", 1280, 720), step("letterbox", 640, 640)]);
    expect(toInput(place, 0, 0)).toEqual([0, 140]);
    expect(toInput(place, 1280, 720)).toEqual([640, 500]);
    const small = [step("decode", 100, 50), step("letterbox", 640, 640, { scale_up: false })];
    expect(toInput(placementOf(small), 0, 0)).toEqual([270, 295]);
  });
  test("borders: as stated, or to a square", () => {
    const stated = [step("decode", 10, 10), step("pad", 14, 12, { left: 3, top: 1 })];
    expect(toInput(placementOf(stated), 0, 0)).toEqual([3, 1]);
    const square = [step("decode", 10, 5), step("pad", 10, 10, { square: true, left: 0, top: 0 })];
    expect(toInput(placementOf(square), 0, 0)).toEqual([0, 2]);
  });
  test("steps that only change values, and none at all, move nothing", () => {
    const same = [step("decode", 28, 28), step("normalize", 28, 28)];
    expect(toInput(placementOf(same), 5, 6)).toEqual([5, 6]);
    expect(toInput(placementOf([]), 5, 6)).toEqual([5, 6]);
    const odd = [{ ...step("decode", 4, 4), params: "{" }, step("crop", 2, 2)];
    expect(toInput(placementOf(odd), 1, 1)).toEqual([0, 0]);
  });
});

describe("cells", () => {
  const frame = { width: 224, height: 224 };
  test("all cells a box touches, rows first", () => {
    const box = { x: 17, y: 33, width: 20, height: 40 };
    expect(cellsIn(box, frame, { height: 14, width: 14 })).toEqual([2, 5, 1, 3]);
  });
  test("a box on the edges of cells takes no more", () => {
    const box = { x: 16, y: 32, width: 16, height: 16 };
    expect(cellsIn(box, frame, { height: 14, width: 14 })).toEqual([2, 3, 1, 2]);
  });
  test("outside is nothing; beyond is cut", () => {
    expect(
      cellsIn({ x: -20, y: 0, width: 10, height: 9 }, frame, { height: 7, width: 7 }),
    ).toBeNull();
    expect(
      cellsIn({ x: -20, y: -20, width: 900, height: 900 }, frame, { height: 7, width: 7 }),
    ).toEqual([0, 7, 0, 7]);
  });
});
