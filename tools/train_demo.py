#!/usr/bin/env python3
"""Train the two demo models of Slitlamp on Fashion-MNIST and write them as ONNX files.

For development only: the results are committed under examples/fashion/, so nobody needs PyTorch to
build, test or use Slitlamp. Both versions share one small residual network and differ only in how
they are trained: v1 learns a part of the training images by heart and is too sure of itself, v2
sees all of them with augmentation. The gap between them is what the demo lets people explore.

The one invariant: `preprocess` and PIPELINE describe the same arithmetic. The first trains and
measures, the second is what readers of the model file will follow.

Start reading at `main`. Install the packages with
    pip install -r tools/train_demo.requirements.txt
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import math
import struct
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

DATA = Path("/usr/share/datasets/fashion-mnist")
OUT = Path(__file__).resolve().parent.parent / "examples" / "fashion"
OPSET = 17
THREADS = 2  # part of the recipe: another count adds in another order and changes the last bits
SIZE_LIMIT = 1_000_000
WIDTHS = (16, 32, 96)
BLOCKS = (1, 2, 1)

CLASSES = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
]  # fmt: skip

SCALE = 0.00392156862745098
MEAN = 0.2860
STD = 0.3530
PIPELINE = [
    {"decode": {"like": "pillow"}},
    {"mode": {"to": "grey"}},
    {"scale": {"by": SCALE}},
    {"normalize": {"mean": [MEAN], "std": [STD]}},
    {"layout": {"order": "nchw", "dtype": "float32"}},
]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a version besides the data and the network."""

    version: str
    images: int  # the first so many of the training images
    epochs: int
    batch: int
    peak_rate: float
    warmup_epochs: float
    schedule: str  # "cosine" falls to zero after the warm-up, "constant" stays
    weight_decay: float
    label_smoothing: float
    shift: int  # largest move in pixels along each axis
    flip: bool
    erase: int  # side of the square that is blanked, in pixels; 0 for none
    seed: int = 20


