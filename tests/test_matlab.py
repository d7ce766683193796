#!/usr/bin/python3
"""test_matlab.py - import-recording of MATLAB v7.3 files that hdf5storage,
libmatio and h5py wrote, against numpy and h5py. Prints as CMocka does."""
import os
import shlex
import subprocess
import sys

import virtual                                      # noqa: F401, goes first
import h5py
import hdf5storage
import numpy as np
import scipy.io

import matio
import matlab
from matlab import Object, Sparse, structs
from recordings import BIN_TICKS, Session
from recordings import i4, read_activations, same, seconds
from said import BIN as PROGRAMS
from said import prove, run

X = "x.activations.h5"
s = Session()
s.spikes[4] = np.array([], int)
windows = s.windows()
good = np.flatnonzero(s.quality == "good")


def take(file, *words, status=0):
    """Import; what was said, or the activations."""
    said = run("import-recording", "--file", file, "--max-missing", "1",
               *words, "-o", X, status=status)
    if status:
        assert said.count("\n") == 1, said
        return said
    return read_activations(X)


def spikes(file, *words, status=0):
    return take(file, "--bin", "0.02", *words, status=status)


def objects(rows):
    """An array of objects of the shape of nested lists."""
    x = np.empty((len(rows), len(rows[0])), object)
    for i, row in enumerate(rows):
        for k, v in enumerate(row):
            x[i, k] = v
    return x


# ---- files ----

def session():
    """The variables of a session, as a lab would keep them."""
    n = len(s.start)
    return {
        "spikes": [seconds(t)[None] for t in s.spikes],
        "trials": {"start": seconds(s.start)[:, None],
                   "stop": seconds(s.stop), "go": seconds(s.go)[:, None],
                   "n_items": s.items.astype("u1"),
                   "side": [str(k) for k in s.side],
                   "correct": np.arange(n) % 3 > 0,
                   "split": [str(k) for k in s.split]},
        "units": structs([{"times": seconds(t)[:, None], "depth": d,
                           "quality": str(q), "kept": np.array([bool(k)])}
                          for t, d, q, k in zip(s.spikes, s.depth, s.quality,
                                                s.kept)])}


def write_hdf5storage(path, variables):
    """Structs as it wants them: records, arrays of them, object cells."""
    def of(x):
        if isinstance(x, structs):
            a = np.empty((1, len(x)), [(k, object) for k in x[0]])
            for i, row in enumerate(x):
                for k, v in row.items():
                    a[0, i][k] = of(v)
            return a
        if isinstance(x, dict):
            return {k: of(v) for k, v in x.items()}
        if isinstance(x, list):
            return objects([[of(v) for v in x]])
        return x if isinstance(x, str) else np.atleast_2d(x)

    hdf5storage.savemat(path, {k: of(v) for k, v in variables.items()},
                        format="7.3", oned_as="row",
                        store_python_metadata=False)


def write_big_endian(path, variables):
    matlab.write(path, variables, byte_order=">")


def write_contiguous(path, variables):
    matlab.write(path, variables, deflate=0)


WRITERS = {"h.mat": matlab.write, "be.mat": write_big_endian,
           "raw.mat": write_contiguous, "hs.mat": write_hdf5storage,
           "mt.mat": matio.write}


def make():
    for path, write in WRITERS.items():
        write(path, session())


def the_imitation_reads_as_matlabs_own():
    found = hdf5storage.loadmat("h.mat")
    for u, t in enumerate(s.spikes):
        same(found["spikes"][0, u].ravel(), seconds(t))
    same(found["trials"]["n_items"][0].ravel(), s.items.astype("u1"))
    assert [str(k[0, 0]) for k in found["trials"]["side"][0].ravel()] == list(
        s.side)
    assert found["trials"]["correct"][0].dtype == bool
    assert str(found["units"]["quality"][0, 1][0, 0]) == "noise"
    with open("h.mat", "rb") as f:
        assert f.read(19) == b"MATLAB 7.3 MAT-file"


# ---- spikes ----

