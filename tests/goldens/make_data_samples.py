# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/data/: a small real sample of every dataset format, and its broken twin.

Made with Pillow 13.0.0 and numpy 2.4.6 from the images of Debian's dataset-fashion-mnist (MIT
licence, Zalando SE); run from the repository root: python3 tests/goldens/make_data_samples.py

`idx/expected.txt` has a row per item of the IDX files: name label sum-of-pixels, as numpy reads
them.
"""
import base64
import gzip
import json
import shutil
import struct
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path("tests/data/data")
SOURCE = Path("/usr/share/datasets/fashion-mnist")
NAMES = ["shirt", "trouser", "pullover", "dress", "coat", "sandal", "blouse", "sneaker", "bag",
         "boot"]


def read(kind):
    images = gzip.open(SOURCE / f"{kind}-images-idx3-ubyte.gz").read()
    labels = gzip.open(SOURCE / f"{kind}-labels-idx1-ubyte.gz").read()
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def save(pixels, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def write_folder(pixels, labels):
    """Two classes below splits, a deeper folder, and things that are no images."""
    root = OUT / "folder"
    shoes = [i for i in range(200) if labels[i] == 9][:4]
    shirts = [i for i in range(200) if labels[i] == 0][:2]
    save(pixels[shoes[0]], root / "train/boot/1.png")
    save(pixels[shoes[1]], root / "train/boot/deep/2.png")
    save(pixels[shirts[0]], root / "train/shirt/1.png")
    save(pixels[shoes[2]], root / "test/boot/3.png")
    save(pixels[shirts[1]], root / "test/shirt/4.jpg", quality=90)
    (root / "train/notes.txt").write_text("where these come from\n")
    (root / ".hidden").write_text("not looked at\n")


def write_broken(pixels):
    root = OUT / "broken"
    save(pixels[0], root / "whole.png")
    save(pixels[1], root / "whole.jpg", quality=80)
    save(pixels[2], root / "whole.tif")
    save(pixels[3], root / "whole.bmp")
    save(pixels[4], root / "whole.pgm")
    save(pixels[5], root / "whole.webp", lossless=True)
    for ending in ("png", "jpg", "tif", "bmp", "pgm", "webp"):
        whole = (root / f"whole.{ending}").read_bytes()
        (root / f"cut.{ending}").write_bytes(whole[: len(whole) * 2 // 3])
    (root / "more.jpg").write_bytes((root / "whole.jpg").read_bytes() + b"left behind by a tool")
    (root / "page.jpg").write_text("<html><body>404</body></html>")
    (root / "empty.png").write_bytes(b"")


def write_manifests(pixels):
    root = OUT / "manifest"
    save(pixels[10], root / "img/a.png")
    save(pixels[11], root / "img/b, c.png")
    header = "image,label,split,age,sunny,zip,weight\r\n"
    rows = ['img/a.png,"tall ""boot""\nwith laces",train,3,true,007,0.5\r\n',
            '"img/b, c.png",shirt,validation,,False,10115,1e3\r\n']
    (root / "good.csv").write_text("\ufeff" + header + "".join(rows), newline="")
    broken = rows[1].replace('c.png"', 'c.png"x')
    (root / "broken.csv").write_text(header + rows[0] + broken, newline="")
    inline = base64.b64encode((root / "img/a.png").read_bytes()).decode()
    lines = [{"path": "img/b, c.png", "labels": ["shirt", "cotton"], "age": 3},
             {"bytes": inline, "label": 7, "split": "test", "age": 3.5, "tags": ["x", 1]}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (root / "good.jsonl").write_text(text)
    (root / "broken.jsonl").write_text(text + '{"path": "img/a.png", "path": "img/b.png"}\n')


def idx(pixels):
    dims = pixels.shape
    return struct.pack(f">BBBB{len(dims)}I", 0, 0, 8, len(dims), *dims) + pixels.tobytes()


def write_idx(test, test_labels, train, train_labels):
    root = OUT / "idx"
    root.mkdir(parents=True)
    expected = []
    sets = [("t10k", test[:20], test_labels[:20], True),
            ("train", train[:5], train_labels[:5], False)]
    for name, images, labels, packed in sets:
        for what, array in (("images-idx3", images), ("labels-idx1", labels)):
            data = idx(array)
            ending = ".gz" if packed else ""
            (root / f"{name}-{what}-ubyte{ending}").write_bytes(
                gzip.compress(data, mtime=0) if packed else data)
        expected += [f"{name}-images/{i:05d} {label} {image.sum(dtype=int)}\n"
                     for i, (image, label) in enumerate(zip(images, labels))]
    colour = np.stack([test[:2], test[2:4], test[4:6]], axis=-1)[:, :6, :5]
    (root / "rgb-images-idx4-ubyte").write_bytes(idx(np.ascontiguousarray(colour)))
    expected += [f"rgb-images/{i:05d} - {image.sum(dtype=int)}\n" for i, image in enumerate(colour)]
    (root / "expected.txt").write_text("".join(expected))

    root = OUT / "idx-broken"
    root.mkdir()
    whole = idx(test[:3])
    (root / "cut-images-idx3-ubyte").write_bytes(whole[:-100])
    (root / "packed-images-idx3-ubyte.gz").write_bytes(gzip.compress(whole, mtime=0)[:-200])
    (root / "more-images-idx3-ubyte").write_bytes(whole + b"x")
    (root / "huge-images-idx3-ubyte").write_bytes(
        struct.pack(">BBBB3I", 0, 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"data")
    (root / "few-images-idx3-ubyte").write_bytes(whole)
    (root / "few-labels-idx1-ubyte").write_bytes(idx(test_labels[:2]))
    (root / "float-images-idx3-ubyte").write_bytes(
        struct.pack(">BBBB3I", 0, 0, 13, 3, 1, 2, 2) + bytes(16))


def main():
    if OUT.exists():
        shutil.rmtree(OUT)
    test, test_labels = read("t10k")
    train, train_labels = read("train")
    write_folder(train, train_labels)
    write_broken(test)
    write_manifests(test)
    write_idx(test, test_labels, train, train_labels)


main()
