#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/grad/rules.onnx: gradients of operators as PyTorch's autograd gives them.

Made with torch 2.15.0, torchvision 0.29.2, onnx 1.23.2, numpy 2.4.6. Each case is a node or two of
its own; the initializers "<case>/x<i>/value", "<case>/y/seed" and "<case>/x<i>/grad" hold inputs,
dL/dy and the expected dL/dx. The cases are those that finite differences cannot judge: ties, kinks,
saturated and quantised values, places where a value is exactly zero.

Run from the repository root: python3 tests/goldens/make_grad_rule_goldens.py
"""
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from onnx import TensorProto, checker, helper, numpy_helper, shape_inference
from torchvision.ops import roi_align

OUT = Path("tests/data/grad/rules.onnx")
OPSET = 20


class Collection:
    """Nodes, inputs and expected values of all cases."""

    def __init__(self):
        self.nodes, self.inputs, self.outputs, self.initializers = [], [], [], []
        self.random = np.random.default_rng(7)

    def constant(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, case, inputs, reference, nodes):
        """`inputs`: arrays to differentiate by; `reference`: the function in PyTorch; `nodes`: rows
        of operator, inputs, outputs, attributes; inputs are names ("x0") or constant arrays."""
        leaves = [torch.tensor(a, requires_grad=True) for a in inputs]
        result = reference(*leaves)
        seed = self.random.standard_normal(result.shape).astype(np.float32)
        result.backward(torch.tensor(seed))
        for i, leaf in enumerate(leaves):
            name = f"{case}/x{i}"
            self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, leaf.shape))
            self.constant(name + "/value", leaf.detach().numpy())
            self.constant(name + "/grad", leaf.grad.numpy())
        self.constant(f"{case}/y/seed", seed)
        self.outputs.append(
            helper.make_tensor_value_info(f"{case}/y", TensorProto.FLOAT, result.shape))
        for number, (op, names, outputs, attributes) in enumerate(nodes):
            self.nodes.append(self.node(case, number, op, names, outputs, attributes))

    def node(self, case, number, op, names, outputs, attributes):
        inputs = []
        for at, name in enumerate(names):
            if isinstance(name, str):
                inputs.append(f"{case}/{name}" if name else "")
            else:
                inputs.append(self.constant(f"{case}/c{number}_{at}", name))
        named = [f"{case}/{name}" for name in outputs]
        return helper.make_node(op, inputs, named, name=f"{case}/{op}{number}", **attributes)

    def random_array(self, *shape):
        return self.random.standard_normal(shape).astype(np.float32)


def one(op, names, **attributes):
    return [(op, names, ["y"], attributes)]


def f32(*numbers):
    return np.array(numbers, dtype=np.float32)


def i64(*numbers):
    return np.array(numbers, dtype=np.int64)


# Not -3 and 3, where HardSwish has no slope.
KINKS = f32(-7, -3.5, -1, -0.5, 0, 0.25, 0.5, 1, 2, 6, 7)


def add_activations(c):
    """Kinks and far ends."""
    cases = [
        ("Relu", F.relu, {}),
        ("LeakyRelu", lambda x: F.leaky_relu(x, 0.125), {"alpha": 0.125}),
        ("Elu", F.elu, {}),
        ("Selu", F.selu, {}),
        ("Celu", F.celu, {}),
        ("HardSwish", F.hardswish, {}),
        ("HardSigmoid", F.hardsigmoid, {"alpha": 1.0 / 6, "beta": 0.5}),
        ("Mish", F.mish, {}),
        ("Gelu", F.gelu, {}),
        ("Sigmoid", torch.sigmoid, {}),
        ("Tanh", torch.tanh, {}),
        ("Softplus", F.softplus, {}),
        ("Softsign", F.softsign, {}),
        ("Abs", torch.abs, {}),
        ("Erf", torch.erf, {}),
        ("Sinh", torch.sinh, {}),
        ("Atan", torch.atan, {}),
    ]
    for op, reference, attributes in cases:
        c.add(f"kinks{op}", [KINKS], reference, one(op, ["x0"], **attributes))
    c.add("geluTanh", [KINKS], lambda x: F.gelu(x, approximate="tanh"),
          one("Gelu", ["x0"], approximate="tanh"))
    c.add("relu6", [KINKS], F.relu6, one("Clip", ["x0", np.float32(0), np.float32(6)]))
    c.add("hardtanh", [KINKS], lambda x: F.hardtanh(x, -0.5, 0.5),
          one("Clip", ["x0", np.float32(-0.5), np.float32(0.5)]))
    c.add("prelu", [KINKS.reshape(1, 1, -1), f32(0.25)], F.prelu, one("PRelu", ["x0", "x1"]))
    c.add("acosh", [f32(1.1, 1.5, 3, 10)], torch.acosh, one("Acosh", ["x0"]))


def add_ties(c):
    """Equal elements, and elements that are zero."""
    tied = f32(1, 2, 2, -1, 0, 0, 3, 3, 3, -2, -2, 5).reshape(3, 4)
    other = f32(1, 3, 2, -1, 0, 1, 2, 3, 4, -3, -2, 5).reshape(3, 4)
    c.add("maximum", [tied, other], torch.maximum, one("Max", ["x0", "x1"]))
    c.add("minimum", [tied, other], torch.minimum, one("Min", ["x0", "x1"]))
    c.add("amax", [tied], lambda x: torch.amax(x, 1), one("ReduceMax", ["x0", i64(1)], keepdims=0))
    c.add("amin", [tied], lambda x: torch.amin(x, (0, 1)),
          one("ReduceMin", ["x0"], keepdims=0))
    zeros = f32(2, 0, 3, 0, 0, 4, 1, 2, 3).reshape(3, 3)
    c.add("prod", [zeros], lambda x: torch.prod(x, 1),
          one("ReduceProd", ["x0", i64(1)], keepdims=0))
    rows = f32(0, 0, 0, 3, 0, 4).reshape(2, 3)
    c.add("norm", [rows], lambda x: torch.linalg.vector_norm(x, dim=1),
          one("ReduceL2", ["x0", i64(1)], keepdims=0))
    c.add("norm1", [rows], lambda x: torch.linalg.vector_norm(x, 1, dim=1),
          one("ReduceL1", ["x0", i64(1)], keepdims=0))
    c.add("square", [f32(-2, 0, 3)], lambda x: x ** 2, one("Pow", ["x0", np.float32(2)]))
    c.add("power", [f32(0, 2, 0, 3, 1), f32(0, 0, 2, 1.5, 3)], torch.pow,
          one("Pow", ["x0", "x1"]))
    c.add("fmod", [f32(-7.5, 7.5, 5.25), f32(2, -2, 1.5)], torch.fmod,
          one("Mod", ["x0", "x1"], fmod=1))
    c.add("clamp", [f32(-1, 0.5, 2), f32(0, 0, 0), f32(1, 1, 1)], torch.clamp,
          [("Max", ["x0", "x1"], ["low"], {}), ("Min", ["low", "x2"], ["y"], {})])


def add_moves(c):
    """What finite differences judge too, here against PyTorch's own function."""
    x = c.random_array(2, 8, 4, 6)
    c.add("pixelShuffle", [x], lambda t: F.pixel_shuffle(t, 2),
          one("DepthToSpace", ["x0"], blocksize=2, mode="CRD"))
    c.add("pixelUnshuffle", [c.random_array(1, 2, 4, 6)], lambda t: F.pixel_unshuffle(t, 2), [
        ("Reshape", ["x0", i64(1, 2, 2, 2, 3, 2)], ["a"], {}),
        ("Transpose", ["a"], ["b"], {"perm": [0, 1, 3, 5, 2, 4]}),
        ("Reshape", ["b", i64(1, 8, 2, 3)], ["y"], {})])
    c.add("reflect", [c.random_array(1, 2, 4, 5)], lambda t: F.pad(t, (2, 1, 3, 0), "reflect"),
          one("Pad", ["x0", i64(0, 0, 3, 2, 0, 0, 0, 1)], mode="reflect"))
    c.add("circular", [c.random_array(1, 2, 4, 5)], lambda t: F.pad(t, (2, 1, 3, 0), "circular"),
          one("Pad", ["x0", i64(0, 0, 3, 2, 0, 0, 0, 1)], mode="wrap"))
    c.add("roll", [c.random_array(1, 5, 3)], lambda t: torch.roll(t, 2, 1), [
        ("Slice", ["x0", i64(-2), i64(100), i64(1)], ["a"], {}),
        ("Slice", ["x0", i64(0), i64(-2), i64(1)], ["b"], {}),
        ("Concat", ["a", "b"], ["y"], {"axis": 1})])
    c.add("topk", [c.random_array(3, 7)], lambda t: torch.topk(t, 3).values,
          [("TopK", ["x0", i64(3)], ["y", "places"], {})])
    c.add("cumsum", [c.random_array(3, 5)], lambda t: torch.cumsum(t, 1),
          one("CumSum", ["x0", np.int64(1)]))
    c.add("logsumexp", [30 * c.random_array(3, 5)], lambda t: torch.logsumexp(t, 1),
          one("ReduceLogSumExp", ["x0", i64(1)], keepdims=0))
    index = np.array([[0, 2, 2], [1, 1, 0]])
    c.add("scatterAdd", [c.random_array(2, 4), c.random_array(2, 3)],
          lambda t, u: torch.scatter_add(t, 1, torch.tensor(index), u),
          one("ScatterElements", ["x0", index, "x1"], axis=1, reduction="add"))


