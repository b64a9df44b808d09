# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/metric/: small score matrices and what the reference libraries say of them.

Made with numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1, statsmodels 0.15.0, torch 2.15.0,
torchmetrics 1.9.0, netcal 1.4.0. Run from the repository root, in an environment that has them:
python3 tests/goldens/make_metric_goldens.py

Nothing here is computed by Slitlamp. Where a library has no answer (a class without samples in
AUROC), its function for one class, or one pair of classes, is called and averaged over those that
have one, as src/metric documents. Ranks are judged on float32, as src/metric does.
"""
import json
import math
import warnings
from pathlib import Path

import numpy as np
import torch
from netcal.metrics import ECE, MCE
from scipy import optimize, special, stats
from sklearn import metrics as sk
from sklearn.preprocessing import label_binarize
from statsmodels.stats import contingency_tables, multitest, proportion
from torchmetrics.functional.classification import (multiclass_accuracy,
                                                    multiclass_calibration_error)

OUT = Path("tests/data/metric")
BINS = 15
EPSILON = float(np.finfo(np.float32).eps)
warnings.filterwarnings("ignore")


def softmax(z):
    return special.softmax(np.asarray(z, dtype=np.float64), axis=1)


def make_scores(rng, samples, classes, sharpness, skill):
    labels = rng.integers(0, classes, samples)
    z = rng.normal(size=(samples, classes)) * sharpness
    z[np.arange(samples), labels] += skill
    return labels.astype(np.int32), z


# ---- single label -------------------------------------------------------------------------------

def mean_or_nan(values):
    values = [v for v in values if not math.isnan(v)]
    return float(np.mean(values)) if values else math.nan


def class_auroc(y, scores, weights=None):
    if y.all() or not y.any():
        return math.nan
    return float(sk.roc_auc_score(y, scores, sample_weight=weights))


def class_ap(y, scores, weights=None):
    return float(sk.average_precision_score(y, scores, sample_weight=weights)) if y.any() \
        else math.nan


def one_against_one(y, scores, present):
    """Hand & Till's mean over ordered pairs, each by roc_auc_score."""
    values = []
    for a in present:
        for b in present:
            if a != b:
                pair = (y == a) | (y == b)
                values.append(sk.roc_auc_score(y[pair] == a, scores[pair, a]))
    return mean_or_nan(values)


def ranking(y, p, whole):
    classes = p.shape[1]
    scores = p.astype(np.float32)
    hot = (y[:, None] == np.arange(classes)).astype(int)
    by_class = [class_auroc(hot[:, c], scores[:, c]) for c in range(classes)]
    precision = [class_ap(hot[:, c], scores[:, c]) for c in range(classes)]
    present = [c for c in range(classes) if hot[:, c].any()]
    out = {
        "auroc": mean_or_nan(by_class),
        "auroc_ovo": one_against_one(y, scores, present),
        "auroc_micro": class_auroc(hot.ravel(), scores.ravel()),
        "average_precision": mean_or_nan(precision),
        "average_precision_micro": class_ap(hot.ravel(), scores.ravel()),
    }
    if whole and classes > 2:  # the library's own averages must agree with the means above
        wide = scores.astype(np.float64)
        wide /= wide.sum(axis=1, keepdims=True)
        assert np.allclose(wide, scores, atol=1e-6)
        for how, name in (("ovr", "auroc"), ("ovo", "auroc_ovo")):
            value = sk.roc_auc_score(y, wide, multi_class=how, average="macro")
            assert abs(value - out[name]) < 1e-3, (name, value, out[name])
    return out, by_class, precision


def negative_log_loss(y, p):
    """scikit-learn's log_loss with the clipping it gives float32, in double arithmetic."""
    clipped = np.clip(p, EPSILON, 1 - EPSILON)
    hot = y[:, None] == np.arange(p.shape[1])
    # log_loss clips again, by the epsilon of double, which changes nothing any more.
    return float(sk.log_loss(hot.astype(int), clipped)) if p.shape[1] > 1 else math.nan


def netcal_error(measure, confidence, right, mass=False):
    return float(measure(BINS, equal_intervals=not mass).measure(
        confidence.astype(np.float64), right.astype(int)))


def torch_error(p, y, norm):
    return float(multiclass_calibration_error(
        torch.tensor(p, dtype=torch.float32), torch.tensor(y.astype(np.int64)),
        num_classes=p.shape[1], n_bins=BINS, norm=norm))


def top5(y, p):
    tensor = torch.tensor(p)
    return float(multiclass_accuracy(tensor, torch.tensor(y.astype(np.int64)),
                                     num_classes=p.shape[1], top_k=5, average="micro"))


