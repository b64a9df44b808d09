# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/pipeline/: small images and the tensors the reference libraries make of them.

goldens.txt has one line per case: image, pipeline (preset name or JSON), shape, dtype, SHA-256 of
the tensor's bytes. Made with pillow 13.0.0, opencv-python-headless 5.0.0.93, torch 2.15.0,
torchvision 0.29.2, numpy 2.4.6.

Run from the repository root: python3 tests/goldens/make_pipeline_goldens.py
"""
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torchvision.transforms import functional as F
from torchvision.transforms import InterpolationMode as Mode

OUT = Path("tests/data/pipeline")

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
HALF = ([0.5] * 3, [0.5] * 3)
CLIP = ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711])
CIFAR10 = ([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616])
CIFAR100 = ([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762])


def scene(width, height, seed):
    """A picture with edges, ramps and noise, so that every kernel has something to do."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        128 + 100 * np.sin(x / 5.0 + seed),
        255 * (((x // 7) + (y // 5)) % 2),
        255 * y / max(1, height - 1),
    ]
    picture = np.stack(planes, axis=-1) + random.normal(0, 12, (height, width, 3))
    return np.clip(picture, 0, 255).astype(np.uint8)


def make_images():
    OUT.mkdir(parents=True, exist_ok=True)
    Image.fromarray(scene(97, 61, 1)).save(OUT / "wide.png")
    Image.fromarray(scene(50, 121, 2)).save(OUT / "tall.jpg", quality=90)
    Image.fromarray(scene(32, 32, 3)).save(OUT / "small.png")
    grey = Image.fromarray(scene(28, 28, 4)).convert("L")
    grey.save(OUT / "grey.png")
    turned = Image.fromarray(scene(80, 48, 5))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(OUT / "turned.jpg", quality=92, exif=exif)


def rgb(name):
    return Image.open(OUT / name).convert("RGB")


def torch_case(name, size, crop, mode, stats):
    """torchvision's ImageClassification preset, or a resize to a square when `size` is a pair."""
    image = F.resize(rgb(name), size, mode)
    if crop is not None:
        image = F.center_crop(image, [crop])
    tensor = F.to_tensor(image)
    if stats is not None:
        tensor = F.normalize(tensor, *stats)
    return tensor.numpy()[None]


def plain_case(name, colour, stats):
    tensor = F.to_tensor(Image.open(OUT / name).convert(colour))
    if stats is not None:
        tensor = F.normalize(tensor, *stats)
    return tensor.numpy()[None]


def caffe_case(name):
    image = F.center_crop(F.resize(rgb(name), 256, Mode.BILINEAR), [224])
    bgr = np.asarray(image)[:, :, ::-1].astype(np.float32)
    return (bgr - np.array([103.94, 116.78, 123.68], np.float32)).transpose(2, 0, 1)[None]


def keras_caffe_case(name):
    image = rgb(name).resize((224, 224), Image.Resampling.NEAREST)
    bgr = np.asarray(image)[:, :, ::-1].astype(np.float32)
    return (bgr - np.array([103.939, 116.779, 123.68], np.float32))[None]


def keras_tf_case(name):
    image = rgb(name).resize((224, 224), Image.Resampling.NEAREST)
    x = np.asarray(image).astype(np.float32)
    x /= 127.5
    x -= 1.0
    return x[None]


def tf_case(name):
    image = np.asarray(rgb(name))
    height, width = image.shape[:2]
    top = int((height - height * 0.875) / 2)
    left = int((width - width * 0.875) / 2)
    image = image[top : height - top, left : width - left]
    image = cv2.resize(image, (224, 224), interpolation=cv2.INTER_LINEAR)
    x = image.astype(np.float32)
    x /= 127.5
    x -= 1.0
    return x[None]


def yolo_case(name, size=640, auto=False, scale_up=True, stride=32):
    """Letterbox as the YOLO family writes it."""
    image = cv2.imread(str(OUT / name))
    height, width = image.shape[:2]
    ratio = min(size / height, size / width)
    if not scale_up:
        ratio = min(ratio, 1.0)
    inner = round(width * ratio), round(height * ratio)
    across, down = size - inner[0], size - inner[1]
    if auto:
        across, down = across % stride, down % stride
    if (width, height) != inner:
        image = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR)
    top, bottom = round(down / 2 - 0.1), round(down / 2 + 0.1)
    left, right = round(across / 2 - 0.1), round(across / 2 + 0.1)
    image = cv2.copyMakeBorder(
        image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114)
    )
    planes = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1))
    return (torch.from_numpy(planes).float() / 255).numpy()[None]


def half_case(name):
    return torch_case(name, 256, 224, Mode.BILINEAR, IMAGENET).astype(np.float16)


