#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/grad/<net>.onnx with <net>.x.npy, .seed.npy and .grad.npy: small whole networks
as PyTorch exports them, an input of two images, dL/dy, and dL/dx as PyTorch's autograd gives it.

Made with torch 2.15.0, onnx 1.23.2, numpy 2.4.6. Between them the networks hold the blocks that
vision models are made of, and the ways exporters write them: operator sets 11 to 20, both
exporters, free and fixed batch.

Run from the repository root: python3 tests/goldens/make_grad_goldens.py
"""
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

OUT = Path("tests/data/grad")


class Residual(nn.Module):
    """A ResNet in small: stem, overlapping max pool, a block with a strided shortcut."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn = nn.BatchNorm2d(8)
        self.conv1, self.bn1 = nn.Conv2d(8, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12)
        self.conv2, self.bn2 = nn.Conv2d(12, 12, 3, 1, 1, bias=False), nn.BatchNorm2d(12)
        self.short, self.bn3 = nn.Conv2d(8, 12, 1, 2, bias=False), nn.BatchNorm2d(12)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn(self.stem(x))), 3, 2, 1)
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        x = F.relu(y + self.bn3(self.short(x)))
        return self.head(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Inverted(nn.Module):
    """MobileNet and EfficientNet in small: channel-wise, ReLU6, HardSwish, squeeze and excite."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.wide, self.deep = nn.Conv2d(8, 16, 1), nn.Conv2d(16, 16, 5, 2, 2, groups=16)
        self.down, self.up = nn.Conv2d(16, 4, 1), nn.Conv2d(4, 16, 1)
        self.flat = nn.Conv2d(16, 8, 1)
        self.same = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = F.silu(self.deep(F.relu6(self.wide(F.hardswish(self.stem(x))))))
        x = x * F.hardsigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(x, 1)))))
        x = self.flat(x)
        x = x + self.same(x)
        return self.head(x.mean([2, 3]))


class Attention(nn.Module):
    """A vision transformer in small: patches, class token, attention, GELU, LayerNorm."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.place = nn.Parameter(torch.randn(1, 17, 16))
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(16) for _ in range(3))
        self.mix = nn.MultiheadAttention(16, 4, batch_first=True)
        self.wide, self.flat = nn.Linear(16, 32), nn.Linear(32, 16)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.place
        y = self.norm1(x)
        x = x + self.mix(y, y, y, need_weights=False)[0]
        x = x + self.flat(F.gelu(self.wide(self.norm2(x))))
        return self.head(self.norm3(x)[:, 0])


class Segmenter(nn.Module):
    """An encoder and decoder: dilation, pyramid pooling, transposed convolution, upsampling."""

    def __init__(self):
        super().__init__()
        self.down1, self.down2 = nn.Conv2d(3, 6, 3, 2, 1), nn.Conv2d(6, 8, 3, 1, 2, dilation=2)
        self.pooled = nn.Conv2d(8, 4, 1)
        self.up = nn.ConvTranspose2d(12, 6, 4, 2, 1)
        self.head = nn.Conv2d(12, 3, 1)

    def forward(self, x):
        a = F.leaky_relu(self.down1(x), 0.1)
        b = F.relu(F.avg_pool2d(self.down2(a), 2))
        p = F.interpolate(self.pooled(F.adaptive_avg_pool2d(b, 1)), b.shape[2:], mode="bilinear",
                          align_corners=False)
        c = F.elu(self.up(torch.cat([b, p], 1)))
        c = self.head(torch.cat([a, c], 1))
        return F.interpolate(c, scale_factor=2, mode="bilinear", align_corners=False)


