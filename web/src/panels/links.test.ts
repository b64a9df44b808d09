// SPDX-License-Identifier: Apache-2.0
// Tests of links: rules become views, names with special characters survive the way to the core.
import { expect, test } from "vitest";
import { formatClause, parseClause } from "@/base/clause";
import { encodeView } from "@/base/view";
import type { Run } from "@/gen/ops";
import { between, is, viewOf } from "./links";

const run = { id: "r2" } as Run;
const other = { id: "r1" } as Run;

test("a rule becomes the whole view of its run", () => {
  const view = viewOf(run, { where: ["outcome=wrong", "label=Shirt"], sort: "-confidence" });
  expect(encodeView(view)).toBe(
    "run=r2&where=outcome%3Dwrong&where=label%3DShirt&sort=-confidence",
  );
  expect(view.row).toBe(-1);
  expect(view.sample).toBe("");
});

test("a rule of two runs names both, a rule without an order has none", () => {
  const view = viewOf(run, { where: ["change=still wrong"], sort: null }, other);
  expect(encodeView(view)).toBe("run=r2&other=r1&where=change%3Dstill+wrong");
  expect(view.sort).toBeNull();
});

test("without a run the newest is meant", () => {
  expect(viewOf(null, { where: [] }).run).toBe("");
});

test("names with separators are one value again after the way through text", () => {
  for (const name of ["a|b", "x=y", "back\\slash", "<b>", "שלום", ""]) {
    const clause = parseClause(is("label", name));
    expect(clause).toEqual({ kind: "in", field: "label", values: [name] });
    expect(formatClause(clause)).toBe(is("label", name));
  }
});

test("bins are ranges with both ends", () => {
  expect(between("confidence", 0.2, 0.25)).toBe("confidence=0.2..0.25");
  expect(parseClause(between("confidence", 0, 1 / 15))).toEqual({
    kind: "range",
    field: "confidence",
    low: 0,
    high: 1 / 15,
  });
});
