#!/usr/bin/env python3
"""seeds.txt - the bootstrap over model seeds, by enumeration.

Every way to draw n seeds from n with replacement, for each type, with its
probability: the exact distribution of what score_seeds draws from. Each line:
a name, how many numbers, the numbers.

    python3 tests/goldens/make_seeds.py > tests/goldens/seeds.txt
"""
import itertools
import math
from collections import Counter

import numpy as np

rng = np.random.default_rng(1)


def resamples(n):
    """(how often each of n seeds came, probability), for every multiset."""
    for drawn in itertools.combinations_with_replacement(range(n), n):
        count = Counter(drawn)
        ways = math.factorial(n)
        for k in count.values():
            ways //= math.factorial(k)
        yield [count[i] for i in range(n)], ways / n ** n


def quantiles(x, w):
    order = np.argsort(x)
    x, w = np.array(x)[order], np.array(w)[order]
    at = np.cumsum(w) / np.sum(w)
    return [x[np.searchsorted(at, q)] for q in (0.025, 0.975)]


def say(name, x):
    x = np.ravel(x)
    print(name, len(x), *(repr(float(v)) for v in x))


def across(n, m):
    """All pairs of n seeds of one type with m of another."""
    value = 0.7 + rng.normal(0, 0.1, (n, 1)) + rng.normal(0, 0.05, (1, m)) \
        + rng.normal(0, 0.02, (n, m))
    x, w = [], []
    for (a, pa), (b, pb) in itertools.product(resamples(n), resamples(m)):
        weight = np.outer(a, b)
        x.append(np.sum(weight * value) / np.sum(weight))
        w.append(pa * pb)
    say(f"across_{n}_{m}", value)
    say(f"across_{n}_{m}_interval", quantiles(x, w))


def within(n):
    """All pairs of different seeds of one type."""
    seed = rng.normal(0, 0.1, n)
    pairs = list(itertools.combinations(range(n), 2))
    value = [0.5 + seed[i] + seed[j] + rng.normal(0, 0.02) for i, j in pairs]
    x, w = [], []
    for a, pa in resamples(n):
        weight = [a[i] * a[j] for i, j in pairs]
        if sum(weight):
            x.append(np.dot(weight, value) / sum(weight))
            w.append(pa)
    say(f"within_{n}", value)
    say(f"within_{n}_interval", quantiles(x, w))


across(5, 4)
within(8)
within(3)
