#!/usr/bin/python3
"""h5near.py A B - do two files hold the same but for rounding?

Every dataset below the groups but /provenance has the same type and shape in
both; integers and texts are equal, numbers within 1e-4 of the largest of their
dataset (or column). A line a difference; exit status 1 if there is one."""
import sys

import h5py
import numpy as np

TOLERANCE = 1e-4


def contents(path):
    found = {}
    with h5py.File(path) as f:
        def visit(name, x):
            if isinstance(x, h5py.Dataset) and \
                    not name.startswith("provenance"):
                x = np.asarray(x[()])
                for column in x.dtype.names or [None]:
                    found[f"{name} {column or ''}".strip()] = \
                        x[column] if column else x
        f.visititems(visit)
    return found


def alike(x, y):
    if x.dtype != y.dtype or x.shape != y.shape:
        return "type or shape"
    if x.dtype.kind != "f":
        return "" if np.array_equal(x, y) else f"{x} and {y}"
    if not np.array_equal(np.isfinite(x), np.isfinite(y)):
        return "where it is finite"
    x, y = x[np.isfinite(x)], y[np.isfinite(y)]
    if not x.size:
        return ""
    off, size = np.abs(x - y).max(), np.abs(x).max()
    return "" if off <= TOLERANCE * size else f"by {off:g} of {size:g}"


here, there = map(contents, sys.argv[1:])
differ = [n for n in sorted({*here} ^ {*there})]
differ += [f"{n}: {how}" for n in sorted({*here} & {*there})
           if (how := alike(here[n], there[n]))]
for line in differ:
    print(line)
sys.exit(bool(differ))
