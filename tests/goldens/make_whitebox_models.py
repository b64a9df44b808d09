#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the awkward models of tests/data/whitebox: what gradients, taps and edits must say in words.

usage: make_whitebox_models.py [FOLDER]; numpy 2.4.6, onnx 1.23.2. Weights come from fixed seeds, so
a second run gives the same bytes. Every model takes "x" and gives "scores" unless its maker says
otherwise; tests/cli/bad_white_box.sh says what must happen with each.
"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "whitebox")
ELEMENTS = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16,
            "bfloat16": TensorProto.BFLOAT16, "float64": TensorProto.DOUBLE,
            "uint8": TensorProto.UINT8, "int32": TensorProto.INT32, "int64": TensorProto.INT64}
IMAGE = ["N", 3, 8, 8]


def numbers(seed, *shape, scale=0.4):
    """Weights of that shape; odd elements, so that no two agree."""
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def weight(name, values, element="float32"):
    """An initializer in the element type."""
    tensor = numpy_helper.from_array(np.asarray(values), name)
    if element == "bfloat16":
        bits = np.asarray(values, np.float32).view(np.uint32) >> 16
        return helper.make_tensor(name, TensorProto.BFLOAT16, np.shape(values),
                                  bits.astype(np.uint16).tobytes(), raw=True)
    if element != "float32":
        tensor = numpy_helper.from_array(np.asarray(values).astype(element), name)
    return tensor


def port(name, element, dims):
    return helper.make_tensor_value_info(name, ELEMENTS[element], dims)


