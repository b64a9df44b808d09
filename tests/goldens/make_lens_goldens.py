# SPDX-License-Identifier: Apache-2.0
"""Log posteriors of scikit-learn's nearest centroid for tests of the probe behind "lens".

Needs scikit-learn 1.9.1 and numpy 2. Writes tests/data/attrib/lens_*.npy: samples x with classes y,
queries and their log posteriors [query, class], and those of each sample when the classifier was
fitted on all others. Feature 4 does not vary within classes.
"""

from pathlib import Path

import numpy as np
from scipy.special import log_softmax
from sklearn.neighbors import NearestCentroid

OUT = Path(__file__).resolve().parents[1] / "data/attrib"
CLASSES, FEATURES = 4, 6


def log_posterior(x: np.ndarray, y: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Equal priors; the decision function is twice the log density, up to a constant."""
    fitted = NearestCentroid(priors="uniform").fit(x, y)
    return log_softmax(0.5 * fitted.decision_function(queries), axis=1)


def main() -> None:
    """Write the files."""
    random = np.random.default_rng(20)
    y = np.array([0] * 7 + [1] * 3 + [2] * 9 + [3] * 2)
    centres = random.normal(size=(CLASSES, FEATURES))
    x = centres[y] + random.normal(size=(len(y), FEATURES)) * np.array([1, 2, 0.5, 1, 1, 3])
    x[:, 4] = y
    queries = random.normal(size=(5, FEATURES)) * 2
    without = np.stack([
        log_posterior(np.delete(x, i, 0), np.delete(y, i), x[i:i + 1])[0] for i in range(len(y))])
    for name, values in (("x", x), ("y", y.astype(np.int32)), ("queries", queries),
                         ("posterior", log_posterior(x, y, queries)), ("without", without)):
        np.save(OUT / f"lens_{name}.npy", values)


if __name__ == "__main__":
    main()