RECIPES = [
    Recipe(
        version="v1", images=20_000, epochs=12, batch=128, peak_rate=0.05, warmup_epochs=0.5,
        schedule="constant", weight_decay=0.0, label_smoothing=0.0, shift=0, flip=False, erase=0,
    ),
    Recipe(
        version="v2", images=60_000, epochs=30, batch=128, peak_rate=0.15, warmup_epochs=1.5,
        schedule="cosine", weight_decay=5e-4, label_smoothing=0.05, shift=2, flip=True, erase=8,
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Samples:
    """Images as the files hold them, uint8 [n, 28, 28], with their labels, int64 [n]."""

    images: np.ndarray
    labels: np.ndarray


def read_idx(path: Path) -> np.ndarray:
    """Read one gzip-compressed IDX file of unsigned bytes."""
    raw = gzip.decompress(path.read_bytes())
    zero, kind, rank = struct.unpack_from(">HBB", raw)
    if zero != 0 or kind != 8:
        raise ValueError(f'"{path}" is not an IDX file of unsigned bytes')
    shape = struct.unpack_from(f">{rank}I", raw, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_samples(folder: Path, prefix: str) -> Samples:
    """Read the images and labels that share a prefix ("train" or "t10k")."""
    images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
    if len(images) != len(labels):
        raise ValueError(f'"{prefix}" has {len(images)} images but {len(labels)} labels')
    return Samples(images, labels.astype(np.int64))


def preprocess(images: np.ndarray) -> np.ndarray:
    """Turn uint8 [n, 28, 28] into the model's float32 [n, 1, 28, 28], step by step as PIPELINE."""
    scaled = images.astype(np.float32) * np.float32(SCALE)
    normal = (scaled - np.float32(MEAN)) / np.float32(STD)
    return normal[:, np.newaxis]


def fused(conv: nn.Module, norm: nn.Module) -> nn.Conv2d:
    """Fold a normalisation into the convolution before it."""
    if not isinstance(conv, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
        raise TypeError("only a convolution and its normalisation can be fused")
    return fuse_conv_bn_eval(conv, norm)


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut, itself a 1x1 convolution where shapes change."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1: nn.Module = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2: nn.Module = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU()
        self.skip: nn.Module = nn.Identity()
        self.skip_norm: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.skip = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.skip_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.relu1(self.norm1(self.conv1(x)))
        outer: Tensor = self.norm2(self.conv2(inner)) + self.skip_norm(self.skip(x))
        y: Tensor = self.relu2(outer)
        return y

    def fuse(self) -> None:
        """Fold the normalisations into the convolutions; evaluation only from here on."""
        self.conv1, self.norm1 = fused(self.conv1, self.norm1), nn.Identity()
        self.conv2, self.norm2 = fused(self.conv2, self.norm2), nn.Identity()
        if isinstance(self.skip, nn.Conv2d):
            self.skip, self.skip_norm = fused(self.skip, self.skip_norm), nn.Identity()


class Network(nn.Module):
    """A stem, three stages of residual blocks (28, 14, 7 pixels), mean pooling, a linear head."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, WIDTHS[0], 3, 1, 1, bias=False)
        self.stem_norm: nn.Module = nn.BatchNorm2d(WIDTHS[0])
        self.stem_relu = nn.ReLU()
        width = WIDTHS[0]
        for stage, (outputs, count) in enumerate(zip(WIDTHS, BLOCKS, strict=True), start=1):
            blocks = nn.Sequential()
            for index in range(count):
                stride = 2 if stage > 1 and index == 0 else 1
                blocks.append(Residual(width, outputs, stride))
                width = outputs
            self.add_module(f"stage{stage}", blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(width, len(CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem_relu(self.stem_norm(self.stem(x)))
        for stage in range(1, len(WIDTHS) + 1):
            x = self.get_submodule(f"stage{stage}")(x)
        logits: Tensor = self.head(self.flatten(self.pool(x)))
        return logits

    def fuse(self) -> None:
        """Fold every normalisation into its convolution, so that the file holds only the latter."""
        self.stem, self.stem_norm = fused(self.stem, self.stem_norm), nn.Identity()
        for block in [m for m in self.modules() if isinstance(m, Residual)]:
            block.fuse()


def augment(images: np.ndarray, recipe: Recipe, random: np.random.Generator) -> np.ndarray:
    """Move, mirror and partly blank each image of a batch by its own dice."""
    count, height, width = images.shape
    margin = recipe.shift
    if margin > 0:
        padded = np.pad(images, ((0, 0), (margin, margin), (margin, margin)))
        top, left = random.integers(0, 2 * margin + 1, (2, count, 1, 1))
        rows = top + np.arange(height).reshape(1, -1, 1)
        columns = left + np.arange(width).reshape(1, 1, -1)
        images = padded[np.arange(count).reshape(-1, 1, 1), rows, columns]
    if recipe.flip:
        mirrored = random.random((count, 1, 1)) < 0.5
        images = np.where(mirrored, images[:, :, ::-1], images)
    if recipe.erase > 0:
        images = np.where(erased(images.shape, recipe.erase, random), np.uint8(0), images)
    return images


def erased(shape: tuple[int, ...], side: int, random: np.random.Generator) -> np.ndarray:
    """Choose one square, maybe over the edge, in half of the images; true where blanked."""
    count, height, width = shape
    row, column = random.integers(-side // 2, height - side // 2, (2, count, 1, 1))
    y = np.arange(height).reshape(1, -1, 1)
    x = np.arange(width).reshape(1, 1, -1)
    inside = (y >= row) & (y < row + side) & (x >= column) & (x < column + side)
    blanked: np.ndarray = inside & (random.random((count, 1, 1)) < 0.5)
    return blanked


def batches(
    data: Samples, recipe: Recipe, random: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield one epoch of shuffled, augmented batches; what does not fill a batch is left out."""
    order = random.permutation(len(data.labels))
    for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
        chosen = order[start : start + recipe.batch]
        images = preprocess(augment(data.images[chosen], recipe, random))
        pixels = torch.from_numpy(images).contiguous(memory_format=torch.channels_last)
        yield pixels, torch.from_numpy(data.labels[chosen])


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Rise in a line to the peak, then stay or fall along half a cosine to zero."""
    warmup = recipe.warmup_epochs * steps_per_epoch
    if step < warmup:
        return recipe.peak_rate * (step + 1) / warmup
    if recipe.schedule == "constant":
        return recipe.peak_rate
    done = (step - warmup) / (recipe.epochs * steps_per_epoch - warmup)
    return recipe.peak_rate * 0.5 * (1 + math.cos(math.pi * done))


def train(recipe: Recipe, data: Samples) -> Network:
    """Train one version and return the network after its last step."""
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    data = Samples(data.images[: recipe.images], data.labels[: recipe.images])
    network = Network().to(memory_format=torch.channels_last).train()
    descent = torch.optim.SGD(
        network.parameters(), momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay
    )
    steps_per_epoch = len(data.labels) // recipe.batch
    step = 0
    for epoch in range(recipe.epochs):
        began = time.monotonic()
        loss_sum = 0.0
        for pixels, labels in batches(data, recipe, random):
            descent.param_groups[0]["lr"] = learning_rate(recipe, step, steps_per_epoch)
            loss_sum += train_step(network, descent, pixels, labels, recipe.label_smoothing)
            step += 1
        mean_loss = loss_sum / steps_per_epoch
        seconds = time.monotonic() - began
        print(
            f"{recipe.version} epoch {epoch + 1:2}/{recipe.epochs}"
            f"  training loss {mean_loss:.4f}  {seconds:.1f} s",
            flush=True,
        )
    return network.eval()


def train_step(
    network: Network, descent: torch.optim.SGD, pixels: Tensor, labels: Tensor, smoothing: float
) -> float:
    """Take one step of descent; weights stay float32, convolutions multiply in bfloat16."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(pixels)
    loss = functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing)
    descent.zero_grad()
    loss.backward()
    descent.step()
    return loss.item()


def export(network: Network, path: Path) -> onnx.ModelProto:
    """Write the network as plain ONNX with a free batch axis and return it for its metadata."""
    network.fuse()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network.to(memory_format=torch.contiguous_format),
            (torch.zeros(2, 1, 28, 28),),
            path,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load(path)


def measure(path: Path, data: Samples, network: Network) -> float:
    """Return the accuracy of the file in ONNX Runtime; it must agree with the trained network."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    right = 0
    for start in range(0, len(data.labels), 500):
        pixels = preprocess(data.images[start : start + 500])
        (logits,) = session.run(["logits"], {"image": pixels})
        with torch.inference_mode():
            wanted = network(torch.from_numpy(pixels)).numpy()
        np.testing.assert_allclose(logits, wanted, rtol=1e-3, atol=1e-3)
        right += int((logits.argmax(axis=1) == data.labels[start : start + 500]).sum())
    return right / len(data.labels)


def hyperparameters(recipe: Recipe, network: Network) -> dict[str, object]:
    """Collect what the metadata says about the training, the network's shape included."""
    facts: dict[str, object] = asdict(recipe)
    del facts["version"]
    facts.update(
        optimizer="sgd",
        momentum=0.9,
        nesterov=True,
        precision="bfloat16 autocast",
        widths=WIDTHS,
        blocks=BLOCKS,
        parameters=sum(p.numel() for p in network.parameters()),
    )
    return facts


def describe(model: onnx.ModelProto, recipe: Recipe, facts: dict[str, object]) -> None:
    """Set the model's description and its contract, except for the accuracy."""
    model.producer_name = "slitlamp train_demo"
    model.producer_version = torch.__version__
    model.doc_string = (
        f"Slitlamp demo model {recipe.version}: a small residual network that sorts"
        " Fashion-MNIST images into ten kinds of clothing."
    )
    model.graph.name = f"fashion_{recipe.version}"
    set_metadata(
        model,
        {
            "slitlamp.version": recipe.version,
            "slitlamp.epoch": str(recipe.epochs),
            "slitlamp.hyperparameters": json.dumps(facts),
            "slitlamp.classes": json.dumps(CLASSES),
            "slitlamp.pipeline": json.dumps(PIPELINE),
            "slitlamp.head": "classification",
            "slitlamp.scores": "logits",
            "slitlamp.trained_on": f"Fashion-MNIST, training images 0 to {recipe.images - 1}",
            "slitlamp.license": "Apache-2.0",
        },
    )


def set_metadata(model: onnx.ModelProto, entries: dict[str, str]) -> None:
    """Add the entries to the model's metadata, replacing those of the same key."""
    known = {entry.key: entry.value for entry in model.metadata_props}
    onnx.helper.set_model_props(model, known | entries)


def check(model: onnx.ModelProto, path: Path) -> None:
    """Refuse a file that is invalid, too large or not what the examples promise."""
    onnx.checker.check_model(model, full_check=True)
    if model.opset_import[0].version != OPSET or len(model.opset_import) != 1:
        raise ValueError(f'"{path}" does not use opset {OPSET} alone')
    if any(node.doc_string or node.metadata_props for node in model.graph.node):
        raise ValueError(f'"{path}" carries traces of the machine that made it')
    size = path.stat().st_size
    if size > SIZE_LIMIT:
        raise ValueError(f'"{path}" has {size} bytes, more than {SIZE_LIMIT}')


def make(recipe: Recipe, folder: Path, training: Samples, test: Samples) -> None:
    """Train, export, measure and describe one version; the test images decide nothing."""
    path = folder / f"{recipe.version}.onnx"
    network = train(recipe, training)
    model = export(network, path)
    describe(model, recipe, hyperparameters(recipe, network))
    accuracy = measure(path, test, network)
    set_metadata(model, {"slitlamp.test_accuracy": f"{accuracy:.4f}"})
    onnx.save(model, path)
    check(model, path)
    training_accuracy = measure(path, training, network)
    print(
        f"{recipe.version}: test accuracy {accuracy:.4f}, accuracy on all training images"
        f" {training_accuracy:.4f}, {path.stat().st_size} bytes"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="train the Fashion-MNIST demo models")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the IDX files")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the .onnx files")
    names = [recipe.version for recipe in RECIPES]
    parser.add_argument("--only", choices=names, help="make one version instead of both")
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    training = read_samples(arguments.data, "train")
    test = read_samples(arguments.data, "t10k")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for recipe in RECIPES:
        if arguments.only in (None, recipe.version):
            make(recipe, arguments.out, training, test)
    return 0


if __name__ == "__main__":
    sys.exit(main())
