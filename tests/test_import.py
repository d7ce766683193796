#!/usr/bin/python3
"""test_import.py - import-recording against numpy, pynwb and h5py: states of
others come in bit by bit as these compute them. Prints as CMocka does."""
import hashlib
import itertools
import os
import shlex
import subprocess
import sys

import virtual                                      # noqa: F401, goes first
import h5py
import numpy as np
from pynwb import NWBHDF5IO

import recordings
from recordings import BIN, BIN_TICKS, TICKS
from recordings import i4, read_activations, same, seconds
from said import BIN as PROGRAMS
from said import prove, run

s = recordings.Session()
X = "x.activations.h5"


def take(file, *words, status=0, lines=1):
    """Import; what was said (lines), or the activations."""
    said = run("import-recording", "--file", file, *words, "-o", X,
               status=status)
    if status:
        assert said.count("\n") == lines, said
        return said
    return read_activations(X)


def spikes(*words, status=0):
    return take("s.nwb", "--bin", str(BIN), "--max-missing", "1", *words,
                status=status)


def make():
    recordings.write_pynwb(s, "s.nwb")


# ---- NWB: spikes ----

def spikes_in_bins_of_trials_are_those_of_whole_ticks():
    x = spikes("--variable", "n=trials:n_items")
    windows = s.windows()
    same(x["states/hidden"], s.counts(windows))
    same(x["rows/trial"], i4(s.trial_of(windows)))
    same(x["rows/step"], i4(np.concatenate([np.arange(n)
                                            for _, n in windows])))
    assert np.abs(x["rows/time"] * TICKS - s.begins(windows)).max() < 1e-3
    same(x["trials/length"], i4([n for _, n in windows]))
    same(x["variables/n"], i4(s.items[s.trial_of(windows)]))
    assert not x["attrs"]["accessible"] and "arch" not in x["attrs"]
    assert "criterion_met" not in x["attrs"]


def spikes_about_an_event_are_those_of_whole_ticks():
    x = spikes("--align", "go_time", "--window=-0.1:0.25", "--units",
               "quality==good")
    good = np.flatnonzero(s.quality == "good")
    windows = s.windows(s.go, (-3000, 7500))
    same(x["states/hidden"], s.counts(windows, good))
    same(x["units/numbers/id"], good.astype("f8"))
    same(x["units/numbers/depth"], s.depth[good])
    same(x["units/texts/quality"].astype(str), s.quality[good])
    same(x["units/texts/electrode_group"].astype(str), np.array([
        f"/general/extracellular_ephys/shank{u % 2}" for u in good]))
    assert (x["trials/length"] == 17).all()


def spikes_are_those_that_pynwb_reads():
    x = spikes("--window", "0:0.3")["states/hidden"][:15 * len(s.start)]
    with NWBHDF5IO("s.nwb", "r") as io:
        nwb = io.read()
        start = nwb.trials["start_time"][:-1]
        edges = start[:, None] + BIN * np.arange(16) - 1e-6 * BIN
        for u in range(len(nwb.units)):
            n = np.diff(np.searchsorted(nwb.units["spike_times"][u], edges))
            same(x[:, u], n.ravel().astype("f4"))


def units_are_chosen_by_every_comparison():
    for text, kept in (("quality!=good", s.quality != "good"),
                       ("depth<50", s.depth < 50),
                       ("depth<=50", s.depth <= 50),
                       ("depth>50", s.depth > 50),
                       ("depth>=50", s.depth >= 50),
                       ("depth==50", s.depth == 50),
                       ("kept==true", s.kept), ("kept!=1", ~s.kept)):
        x = spikes("--units", text)
        same(x["units/numbers/depth"], s.depth[kept])
        same(x["states/hidden"], s.counts(s.windows(), np.flatnonzero(kept)))
    assert "none of its 9 rows has quality==bad" in spikes(
        "--units", "quality==bad", status=65)
    assert "compared by == and !=" in spikes("--units", "quality<a",
                                             status=64)
    assert "no such column" in spikes("--units", "colour==red", status=65)
    assert "COLUMN==VALUE" in spikes("--units", "quality", status=64)


def bins_that_a_unit_was_not_observed_in_are_not_eligible():
    for units, chosen in ((("--units", "depth<20"), s.observed[:2]),
                          ((), s.observed)):
        x = spikes(*units)
        begin = s.begins(s.windows())
        seen = np.ones(len(begin), bool)
        for own in chosen:
            seen &= np.any([(begin >= a) & (begin + BIN_TICKS <= b)
                            for a, b in own], 0)
        assert 10 < (~seen).sum() < len(seen) / 2
        same(x["rows/eligible"] != 0, seen)


def another_table_gives_the_value_of_the_interval_at_the_middle():
    x = spikes("--variable", "count=stimuli:count", "--variable",
               "side=trials:side")
    middle = s.begins(s.windows()) + BIN_TICKS // 2
    at = np.searchsorted(s.shown, middle, "right") - 1
    within = (at >= 0) & (middle < s.shown[at] + 15000)
    assert 0.01 < (~within).mean() < 0.2
    same(x["variables/count"], i4(np.where(within, s.count[at], -2**31)))
    assert not x["rows/eligible"][~within].any()
    same(x["codes/side"].astype(str), np.array(["left", "right"]))
    same(x["variables/side"], i4((s.side == "right")[x["rows/trial"]]))


def a_table_of_intervals_may_serve_as_trials():
    x = spikes("--trial", "stimuli", "--variable", "count=stimuli:count",
               "--variable", "items=trials:n_items")
    windows = [(a, 25) for a in s.shown]
    same(x["states/hidden"], s.counts(windows))
    same(x["variables/count"], i4(np.repeat(s.count, 25)))
    middle = s.begins(windows) + BIN_TICKS // 2
    at = np.searchsorted(s.start, middle, "right") - 1
    within = (at >= 0) & (middle < s.stop[at])
    same(x["variables/items"], i4(np.where(within, s.items[at], -2**31)))


# ---- NWB: series ----

def scaled():
    """Samples and times as pynwb gives them."""
    with NWBHDF5IO("s.nwb", "r") as io:
        nwb = io.read()
        hand = nwb.processing["behavior"]["hand"]["xyz"]
        pupil, lfp = nwb.acquisition["pupil"], nwb.acquisition["lfp"]
        return ((hand.get_data_in_units(), hand.get_timestamps()),
                (pupil.data[:], pupil.timestamps[:]),
                (lfp.get_data_in_units(), lfp.get_timestamps()))