def brier(y, p):
    if len(y) == 0:
        return math.nan
    return float(sk.brier_score_loss((y[:, None] == np.arange(p.shape[1])).astype(int), p))


def fit_temperature(y, z):
    def loss(scale):
        scaled = z * scale
        return float(np.mean(special.logsumexp(scaled, axis=1) - scaled[np.arange(len(y)), y]))

    def slope(scale):
        p = special.softmax(z * scale, axis=1)
        return float(np.mean((p * z).sum(axis=1) - z[np.arange(len(y)), y]))

    if slope(20.0) <= 0:
        return 0.05
    if slope(0.05) >= 0:
        return 20.0
    scale = optimize.brentq(slope, 0.05, 20.0, xtol=1e-14)
    assert loss(scale) <= min(loss(scale * 1.01), loss(scale * 0.99))
    return 1.0 / scale


def thresholds(y, scores):
    """(threshold, fpr, tpr, precision, recall) at every score of a positive."""
    fpr, tpr, at = sk.roc_curve(y, scores, drop_intermediate=False)
    precision, recall, at_pr = sk.precision_recall_curve(y, scores)
    roc = {float(t): (float(a), float(b)) for t, a, b in zip(at, fpr, tpr)}
    pr = {float(t): (float(a), float(b)) for t, a, b in zip(at_pr, precision, recall)}
    keys = sorted({float(s) for s, hit in zip(scores, y) if hit})
    return [[k, *roc[k], *pr[k]] for k in keys]


def agreement(y, pred):
    out = {
        "accuracy": sk.accuracy_score(y, pred),
        "balanced_accuracy": sk.balanced_accuracy_score(y, pred),
        "kappa": sk.cohen_kappa_score(y, pred),
        "mcc": sk.matthews_corrcoef(y, pred),
        "f1_micro": sk.f1_score(y, pred, average="micro", zero_division=0),
    }
    for how in ("macro", "weighted"):
        p, r, f, _ = sk.precision_recall_fscore_support(y, pred, average=how, zero_division=0)
        out |= {f"precision_{how}": p, f"recall_{how}": r, f"f1_{how}": f}
    return {k: float(v) for k, v in out.items()}


def rows_of_classes(y, pred, classes):
    p, r, f, support = sk.precision_recall_fscore_support(
        y, pred, labels=range(classes), zero_division=np.nan)
    predicted = np.bincount(pred, minlength=classes)
    rows = []
    for c in range(classes):
        low, high = (math.nan, math.nan) if support[c] == 0 else proportion.proportion_confint(
            int((pred[y == c] == c).sum()), int(support[c]), method="wilson")
        rows.append({"precision": float(p[c]), "recall": float(r[c]), "f1": float(f[c]),
                     "support": int(support[c]), "predicted": int(predicted[c]),
                     "recall_low": float(low), "recall_high": float(high)})
    return rows


def calibration(confidence, right):
    edges = np.quantile(confidence, np.linspace(0, 1, BINS + 1))
    # netcal has no answer where ties make two edges equal.
    mass = {} if (np.diff(edges) < 1e-9).any() else {
        "ece_mass": netcal_error(ECE, confidence, right, mass=True)}
    return mass | {
        "ece": netcal_error(ECE, confidence, right),
        "mce": netcal_error(MCE, confidence, right),
        "mean_confidence": float(confidence.mean()),
        "overconfidence": float(confidence.mean() - right.mean()),
        "confidence_auroc": class_auroc(right, confidence),
    }


