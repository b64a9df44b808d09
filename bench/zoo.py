#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gradients of whole models against PyTorch's autograd, and their speed; `make bench-zoo` calls it.

usage: zoo.py [--speed] [--batches 1,8] [--exporter torchscript|dynamo] [--opset N] [MODEL...]

Every model is made with random weights and batch statistics taken from noise, exported on the spot,
and differentiated by its input under a random seed of its (first) output. "error" is
max|a-b| / max|b| and "torch" the same of PyTorch's float32 against its own float64. Where a
pre-activation is within rounding of zero the two put a ReLU's mask differently, and both numbers
are large; a wrong rule is wrong for every seed. So what is above 1e-4 is tried again with other
seeds, one image, smaller where the model allows; it agrees when one seed does, and the line says
how many it took. With --speed the same processors run, one after the
other, ONNX Runtime's forward, our forward with gradient, and PyTorch's best of eager and
channels_last (and torch.compile, --compile) with frozen weights. The Python is that of
SLITLAMP_ZOO_PYTHON or build/zoo-venv, with bench/zoo_requirements.txt.
"""
import argparse
import gc
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("SLITLAMP_BENCH_BUILD", "build/release")
ERROR_MAX = 1e-4
SMALLER = (64, 32, 32, 32)  # sides of the input of further seeds
SLICE_S = 0.5

warnings.filterwarnings("ignore")


def reexec_with_peers() -> None:
    """Go on in the Python that has the peers."""
    try:
        import torch  # noqa: F401
        return
    except ImportError:
        pass
    python = Path(os.environ.get("SLITLAMP_ZOO_PYTHON", ROOT / "build/zoo-venv/bin/python"))
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r",
                        str(ROOT / "bench/zoo_requirements.txt")], check=True)
    os.execv(python, [str(python), *sys.argv])


reexec_with_peers()
import numpy  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402

# ---- the models ------------------------------------------------------------------------------

CLASSIFIERS = (
    "resnet18 resnet50 resnext50_32x4d densenet121 mobilenet_v2 mobilenet_v3_small "
    "mobilenet_v3_large efficientnet_b0 efficientnet_v2_s regnet_y_400mf regnet_x_400mf "
    "shufflenet_v2_x1_0 squeezenet1_1 vgg11_bn alexnet inception_v3 googlenet mnasnet1_0 "
    "convnext_tiny vit_b_16 swin_t swin_v2_t maxvit_t").split()
SEGMENTERS = "deeplabv3_resnet50 fcn_resnet50 lraspp_mobilenet_v3_large".split()
TIMM = ("deit_tiny_patch16_224 mobilevit_s efficientformer_l1 mixer_s32_224 "
        "convmixer_768_32 resnetv2_50 ghostnet_100").split()


class First(torch.nn.Module):
    """A model whose first output is all it gives."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        out = self.inner(image)
        if isinstance(out, dict):
            out = out["out"]
        return out[0] if isinstance(out, (tuple, list)) else out


class SsdHead(torch.nn.Module):
    """Backbone and heads of a detector, without the selection of boxes: all class scores."""

    def __init__(self) -> None:
        super().__init__()
        detector = torchvision.models.detection.ssdlite320_mobilenet_v3_large(
            weights=None, weights_backbone=None)
        self.backbone, self.head = detector.backbone, detector.head

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = list(self.backbone(image).values())
        return self.head(features)["cls_logits"]


class Yolo(torch.nn.Module):
    """A detector body as YOLO has it: SiLU, CSP splits, spatial pyramid pooling, upsampling."""

    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn

        def block(inner: int, outer: int, stride: int = 1) -> torch.nn.Module:
            return nn.Sequential(nn.Conv2d(inner, outer, 3, stride, 1, bias=False),
                                 nn.BatchNorm2d(outer), nn.SiLU())

        self.stem, self.down = block(3, 16, 2), block(16, 32, 2)
        self.left, self.right = block(16, 16), block(16, 16)
        self.deep = block(64, 64, 2)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.mix, self.head = block(256, 64), nn.Conv2d(128, 3 * 15, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.down(self.stem(image))
        a, b = x.chunk(2, 1)
        b1 = self.left(b)
        x = torch.cat([a, b, b1, self.right(b1)], 1)
        y = self.deep(x)
        p1 = self.pool(y)
        p2 = self.pool(p1)
        y = self.mix(torch.cat([y, p1, p2, self.pool(p2)], 1))
        y = torch.nn.functional.interpolate(y, scale_factor=2, mode="nearest")
        raw = self.head(torch.cat([x, y], 1))
        n, _, h, w = raw.shape
        raw = raw.view(n, 3, 15, h, w).permute(0, 1, 3, 4, 2)
        return torch.sigmoid(raw).reshape(n, -1, 15)


def size_of(name: str) -> int:
    """Side of the input."""
    if name == "inception_v3":
        return 299
    return 320 if name in ("ssdlite", "yolo") else 224


def build(name: str, seed: int = 0, side: int = 0) -> torch.nn.Module:
    """The model with random weights, in inference mode; `side` is that of the input, 0 the usual."""
    torch.manual_seed(seed)
    if name in CLASSIFIERS:
        extra: dict[str, Any] = {"init_weights": True} if name in ("inception_v3",
                                                                   "googlenet") else {}
        model = getattr(torchvision.models, name)(weights=None, **extra)
        if hasattr(model, "aux_logits"):
            model.aux_logits = False
    elif name in SEGMENTERS:
        model = getattr(torchvision.models.segmentation, name)(
            weights=None, weights_backbone=None)
    elif name == "ssdlite":
        model = SsdHead()
    elif name == "yolo":
        model = Yolo()
    else:
        import timm
        model = timm.create_model(name, pretrained=False)
    return settle(First(model), side or size_of(name))


def settle(model: torch.nn.Module, side: int) -> torch.nn.Module:
    """Batch statistics of noise, so that activations neither vanish nor explode.

    Layers that are made zero, as heads are, get random weights: their gradient would be 0.
    """
    for module in model.modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)) and not module.weight.any():
            torch.nn.init.normal_(module.weight, std=0.02)
    for module in model.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = 1.0
            module.train()
        elif isinstance(module, torch.nn.Dropout):
            module.eval()
    with torch.no_grad():
        model(torch.randn(4, 3, side, side))
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model


