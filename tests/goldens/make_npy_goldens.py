# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/npy/: arrays as NumPy saves them. Made with numpy 2.4.6.

Run from the repository root: python3 tests/goldens/make_npy_goldens.py
"""
import io
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

OUT = Path("tests/data/npy")


def save(name, array, version=None):
    stream = io.BytesIO()
    npy_format.write_array(stream, array, version=version)
    (OUT / f"{name}.npy").write_bytes(stream.getvalue())


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    ramp = np.arange(24).reshape(2, 3, 4)
    for name in ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"):
        save(f"ramp_{name}", ramp.astype("<" + name))
    save("bool", np.array([True, False, True]))
    save("scalar", np.array(2.5, dtype=np.float32))
    save("empty", np.zeros((0, 5), dtype=np.float64))
    save("fortran_f4", np.asfortranarray(ramp.astype("<f4")))
    save("fortran_big_endian_i2", np.asfortranarray(ramp.astype(">i2")))
    save("big_endian_f8", ramp.astype(">f8"))
    save("version_2", ramp.astype("<i4"), version=(2, 0))
    save("version_3", ramp.astype("<i4"), version=(3, 0))
    save("object", np.array([{"a": 1}], dtype=object))
    save("complex", np.array([1 + 2j]))
    save("text", np.array(["one", "two"]))
    save("record", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]))
    save("rank_9", np.zeros((1,) * 9, dtype=np.uint8))
    # Rounding cases of single to half precision: halves, their neighbours, ties, and extremes.
    halves = np.arange(0, 0x7C01, 61, dtype=np.uint16).view(np.float16).astype(np.float32)
    finite = halves[np.isfinite(halves)]
    ties = (finite[1:] + finite[:-1]) / 2
    base = np.concatenate([
        finite, ties, np.nextafter(ties, np.float32(np.inf)), np.nextafter(ties, np.float32(0)),
        np.float32([0, 65504, 65519.996, 65520, 1e10, np.inf, 2**-24, 2**-25, 2**-26, 2**-14,
                    np.nextafter(np.float32(2**-25), np.float32(1)), 2049, 2051, 1e-45]),
    ]).astype(np.float32)
    singles = np.concatenate([base, -base])
    with np.errstate(over="ignore"):
        save("singles_f4", singles)
        save("singles_f2", singles.astype(np.float16))
    save("all_halves_f4", np.arange(0, 65536, 97, dtype=np.uint16).view(np.float16)
         .astype(np.float32))


if __name__ == "__main__":
    main()