def spikes_of_a_cell_of_units_are_those_of_whole_ticks():
    for path in WRITERS:
        x = spikes(path, "--spikes", "spikes", "--window",
                   "trials.start:trials.stop", "--variable",
                   "n=trials.n_items", "--variable", "side=trials.side",
                   "--variable", "ok=trials:correct", "--split",
                   "trials.split")
        trial = x["rows/trial"]
        same(x["states/hidden"], s.counts(windows))
        same(trial, i4(s.trial_of(windows)))
        assert np.abs(x["rows/time"] * 30000 - s.begins(windows)).max() < 1e-3
        same(x["variables/n"], i4(s.items[trial]))
        same(x["variables/ok"], i4(trial % 3 > 0))
        same(x["variables/side"], i4((s.side == "right")[trial]))
        same(x["codes/side"].astype(str), np.array(["left", "right"]))
        same(x["splits"], s.split)
        assert not x["attrs"]["accessible"]


def spikes_of_a_struct_array_come_with_its_fields():
    about = s.windows(s.go, (-3000, 7500))
    for path in WRITERS:
        x = spikes(path, "--spikes", "units.times", "--align", "trials.go",
                   "--window=-0.1:0.25", "--units", "quality==good")
        same(x["states/hidden"], s.counts(about, good))
        same(x["units/numbers/depth"], s.depth[good])
        same(x["units/numbers/kept"], s.kept[good].astype("f8"))
        same(x["units/texts/quality"].astype(str), s.quality[good])
    x = spikes("h.mat", "--spikes", "units.times", "--align", "trials.go",
               "--window=-0.1:0.25", "--units", "kept==true")
    same(x["states/hidden"], s.counts(about, np.flatnonzero(s.kept)))


