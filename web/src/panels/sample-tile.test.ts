// SPDX-License-Identifier: Apache-2.0
// Tests of tiles: what a sample shows when parts of it are missing, and names that hide characters.
import { expect, test } from "vitest";
import type { Sample } from "@/gen/ops";
import { tileOf } from "./sample-tile";
import { turnedTile } from "./turned/turned-tile";

const sample: Sample = {
  row: 4,
  sample: "s5",
  name: "a\nb.png",
  label: "Shirt",
  pred: "Coat",
  image: "abc",
  split: "test",
  error: null,
  other_pred: "Dress",
  outcome: "right",
  other_outcome: "wrong",
  width: 28,
  height: 28,
  confidence: 0.4,
  entropy: 0,
  margin: 0,
  loss: 0,
  other_confidence: 0.97,
};

test("a sample becomes a tile with its picture by key", () => {
  const tile = tileOf(sample, 96);
  expect(tile.src).toMatch(/^\/v1\/blob\/thumb-abc-\d+$/);
  expect(tile.name).toBe("a␊b.png");
  expect(tile.prediction).toBe("Coat");
});

test("a sample without an image is broken and says why", () => {
  const tile = tileOf({ ...sample, image: null, error: "ends early", width: null }, 96);
  expect(tile).toMatchObject({ src: "", outcome: "broken", error: "ends early", width: 0 });
});

test("a sample without label or prediction has none", () => {
  const tile = tileOf({ ...sample, label: null, pred: null }, 96);
  expect(tile.label).toBeNull();
  expect(tile.prediction).toBeNull();
});

test("newly broken shows what the second run says, fixed what the first said", () => {
  expect(turnedTile(sample, "broken")).toMatchObject({
    prediction: "Dress",
    confidence: 0.97,
    outcome: "wrong",
  });
  expect(turnedTile(sample, "fixed")).toMatchObject({ prediction: "Coat", confidence: 0.4 });
});
