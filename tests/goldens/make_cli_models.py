# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/cli/: models that run but give numbers nobody can use.

Both take grey images of 28 x 28 and have the classes "dark" and "light". Made with onnx 1.23.2,
numpy 2.4.6.

Run from the repository root: python3 tests/goldens/make_cli_models.py
"""
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

OUT = Path("tests/data/cli")
PIPELINE = '[{"mode": {"to": "grey"}}, {"scale": {"div": 255}}, {"layout": {"order": "nchw"}}]'


def save(name, tail, constants):
    """mean of the image -> [mean] -> tail -> two logits."""
    nodes = [h.make_node("GlobalAveragePool", ["image"], ["pooled"]),
             h.make_node("Flatten", ["pooled"], ["mean"]),
             h.make_node("MatMul", ["mean", "weights"], ["raw"]), *tail]
    values = {"weights": np.array([[-4, 4]], np.float32), **constants}
    graph = h.make_graph(
        nodes, "tiny", [h.make_tensor_value_info("image", T.FLOAT, ["batch", 1, 28, 28])],
        [h.make_tensor_value_info("logits", T.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(value, key) for key, value in values.items()])
    model = h.make_model(graph, producer_name="slitlamp tests",
                         opset_imports=[h.make_opsetid("", 13)])
    model.ir_version = 8
    h.set_model_props(model, {"slitlamp.pipeline": PIPELINE, "slitlamp.scores": "logits",
                              "slitlamp.classes": '["dark", "light"]'})
    onnx.checker.check_model(model)
    (OUT / name).write_bytes(model.SerializeToString())


OUT.mkdir(parents=True, exist_ok=True)
# NaN for a black image (0 / 0), fine numbers for every other.
save("nan_for_black.onnx", [h.make_node("Div", ["raw", "mean"], ["ratio"]),
                            h.make_node("Mul", ["ratio", "mean"], ["logits"])], {})
# Infinite for every image but a black one, where it is NaN (0 * inf).
save("infinite.onnx", [h.make_node("Mul", ["raw", "huge"], ["logits"])],
     {"huge": np.array(np.inf, np.float32)})