def add_resizes(c):
    """Not antialiased: there ONNX Runtime's forward differs from PyTorch's."""
    shape = (1, 2, 5, 7)
    for name, size, keywords, attributes in [
        ("nearest", (10, 21), {"mode": "nearest"},
         {"mode": "nearest", "coordinate_transformation_mode": "asymmetric",
          "nearest_mode": "floor"}),
        ("bilinear", (8, 5), {"mode": "bilinear"}, {"mode": "linear"}),
        ("bilinearAligned", (8, 5), {"mode": "bilinear", "align_corners": True},
         {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
        ("bicubic", (9, 12), {"mode": "bicubic"}, {"mode": "cubic"}),
    ]:
        c.add(f"resize{name}", [c.random_array(*shape)],
              lambda t, size=size, keywords=keywords: F.interpolate(t, size, **keywords),
              one("Resize", ["x0", "", "", i64(1, 2, *size)], **attributes))


def add_grids(c):
    """To the image and to the grid, which is not smooth enough for differences."""
    for mode, onnx_mode in [("bilinear", "linear"), ("bicubic", "cubic"), ("nearest", "nearest")]:
        for padding in ("zeros", "border", "reflection"):
            for align in (0, 1):
                grid = 1.3 * c.random_array(2, 3, 4, 2)
                c.add(f"grid{mode}{padding}{align}", [c.random_array(2, 3, 5, 6), grid],
                      lambda t, g, m=mode, p=padding, a=align: F.grid_sample(
                          t, g, mode=m, padding_mode=p, align_corners=bool(a)),
                      one("GridSample", ["x0", "x1"], mode=onnx_mode, padding_mode=padding,
                          align_corners=align))
    boxes = np.array([[-2, 1, 9, 7], [3, 2, 8, 30], [4, 4, 4.5, 4.2]], np.float32)
    images = i64(1, 0, 1)
    rows = torch.tensor(np.concatenate([images[:, None], boxes], 1).astype(np.float32))
    for aligned in (0, 1):
        mode = "half_pixel" if aligned else "output_half_pixel"
        c.add(f"roiAlign{aligned}", [c.random_array(2, 3, 5, 6)],
              lambda t, a=aligned: roi_align(t, rows, (2, 3), 0.5, 2, bool(a)),
              one("RoiAlign", ["x0", boxes, images], output_height=2, output_width=3,
                  spatial_scale=0.5, sampling_ratio=2, coordinate_transformation_mode=mode))
    c.add("affineGrid", [c.random_array(2, 2, 3)],
          lambda t: F.affine_grid(t, (2, 1, 4, 5), align_corners=False),
          one("AffineGrid", ["x0", i64(2, 1, 4, 5)]))


def add_quantised(c):
    """Straight through, with the mask of what saturates."""
    x = 2 * c.random_array(3, 11)
    scale, zero = np.float32(0.03125), 20
    quantise = [("QuantizeLinear", ["x0", scale, np.uint8(zero)], ["q"], {}),
                ("DequantizeLinear", ["q", scale, np.uint8(zero)], ["y"], {})]
    c.add("fakeQuantise", [x],
          lambda t: torch.fake_quantize_per_tensor_affine(t, float(scale), zero, 0, 255), quantise)
    scales, zeros = f32(0.03125, 0.0625, 0.015625), np.array([3, -5, 0], np.int8)
    c.add("fakeQuantiseRows", [x],
          lambda t: torch.fake_quantize_per_channel_affine(
              t, torch.tensor(scales), torch.tensor(zeros.astype(np.int32)), 0, -128, 127),
          [("QuantizeLinear", ["x0", scales, zeros], ["q"], {"axis": 0}),
           ("DequantizeLinear", ["q", scales, zeros], ["y"], {"axis": 0})])
    add_quantised_convolution(c)
    add_quantised_product(c)


def add_quantised_convolution(c):
    weight = c.random.integers(-100, 100, (4, 2, 3, 3)).astype(np.int8)
    scales = f32(0.01, 0.02, 0.015, 0.005)
    real = torch.tensor(weight.astype(np.float32) * scales[:, None, None, None])

    def reference(t):
        t = torch.fake_quantize_per_tensor_affine(t, 0.03125, 128, 0, 255)
        y = F.conv2d(t, real, stride=2, padding=1)
        return torch.fake_quantize_per_tensor_affine(y, 0.0625, 100, 0, 255)

    c.add("qlinearConv", [c.random_array(1, 2, 6, 7)], reference, [
        ("QuantizeLinear", ["x0", np.float32(0.03125), np.uint8(128)], ["q"], {}),
        ("QLinearConv", ["q", np.float32(0.03125), np.uint8(128), weight, scales,
                         np.zeros(4, np.int8), np.float32(0.0625), np.uint8(100)], ["z"],
         {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ("DequantizeLinear", ["z", np.float32(0.0625), np.uint8(100)], ["y"], {})])


def add_quantised_product(c):
    weight = c.random.integers(0, 255, (5, 4)).astype(np.uint8)
    real = torch.tensor((weight.astype(np.float32) - 120) * np.float32(0.01))

    def reference(t):
        t = torch.fake_quantize_per_tensor_affine(t, 0.03125, 128, 0, 255)
        return torch.fake_quantize_per_tensor_affine(t @ real, 0.0625, 100, 0, 255)

    c.add("qlinearMatMul", [c.random_array(3, 5)], reference, [
        ("QuantizeLinear", ["x0", np.float32(0.03125), np.uint8(128)], ["q"], {}),
        ("QLinearMatMul", ["q", np.float32(0.03125), np.uint8(128), weight, np.float32(0.01),
                           np.uint8(120), np.float32(0.0625), np.uint8(100)], ["z"], {}),
        ("DequantizeLinear", ["z", np.float32(0.0625), np.uint8(100)], ["y"], {})])

    # Rounding counts as the identity, so the gradient is that of t @ real.
    c.add("dynamic", [c.random_array(3, 5)], lambda t: t @ real, [
        ("DynamicQuantizeLinear", ["x0"], ["q", "scale", "zero"], {}),
        ("MatMulInteger", ["q", weight, "zero", np.uint8(120)], ["z"], {}),
        ("Cast", ["z"], ["f"], {"to": TensorProto.FLOAT}),
        ("Mul", ["scale", np.float32(0.01)], ["s"], {}),
        ("Mul", ["f", "s"], ["y"], {})])


def add_blocked(c):
    """Activations over 16 channels, where masks take the form of the runtime's blocked layout."""
    ends = f32(-7, -1e-20, 0, 1e-20, 0.25, 2, np.nextafter(f32(6)[0], f32(0)[0]), 6, 6.5, 1e5)
    x = np.resize(ends, (2, 16, 3, 3))
    c.add("blockedRelu", [x], F.relu, one("Relu", ["x0"]))
    c.add("blockedRelu6", [x], F.relu6, one("Clip", ["x0", np.float32(0), np.float32(6)]))
    c.add("blockedHardSwish", [x], F.hardswish, one("HardSwish", ["x0"]))
    c.add("blockedSilu", [x], F.silu,
          [("Sigmoid", ["x0"], ["s"], {}), ("Mul", ["s", "x0"], ["y"], {})])
    c.add("blockedGate", [x, np.resize(f32(0.5, -2, 3), (2, 16, 1, 1))], torch.mul,
          one("Mul", ["x0", "x1"]))
    c.add("blockedMean", [x], lambda t: t.mean((2, 3), keepdim=True),
          one("GlobalAveragePool", ["x0"]))


def main():
    c = Collection()
    for add in (add_activations, add_ties, add_moves, add_resizes, add_grids, add_quantised,
                add_blocked):
        add(c)
    graph = helper.make_graph(c.nodes, "rules", c.inputs, c.outputs, c.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    checker.check_model(model)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(shape_inference.infer_shapes(model).SerializeToString())


if __name__ == "__main__":
    main()
