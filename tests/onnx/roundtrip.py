#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads models with Slitlamp, writes them again and compares what they say.

Without arguments (the ordinary tests): every model of tests/data/onnx and of tests/data/model that
Slitlamp reads, compared field by field on the wire by wire_compare.py.

With --onnx FOLDER...: every .onnx file below the folders, judged by the onnx package: the
ModelProto of the copy equals the original's after order_free() took away what has no meaning
(order of initializers, defaults that are spelled out, the field a tensor's numbers are in), and
onnx.checker accepts the copy wherever it accepts the original.

Environment: SL_BUILD_DIR (tests/onnx_copy is below it), SL_SOURCE_DIR.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import wire_compare  # noqa: E402

SOURCE = Path(os.environ.get("SL_SOURCE_DIR", Path(__file__).parents[2]))
TOOL = Path(os.environ.get("SL_BUILD_DIR", SOURCE / "build/dev")) / "tests/onnx_copy"

# Files of tests/data/model that must be refused; all others are read. `make_model_goldens.py`
# says what is wrong with each.
REFUSED = {"no_graph", "external_absolute", "external_fifo", "external_file_url",
           "external_folder_link", "external_hard_link", "external_link", "external_memory",
           "external_middle_parent", "external_missing", "external_negative_offset",
           "external_nested", "external_overflow", "external_parent", "external_past_end",
           "external_two_locations"}


def copy_all(paths, folder):
    """Copies through Slitlamp: [(path, copy, what the tool said)]."""
    copies = [folder / f"{index}.onnx" for index in range(len(paths))]
    lines = "".join(f"{path}\t{copy}\n" for path, copy in zip(paths, copies))
    done = subprocess.run([TOOL], input=lines, capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()
    if done.returncode != 0 or len(said) != len(paths):
        raise SystemExit(f"onnx_copy ended with {done.returncode} at "
                         f"{paths[len(said)] if len(said) < len(paths) else 'the end'}"
                         f"\n{done.stderr}")
    return list(zip(paths, copies, said))


def check_on_the_wire(paths, folder):
    """Problems of the ordinary test, as lines."""
    problems, compared = [], 0
    for path, copy, said in copy_all(paths, folder):
        if path.stem in REFUSED:
            if said == "ok":
                problems.append(f"{path.name}: is read, though it must be refused")
            continue
        if said != "ok":
            problems.append(f"{path.name}: {said}")
            continue
        compared += 1
        difference = wire_compare.difference(path.read_bytes(), copy.read_bytes(), path.parent)
        if difference:
            problems.append(f"{path.name}: {difference}")
    print(f"{compared} models compared on the wire")
    return problems


# ---- judged by the onnx package -----------------------------------------------------------------

def clear_defaults(message):
    """Takes away scalars that are spelled out though they are what their absence means."""
    for field, value in list(message.ListFields()):
        if field.is_repeated:
            for item in value if field.message_type else ():
                clear_defaults(item)
        elif field.message_type:
            clear_defaults(value)
        elif value == field.default_value and field.containing_type.name != "AttributeProto":
            message.ClearField(field.name)


def plain_tensor(tensor, onnx):
    """The numbers of a tensor as raw_data, whatever field they were in."""
    if tensor.data_type in (onnx.TensorProto.STRING, onnx.TensorProto.UNDEFINED):
        return
    data = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor)).raw_data
    for field in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
        tensor.ClearField(field)
    tensor.raw_data = data


def plain_attribute(attribute, onnx):
    """Tensors made plain; the kind that files of before 2018 leave out."""
    kinds = ("f", "i", "s", "t", "g", "floats", "ints", "strings", "tensors", "graphs")
    if attribute.type == 0:
        for kind, field in enumerate(kinds, 1):
            if (attribute.HasField(field) if kind <= 5 else len(getattr(attribute, field))):
                attribute.type = kind
    for tensor in ([attribute.t] if attribute.HasField("t") else []) + list(attribute.tensors):
        plain_tensor(tensor, onnx)
    graphs = ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs)
    for graph in graphs:
        plain_graph(graph, onnx)


