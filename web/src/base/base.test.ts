// SPDX-License-Identifier: Apache-2.0
// Tests of the base layer: each block checks one invariant stated in a header of this folder.
import { EMPTY_CANVAS } from "./canvas-view";
import { describe, expect, test } from "vitest";
import { binAt, countIn, nudge, shift, snap } from "./bins";
import {
  type Clause,
  describeClause,
  formatClause,
  invertClause,
  parseClause,
  toggleValue,
} from "./clause";
import { clusterOrder } from "./cluster";
import { contrast, luminance, parseColour, ramp } from "./colour";
import * as format from "./format";
import { fuzzyFilter, fuzzyScore } from "./fuzzy";
import { chordOf, keyCaps, normaliseChord } from "./keys";
import { changedOnly, checkParam, defaultsOf, type ParamRow } from "./params";
import { problemFromBody, toProblem } from "./problem";
import { nearest, ticks } from "./scale";
import {
  physicalHeight,
  scrolled,
  scrollTo,
  settle,
  topShowing,
  virtualTop,
  visibleRows,
} from "./scroll";
import { decodeView, EMPTY_VIEW, encodeView, type View } from "./view";

describe("format", () => {
  test("integers, compact and signed numbers", () => {
    expect(format.fmtInt(1234567)).toBe("1,234,567");
    expect(format.fmtInt(-1234.4)).toBe("−1,234");
    expect(format.fmtInt(null)).toBe("–");
    expect(format.fmtCompact(1234567)).toBe("1.23M");
    expect(format.fmtSigned(0.04, 1)).toBe("±0.0");
    expect(format.fmtSigned(-1.25, 1)).toBe("−1.3");
  });
  test("reals keep significant digits", () => {
    expect(format.fmtReal(0.012345, 3)).toBe("0.0123");
    expect(format.fmtReal(123.456)).toBe("123.5");
    expect(format.fmtReal(1e-9, 3)).toBe("1.0e−9");
    expect(format.fmtReal(-Infinity)).toBe("−∞");
  });
  test("percent never rounds to a certainty", () => {
    expect(format.fmtPercent(0.9234)).toBe("92.3%");
    expect(format.fmtPercent(0.99996)).toBe(">99.9%");
    expect(format.fmtPercent(0.0001)).toBe("<0.1%");
    expect(format.fmtPercent(1)).toBe("100.0%");
  });
  test("an interval has no dash beside a minus", () => {
    expect(format.fmtInterval(0.918, 0.9294, 3)).toBe("0.918–0.929");
    expect(format.fmtInterval(-0.043, 0.01, 2)).toBe("−0.04 to 0.01");
  });
  test("sizes, times and names", () => {
    expect(format.fmtBytes(1536)).toBe("1.50\u2009KiB");
    expect(format.fmtDuration(125_000)).toBe("2\u2009min 05\u2009s");
    expect(format.fmtTime(Date.UTC(2026, 2, 4, 17, 5, 9), true)).toBe("2026-03-04 17:05:09");
    expect(format.fmtName("a\nb\u202ec")).toBe("a␊b⟨U+202E⟩c");
    expect(format.fmtKey("sha256:9f86d081884c7d65")).toBe("sha256:9f86d081…");
  });
});