class Branches(nn.Module):
    """Inception and older networks in small: branches, LRN, pools with ceil, grouped, shuffled."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 1, 1)
        self.grouped = nn.Conv2d(8, 8, 3, 2, 1, groups=2)
        self.one, self.five = nn.Conv2d(8, 6, 1), nn.Conv2d(8, 6, (1, 5), padding=(0, 2))
        self.pool = nn.Conv2d(8, 4, 1)
        self.norm, self.each = nn.GroupNorm(4, 16), nn.InstanceNorm2d(16, affine=True)
        self.slope = nn.PReLU(16)
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = F.local_response_norm(F.relu(self.stem(x)), 5, alpha=0.1)
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = torch.tanh(self.grouped(x))
        x = x.reshape(-1, 2, 4, *x.shape[2:]).transpose(1, 2).reshape(x.shape)
        x = torch.cat([self.one(x), self.five(x), self.pool(F.max_pool2d(x, 3, 1, 1))], 1)
        x = self.slope(self.each(self.norm(x)))
        x = F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
        return F.log_softmax(self.head(x.mean((2, 3))), 1)


class Windows(nn.Module):
    """Swin and ConvNeXt in small: windows, roll, channels last, a 7x7 channel-wise kernel."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 2, 2)
        self.deep = nn.Conv2d(8, 8, 7, padding=3, groups=8)
        self.norm, self.norm2 = nn.LayerNorm(8, 1e-6), nn.LayerNorm(32)
        self.wide, self.flat = nn.Linear(8, 16), nn.Linear(16, 8)
        self.scale = nn.Parameter(torch.rand(8, 1, 1) + 0.5)
        self.qkv, self.bias = nn.Linear(8, 24), nn.Parameter(torch.randn(2, 16, 16))
        self.merge = nn.Linear(32, 12, bias=False)
        self.head = nn.Linear(12, 5)

    def windows(self, x):
        b, h, w, c = x.shape
        x = x.view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
        q, k, v = self.qkv(x).reshape(-1, 16, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        x = ((q * 0.5 @ k.transpose(-2, -1) + self.bias).softmax(-1) @ v).transpose(1, 2)
        x = x.reshape(b, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5)
        return x.reshape(b, h, w, c)

    def forward(self, x):
        x = self.patch(x)
        y = self.flat(F.gelu(self.wide(self.norm(self.deep(x).permute(0, 2, 3, 1)))))
        x = (x + self.scale * y.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        x = x + torch.roll(self.windows(torch.roll(x, (-2, -2), (1, 2))), (2, 2), (1, 2))
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.head(self.merge(self.norm2(x)).mean((1, 2)))


# net: module, side of the image, operator set, exporter ("script" or "dynamo"), free batch
NETS = {
    "residual": (Residual, 33, 17, "script", True),
    "residual_11": (Residual, 32, 11, "script", False),
    "inverted": (Inverted, 32, 13, "script", True),
    "inverted_dynamo": (Inverted, 32, 20, "dynamo", True),
    "attention": (Attention, 16, 17, "script", True),
    "attention_dynamo": (Attention, 16, 18, "dynamo", False),
    "segmenter": (Segmenter, 24, 13, "script", False),
    "branches": (Branches, 22, 17, "script", False),
    "windows": (Windows, 16, 17, "script", True),
}


def settle(module):
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.5, 1.5)
    return module.eval()


def export(net, module, x):
    _, _, opset, exporter, is_free = NETS[net]
    names = dict(input_names=["input"], output_names=["output"])
    if exporter == "script":
        axes = {"input": {0: "N"}, "output": {0: "N"}} if is_free else None
        torch.onnx.export(module, (x,), OUT / f"{net}.onnx", opset_version=opset, dynamo=False,
                          dynamic_axes=axes, **names)
        return
    shapes = {"x": {0: torch.export.Dim("N")}} if is_free else None
    program = torch.onnx.export(module, (x,), opset_version=opset, dynamo=True,
                                dynamic_shapes=shapes, verbose=False, **names)
    with tempfile.TemporaryDirectory() as folder:
        program.save(f"{folder}/model.onnx", external_data=False)
        model = onnx.load(f"{folder}/model.onnx")
    # Where the exporter ran is of no interest.
    for node in model.graph.node:
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output,
                  *model.graph.initializer]:
        del value.metadata_props[:]
    del model.metadata_props[:], model.graph.metadata_props[:]
    onnx.save(model, OUT / f"{net}.onnx")


def make(net):
    torch.manual_seed(11)
    module = settle(NETS[net][0]())
    x = torch.randn(2, 3, NETS[net][1], NETS[net][1])
    export(net, module, x)
    leaf = x.clone().requires_grad_(True)
    y = module(leaf)
    seed = torch.randn(y.shape)
    y.backward(seed)
    for name, array in (("x", x), ("seed", seed), ("grad", leaf.grad)):
        np.save(OUT / f"{net}.{name}.npy", array.numpy())


def main():
    torch.backends.mha.set_fastpath_enabled(False)
    OUT.mkdir(parents=True, exist_ok=True)
    for net in NETS:
        make(net)


if __name__ == "__main__":
    main()