def single(name, y, stored, kind="probability", whole=True, tie_free=True):
    """One case: `stored` is the matrix as a model would have left it."""
    np.save(OUT / f"{name}_label.npy", y.astype(np.int32))
    np.save(OUT / f"{name}_scores.npy", stored)
    wide = stored.astype(np.float64)
    used = (y >= 0) & np.isfinite(wide).all(axis=1)
    y, wide = y[used], wide[used]
    if kind == "logit":
        z, p = (np.column_stack([np.zeros(len(y)), wide[:, 0]]), None) if wide.shape[1] == 1 \
            else (wide, None)
        p = softmax(z)
    else:
        p = np.column_stack([1 - wide[:, 0], wide[:, 0]]) if wide.shape[1] == 1 else wide
        least = {2: 2.0**-24, 4: float(np.finfo(np.float32).tiny)}[stored.dtype.itemsize]
        z = np.log(np.maximum(p, least))
    classes = p.shape[1]
    pred = (p[:, 1] >= 0.5).astype(int) if wide.shape[1] == 1 else p.argmax(axis=1)
    right = (pred == y).astype(int)
    confidence = p[np.arange(len(y)), pred]
    values = agreement(y, pred)
    ranked, auroc, precision = ranking(y, p, whole)
    values |= ranked | calibration(confidence, right)
    values |= {"log_loss": negative_log_loss(y, p), "brier": brier(y, p)}
    if classes > 5 and tie_free:
        values["top5"] = top5(y, p)
    temperature = fit_temperature(y, z)
    after = softmax(z / temperature)
    sure = after[np.arange(len(y)), pred]
    values |= {
        "temperature": temperature,
        "log_loss_after": negative_log_loss(y, after),
        "brier_after": brier(y, after),
        "ece_after": netcal_error(ECE, sure, right),
    }
    if np.ptp(z - z.max(axis=1, keepdims=True)) == 0:
        for key in ("temperature", "log_loss_after", "brier_after", "ece_after"):
            del values[key]
    matrix = sk.confusion_matrix(y, pred, labels=range(classes))
    rows = rows_of_classes(y, pred, classes)
    for c, row in enumerate(rows):
        row |= {"auroc": auroc[c], "average_precision": precision[c]}
    case = {"name": name, "classes": classes, "kind": kind, "multi_label": False,
            "used": int(used.sum()), "values": values, "by_class": rows,
            "confusion": matrix.tolist()}
    if whole and kind == "probability" and wide.shape[1] > 1:
        case["torchmetrics"] = {"ece": torch_error(p, y, "l1"), "mce": torch_error(p, y, "max")}
        case["float32_log_loss"] = float(sk.log_loss(y, p.astype(np.float32)))
    if whole and len(y) <= 200:
        hot = y[:, None] == np.arange(classes)
        narrow = p.astype(np.float32)
        case["curve"] = thresholds(hot[:, 1], narrow[:, 1])
        case["curve_micro"] = thresholds(hot.ravel(), narrow.ravel())
    return case


def single_cases():
    rng = np.random.default_rng(20261124)
    cases = []

    def plain(name, samples, classes, sharpness=1.5, skill=2.5, **more):
        y, z = make_scores(rng, samples, classes, sharpness, skill)
        cases.append(single(name, y, softmax(z).astype(np.float32), **more))

    plain("ten", 600, 10)
    plain("few", 120, 3, skill=1.0)
    plain("two", 200, 2, skill=1.0)
    plain("wide", 150, 60, sharpness=2.0, skill=5.0, whole=False)
    y, z = make_scores(rng, 300, 12, 3.0, 4.0)
    cases.append(single("logits", y, z.astype(np.float32), kind="logit"))
    y, z = make_scores(rng, 400, 6, 2.0, 3.0)
    half = softmax(z).astype(np.float16)
    cases.append(single("half", y, half, whole=False, tie_free=False))
    y = rng.integers(0, 2, 300).astype(np.int32)
    x = rng.normal(size=300) + 1.2 * y - 0.5
    cases.append(single("sigmoid", y, special.expit(x)[:, None].astype(np.float32)))
    cases.append(single("sigmoid_logit", y, x[:, None].astype(np.float32), kind="logit"))
    # Class 2 has no samples, class 5 is never predicted.
    y, z = make_scores(rng, 160, 7, 1.5, 2.5)
    y[y == 2] = 3
    z[:, 5] -= 20
    cases.append(single("absent", y, softmax(z).astype(np.float32), whole=False))
    y, z = make_scores(rng, 60, 4, 1.5, 2.0)
    y[:] = 2
    cases.append(single("one_class", y, softmax(z).astype(np.float32), whole=False))
    y, _ = make_scores(rng, 80, 4, 1.0, 1.0)
    cases.append(single("tied", y, np.full((80, 4), 0.25, np.float32), whole=False))
    # Scores of two digits only: many ties, some at bin edges.
    y, z = make_scores(rng, 200, 4, 1.5, 2.0)
    coarse = np.round(softmax(z) * 20) / 20
    cases.append(single("coarse", y, coarse.astype(np.float32), whole=False))
    y, z = make_scores(rng, 100, 5, 1.5, 2.5)
    broken = softmax(z).astype(np.float32)
    broken[::9, 1] = np.nan
    broken[4] = np.inf
    y[::7] = -1
    cases.append(single("broken", y, broken, whole=False))
    cases.append(single("lone", np.array([1], np.int32),
                        np.array([[0.2, 0.5, 0.3]], np.float32), whole=False))
    y, z = make_scores(rng, 50, 4, 0.5, 9.0)
    cases.append(single("perfect", y, softmax(z).astype(np.float32)))
    y, z = make_scores(rng, 50, 4, 0.5, -9.0)
    cases.append(single("all_wrong", y, softmax(z).astype(np.float32)))
    return cases


