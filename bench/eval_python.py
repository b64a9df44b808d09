#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peer of "eval": the loop one writes in an afternoon.

Pillow decodes and resizes in a thread pool, NumPy normalises, ONNX Runtime runs batches of the
size that is fastest on ready tensors, with its default options; the next batch is prepared while
one runs.

usage: eval_python.py squeezenet|fashion|grey MODEL DATA

Takes a measurement for each line on standard input, "eval" or "prepare", and answers with a line of
JSON, as bench/meter.h says.
"""
import gzip
import json
import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

BATCHES = (1, 2, 4, 8, 16, 32, 64)
SCAN_S = 0.4
CAFFE_MEAN = np.array([103.939, 116.779, 123.68], np.float32)


class Photos:
    """A folder per class; short side 256, centre 224, BGR, mean subtracted."""

    def __init__(self, folder: str) -> None:
        self.paths = sorted(Path(folder).glob("*/*"))

    def __len__(self) -> int:
        return len(self.paths)

    def load(self, row: int) -> np.ndarray:
        image = Image.open(self.paths[row]).convert("RGB")
        factor = 256 / min(image.size)
        image = image.resize((round(image.width * factor), round(image.height * factor)),
                             Image.Resampling.BILINEAR)
        left, top = (image.width - 224) // 2, (image.height - 224) // 2
        pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)
        return (pixels[:, :, ::-1] - CAFFE_MEAN).transpose(2, 0, 1)

    def batch(self, pool: ThreadPoolExecutor, rows: range) -> list:
        return [pool.submit(self.load, row) for row in rows]

    @staticmethod
    def tensor(waiting: list) -> np.ndarray:
        return np.stack([one.result() for one in waiting])


class Greys(Photos):
    """A folder per class; grey, squeezed to 28 x 28, one mean and deviation."""

    def load(self, row: int) -> np.ndarray:
        image = Image.open(self.paths[row]).convert("L")
        image = image.resize((28, 28), Image.Resampling.BILINEAR)
        pixels = np.asarray(image, np.float32)[None]
        return (pixels / np.float32(255) - np.float32(0.286)) / np.float32(0.353)


class Digits:
    """An IDX file; all rows of a batch are normalised at once."""

    def __init__(self, path: str) -> None:
        with gzip.open(path) as file:
            raw = np.frombuffer(file.read(), np.uint8, offset=16)
        self.images = raw.reshape(-1, 1, 28, 28)

    def __len__(self) -> int:
        return len(self.images)

    def load(self, rows: range) -> np.ndarray:
        part = self.images[rows.start:rows.stop].astype(np.float32)
        return (part / np.float32(255) - np.float32(0.286)) / np.float32(0.353)

    def batch(self, pool: ThreadPoolExecutor, rows: range):
        return pool.submit(self.load, rows)

    @staticmethod
    def tensor(waiting) -> np.ndarray:
        return waiting.result()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def best_batch(session, data, pool) -> int:
    ready = data.tensor(data.batch(pool, range(BATCHES[-1])))
    name = session.get_inputs()[0].name
    rates = {}
    for batch in BATCHES * 2:
        tensor, rows, began = ready[:batch], 0, time.monotonic()
        while time.monotonic() - began < SCAN_S:
            session.run(None, {name: tensor})
            rows += batch
        rates[batch] = max(rates.get(batch, 0), rows / (time.monotonic() - began))
    return max(rates, key=lambda batch: rates[batch])


def evaluate(session, data, pool, batch: int) -> np.ndarray:
    name = session.get_inputs()[0].name
    spans = [range(at, min(at + batch, len(data))) for at in range(0, len(data), batch)]
    scores, waiting = [], data.batch(pool, spans[0])
    for following in [*spans[1:], None]:
        tensor = data.tensor(waiting)
        if following is not None:
            waiting = data.batch(pool, following)
        scores.append(session.run(None, {name: tensor})[0].reshape(len(tensor), -1))
    return np.concatenate(scores).argmax(axis=1)


def prepare(data, pool) -> None:
    step = 64
    waiting = [data.batch(pool, range(at, min(at + step, len(data))))
               for at in range(0, len(data), step)]
    for one in waiting:
        data.tensor(one)


def main() -> int:
    kind, model, folder = sys.argv[1:4]
    data = {"squeezenet": Photos, "fashion": Digits, "grey": Greys}[kind](folder)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    cores = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(cores) as pool:
        batch = best_batch(session, data, pool)
        for line in sys.stdin:
            wall, cpu = time.monotonic(), cpu_seconds()
            if line.strip() == "eval":
                evaluate(session, data, pool, batch)
            else:
                prepare(data, pool)
            print(json.dumps({"rows": len(data), "wall": time.monotonic() - wall,
                              "cpu": cpu_seconds() - cpu, "batch": batch}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
