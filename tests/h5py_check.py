#!/usr/bin/env python3
"""h5py_check.py FILE... - what a stranger sees who opens our files with h5py.

Every dataset has a description, units and axis labels; booleans are bool,
categories are enums, texts have a fixed length; scales are attached to the
axes that they stand for; columns are told as PROGRAM --schema tells them. One
line a mismatch.
"""
import functools
import os
import re
import subprocess
import sys

import h5py
import numpy as np

CATEGORIES = [
    {"train": 0, "valid": 1, "test": 2},
    {"behaviour": 0, "latent": 1, "score": 2},
]
KINDS = ("data", "model", "activations", "interventions", "alignment",
         "similarity", "report", "checkpoint")
wrong = []


def is_scale(d):
    return h5py.h5ds.is_scale(d.id)


def expect(true, *words):
    if not true:
        wrong.append(" ".join(str(w) for w in words))


def text(value):
    return value.decode() if isinstance(value, bytes) else value


@functools.cache
def columns():
    """(kind, table) -> what --schema says of its columns."""
    build = os.environ.get("BUILD", "build")
    said, table = {}, None
    for program in ("train", "report"):
        lines = subprocess.run([f"{build}/{program}", "--schema"], text=True,
                               check=True, capture_output=True).stdout
        for line in lines.splitlines():
            if start := re.match(r"(?:reads|writes): (\w+),", line):
                kind = start[1]
            elif start := re.match(r"  /(\S+) .*table", line):
                table = said[kind, start[1]] = []
            elif column := re.match(r"      \.(\w+)  \S+?(?: \S*/\S*)?"
                                    r"(?:  \[(.*?)\])?: (.*)", line):
                table.append(f"{column[1]} [{column[2] or 1}]: {column[3]}")
    return said


def check_type(where, dtype):
    if dtype.names:
        for name in dtype.names:
            check_type(f"{where}.{name}", dtype[name])
    elif dtype.kind == "S":
        expect(h5py.check_string_dtype(dtype).encoding == "utf-8", where,
               "is not UTF-8")
    elif h5py.check_enum_dtype(dtype):
        expect(h5py.check_enum_dtype(dtype) in CATEGORIES, where,
               "has an unknown enum")
    else:
        expect(dtype == bool or dtype in (np.dtype("<f4"), np.dtype("<f8"),
                                          np.dtype("<i4"), np.dtype("<i8"),
                                          np.dtype("u1")),
               where, "has type", dtype)


def check_layout(where, d):
    large = d.size * d.id.get_type().get_size() >= 65536
    expect((d.chunks is not None) == large, where, "chunks", d.chunks)
    if large:
        expect(d.compression == "gzip" and d.compression_opts == 4, where,
               "compression", d.compression)
        expect(d.shuffle and d.fletcher32, where, "shuffle, fletcher32")
        chunk = int(np.prod(d.chunks)) * d.id.get_type().get_size()
        expect(chunk <= 1 << 20, where, "chunk of", chunk)
        expect(chunk >= 1 << 18 or d.chunks == d.shape, where, "small chunk")


def check_axes(where, d, scales):
    labels = [dim.label for dim in d.dims]
    expect(all(labels), where, "axes without a label")
    for dim, label, size in zip(d.dims, labels, d.shape):
        names = [name for name, letter, n in scales
                 if letter == label and n == size and not is_scale(d)]
        expect(list(dim.keys()) == names, where, "axis", label, "has scales",
               list(dim.keys()), "not", names)
        for name, scale in dim.items():
            expect(scale.shape == (size,), where, "scale", name)


def check_dataset(kind, name, d, scales):
    check_type(name, d.dtype)
    expect(text(d.attrs.get("description", "")), name, "has no description")
    expect(text(d.attrs.get("units", "")), name, "has no units")
    check_layout(name, d)
    if name.startswith("provenance/"):
        return
    check_axes(name, d, scales)
    if d.dtype.names:
        said = [text(c) for c in d.attrs["columns"]]
        expect(said == columns()[kind, name], name, "columns", said)
    if d.dtype.kind == "S" and d.ndim:
        expect(all(d.asstr()[()]), name, "an empty text")


def check(path):
    with h5py.File(path, "r", locking=False) as f:
        kind = text(f.attrs["kind"])
        expect(kind in KINDS, "kind", kind)
        expect(f.attrs["schema_version"] >= 1, "schema_version")
        expect(text(f.attrs["title"]), "title")
        expect(f.userblock_size == 512, "user block", f.userblock_size)
        for name in ("program", "version", "commit"):
            expect(name in f["provenance"].attrs, "provenance has no", name)
        for name in ("options", "parents"):
            expect(isinstance(f["provenance"][name].asstr()[()], str),
                   "provenance has no", name)
        expect(f["provenance/files"].dtype.names ==
               ("name", "kind", "sha256", "program", "options", "parents"),
               "provenance/files", f["provenance/files"].dtype.names)
        found = {}
        f.visititems(lambda name, x: found.update({name: x}))
        datasets = {n: x for n, x in found.items()
                    if isinstance(x, h5py.Dataset)}
        scales = sorted(((n.split("/")[-1], x.dims[0].label, x.shape[0], x)
                         for n, x in datasets.items() if is_scale(x)),
                        key=lambda s: h5py.h5o.get_info(s[3].id).addr)
        scales = [s[:3] for s in scales]
        for name, d in datasets.items():
            check_dataset(kind, name, d, scales)
        for name, value in f.attrs.items():
            expect(isinstance(value, (str, bytes, np.generic)), "attribute",
                   name, type(value))


for argument in sys.argv[1:]:
    before = len(wrong)
    try:
        check(argument)
    except Exception as error:           # what h5py cannot open is a mismatch
        wrong.append(f"{type(error).__name__}: {error}")
    for line in wrong[before:]:
        print(f"{argument}: {line}")
sys.exit(1 if wrong or len(sys.argv) < 2 else 0)
