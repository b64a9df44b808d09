// SPDX-License-Identifier: Apache-2.0
// Tests of the .npy reader. The files are put together here byte by byte, as NumPy's format states.
import { describe, expect, test } from "vitest";
import { halfToNumber, parseNpy } from "./npy";
import { Problem } from "./problem";

/** A file of version `version` whose header is `head` and whose elements are `body`. */
function file(head: string, body: ArrayBuffer, version = 1): ArrayBuffer {
  const sizes = version > 1 ? 4 : 2;
  const text = head.padEnd(Math.ceil((head.length + 9 + sizes) / 64) * 64 - 9 - sizes, " ") + "\n";
  const bytes = new Uint8Array(8 + sizes + text.length + body.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  bytes.set(new TextEncoder().encode(text), 8 + sizes);
  bytes.set(new Uint8Array(body), 8 + sizes + text.length);
  return bytes.buffer;
}

const head = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe("npy", () => {
  test("float32 in C order, versions 1 and 2", () => {
    const body = new Float32Array([1, -2, 3.5, 0, 5, 6]).buffer;
    for (const version of [1, 2]) {
      const tensor = parseNpy(file(head("<f4", "(1, 2, 3)"), body, version));
      expect(tensor.shape).toEqual([1, 2, 3]);
      expect([...tensor.data]).toEqual([1, -2, 3.5, 0, 5, 6]);
    }
  });
  test("float16, with its infinities, its smallest and what is no number", () => {
    const bits = new Uint16Array([0x3c00, 0xc000, 0x7c00, 0x0001, 0x7e00]);
    const tensor = parseNpy(file(head("<f2", "(5,)"), bits.buffer));
    expect([...tensor.data]).toEqual([1, -2, Infinity, 2 ** -24, NaN]);
    expect(halfToNumber(0x3555)).toBeCloseTo(1 / 3, 3);
  });
  test("other types, and a single number without a shape", () => {
    const long = new BigInt64Array([-7n]).buffer;
    expect([...parseNpy(file(head("<i8", "(1,)"), long)).data]).toEqual([-7]);
    expect([
      ...parseNpy(file(head("|u1", "(3,)"), new Uint8Array([0, 9, 255]).buffer)).data,
    ]).toEqual([0, 9, 255]);
    expect(parseNpy(file(head("<f8", "()"), new Float64Array([0.25]).buffer))).toMatchObject({
      shape: [],
    });
  });
  test("damaged and foreign files are refused with a reason", () => {
    const four = new Float32Array(4).buffer;
    const refused: readonly (readonly [ArrayBuffer, string])[] = [
      [new ArrayBuffer(4), "no .npy file"],
      [new TextEncoder().encode("<!doctype html>").buffer as ArrayBuffer, "no .npy file"],
      [file(head("<f4", "(5,)"), four), "before its last element"],
      [file(head("<f4", "(2, 2)", "True"), four), "Fortran"],
      [file(head(">f4", "(4,)"), four), "big-endian"],
      [file(head("<c8", "(2,)"), four), "<c8"],
      [file(head("<f4", "(x,)"), four), "shape"],
      [file(head("<f4", "(4,)"), four).slice(0, 40), "header"],
    ];
    for (const [bytes, reason] of refused) {
      expect(() => parseNpy(bytes)).toThrow(Problem);
      expect(() => parseNpy(bytes)).toThrow(reason);
    }
  });
});
