#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Maps of black box and attention methods for tests/data/attrib, by Captum where it has them.

Made with torch 2.15.0, torchvision 0.29.2, captum 0.9.0, scikit-learn 1.9.1, onnx 1.23.2. Run:
python tests/goldens/make_blackbox_goldens.py [GROUP...]

The networks and the random numbers are those of make_attrib_goldens.py, so that methods that draw
see the same draws. "vit" is a small vision transformer of torchvision with random weights, whose
attention is computed again here from its weights.
"""
import importlib.util
import os
import sys
import warnings

import numpy as np
import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
WANTED = sys.argv[1:]


def load_common():
    """The other script without its last line, which would make its own goldens."""
    spec = importlib.util.spec_from_file_location(
        "common", os.path.join(HERE, "make_attrib_goldens.py"))
    module = importlib.util.module_from_spec(spec)
    source = open(spec.origin, encoding="utf-8").read().rsplit("\nmain()", 1)[0]
    kept, sys.argv = sys.argv, [spec.origin]
    exec(compile(source, spec.origin, "exec"), module.__dict__)
    sys.argv = kept
    return module


c = load_common()
CELL = 4


def parts_of(x):
    height, width = x.shape[2:]
    columns = -(-width // CELL)
    y, z = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (y // CELL * columns + z // CELL)[None, None], -(-height // CELL) * columns


def baseline_of(name):
    return torch.from_numpy(np.load(os.path.join(c.OUT, name + "_baseline.npy")))


def shuffled(r, count):
    order = list(range(count))
    for j in range(count - 1, 0, -1):
        k = r.below(j + 1)
        order[j], order[k] = order[k], order[j]
    return order


# ---- hidden pieces ------------------------------------------------------------------------------
def hide(name, net, x, target):
    from captum.attr import FeatureAblation, Occlusion

    base = baseline_of(name)
    save = c.save
    save(f"{name}_occlusion", Occlusion(net).attribute(x, (3, 5, 5), strides=(3, 3, 3),
                                                       target=target))
    save(f"{name}_occlusion_apart",
         Occlusion(net).attribute(x, (1, 4, 4), strides=(1, 4, 4), baselines=base, target=target))
    mask, _ = parts_of(x)
    save(f"{name}_feature_ablation",
         FeatureAblation(net).attribute(x, base, target=target, feature_mask=mask))


def rise(name, net, x, target):
    """Petsiuk et al. 2018, section 3, with the masks drawn in src/attrib/attrib_rise.c."""
    cells, masks, p = 5, 40, 0.4
    height, width = x.shape[2:]
    ch, cw = -(-height // cells), -(-width // cells)
    maps = []
    for n in range(len(x)):
        total = torch.zeros(height, width, dtype=torch.float64)
        for k in range(masks):
            r = c.stream(c.SEED, n, k)
            grid = torch.tensor([float(r.unit() < p) for _ in range(cells * cells)])
            top, left = r.below(ch), r.below(cw)
            large = F.interpolate(grid.view(1, 1, cells, cells), mode="bilinear",
                                  size=((cells + 1) * ch, (cells + 1) * cw))
            mask = large[0, 0, top:top + height, left:left + width]
            total += net(x[n:n + 1] * mask)[0, target[n]].item() * mask.double()
        maps.append(total / (p * masks))
    c.save(f"{name}_rise", torch.stack(maps)[:, None])


# ---- linear models of parts ---------------------------------------------------------------------
def surrogates(name, net, x, target):
    from captum._utils.models.linear_model import SkLearnLasso, SkLearnRidge
    from captum.attr import KernelShap, Lime

    mask, count = parts_of(x)
    base = baseline_of(name)
    draws = 60
    for model, label in ((SkLearnLasso(alpha=1e-3, tol=1e-10), "lasso"),
                         (SkLearnRidge(alpha=0.5), "ridge")):
        rows = []
        for n in range(len(x)):
            def perturb(original, n=n, **kwargs):
                for k in range(draws):
                    r = c.stream(c.SEED, n, k)
                    yield torch.tensor([[int(r.unit() < 0.5) for _ in range(count)]])
            lime = Lime(net, interpretable_model=model, perturb_func=perturb)
            rows.append(lime.attribute(x[n:n + 1], base, target=target[n], feature_mask=mask,
                                       n_samples=draws))
        c.save(f"{name}_lime_{label}", torch.cat(rows))
    rows = []
    for n in range(len(x)):
        def perturb(original, n=n, **kwargs):
            yield torch.ones(1, count, dtype=torch.long)
            yield torch.zeros(1, count, dtype=torch.long)
            chances = np.array([(count - 1) / (k * (count - k)) for k in range(1, count)])
            steps = np.cumsum(chances)
            steps /= steps[-1]
            for k in range(2, draws):
                r = c.stream(c.SEED, n, k)
                place = r.unit()
                wanted = 1 + int((steps[:-1] <= place).sum())
                row = torch.zeros(1, count, dtype=torch.long)
                row[0, shuffled(r, count)[:wanted]] = 1
                yield row
        shap = KernelShap(net)
        shap.perturb_func = perturb
        rows.append(shap.attribute(x[n:n + 1], base, target=target[n], feature_mask=mask,
                                   n_samples=draws))
    c.save(f"{name}_kernel_shap", torch.cat(rows))


def shapley(name, net, x, target):
    from captum.attr import ShapleyValueSampling

    mask, count = parts_of(x)
    base = baseline_of(name)
    rows = []
    for n in range(len(x)):
        sampling = ShapleyValueSampling(net)
        sampling.permutation_generator = lambda features, samples, n=n: (
            shuffled(c.stream(c.SEED, n, k), features) for k in range(samples))
        rows.append(sampling.attribute(x[n:n + 1], base, target=target[n], feature_mask=mask,
                                       n_samples=6))
    c.save(f"{name}_shapley_sampling", torch.cat(rows))
    exact(name, net, x, target)


def exact(name, net, x, target):
    """Cells of 6 places: four parts, all their orders."""
    from captum.attr import ShapleyValues

    y, z = torch.meshgrid(torch.arange(12), torch.arange(12), indexing="ij")
    mask = (y // 6 * 2 + z // 6)[None, None]
    values = ShapleyValues(net).attribute(x, baseline_of(name), target=target, feature_mask=mask)
    c.save(f"{name}_kernel_shap_exact", values)


# ---- attention ----------------------------------------------------------------------------------
def small_vit():
    from torchvision.models.vision_transformer import VisionTransformer

    torch.manual_seed(5)
    net = VisionTransformer(image_size=16, patch_size=4, num_layers=3, num_heads=2, hidden_dim=8,
                            mlp_dim=12, num_classes=6).eval()
    for p in net.parameters():
        torch.nn.init.normal_(p, 0, 0.5)
    return net


def attention_blocks(net, x):
    """Scores, and each layer's attention [N, heads, T, T] with gradients, written out."""
    h = torch.cat([net.class_token.expand(len(x), -1, -1), net._process_input(x)], 1)
    h = h + net.encoder.pos_embedding
    kept = []
    for block in net.encoder.layers:
        m = block.self_attention
        n, t, d = h.shape
        q, k, v = F.linear(block.ln_1(h), m.in_proj_weight, m.in_proj_bias).chunk(3, -1)
        q, k, v = (u.view(n, t, m.num_heads, -1).transpose(1, 2) for u in (q, k, v))
        a = (q @ k.transpose(-1, -2) / np.sqrt(d // m.num_heads)).softmax(-1)
        kept.append(a)
        h = h + m.out_proj((a @ v).transpose(1, 2).reshape(n, t, d))
        h = h + block.mlp(block.ln_2(h))
    return net.heads(net.encoder.ln(h)[:, 0]), kept


def attention():
    net = small_vit()
    torch.manual_seed(9)
    x = torch.randn(2, 3, 16, 16)
    torch.onnx.export(net, x, os.path.join(c.OUT, "vit.onnx"), input_names=["image"],
                      output_names=["scores"], opset_version=17, dynamo=False,
                      dynamic_axes={"image": {0: "N"}, "scores": {0: "N"}})
    c.save("vit_x", x)
    scores, maps = attention_blocks(net, x)
    assert torch.allclose(scores, net(x), atol=1e-4)
    picked = scores.max(1).values.sum()
    gradients = torch.autograd.grad(picked, maps)
    maps = [m.detach() for m in maps]

    def grid(rows):
        return rows[:, None, 0, 1:].reshape(len(x), 1, 4, 4)

    c.save("vit_attention_map", grid(maps[-1].mean(1)))
    c.save("vit_attention_map_head", grid(maps[1][:, 1]))
    eye = torch.eye(maps[0].shape[-1])
    rolled = eye.expand(len(x), -1, -1)
    relevance = rolled
    for a, g in zip(maps, gradients):
        mixed = a.mean(1) + eye
        rolled = mixed / mixed.sum(-1, keepdim=True) @ rolled
        relevance = relevance + (a * g).clamp(min=0).mean(1) @ relevance
    c.save("vit_attention_rollout", grid(rolled))
    c.save("vit_gradient_rollout", grid(relevance))


# ---- what a map is worth ------------------------------------------------------------------------
def noise_rows(x, copies):
    rows = [c.normals(c.stream(c.SEED, 0, k), x.numel()) for k in range(copies)]
    return torch.tensor(np.array(rows), dtype=torch.float32).view(-1, *x.shape[1:])


def curve(net, x, target, places, way):
    """Petsiuk et al. 2018, section 4.1, with a blur of 11 x 11, sigma 5, edges repeated."""
    steps, count = 20, places.numel()
    ranks = torch.empty(count, dtype=torch.long)
    ranks[torch.argsort(-places.flatten(), stable=True)] = torch.arange(count)
    kernel = torch.exp(-(torch.arange(11.0) - 5) ** 2 / 50)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, 11).repeat(3, 1, 1, 1)
    soft = F.conv2d(F.pad(x, (5, 5, 0, 0), mode="replicate"), kernel, groups=3)
    soft = F.conv2d(F.pad(soft, (0, 0, 5, 5), mode="replicate"), kernel.transpose(2, 3), groups=3)
    first, last = (soft, x) if way == "insertion" else (x, torch.zeros_like(x))
    scores = []
    for k in range(steps + 1):
        turn = (ranks < k * count // steps).view(1, 1, *x.shape[2:])
        scores.append(net(torch.where(turn, last, first)).softmax(1)[0, target].item())
    return np.trapezoid(scores) / steps


def road(net, x, target, places):
    from pytorch_grad_cam.metrics import road as r
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    quiet = r.NoisyLinearImputer.__init__.__defaults__
    r.NoisyLinearImputer.__init__.__defaults__ = (0.0,) + quiet[1:]
    # Shares are those that are kept of the least important first, 10 % to 90 %.
    value = r.ROADCombined(percentiles=[10, 20, 30, 40, 50, 60, 70, 80, 90])(
        x, places[None].numpy(), [ClassifierOutputTarget(int(target))], net)
    r.NoisyLinearImputer.__init__.__defaults__ = quiet
    return float(value[0])


def quality(name, net, x, target):
    from captum.attr import Saliency
    from captum.metrics import infidelity, sensitivity_max

    rows = []
    for n in range(len(x)):
        one, t = x[n:n + 1], target[n]
        values = Saliency(net).attribute(one, target=t)
        places = values.sum(1)[0]
        drawn = noise_rows(one, 12) * 0.1
        off = infidelity(net, lambda inputs: (drawn, inputs - drawn), one, values, target=t,
                         n_perturb_samples=12)
        units = torch.tensor(np.array(
            [[2 * u.unit() - 1 for _ in range(one.numel())]
             for u in (c.stream(c.SEED, 0, k) for k in range(6))]), dtype=torch.float32)
        near = 0.05 * units.view(-1, *one.shape[1:])
        change = sensitivity_max(Saliency(net).attribute, one, lambda inputs: inputs + near,
                                 n_perturb_samples=6, target=t)
        shares = (values.abs() / values.abs().sum()).double().flatten()
        entropy = -(shares[shares > 0] * shares[shares > 0].log()).sum()
        rows.append([curve(net, one, t, places, "insertion"),
                     curve(net, one, t, places, "deletion"),
                     road(net, one, t, places), off.item(), change.item(), entropy.item()]
                    + shuffled_maps(name, one, int(t)))
    c.save(f"{name}_quality", np.array(rows))


def shuffled_maps(name, x, target):
    """Occlusion by ONNX Runtime on the exported file with its weights shuffled, in three levels."""
    import onnx
    import onnxruntime
    from captum.attr import Occlusion
    from onnx import numpy_helper
    from scipy.stats import spearmanr

    def occluded(model):
        session = onnxruntime.InferenceSession(model.SerializeToString())
        values = Occlusion(lambda v: torch.from_numpy(
            session.run(None, {"image": v.numpy()})[0])).attribute(
                x, (3, 4, 4), strides=(3, 4, 4), target=target)
        return values.sum(1).abs().flatten().numpy()

    path = os.path.join(c.OUT, name + ".onnx")
    model = onnx.load(path)
    whole, out = occluded(model), []
    tensors = {t.name: t for t in model.graph.initializer}
    weights = list(dict.fromkeys(
        i for node in model.graph.node for i in node.input
        if i in tensors and len(tensors[i].dims) >= 2 and tensors[i].data_type == 1))
    for level in (1, 2, 3):
        changed = onnx.load(path)
        wanted = -(-level * len(weights) // 3)
        for index in range(len(weights) - wanted, len(weights)):
            for t in changed.graph.initializer:
                if t.name == weights[index]:
                    old = numpy_helper.to_array(t)
                    r, new = c.stream(c.SEED, index, 0), old.flatten().copy()
                    for i in range(len(new) - 1, 0, -1):
                        k = r.below(i + 1)
                        new[i], new[k] = new[k], new[i]
                    t.CopyFrom(numpy_helper.from_array(new.reshape(old.shape), t.name))
        # Places that saw one window have one value: rounding makes them equal here as there.
        out.append(spearmanr(whole.round(5), occluded(changed).round(5))[0])
    return out


GROUPS = [hide, rise, surrogates, shapley, quality]


def main():
    for group in GROUPS:
        if not WANTED or group.__name__ in WANTED:
            c.each(group)
    if not WANTED or "attention" in WANTED:
        attention()


main()
