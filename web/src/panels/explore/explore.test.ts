// SPDX-License-Identifier: Apache-2.0
// Tests of Explore's arithmetic: brushes and clauses, order of facets, export command.
import { describe, expect, test } from "vitest";
import { formatClause, parseClause } from "@/base/clause";
import type { Facet } from "@/gen/ops";
import { exportCommand, quoteShell } from "./export-command";
import {
  brushOf,
  clauseOf,
  countsOf,
  inOrder,
  moved,
  onlyValue,
  pressed,
  rowsOf,
} from "./facet-model";
import { rowFromText } from "./go-to-row";

const facet = (change: Partial<Facet>): Facet => ({
  field: "confidence",
  title: "Confidence",
  unit: null,
  kind: "number",
  min: 0,
  max: 1,
  edges: Array.from({ length: 41 }, (_, at) => at / 40),
  values: [],
  total: [],
  matched: [],
  wrong: [],
  missing: 0,
  missing_matched: 0,
  missing_wrong: 0,
  distinct: 0,
  ...change,
});
const rank = facet({ field: "rank", edges: [0.5, 1.5, 2.5, 3.5, 4.5], min: 1, max: 4 });

describe("brush and clause", () => {
  const text = (one: Facet, low: number, high: number) => {
    const clause = clauseOf(one, { low, high });
    return clause && formatClause(clause);
  };
  test("inner ranges are written with few digits, ends of the axis are open", () => {
    expect(text(facet({}), 0.1 + 0.2, 0.5)).toBe("confidence=0.3..0.5");
    expect(text(facet({}), 0.9, 1)).toBe("confidence>=0.9");
    expect(text(facet({}), 0, 0.1)).toBe("confidence<=0.1");
    expect(text(facet({}), 0, 1)).toBeNull();
  });
  test("whole numbers are named, not their edges", () => {
    expect(text(rank, 1.5, 3.5)).toBe("rank=2..3");
    expect(text(rank, 1.5, 4.5)).toBe("rank>=2");
    expect(brushOf(rank, [parseClause("rank=2..3")])).toEqual({ low: 1.5, high: 3.5 });
  });
  test("a brush comes back from its clause", () => {
    expect(brushOf(facet({}), [parseClause("confidence>=0.9")])).toEqual({ low: 0.9, high: 1 });
    expect(brushOf(facet({}), [parseClause("confidence>=5")])).toEqual({ low: 1, high: 1 });
    expect(brushOf(facet({}), [parseClause("loss>=0.9")])).toBeNull();
    expect(brushOf(facet({}), [parseClause("confidence=0.5")])).toBeNull();
  });
});

describe("values", () => {
  const label = facet({ field: "label", kind: "category", values: ["a", "b"], total: [3, 2] });
  test("samples without a value are a row of their own", () => {
    const rows = rowsOf({ ...label, matched: [1, 0], missing: 4, missing_matched: 2 });
    expect(rows.at(-1)).toMatchObject({ value: "", total: 4, matched: 2 });
    expect(rowsOf({ ...label, matched: [1, 0] })).toHaveLength(2);
  });
  test("every value and the missing ones tell how many are wrong", () => {
    const facet = { ...label, matched: [9, 9], wrong: [4, 0], missing: 3, missing_wrong: 2 };
    expect(rowsOf(facet).map((row) => row.wrong)).toEqual([4, 0, 2]);
  });
  test("only this value, and again for none", () => {
    const one = pressed([parseClause("label=b")], "label", "a", true);
    expect(one.map(formatClause)).toEqual(["label=a"]);
    expect(pressed(one, "label", "a", true)).toEqual([]);
    expect(pressed(one, "label", "b", false).map(formatClause)).toEqual(["label=a|b"]);
  });
  test("a facet with one value says nothing", () => {
    expect(onlyValue(facet({ min: 28, max: 28 }))).toBe("28");
    expect(onlyValue(facet({ min: 28, max: 28, missing: 1 }))).toBeNull();
    expect(onlyValue(facet({ min: null, max: null }))).toBe("none");
    expect(onlyValue({ ...label, values: ["png"] })).toBe("png");
    expect(onlyValue(label)).toBeNull();
  });
});

describe("how many are wrong", () => {
  const outcome = facet({
    field: "outcome",
    kind: "category",
    values: ["right", "wrong", "broken"],
    matched: [70, 20, 10],
  });
  const result = { total: 200, matched: 100, facets: [outcome] };
  const count = (...where: string[]) => countsOf(result, where.map(parseClause));
  test("the outcome facet tells, whatever the filter holds the outcome to", () => {
    expect(count("label=a")).toEqual({ total: 200, matched: 100, errors: 20, scored: 90 });
    expect(count("outcome=wrong")).toMatchObject({ errors: 20, scored: 20 });
    expect(count("outcome=right|broken")).toMatchObject({ errors: 0, scored: 70 });
    expect(count("outcome!=right")).toMatchObject({ errors: 20, scored: 20 });
  });
  test("what it cannot tell is asked for", () => {
    expect(count("outcome~wro")).toBeNull();
    expect(count("outcome=wrong", "outcome!=broken")).toBeNull();
    expect(countsOf({ ...result, facets: [] }, [])).toBeNull();
  });
});

describe("order of facets", () => {
  const all = ["width", "meta.site", "confidence", "outcome"].map((field) => facet({ field }));
  const fields = (saved: string[]) => inOrder(all, saved).map((one) => one.field);
  test("ours, until the person has one", () => {
    expect(fields([])).toEqual(["outcome", "confidence", "meta.site", "width"]);
    expect(fields(["width", "gone"])).toEqual(["width", "outcome", "confidence", "meta.site"]);
  });
  test("moving stays within the list", () => {
    expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b", "c"], "a", -5)).toEqual(["a", "b", "c"]);
    expect(moved(["a", "b", "c"], "a", 9)).toEqual(["b", "c", "a"]);
    expect(moved(["a"], "x", 1)).toEqual(["a"]);
  });
});

describe("export command", () => {
  test("quotes what a shell would read", () => {
    expect(quoteShell("label=cat")).toBe("label=cat");
    expect(quoteShell("label=cat|dog")).toBe("'label=cat|dog'");
    expect(quoteShell("it's $HOME")).toBe("'it'\\''s $HOME'");
    expect(quoteShell("a\nb'\\")).toBe("$'a\\nb\\'\\\\'");
    expect(quoteShell("")).toBe("''");
  });
  test("says the view", () => {
    const base = {
      to: "",
      group: "label",
      run: "r2",
      other: "",
      sort: "-loss",
      workspace: "/data/my work",
    } as const;
    const where = ["outcome=wrong", "label=a|b"];
    expect(exportCommand({ ...base, what: "images", where })).toBe(
      "slitlamp export DIR --what images --run r2 --where outcome=wrong --where 'label=a|b' " +
        "--sort=-loss --workspace '/data/my work' --group label",
    );
    const unknown = { ...base, workspace: "" };
    expect(exportCommand({ ...unknown, what: "predictions", where: [], to: "my out.csv" })).toBe(
      "slitlamp export 'my out.csv' --what predictions --run r2 --sort=-loss",
    );
  });
});

test("a row can be typed as a number or as a share of the way", () => {
  expect(rowFromText("1,234", 5000)).toBe(1233);
  expect(rowFromText("50%", 1000)).toBe(500);
  expect(rowFromText("100%", 1000)).toBe(999);
  expect(rowFromText("0", 1000)).toBeNull();
  expect(rowFromText("1001", 1000)).toBeNull();
  expect(rowFromText("x", 1000)).toBeNull();
});
