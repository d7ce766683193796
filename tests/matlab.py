"""MATLAB v7.3 files, laid out as MATLAB's own: the user block, sizes turned
around, classes as attributes, what cells and struct arrays hold in #refs#.

    write("a.mat", {"x": array, "ok": bools, "name": "text", "spikes": [a, b],
                    "trials": {"start": array}, "units": structs(...)})

Arrays of rank 0 and 1 become 1x1 and 1xn. Lists are cells of 1xn, arrays of
objects cells of their shape, dicts structs, structs([dict, ...]) a struct
array; Sparse and Object are what the importer refuses."""

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5p, h5s, h5t

CLASS = {"f8": "double", "f4": "single", "b1": "logical"}


class structs(list):
    pass


class Sparse:
    def __init__(self, array):
        self.array = np.asarray(array, float)


class Object:
    """A table, a string, a datetime, ...: an index into #subsystem#."""
    def __init__(self, name):
        self.name = name


def attribute(at, name, value, kind=None):
    if isinstance(value, str):
        kind = h5t.C_S1.copy()
        kind.set_size(len(value))       # "NUL-terminated", without a NUL
        value = np.array(value.encode(), f"S{len(value)}")
    else:
        value = np.array(value, kind)
        kind = h5t.py_create(value.dtype)
    space = h5s.create(h5s.SCALAR)
    h5a.create(at, name.encode(), kind, space).write(value, kind)


def fields(at, names):
    """MATLAB_fields: a vlen of single characters for each name."""
    one = h5t.C_S1.copy()
    one.set_size(1)
    kind = np.dtype("O", metadata={"vlen": np.dtype("S1")})
    value = np.empty(len(names), kind)
    for i, name in enumerate(names):
        value[i] = np.array(list(name), "S1")
    a = h5py.Group(at).attrs
    a.create("MATLAB_fields", value, dtype=kind)


class Writer:
    def __init__(self, path, byte_order="<", chunk=4096, deflate=3):
        access = h5p.create(h5p.FILE_CREATE)
        access.set_userblock(512)
        self.id = h5f.create(str(path).encode(), h5f.ACC_TRUNC, access)
        self.file = h5py.File(self.id)
        self.order, self.chunk, self.deflate = byte_order, chunk, deflate
        self.count = 0

    def refs(self, value):
        """A reference to the value, put into #refs#."""
        group = self.file.require_group("#refs#")
        if self.count == 0:             # what cell(1,n) refers to
            self.count = 1
            empty = self.dataset(group, "a", np.zeros(2, "u8"),
                                 "canonical empty")
            attribute(empty.id, "MATLAB_empty", 1, "u1")
        name = ""
        n = self.count
        while n or not name:
            name = "abcdefghijklmnopqrstuvwxyz"[n % 26] + name
            n //= 26
        self.count += 1
        if value is None:
            return group["a"].ref
        self.put(group, name, value)
        attribute(group[name].id, "H5PATH", "/#refs#")
        return group[name].ref

    def dataset(self, at, name, turned, of_class=None, decode=None):
        create = h5p.create(h5p.DATASET_CREATE)
        if turned.nbytes > self.chunk and self.deflate:
            rows = max(1, self.chunk // (turned.nbytes // turned.shape[0]))
            create.set_chunk((rows,) + turned.shape[1:])
            create.set_deflate(self.deflate)
        kind = turned.dtype
        if kind.kind in "iuf":
            kind = kind.newbyteorder(self.order)
        d = h5d.create(at.id, name.encode(), h5t.py_create(kind, logical=True),
                       h5s.create_simple(turned.shape), create)
        d = h5py.Dataset(d)
        if turned.size:
            d[...] = turned
        if of_class:
            attribute(d.id, "MATLAB_class", of_class)
        if decode:
            attribute(d.id, "MATLAB_int_decode", decode, "i4")
        return d

    def array(self, at, name, value, of_class, decode=None):
        value = np.atleast_2d(value)
        if value.size == 0:
            d = self.dataset(at, name, np.array(value.shape, "u8"), of_class,
                             decode)
            attribute(d.id, "MATLAB_empty", 1, "u1")
            return d
        return self.dataset(at, name, np.ascontiguousarray(value.T), of_class,
                            decode)

    def cell(self, at, name, value, of_class="cell"):
        if value.size == 0:
            return self.array(at, name, np.zeros(value.shape), of_class)
        refs = np.empty(value.shape, h5py.ref_dtype)
        for i, v in np.ndenumerate(value):
            refs[i] = self.refs(v)
        return self.array(at, name, refs, of_class)

    def put(self, at, name, value):
        if isinstance(value, str):
            units = np.frombuffer(value.encode("utf-16-le"), "<u2")
            shape = (1, len(units)) if len(units) else (0, 0)
            self.array(at, name, units.reshape(shape), "char", 2)
        elif isinstance(value, Sparse):
            group = at.create_group(name)
            attribute(group.id, "MATLAB_class", "double")
            attribute(group.id, "MATLAB_sparse", value.array.shape[0], "u8")
            column, row = np.nonzero(value.array.T)
            starts = np.searchsorted(column,
                                     np.arange(value.array.shape[1] + 1))
            self.dataset(group, "data", value.array[row, column])
            self.dataset(group, "ir", row.astype("u8"))
            self.dataset(group, "jc", starts.astype("u8"))
        elif isinstance(value, Object):
            magic = np.array([[0xdd000000, 2, 1, 1, 1, 1]], "u4")
            d = self.array(at, name, magic, value.name)
            attribute(d.id, "MATLAB_object_decode", 3, "i4")
        elif isinstance(value, structs):
            group = at.create_group(name)
            attribute(group.id, "MATLAB_class", "struct")
            names = list(value[0])
            fields(group.id, names)
            for k in names:
                column = np.empty((1, len(value)), object)
                for i, v in enumerate(value):
                    column[0, i] = v[k]
                self.cell(group, k, column, None)
        elif isinstance(value, dict):
            group = at.create_group(name)
            attribute(group.id, "MATLAB_class", "struct")
            fields(group.id, list(value))
            for k, v in value.items():
                self.put(group, k, v)
        elif isinstance(value, list):
            row = np.empty((1, len(value)), object)
            for i, v in enumerate(value):
                row[0, i] = v
            self.cell(at, name, row)
        else:
            value = np.asarray(value)
            if value.dtype == object:
                return self.cell(at, name, np.atleast_2d(value))
            if value.dtype.kind == "U":         # rows of a char matrix
                rows = np.array([list(v) for v in value.ravel()])
                return self.array(at, name, rows.view("u4").astype("u2"),
                                  "char", 2)
            if value.dtype.kind == "c":
                pair = np.empty(value.shape, [("real", "f8"), ("imag", "f8")])
                pair["real"], pair["imag"] = value.real, value.imag
                return self.array(at, name, pair, "double")
            kind = value.dtype.str[1:]
            if kind == "b1":
                return self.array(at, name, value.astype("u1"), "logical", 1)
            self.array(at, name, value,
                       CLASS.get(kind) or value.dtype.name)

    def close(self, path):
        self.file.close()
        self.id.close()
        text = (b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: "
                b"Mon Jun  1 12:00:00 2020 HDF5 schema 1.00 .")
        block = text.ljust(116) + bytes(8) + b"\0\2IM"
        with open(path, "r+b") as f:
            f.write(block.ljust(512, b"\0"))


def write(path, variables, **options):
    w = Writer(path, **options)
    for name, value in variables.items():
        w.put(w.file, name, value)
    w.close(path)
    return path