def a_series_is_taken_as_pynwb_gives_it():
    for path, (data, t) in zip(("/processing/behavior/hand/xyz",
                                "/acquisition/pupil", "/acquisition/lfp"),
                               scaled()):
        x = take("s.nwb", "--series", path, "--max-missing", "1")
        slack = 1e-6 * np.diff(t).mean()
        rows = np.concatenate([np.flatnonzero((t >= a - slack) &
                                              (t < b - slack))
                               for a, b in zip(seconds(s.start),
                                               seconds(s.stop))])
        same(x["states/hidden"], data.reshape(len(t), -1)[rows].astype("f4"))
        same(x["rows/time"], t[rows])


def a_series_is_averaged_in_bins():
    pupil, stamps = scaled()[1]
    x = take("s.nwb", "--series", "/acquisition/pupil", "--bin", "0.05",
             "--align", "go_time", "--window", "0:0.2", "--max-missing", "1")
    edges = seconds(s.go)[:, None] + 0.05 * np.arange(5)
    at = np.searchsorted(stamps, edges)
    mean = [np.mean(pupil[a:b].astype("f8")) for k in at
            for a, b in itertools.pairwise(k)]
    found = x["states/hidden"].ravel()
    assert np.abs(found - mean).max() < 1e-6 and len(found) == 4 * len(s.go)
    said = take("s.nwb", "--series", "/processing/behavior/hand/xyz", "--bin",
                "0.02", status=65)
    assert "unit 0 is nan in row" in said and "--drop-nan" in said
    y = take("s.nwb", "--series", "/processing/behavior/hand/xyz", "--bin",
             "0.02", "--drop-nan", "--max-missing", "1")
    z = take("s.nwb", "--series", "/processing/behavior/hand/xyz",
             "--max-missing", "1")
    assert abs(len(y["states/hidden"]) - len(z["states/hidden"])) < 100
    assert not np.isnan(y["states/hidden"]).any()


def write_series(path, t, at, length):
    """A series at times t that tells them, and trials of one length."""
    with h5py.File(path, "w") as f:
        f.attrs["nwb_version"] = "2.6.0"
        f["intervals/trials/start_time"] = np.asarray(at, "f8")
        f["intervals/trials/stop_time"] = np.asarray(at, "f8") + length
        f["acquisition/x/data"] = t[:, None]
        f["acquisition/x/timestamps"] = t


def trials_beyond_a_series_or_over_a_gap_of_it_are_left_out():
    t = np.delete(0.01 * np.arange(1000, 3000), [500, *range(900, 1000)])
    at = [9.9, 10., 14.8, 18.5, 19.5, 20.5, 25., 29.5, 29.6]
    write_series("g.nwb", t, at, 0.5)
    for words, whole, rows in (
            ((), [10., 18.5, 20.5, 25., 29.5], 50),
            (("--window", "0:0.5"), [10., 18.5, 20.5, 25., 29.5], 50),
            (("--bin", "0.05"), [10., 14.8, 18.5, 20.5, 25., 29.5], 10)):
        said = run("import-recording", "--file", "g.nwb", "--series",
                   "/acquisition/x", "--split-by", "train=1", "-o", X, *words)
        assert (f"g.nwb: /acquisition/x: {9 - len(whole)} of 9 trials reach "
                "past its samples") in said and "no rows" not in said, said
        x = read_activations(X)
        assert (x["trials/length"] == rows).all()
        first = x["states/hidden"][x["trials/first"], 0]
        assert np.abs(first - whole - 0.02 * (rows == 10)).max() < 1e-5, first
    said = take("g.nwb", "--series", "/acquisition/x", "--window", "99:100",
                status=65)
    assert "9 trials reach past its samples" in said, said
    for bad, text in ((np.nan, "not finite at 3"), (1., "goes back at 3")):
        with h5py.File("g.nwb", "a") as f:
            f["acquisition/x/timestamps"][3] = bad
        assert text in take("g.nwb", "--series", "/acquisition/x", status=65)


# ---- windows that overlap ----

def write_events(path, at, split=None):
    """A unit that fires at random, and events in s."""
    with h5py.File(path, "w") as f:
        f.attrs["nwb_version"] = "2.6.0"
        t = np.sort(np.random.default_rng(8).uniform(0, 500, 5000))
        f["units/spike_times"], f["units/spike_times_index"] = t, [len(t)]
        f["intervals/trials/start_time"] = np.asarray(at, "f8")
        if split is not None:
            f["intervals/trials/split"] = np.asarray(split, "S5")


def trials_that_share_times_have_one_split():
    pairs = np.repeat(10. * np.arange(1, 41), 2) + np.tile([0, 1.], 40)
    mixed = np.random.default_rng(9).permutation(80)
    write_events("e.nwb", pairs[mixed])
    words = ("--file", "e.nwb", "--bin", "0.1", "-o", X)
    said = run("import-recording", *words, "--window=-1:2")
    assert "e.nwb: 80 of 80 trials share times with another" in said, said
    assert "e.nwb: /units: no obs_intervals: every bin counts" in said, said
    x = read_activations(X)
    split = x["splits"][np.argsort(mixed)]
    same(split[::2], split[1::2])
    assert [(split == k).sum() for k in ("train", "valid", "test")] == [
        64, 8, 8]
    run("import-recording", *words, "--window=-1:2", "--smooth", "0.1",
        "--drop-nan")
    same(read_activations(X)["splits"][np.argsort(mixed)], split)
    said = run("import-recording", *words, "--window", "0:1")
    assert "share" not in said, said
    split = read_activations(X)["splits"][np.argsort(mixed)]
    assert (split[::2] != split[1::2]).any()


def splits_that_share_times_are_refused():
    write_events("e.nwb", 2 + np.arange(20.), ["train"] * 10 + ["test"] * 10)
    words = ("e.nwb", "--bin", "0.1", "--window", "0:1.2")
    assert "trials 9 (train) and 10 (test) share times" in take(
        *words, "--split", "split", status=65)
    assert "none is for valid; splits are by trial, and those that share" in \
        take(*words, status=65)
    x = take(*words[:3], "--window", "0:1", "--split", "split")
    assert (x["splits"] == "test").sum() == 10