def net(seed=1, element="float32", source="x", channels=3, scale=0.4):
    """Conv, Relu, mean over places, Gemm: nodes and weights of a classifier of 5 classes."""
    nodes = [helper.make_node("Conv", [source, "conv_w", "conv_b"], ["conv"], "conv1",
                              kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
             helper.make_node("Relu", ["conv"], ["features"], "relu1"),
             helper.make_node("GlobalAveragePool", ["features"], ["pooled"], "pool"),
             helper.make_node("Flatten", ["pooled"], ["flat"], "flatten"),
             helper.make_node("Gemm", ["flat", "fc_w", "fc_b"], ["scores"], "fc", transB=1)]
    weights = [weight("conv_w", numbers(seed, 4, channels, 3, 3, scale=scale), element),
               weight("conv_b", numbers(seed + 1, 4), element),
               weight("fc_w", numbers(seed + 2, 5, 4, scale=scale), element),
               weight("fc_b", numbers(seed + 3, 5), element)]
    return nodes, weights


def model(nodes, weights, inputs=None, outputs=None, opset=17, ir=8, domains=(), **graph):
    inputs = inputs or [port("x", "float32", IMAGE)]
    outputs = outputs or [port("scores", "float32", ["N", 5])]
    made = helper.make_graph(nodes, "awkward", inputs, outputs, weights, **graph)
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    return helper.make_model(made, opset_imports=imports, ir_version=ir, producer_name="")


# ---- operators ----------------------------------------------------------------------------------


def refused():
    """A Hardmax, whose gradient is refused, between the features and the scores."""
    nodes, weights = net()
    nodes[1] = helper.make_node("Relu", ["conv"], ["live"], "relu1")
    nodes.insert(2, helper.make_node("Hardmax", ["live"], ["features"], "choose", axis=1))
    return model(nodes, weights)


def fused():
    """What ONNX Runtime's optimiser leaves behind: a FusedConv of com.microsoft."""
    nodes, weights = net()
    nodes[0] = helper.make_node("FusedConv", ["x", "conv_w", "conv_b"], ["features"], "conv1",
                                domain="com.microsoft", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
                                activation="Relu")
    del nodes[1]
    return model(nodes, weights, domains=["com.microsoft"])


def fused_nhwc():
    """An optimised float16 form with channels last."""
    nodes, weights = net(element="float16")
    nodes[0] = helper.make_node("NhwcFusedConv", ["last", "conv_w", "conv_b"], ["wide"], "conv1",
                                domain="com.microsoft", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    nodes.insert(0, helper.make_node("Transpose", ["x"], ["last"], "to_last", perm=[0, 2, 3, 1]))
    nodes.insert(2, helper.make_node("Transpose", ["wide"], ["conv"], "back", perm=[0, 3, 1, 2]))
    return model(nodes, weights, [port("x", "float16", IMAGE)],
                 [port("scores", "float16", ["N", 5])], domains=["com.microsoft"])


def custom():
    """An operator nobody has."""
    nodes, weights = net()
    nodes[1] = helper.make_node("Magic", ["conv"], ["features"], "magic", domain="acme.ops")
    return model(nodes, weights, domains=["acme.ops"])


def data_dependent():
    """Keeps what is positive: how many numbers that are is known when it has run."""
    nodes = [helper.make_node("NonZero", ["x"], ["places"], "where"),
             helper.make_node("Transpose", ["places"], ["rows"], "turn", perm=[1, 0]),
             helper.make_node("GatherND", ["x", "rows"], ["kept"], "keep"),
             helper.make_node("Relu", ["kept"], ["scores"], "relu1")]
    return model(nodes, [], outputs=[port("scores", "float32", ["K"])])


# ---- inputs -------------------------------------------------------------------------------------


def no_float():
    """Token numbers in, an embedding of them."""
    nodes = [helper.make_node("Gather", ["table", "x"], ["embedded"], "embed"),
             helper.make_node("ReduceMean", ["embedded"], ["scores"], "mean", axes=[1],
                              keepdims=0)]
    return model(nodes, [weight("table", numbers(7, 9, 5))], [port("x", "int64", ["N", 4])])


def preprocess():
    """A uint8 NHWC picture that the graph itself scales, turns and resizes."""
    nodes, weights = net(source="ready")
    before = [helper.make_node("Cast", ["x"], ["real"], "to_float", to=TensorProto.FLOAT),
              helper.make_node("Div", ["real", "full"], ["scaled"], "scale"),
              helper.make_node("Transpose", ["scaled"], ["planes"], "to_planes",
                               perm=[0, 3, 1, 2]),
              helper.make_node("Resize", ["planes", "", "factors"], ["ready"], "resize",
                               mode="linear")]
    weights += [weight("full", np.float32(255)),
                weight("factors", np.array([1, 1, 0.5, 0.5], np.float32))]
    return model(before + nodes, weights, [port("x", "uint8", ["N", 16, 16, 3])])


def two_inputs():
    """A picture and a vector that is added to the scores."""
    nodes, weights = net()
    nodes[-1].output[0] = "raw"
    nodes.append(helper.make_node("Add", ["raw", "bias"], ["scores"], "shift"))
    return model(nodes, weights, [port("x", "float32", IMAGE), port("bias", "float32", ["N", 5])])


def old_initializers():
    """IR 3: every weight is listed among the inputs too."""
    nodes, weights = net()
    also = [port(w.name, "float32", list(w.dims)) for w in weights]
    return model(nodes, weights, [port("x", "float32", IMAGE), *also], opset=9, ir=3)


def fixed_batch():
    """Exported with a batch of one, which its Reshape writes down."""
    nodes, weights = net()
    nodes[3] = helper.make_node("Reshape", ["pooled", "flat_shape"], ["flat"], "flatten")
    weights.append(weight("flat_shape", np.array([1, 4], np.int64), "int64"))
    return model(nodes, weights, [port("x", "float32", [1, 3, 8, 8])],
                 [port("scores", "float32", [1, 5])])


# ---- element types ------------------------------------------------------------------------------


def typed(element):
    nodes, weights = net(element=element)
    return model(nodes, weights, [port("x", element, IMAGE)], [port("scores", element, ["N", 5])])


def overflowing(element):
    """Small features, big weights behind them: scores fit float16, gradients by "flat" do not."""
    nodes, weights = net(element=element)
    weights = [weight("conv_w", numbers(1, 4, 3, 3, 3, scale=0.02), element),
               weight("conv_b", numbers(2, 4, scale=0.02), element),
               weight("fc_w", numbers(3, 5, 4, scale=6), element), weights[3],
               weight("gain", np.float32(150), element)]
    nodes[-1].output[0] = "raw"
    nodes += [helper.make_node("Mul", ["raw", "gain"], ["big"], "gain"),
              helper.make_node("Mul", ["big", "gain"], ["scores"], "gain_again")]
    return model(nodes, weights, [port("x", element, IMAGE)], [port("scores", element, ["N", 5])])


# ---- weights ------------------------------------------------------------------------------------


def not_a_number():
    nodes, weights = net()
    broken = numpy_helper.to_array(weights[2]).copy()
    broken[1, 2] = np.nan
    broken[3, 0] = np.inf
    weights[2] = weight("fc_w", broken)
    return model(nodes, weights)


def unused_weight():
    """A big initializer that nothing reads, and one in a type of four bits beside it."""
    nodes, weights = net()
    weights.append(weight("forgotten", numbers(9, 40, 40)))
    packed = helper.make_tensor("four_bits", TensorProto.UINT4, [4096], b"\x21" * 2048, raw=True)
    nodes += [helper.make_node("DequantizeLinear", ["four_bits", "step"], ["real"], "unpack"),
              helper.make_node("ReduceMean", ["real"], ["level"], "level", keepdims=0),
              helper.make_node("Add", ["scores_raw", "level"], ["scores"], "shift")]
    nodes[4].output[0] = "scores_raw"
    return model(nodes, [*weights, packed, weight("step", np.float32(0.5))], opset=21, ir=10)


def odd_address():
    """A big weight that starts at an odd byte of the file."""
    nodes, weights = net()
    nodes[0].input[1] = "wide"
    nodes[-1] = helper.make_node("Gemm", ["flat", "fc_w", "fc_b"], ["scores"], "fc", transB=1)
    weights[0] = weight("wide", numbers(11, 40, 3, 3, 3))
    weights[1] = weight("conv_b", numbers(12, 40))
    weights[2] = weight("fc_w", numbers(13, 5, 40))
    return model(nodes, weights)


def shifted(made):
    """The model with a producer name that moves its big weight to an odd byte."""
    big = numpy_helper.to_array(made.graph.initializer[0]).tobytes()
    while made.SerializeToString().find(big) % 2 == 0:
        made.producer_name += "o"
    return made


def two_gigabytes():
    """A table of 2.4 GB in "two_gigabytes.bin", which the test makes as a sparse file."""
    nodes, weights = net()
    nodes[-1].output[0] = "raw"
    nodes += [helper.make_node("Gather", ["table", "row"], ["found"], "look_up"),
              helper.make_node("ReduceMean", ["found"], ["level"], "level", keepdims=0),
              helper.make_node("Add", ["raw", "level"], ["scores"], "shift")]
    table = onnx.TensorProto(name="table", data_type=TensorProto.FLOAT, dims=[600000, 1000],
                             data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "two_gigabytes.bin"), ("offset", "0"),
                       ("length", "2400000000")):
        table.external_data.add(key=key, value=value)
    return model(nodes, [*weights, table, weight("row", np.array([2], np.int64), "int64")])


# ---- structure ----------------------------------------------------------------------------------


def cycle():
    nodes, weights = net()
    nodes[0].input[0] = "again"
    nodes.append(helper.make_node("Identity", ["features"], ["again"], "loop_back"))
    return model(nodes, weights)


def dangling():
    nodes, weights = net()
    nodes[1].input[0] = "nowhere"
    return model(nodes, weights)


def duplicate():
    nodes, weights = net()
    nodes[1].output[0] = "conv"
    nodes[2].input[0] = "conv"
    return model(nodes, weights)


def endless():
    """A Loop that would run 2^63 - 1 times."""
    body = helper.make_graph(
        [helper.make_node("Add", ["held", "held"], ["next"], "double"),
         helper.make_node("Identity", ["go"], ["still"], "keep_going")], "body",
        [port("i", "int64", []), helper.make_tensor_value_info("go", TensorProto.BOOL, []),
         port("held", "float32", IMAGE)],
        [helper.make_tensor_value_info("still", TensorProto.BOOL, []),
         port("next", "float32", IMAGE)])
    nodes, weights = net(source="looped")
    nodes.insert(0, helper.make_node("Loop", ["trips", "", "x"], ["looped"], "forever", body=body))
    weights.append(weight("trips", np.array(2**63 - 1, np.int64), "int64"))
    return model(nodes, weights)


def wrong_rank():
    """A Conv weight with three axes for a picture with two places."""
    nodes, weights = net()
    weights[0] = weight("conv_w", numbers(3, 4, 3, 3))
    return model(nodes, weights)


def huge_dims():
    nodes, weights = net()
    return model(nodes, weights, [port("x", "float32", ["N", 2**62, 2**62, 8])])


MODELS = {"plain": lambda: model(*net()), "refused": refused, "fused": fused,
          "fused_nhwc": fused_nhwc, "custom": custom, "data_dependent": data_dependent,
          "no_float": no_float, "preprocess": preprocess, "two_inputs": two_inputs,
          "old_initializers": old_initializers, "fixed_batch": fixed_batch,
          "half": lambda: typed("float16"), "brain": lambda: typed("bfloat16"),
          "double": lambda: typed("float64"), "overflow": lambda: overflowing("float16"),
          "overflow_single": lambda: overflowing("float32"), "not_a_number": not_a_number,
          "unused_weight": unused_weight, "two_gigabytes": two_gigabytes,
          "odd_address": lambda: shifted(odd_address()),
          "cycle": cycle, "dangling": dangling, "duplicate": duplicate, "endless": endless,
          "wrong_rank": wrong_rank, "huge_dims": huge_dims}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else ROOT
    os.makedirs(folder, exist_ok=True)
    for name, make in MODELS.items():
        with open(os.path.join(folder, name + ".onnx"), "wb") as out:
            out.write(make().SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
