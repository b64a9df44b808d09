# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/resize/: hashes of what Pillow, OpenCV and torch make of the same pixels.

Made with Pillow 13.0.0, opencv-python-headless 5.0.0.93 (Intel IPP 2026.0.0 on a CPU with AVX-512),
torch 2.15.0, torchvision 0.29.2 and numpy 2.4.6; run from the repository root:
python3 tests/goldens/make_resize_goldens.py

`resize.csv` has one row per resize:
    kernel,bits,channels,pattern,width,height,out_width,out_height,hash
`size.csv` has one row per size or place that a library computes from a size:
    rule,width,height,side,limit,out_width,out_height      rule: side rules of geometry.h
    centre,have,want,offset                                torchvision's center_crop
    letterbox,width,height,frame_width,frame_height,stride,scale_up,centre,
        resized_width,resized_height,left,top,right,bottom
`turn.csv` has one row per orientation or crop:
    turn,bits,channels,width,height,orientation,out_width,out_height,hash
    crop,bits,channels,width,height,x,y,out_width,out_height,hash

Hashes are the first 16 digits of the SHA-256 of the pixels (16 bit: little endian). The input is
picture(), which src/image/resize_golden.h repeats in C. The letterbox rows restate the formula of
LetterBox in ultralytics 8, which is not run here.
"""
import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import _compute_resized_output_size
from torchvision.transforms.v2 import functional as tv

OUT = Path("tests/data/resize")
PILLOW = {
    "nearest": Image.Resampling.NEAREST, "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR, "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS,
}
OPENCV = {
    "nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR,
    "area": cv2.INTER_AREA, "cubic": cv2.INTER_CUBIC,
}
# width, height, out_width, out_height
NASTY = [
    (1, 1, 5, 7), (1, 1, 1, 3), (1, 1, 8, 1), (5, 1, 3, 1), (1, 9, 4, 2), (2, 2, 1, 1),
    (2, 2, 7, 5), (3, 3, 2, 2), (3, 5, 9, 4), (4, 4, 2, 2), (4, 4, 9, 9), (8, 6, 4, 3),
    (12, 9, 4, 3),
    (16, 12, 4, 3), (20, 10, 4, 2), (20, 12, 10, 4), (9, 7, 27, 21), (10, 8, 20, 16),
    (10, 8, 30, 8),
    (31, 17, 31, 40), (31, 17, 12, 17), (31, 40, 31, 17), (64, 48, 63, 47), (63, 47, 64, 48),
    (100, 3, 7, 50), (3, 100, 50, 7), (5, 300, 5, 3), (300, 4, 17, 9), (33, 29, 8, 100),
    (97, 13, 89, 101), (128, 96, 57, 43), (41, 83, 37, 29), (60, 60, 20, 20), (60, 60, 59, 1),
    (17, 170, 16, 85), (224, 3, 1, 2), (7, 9, 1, 1),
]
RANDOM_CASES = 12


def picture(width, height, channels, bits, pattern):
    """Noise (0), mostly extremes (1) or a steep ramp (2), by integer arithmetic modulo 2^32."""
    top = (1 << bits) - 1
    at = np.arange(width * height * channels, dtype=np.uint32)
    v = (at + np.uint32(1)) * np.uint32(2654435761)
    v ^= v >> np.uint32(15)
    v *= np.uint32(2246822519)
    v ^= v >> np.uint32(13)
    if pattern == 1:
        v = np.where(v & np.uint32(3), (v >> np.uint32(16) & np.uint32(1)) * np.uint32(top), v)
    if pattern == 2:
        c = at % np.uint32(channels)
        x = at // np.uint32(channels) % np.uint32(width)
        y = at // np.uint32(channels) // np.uint32(width)
        v = x * np.uint32(37 * top // 255) + y * np.uint32(11 * top // 255) + c * np.uint32(53)
    pixels = (v & np.uint32(top)).astype("<u2" if bits == 16 else "u1")
    shape = (height, width) if channels == 1 else (height, width, channels)
    return pixels.reshape(shape)


def digest(pixels):
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()[:16]


def by_pillow(pixels, size, name):
    return np.asarray(Image.fromarray(pixels).resize(size, PILLOW[name]))


def by_opencv(pixels, size, name):
    return cv2.resize(pixels, size, interpolation=OPENCV[name])


def by_torch(pixels, size, name):
    """Every route a user may take has to give the same bytes. None where torch fails in all of
    them: it has a bug with four channels of a single pixel."""
    planes = pixels if pixels.ndim == 3 else pixels[:, :, None]
    image = torch.from_numpy(np.ascontiguousarray(planes.transpose(2, 0, 1)))
    last = image[None].contiguous(memory_format=torch.channels_last)
    shape = [size[1], size[0]]
    options = {"mode": name, "antialias": True, "align_corners": False}
    routes = [
        lambda: torch.nn.functional.interpolate(image[None], shape, **options)[0],
        lambda: torch.nn.functional.interpolate(last, shape, **options)[0],
        lambda: tv.resize(image, shape, interpolation=InterpolationMode(name), antialias=True),
    ]
    made = [result for result in map(attempt, routes) if result is not None]
    assert all(torch.equal(made[0], other) for other in made[1:])
    return made[0].permute(1, 2, 0).numpy() if made else None


def attempt(route):
    try:
        return route()
    except RuntimeError as error:
        assert "please report a bug to PyTorch" in str(error)
        return None


def kernels():
    """(name, function, short name, bits, channels) of every resize the libraries offer."""
    for name in PILLOW:
        for bits, channels in ((8, 1), (8, 2), (8, 3), (8, 4), (16, 1)):
            yield f"pillow.{name}", by_pillow, name, bits, channels
    for name in OPENCV:
        for bits in (8, 16):
            for channels in (1, 2, 3, 4):
                yield f"opencv.{name}", by_opencv, name, bits, channels
    for name in ("bilinear", "bicubic"):
        for channels in (1, 2, 3, 4):
            yield f"torch.{name}", by_torch, name, 8, channels


def resize_rows():
    rng = np.random.default_rng(20261124)
    for kernel, function, name, bits, channels in kernels():
        sizes = NASTY + [tuple(map(int, rng.integers(1, 130, 4))) for _ in range(RANDOM_CASES)]
        for i, (width, height, *size) in enumerate(sizes):
            pixels = picture(width, height, channels, bits, i % 3)
            made = function(pixels, tuple(size), name)
            if made is not None:
                yield kernel, bits, channels, i % 3, width, height, *size, digest(made)


def torchvision_size(rule, width, height, side, limit, **options):
    new = _compute_resized_output_size((height, width), allow_size_none=True, **options)
    if min(new) > 0:
        yield rule, width, height, side, limit, new[1], new[0]


def side_rows(width, height, side):
    limit = side + side // 3 + 1
    yield from torchvision_size("torchvision_short", width, height, side, 0, size=[side])
    yield from torchvision_size("torchvision_short", width, height, side, limit, size=[side],
                                max_size=limit)
    yield from torchvision_size("torchvision_long", width, height, side, 0, size=None,
                                max_size=side)
    image = Image.new("1", (width, height))
    yield "pillow_short", width, height, side, 0, *contained(ImageOps.cover, image, side)
    if side * min(width, height) >= max(width, height):
        yield "pillow_long", width, height, side, 0, *contained(ImageOps.contain, image, side)
    image.thumbnail((side, side), Image.Resampling.NEAREST)
    yield "thumbnail_long", width, height, side, 0, *image.size
    scale = side / min(width, height)
    pair = [side if s == min(width, height) else round(s * scale) for s in (width, height)]
    yield "scale_short", width, height, side, 0, *pair


def contained(function, image, side):
    return function(image, (side, side), Image.Resampling.NEAREST).size


def centre_row(have, want):
    """Found by looking for the pixels of a ramp in what center_crop returns."""
    crop = tv.center_crop(torch.arange(1, have + 1)[None, None, :].repeat(1, 1, 1), [1, want])
    shown = crop[0, 0].tolist()
    first = next(i for i, value in enumerate(shown) if value > 0)
    return "centre", have, want, shown[first] - 1 - first


def letterbox_row(width, height, frame_width, frame_height, stride, scale_up, centre):
    r = min(frame_height / height, frame_width / width)
    r = r if scale_up else min(r, 1.0)
    resized = int(round(width * r)), int(round(height * r))
    dw, dh = frame_width - resized[0], frame_height - resized[1]
    if stride:
        dw, dh = int(np.mod(dw, stride)), int(np.mod(dh, stride))
    if centre:
        dw, dh = dw / 2, dh / 2
    top, left = (int(round(dh - 0.1)), int(round(dw - 0.1))) if centre else (0, 0)
    bottom, right = int(round(dh + 0.1)), int(round(dw + 0.1))
    return ("letterbox", width, height, frame_width, frame_height, stride, int(scale_up),
            int(centre), *resized, left, top, right, bottom)


def size_rows():
    rng = np.random.default_rng(7)
    pairs = [(640, 480), (480, 640), (1, 1), (3, 2), (500, 375), (333, 500), (4000, 3000), (27, 99)]
    pairs += [tuple(map(int, rng.integers(1, 900, 2))) for _ in range(40)]
    for width, height in pairs:
        for side in (1, 7, 224, 256, 299, 321):
            if max(width, height) * side / min(width, height) < 20000:
                yield from side_rows(width, height, side)
        for stride in (0, 32, 64):
            yield letterbox_row(width, height, 640, 640, stride, 1, 1)
            yield letterbox_row(width, height, 416, 320, stride, width % 2, height % 2)
    for have in list(range(1, 12)) + [256, 257, 341]:
        for want in list(range(1, 12)) + [224, 225]:
            yield centre_row(have, want)


def turn_rows():
    for bits, channels in ((8, 1), (8, 3), (8, 4), (16, 1)):
        for width, height in ((1, 1), (5, 1), (1, 4), (7, 5), (16, 9)):
            pixels = picture(width, height, channels, bits, 0)
            for orientation in range(1, 9):
                image = Image.fromarray(pixels)
                image.getexif()[0x0112] = orientation
                made = np.asarray(ImageOps.exif_transpose(image))
                yield ("turn", bits, channels, width, height, orientation, made.shape[1],
                       made.shape[0], digest(made))
            for x, y, w, h in ((0, 0, 3, 3), (-2, -1, 9, 4), (3, 2, 20, 2), (50, 0, 2, 2),
                               (-9, -9, 4, 4), (0, -50, 3, 100), (-1, 0, 40, 1)):
                made = cropped(pixels, x, y, w, h)
                yield "crop", bits, channels, width, height, x, y, w, h, digest(made)


def cropped(pixels, x, y, width, height):
    """Pillow's crop, which pads with zeros."""
    return np.asarray(Image.fromarray(pixels).crop((x, y, x + width, y + height)))


def write(name, rows):
    with open(OUT / name, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    write("resize.csv", resize_rows())
    write("size.csv", size_rows())
    write("turn.csv", turn_rows())


if __name__ == "__main__":
    main()
