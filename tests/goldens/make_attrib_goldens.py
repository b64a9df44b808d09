#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attribution maps by Captum and pytorch-grad-cam for tests/data/attrib.

Made with torch 2.15.0, torchvision 0.29.2, captum 0.9.0, grad-cam 1.5.7, scikit-learn 1.9.1,
saliency 0.2.1, scikit-image 0.26.0, onnx 1.23.2. Run:
python tests/goldens/make_attrib_goldens.py [OUT [GROUP ...]]

Two networks with random weights: "chain" (convolutions, pooling, dense; biases and inputs not
negative, where all forms of the positive LRP rule are one) and "residual" (batch normalisation, a
residual sum, a concatenation). Noise is drawn as src/attrib/normal_noise.c draws it, so that random
methods see the same numbers.
"""
import copy
import os
import sys
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore")
DATA = os.path.join(os.path.dirname(__file__), "../data/attrib")
OUT = sys.argv[1] if len(sys.argv) > 1 else DATA
MASK = (1 << 64) - 1
SEED = 7


# ---- the same random numbers --------------------------------------------------------------------
class SplitMix:
    def __init__(self, state):
        self.state = state & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def unit(self):
        return (self.next() >> 11) * 2.0**-53

    def below(self, bound):
        threshold = ((1 << 64) - bound) % bound
        while True:
            product = self.next() * bound
            if product & MASK >= threshold:
                return product >> 64


def stream(seed, sample, copy):
    r = SplitMix(seed)
    r.state = (r.next() + sample) & MASK
    r.state = (r.next() + copy) & MASK
    return r


def normals(r, count):
    out = []
    while len(out) < count:
        radius = np.sqrt(-2 * np.log(1 - r.unit()))
        angle = 2 * np.pi * r.unit()
        out += [radius * np.cos(angle), radius * np.sin(angle)]
    return np.array(out[:count])


# ---- networks -----------------------------------------------------------------------------------
class Sum(nn.Module):
    def forward(self, a, b):
        return a + b


def apart(x):
    """Captum's DeepLift hangs its hooks of a ReLU and of the MaxPool behind it on one tensor, and
    the first then misses what the second changed; a copy between them gives each its own."""
    return x.clone() if APART else x


APART = False


class Chain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(4, 6, 3)
        self.relu2 = nn.ReLU()
        self.mean = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(24, 8)
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(8, 5)

    def forward(self, x):
        x = self.pool(apart(self.relu1(self.conv1(x))))
        x = self.mean(self.relu2(self.conv2(x)))
        return self.fc2(self.relu3(self.fc1(x.flatten(1))))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(6)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(6)
        self.sum = Sum()
        self.relu3 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.left = nn.Conv2d(6, 4, 1)
        self.right = nn.Conv2d(6, 4, 3, padding=1)
        self.relu4 = nn.ReLU()
        self.relu5 = nn.ReLU()
        self.last = nn.Conv2d(8, 8, 1)
        self.relu6 = nn.ReLU()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 5)

    def norm(self, name, x):
        return getattr(self, name)(x) if hasattr(self, name) else x

    def forward(self, x):
        x = self.relu1(self.norm("bn1", self.conv1(x)))
        y = self.relu2(self.norm("bn2", self.conv2(x)))
        y = self.norm("bn3", self.conv3(y))
        x = self.pool(apart(self.relu3(self.sum(x, y))))
        x = torch.cat([self.relu4(self.left(x)), self.relu5(self.right(x))], 1)
        return self.fc(self.mean(self.relu6(self.last(x))).flatten(1))


def build(kind, seed):
    torch.manual_seed(seed)
    net = kind().eval()
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.running_mean.uniform_(-0.2, 0.2)
            m.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(m.weight, 0.7, 1.4)
            nn.init.uniform_(m.bias, -0.2, 0.3)
        if isinstance(m, nn.Conv2d):
            nn.init.normal_(m.weight, 0.03, 1.2 / np.sqrt(m.weight[0].numel()))
        if kind is Chain and isinstance(m, (nn.Conv2d, nn.Linear)):
            m.bias.data.abs_()
    return net


def fused(net):
    for conv, bn in (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3")):
        if hasattr(net, bn):
            pair = nn.utils.fusion.fuse_conv_bn_eval(getattr(net, conv), getattr(net, bn))
            setattr(net, conv, pair)
            delattr(net, bn)
    return net


def save(name, values):
    values = values.detach().numpy() if torch.is_tensor(values) else np.asarray(values)
    np.save(os.path.join(OUT, name + ".npy"), values.astype(np.float32))


NETS = {"chain": (Chain, 3), "residual": (Residual, 11)}


def export():
    for name, (kind, seed) in NETS.items():
        net = build(kind, seed)
        torch.manual_seed(seed)
        x = torch.rand(2, 3, 12, 12)
        if name == "residual":
            x = torch.randn(2, 3, 12, 12)
        torch.onnx.export(
            net, x, os.path.join(OUT, name + ".onnx"), input_names=["image"],
            output_names=["scores"], dynamic_axes={"image": {0: "N"}, "scores": {0: "N"}},
            opset_version=17, dynamo=False, training=torch.onnx.TrainingMode.PRESERVE)
        save(name + "_x", x)
        baselines = torch.rand(3, 3, 12, 12) * 0.5
        save(name + "_baselines", baselines)
        save(name + "_baseline", baselines[:1])


def each(make):
    """Calls make(net name, net, x, targets) for each network."""
    for name, (kind, seed) in NETS.items():
        x = torch.from_numpy(np.load(os.path.join(OUT, name + "_x.npy")))
        net = build(kind, seed)
        make(name, net, x, net(x).argmax(1))


# ---- noise --------------------------------------------------------------------------------------
def noise_of(x, copies):
    rows = [normals(stream(SEED, n, k), x[0].numel()) for n in range(len(x)) for k in range(copies)]
    return torch.tensor(np.array(rows), dtype=torch.float32).view(-1, *x.shape[1:])


def noise(name, net, x, target):
    from captum.attr import InputXGradient, IntegratedGradients, NoiseTunnel, Saliency

    copies, stdev = 4, 0.3
    drawn = noise_of(x, copies)
    normal, torch.normal = torch.normal, lambda mean, std: mean + std * drawn
    for over, method, more in (
            ("saliency", Saliency(net), {}), ("input_x_gradient", InputXGradient(net), {}),
            ("integrated_gradients", IntegratedGradients(net), {"n_steps": 6})):
        for kind in ("smoothgrad", "smoothgrad_sq", "vargrad"):
            values = NoiseTunnel(method).attribute(
                x, nt_type=kind, nt_samples=copies, stdevs=stdev, target=target, **more)
            save(f"{name}_{kind}_{over}", values)
    torch.normal = normal


def shap(name, net, x, target):
    from captum.attr import GradientShap

    copies = 5
    baselines = torch.from_numpy(np.load(os.path.join(OUT, name + "_baselines.npy")))
    alphas, picks, drawn = [], [], []
    for n in range(len(x)):
        for k in range(copies):
            r = stream(SEED, n, k)
            alphas.append(r.unit())
            picks.append(r.below(len(baselines)))
            drawn.append(normals(r, x[0].numel()))
    drawn = torch.tensor(np.array(drawn), dtype=torch.float32).view(-1, *x.shape[1:])
    kept = torch.normal, np.random.uniform, np.random.choice
    torch.normal = lambda mean, std: mean + std * drawn
    np.random.uniform = lambda low, high, count: np.array(alphas)
    np.random.choice = lambda count, size: np.array(picks)
    for stdev, kind in ((0.2, "gradient_shap"), (0.0, "expected_gradients")):
        values = GradientShap(net).attribute(x, baselines, n_samples=copies, stdevs=stdev,
                                             target=target)
        save(f"{name}_{kind}", values)
    torch.normal, np.random.uniform, np.random.choice = kept


# ---- other ways back ----------------------------------------------------------------------------
def layer_of(net):
    return net.relu2 if isinstance(net, Chain) else net.relu3


def backprop(name, net, x, target):
    from captum.attr import Deconvolution, GuidedBackprop, GuidedGradCam

    save(f"{name}_guided_backprop", GuidedBackprop(net).attribute(x, target=target))
    save(f"{name}_deconvolution", Deconvolution(net).attribute(x, target=target))
    for mode in ("nearest", "bilinear"):
        values = GuidedGradCam(net, layer_of(net)).attribute(x, target=target,
                                                             interpolate_mode=mode)
        save(f"{name}_guided_grad_cam_{mode}", values)


def plain(name, net, x, target):
    from captum.attr import InputXGradient, IntegratedGradients, Saliency

    save(f"{name}_saliency", Saliency(net).attribute(x, target=target))
    save(f"{name}_input_x_gradient", InputXGradient(net).attribute(x, target=target))
    for rule in ("gausslegendre", "riemann_middle", "riemann_left", "riemann_right"):
        values = IntegratedGradients(net).attribute(x, target=target, n_steps=12, method=rule)
        save(f"{name}_integrated_gradients_{rule}", values)


def deep_lift(name, net, x, target):
    from captum.attr import DeepLift

    global APART
    APART = True
    baselines = torch.from_numpy(np.load(os.path.join(OUT, name + "_baselines.npy")))[:1]
    save(f"{name}_deep_lift_zeros", DeepLift(net).attribute(x, target=target))
    save(f"{name}_deep_lift_other", DeepLift(net).attribute(x, baselines, target=target))
    APART = False


# ---- relevance ----------------------------------------------------------------------------------
def lrp(name, net, x, target):
    from captum.attr import LRP
    from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule, GammaRule

    dense, convolution = (nn.Linear,), (nn.Conv2d,)
    kinds = {
        "epsilon": {},
        "gamma": {dense + convolution: lambda: GammaRule(0.25)},
        "epsilon_gamma": {convolution: lambda: GammaRule(0.25)},
    }
    if name == "chain":
        kinds["alpha_beta"] = {dense + convolution: Alpha1_Beta0_Rule}
        kinds["epsilon_plus"] = {convolution: Alpha1_Beta0_Rule}
    for label, rules in kinds.items():
        if label == "epsilon_gamma" and name == "chain":
            continue
        # In double: relevance is divided by sums that nearly cancel.
        one = fused(copy.deepcopy(net)).double()
        for m in one.modules():
            if isinstance(m, Sum):
                m.rule = EpsilonRule()
            for types, rule in rules.items():
                if isinstance(m, types):
                    m.rule = rule()
        save(f"{name}_lrp_{label}", LRP(one).attribute(x.double(), target=target))
    if name == "residual":
        save(f"{name}_lrp_alpha_beta_2", alpha_beta(fused(copy.deepcopy(net)), x, target, 2))


class Shared(torch.autograd.Function):
    """Lets relevance through as `back` says: y = forward(x), R_x = back(R)."""

    @staticmethod
    def forward(ctx, y, back, *xs):
        ctx.back = back
        return y.clone()

    @staticmethod
    def backward(ctx, relevance):
        return (None, None, *ctx.back(relevance))


def shares(relevance, z):
    return relevance / (z + torch.where(z < 0, -1e-9, 1e-9))


def alpha_beta(net, x, target, alpha):
    """Montavon et al. 2019, table 1, with the network written out; Captum has alpha 1 only."""
    import torch.nn.functional as F

    def linear(module, h):
        h = h.detach()
        w, b = module.weight.detach(), module.bias.detach()
        f = ((lambda v, w: F.conv2d(v, w, padding=module.padding)) if w.dim() == 4 else F.linear)
        shape = (1, -1, 1, 1) if w.dim() == 4 else (1, -1)

        def back(relevance):
            total = 0
            for share, first, second in ((alpha, (0, None), (None, 0)),
                                         (1 - alpha, (None, 0), (0, None))):
                up, down = h.clamp(min=0), h.clamp(max=0)
                wu, wd = w.clamp(*first), w.clamp(*second)
                z = f(up, wu) + f(down, wd) + b.clamp(*first).view(shape)
                s = shares(share * relevance, z)
                for v, ww in ((up, wu), (down, wd)):
                    v = v.clone().requires_grad_()
                    with torch.enable_grad():
                        (g,) = torch.autograd.grad(f(v, ww), v, s)
                    total = total + v.detach() * g
            return (total,)

        return back

    def epsilon(f, *hs):
        hs = [h.detach().requires_grad_() for h in hs]

        def back(relevance):
            with torch.enable_grad():
                y = f(*hs)
                grads = torch.autograd.grad(y, hs, shares(relevance, y.detach()))
            return tuple(h.detach() * g for h, g in zip(hs, grads))

        return back

    def dense(m, h):
        return Shared.apply(m(h).detach(), linear(m, h), h)

    def relu(h):
        return Shared.apply(h.detach().relu(), lambda r: (r,), h)

    def plain(f, *hs):
        return Shared.apply(f(*hs).detach(), epsilon(f, *hs), *hs)

    leaf = x.clone().requires_grad_()
    h = relu(dense(net.conv1, leaf))
    y = dense(net.conv3, relu(dense(net.conv2, h)))
    h = plain(net.pool, relu(plain(lambda a, b: a + b, h, y)))
    h = torch.cat([relu(dense(net.left, h)), relu(dense(net.right, h))], 1)
    scores = dense(net.fc, plain(net.mean, relu(dense(net.last, h))).flatten(1))
    seed = torch.zeros_like(scores)
    for n, t in enumerate(target):
        seed[n, t] = scores[n, t].detach()
    return torch.autograd.grad(scores, leaf, seed)[0]


# ---- layers and units ---------------------------------------------------------------------------
def layers(name, net, x, target):
    from captum.attr import (InternalInfluence, LayerConductance, LayerGradientXActivation,
                             LayerIntegratedGradients, NeuronGradient, NeuronIntegratedGradients)

    layer = layer_of(net)
    for kind, label, more in (
            (LayerGradientXActivation, "layer_gradient_x_activation", {}),
            (LayerIntegratedGradients, "layer_integrated_gradients", {"n_steps": 12}),
            (LayerConductance, "layer_conductance", {"n_steps": 12}),
            (InternalInfluence, "internal_influence", {"n_steps": 12})):
        save(f"{name}_{label}", kind(net, layer).attribute(x, target=target, **more))
    if name == "residual":
        inside = LayerIntegratedGradients(net, net.relu2).attribute(x, target=target, n_steps=12)
        save(f"{name}_layer_integrated_gradients_inside", inside)
    unit = (2, 1, 1)
    save(f"{name}_neuron_gradient", NeuronGradient(net, layer).attribute(x, unit))
    save(f"{name}_neuron_integrated_gradients",
         NeuronIntegratedGradients(net, layer).attribute(x, unit, n_steps=12))


# ---- other paths, by PAIR's saliency library ----------------------------------------------------
def paths(name, net, x, target):
    import saliency.core as saliency

    # The argument's name before NumPy 1.22.
    quantile = np.quantile
    np.quantile = lambda a, q, interpolation: quantile(a, q, method=interpolation)
    baseline = np.load(os.path.join(OUT, name + "_baseline.npy"))[0].transpose(1, 2, 0)
    found = {"blur": [], "blur_root": [], "guided_path": [], "xrai": []}
    for image, label in zip(x, target):
        def call(batch, call_model_args=None, expected_keys=None, label=label):
            rows = torch.tensor(np.asarray(batch).transpose(0, 3, 1, 2), dtype=torch.float32)
            rows.requires_grad_()
            (g,) = torch.autograd.grad(net(rows)[:, label].sum(), rows)
            return {saliency.INPUT_OUTPUT_GRADIENTS: g.numpy().transpose(0, 2, 3, 1)}

        value = image.numpy().transpose(1, 2, 0).astype(np.float64)
        for key, root in (("blur", False), ("blur_root", True)):
            found[key].append(saliency.BlurIG().GetMask(value, call, max_sigma=4, steps=10,
                                                        sqrt=root, batch_size=1))
        found["guided_path"].append(saliency.GuidedIG().GetMask(
            value, call, x_baseline=baseline, x_steps=15, max_dist=0.1))
        found["xrai"].append(regions(net, image, label))
    np.quantile = quantile
    for key, values in found.items():
        save(f"{name}_{key}", np.array(values).transpose(0, 3, 1, 2))


def regions(net, image, label):
    """XRAI over segments at the image's own size, small ones for a small image."""
    from captum.attr import IntegratedGradients
    from saliency.core import xrai
    from skimage.morphology import dilation, disk
    from skimage.segmentation import felzenszwalb

    x = image[None]
    ends = [torch.full_like(x, float(v)) for v in (x.min(), x.max())]
    base = sum(IntegratedGradients(net).attribute(x, b, target=int(label), n_steps=20)
               for b in ends) / 2
    value = image.numpy().transpose(1, 2, 0).astype(np.float64)
    stretched = (value - value.min()) / (value.max() - value.min()) * 2 - 1
    masks = []
    for scale in xrai._FELZENSZWALB_SCALE_VALUES:
        labels = felzenszwalb(stretched, scale=scale, sigma=0.8, min_size=6)
        masks += [dilation(labels == k, footprint=disk(1)) for k in range(labels.max() + 1)]
    how = xrai.XRAIParameters()
    how.experimental_params["min_pixel_diff"] = 3
    found = xrai.XRAI().GetMask(value, None, segments=masks, extra_parameters=how,
                                base_attribution=base[0].numpy().transpose(1, 2, 0))
    return found[:, :, None]


