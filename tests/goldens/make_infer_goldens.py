# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/onnx/types/: small models, and the types their values have.

Two kinds. Cases of the onnx package whose operators are written out as graphs of simpler ones, with
If, Loop and Scan: the types are those of onnx.shape_inference, strict, with data propagation.
Blocks exported by PyTorch with a free batch: the sizes are those ONNX Runtime makes for two
batch sizes, written as "2N" or "N+1". types.txt has a line "model, value, type" per value, parted
by tabs. Made with onnx 1.23.2, onnxruntime 1.32.0, torch 2.15.0.

Run from the repository root: python3 tests/goldens/make_infer_goldens.py
"""
import io
from pathlib import Path

import numpy as np
import onnx
import onnx.backend.test.loader
import onnx.shape_inference
import onnxruntime
import torch
from onnx import helper

OUT = Path("tests/data/onnx/types")
CASES = ["test_attention_3d_gqa_expanded",
         "test_center_crop_pad_crop_axes_chw_expanded", "test_group_normalization_example_expanded",
         "test_layer_normalization_4d_axis1_expanded_ver18", "test_softmax_axis_1_expanded_ver18",
         "test_clip_example_expanded", "test_sce_mean_3d_log_prob_expanded",
         "test_range_int32_type_negative_delta_expanded", "test_dynamicquantizelinear_expanded",
         "test_if", "test_loop11", "test_scan9_sum"]
BATCHES = (2, 3)


def bare_copy(model):
    """Without the types a file declares of what its nodes make."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.ClearField("type")
    return bare


def element_name(element):
    return onnx.TensorProto.DataType.Name(element).lower()


def reference_types(model):
    done = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True,
                                             data_prop=True)
    types = {}
    for value in [*done.graph.value_info, *done.graph.output]:
        tensor = value.type.tensor_type
        dims = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
        if tensor.elem_type and tensor.HasField("shape") and None not in dims:
            types[value.name] = f"{element_name(tensor.elem_type)}[{','.join(map(str, dims))}]"
    return types


# ---- blocks of PyTorch -------------------------------------------------------------------------

class Window(torch.nn.Module):
    """Windows of 4 x 4 of a map that is padded to fit, shifted by two: sizes as Swin has them."""

    def forward(self, x):
        n, height, width, channels = x.shape
        x = torch.nn.functional.pad(x, (0, 0, 0, -width % 4, 0, -height % 4))
        x = torch.roll(x, shifts=(-2, -2), dims=(1, 2))
        _, padded, across, _ = x.shape
        x = x.view(n, padded // 4, 4, across // 4, 4, channels).permute(0, 1, 3, 2, 4, 5)
        x = x.reshape(-1, 16, channels)
        x = torch.softmax(x @ x.transpose(1, 2), -1) @ x
        x = x.view(n, padded // 4, across // 4, 4, 4, channels).permute(0, 1, 3, 2, 4, 5)
        return x.reshape(n, padded, across, channels)[:, :height, :width]


class Tokens(torch.nn.Module):
    """A class token before patches, heads split and joined: sizes as ViT has them."""

    def __init__(self):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, 8, 4, 4)
        self.token = torch.nn.Parameter(torch.zeros(1, 1, 8))
        self.attend = torch.nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        n = x.shape[0]
        x = self.patches(x).reshape(n, 8, -1).permute(0, 2, 1)
        x = torch.cat([self.token.expand(n, -1, -1), x], 1)
        return self.attend(x, x, x, need_weights=False)[0][:, 0]


class Pyramid(torch.nn.Module):
    """A coarse map brought to the size of a fine one, boxes decoded: sizes as detectors have them."""

    def forward(self, x):
        coarse = torch.nn.functional.max_pool2d(x, 3, 2, 1, ceil_mode=True)
        fine = torch.nn.functional.interpolate(coarse, size=x.shape[-2:], mode="nearest")
        both = torch.cat([x, fine], 1)
        boxes = both.view(x.shape[0], 2, 3, -1).permute(0, 3, 1, 2).reshape(x.shape[0], -1, 3)
        return boxes.sigmoid().topk(5, 1)[0]


BLOCKS = {"window": (Window(), (10, 9, 8)), "tokens": (Tokens(), (3, 16, 12)),
          "pyramid": (Pyramid(), (3, 7, 9))}


def export(block, sizes):
    file = io.BytesIO()
    torch.manual_seed(0)
    torch.onnx.export(block.eval(), (torch.zeros(2, *sizes),), file, dynamo=False, opset_version=17,
                      input_names=["image"], dynamic_axes={"image": {0: "batch"}},
                      do_constant_folding=False)
    return bare_copy(onnx.load_from_string(file.getvalue()))


def made_arrays(model, sizes):
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    names = [o for node in model.graph.node for o in node.output if o]
    del opened.graph.output[:]
    opened.graph.output.extend(onnx.ValueInfoProto(name=n) for n in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(opened.SerializeToString(), options)
    runs = [session.run(names, {"image": np.ones((batch, *sizes), np.float32)})
            for batch in BATCHES]
    return {name: arrays for name, *arrays in zip(names, *runs)}


def size_text(small, large):
    per_batch = (large - small) // (BATCHES[1] - BATCHES[0])
    fixed = small - per_batch * BATCHES[0]
    if per_batch == 0:
        return str(fixed)
    return f"{per_batch if per_batch != 1 else ''}N{f'+{fixed}' if fixed else ''}"


def made_types(model, sizes):
    types = {}
    for name, (small, large) in made_arrays(model, sizes).items():
        dims = [size_text(a, b) for a, b in zip(small.shape, large.shape)]
        element = element_name(helper.np_dtype_to_tensor_dtype(small.dtype))
        types[name] = f"{element}[{','.join(dims)}]"
    return types


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    cases = {c.name: c.model for c in onnx.backend.test.loader.load_node_model_tests()}
    models = {name: bare_copy(cases[name]) for name in CASES}
    types = {name: reference_types(model) for name, model in models.items()}
    for name, (block, sizes) in BLOCKS.items():
        models[name] = export(block, sizes)
        types[name] = made_types(models[name], sizes)
    lines = []
    for name, model in models.items():
        (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())
        lines += [f"{name}\t{value}\t{text}\n" for value, text in types[name].items()]
    (OUT / "types.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
