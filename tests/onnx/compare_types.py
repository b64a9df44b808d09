#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds our inference against the onnx package over the models of its backend tests.

Three comparisons. "declared": types of outputs against those the files declare. "reference": every
value against onnx.shape_inference, strict, with data propagation. "made": the inputs of a test are
turned into constants, and the outputs we infer are held against the arrays the test expects.
Declared types of what nodes make are taken out of the models first, so that they cannot help.

Prints how many are equal, unknown to us, finer than what they are held against, and wrong; exits 1
when any is wrong. Needs onnx 1.23.2; use: compare_types.py GRAPH_TYPES [--all]
"""

import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnx.backend.test.loader
import onnx.shape_inference

DATA = pathlib.Path(onnx.backend.test.loader.DATA_DIR)
OLDEST = 7


def dims_of(tensor):
    """(element, dims) of a TypeProto.Tensor; dims None when the rank is unknown, -1 for free ones."""
    if not tensor.HasField("shape"):
        return tensor.elem_type, None
    dims = [d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim]
    return tensor.elem_type, dims


def types_of(values):
    return {v.name: dims_of(v.type.tensor_type) for v in values if v.type.HasField("tensor_type")}


def read_dims(text):
    if text == "*":
        return None
    if text == "":
        return []
    return [-1 if d == "?" else int(d.split("+")[0]) for d in text.split(",")]


def parse(output):
    """{path: (status, message, {name: (element, dims)})} of what the program prints."""
    models, current = {}, None
    for line in output.splitlines():
        fields = line.split("\t")
        if fields[0] == "#":
            current = {}
            models[fields[1]] = (fields[2], fields[3], current)
        else:
            current[fields[0]] = (int(fields[1]), read_dims(fields[2]))
    return models


def judge(ours, reference):
    """One word for a pair of types."""
    if ours[0] == 0 and reference[0] != 0:
        return "unknown"
    if reference[0] not in (0, ours[0]):
        return "wrong"
    if ours[1] is None:
        return "equal" if reference[1] is None else "unknown"
    if reference[1] is None:
        return "finer"
    if len(ours[1]) != len(reference[1]):
        return "wrong"
    pairs = list(zip(ours[1], reference[1]))
    if any(a != b and -1 not in (a, b) for a, b in pairs):
        return "wrong"
    if any(a == -1 and b != -1 for a, b in pairs):
        return "unknown"
    return "finer" if any(a != b for a, b in pairs) else "equal"


def bare_copy(model):
    """The model without declared types of what nodes make; its outputs stay, as names."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    inputs = {i.name for i in bare.graph.input}
    for output in bare.graph.output:
        if output.name not in inputs and output.type.HasField("tensor_type"):
            output.ClearField("type")
    return bare


def infer_reference(model):
    """What the reference finds without declared outputs; {} when it refuses the model."""
    try:
        model = onnx.shape_inference.infer_shapes(bare_copy(model), check_type=True,
                                                  strict_mode=True, data_prop=True)
    except Exception:  # noqa: BLE001  the package raises several kinds
        return {}
    values = list(model.graph.value_info) + list(model.graph.output)
    return types_of(values)


class Tally:
    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.lines = []

    def add(self, what, name, value, ours, reference):
        word = judge(ours, reference)
        self.counts[what][word] += 1
        if word in ("wrong", "unknown"):
            self.lines.append(f"{word}: {name}: {value}: {ours}, {what} {reference}")


def closed_copy(case):
    """The bare model with the test's inputs as constants, and the arrays it should make; None when
    some are not tensors."""
    if not case.data_sets:
        return None
    inputs, outputs = case.data_sets[0]
    if not all(isinstance(a, (numpy.ndarray, numpy.generic)) for a in [*inputs, *outputs]):
        return None
    bare = bare_copy(case.model)
    for value, array in zip(case.model.graph.input, inputs):
        element = value.type.tensor_type.elem_type
        if element == 0 or onnx.helper.tensor_dtype_to_np_dtype(element) != array.dtype:
            return None
        bare.graph.initializer.append(onnx.numpy_helper.from_array(numpy.array(array), value.name))
    del bare.graph.input[:]
    return bare, {o.name: made_type(o, a) for o, a in zip(case.model.graph.output, outputs)}


def made_type(value, array):
    return value.type.tensor_type.elem_type, list(array.shape)


def all_cases():
    """Cases of single operators, and the model files of the package."""
    yield from onnx.backend.test.loader.load_node_model_tests()
    for path in sorted(DATA.rglob("*.onnx")):
        yield onnx.backend.test.case.test_case.TestCase(
            str(path.relative_to(DATA)), "", None, None, onnx.load(path), None, "file", 0, 0)


def is_old(model):
    versions = [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")]
    return bool(versions) and versions[0] < OLDEST


def write(folder, model, index):
    path = pathlib.Path(folder) / f"{index}.onnx"
    path.write_bytes(model.SerializeToString())
    return str(path)


def run(program, paths):
    done = subprocess.run([program, "--declared", *paths], capture_output=True, text=True,
                          check=True)
    return parse(done.stdout)


def compare(program, folder):
    tally, refused, opened, closed, old = Tally(), [], {}, {}, 0
    for case in all_cases():
        if is_old(case.model):
            old += 1
            continue
        opened[write(folder, bare_copy(case.model), f"open{len(opened)}")] = case
        made = closed_copy(case)
        if made is not None:
            closed[write(folder, made[0], f"closed{len(closed)}")] = (case.name, made[1])
    for path, (status, message, ours) in run(program, opened).items():
        case = opened[path]
        if status != "ok":
            refused.append(f"refused: {case.name}: {message}")
            continue
        for value, declared in types_of(case.model.graph.output).items():
            tally.add("declared", case.name, value, ours[value], declared)
        for value, reference in infer_reference(case.model).items():
            if value in ours:
                tally.add("reference", case.name, value, ours[value], reference)
    for path, (status, message, ours) in run(program, closed).items():
        name, made = closed[path]
        if status != "ok":
            refused.append(f"refused: {name}, closed: {message}")
            continue
        for value, array in made.items():
            tally.add("made", name, value, ours[value], array)
    print(f"{len(opened)} models ({len(closed)} with arrays), {old} older than operator set "
          f"{OLDEST} left out, {len(refused)} refused")
    return tally, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--all", action="store_true", help="list unknown ones too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally, refused = compare(options.program, folder)
    for what, counts in tally.counts.items():
        print(f"{what}: " + ", ".join(f"{n} {word}" for word, n in counts.most_common()))
    for line in refused + tally.lines:
        if options.all or not line.startswith("unknown"):
            print(line)
    return 1 if any(c["wrong"] for c in tally.counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
