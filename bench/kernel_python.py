#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peers of image_bench (Pillow, OpenCV), of metric_bench (scikit-learn) and of "import".

usage: kernel_python.py image FILE... | metric SCORES LABELS CLASSES | import FOLDER

Takes a measurement for each line on standard input, as the C programs do.
"""
import hashlib
import io
import json
import os
import sys
import time
from pathlib import Path

SLICE_S = 1.0


def for_a_while(work) -> int:
    rows, until = 0, time.monotonic() + SLICE_S
    while time.monotonic() < until:
        work(rows)
        rows += 1
    return rows


class Images:
    """One thread, bytes in memory, as image_bench."""

    def __init__(self, paths: list[str]) -> None:
        import cv2
        import numpy
        from PIL import Image
        cv2.setNumThreads(1)
        self.cv2, self.numpy, self.pillow = cv2, numpy, Image
        self.files = [Path(path).read_bytes() for path in paths]
        self.images = [Image.open(io.BytesIO(data)).convert("RGB") for data in self.files[:16]]
        self.arrays = [numpy.asarray(image) for image in self.images]

    def decode_pillow(self, row: int) -> None:
        self.pillow.open(io.BytesIO(self.files[row % len(self.files)])).convert("RGB").load()

    def decode_opencv(self, row: int) -> None:
        data = self.numpy.frombuffer(self.files[row % len(self.files)], self.numpy.uint8)
        self.cv2.imdecode(data, self.cv2.IMREAD_COLOR)

    def resize(self, kernel: str, width: int, height: int):
        library, name = kernel.split(".")
        if library == "pillow":
            how = self.pillow.Resampling[name.upper()]
            return lambda row: self.images[row % len(self.images)].resize((width, height), how)
        how = getattr(self.cv2, f"INTER_{name.upper()}")
        return lambda row: self.cv2.resize(self.arrays[row % len(self.arrays)], (width, height),
                                           interpolation=how)

    def measure(self, line: str) -> int:
        words = line.split()
        if words[0] == "decode":
            return for_a_while(getattr(self, f"decode_{words[1]}"))
        return for_a_while(self.resize(words[1], int(words[2]), int(words[3])))


class Metrics:
    """Accuracy, precision, recall, F1, support, AUROC and average precision of each class."""

    def __init__(self, words: list[str]) -> None:
        import numpy
        from sklearn import metrics
        self.metrics, self.numpy = metrics, numpy
        self.classes = int(words[2])
        self.scores = numpy.fromfile(words[0], numpy.float32).reshape(-1, self.classes)
        self.labels = numpy.fromfile(words[1], numpy.int32)

    def measure(self, _line: str) -> int:
        m, labels, scores = self.metrics, self.labels, self.scores
        pred = scores.argmax(axis=1)
        m.accuracy_score(labels, pred)
        m.precision_recall_fscore_support(labels, pred, labels=range(self.classes),
                                          average=None, zero_division=0)
        m.confusion_matrix(labels, pred, labels=range(self.classes))
        for index in range(self.classes):
            truth, column = labels == index, scores[:, index]
            m.roc_auc_score(truth, column)
            m.average_precision_score(truth, column)
        return len(labels)


class Import:
    """Walks a folder, hashes every file and reads its header."""

    def __init__(self, words: list[str]) -> None:
        from PIL import Image
        self.pillow, self.folder = Image, words[0]

    def look_at(self, path: str) -> tuple:
        data = Path(path).read_bytes()
        image = self.pillow.open(io.BytesIO(data))
        return path, len(data), hashlib.sha256(data).hexdigest(), image.size, image.mode

    def measure(self, _line: str) -> int:
        paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(self.folder)
                       for name in names)
        return len([self.look_at(path) for path in paths])


def main() -> int:
    peer = {"image": Images, "metric": Metrics, "import": Import}[sys.argv[1]](sys.argv[2:])
    for line in sys.stdin:
        wall, cpu = time.monotonic(), time.process_time()
        rows = peer.measure(line.strip())
        print(json.dumps({"rows": rows, "wall": time.monotonic() - wall,
                          "cpu": time.process_time() - cpu}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
