// SPDX-License-Identifier: Apache-2.0
// Tests of edits as text.
import { describe, expect, test } from "vitest";
import { channelsOff, describeEdit, formatEdit, parseEdit, toggleChannel } from "./edit-text";

const LAYER = "/stage3/stage3.0/relu2/Relu_output_0";

describe("edits", () => {
  test.each([
    `${LAYER}[12,40]*0`,
    `${LAYER}@2:5,3:9*0`,
    "layer4[3]@0:7,0:7=1.5",
    "features.7=mean",
    "blocks.3[5]+0.8",
    "a[1]*-2e-3",
  ])("%s is read and written the same", (text) => {
    const edit = parseEdit(text);
    expect(edit && formatEdit(edit)).toBe(text);
  });
  test("the parts are what they say", () => {
    expect(parseEdit("layer4[3,7]@2:5,3:9*0")).toEqual({
      layer: "layer4",
      channels: [3, 7],
      region: [2, 5, 3, 9],
      change: "*0",
    });
    expect(parseEdit("layer4")).toBeNull();
  });
  test("channels are switched off and on in one edit of their layer", () => {
    let edits = toggleChannel([], LAYER, 9);
    edits = toggleChannel(edits, LAYER, 2);
    edits = toggleChannel(edits, "other", 1);
    expect(edits).toEqual([`${LAYER}[2,9]*0`, "other[1]*0"]);
    expect(channelsOff(edits, LAYER)).toEqual([2, 9]);
    edits = toggleChannel(edits, LAYER, 9);
    edits = toggleChannel(edits, LAYER, 2);
    expect(edits).toEqual(["other[1]*0"]);
  });
  test("other edits of the layer stay as they are", () => {
    const region = `${LAYER}[2]@0:1,0:1*0`;
    expect(toggleChannel([region], LAYER, 2)).toEqual([region, `${LAYER}[2]*0`]);
  });
  test("words", () => {
    const words = (text: string) => describeEdit(parseEdit(text) ?? never());
    expect(words("a[4]*0")).toBe("channel 4 off");
    expect(words("a[4,5]@0:2,1:4*0")).toBe("channels 4, 5, 2 × 3 places off");
    expect(words("a=mean")).toBe("all channels =mean");
  });
});

function never(): never {
  throw new Error("not an edit");
}