# ---- NWB by h5py ----

def an_index_of_any_width_and_order_gives_the_same():
    packed = dict(chunks=True, compression="gzip", shuffle=True)
    for k, (index, order) in enumerate(itertools.product(
            ("u1", "u2", "u4", "u8", "i4"), "<>")):
        how = packed if k % 3 else {}
        few = recordings.write_like_nwb(s, "h.nwb", index, order, **how)
        few = recordings.Session.counts(type("few", (), {
            "spikes": [np.sort(x) for x in few]}), s.windows())
        x = take("h.nwb", "--bin", "0.02", "--variable", "n=trials:n_items",
                 "--variable", "ok=trials:correct", "--variable",
                 "side=trials:side", "--variable", "hand=trials:hand",
                 "--max-missing", "1")
        same(x["states/hidden"], few)
        trial = x["rows/trial"]
        same(x["variables/ok"], i4(trial % 3 > 0))
        same(x["variables/n"], i4(s.items[trial]))
        same(x["variables/side"], i4((s.side == "right")[trial]))
        same(x["variables/hand"], i4((s.side[::-1] == "right")[trial]))
    assert few.sum() > 20 and k == 9


def times_that_do_not_meet_are_refused_and_units_that_never_vary_told_of():
    def write(times, ends):
        with h5py.File("ms.nwb", "w") as f:
            f.attrs["nwb_version"] = "2.2.5"
            f["intervals/trials/start_time"] = np.arange(40.)
            f["intervals/trials/stop_time"] = np.arange(40.) + 0.5
            f["units/spike_times"], f["units/spike_times_index"] = times, ends
        return run("import-recording", "--file", "ms.nwb", "--bin", "0.1",
                   "-o", X, status=65 if times[0] > 40 else 0)

    t = np.arange(40) + 0.25
    assert "ms.nwb: /units/spike_times: no spike falls into any window; " \
        "are all times in seconds" in write(1000 * t + 999, [20, 40])
    assert "ms.nwb: 2 of 3 units never vary\n" in write(t, [0, 40, 40])
    assert "never" not in write(t, [20, 40])


def what_is_wrong_with_nwb_is_said():
    def broken(change, *words, status=65):
        recordings.write_like_nwb(s, "h.nwb")
        with h5py.File("h.nwb", "a") as f:
            change(f)
        return take("h.nwb", *(words or ("--bin", "0.02")), status=status)

    def put(path, x):
        def change(f):
            del f[path]
            f[path] = x
        return change

    def link(path):
        return put(path, h5py.ExternalLink("other.h5", path))

    def version(text):
        return lambda f: f.attrs.__setitem__("nwb_version", text)

    index = "/units/spike_times_index"
    for change, text in (
            (put(index, [5, 4, 120, 120, 120, 120]), f"{index}: 4 at 1 is not"),
            (put(index, [5, 500] + [500] * 4), f"{index}: 500 at 1 is not"),
            (put(index, [5, -1] + [9] * 4), f"{index}: -1 at 1 is not"),
            (put("/units/spike_times", np.full(120, np.nan)), "not finite"),
            (put("/intervals/trials/start_time", [1., 2.]), "2 values of"),
            (put("/intervals/trials/stop_time", [1.]),
             "120 values of start_time, 1 of stop_time"),
            (lambda f: f.__delitem__("intervals"), "/intervals/trials: no "),
            (lambda f: f.__delitem__("units"), "/units/spike_times: missing"),
            (link("/units/spike_times"), "an external link to other.h5"),
            (link("/intervals/trials"), "an external link to other.h5"),
            (link("/intervals/trials/start_time"), "an external link to"),
            (version("1.0.6"), "1.0.6, not 2: convert"),
            (version("3.0"), "3.0, not 2: convert")):
        said = broken(change)
        assert text in said and "h.nwb: " in said, (text, said)

    def first(f):
        del f.attrs["nwb_version"]
        f["nwb_version"] = "NWB-1.0.5"

    assert "NWB-1.0.5, not 2: convert" in broken(first)
    for words, status, text in (
            ((), 64, "--bin: how long"),
            (("--bin", "100"), 65, "0 rows in them"),
            (("--bin", "1e-12"), 65, "rows in them: see --bin"),
            (("--align", "start_time", "--bin", "1"), 64, "--window says"),
            (("--window", "1:0", "--bin", "1"), 64, "of the form"),
            (("--window", "0", "--bin", "1"), 64, "of the form"),
            (("--bin", "1", "--states", "/x"), 64, "for other formats"),
            (("--bin", "0.02", "--variable", "n"), 64, "NAME=PATH"),
            (("--bin", "0.02", "--variable", "a/b=c"), 64, "not a name"),
            (("--bin", "0.02", "--variable", "n=trials:x"), 65, "no such col"),
            (("--bin", "0.02", "--variable", "n=x:y"), 65, "/intervals/x: no"),
            (("--bin", "0.02", "--variable", "n=trials:events"), 65,
             "more than one number"),
            (("--bin", "0.02", "--variable", "n=trials:start_time"), 65,
             "is not a whole number"),
            (("--bin", "0.02", "--variable", "n=trials:side", "--variable",
              "n=trials:hand"), 64, "--variable n: given twice"),
            (("--bin", "0.02", "--trial", "x"), 65, "no such table"),
            (("--series", "/units"), 65, "no series"),
            (("--series", "/units", "--units", "a==b"), 64, "--units"),
            (("--bin", "0.02", "--split", "side"), 65, "none of train")):
        said = broken(lambda f: None, *(words or ("--sqrt",)), status=status)
        assert text in said, (text, said)


# ---- plain ----

def grid(seed=3, N=30, T=12, m=5):
    """States (N,T,m) of trials that end early, values of each kind."""
    rng = np.random.default_rng(seed)
    length = rng.integers(4, T + 1, N)
    x = rng.normal(size=(N, T, m)).astype("f4")
    inside = np.arange(T) < length[:, None]
    return dict(x=x, length=length, inside=inside,
                count=rng.integers(0, 3, N), both=rng.integers(0, 3, (N, T)),
                phase=np.arange(T) % 2)


