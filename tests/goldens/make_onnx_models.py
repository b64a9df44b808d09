# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/onnx/: small models with everything a model file can say, for the reader, the
writer and the text form. Made with onnx 1.23.2, numpy 2.4.6.

Run from the repository root: python3 tests/goldens/make_onnx_models.py
"""
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

OUT = Path("tests/data/onnx")
SHAPE = ["batch", 4]


def value(name, shape=SHAPE, dtype=T.FLOAT):
    return h.make_tensor_value_info(name, dtype, shape)


def save(name, graph, opset=17, ir=10, functions=(), imports=(), tail=b""):
    model = h.make_model(graph, producer_name="slitlamp tests", producer_version="1",
                         opset_imports=[h.make_opsetid("", opset), *imports], functions=functions)
    model.ir_version = ir
    return write(name, model, tail)


def write(name, model, tail=b""):
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString() + tail)
    return model


def entries(message, **pairs):
    for key, text in pairs.items():
        message.metadata_props.add(key=key, value=text)


def chain(*nodes, inits=(), inputs=("x",), outputs=("y",), name="g", infos=()):
    return h.make_graph(nodes, name, [value(i) for i in inputs], [value(o) for o in outputs], inits,
                        value_info=list(infos))


def documented():
    """Documentation, metadata and annotations on everything that can have them."""
    w = numpy_helper.from_array(np.arange(16, dtype=np.float32).reshape(4, 4), "w")
    w.doc_string = "weights"
    entries(w, made="here")
    node = h.make_node("Gemm", ["x", "w"], ["h"], name="fc", doc_string="a layer", alpha=0.5)
    node.attribute[0].doc_string = "half"
    entries(node, namespace="net.fc", line="12")
    info = value("h")
    info.doc_string = "hidden"
    entries(info, kind="activation")
    graph = chain(node, h.make_node("Relu", ["h"], ["y"]), inits=[w], infos=[info])
    graph.doc_string = "a graph"
    entries(graph, author="nobody")
    note = graph.quantization_annotation.add(tensor_name="h")
    note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="w")
    graph.input[0].type.denotation = "TENSOR"
    graph.input[0].type.tensor_type.shape.dim[0].denotation = "DATA_BATCH"
    model = h.make_model(graph, producer_name="slitlamp tests", domain="tests", model_version=7,
                         doc_string="a model", opset_imports=[h.make_opsetid("ai.onnx", 17)])
    h.set_model_props(model, {"classes": "a,b", "empty": ""})
    training = model.training_info.add()
    training.initialization.name = "init"
    training.initialization.node.append(h.make_node("Identity", ["w"], ["w0"]))
    training.initialization.output.append(value("w0"))
    training.update_binding.add(key="w", value="w0")
    write("documented", model)


def unknown_fields():
    """Fields of the future in the model, a node, an attribute and a tensor (field 2000, text)."""
    future = b"\x82\x7d\x06future"
    w = T.FromString(numpy_helper.from_array(np.ones(4, np.float32), "w").SerializeToString() +
                     future)
    node = h.make_node("LeakyRelu", ["h"], ["y"], alpha=0.25)
    attribute = onnx.AttributeProto.FromString(node.attribute[0].SerializeToString() + future)
    node.ClearField("attribute")
    node.attribute.append(attribute)
    node = onnx.NodeProto.FromString(node.SerializeToString() + future)
    save("unknown_fields", chain(h.make_node("Add", ["x", "w"], ["h"]), node, inits=[w]),
         tail=future + future)


def element_types():
    """A constant of every type, as raw data and in the typed fields."""
    inits, nodes = [], []
    plain = [T.FLOAT, T.UINT8, T.INT8, T.UINT16, T.INT16, T.INT32, T.INT64, T.BOOL, T.FLOAT16,
             T.DOUBLE, T.UINT32, T.UINT64, T.BFLOAT16, T.FLOAT8E4M3FN, T.FLOAT8E5M2, T.UINT4,
             T.INT4, T.FLOAT4E2M1]
    for kind in plain:
        name = T.DataType.Name(kind).lower()
        typed = h.make_tensor(f"{name}_typed", kind, [5], [0, 1, 1, 0, 1])
        raw = numpy_helper.from_array(numpy_helper.to_array(typed), f"{name}_raw")
        inits += [typed, raw]
    for name, kind, numbers in (("negative", T.INT8, [-1, -128, 127]),
                                ("long", T.INT64, [-1, 2**62, -2**63]),
                                ("word", T.UINT64, [2**64 - 1, 0, 1])):
        inits.append(h.make_tensor(name, kind, [3], numbers))
    inits.append(h.make_tensor("text", T.STRING, [2, 2], [b"a", b"", b"\xff\x00z", "ü".encode()]))
    inits.append(h.make_tensor("empty", T.FLOAT, [0, 3], []))
    inits.append(h.make_tensor("complex", T.COMPLEX64, [2], [1 + 2j, 3 - 4j]))
    nodes += [h.make_node("Identity", [t.name], [f"{t.name}_out"]) for t in inits]
    nodes.append(h.make_node("Relu", ["x"], ["y"]))
    save("element_types", chain(*nodes, inits=inits), opset=23, ir=11)


def sparse():
    """Sparse tensors as initializer and as attribute."""
    values = numpy_helper.from_array(np.array([1, 2], np.float32), "sparse_w")
    indices = numpy_helper.from_array(np.array([0, 3], np.int64), "at")
    tensor = h.make_sparse_tensor(values, indices, [4])
    graph = chain(h.make_node("Add", ["x", "sparse_w"], ["h"]),
                  h.make_node("Constant", [], ["c"], sparse_value=tensor),
                  h.make_node("Mul", ["h", "c"], ["y"]))
    graph.sparse_initializer.append(tensor)
    save("sparse", graph)


def branches():
    """If in Loop in If: inner graphs read values two levels further out."""
    inner = h.make_graph([h.make_node("Mul", ["state", "w"], ["inner_y"])], "inner", [],
                         [value("inner_y")])
    other = h.make_graph([h.make_node("Identity", ["x"], ["other_y"])], "other", [],
                         [value("other_y")])
    body = h.make_graph(
        [h.make_node("If", ["go"], ["new_state"], then_branch=inner, else_branch=other),
         h.make_node("Identity", ["go"], ["still"])], "body",
        [value("i", [], T.INT64), value("go", [], T.BOOL), value("state")],
        [value("still", [], T.BOOL), value("new_state")])
    loop = h.make_graph(
        [h.make_node("Loop", ["count", "flag", "x"], ["looped"], body=body)], "then", [],
        [value("looped")])
    straight = h.make_graph([h.make_node("Neg", ["x"], ["straight_y"])], "else", [],
                            [value("straight_y")])
    inits = [numpy_helper.from_array(np.array(3, np.int64), "count"),
             numpy_helper.from_array(np.array(True), "flag"),
             numpy_helper.from_array(np.full(4, 2, np.float32), "w")]
    save("branches", chain(h.make_node("If", ["flag"], ["y"], then_branch=loop,
                                       else_branch=straight), inits=inits))


def functions():
    """Functions with attributes, defaults, an overload, and one that calls another."""
    def scaled(name, overload, nodes, **more):
        function = h.make_function("local.ops", name, ["a"], ["b"], nodes,
                                   [h.make_opsetid("", 17), h.make_opsetid("local.ops", 1)], **more)
        function.overload = overload
        entries(function, source=name)
        function.value_info.append(value("inside"))
        function.doc_string = "doubles or so"
        return function

    leaky = h.make_node("LeakyRelu", ["a"], ["inside"])
    leaky.attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope",
                                               type=onnx.AttributeProto.FLOAT))
    inner_call = h.make_node("Inner", ["inside"], ["b"], domain="local.ops")
    outer = scaled("Outer", "", [leaky, inner_call], attributes=["slope"])
    inner = scaled("Inner", "v2", [h.make_node("Neg", ["a"], ["inside"]),
                                   h.make_node("Abs", ["inside"], ["b"])],
                   attribute_protos=[h.make_attribute("unused", [1, 2])])
    call = h.make_node("Outer", ["x"], ["h"], domain="local.ops", slope=0.1)
    other = h.make_node("Inner", ["h"], ["y"], domain="local.ops")
    other.overload = "v2"
    save("functions", chain(call, other), functions=[outer, inner],
         imports=[h.make_opsetid("local.ops", 1)])


def attributes():
    """Every kind of attribute, on an operator of nobody."""
    tensor = numpy_helper.from_array(np.arange(3, dtype=np.int64), "t")
    graph = h.make_graph([h.make_node("Neg", ["x"], ["n"])], "inside", [], [value("n")])
    node = h.make_node("Everything", ["x", "", "x"], ["y", "", "z"], domain="local.test",
                       a_float=0.0, an_int=-5, a_string=b"\x00\xfftext\"\\\n",
                       floats=[1.5, float("inf"), -0.0],
                       ints=[1, -1, 2**62], strings=["a", ""], a_tensor=tensor,
                       tensors=[tensor, tensor], a_graph=graph, graphs=[graph, graph],
                       a_type=h.make_tensor_type_proto(T.FLOAT, [2, "n"]),
                       types=[h.make_sequence_type_proto(h.make_tensor_type_proto(T.INT8, None))])
    for name, kind in (("no_ints", onnx.AttributeProto.INTS),
                       ("no_strings", onnx.AttributeProto.STRINGS)):
        node.attribute.append(onnx.AttributeProto(name=name, type=kind))
    sequence = h.make_tensor_sequence_value_info("s", T.FLOAT, None)
    graph = h.make_graph([node, h.make_node("SequenceConstruct", ["y"], ["s"])], "g", [value("x")],
                         [value("y"), sequence, value("z", None), value("x")],
                         value_info=[])
    save("attributes", graph, imports=[h.make_opsetid("local.test", 1)])


def old():
    """IR 3: initializers are inputs, attributes without a kind, nodes out of order."""
    w = numpy_helper.from_array(np.ones(4, np.float32), "w")
    nodes = [h.make_node("Add", ["h", "w"], ["y"]),
             h.make_node("LeakyRelu", ["x"], ["h"], alpha=0.5)]
    nodes[1].attribute[0].ClearField("type")
    graph = h.make_graph(nodes, "g", [value("x"), value("w", [4])], [value("y", [-1, 0])], [w])
    save("old", graph, opset=7, ir=3)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for make in (documented, unknown_fields, element_types, sparse, branches, functions, attributes,
                 old):
        make()


if __name__ == "__main__":
    main()
