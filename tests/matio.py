"""MATLAB v7.3 files written by libmatio: write("a.mat", {"x": array, ...}) with
the variables of matlab.py. Run as a program of its own, since libmatio brings
its own HDF5: stdin holds path and variables, pickled."""

import ctypes
import os
import pickle
import subprocess
import sys

import numpy as np

from matlab import structs

V73, ZLIB, LOGICAL = 0x0200, 1, 0x0200
CELL, STRUCT, CHAR = (1, 21), (2, 22), (4, 17)          # MAT_C_*, MAT_T_*
NUMBERS = {"f8": (6, 9), "f4": (7, 7), "i1": (8, 1), "u1": (9, 2),
           "i2": (10, 3), "u2": (11, 4), "i4": (12, 5), "u4": (13, 6),
           "i8": (14, 12), "u8": (15, 13)}


def write(path, variables):
    subprocess.run([sys.executable, os.path.abspath(__file__)], check=True,
                   input=pickle.dumps((str(path), variables)))
    return path


class Writer:
    def __init__(self, path):
        p = ctypes.c_void_p
        self.lib = lib = ctypes.CDLL("libmatio.so.11")
        lib.Mat_CreateVer.restype = lib.Mat_VarCreate.restype = p
        lib.Mat_VarCreateStruct.restype = p
        lib.Mat_VarCreate.argtypes = [ctypes.c_char_p, ctypes.c_int,
                                      ctypes.c_int, ctypes.c_int, p, p,
                                      ctypes.c_int]
        lib.Mat_VarCreateStruct.argtypes = [ctypes.c_char_p, ctypes.c_int, p,
                                            p, ctypes.c_uint]
        lib.Mat_VarSetStructFieldByName.argtypes = [p, ctypes.c_char_p,
                                                    ctypes.c_size_t, p]
        lib.Mat_VarWrite.argtypes = [p, p, ctypes.c_int]
        lib.Mat_Close.argtypes = [p]
        self.file = lib.Mat_CreateVer(path.encode(), None, V73)
        self.kept = []

    def create(self, name, kinds, shape, data, flags=0):
        sizes = (ctypes.c_size_t * len(shape))(*shape)
        self.kept += [sizes, data]
        if isinstance(data, np.ndarray):
            data = data.ctypes.data if data.size else None
        made = self.lib.Mat_VarCreate(name and name.encode(), *kinds,
                                      len(shape), sizes, data, flags)
        assert made, name
        return made

    def array(self, name, value, kinds, flags=0):
        value = np.atleast_2d(value)
        return self.create(name, kinds, value.shape,
                           np.ascontiguousarray(value.T), flags)

    def cell(self, name, value):
        parts = [self.make(None, v) for v in value.ravel("F")]
        data = (ctypes.c_void_p * (len(parts) + 1))(*parts, None)
        return self.create(name, CELL, value.shape, data)

    def struct(self, name, rows):
        names = (ctypes.c_char_p * len(rows[0]))(*[k.encode()
                                                  for k in rows[0]])
        sizes = (ctypes.c_size_t * 2)(1, len(rows))
        made = self.lib.Mat_VarCreateStruct(name and name.encode(), 2, sizes,
                                            names, len(names))
        for i, row in enumerate(rows):
            for k, v in row.items():
                self.lib.Mat_VarSetStructFieldByName(made, k.encode(), i,
                                                     self.make(k, v))
        return made

    def make(self, name, value):
        if isinstance(value, str):
            units = np.frombuffer(value.encode("utf-16-le"), "<u2")
            return self.create(name, CHAR, (1, len(units)), units)
        if isinstance(value, structs):
            return self.struct(name, value)
        if isinstance(value, dict):
            return self.struct(name, [value])
        if isinstance(value, list):
            row = np.empty((1, len(value)), object)
            row[0, :] = value
            return self.cell(name, row)
        value = np.asarray(value)
        if value.dtype == object:
            return self.cell(name, value)
        if value.dtype.kind == "b":
            return self.array(name, value.astype("u1"), NUMBERS["u1"], LOGICAL)
        return self.array(name, value, NUMBERS[value.dtype.str[1:]])


if __name__ == "__main__":
    to, what = pickle.load(sys.stdin.buffer)
    w = Writer(to)
    for key, x in what.items():
        assert w.lib.Mat_VarWrite(w.file, w.make(key, x), ZLIB) == 0, key
    w.lib.Mat_Close(w.file)
