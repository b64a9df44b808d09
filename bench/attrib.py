#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attribution beside Captum, pytorch-grad-cam and ONNX Runtime alone; `make bench-attrib` calls it.

usage: attrib.py [MODEL...]

One input per run, the same processors, ours and the peer in turns, medians of three. Captum runs at
the best of several internal batches, both peers with frozen weights. Occlusion and RISE are held
against what ONNX Runtime alone does on as many inputs at its best batch.
"""
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from zoo import BUILD, build, export, size_of, time_it  # in the Python that has the peers

import captum.attr
import numpy
import onnxruntime
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

ROUNDS = 3
TARGET = 5
BATCHES = (1, 2, 4, 8, 16)
LAYERS = {"resnet18": "layer4", "mobilenet_v2": "features"}


class Ours:
    """bench/attrib_bench.c on a model and an input."""

    def __init__(self, model: Path, image: Path) -> None:
        self.process = subprocess.Popen(
            [str(BUILD / "bench/attrib_bench"), str(model), str(image), str(TARGET)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, method: dict) -> dict:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(method), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        answer["seconds"] = answer["wall"] / answer["rows"]
        return answer


def bare_seconds(path: Path, image: numpy.ndarray) -> float:
    """Seconds of one input through ONNX Runtime alone, at its best batch."""
    session = onnxruntime.InferenceSession(str(path))
    times = []
    for batch in BATCHES:
        many = numpy.repeat(image, batch, 0)
        times.append(time_it(lambda many=many: session.run(None, {"image": many})) / batch)
    return min(times)


def say(name: str, ours: list[float], peer: list[float], wanted: str) -> None:
    ratios = [b / a for a, b in zip(ours, peer)]
    print(f"{name:58s} {1e3 * statistics.median(ours):9.1f} {1e3 * statistics.median(peer):9.1f} "
          f"{statistics.median(ratios):6.2f} ({min(ratios):.2f}-{max(ratios):.2f})  {wanted}",
          flush=True)


def rounds(ours: Callable[[], float], peer: Callable[[], float]) -> tuple[list, list]:
    pairs = [(ours(), peer()) for _ in range(ROUNDS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def captum_best(method: captum.attr.IntegratedGradients, image: torch.Tensor) -> int:
    """The internal batch at which Captum is fastest."""
    times = {batch: time_it(lambda batch=batch: method.attribute(
        image, target=TARGET, n_steps=50, internal_batch_size=batch)) for batch in (2, 4, 8, 16)}
    return min(times, key=lambda batch: times[batch])


def run_model(name: str, folder: Path) -> None:
    model, side = build(name), size_of(name)
    image = torch.randn(1, 3, side, side)
    path = folder / f"{name}.onnx"
    export(model, image, path, "torchscript", 17)
    numpy.save(folder / "image.npy", image.numpy())
    ours = Ours(path, folder / "image.npy")
    path_method = captum.attr.IntegratedGradients(model)
    batch = captum_best(path_method, image)
    say(f"{name}: integrated gradients, 50 steps; Captum, batch {batch}", *rounds(
        lambda: ours.ask({"integrated_gradients": {"steps": 50}})["seconds"],
        lambda: time_it(lambda: path_method.attribute(
            image, target=TARGET, n_steps=50, internal_batch_size=batch))),
        ">= 1.2" if name == "resnet18" else ">= 2")
    layer = getattr(model.inner, LAYERS[name])[-1]
    camera = pytorch_grad_cam.GradCAM(model, [layer])
    seen = image.clone().requires_grad_(True)  # with frozen weights gradients start here
    for title, learns in (("as it is", True), ("frozen weights", False)):
        for parameter in model.parameters():
            parameter.requires_grad_(learns)
        say(f"{name}: Grad-CAM; pytorch-grad-cam, {title}", *rounds(
            lambda: ours.ask({"grad_cam": {}})["seconds"],
            lambda: time_it(lambda: camera(seen, [ClassifierOutputTarget(TARGET)]))), ">= 4")
    for title, method in (("occlusion, window 56", {"occlusion": {"window": 56, "stride": 28}}),
                          ("RISE, 200 masks", {"rise": {"masks": 200}})):
        mine, bare = [], []
        for _ in range(ROUNDS):
            answer = ours.ask(method)
            mine.append(answer["seconds"] / answer["forward"])
            bare.append(bare_seconds(path, image.numpy()))
        say(f"{name}: {title}, an input; ONNX Runtime alone", mine, bare, ">= 0.9")
    ours.process.communicate()


def main() -> int:
    """Measure the named models, or both."""
    print(f"{'what':58s} {'ours, ms':>9s} {'peer, ms':>9s} ratio")
    for name in sys.argv[1:] or list(LAYERS):
        with tempfile.TemporaryDirectory(prefix="slitlamp-attrib-") as folder:
            run_model(name, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