# ---- class activation maps ----------------------------------------------------------------------
def raw_cam(kind, net, x, target, layer, pointed=False, signed=False):
    """The positive part of the map before it is stretched to [0, 1] and to the image; `pointed`
    gives principal components, which have no sign, the one that makes the largest positive."""
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    kept = []

    class Raw(kind):
        def get_cam_image(self, *args, **kwargs):
            kept.append(super().get_cam_image(*args, **kwargs))
            return kept[-1]

    with Raw(net, [layer]) as cam:
        cam(x, [ClassifierOutputTarget(int(t)) for t in target])
    for n, one in enumerate(kept[0]):
        if pointed and abs(one.min()) > one.max():
            kept[0][n] = -one
    return np.maximum(kept[0], -np.inf if signed else 0)[:, None]


def cams(name, net, x, target):
    import pytorch_grad_cam as gc

    for kind, label in ((gc.GradCAM, "grad_cam"), (gc.GradCAMPlusPlus, "grad_cam_plus_plus"),
                        (gc.XGradCAM, "x_grad_cam"), (gc.HiResCAM, "hires_cam"),
                        (gc.GradCAMElementWise, "elementwise_cam"), (gc.LayerCAM, "layer_cam")):
        save(f"{name}_{label}", raw_cam(kind, net, x, target, layer_of(net)))
    for kind, label in ((gc.EigenCAM, "eigen_cam"), (gc.EigenGradCAM, "eigen_grad_cam"),
                        (gc.KPCA_CAM, "kpca_cam")):
        save(f"{name}_{label}", raw_cam(kind, net, x, target, layer_of(net), pointed=True))
    for kind, label in ((gc.ScoreCAM, "score_cam"), (gc.AblationCAM, "ablation_cam")):
        save(f"{name}_{label}", raw_cam(kind, net, x, target, layer_of(net), signed=True))
    finer(name, net, x)
    whole(name, net, x, target)
    parts(name, net, x)


