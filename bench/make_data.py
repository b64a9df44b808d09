#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Inputs of the benchmarks, made in a temporary folder.

usage: make_data.py scores FOLDER SAMPLES CLASSES | pngs FOLDER IMAGES_IDX LABELS_IDX
       | repeat FOLDER IMAGES_IDX LABELS_IDX TIMES | million FOLDER
"""
import gzip
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image


def read_idx(path: str) -> np.ndarray:
    with gzip.open(path) as file:
        raw = file.read()
    shape = struct.unpack(f">{raw[3]}I", raw[4:4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def write_idx(path: Path, array: np.ndarray, times: int = 1) -> None:
    shape = (len(array) * times, *array.shape[1:])
    with path.open("wb") as file:
        file.write(bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape))
        for _ in range(times):
            file.write(array.tobytes())


def some_scores(samples: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a model that is right about four times in five, and the labels."""
    random = np.random.default_rng(7)
    labels = random.integers(0, classes, samples, dtype=np.int32)
    logits = random.normal(0, 1, (samples, classes)).astype(np.float32)
    logits[np.arange(samples), labels] += random.normal(4, 2, samples).astype(np.float32)
    logits = np.exp(logits - logits.max(axis=1, keepdims=True))
    return logits / logits.sum(axis=1, keepdims=True), labels


def scores(folder: Path, samples: str, classes: str) -> None:
    matrix, labels = some_scores(int(samples), int(classes))
    matrix.tofile(folder / "scores.f32")
    labels.tofile(folder / "labels.i32")


def pngs(folder: Path, images: str, labels: str) -> None:
    """A folder per class."""
    names = [folder / str(label) for label in range(10)]
    for name in names:
        name.mkdir(parents=True)
    for row, (image, label) in enumerate(zip(read_idx(images), read_idx(labels))):
        Image.fromarray(image).save(names[label] / f"{row:05d}.png", compress_level=1)


def repeat(folder: Path, images: str, labels: str, times: str) -> None:
    folder.mkdir(parents=True)
    write_idx(folder / "many-images-idx3-ubyte", read_idx(images), int(times))
    write_idx(folder / "many-labels-idx1-ubyte", read_idx(labels), int(times))


def million(folder: Path) -> None:
    """A million tiny images with labels, and the scores of a model for them."""
    folder.mkdir(parents=True)
    matrix, labels = some_scores(1_000_000, 10)
    pixels = np.random.default_rng(8).integers(0, 256, (1_000_000, 2, 2), dtype=np.uint8)
    write_idx(folder / "tiny-images-idx3-ubyte", pixels)
    write_idx(folder / "tiny-labels-idx1-ubyte", labels.astype(np.uint8))
    np.save(folder / "scores.npy", matrix)


if __name__ == "__main__":
    {"scores": scores, "pngs": pngs, "repeat": repeat,
     "million": million}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