describe("clauses and views", () => {
  const clauses: Clause[] = [
    { kind: "in", field: "label", values: ["cat|dog", "back\\slash", "a=b"] },
    { kind: "not", field: "label", values: ["x"] },
    { kind: "range", field: "confidence", low: 0.2, high: 0.5 },
    { kind: "range", field: "confidence", low: 0.9, high: null },
    { kind: "range", field: "loss", low: null, high: 1e-7 },
    { kind: "has", field: "name", text: "night|\\ & day" },
    { kind: "raw", field: "width", text: "width>3 or so" },
  ];
  test.each(clauses)("$kind survives its text form", (clause) => {
    expect(parseClause(formatClause(clause))).toEqual(clause);
  });
  test("text keeps its form even where we read a value as a range", () => {
    for (const text of ["label=0..1", "label=a\\|b|c", "x<3", "name!~day", "label="]) {
      expect(formatClause(parseClause(text))).toBe(text);
    }
  });
  test("the view survives the URL", () => {
    const view: View = {
      run: "r1",
      other: "r2",
      where: clauses,
      sort: { field: "loss", descending: true },
      sample: "s12",
      row: 999_999,
      tab: "classes",
      classes: ["Ankle boot", "a&b=c"],
      canvas: { ...EMPTY_CANVAS, layer: "features.7/out", edits: ["a[1,2]*0"] },
    };
    expect(decodeView("?" + encodeView(view))).toEqual(view);
    expect(encodeView(EMPTY_VIEW)).toBe("");
    expect(decodeView("?row=abc&sort=-&where=")).toEqual(EMPTY_VIEW);
  });
  test("an inverted clause holds where it did not, and twice is itself", () => {
    const inverse = (text: string) => formatClause(invertClause(parseClause(text)));
    const pairs = [
      ["label=cat|dog", "label!=cat|dog"],
      ["confidence>=0.9", "confidence<0.9"],
      ["loss<=2", "loss>2"],
      ["name~night", "name!~night"],
      ["confidence=0.2..0.5", "confidence!=0.2..0.5"],
    ] as const;
    for (const [text, other] of pairs) {
      expect(inverse(text)).toBe(other);
      expect(inverse(other)).toBe(text);
    }
    expect(invertClause(parseClause("no clause"))).toEqual(parseClause("no clause"));
  });
  test("clauses read as words", () => {
    const read = (text: string) => describeClause(parseClause(text));
    expect(read("label=")).toBe("label is missing");
    expect(read("confidence<0.9")).toBe("confidence under 0.9");
    expect(read("name!~x")).toBe("name lacks “x”");
    expect(read("confidence!=0.2..0.5")).toBe("confidence is not 0.2 to 0.5");
    expect(parseClause("name!~x").field).toBe("name");
    expect(read("path=C:\\new")).toBe("path is C:\\new");
  });
  test("toggling values adds, removes and drops the empty clause", () => {
    const one = toggleValue([], "label", "cat");
    const two = toggleValue(one, "label", "dog");
    expect(two).toEqual([{ kind: "in", field: "label", values: ["cat", "dog"] }]);
    expect(toggleValue(toggleValue(two, "label", "cat"), "label", "dog")).toEqual([]);
    expect(describeClause(parseClause("confidence>=0.9"))).toBe("confidence from 0.9");
  });
});

describe("scaled scrolling", () => {
  const size = { content: 1e9, viewport: 800 };
  test("every row can be reached and is drawn where it is", () => {
    for (const row of [0, 1, 499_999, 999_998, 999_999]) {
      const state = scrollTo(size, row * 1000);
      const range = visibleRows(size, state, 1000, 1_000_000, 0);
      expect(range.first).toBeLessThanOrEqual(row);
      expect(range.end).toBeGreaterThan(row);
      expect(state.physical).toBeLessThanOrEqual(physicalHeight(size) - size.viewport);
    }
  });
  test("the wheel moves by exactly its pixels", () => {
    const start = scrollTo(size, 5e8);
    const next = scrolled(size, start, start.physical + 53);
    expect(virtualTop(next) - virtualTop(start)).toBe(53);
  });
  test("the thumb maps its whole track onto the whole content", () => {
    const end = scrolled(size, scrollTo(size, 0), physicalHeight(size) - size.viewport);
    expect(virtualTop(end)).toBeCloseTo(size.content - size.viewport, 3);
    expect(virtualTop(scrolled(size, end, 0))).toBe(0);
  });
  test("settling moves the thumb and not the content", () => {
    const drifted = { physical: 5000, base: 3e8 };
    const settled = settle(size, drifted);
    expect(virtualTop(settled)).toBe(virtualTop(drifted));
    expect(settled.physical).not.toBe(drifted.physical);
  });
  test("short content is not scaled", () => {
    const short = { content: 5000, viewport: 800 };
    expect(scrolled(short, scrollTo(short, 0), 1234)).toEqual({ physical: 1234, base: 0 });
    expect(topShowing(short, { physical: 0, base: 0 }, 100, 9)).toBe(200);
    expect(topShowing(short, { physical: 950, base: 0 }, 100, 9)).toBe(900);
  });
});

describe("histogram brush", () => {
  const edges = [0, 0.25, 0.5, 0.75, 1];
  test("a drag snaps to whole bins", () => {
    expect(snap(edges, 0.6, 0.3)).toEqual({ low: 0.25, high: 0.75 });
    expect(snap(edges, 1, 1)).toEqual({ low: 0.75, high: 1 });
    expect(binAt(edges, -3)).toBe(0);
  });
  test("it counts what it covers", () => {
    expect(countIn(edges, [1, 2, 4, 8], { low: 0.25, high: 0.75 })).toBe(6);
  });
  test("nudging keeps at least one bin and stays on the axis", () => {
    const range = { low: 0.25, high: 0.5 };
    expect(nudge(edges, range, "low", 9)).toEqual(range);
    expect(nudge(edges, range, "high", 9)).toEqual({ low: 0.25, high: 1 });
    expect(shift(edges, range, 1)).toEqual({ low: 0.5, high: 0.75 });
    expect(shift(edges, range, -9)).toEqual({ low: 0, high: 0.25 });
  });
});