def finer(name, net, x):
    import pytorch_grad_cam as gc

    kept = []

    class Raw(gc.GradCAM):
        def get_cam_image(self, *args, **kwargs):
            kept.append(super().get_cam_image(*args, **kwargs))
            return kept[-1]

    gc.FinerCAM(net, [layer_of(net)], base_method=Raw)(x)
    save(f"{name}_finer_cam", np.maximum(kept[0], 0)[:, None])


def whole(name, net, x, target):
    import pytorch_grad_cam as gc
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    kept = []

    class Raw(gc.FullGrad):
        def compute_cam_per_layer(self, *args, **kwargs):
            kept.append(super().compute_cam_per_layer(*args, **kwargs))
            return kept[-1]

    with Raw(fused(copy.deepcopy(net)), []) as cam:
        cam(x, [ClassifierOutputTarget(int(t)) for t in target])
    save(f"{name}_full_grad", kept[0])


def parts(name, net, x):
    from sklearn.decomposition import NMF

    kept = []
    layer_of(net).register_forward_hook(lambda m, i, o: kept.append(o.detach().numpy()))
    net(x)
    a = kept[0].transpose(1, 0, 2, 3)
    rows = a.reshape(len(a), -1).astype(np.float64)
    rows = rows - rows.min(1, keepdims=True)
    model = NMF(1, init="random", random_state=0, tol=1e-12, max_iter=20000)
    w = model.fit_transform(rows)
    maps = model.components_ * np.linalg.norm(w)
    save(f"{name}_dff", maps.reshape(1, len(x), *a.shape[2:]).transpose(1, 0, 2, 3))


GROUPS = [plain, noise, shap, backprop, deep_lift, lrp, layers, paths, cams]


def main():
    wanted = sys.argv[2:]
    if not wanted:
        export()
    for group in GROUPS:
        if not wanted or group.__name__ in wanted:
            each(group)


main()