def quantised_case(name, dtype, scale, zero_point):
    """ONNX QuantizeLinear: round half to even, add the zero point, saturate."""
    x = torch_case(name, 256, 224, Mode.BILINEAR, IMAGENET)
    limits = np.iinfo(dtype)
    q = np.rint(x / np.float32(scale)) + np.float32(zero_point)
    return np.clip(q, limits.min, limits.max).astype(dtype)


def big_crop_case(name):
    """torchvision pads an image that is smaller than the crop."""
    return F.to_tensor(F.center_crop(rgb(name), [130, 75])).numpy()[None]


def upright_case(name):
    """cv2.imread turns by EXIF unless told otherwise."""
    image = cv2.imread(str(OUT / name))
    return image.transpose(2, 0, 1)[None].astype(np.float32)


def cases():
    for name in ("wide.png", "tall.jpg"):
        bilinear, bicubic = Mode.BILINEAR, Mode.BICUBIC
        yield name, "imagenet-torch", torch_case(name, 256, 224, bilinear, IMAGENET)
        yield name, "imagenet-torch-v2", torch_case(name, 232, 224, bilinear, IMAGENET)
        yield name, "imagenet-torch-bicubic", torch_case(name, 256, 224, bicubic, IMAGENET)
        yield name, "imagenet-torch-288", torch_case(name, 288, 288, bicubic, IMAGENET)
        yield name, "inception", torch_case(name, 342, 299, bilinear, IMAGENET)
        yield name, "vit", torch_case(name, (224, 224), None, bilinear, HALF)
        yield name, "siglip", torch_case(name, (224, 224), None, bicubic, HALF)
        yield name, "clip", torch_case(name, 224, 224, bicubic, CLIP)
        yield name, "clip-336", torch_case(name, 336, 336, bicubic, CLIP)
        yield name, "dinov2", torch_case(name, 256, 224, bicubic, IMAGENET)
        yield name, "yolo-cls", torch_case(name, 224, 224, bilinear, None)
        yield name, "unit", plain_case(name, "RGB", None)
        yield name, "imagenet-caffe", caffe_case(name)
        yield name, "keras-caffe", keras_caffe_case(name)
        yield name, "keras-tf", keras_tf_case(name)
        yield name, "imagenet-tf", tf_case(name)
        yield name, "yolo", yolo_case(name)
    yield "small.png", "cifar10", plain_case("small.png", "RGB", CIFAR10)
    yield "small.png", "cifar100", plain_case("small.png", "RGB", CIFAR100)
    yield "grey.png", "mnist", plain_case("grey.png", "L", ([0.1307], [0.3081]))
    yield "grey.png", "fashion-mnist", plain_case("grey.png", "L", ([0.286], [0.353]))
    unit = [{"scale": {"div": 255}}]
    opencv = [{"decode": {"like": "opencv"}}, {"mode": {"to": "rgb"}}]
    box = {"size": 160, "fit": True, "scale_up": False}
    yield ("wide.png", opencv + [{"letterbox": box}] + unit,
           yolo_case("wide.png", 160, True, False))
    yield ("tall.jpg", opencv + [{"letterbox": {"size": 96, "fit": True}}] + unit,
           yolo_case("tall.jpg", 96, True))
    yield ("wide.png", [{"mode": {"to": "rgb"}}, {"crop": {"width": 75, "height": 130}}] + unit,
           big_crop_case("wide.png"))
    yield "turned.jpg", [{"decode": {"like": "opencv"}}, {"mode": {"to": "bgr"}}], upright_case(
        "turned.jpg")
    normal = [{"mode": {"to": "rgb"}}, {"resize": {"size": 256}}, {"crop": {"size": 224}}]
    normal += unit + [{"normalize": {"mean": IMAGENET[0], "std": IMAGENET[1]}}]
    yield "wide.png", normal + [{"layout": {"dtype": "float16"}}], half_case("wide.png")
    for dtype, zero_point in (("uint8", 114), ("int8", -14)):
        layout = {"dtype": dtype, "scale": 0.0186, "zero_point": zero_point}
        yield ("wide.png", normal + [{"layout": layout}],
               quantised_case("wide.png", dtype, 0.0186, zero_point))


def main():
    make_images()
    lines = []
    for image, pipeline, tensor in cases():
        text = pipeline
        if not isinstance(pipeline, str):
            text = json.dumps(pipeline, separators=(",", ":"))
        shape = "x".join(str(d) for d in tensor.shape)
        digest = hashlib.sha256(np.ascontiguousarray(tensor).tobytes()).hexdigest()
        lines.append(f"{image}\t{text}\t{shape}\t{tensor.dtype}\t{digest}\n")
    (OUT / "goldens.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