def export(model: torch.nn.Module, image: torch.Tensor, path: Path, exporter: str,
           opset: int) -> None:
    """One .onnx file; the batch is free where the exporter can."""
    torch.backends.mha.set_fastpath_enabled(False)
    common = {"input_names": ["image"], "output_names": ["scores"], "opset_version": opset}
    if exporter == "torchscript":
        torch.onnx.export(model, (image,), str(path), dynamo=False,
                          dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}}, **common)
        return
    try:
        torch.onnx.export(model, (image,), str(path), dynamo=True, verbose=False,
                          dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},),
                          external_data=False, **common)
    except Exception:  # noqa: BLE001  (a model that cannot have a free batch has a fixed one)
        torch.onnx.export(model, (image,), str(path), dynamo=True, verbose=False,
                          external_data=False, **common)


# ---- one model -------------------------------------------------------------------------------

class Ours:
    """bench/grad_bench.c on a file."""

    def __init__(self, path: Path, image: Path, seed: Path, gradient: Path) -> None:
        self.process = subprocess.Popen(
            [str(BUILD / "bench/grad_bench"), str(path), str(image), str(seed), str(gradient)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        if not first:
            raise RuntimeError(self.process.stderr.read().strip() if self.process.stderr else "")
        self.facts: dict[str, float] = json.loads(first)

    def seconds(self, what: str, batch: int) -> float:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(f"{what} {batch}", file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read().strip() if self.process.stderr else "")
        answer = json.loads(line)
        return answer["wall"] / answer["rows"]

    def close(self) -> None:
        self.process.communicate()


def time_it(run: Callable[[], None]) -> float:
    """Seconds of one run."""
    run()
    runs, began = 0, time.perf_counter()
    while runs < 3 or time.perf_counter() - began < SLICE_S:
        run()
        runs += 1
    return (time.perf_counter() - began) / runs


def torch_seconds(model: torch.nn.Module, image: torch.Tensor, seed: torch.Tensor,
                  compiled: bool) -> float:
    """PyTorch's best way to the gradient of the input with frozen weights."""
    def way(net: Callable[[torch.Tensor], torch.Tensor], form: torch.memory_format) -> float:
        data = image.clone().contiguous(memory_format=form).requires_grad_(True)

        def once() -> None:
            data.grad = None
            net(data).backward(seed)

        return time_it(once)

    times = [way(model, torch.contiguous_format)]
    times.append(way(model.to(memory_format=torch.channels_last), torch.channels_last))
    model.to(memory_format=torch.contiguous_format)
    if compiled:
        try:
            times.append(way(torch.compile(model), torch.contiguous_format))
        except Exception as why:  # noqa: BLE001
            print(f"  torch.compile: {type(why).__name__}")
    return min(times)


def relative(a: numpy.ndarray, b: numpy.ndarray) -> float:
    """max|a-b| / max|b|"""
    return float(abs(a - b).max() / abs(b).max())


def own_error(model: torch.nn.Module, image: torch.Tensor, seed: torch.Tensor,
              want: numpy.ndarray) -> float:
    """Of PyTorch's float32 gradient against that of float64."""
    wide = image.detach().double().requires_grad_(True)
    model.double()(wide).backward(seed.double())
    model.float()
    return relative(want, wide.grad.numpy())


class Compared:
    """One model under one random seed: our gradient against PyTorch's."""

    def __init__(self, name: str, folder: Path, how: tuple[str, int], random: int, side: int,
                 rows: int) -> None:
        self.model = build(name, random, side)
        self.image = torch.randn(rows, 3, side, side).requires_grad_(True)
        scores = self.model(self.image)
        self.seed = torch.randn_like(scores)
        scores.backward(self.seed)
        want = self.image.grad.numpy()
        path = folder / f"{name}.onnx"
        export(self.model, self.image.detach(), path, *how)
        numpy.save(folder / "image.npy", self.image.detach().numpy())
        numpy.save(folder / "seed.npy", self.seed.numpy())
        self.ours = Ours(path, folder / "image.npy", folder / "seed.npy", folder / "gradient.npy")
        path.unlink()
        self.error = relative(numpy.load(folder / "gradient.npy"), want)
        self.torch_error = own_error(self.model, self.image, self.seed, want)

    def agrees(self) -> bool:
        """NaN does not."""
        return self.error <= ERROR_MAX


def try_again(name: str, folder: Path, how: tuple[str, int]) -> tuple[int, float, float]:
    """Seeds needed until one agrees, its error and PyTorch's own."""
    error = own = math.nan
    for random, small in enumerate(SMALLER, 1):
        for side in (small, size_of(name)):
            try:
                again = Compared(name, folder, how, random, side, 1)
            except Exception:  # noqa: BLE001  (a model that cannot have the small size)
                continue
            again.ours.close()
            error, own = again.error, again.torch_error
            if again.agrees():
                return random + 1, error, own
            break
    return len(SMALLER) + 1, error, own


def speed_of(first: Compared, batch: int, args: argparse.Namespace,
             ratios: list[tuple[int, float, float]]) -> str:
    """Forward, gradient, PyTorch."""
    ours, image, seed = first.ours, first.image.detach()[:batch], first.seed[:batch]
    forward, both = ours.seconds("forward", batch), ours.seconds("gradient", batch)
    peer = torch_seconds(first.model, image, seed, args.compile)
    ratios.append((batch, peer / both, both / (2 * forward)))
    return (f"  b{batch}: forward {1e3 * forward:.1f}, with gradient {1e3 * both:.1f}, "
            f"torch {1e3 * peer:.1f} ms; {peer / both:.2f}x torch, "
            f"{both / (2 * forward):.2f} limits")


def run_model(name: str, folder: Path, exporter: str, opset: int, args: argparse.Namespace,
              ratios: list[tuple[int, float, float]]) -> bool:
    """Compare one model; False when the gradients do not agree."""
    batches = [int(b) for b in args.batches.split(",")] if args.speed else []
    title = f"{name:28s} {exporter:11s} {opset:3d}"
    try:
        first = Compared(name, folder, (exporter, opset), 0, size_of(name), max([*batches, 2]))
    except RuntimeError as why:
        print(f"{title}  REFUSED: {why}", flush=True)
        return False
    facts, good = first.ours.facts, first.agrees()
    line = f"{title}  error {first.error:.1e}, torch {first.torch_error:.1e}"
    for batch in batches:
        line += speed_of(first, batch, args, ratios)
    first.ours.close()
    del first
    if not good:
        seeds, error, own = try_again(name, folder, (exporter, opset))
        good = error <= ERROR_MAX
        line += f"; {'seed' if good else '*** none of'} {seeds}: {error:.1e}, torch {own:.1e}"
    line += f"  open {facts['open']:.2f} s, build {facts['build']:.2f} s"
    print(line, flush=True)
    return good


def main() -> int:
    """Run the named models, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--exporter", default="both")
    parser.add_argument("--opset", type=int, default=0)
    args = parser.parse_args()
    names = args.models or [*CLASSIFIERS, *SEGMENTERS, "ssdlite", "yolo", *TIMM]
    exporters = ["torchscript", "dynamo"] if args.exporter == "both" else [args.exporter]
    ratios: list[tuple[int, float, float]] = []
    failed = []
    for name in names:
        for exporter in exporters:
            opset = args.opset or (17 if exporter == "torchscript" else 20)
            with tempfile.TemporaryDirectory(prefix="slitlamp-zoo-") as folder:
                try:
                    good = run_model(name, Path(folder), exporter, opset, args, ratios)
                except Exception as why:  # noqa: BLE001  (an exporter's failure is not ours)
                    print(f"{name:28s} {exporter:11s} {opset:3d}  not exported: "
                          f"{type(why).__name__}: {str(why).splitlines()[0][:90]}", flush=True)
                    continue
                if not good:
                    failed.append(f"{name} ({exporter})")
            gc.collect()
    for batch in sorted({batch for batch, _, _ in ratios}):
        mean = [math.exp(sum(math.log(r[i]) for r in ratios if r[0] == batch) /
                         sum(r[0] == batch for r in ratios)) for i in (1, 2)]
        worst = min(r[1] for r in ratios if r[0] == batch)
        print(f"batch {batch}: geometric mean {mean[0]:.2f}x torch (least {worst:.2f}), "
              f"{mean[1]:.2f} limits")
    print("all agree" if not failed else f"do not agree: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