def write_plain(path="p.h5"):
    g = grid()
    inside, trial = g["inside"], np.nonzero(g["inside"])[0]
    with h5py.File(path, "w") as f:
        f["flat/states"] = g["x"][inside]
        f["flat/trial"] = 100 - 3 * trial
        f["flat/count"] = g["count"][trial].astype(">i2")
        f["flat/each"] = g["count"].astype("u1")
        f["flat/time"] = np.nonzero(inside)[1] * 0.5
        f["flat/side"] = np.array(["a", "bb"], "S4")[trial % 2]
        f["flat/split"] = np.array(["train", "val", "test"])[
            np.minimum(trial % 5, 2)].astype("S5")
        f["flat/good"] = trial % 2 > 0
        table = np.zeros(len(g["count"]), [("count", "<i8"), ("side", "S3")])
        table["count"], table["side"] = g["count"], [b"x", b"y"] * 15
        f["table"] = table
        f["padded"] = np.where(inside[:, :, None], g["x"], np.nan)
        f["length"] = g["length"]
        f["count"], f["phase"], f["both"] = g["count"], g["phase"], g["both"]
    return g


def two_axes_with_a_dataset_of_trials():
    g = write_plain()
    x = take("p.h5", "--states", "/flat/states", "--trial", "/flat/trial",
             "--variable", "count=/flat/count", "--variable", "n=/flat/each",
             "--variable", "side=/flat/side", "--variable", "good=/flat/good",
             "--time", "/flat/time", "--split", "/flat/split",
             "--max-missing", "1")
    trial, time = np.nonzero(g["inside"])
    same(x["states/hidden"], g["x"][g["inside"]])
    same(x["rows/trial"], i4(trial))
    same(x["rows/step"], i4(time))
    same(x["rows/time"], time * 0.5)
    same(x["variables/count"], i4(g["count"][trial]))
    same(x["variables/n"], i4(g["count"][trial]))
    same(x["variables/good"], i4(trial % 2))
    same(x["variables/side"], i4(trial % 2))
    same(x["codes/side"].astype(str), np.array(["a", "bb"]))
    same(x["splits"], np.array(["train", "valid", "test", "test", "test"])[
        np.arange(30) % 5])


def three_axes_in_every_order_give_the_same():
    g = write_plain()
    trial, time = np.nonzero(g["inside"])
    names = ("trial", "time", "unit")
    for order in itertools.permutations(range(3)):
        for name, words in (("padded", ()), ("full", ("--length", "/length"))):
            with h5py.File("p.h5", "a") as f:
                for path in {"moved", "both"} & set(f):
                    del f[path]
                whole = f["padded"][()] if name == "padded" else g["x"]
                f["moved"] = whole.transpose(order)
                f["both"] = g["both"] if order.index(0) < order.index(1) \
                    else g["both"].T
            x = take("p.h5", "--states", "/moved", "--layout",
                     ",".join(names[k] for k in order), "--variable",
                     "count=/count", "--variable", "phase=/phase",
                     "--variable", "both=/both", "--variable",
                     "side=/table:side", "--variable", "n=/table:count",
                     "--max-missing", "1", *words)
            same(x["states/hidden"], g["x"][g["inside"]])
            same(x["rows/trial"], i4(trial))
            same(x["variables/count"], i4(g["count"][trial]))
            same(x["variables/n"], i4(g["count"][trial]))
            same(x["variables/phase"], i4(time % 2))
            same(x["variables/both"], i4(g["both"][g["inside"]]))
            same(x["variables/side"], i4(trial % 2))


def trials_that_end_in_nan_are_told_of():
    g = write_plain()
    cut = (g["length"] < 12).sum()
    for words in ((), ("--length", "/length")):
        said = run("import-recording", "--file", "p.h5", "--states", "/padded",
                   "-o", X, *words)
        assert (f"p.h5: /padded: {cut} of 30 trials are NaN from some" in said
                ) == (not words), said


def fewer_axes_are_fine():
    g = grid()
    with h5py.File("f.h5", "w") as f:
        f["trials"] = g["x"][:, 0]
        f["turned"] = g["x"][:, 0].T
        f["one"] = g["x"][:, :, 0]
        f["count"] = g["count"]
    for path, layout in (("/trials", "trial,unit"), ("/turned", "unit,trial")):
        x = take("f.h5", "--states", path, "--layout", layout, "--variable",
                 "count=/count", "--max-missing", "1")
        same(x["states/hidden"], g["x"][:, 0])
        same(x["variables/count"], i4(g["count"]))
        assert (x["trials/length"] == 1).all()
    x = take("f.h5", "--states", "/one", "--layout", "trial,time",
             "--max-missing", "1")
    same(x["states/hidden"], g["x"][:, :, 0].reshape(-1, 1))


def any_type_of_number_gives_what_numpy_makes_of_it():
    rng = np.random.default_rng(4)
    for k, kind in enumerate(("<f4", ">f4", "<f8", ">f8", "<f2", ">f2", "u1",
                              "i1", "<u2", ">i2", "<i4", ">u4", "<i8", ">i8",
                              "?")):
        x = rng.integers(0, 2, (40, 3)).astype(kind) if kind == "?" else \
            (rng.normal(size=(40, 3)) * 50).astype(kind) if kind[-2] == "f" \
            else rng.integers(0, 100, (40, 3)).astype(kind)
        how = ({}, dict(compression="gzip", chunks=(7, 2)),
               dict(shuffle=True, fletcher32=True, chunks=(8, 3)),
               dict(compression="gzip", scaleoffset=0, chunks=(8, 3))
               if kind[-2:] == "i4" else {})[k % 4]
        with h5py.File("k.h5", "w", userblock_size=512) as f:
            f.create_dataset("x", data=x, **how)
        got = take("k.h5", "--states", "/x", "--split-by", "train=1")
        same(got["states/hidden"], x.astype("f8").astype("f4"))


def rows_whose_trial_is_nan_belong_to_none():
    x = np.arange(40, dtype="f4").reshape(20, 2)
    trial = np.repeat([1, np.nan, 2, np.nan, 3], 4)
    with h5py.File("n.h5", "w") as f:
        f["x"], f["trial"] = x, trial
    got = take("n.h5", "--states", "/x", "--trial", "/trial", "--split-by",
               "train=0.34,valid=0.33,test=0.33", "--max-missing", "1")
    same(got["states/hidden"], x[~np.isnan(trial)])
    assert sorted(got["splits"]) == ["test", "train", "valid"]