describe("keys", () => {
  const event = (
    key: string,
    mods: Partial<Record<"ctrlKey" | "shiftKey" | "altKey" | "metaKey", boolean>> = {},
  ) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...mods });
  test("chords name what is typed", () => {
    expect(chordOf(event("k", { ctrlKey: true }), false)).toBe("Mod+K");
    expect(chordOf(event("k", { metaKey: true }), true)).toBe("Mod+K");
    expect(chordOf(event("?", { shiftKey: true }), false)).toBe("?");
    expect(chordOf(event("ArrowDown", { shiftKey: true }), false)).toBe("Shift+ArrowDown");
    expect(chordOf(event("Shift", { shiftKey: true }), false)).toBe("");
  });
  test("spelling is normalised and drawn", () => {
    expect(normaliseChord("shift+mod+k")).toBe("Mod+Shift+K");
    expect(normaliseChord("g o")).toBe("G O");
    expect(normaliseChord("+")).toBe("+");
    expect(keyCaps("Mod+Shift+K", true)).toEqual(["⌘", "⇧", "K"]);
    expect(keyCaps("Mod+K", false)).toEqual(["Ctrl", "K"]);
  });
});

describe("the rest", () => {
  test("ticks are round and inside", () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(0.13, 0.87, 4)).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(nearest([0, 1, 4, 9], 5)).toBe(2);
  });
  test("fuzzy search prefers whole and early matches", () => {
    expect(fuzzyScore("xyz", "abc")).toBe(-1);
    expect(
      fuzzyFilter(["next failing sample", "go to overview", "overview"], "over", String)[0],
    ).toBe("overview");
    expect(fuzzyFilter(["next failing sample", "overview"], "nfs", String)).toEqual([
      "next failing sample",
    ]);
  });
  test("clusters put confused classes side by side and lose none", () => {
    const counts = [50, 0, 40, 0, 0, 90, 0, 5, 40, 0, 50, 0, 0, 9, 0, 80];
    const order = clusterOrder(counts, 4);
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
    expect(Math.abs(order.indexOf(0) - order.indexOf(2))).toBe(1);
    expect(Math.abs(order.indexOf(1) - order.indexOf(3))).toBe(1);
  });
  test("contrast is WCAG's, and ramps rise in lightness", () => {
    expect(contrast(parseColour("#000000"), parseColour("#ffffff"))).toBeCloseTo(21, 5);
    const light = ramp(["#101418", "#2f6fe4", "#e8f1ff"]).map(luminance);
    expect(light.every((value, at) => at === 0 || value >= (light[at - 1] ?? 0) - 1e-3)).toBe(true);
  });
  test("parameters: defaults, checks, and only what changed", () => {
    const rows: ParamRow[] = [
      { name: "bins", type: "int", min: 1, max: 512, default: 40 },
      { name: "model", type: "path", required: true },
      { name: "copy", type: "bool", default: false },
      { name: "sizes", type: "int", list: true, min: 1 },
    ];
    const values = { ...defaultsOf(rows), bins: 20 };
    expect(changedOnly(rows, values)).toEqual({ bins: 20 });
    expect(checkParam(rows[0]!, 1000)).toBe("must be between 1 and 512");
    expect(checkParam(rows[0]!, 1.5)).toBe("must be a whole number");
    expect(checkParam(rows[1]!, null)).toBe("is required");
    expect(checkParam(rows[3]!, [3, 0])).toBe("must be at least 1");
  });
  test("problems keep the four texts of the core", () => {
    const problem = problemFromBody(
      { title: "no run", detail: "d", hint: "h", context: "c", code: "SL_E_NOT_FOUND", x: 1 },
      404,
    );
    expect([
      problem.message,
      problem.detail,
      problem.hint,
      problem.context,
      problem.code,
      problem.status,
    ]).toEqual(["no run", "d", "h", "c", "SL_E_NOT_FOUND", 404]);
    expect(toProblem(new TypeError("boom")).message).toBe("boom");
    expect(toProblem("text").message).toBe("text");
  });
});

test("ticks are as short as can be", () => {
  expect([0, 0.2, 1, 250, 5000, 20_000, 1e-5].map(format.fmtTick)).toEqual([
    "0",
    "0.2",
    "1",
    "250",
    "5,000",
    "20k",
    "1e−5",
  ]);
});