# ---- multi-label --------------------------------------------------------------------------------

def multi(name, truth, p):
    np.save(OUT / f"{name}_targets.npy", truth.astype(np.uint8))
    np.save(OUT / f"{name}_scores.npy", p.astype(np.float32))
    p = p.astype(np.float32).astype(np.float64)
    said = (p >= 0.5).astype(int)
    classes = p.shape[1]
    values = {
        "subset_accuracy": sk.accuracy_score(truth, said),
        "hamming_loss": sk.hamming_loss(truth, said),
        "ranking_ap": sk.label_ranking_average_precision_score(truth, p),
        "auroc": mean_or_nan([class_auroc(truth[:, c], p[:, c]) for c in range(classes)]),
        "auroc_micro": class_auroc(truth.ravel(), p.ravel()),
        "average_precision": mean_or_nan([class_ap(truth[:, c], p[:, c])
                                          for c in range(classes)]),
        "average_precision_micro": class_ap(truth.ravel(), p.ravel()),
        "brier": sk.brier_score_loss(truth.ravel(), p.ravel()),
        "log_loss": sk.log_loss(truth.ravel(), np.clip(p.ravel(), EPSILON, 1 - EPSILON)),
    }
    for how in ("macro", "micro", "weighted", "samples"):
        values[f"f1_{how}"] = sk.f1_score(truth, said, average=how, zero_division=0)
    for how in ("macro", "weighted"):
        values[f"precision_{how}"] = sk.precision_score(truth, said, average=how, zero_division=0)
        values[f"recall_{how}"] = sk.recall_score(truth, said, average=how, zero_division=0)
    prf = sk.precision_recall_fscore_support(truth, said, zero_division=np.nan)
    rows = [{"precision": float(prf[0][c]), "recall": float(prf[1][c]), "f1": float(prf[2][c]),
             "support": int(prf[3][c]), "predicted": int(said[:, c].sum()),
             "auroc": class_auroc(truth[:, c], p[:, c]),
             "average_precision": class_ap(truth[:, c], p[:, c])} for c in range(classes)]
    return {"name": name, "classes": classes, "kind": "probability", "multi_label": True,
            "used": len(p), "values": {k: float(v) for k, v in values.items()}, "by_class": rows}


def multi_cases():
    rng = np.random.default_rng(7)
    truth = (rng.random((250, 9)) < 0.3).astype(int)
    p = special.expit(rng.normal(size=truth.shape) * 1.5 + 2.0 * truth - 1.0)
    wide = (rng.random((60, 70)) < 0.1).astype(int)
    q = special.expit(rng.normal(size=wide.shape) * 1.5 + 3.0 * wide - 2.0)
    edge = truth[:80, :5].copy()
    edge[:, 1] = 0
    edge[:, 3] = 1
    edge[0] = 1
    edge[1] = 0
    r = np.round(p[:80, :5] * 10) / 10
    return [multi("multi", truth, p), multi("multi_wide", wide, q), multi("multi_edge", edge, r)]


# ---- intervals ----------------------------------------------------------------------------------

def resampled(y, p, indices):
    y, p = y[indices], p[indices]
    pred = p.argmax(axis=1)
    right = (pred == y).astype(int)
    hot = (y[:, None] == np.arange(p.shape[1])).astype(int)
    confidence = p.max(axis=1)
    return [
        sk.accuracy_score(y, pred),
        sk.f1_score(y, pred, average="macro", zero_division=0),
        sk.cohen_kappa_score(y, pred),
        negative_log_loss(y, p),
        brier(y, p),
        mean_or_nan([class_auroc(hot[:, c], p[:, c]) for c in range(p.shape[1])]),
        mean_or_nan([class_ap(hot[:, c], p[:, c]) for c in range(p.shape[1])]),
        one_against_one(y, p, [c for c in range(p.shape[1]) if hot[:, c].any()]),
        class_auroc(hot.ravel(), p.ravel()),
        class_ap(hot.ravel(), p.ravel()),
        netcal_error(ECE, confidence, right),
        netcal_error(ECE, confidence, right, mass=True),
        class_auroc(right, confidence),
        fit_temperature(y, np.log(p)),
        sk.f1_score(y, pred, labels=[1], average="macro", zero_division=0),
        class_auroc(hot[:, 1], p[:, 1]),
        class_ap(hot[:, 1], p[:, 1]),
    ]


