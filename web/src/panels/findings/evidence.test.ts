// SPDX-License-Identifier: Apache-2.0
// Tests of findings: evidence under headings in order of appearance, pictures and their words.
import { expect, test } from "vitest";
import { evidenceGroups } from "./evidence";
import { findingPicture } from "./picture";

const row = (group: string | null, name: string) => ({ group, name, value: "1", journal: null });

test("rows gather under their headings in the order they came", () => {
  const groups = evidenceGroups([row("b", "1"), row("a", "2"), row("b", "3"), row(null, "4")]);
  expect(groups.map((group) => group.title)).toEqual(["b", "a", ""]);
  expect(groups[0]?.rows.map((one) => one.name)).toEqual(["1", "3"]);
});

test("nothing gives no groups", () => {
  expect(evidenceGroups([])).toEqual([]);
});

test("a file that does not decode has no picture but its reason", () => {
  const tile = {
    src: "/v1/blob/x",
    name: "a.png",
    outcome: "wrong" as const,
    label: "Shirt",
    prediction: "Coat",
    confidence: 0.5,
    width: 28,
  };
  expect(findingPicture(tile)).toEqual({
    src: "/v1/blob/x",
    title: "a.png: Shirt, predicted Coat",
  });
  expect(findingPicture({ ...tile, outcome: "broken", error: "ends early" })).toEqual({
    src: "",
    title: "a.png: ends early",
  });
  expect(findingPicture({ ...tile, label: null, prediction: null }).title).toBe(
    "a.png: no label, no prediction",
  );
});