def what_is_wrong_with_plain_is_said():
    write_plain()
    with h5py.File("p.h5", "a") as f:
        f["mixed"] = np.arange(len(f["flat/trial"])) % 3
        f["text"] = ["a", "b"]
        f["half"] = np.arange(30) / 2
        f["empty"] = np.zeros((0, 3))
        f["four"] = np.zeros((2, 2, 2, 2))
        f["holes"] = np.where(np.arange(60) == 7, np.nan, 1.).reshape(20, 3)
    flat = ("--states", "/flat/states", "--trial", "/flat/trial")
    for words, status, text in (
            ((), 64, "--states: which dataset"),
            (("--states", "/none"), 65, "/none"),
            (("--states", "/text"), 65, "/text"),
            (("--states", "/table"), 65, "not numbers"),
            (("--states", "/empty"), 65, "is empty"),
            (("--states", "/four"), 65, "4 axes"),
            (("--states", "/padded", "--layout", "time,unit"), 65, "3 axes"),
            (("--states", "/count", "--layout", "unit"), 64, "neither trial"),
            (("--states", "/count", "--layout", "row"), 64, "axes are trial"),
            (("--states", "/count", "--layout", "time,time"), 64, "each once"),
            (("--states", "/padded", "--trial", "/count"), 64, "have the tri"),
            ((*flat[:2], "--trial", "/mixed"), 65, "0 comes back"),
            ((*flat[:2], "--trial", "/text"), 65, "2 values for the"),
            ((*flat[:2], "--length", "/length"), 64, "no axis of trials"),
            (flat[:2], 65, "1 trial: none is for valid"),
            ((*flat, "--variable", "a=/half"), 65, "0.5 at 1 is not a whole"),
            ((*flat, "--variable", "a=/phase"), 65, "12 values, but"),
            ((*flat, "--variable", "a=/table:none"), 65, "none"),
            ((*flat, "--variable", "a=/none"), 65, "/none"),
            ((*flat, "--split", "/mixed"), 65, "a trial has one split"),
            ((*flat, "--bin", "1"), 64, "for other formats"),
            ((*flat, *itertools.chain.from_iterable(
                ("--variable", f"v{k}=/count") for k in range(9))), 64,
             "--variable: more than 8 of them"),
            (("--states", "/padded", "--length", "/half"), 65, "0.5 at 1"),
            (("--states", "/padded", "--length", "/text"), 65, "/text"),
            (("--states", "/holes"), 65, "unit 1 is nan in row 2 (step 2 of")):
        said = take("p.h5", *words, status=status)
        assert text in said, (text, said)
        assert status == 64 or "p.h5: " in said, said
    assert not os.path.exists(X) or os.remove(X) is None


# ---- treatment and splits ----

PLAIN = ("p.h5", "--states", "/flat/states", "--trial", "/flat/trial",
         "--variable", "count=/flat/count")


def near(x, y):
    assert x.shape == y.shape and np.abs(x - y).max() < 2e-6 * np.abs(
        y).max(), np.abs(x - y).max()


def z_scores_are_those_of_the_training_trials():
    g = write_plain()
    x = take(*PLAIN, "--zscore")
    rows = g["x"][g["inside"]].astype("f8")
    train = rows[(x["splits"] == "train")[x["rows/trial"]]]
    near(x["states/hidden"], (rows - train.mean(0)) / train.std(0))
    with h5py.File("p.h5", "a") as f:
        f["flat/states"][:, 2] = 0.1
    x = take(*PLAIN, "--zscore")["states/hidden"]
    assert (x[:, 2] == 0).all() and x[:, 1].any()


def square_roots_and_smoothing_are_those_of_numpy():
    g = write_plain()
    with h5py.File("p.h5", "a") as f:
        f["flat/states"][...] = np.abs(f["flat/states"][()])
    rows = np.sqrt(np.abs(g["x"][g["inside"]]).astype("f8"))
    trial, time = np.nonzero(g["inside"])
    same(take(*PLAIN, "--sqrt")["states/hidden"],
         np.sqrt(np.abs(g["x"][g["inside"]])))

    def smoothed(d, sd, alike):
        w = np.where(alike & (np.abs(d) <= 4 * sd), np.exp(
            -d**2 / (2 * sd**2)), 0)
        return w @ rows / w.sum(1, keepdims=True)

    alike = trial[:, None] == trial
    d = (time[:, None] - time).astype("f8")
    near(take(*PLAIN, "--sqrt", "--smooth", "1.5")["states/hidden"],
         smoothed(d, 1.5, alike))
    near(take(*PLAIN, "--sqrt", "--smooth", "0.9", "--time", "/flat/time")[
        "states/hidden"], smoothed(d / 2, 0.9, alike))
    write_plain()
    assert "--sqrt: unit" in take(*PLAIN, "--sqrt", status=65)


def rows_that_were_not_observed_smooth_no_other():
    plain, x = spikes(), spikes("--smooth", "0.03")
    seen, trial = plain["rows/eligible"] != 0, plain["rows/trial"]
    k = np.flatnonzero(~seen)
    rows = np.unique((k[:, None] + np.arange(-6, 7)).ravel())
    rows = rows[np.isin(rows, np.arange(len(seen)))]
    d = (plain["rows/time"][rows, None] - plain["rows/time"]) / 0.03
    w = np.where((trial[rows, None] == trial) & (np.abs(d) <= 4) & seen,
                 np.exp(-d**2 / 2), 0)
    some = w.sum(1) > 0
    assert 5 < (~seen[rows[some]]).sum() < len(rows) / 2
    near(x["states/hidden"][rows[some]], w[some] @ plain["states/hidden"] /
         w[some].sum(1, keepdims=True))
    same(x["states/hidden"][rows[~some]], plain["states/hidden"][rows[~some]])