def a_window_may_begin_at_a_time_and_end_at_a_variable():
    x = spikes("h.mat", "--spikes", "spikes", "--align", "trials.go",
               "--window", "0.1:trials.stop")
    begin = s.go + 3000
    n = np.maximum((s.stop - begin) // BIN_TICKS, 0)
    same(x["states/hidden"], s.counts([(a, k) for a, k in zip(begin, n)
                                       if k]))
    same(x["trials/length"], i4(n[n > 0]))


def spikes_of_trials_and_units_are_relative_to_their_trial():
    start, stop, items = s.start[:40], s.stop[:40], s.items[:40]
    own = [[seconds(t[(t >= a - 6000) & (t < b)] - a) for t in s.spikes]
           for a, b in zip(start, stop)]
    x = objects(own)
    v = {"t": x, "turned": x.T, "n": items,
         "late": objects([[t + 5 * k for t in row]
                          for k, row in enumerate(own)]),
         "zero": 5. * np.arange(len(own))}
    for write in (matlab.write, write_hdf5storage, matio.write):
        write("t.mat", v)
        for words in (("t",), ("turned", "--layout", "unit,trial"),
                      ("t", "--layout", "trial,unit"),
                      ("late", "--align", "zero")):
            x = spikes("t.mat", "--spikes", *words, "--window=-0.1:0.25",
                       "--variable", "n=n")
            same(x["states/hidden"], s.counts(s.windows(start,
                                                        (-3000, 7500))))
            same(x["variables/n"], i4(items[x["rows/trial"]]))
            assert words[-1] == "zero" or abs(x["rows/time"][0] + 0.1) < 1e-9


def trials_that_share_times_have_one_split():
    v = {"spikes": objects([[k] for k in (seconds(t) for t in s.spikes)]),
         "on": np.repeat(3. * np.arange(1, 21), 2) + np.tile([0, 0.3], 20)}
    matlab.write("o.mat", v)
    words = ("--file", "o.mat", "--spikes", "spikes", "--bin", "0.1",
             "--align", "on", "-o", "x.activations.h5")
    said = run("import-recording", *words, "--window", "0:0.5", "--layout",
               "unit")
    assert "40 of 40 trials share times" in said, said
    split = read_activations("x.activations.h5")["splits"]
    same(split[::2], split[1::2])
    assert "share" not in run("import-recording", *words, "--window", "0:0.3",
                              "--layout", "unit")


def trials_without_a_time_are_left_out():
    start = seconds(s.start)
    start[3] = np.nan
    matlab.write("nan.mat", {**session(), "start": start})
    x = spikes("nan.mat", "--spikes", "spikes", "--align", "start",
               "--window", "0:0.2", "--variable", "n=trials.n_items")
    kept = np.arange(len(start)) != 3
    same(x["states/hidden"], s.counts(s.windows(s.start[kept], (0, 6000))))
    same(x["variables/n"], i4(np.repeat(s.items[kept], 10)))


def times_that_do_not_meet_are_told_of():
    matlab.write("ms.mat", {**session(), "start": s.start / 30.})
    said = run("import-recording", "--file", "ms.mat", "--spikes", "spikes",
               "--bin", "0.02", "--align", "start", "--window", "0:0.2", "-o",
               X, status=65)
    assert "ms.mat: spikes: no spike falls into any window; are all times " \
        "in" in said, said
    said = run("import-recording", "--file", "h.mat", "--spikes", "spikes",
               "--bin", "0.02", "--align", "trials.go", "--window", "0:0.2",
               "-o", X)
    assert "no spike" not in said


# ---- arrays ----

def grid(N=30, T=12, m=5):
    """States (N,T,m) of trials that end early."""
    rng = np.random.default_rng(3)
    length = rng.integers(4, T + 1, N)
    return dict(x=rng.integers(-100, 100, (N, T, m)).astype("f8"),
                length=length, inside=np.arange(T) < length[:, None],
                count=rng.integers(0, 3, N), both=rng.integers(0, 3, (N, T)),
                phase=np.arange(T) % 2)


g = grid()
AXES = {"trial": 0, "time": 1, "unit": 2}


def arrays_of_every_class_are_what_h5py_reads():
    few = ("xf8", "xi2", "xu8", "truth")
    v = {}
    for kind in ("f8", "f4", "i1", "i2", "i4", "i8"):
        v["x" + kind] = (g["x"] / 7 if kind[0] == "f" else g["x"]).astype(kind)
    for kind in ("u1", "u2", "u4", "u8"):
        v["x" + kind] = np.abs(g["x"]).astype(kind)
    v["truth"] = g["x"] > 0
    for write in (matlab.write, write_big_endian, write_contiguous,
                  write_hdf5storage, matio.write):
        write("a.mat", v)
        for name in v:
            if write is not matlab.write and name not in few:
                continue
            x = take("a.mat", "--states", name, "--layout", "trial,time,unit")
            with h5py.File("a.mat") as f:
                read = f[name][()].T
            same(x["states/hidden"], read.reshape(-1, 5).astype("f4"))
            same(read.astype(v[name].dtype), v[name])


def axes_in_any_order_are_those_of_matlab():
    x, inside = g["x"] / 7, g["inside"]
    trial, time = np.nonzero(inside)
    for layout in ("trial,time,unit", "time,unit,trial", "unit,time,trial",
                   "unit,trial,time"):
        order = [AXES[k] for k in layout.split(",")]
        padded = np.where(inside[:, :, None], x, np.nan).transpose(order)
        first = layout.index("trial") < layout.index("time")
        matlab.write("o.mat", {"x": padded, "count": g["count"][:, None],
                               "both": g["both"] if first else g["both"].T,
                               "phase": g["phase"]})
        x4 = take("o.mat", "--states", "x", "--layout", layout, "--variable",
                  "count=count", "--variable", "both=both", "--variable",
                  "phase=phase")
        same(x4["states/hidden"], x[inside].astype("f4"))
        same(x4["rows/trial"], i4(trial))
        same(x4["variables/count"], i4(g["count"][trial]))
        same(x4["variables/both"], i4(g["both"][trial, time]))
        same(x4["variables/phase"], i4(g["phase"][time]))


def axes_of_one_that_matlab_drops_may_be_named():
    matlab.write("o.mat", {"x": g["x"][:, :, 0], "length": g["length"]})
    x = take("o.mat", "--states", "x", "--layout", "trial,time,unit",
             "--length", "length")
    same(x["states/hidden"], g["x"][:, :, :1][g["inside"]].astype("f4"))


def rows_have_their_trials_in_a_variable():
    trial, time = np.nonzero(g["inside"])
    v = {"x": g["x"][g["inside"]], "trial": 7 + 2 * trial[:, None],
         "s": {"count": g["count"][trial].astype("i1"),
               "when": time * 0.5, "rows": np.array(["lo  ", "high"])[
                   trial % 2]}}
    for write in (matlab.write, matio.write):
        if write is matio.write:
            v["s"].pop("rows")
        write("r.mat", v)
        for text in (("rows=s.rows",) if write is matlab.write else ()):
            x = take("r.mat", "--states", "x", "--trial", "trial",
                     "--variable", text)
            same(x["variables/rows"], i4(1 - trial % 2))
            same(x["codes/rows"].astype(str), np.array(["high", "lo"]))
        x = take("r.mat", "--states", "x", "--trial", "trial", "--variable",
                 "count=s.count", "--time", "s.when")
        same(x["states/hidden"], g["x"][g["inside"]].astype("f4"))
        same(x["rows/trial"], i4(trial))
        same(x["rows/time"], time * 0.5)
        same(x["variables/count"], i4(g["count"][trial]))


def cells_hold_a_trial_each():
    trials = [x[inside] for x, inside in zip(g["x"] / 7, g["inside"])]
    trials[5] = np.zeros((0, 0))
    length = np.array([len(x) for x in trials])
    kept = np.delete(np.arange(30), 5)
    trial = np.repeat(np.arange(30), length)
    phase = [g["phase"][None, :k] for k in length]
    v = {"x": trials, "turned": [x.T for x in trials], "phase": phase,
         "count": g["count"], "d": structs([
             {"x": x, "count": int(c), "side": "lr"[k % 2]}
             for k, (x, c) in enumerate(zip(trials, g["count"]))]),
         "wrong": phase[1:] + phase[:1]}
    for write in (matlab.write, write_hdf5storage, matio.write):
        write("c.mat", v)
        for words in (("x",), ("turned", "--layout", "unit,time"), ("d.x",)):
            x = take("c.mat", "--states", *words, "--variable",
                     "count=count", "--variable", "n=d.count", "--variable",
                     "side=d.side", "--variable", "phase=phase")
            same(x["states/hidden"], np.concatenate(
                [trials[k] for k in kept]).astype("f4"))
            same(x["trials/length"], i4(length[kept]))
            same(x["variables/count"], i4(g["count"][trial]))
            same(x["variables/n"], i4(g["count"][trial]))
            same(x["variables/side"], i4(trial % 2))
            same(x["variables/phase"], i4(np.concatenate(
                [p.ravel() for p in phase])))
        said = take("c.mat", "--states", "x", "--variable", "p=wrong",
                    status=65)
        assert "wrong{" in said and "this trial has" in said, said


def text_becomes_codes_in_utf_8():
    words = ["naïve", "日本", "😀 ok", ""]
    v = {"x": g["x"], "word": [words[k % 4] for k in range(30)]}
    for write in (matlab.write, write_big_endian, write_hdf5storage):
        write("w.mat", v)
        x = take("w.mat", "--states", "x", "--layout", "trial,time,unit",
                 "--variable", "w=word")
        table = [c.decode() for c in x["codes/w"]]
        assert table == sorted(words, key=str.encode)
        assert [table[k] for k in x["variables/w"][::12]] == v["word"]


# ---- what is refused ----

def what_is_not_read_is_named_with_a_remedy():
    n = 30
    v = {"x": g["x"][:, :, 0], "count": g["count"],
         "sp": Sparse(np.eye(4)), "z": np.ones((4, 4)) * 1j,
         "T": Object("table"), "str": Object("string"),
         "f": Object("function_handle"), "when": Object("datetime"),
         "mine": Object("My.Thing"), "deep": [[1., 2.], 3.],
         "inner": [{"a": 1.}], "big": np.full(n, 2**60, "u8"),
         "none": np.zeros((0, 3)), "half": np.full(n, 0.5),
         "few": np.ones(7), "st": {"a": g["count"], "b": np.ones(3)},
         "mixed": ["a", 1.] * 15, "tall": [np.ones((2, 3))] * n,
         "huge": np.full(n, 3e9)}
    matlab.write("r.mat", v)
    for name, text in (
            ("sp", "sp: is sparse; save full(sp)"),
            ("z", "z: is complex; save abs(z)"),
            ("T", "table2struct(T, 'ToScalar', true)"),
            ("str", "save cellstr(str)"), ("f", "func2str(f)"),
            ("when", "posixtime(when)"), ("mine", "class My.Thing"),
            ("deep", "deep{1}: is a cell; inside cells"),
            ("inner", "inner{1}: is a struct; inside cells"),
            ("big", "beyond 2^53"), ("half", "half: 0.5 at 0 is not a whole"),
            ("huge", "huge: 3e+09 at 0 is not a whole"),
            ("few", "few: 7 values, but x has 30 trials and 12"),
            ("none", "none: 0 values, but"), ("st", "st: is struct where"),
            ("mixed", "mixed{2}: is double where the others are text"),
            ("tall", "tall{1}: has 6 values where one is needed"),
            ("nope", "nope: no such variable; the file has only T, big, "),
            ("st.c", "no such field as 'c'; the struct has only a, b"),
            ("x.c", "'c' is looked for in what is not a struct"),
            ("", "--variable v=: not of the form")):
        said = take("r.mat", "--states", "x", "--layout", "trial,time",
                    "--variable", "v=" + name, status=65 if name else 64)
        assert text in said and (not name or "r.mat: " in said), (text, said)


def a_variable_that_is_in_another_file_is_told_of():
    matlab.write("z.mat", {"n": np.arange(3.)})
    with h5py.File("z.mat", "a") as f:
        f["x"] = h5py.ExternalLink("other.mat", "/x")
    assert "/x: an external link to other.mat: copy" in take(
        "z.mat", "--states", "x", status=65)


def what_is_wrong_with_states_and_spikes_is_said():
    matlab.write("r.mat", {
        "x": g["x"], "flat": g["x"][0], "name": "abc", "st": {"a": 1.},
        "nan": [np.array([1., np.nan])], "fat": [np.ones((2, 3))],
        "t": [np.ones(3)] * 4, "mats": [np.ones((4, 2)), np.ones((4, 3))],
        "start": np.arange(3.), "none": [], "all": [np.zeros((0, 0))] * 3,
        "four": np.ones((2, 2, 2, 2)), "text": ["a", "b"]})
    def said_of(status, *words):
        return take("r.mat", *words, status=status)

    for words, status, text in (
            ((), 64, "--states or --spikes: which variable"),
            (("--states", "x", "--spikes", "t"), 64, "one of them"),
            (("--series", "x"), 64, "--series is for NWB"),
            (("--states", "x"), 64, "x is 30x12x5; which of these are"),
            (("--states", "x", "--layout", "trial,time"), 65, "has 3 axes"),
            (("--states", "x", "--layout", "a,b,c"), 64, "axes are trial"),
            (("--states", "four", "--layout", "trial,time,unit"), 65, "4 ax"),
            (("--states", "name"), 65, "name: char, not numbers"),
            (("--states", "st"), 65, "st: struct, not numbers"),
            (("--states", "x", "--bin", "1"), 64, "go with --spikes"),
            (("--states", "mats"), 65, "mats{2}: 3 units here but 2 before"),
            (("--states", "mats", "--trial", "start"), 64, "in each cell"),
            (("--states", "mats", "--layout", "unit"), 64, "a trial each"),
            (("--states", "text"), 65, "text{1}: is char where numbers"),
            (("--states", "none"), 65, "all cells are empty"),
            (("--states", "all"), 65, "all: all cells are empty"),
            (("--spikes", "t"), 64, "--bin: how long"),
            (("--spikes", "t", "--bin", "1"), 64, "--window: from when"),
            (("--spikes", "t", "--bin", "1", "--window", "0:1"), 64,
             "--align: 0 s from when?"),
            (("--spikes", "t", "--bin", "1", "--window", "1:0", "--align",
              "start"), 64, "ends before it begins"),
            (("--spikes", "t", "--bin", "1", "--window", "0:end"), 64,
             "--align: 0 s from when?"),
            (("--spikes", "t", "--bin", "1", "--window", "x:y"), 65,
             "y: no such variable"),
            (("--spikes", "t", "--bin", "1", "--window", "1"), 64, "FROM:TO"),
            (("--spikes", "t", "--bin", "1", "--window", "0:1", "--align",
              "begin"), 65, "begin: no such variable"),
            (("--spikes", "t", "--bin", "1", "--window", "0:1", "--align",
              "start", "--variable", "n=name"), 65, "1 values for 3 trials"),
            (("--spikes", "t", "--bin", "9", "--window", "0:1", "--align",
              "start"), 65, "3 trials, and 0 rows"),
            (("--spikes", "t", "--bin", "1", "--window", "0:1", "--align",
              "start", "--units", "start>0"), 65, "3 values for 4 units"),
            (("--spikes", "t", "--bin", "1", "--trial", "start"), 64,
             "go with --states"),
            (("--spikes", "x", "--bin", "1"), 65, "a cell of spike times"),
            (("--spikes", "none", "--bin", "1"), 65, "none: is "),
            (("--spikes", "nan", "--bin", "1"), 65, "nan{1}: not finite at 2"),
            (("--spikes", "fat", "--bin", "1"), 65, "fat{1}: is 2x3 where"),
            (("--spikes", "t", "--layout", "time", "--bin", "1"), 64,
             "it is unit, trial,unit")):
        said = said_of(status, *words)
        assert text in said, (text, said)


def older_files_are_refused_with_a_remedy():
    scipy.io.savemat("old.mat", {"x": np.ones((3, 4))})
    said = take("old.mat", "--states", "x", status=65)
    assert "before v7.3: save('x.mat', '-v7.3')" in said, said


def what_is_said_of_a_variable_is_believed_where_it_holds():
    def broken(change, text):
        matlab.write("b.mat", {"x": g["x"][0], "c": ["a", "b"],
                               "e": np.zeros((0, 2))})
        with h5py.File("b.mat", "a") as f:
            change(f)
        said = take("b.mat", "--states", "x", "--variable", "v=c", status=65)
        assert text in said, (text, said)

    def attribute(name, key, value):
        return lambda f: f[name].attrs.__setitem__(key, value)

    def replace(name, value, **attributes):
        def change(f):
            del f[name]
            f[name] = value
            f[name].attrs.update(attributes)
        return change

    empty = {"MATLAB_class": np.bytes_("double"), "MATLAB_empty": np.uint8(1)}
    broken(replace("x", np.uint64([2, 3]), **empty), "x: says that it is em")
    broken(replace("x", np.uint64([2]), **empty), "x: is empty, but does not")
    broken(replace("x", np.float64([-1, 0]), **empty), "x: says that it is em")
    broken(replace("x", np.float64([np.nan, 0]), **empty), "x: says that it ")
    broken(replace("x", np.bytes_("ab"), MATLAB_class=np.bytes_("double")),
           "x: says that it is double, but holds ")
    broken(attribute("x", "MATLAB_class", np.bytes_("cell")),
           "x: says that it is cell, but holds ")
    broken(attribute("c", "MATLAB_class", np.bytes_("char")),
           "c: says that it is char, but holds ")


# ---- lists ----

def a_list_shows_names_sizes_and_classes():
    said = listed("h.mat")
    for text in ("trials.start    120x1  double",
                 "trials.correct  1x120  logical, 2 values from 0 to 1",
                 "trials.side     1x120  cell, 2 texts: left, right",
                 "units           1x9    struct",
                 "units.depth     1x9    field",
                 "spikes          1x9    cell of vectors of 0 to "):
        assert "  " + text in said, (text, said)
    assert "#refs#" not in said
    matlab.write("r.mat", {"T": Object("table"), "x": g["x"]})
    assert "  T  ?        table: is of class table" in listed("r.mat")
    assert "  x  30x12x5  double" in listed("r.mat")


def listed(path):
    done = subprocess.run([f"{PROGRAMS}/import-recording", "--file", path,
                           "--list"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def the_command_that_a_list_proposes_works():
    trial = np.nonzero(g["inside"])[0]
    count = np.arange(30) % 3
    matlab.write("l1.mat", {"rates": g["x"].transpose(1, 2, 0),
                            "n_items": count})
    matlab.write("l2.mat", {"x": g["x"][g["inside"]], "trial": trial,
                            "count": count[trial]})
    matlab.write("l3.mat", {"data": {"trial": [x.T for x in g["x"]],
                                     "label": list("abcde")}, "n": count})
    matlab.write("l4.mat", {"spikes": objects([[np.ones(k) * .1, np.ones(2)]
                                               for k in range(30)]),
                            "n": count})
    matlab.write("l 5.mat", {**session(), "spikes": g["phase"]})
    trials = session()["trials"]
    matlab.write("l6.mat", {"spikes": session()["spikes"], "trials": {
        "on": trials["start"], "off": trials["stop"],
        "decision": trials["go"], "n_items": trials["n_items"]}})
    for path, rows, parts in (
            ("h.mat", len(s.begins(windows)),
             "--spikes spikes --bin 0.02 --window trials.start:trials.stop"),
            ("mt.mat", len(s.begins(windows)), "--variable n_items=trials."),
            ("l1.mat", 360, "--layout time,unit,trial --variable n_items="),
            ("l2.mat", len(trial), "--layout time,unit --trial trial --var"),
            ("l3.mat", 360, "--states data.trial --layout unit,time"),
            ("l4.mat", 750, "--spikes spikes --bin 0.02 --window 0:0.5 --v"),
            ("l 5.mat", len(s.begins(windows)), "--spikes units.times"),
            ("l6.mat", len(s.begins(windows)), "--spikes spikes --bin 0.02 "
             "--window trials.on:trials.off --variable n_items=trials.n_")):
        command = listed(path).splitlines()[-1]
        assert parts in command, command
        words = shlex.split(command)
        assert words[0] == "mas-import-recording"
        run("import-recording", *words[1:], "--max-missing", "1")
        out = words[words.index("-o") + 1]
        assert len(read_activations(out)["states/hidden"]) == rows, path
        os.remove(out)


TESTS = [
    the_imitation_reads_as_matlabs_own,
    spikes_of_a_cell_of_units_are_those_of_whole_ticks,
    spikes_of_a_struct_array_come_with_its_fields,
    a_window_may_begin_at_a_time_and_end_at_a_variable,
    spikes_of_trials_and_units_are_relative_to_their_trial,
    trials_that_share_times_have_one_split,
    trials_without_a_time_are_left_out,
    times_that_do_not_meet_are_told_of,
    arrays_of_every_class_are_what_h5py_reads,
    axes_in_any_order_are_those_of_matlab,
    axes_of_one_that_matlab_drops_may_be_named,
    rows_have_their_trials_in_a_variable,
    cells_hold_a_trial_each,
    text_becomes_codes_in_utf_8,
    what_is_not_read_is_named_with_a_remedy,
    a_variable_that_is_in_another_file_is_told_of,
    what_is_wrong_with_states_and_spikes_is_said,
    older_files_are_refused_with_a_remedy,
    what_is_said_of_a_variable_is_believed_where_it_holds,
    a_list_shows_names_sizes_and_classes,
    the_command_that_a_list_proposes_works,
]

if __name__ == "__main__":
    sys.exit(prove(TESTS, make))
