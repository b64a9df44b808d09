// SPDX-License-Identifier: Apache-2.0
// Tests of evidence: headings in order of appearance, rows without one first come first.
import { expect, test } from "vitest";
import { evidenceGroups } from "./evidence";

const row = (group: string | null, name: string) => ({ group, name, value: "1", journal: null });

test("rows gather under their headings in the order they came", () => {
  const groups = evidenceGroups([row("b", "1"), row("a", "2"), row("b", "3"), row(null, "4")]);
  expect(groups.map((group) => group.title)).toEqual(["b", "a", ""]);
  expect(groups[0]?.rows.map((one) => one.name)).toEqual(["1", "3"]);
});

test("nothing gives no groups", () => {
  expect(evidenceGroups([])).toEqual([]);
});