def rows_with_nan_are_dropped_and_leave_a_gap():
    g = write_plain()
    rows = g["x"][g["inside"]].astype("f8")
    bad = np.random.default_rng(5).uniform(size=len(rows)) < 0.2
    trial, time = np.nonzero(g["inside"])
    bad |= trial == 4
    with h5py.File("p.h5", "a") as f:
        f["flat/states"][bad, 1] = np.where(time[bad] % 2, np.nan, np.inf)
    x = take(*PLAIN, "--drop-nan")
    same(x["states/hidden"], rows[~bad].astype("f4"))
    left, number = np.unique(trial[~bad], return_inverse=True)
    assert len(left) == 29
    with h5py.File("p.h5", "a") as f:
        f["each"] = np.arange(30) % 3
    same(take(*PLAIN, "--drop-nan", "--split", "/each")["splits"],
         np.array(["train", "valid", "test"])[left % 3])
    same(x["rows/trial"], i4(number))
    same(x["variables/count"], i4(g["count"][trial[~bad]]))
    same(x["trials/length"], i4(np.bincount(number)))
    x = take(*PLAIN, "--drop-nan", "--smooth", "1")
    d = (time[~bad][:, None] - time[~bad]).astype("f8")
    w = np.where((number[:, None] == number) & (np.abs(d) <= 4),
                 np.exp(-d**2 / 2), 0)
    near(x["states/hidden"], w @ rows[~bad] / w.sum(1, keepdims=True))


def splits_are_by_trial_and_even_over_the_variables():
    write_plain()
    x = spikes("--variable", "n=trials:n_items", "--variable",
               "side=trials:side")
    assert [(x["splits"] == k).sum() for k in ("train", "valid", "test")] == [
        96, 12, 12]
    for n, side in itertools.product((1, 2, 3), ("left", "right")):
        of = (s.items == n) & (s.side == side)
        share = [(x["splits"][of] == k).sum() / of.sum()
                 for k in ("train", "valid", "test")]
        assert np.abs(np.subtract(share, [0.8, 0.1, 0.1])).max() < 0.08, share
    y = spikes("--variable", "n=trials:n_items", "--seed", "2")
    z = spikes("--variable", "n=trials:n_items", "--seed", "2")
    assert (y["splits"] != x["splits"]).any()
    same(y["splits"], z["splits"])
    same(spikes("--split", "split")["splits"], s.split)


def too_many_missing_are_refused():
    with h5py.File("m.h5", "w") as f:
        f["x"] = np.random.default_rng(6).normal(size=(200, 3))
        f["trial"] = np.repeat(np.arange(20), 10)
        f["rare"] = np.where(np.arange(200) < 30, np.arange(200) % 3, 3)
        f["part"] = np.where(np.arange(200) % 4, 1.0, np.nan)
        f["split"] = np.repeat([b"train", b"valid", b"test"], (140, 30, 30))
    words = ("m.h5", "--states", "/x", "--trial", "/trial", "--split",
             "/split")
    said = take(*words, "--variable", "v=/rare", status=65, lines=6)
    assert "0.214 of the training rows are missing (0 of 140 lack a value, " \
        "30 have a tuple" in said, said
    x = take(*words, "--variable", "v=/rare", "--max-missing", "0.22")
    assert x["rows/eligible"].all()
    said = take(*words, "--variable", "v=/part", status=65, lines=3)
    assert "0.25 of the training rows are missing (35 of 140 lack" in said
    x = take(*words, "--variable", "v=/part", "--max-missing", "0.25")
    same(x["rows/eligible"] != 0, np.arange(200) % 4 > 0)


def the_table_of_tuples_is_told():
    said = run("import-recording", "--file", "s.nwb", "--bin", "0.02",
               "--units", "depth<20", "--variable", "side=trials:side",
               "--split", "split", "-o", X)
    x = read_activations(X)
    for side in ("left", "right"):
        of = (s.side == side)[x["rows/trial"]] & (x["rows/eligible"] != 0)
        n = [(of & (x["splits"] == k)[x["rows/trial"]]).sum()
             for k in ("train", "valid", "test")]
        line = next(k for k in said.split("\n") if f"side={side} " in k)
        assert line.split()[-6:] == ["train", str(n[0]), "valid", str(n[1]),
                                     "test", str(n[2])], (line, n)


# ---- what a user meets ----

def texts_are_numbered_as_the_user_says_and_never_mixed_up():
    def take_side(name, side, *words, **how):
        file = f"own-{name}"
        with h5py.File(file, "w") as f:
            f["x"] = np.random.default_rng(11).normal(size=(200, 3))
            f["trial"], f["n"] = np.arange(200) // 2, np.arange(200) // 2 % 3
            f["side"] = np.array(side, "S9")[np.arange(200) % 2]
        run("import-recording", "--file", file, "--states", "/x", "--trial",
            "/trial", "--variable", "side=/side", "--variable", "n=/n", "-o",
            name, *words, **how)
        return name

    def refused(words, says):
        said = run("import-recording", "--file", "own-a.act.h5", "--states",
                   "/x", "--variable", "side=/side", "-o", "e.h5", "--codes",
                   words, status=64)
        assert said.endswith(f": --codes {words}: {says}\n"), said

    a = take_side("a.act.h5", ["left", "right"])
    b = take_side("b.act.h5", ["show", "answer"])
    c = take_side("c.act.h5", ["right", "left"], "--codes", "side=right,left")
    same(read_activations(c)["variables/side"], i4(np.arange(200) % 2))
    same(read_activations(c)["codes/side"].astype(str),
         np.array(["right", "left"]))
    d = take_side("d.act.h5", ["show", "answer"], "--codes",
                  "side=left:show,right:answer")
    for source, variable, status in (
            (b, "side", 65), (c, "side", 65), (d, "side", 0), (a, "side", 0),
            (b, "full", 65), (b, "n", 0), (d, "full", 0)):
        said = run("build-cf-latents", "--target", a, "--source", source,
                   "--variable", variable, "--samples",
                   "train=8,valid=4,test=4", "-o", "i.h5", status=status)
        assert not status or (f"side of own-{source} is 0 for" in said and
                              "--codes" in said), said
    out = subprocess.run([f"{PROGRAMS}/h5info", c], capture_output=True,
                         text=True).stdout
    assert "right=0 left=1" in out and "criterion_met" not in out, out
    for words in ("side=left", "side=left,left,right", "n=a,b", "side", "x=a"):
        take_side("e.h5", ["left", "right"], "--codes", words, status=64)
    has = "side of own-a.act.h5 has 2 texts: left, right; not"
    refused("side=left:right,right:lft", f"{has} 'lft'")
    refused("side=left,rihgt", f"{has} 'rihgt'")
    refused("side=left", "side of own-a.act.h5 has 'right' too")
    refused("side=left,left:right", "'left' stands there twice")