def plain_node(node, onnx):
    """Attributes in the order of their names."""
    node.domain = "" if node.domain == "ai.onnx" else node.domain
    for attribute in node.attribute:
        plain_attribute(attribute, onnx)
    by_name = sorted(node.attribute, key=lambda a: a.name)
    node.ClearField("attribute")
    node.attribute.extend(by_name)


def sort_field(message, field, key):
    items = sorted(getattr(message, field), key=key)
    message.ClearField(field)
    getattr(message, field).extend(items)


def plain_infos(message, ports, made):
    """value_info by name, without those of ports (these say it themselves) and of no value."""
    kept = [v for v in message.value_info if v.name in made and v.name not in ports]
    message.ClearField("value_info")
    message.value_info.extend(sorted(kept, key=lambda v: v.name))


def plain_graph(graph, onnx):
    """Order and spelling without meaning taken away, in place; graphs inside included."""
    for node in graph.node:
        plain_node(node, onnx)
    for tensor in graph.initializer:
        plain_tensor(tensor, onnx)
    ports = {v.name for v in graph.input} | {v.name for v in graph.output}
    made = {o for n in graph.node for o in n.output} | {t.name for t in graph.initializer} | {
        t.values.name for t in graph.sparse_initializer} | {i for n in graph.node for i in n.input}
    sort_field(graph, "initializer", lambda t: t.name)
    sort_field(graph, "sparse_initializer", lambda t: t.values.name)
    plain_infos(graph, ports, made)


def order_free(model, onnx):
    """The model without what has no meaning, in place."""
    plain_graph(model.graph, onnx)
    for function in model.functions:
        for node in function.node:
            plain_node(node, onnx)
        for attribute in function.attribute_proto:
            plain_attribute(attribute, onnx)
        names = {n for node in function.node for n in (*node.input, *node.output)}
        plain_infos(function, set(), names | {*function.input})
        for opset in function.opset_import:
            opset.domain = "" if opset.domain == "ai.onnx" else opset.domain
    for opset in model.opset_import:
        opset.domain = "" if opset.domain == "ai.onnx" else opset.domain
    clear_defaults(model)
    return model


def first_difference(a, b):
    """Where the texts of two messages part."""
    for x, y in zip(str(a).splitlines(), str(b).splitlines()):
        if x != y:
            return f"{x.strip()[:70]!r} became {y.strip()[:70]!r}"
    return "one has more than the other"


def accepts(onnx, path):
    try:
        onnx.checker.check_model(str(path))
        return None
    except Exception as error:  # the checker raises several kinds
        return str(error).splitlines()[0][:120]


def check_by_onnx(paths, folder):
    """Problems of the run with the onnx package, as lines."""
    import onnx
    import onnx.numpy_helper
    problems, equal, accepted, exact = [], 0, 0, 0
    for path, copy, said in copy_all(paths, folder):
        if said != "ok":
            problems.append(f"{path}: {said}")
            continue
        before, after = onnx.load(str(path)), onnx.load(str(copy))
        exact += before == after
        if order_free(before, onnx) == order_free(after, onnx):
            equal += 1
        else:
            problems.append(f"{path}: {first_difference(before, after)}")
        fault = accepts(onnx, copy)
        accepted += fault is None
        if fault is not None and accepts(onnx, path) is None:
            problems.append(f"{path}: the checker refuses the copy: {fault}")
        copy.unlink()
    print(f"{len(paths)} models: {equal} equal by onnx {onnx.__version__} ({exact} of them without "
          f"taking anything away), {accepted} copies accepted by its checker")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--onnx", nargs="+", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.onnx:
            paths = sorted(p for top in options.onnx for p in top.rglob("*.onnx"))
            problems = check_by_onnx(paths, Path(folder))
        else:
            paths = [p for name in ("onnx", "model")
                     for p in sorted((SOURCE / "tests/data" / name).glob("*.onnx"))]
            problems = check_on_the_wire(paths, Path(folder))
    for line in problems:
        print(line)
    return 1 if problems or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
