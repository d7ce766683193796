#!/usr/bin/env python3
"""sim.txt - similarity scores by scipy and numpy.

Two matrices of 12 rows whose values are small multiples of 1/4, so that they
print exactly and ranks tie; rows 3 and 7 are equal. Each line: a name, how
many numbers, the numbers.

    python3 tests/goldens/make_sim.py > tests/goldens/sim.txt
"""
import numpy as np
from scipy import linalg, spatial, stats

rng = np.random.default_rng(1)
n, p, q = 12, 5, 7
X = rng.integers(-8, 9, (n, p)) / 4
Y = np.rint(4 * (X @ rng.normal(size=(p, q)) + rng.normal(size=(n, q)))) / 4
X[7], Y[7] = X[3], Y[3]

ROWS = {"Pearson": "correlation", "cosine": "cosine", "L2": "euclidean"}
TRIANGLES = {"Spearman": stats.spearmanr, "Pearson": stats.pearsonr,
             "Kendall": stats.kendalltau}


def triangle(X, metric, diagonal):
    """Below and, if wanted, on the diagonal; equal but for rounding ties."""
    D = spatial.distance.cdist(X, X, metric)
    return np.round(D[np.tril_indices(n, 0 if diagonal else -1)], 12)


def cka(K, L, hsic):
    return hsic(K, L) / np.sqrt(hsic(K, K) * hsic(L, L))


def biased(K, L):
    H = np.eye(n) - 1 / n
    return np.trace(K @ H @ L @ H)


def unbiased(K, L):
    """Song et al. 2012, equation 5, written out with matrices."""
    K, L, one = K - np.diag(np.diag(K)), L - np.diag(np.diag(L)), np.ones(n)
    return (np.trace(K @ L)
            + (one @ K @ one) * (one @ L @ one) / ((n - 1) * (n - 2))
            - 2 / (n - 2) * (one @ K @ L @ one)) / (n * (n - 3))


def procrustes():
    """Similarity and distance of one fit, disparity of the other."""
    x, y = X - X.mean(0), Y - Y.mean(0)
    x = np.pad(x / linalg.norm(x), ((0, 0), (0, q - p)))
    y = y / linalg.norm(y)
    Q, similarity = linalg.orthogonal_procrustes(x, y)
    return (similarity, linalg.norm(x @ Q - y),
            spatial.procrustes(np.pad(X, ((0, 0), (0, q - p))), Y)[2])


def say(name, x):
    x = np.ravel(x)
    print(name.replace(" ", "_"), len(x), *(repr(float(v)) for v in x))


K, L = X @ X.T, Y @ Y.T
say("X", X)
say("Y", Y)
say("correlation", np.corrcoef(X))
say("column", X[:, 0])
say("ranks", stats.rankdata(X[:, 0]))
say("levels", stats.rankdata(X[:, 0], "dense") - 1)
for zscored in False, True:
    for diagonal in False, True:
        for rows, metric in ROWS.items():
            x, y = (triangle(stats.zscore(M) if zscored else M, metric,
                             diagonal) for M in (X, Y))
            for triangles, correlate in TRIANGLES.items():
                say(f"rows by {rows}, triangles by {triangles}"
                    + ", units z-scored" * zscored
                    + ", with diagonal" * diagonal, correlate(x, y)[0])
say("cka_biased", cka(K, L, biased))
say("cka_unbiased", cka(K, L, unbiased))
say("procrustes", procrustes())
