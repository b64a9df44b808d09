#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds our inference against ONNX Runtime: sizes of all values of exported torchvision models.

Random weights, free batch, both exporters of PyTorch. Every value a node makes becomes an output;
the model runs with two batch sizes, and each size we infer, as fixed + per_batch * N, must be what
came out. Exits 1 when one is wrong. Needs torch 2.15.0,
torchvision 0.29.2, onnx 1.23.2, onnxruntime 1.32.0.

Use: compare_shapes.py GRAPH_TYPES [--folder FOLDER] [--all] [MODEL...]; with --folder the exported
files stay there and are used again.
"""

import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

MODELS = ["resnet18", "mobilenet_v3_small", "vit_b_16", "swin_t", "convnext_tiny"]
BATCHES = (2, 3)


def export(name, path, use_dynamo):
    import torch
    import torchvision
    model = torchvision.models.get_model(name, weights=None).eval()
    image = torch.zeros(2, 3, 224, 224)
    settings = {"input_names": ["image"], "output_names": ["scores"]}
    if use_dynamo:
        batch = torch.export.Dim("batch")
        torch.onnx.export(model, (image,), path, dynamo=True, dynamic_shapes=({0: batch},),
                          external_data=False, **settings)
    else:
        torch.onnx.export(model, (image,), path, dynamo=False, opset_version=17,
                          dynamic_axes={"image": {0: "batch"}}, **settings)


def parse_dims(text):
    """[(fixed, per_batch) or None]; None for an unknown rank."""
    if text == "*":
        return None
    items = text.split(",") if text else []
    return [None if d == "?" else tuple(int(n) for n in d.split("+")) for d in items]


def infer(program, path):
    done = subprocess.run([program, str(path)], capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    if lines[0][2] != "ok":
        return lines[0][3], {}
    return "", {line[0]: (int(line[1]), parse_dims(line[2])) for line in lines[1:]}


def outputs_of_all(model):
    """Names of what nodes make, all of them outputs of the model now."""
    names = [o for node in model.graph.node for o in node.output if o]
    there = {o.name for o in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=n) for n in names if n not in there)
    return names


def run_all(path):
    """{batch: {name: shape}}; values that are no tensors are left out."""
    model = onnx.load(path)
    names = outputs_of_all(model)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                           providers=["CPUExecutionProvider"])
    image = session.get_inputs()[0]
    made = {}
    for batch in BATCHES:
        shape = [batch] + [d if isinstance(d, int) else 224 for d in image.shape[1:]]
        arrays = session.run(names, {image.name: numpy.ones(shape, numpy.float32)})
        made[batch] = {n: a.shape for n, a in zip(names, arrays) if hasattr(a, "shape")}
    return made


def judge(dims, made, name):
    if dims is None:
        return "unknown"
    for batch in BATCHES:
        shape = made[batch][name]
        if len(shape) != len(dims):
            return "wrong"
        sizes = [None if d is None else d[0] + d[1] * batch for d in dims]
        if any(a is not None and a != b for a, b in zip(sizes, shape)):
            return "wrong"
    return "unknown" if None in dims else "equal"


def compare(program, path, show_all):
    message, ours = infer(program, path)
    if message:
        print(f"{path.name}: refused: {message}")
        return 1
    made = run_all(path)
    counts = collections.Counter()
    for name in made[BATCHES[0]]:
        word = judge(ours[name][1], made, name)
        counts[word] += 1
        if word == "wrong" or (show_all and word == "unknown"):
            print(f"{word}: {name}: {ours[name][1]}, {[made[b][name] for b in BATCHES]}")
    print(f"{path.name}: " + ", ".join(f"{n} {word}" for word, n in counts.most_common()))
    return counts["wrong"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--folder")
    parser.add_argument("--all", action="store_true", help="list unknown ones too")
    options = parser.parse_intermixed_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.models:
            for use_dynamo in (False, True):
                path = pathlib.Path(options.folder or scratch)
                path /= f"{name}.{'dynamo' if use_dynamo else 'script'}.onnx"
                if not path.exists():
                    export(name, str(path), use_dynamo)
                wrong += compare(options.program, path, options.all)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