def phases_of_a_task_go_by_their_names():
    run("gen-data", "--task", "multi-object", "--max-quantity", "3", "--split",
        "train=192,valid=64,test=96", "-o", "m.data.h5")
    run("train", "--data", "m.data.h5", "--width", "4", "--epochs", "1",
        "--criterion", "none", "-o", "m.model.h5")
    run("record-activations", "--model", "m.model.h5", "--data", "m.data.h5",
        "-o", "m.act.h5")
    with h5py.File("m.act.h5") as f, h5py.File("w.h5", "w") as g:
        g["x"], g["trial"] = f["states/hidden"][()], f["rows/trial"][()]
        g["count"] = f["variables/count"][()]
        g["phase"] = np.array(["look", "act"], "S4")[f["variables/phase"][()]]
    for codes, status in (((), 65), (("--codes", "phase=demo:look,response:act"
                                      ), 0)):
        take("w.h5", "--states", "/x", "--trial", "/trial", "--variable",
             "count=/count", "--variable", "phase=/phase", "--max-missing",
             "1", *codes)
        for source, target in (("m.act.h5", X), (X, "m.act.h5")):
            said = run("build-cf-latents", "--source", source, "--target",
                       target, "--variable", "count", "--match", "phase",
                       "--samples", "train=8,valid=4,test=4", "-o", "i.h5",
                       status=status)
            assert not status or "'demo'" in said, said


def a_list_ends_with_a_command_that_works():
    write_plain()
    os.makedirs("it's here", exist_ok=True)
    for file in ("s.nwb", "p.h5"):
        moved = f"it's here/{file}"
        os.replace(file, moved)
        done = subprocess.run([f"{PROGRAMS}/import-recording", "--file", moved,
                               "--list"], capture_output=True, text=True)
        os.replace(moved, file)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        command = shlex.split(done.stdout.strip().split("\n")[-1])
        assert command[0] == "mas-import-recording" and moved in command
        run("import-recording", *(file if k == moved else k for k in command[1:]))
        x = read_activations(command[-1])
        assert len(x["states/hidden"]) > 100
        assert sum(k.startswith("variables/") for k in x) == 1
        if file == "s.nwb":
            same(x["states/hidden"], s.counts(
                s.windows(), np.flatnonzero(s.quality == "good")))
            assert len(x["trials/length"]) == len(s.start)
            for text in ("9 units", "quality: text, 2 texts: good, noise",
                         "/intervals/stimuli", "n_items: int64, 3 values from",
                         "/acquisition/pupil: float32", "30 Hz", "in mm"):
                assert text in done.stdout, (text, done.stdout)


def a_list_of_plain_hdf5_names_the_dataset_and_says_that_it_guesses():
    def listed():
        return run_list("q.h5").strip().split("\n")[-3:]

    def run_list(path):
        return subprocess.run([f"{PROGRAMS}/import-recording", "--file", path,
                               "--list"], capture_output=True, text=True,
                              check=True).stdout

    with h5py.File("q.h5", "w") as f:
        f["rates"] = np.zeros((40, 5, 3))
        f["label"] = np.arange(40) % 3
    assert "--variable label=/label -o" in listed()[2]
    assert "guess" not in run_list("q.h5")
    with h5py.File("q.h5", "a") as f:
        f["side"] = np.arange(40) % 2
    assert listed()[0] == "2 of these may be a variable: /label is a guess"
    assert "--variable label=/label -o" in listed()[2]


def a_list_tells_what_has_a_value_a_trial_and_step_and_what_is_nothing():
    def last(path):
        return subprocess.run([f"{PROGRAMS}/import-recording", "--file", path,
                               "--list"], capture_output=True, text=True,
                              check=True).stdout.strip().split("\n")[-1]

    rng = np.random.default_rng(3)
    with h5py.File("steps.h5", "w") as f:
        f["rates"] = rng.normal(size=(120, 14, 20)).astype("f4")
        f["len"] = rng.permutation(np.arange(120) % 10 + 5)
        f["block"] = np.arange(120) // 60
        f["count"] = rng.integers(1, 4, (120, 14))
        f["phase"] = rng.integers(0, 2, (120, 14))
    command = shlex.split(last("steps.h5"))
    assert command[3:-2] == ["--states", "/rates",
                             "--length", "/len", "--variable",
                             "count=/count"], command
    run("import-recording", *command[1:])
    x = read_activations(command[-1])
    with h5py.File("steps.h5") as f:
        same(np.sort(x["trials/length"]), i4(np.sort(f["len"])))
    with h5py.File("nothing.h5", "w"):
        pass
    assert last("nothing.h5").startswith("Nothing to import: no array")
    with h5py.File("none.nwb", "w") as f:
        f.attrs["nwb_version"] = "2.2.5"
        for name, n in (("tokens", 40), ("trials", 0)):
            f[f"intervals/{name}/start_time"] = np.arange(float(n))
            f[f"intervals/{name}/stop_time"] = np.arange(float(n)) + 1
        f["units/spike_times"] = np.arange(40.)
        f["units/spike_times_index"] = [40]
    assert last("none.nwb").startswith("Nothing to import: /intervals/trials")


def files_of_ours_are_not_taken_for_recordings():
    spikes()
    words = ("import-recording", "--file", X)
    for more in (["--list"], ["--states", "/states/hidden", "-o", "y.h5"]):
        assert f"{X}: a file of ours already (kind activations)\n" in run(
            *words, *more, status=65)


