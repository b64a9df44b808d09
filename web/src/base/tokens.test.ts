// SPDX-License-Identifier: Apache-2.0
// Reads tokens.css and computes the contrast of every pair that occurs, in both themes.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { contrast, parseColour } from "./colour";

const text = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const pairs = new Map(
  [...text.matchAll(/(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map((match) => [
    match[1] ?? "",
    { light: match[2] ?? "", dark: match[3] ?? "" },
  ]),
);

const surfaces = ["--bg", "--panel", "--raised", "--overlay", "--hover"];
const texts = ["--fg", "--fg-2", "--fg-3", "--accent", "--good", "--bad", "--warn"];
const marks = [
  "--edge",
  "--match",
  "--wrong",
  "--data-line",
  ...Array.from({ length: 8 }, (_, at) => `--cat-${at + 1}`),
];

function ratio(front: string, back: string, theme: "light" | "dark"): number {
  const [a, b] = [pairs.get(front), pairs.get(back)];
  if (!a || !b) throw new Error(`no colour ${front} or ${back}`);
  return contrast(parseColour(a[theme]), parseColour(b[theme]));
}

describe.each(["light", "dark"] as const)("contrast in the %s theme", (theme) => {
  test.each(texts)("text %s is 4.5:1 on every surface", (name) => {
    for (const surface of surfaces) {
      expect(ratio(name, surface, theme), `${name} on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });
  test.each(["--accent", "--good", "--bad", "--warn"])(
    "%s is readable on its soft ground",
    (name) => {
      expect(ratio(name, `${name}-soft`, theme)).toBeGreaterThanOrEqual(4.5);
    },
  );
  test.each(marks)("mark %s is 3:1 on panels", (name) => {
    for (const surface of ["--bg", "--panel"]) {
      expect(ratio(name, surface, theme), `${name} on ${surface}`).toBeGreaterThanOrEqual(3);
    }
  });
  test("white is readable on the accent fill", () => {
    for (const fill of ["--accent-fill", "--accent-fill-hover"]) {
      const colour = pairs.get(fill)?.[theme] ?? "";
      expect(contrast(parseColour("#ffffff"), parseColour(colour))).toBeGreaterThanOrEqual(4.5);
    }
  });
});