NAMES = ["accuracy", "f1_macro", "kappa", "log_loss", "brier", "auroc", "average_precision",
         "auroc_ovo", "auroc_micro", "average_precision_micro", "ece", "ece_mass",
         "confidence_auroc", "temperature", "class_1_f1", "class_1_auroc",
         "class_1_average_precision"]


def intervals():
    """Percentile bootstrap of the case "few"; each number by its reference library."""
    y = np.load(OUT / "few_label.npy")
    p = np.load(OUT / "few_scores.npy").astype(np.float64)
    rng = np.random.default_rng(99)
    table = np.array([resampled(y, p, rng.integers(0, len(y), len(y))) for _ in range(3000)])
    low, high = np.quantile(table, [0.025, 0.975], axis=0)
    return {n: [float(a), float(b)] for n, a, b in zip(NAMES, low, high)}


# ---- tests of rates -----------------------------------------------------------------------------

def statistics():
    pairs = [(0, 0), (5, 0), (3, 9), (10, 10), (40, 71), (1200, 1350), (0, 60)]
    rates = [(0, 10), (10, 10), (3, 7), (50, 1000), (0, 1), (999999, 1000000)]
    tables = [(3, 10, 8, 10), (0, 5, 5, 5), (320, 500, 160, 500), (7, 12, 6, 14), (1, 2, 1, 2),
              (900, 1000, 905, 1000), (0, 3, 0, 4)]
    p_values = [0.01, 0.04, math.nan, 0.03, 0.5, 0.01, 0.9]
    known = [p for p in p_values if not math.isnan(p)]
    adjusted = iter(multitest.multipletests(known, method="fdr_bh")[1])
    values = [3.0, 1.0, 7.0, 2.5, 2.5]
    out = {"mcnemar": [], "wilson": [], "two_by_two": [], "binomial": [], "normal": []}
    for a, b in pairs:
        exact = contingency_tables.mcnemar([[0, a], [b, 0]], exact=True).pvalue if a + b else 1.0
        mid = min(1.0, 2 * stats.binom.cdf(min(a, b), a + b, 0.5)
                  - stats.binom.pmf(min(a, b), a + b, 0.5))
        one_sided = stats.binomtest(a, a + b, 0.5, alternative="greater").pvalue if a + b else 1.0
        out["mcnemar"].append([a, b, float(exact), float(mid), float(one_sided)])
    for k, n in rates:
        for level in (0.95, 0.99):
            low, high = proportion.proportion_confint(k, n, 1 - level, method="wilson")
            out["wilson"].append([k, n, level, float(low), float(high)])
    for a, n, b, m in tables:
        fisher = stats.fisher_exact([[a, n - a], [b, m - b]])[1]
        z = proportion.proportions_ztest([a, b], [n, m])[1] if 0 < a + b < n + m else 1.0
        out["two_by_two"].append([a, n, b, m, float(fisher), float(z)])
    for k, n, p in [(0, 10, 0.3), (3, 10, 0.3), (500, 1000, 0.5), (12, 10000, 0.001),
                    (499000, 1000000, 0.5), (9, 10, 0.9), (20, 20, 0.01)]:
        out["binomial"].append([k, n, p, float(stats.binom.pmf(k, n, p)),
                                float(stats.binom.cdf(k, n, p))])
    for p in (1e-12, 0.001, 0.025, 0.3, 0.5, 0.975, 0.9999):
        out["normal"].append([p, float(stats.norm.ppf(p))])
    out["adjusted"] = [[p, p if math.isnan(p) else float(next(adjusted))] for p in p_values]
    out["quantiles"] = [[q, float(np.quantile(values, q))] for q in (0, 0.1, 0.5, 0.77, 1)]
    rng = np.random.default_rng(5)
    out["assignments"] = []
    for n in (1, 2, 5, 17, 40):
        gain = rng.integers(0, 9 if n < 20 else 1000, (n, n))
        rows, columns = optimize.linear_sum_assignment(gain, maximize=True)
        out["assignments"].append({"n": n, "gain": gain.ravel().tolist(),
                                   "best": int(gain[rows, columns].sum())})
    return out


def clean(value):
    """JSON has no NaN."""
    if isinstance(value, dict):
        return {k: clean(v) for k, v in value.items()}
    if isinstance(value, list):
        return [clean(v) for v in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    cases = single_cases() + multi_cases()
    golden = {"cases": cases, "intervals": intervals(), "statistics": statistics()}
    text = json.dumps(clean(golden), separators=(",", ":")).replace('},{"name"', '},\n{"name"')
    (OUT / "golden.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