def a_list_makes_do_with_any_intervals_and_a_series():
    rng = np.random.default_rng(7)
    with h5py.File("v.nwb", "w") as f:
        f.attrs["nwb_version"] = "2.2.5"
        t = f.create_group("intervals/looks \x1b[2J")      # not to be printed
        t["start_time"], t["stop_time"] = [1., 2.], [1.5, 2.5]
        t = f.create_group("intervals/looks")
        t["start_time"] = np.arange(40.)
        t["stop_time"] = np.arange(40.) + 0.1
        t["what"] = np.array(["face", "house"], "S5")[np.arange(40) % 2]
        x = f.create_group("processing/lfp/band")
        x.create_dataset("data", data=rng.normal(size=(9000, 4)))
        x["starting_time"] = 0.
        x["starting_time"].attrs["rate"] = 200.
    done = subprocess.run([f"{PROGRAMS}/import-recording", "--file", "v.nwb",
                           "--list"], capture_output=True, text=True)
    assert done.returncode == 0 and "\x1b" not in done.stdout, done
    command = shlex.split(done.stdout.strip().split("\n")[-1])
    assert command[1:] == [
        "--file", "v.nwb", "--series", "/processing/lfp/band", "--bin",
        "0.01", "--trial", "looks", "--variable", "what=looks:what", "-o",
        "v.activations.h5"], command
    run("import-recording", *command[1:])
    x = read_activations("v.activations.h5")
    with h5py.File("v.nwb") as f:
        data = f["processing/lfp/band/data"][()].reshape(-1, 2, 4).mean(1)
    near(x["states/hidden"], np.concatenate(
        [data[100 * k:100 * k + 10] for k in range(40)]))


def provenance_names_the_file_and_its_hash():
    spikes()
    with h5py.File(X) as f:
        row = f["provenance/files"][0]
        assert len(f["provenance/files"]) == 1
        assert b"file=s.nwb" in f["provenance/options"][()]
    with open("s.nwb", "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    assert (row["name"], row["kind"], row["sha256"]) == (
        b"s.nwb", b"foreign", digest.encode())
    one = open(X, "rb").read()
    spikes("--max-memory", "512M")
    assert one == open(X, "rb").read()


def memory_is_bounded_by_an_option():
    with h5py.File("big.h5", "w") as f:
        f.create_dataset("x", (40000, 1000), "f4", chunks=(1000, 1000),
                         compression="gzip")
    said = take("big.h5", "--states", "/x", "--max-memory", "64M", status=65)
    assert "big.h5" in said and "--max-memory" in said, said


def the_pipeline_takes_it_as_source_and_target():
    take("s.nwb", "--bin", "0.02", "--units", "depth<90", "--variable",
         "count=trials:n_items", "--sqrt", "--zscore", "--name", "monkey",
         "--max-missing", "0.2")
    run("gen-data", "--task", "multi-object", "--max-quantity", "3",
        "--split", "train=192,valid=64,test=96", "-o", "m.data.h5")
    run("train", "--data", "m.data.h5", "--width", "10", "--epochs", "3",
        "--criterion", "none", "-o", "m.model.h5")
    run("record-activations", "--model", "m.model.h5", "--data", "m.data.h5",
        "-o", "m.act.h5")
    words = []
    for j, i in itertools.product("12", "12"):
        files = {"1": "m.act.h5", "2": X}
        run("build-cf-latents", "--source", files[j], "--target", files[i],
            "--variable", "count", "--samples", "train=64,valid=32,test=32",
            "-o", f"{j}{i}.int.h5")
        words += ["--direction", f"{j}:{i}={j}{i}.int.h5"]
    with h5py.File("12.int.h5") as f, h5py.File(X) as x:
        assert (f["cf_row"][()] >= 0).mean() > 0.5
        found = f["cf_row"][()] >= 0
        same(x["variables/count"][()][f["cf_row"][()][found]],
             f["value"][()][found])
    run("align", "--system", "1=m.act.h5,m.model.h5", "--system", f"2={X}",
        *words, "--preset", "cmas", "--epochs", "2", "--batch", "32",
        "--validate", "2", "--null-draws", "2", "-o", "a.h5")
    with h5py.File("a.h5") as f:
        assert [x.decode() for x in f["models"]["name"]][1] == "monkey"
        names = set(f["provenance/files"]["name"])
        assert b"s.nwb" in names


TESTS = [
    spikes_in_bins_of_trials_are_those_of_whole_ticks,
    spikes_about_an_event_are_those_of_whole_ticks,
    spikes_are_those_that_pynwb_reads,
    units_are_chosen_by_every_comparison,
    bins_that_a_unit_was_not_observed_in_are_not_eligible,
    another_table_gives_the_value_of_the_interval_at_the_middle,
    a_table_of_intervals_may_serve_as_trials,
    a_series_is_taken_as_pynwb_gives_it,
    a_series_is_averaged_in_bins,
    trials_beyond_a_series_or_over_a_gap_of_it_are_left_out,
    trials_that_share_times_have_one_split,
    splits_that_share_times_are_refused,
    an_index_of_any_width_and_order_gives_the_same,
    times_that_do_not_meet_are_refused_and_units_that_never_vary_told_of,
    what_is_wrong_with_nwb_is_said,
    two_axes_with_a_dataset_of_trials,
    three_axes_in_every_order_give_the_same,
    trials_that_end_in_nan_are_told_of,
    fewer_axes_are_fine,
    any_type_of_number_gives_what_numpy_makes_of_it,
    rows_whose_trial_is_nan_belong_to_none,
    what_is_wrong_with_plain_is_said,
    z_scores_are_those_of_the_training_trials,
    square_roots_and_smoothing_are_those_of_numpy,
    rows_that_were_not_observed_smooth_no_other,
    rows_with_nan_are_dropped_and_leave_a_gap,
    splits_are_by_trial_and_even_over_the_variables,
    too_many_missing_are_refused,
    the_table_of_tuples_is_told,
    texts_are_numbered_as_the_user_says_and_never_mixed_up,
    phases_of_a_task_go_by_their_names,
    a_list_ends_with_a_command_that_works,
    a_list_of_plain_hdf5_names_the_dataset_and_says_that_it_guesses,
    a_list_tells_what_has_a_value_a_trial_and_step_and_what_is_nothing,
    files_of_ours_are_not_taken_for_recordings,
    a_list_makes_do_with_any_intervals_and_a_series,
    provenance_names_the_file_and_its_hash,
    memory_is_bounded_by_an_option,
    the_pipeline_takes_it_as_source_and_target,
]

if __name__ == "__main__":
    sys.exit(prove(TESTS, make))
