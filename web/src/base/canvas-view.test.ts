// SPDX-License-Identifier: Apache-2.0
// Tests of the canvas in the address: nothing for the start, everything back, nonsense survived.
import { describe, expect, test } from "vitest";
import {
  type CanvasView,
  decodeCanvas,
  EMPTY_CANVAS,
  encodeCanvas,
  encodeSheet,
  PLAIN_SHEETS,
  withSheet,
} from "./canvas-view";

const through = (canvas: CanvasView): CanvasView => {
  const query = new URLSearchParams();
  encodeCanvas(query, canvas);
  return decodeCanvas(new URLSearchParams(query.toString()));
};

describe("the canvas in the address", () => {
  test("as it starts it adds nothing", () => {
    const query = new URLSearchParams();
    encodeCanvas(query, EMPTY_CANVAS);
    expect(query.toString()).toBe("");
    expect(decodeCanvas(query)).toEqual(EMPTY_CANVAS);
  });
  test("everything set comes back", () => {
    let canvas: CanvasView = {
      ...EMPTY_CANVAS,
      mode: "pipeline",
      whole: true,
      layer: "/stage3/stage3.0/relu2/Relu_output_0",
      channel: 12,
      method: "integrated_gradients",
      options: { steps: 32, rule: "riemann_left", absolute: false },
      target: "class:3",
      edits: ["fire2/concat_1[1,2]*0", "layer4@2:5,3:9*0"],
    };
    canvas = withSheet(canvas, "activation", { on: true, opacity: 0.35, blend: "screen" });
    canvas = withSheet(canvas, "attribution", {
      map: "dusk",
      clip: 99.5,
      cells: true,
      fade: false,
    });
    expect(through(canvas)).toEqual(canvas);
  });
  test("one sheet as text says only what differs", () => {
    expect(encodeSheet("saw", PLAIN_SHEETS.saw)).toBe("");
    expect(encodeSheet("pixels", { ...PLAIN_SHEETS.pixels, on: true, opacity: 0.5 })).toBe(
      "pixels,on,opacity:0.5",
    );
  });
  test("nonsense falls back to the start", () => {
    const query = new URLSearchParams(
      "channel=-4&sheet=saw,opacity:9,blend:glow,clip:x,what&sheet=none,on&option=:1&option=a&look=z",
    );
    expect(decodeCanvas(query)).toEqual(EMPTY_CANVAS);
  });
});
