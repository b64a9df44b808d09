# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/model/: tiny classifiers of every kind that Slitlamp must load, run or refuse.

All good models average each colour channel of 3 x 8 x 8 pixels and multiply by a fixed matrix, so a
test can work out their numbers by hand. Made with onnx 1.23.2, numpy 2.4.6.

Run from the repository root: python3 tests/goldens/make_model_goldens.py
"""
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

OUT = Path("tests/data/model")

# Four scores from the channel means r, g, b: r, g, b and their sum.
WEIGHTS = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]], np.float32)


def tensor(name, array):
    return numpy_helper.from_array(array, name)


def save(name, graph, opset=13, ir=8, metadata=None, functions=None, imports=()):
    model = h.make_model(graph, producer_name="slitlamp tests", producer_version="1",
                         opset_imports=[h.make_opsetid("", opset), *imports],
                         functions=functions or [])
    model.ir_version = ir
    model.doc_string = "made by tests/goldens/make_model_goldens.py"
    h.set_model_props(model, metadata or {})
    (OUT / name).write_bytes(model.SerializeToString())
    return model


def classifier(tail=(), weights=WEIGHTS, shape=("batch", 3, 8, 8), out=None, dtype=T.FLOAT,
               head=(), pool_input="image", name="tiny", flat=True):
    """image -> head nodes -> global mean -> matrix -> tail nodes -> scores."""
    columns = weights.shape[1]
    nodes = list(head)
    nodes.append(h.make_node("GlobalAveragePool", [pool_input], ["pooled"]))
    last = "scores" if not tail else "raw"
    if flat:
        nodes.append(h.make_node("Flatten", ["pooled"], ["means"]))
        nodes.append(h.make_node("MatMul", ["means", "weights"], [last]))
        initializers = [tensor("weights", weights)]
    else:
        kernel = np.ascontiguousarray(weights.T)[:, :, None, None]
        nodes.append(h.make_node("Conv", ["pooled", "weights"], [last]))
        initializers = [tensor("weights", kernel)]
    nodes.extend(tail)
    out_shape = out or [shape[0], columns, *([] if flat else [1, 1])]
    return h.make_graph(
        nodes, name,
        [h.make_tensor_value_info("image", dtype, shape)],
        [h.make_tensor_value_info("scores", T.FLOAT if dtype == T.UINT8 else dtype, out_shape)],
        initializers)


def good_models():
    names = {"slitlamp.classes": json.dumps(["red", "green", "blue", "bright"]),
             "slitlamp.version": "v3", "slitlamp.epoch": "12",
             "slitlamp.hyperparameters": '{"rate": 0.1}'}
    for opset in (7, 9, 11, 12, 13, 15, 17, 19, 21):
        save(f"opset{opset}.onnx", classifier(), opset=opset, ir=4 if opset < 9 else 8)
    save("logits.onnx", classifier(), metadata=names)
    pipeline = [{"mode": {"to": "bgr"}}, {"resize": {"by": "exact", "size": 8}}]
    save("declared.onnx", classifier(),
         metadata=names | {"slitlamp.pipeline": json.dumps(pipeline),
                           "slitlamp.scores": "multilabel"})
    softmax = [h.make_node("Softmax", ["raw"], ["scores"], axis=1)]
    save("softmax.onnx", classifier(softmax))
    sigmoid = [h.make_node("Sigmoid", ["raw"], ["scores"])]
    save("multilabel.onnx", classifier(sigmoid))
    save("sigmoid.onnx", classifier(sigmoid, weights=WEIGHTS[:, :1].copy()))
    save("binary_logit.onnx", classifier(weights=WEIGHTS[:, :1].copy()))
    squeeze = [h.make_node("Squeeze", ["raw", "axes"], ["scores"])]
    graph = classifier(squeeze, weights=WEIGHTS[:, :1].copy(), out=["batch"])
    graph.initializer.append(tensor("axes", np.array([1], np.int64)))
    save("binary_rank1.onnx", graph)
    save("colours.onnx", classifier(weights=np.eye(3, dtype=np.float32)))
    save("conv_head.onnx", classifier(flat=False))
    save("static1.onnx", classifier(shape=(1, 3, 8, 8)))
    save("static4.onnx", classifier(shape=(4, 3, 8, 8)))
    save("free_size.onnx", classifier(shape=("batch", 3, "height", "width")))
    save("no_output_shape.onnx", no_shape(classifier()))
    to_planes = [h.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2])]
    save("nhwc.onnx", classifier(head=to_planes, shape=("batch", 8, 8, 3), pool_input="planes"))
    own = [h.make_node("Cast", ["image"], ["floats"], to=T.FLOAT),
           h.make_node("Div", ["floats", "range"], ["unit"])]
    graph = classifier(head=own, dtype=T.UINT8, pool_input="unit")
    graph.initializer.append(tensor("range", np.array(255, np.float32)))
    save("uint8.onnx", graph)
    own = [h.make_node("Sub", ["image", "mean"], ["centred"])]
    graph = classifier(head=own, pool_input="centred")
    graph.initializer.append(tensor("mean", np.array([123.68, 116.78, 103.94], np.float32)
                                    .reshape(1, 3, 1, 1)))
    save("own_mean.onnx", graph)
    save("float16.onnx", classifier(dtype=T.FLOAT16, weights=WEIGHTS.astype(np.float16)))
    graph = classifier()
    graph.input.append(h.make_tensor_value_info("weights", T.FLOAT, (3, 4)))
    save("weights_as_inputs.onnx", graph, opset=8, ir=3)
    own_function()


def no_shape(graph):
    graph.output[0].type.tensor_type.ClearField("shape")
    return graph


def own_function():
    """A custom domain that the file itself defines is no custom operator."""
    double = h.make_function("local.ops", "Double", ["x"], ["y"],
                             [h.make_node("Add", ["x", "x"], ["y"])], [h.make_opsetid("", 13)])
    tail = [h.make_node("Double", ["raw"], ["scores"], domain="local.ops")]
    save("function.onnx", classifier(tail), functions=[double],
         imports=[h.make_opsetid("local.ops", 1)])


def bad_models():
    tail = [h.make_node("Magic", ["raw"], ["scores"], domain="acme.ops")]
    save("custom_op.onnx", classifier(tail), imports=[h.make_opsetid("acme.ops", 1)])
    save("unknown_op.onnx", classifier([h.make_node("Magic", ["raw"], ["scores"])]))
    graph = classifier([h.make_node("Add", ["raw", "offset"], ["scores"])])
    graph.input.append(h.make_tensor_value_info("offset", T.FLOAT, ("batch", 4)))
    save("two_inputs.onnx", graph)
    text = h.make_graph([h.make_node("Identity", ["words"], ["scores"])], "text",
                        [h.make_tensor_value_info("words", T.STRING, ("batch",))],
                        [h.make_tensor_value_info("scores", T.STRING, ("batch",))])
    save("text_input.onnx", text)
    boxes = h.make_graph([h.make_node("Identity", ["image"], ["scores"])], "boxes",
                         [h.make_tensor_value_info("image", T.FLOAT, ("batch", 3, 8, 8))],
                         [h.make_tensor_value_info("scores", T.FLOAT, ("batch", 3, 8, 8))])
    save("boxes.onnx", boxes)
    save("future_opset.onnx", classifier(), opset=99)
    model = h.make_model(classifier())
    model.ClearField("graph")
    (OUT / "no_graph.onnx").write_bytes(model.SerializeToString())


def point_outside(model, entries):
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = T.EXTERNAL
    for key, value in entries:
        entry = weights.external_data.add()
        entry.key, entry.value = key, value


def external_models():
    (OUT / "external").mkdir(exist_ok=True)
    (OUT / "external" / "weights.bin").write_bytes(b"\0" * 16 + WEIGHTS.tobytes())
    good = [("location", "external/weights.bin"), ("offset", "16"), ("length", "48")]
    cases = {
        "good": good,
        "unknown_key": [*good, ("colour", "blue"), ("checksum", "0")],
        "missing": [("location", "external/none.bin")],
        "parent": [("location", "../../../etc/passwd")],
        "middle_parent": [("location", "external/../../../x")],
        "absolute": [("location", "/etc/passwd")],
        "file_url": [("location", "file:weights.bin")],
        "memory": [("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "4096"), ("length", "48")],
        "negative_offset": [("location", "external/weights.bin"), ("offset", "-8")],
        "past_end": [("location", "external/weights.bin"), ("offset", "32"), ("length", "48")],
        "overflow": [("location", "external/weights.bin"), ("offset", "16"),
                     ("length", "18446744073709551615")],
        "two_locations": [*good, ("location", "/etc/passwd")],
        "link": [("location", "link.bin"), ("offset", "16"), ("length", "48")],
        "hard_link": [("location", "hard.bin"), ("offset", "16"), ("length", "48")],
        "fifo": [("location", "fifo.bin")],
        "folder_link": [("location", "linked/weights.bin"), ("offset", "16"), ("length", "48")],
    }
    for name, entries in cases.items():
        model = h.make_model(classifier(), opset_imports=[h.make_opsetid("", 13)])
        model.ir_version = 8
        point_outside(model, entries)
        (OUT / f"external_{name}.onnx").write_bytes(model.SerializeToString())
    nested_memory()


def nested_memory():
    """A location that names memory, hidden in the tensor attribute of a node inside a subgraph."""
    hidden = h.make_tensor("hidden", T.FLOAT, [4], [0.0] * 4)
    constant = h.make_node("Constant", [], ["inner"], value=hidden)
    evil = constant.attribute[0].t
    evil.ClearField("float_data")
    evil.data_location = T.EXTERNAL
    for key, value in (("location", "*/_ORT_MEM_ADDR_/*"), ("offset", "64"), ("length", "16")):
        entry = evil.external_data.add()
        entry.key, entry.value = key, value
    branch = h.make_graph([constant], "branch", [],
                          [h.make_tensor_value_info("inner", T.FLOAT, [4])])
    tail = [h.make_node("If", ["flag"], ["extra"], then_branch=branch, else_branch=branch),
            h.make_node("Add", ["raw", "extra"], ["scores"])]
    graph = classifier(tail)
    graph.initializer.append(tensor("flag", np.array(True)))
    save("external_nested.onnx", graph)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    good_models()
    bad_models()
    external_models()
    for path in sorted(OUT.glob("opset*.onnx")):
        onnx.checker.check_model(onnx.load(path))


if __name__ == "__main__":
    main()
