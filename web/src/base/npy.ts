// SPDX-License-Identifier: Apache-2.0
// Reads .npy files (NumPy's array format, versions 1 to 3): the tensors behind maps. Invariant:
// what parseNpy() returns holds exactly as many elements as its shape says; anything else is a
// Problem.
import { Problem } from "./problem";

export interface Tensor {
  /** Sizes, the batch first; empty for a single number. */
  readonly shape: readonly number[];
  /** Element type as NumPy writes it, "<f4". */
  readonly dtype: string;
  /** Elements in C order. */
  readonly data: Float32Array;
}

const damaged = (reason: string): Problem =>
  new Problem({
    message: `the tensor from the server cannot be read: ${reason}`,
    code: "page",
    hint: "Reload the page; the server makes the file again.",
  });

/** A half-precision number from its bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

type Reader = (view: DataView, at: number) => number;

/** Element types that are read: their size, and how one is read from a little-endian file. */
const READERS: Readonly<Record<string, readonly [number, Reader]>> = {
  f2: [2, (view, at) => halfToNumber(view.getUint16(at, true))],
  f4: [4, (view, at) => view.getFloat32(at, true)],
  f8: [8, (view, at) => view.getFloat64(at, true)],
  i1: [1, (view, at) => view.getInt8(at)],
  i2: [2, (view, at) => view.getInt16(at, true)],
  i4: [4, (view, at) => view.getInt32(at, true)],
  i8: [8, (view, at) => Number(view.getBigInt64(at, true))],
  u1: [1, (view, at) => view.getUint8(at)],
  b1: [1, (view, at) => view.getUint8(at)],
};

interface Head {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
}

function readHead(bytes: ArrayBuffer): Head {
  const view = new DataView(bytes);
  if (bytes.byteLength < 12 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059) {
    throw damaged("it is no .npy file");
  }
  const isLong = view.getUint8(6) > 1;
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (isLong ? 12 : 10) + length;
  if (start > bytes.byteLength) throw damaged("it ends within its header");
  const text = new TextDecoder().decode(new Uint8Array(bytes, start - length, length));
  const dtype = /'descr':\s*'([^']+)'/.exec(text)?.[1] ?? "";
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  if (sizes === undefined) throw damaged("its header states no shape");
  if (/'fortran_order':\s*True/.test(text)) throw damaged("it is in Fortran order");
  const shape = sizes.split(",").filter((part) => part.trim() !== "");
  return { dtype, shape: shape.map(Number), start };
}

const IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function readElements(bytes: ArrayBuffer, head: Head, kind: string, count: number): Float32Array {
  const reader = READERS[kind];
  if (!reader) throw damaged(`elements of type "${head.dtype}" are not known here`);
  const [size, read] = reader;
  if (head.start + count * size > bytes.byteLength)
    throw damaged("it ends before its last element");
  if (kind === "f4" && IS_LITTLE && head.start % 4 === 0) {
    return new Float32Array(bytes, head.start, count);
  }
  const view = new DataView(bytes, head.start);
  const data = new Float32Array(count);
  for (let at = 0; at < count; at += 1) data[at] = read(view, at * size);
  return data;
}

export function parseNpy(bytes: ArrayBuffer): Tensor {
  const head = readHead(bytes);
  if (head.dtype.startsWith(">")) throw damaged("its bytes are in big-endian order");
  const count = head.shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count)) throw damaged("its shape is not made of numbers");
  const kind = head.dtype.replace(/^[<|=]/, "");
  return { dtype: head.dtype, shape: head.shape, data: readElements(bytes, head, kind, count) };
}
