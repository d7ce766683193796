#!/usr/bin/python3
"""h5same.py - do two files hold the same bytes?

    h5same.py A B [--only GROUP...] [--but ATTRIBUTE...]

Every dataset below the groups (all but /provenance) has the same type, shape
and bytes in both, and every root attribute but those named is the same. A line
a difference; exit status 1 if there is one.
"""
import argparse
import sys

import h5py
import numpy as np


def contents(path, only):
    with h5py.File(path) as f:
        found = {}

        def visit(name, x):
            top = name.split("/")[0]
            if isinstance(x, h5py.Dataset) and (
                    top in only if only else top != "provenance"):
                found[name] = x.dtype, x.shape, np.asarray(x[()]).tobytes()
        f.visititems(visit)
        return found, {k: np.asarray(v).tobytes() for k, v in f.attrs.items()}


parser = argparse.ArgumentParser()
parser.add_argument("a")
parser.add_argument("b")
parser.add_argument("--only", nargs="*")
parser.add_argument("--but", nargs="*", default=[])
o = parser.parse_args()
(a, here), (b, there) = contents(o.a, o.only), contents(o.b, o.only)
differ = [n for n in sorted({*a, *b}) if a.get(n) != b.get(n)]
if not o.only:
    differ += [f"attribute {n}" for n in sorted({*here, *there} - {*o.but})
               if here.get(n) != there.get(n)]
for name in differ:
    print(f"{o.a} and {o.b} differ: {name}")
if not a:
    print(f"{o.a}: nothing to compare")
sys.exit(1 if differ or not a else 0)
