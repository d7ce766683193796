"""recordings.py - recordings as others write them: NWB by pynwb and by h5py,
plain HDF5; and what of them is expected, computed in whole ticks of a clock."""
from datetime import datetime, timezone

import h5py
import numpy as np
from hdmf.backends.hdf5.h5_utils import H5DataIO
from pynwb import NWBFile, NWBHDF5IO, TimeSeries
from pynwb.behavior import Position
from pynwb.ecephys import ElectricalSeries
from pynwb.epoch import TimeIntervals

TICKS = 30000                   # a second; times are ticks / TICKS
BIN, BIN_TICKS = 0.02, 600


class Session:
    """Trials, stimuli and spikes in ticks; some spikes lie on edges."""

    def __init__(self, seed=1, trials=120, units=9):
        rng = np.random.default_rng(seed)
        self.length = rng.integers(9000, 24000, trials)
        gap = rng.integers(3000, 12000, trials)
        self.start = 30000 + np.cumsum(self.length + gap) - self.length
        self.stop = self.start + self.length
        self.go = self.start + rng.integers(3000, 6000, trials)
        self.items = rng.integers(1, 4, trials)
        self.side = np.array(["left", "right"])[rng.integers(0, 2, trials)]
        self.split = np.array(["train"] * 8 + ["valid", "test"])[
            np.arange(trials) % 10]
        self.end = int(self.stop[-1]) + 30000
        self.spikes = []
        for _ in range(units):
            free = rng.integers(0, self.end, 8 * self.end // TICKS)
            edge = self.start[:, None] + BIN_TICKS * rng.integers(
                0, 15, (trials, 2))
            self.spikes.append(np.sort(np.concatenate([free, edge.ravel()])))
        self.quality = np.array(["good", "noise", "good"])[
            np.arange(units) % 3]
        self.depth = np.arange(units) * 12.5
        self.kept = np.arange(units) % 4 > 0
        half = self.end // 2
        self.observed = [[(0, half), (half + 40000 + 100 * u, self.end)]
                         for u in range(units)]
        self.shown = np.arange(7000, self.end - 20000, 16000)
        self.count = rng.integers(1, 5, len(self.shown))
        self.signal = rng.integers(-2000, 2000, (self.end // 1000, 3)).astype(
            "i2")

    def windows(self, about=None, window=None):
        """(first tick, bins) of each trial."""
        if about is None:
            return [(a, (b - a) // BIN_TICKS)
                    for a, b in zip(self.start, self.stop)]
        n = (window[1] - window[0]) // BIN_TICKS
        return [(a + window[0], n) for a in about]

    def counts(self, windows, units=None):
        """(rows, units) spikes in bins."""
        units = range(len(self.spikes)) if units is None else units
        rows = []
        for first, n in windows:
            edges = first + BIN_TICKS * np.arange(n + 1)
            rows.append(np.stack([np.diff(np.searchsorted(
                self.spikes[u], edges)) for u in units], 1))
        return np.concatenate(rows).astype("f4")

    def begins(self, windows):
        """Tick at which each row begins."""
        return np.concatenate([first + BIN_TICKS * np.arange(n)
                               for first, n in windows])

    def trial_of(self, windows):
        return np.repeat(np.arange(len(windows)), [n for _, n in windows])


def seconds(ticks):
    return np.asarray(ticks) / TICKS


def write_pynwb(s, path):
    """With a last trial that is too short for a bin and has no go_time."""
    nwb = NWBFile("a session", "id", datetime(2020, 1, 1, tzinfo=timezone.utc))
    probe = nwb.create_device("probe")
    shanks = [nwb.create_electrode_group(f"shank{k}", "of a probe", "PPC",
                                         probe) for k in range(2)]
    for k in range(4):
        nwb.add_electrode(group=shanks[k // 2], location="PPC")
    lfp = ElectricalSeries(
        "lfp", H5DataIO(s.signal[:, [0, 1, 2, 0]], compression="gzip"),
        nwb.create_electrode_table_region([0, 1, 2, 3], "all"), rate=30.0,
        starting_time=0.5, channel_conversion=[1.0, 0.3, 7e-3, 1.1],
        conversion=1e-6, offset=0.25)
    nwb.add_acquisition(lfp)
    for name in ("n_items", "side", "go_time", "correct", "split"):
        nwb.add_trial_column(name, name)
    for k in range(len(s.start)):
        nwb.add_trial(start_time=s.start[k] / TICKS,
                      stop_time=s.stop[k] / TICKS, n_items=int(s.items[k]),
                      side=str(s.side[k]), go_time=s.go[k] / TICKS,
                      correct=bool(k % 3), split=str(s.split[k]), tags=["a"],
                      timeseries=[lfp])
    for name in ("quality", "depth", "kept"):
        nwb.add_unit_column(name, name)
    for u, spikes in enumerate(s.spikes):
        nwb.add_unit(spike_times=seconds(spikes),
                     obs_intervals=seconds(s.observed[u]),
                     quality=str(s.quality[u]), depth=float(s.depth[u]),
                     kept=bool(s.kept[u]), electrodes=[u % 4, (u + 1) % 4],
                     electrode_group=shanks[u % 2],
                     waveform_mean=np.zeros(8) + u)
    stimuli = TimeIntervals("stimuli", "what was shown")
    stimuli.add_column("count", "how many")
    for at, count in zip(s.shown, s.count):
        stimuli.add_interval(start_time=at / TICKS,
                             stop_time=(at + 15000) / TICKS, count=int(count))
    nwb.add_time_intervals(stimuli)
    module = nwb.create_processing_module("behavior", "hand")
    hand = Position(name="hand")
    hand.create_spatial_series("xyz", data=s.signal, starting_time=0.5,
                               rate=30.0, reference_frame="table",
                               conversion=0.013, offset=-2.5)
    module.add(hand)
    stamps = 0.25 + np.cumsum(np.random.default_rng(2).uniform(
        0.004, 0.006, 200 * s.end // TICKS))
    nwb.add_acquisition(TimeSeries(
        "pupil", data=np.sin(stamps).astype("f4"), timestamps=stamps,
        unit="mm"))
    nwb.add_trial(start_time=s.end / TICKS, stop_time=s.end / TICKS + 0.001,
                  n_items=1, side="left", go_time=np.nan, correct=True,
                  split="train", tags=["short"], timeseries=[lfp])
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)


def write_like_nwb(s, path, index="u1", order="<", units=6, version="2.6.0",
                   **how):
    """NWB by h5py alone, of few spikes: index of any width, any byte order."""
    def put(group, name, x, kind):
        group.create_dataset(name, data=np.asarray(x).astype(order + kind),
                             **how)

    with h5py.File(path, "w") as f:
        f.attrs["nwb_version"] = version
        t = f.create_group("intervals/trials")
        put(t, "start_time", seconds(s.start), "f8")
        put(t, "stop_time", seconds(s.stop), "f8")
        put(t, "n_items", s.items, "i2")
        t["correct"] = np.arange(len(s.start)) % 3 > 0          # bool enum
        t["side"] = s.side.astype("S8")                         # fixed text
        t["hand"] = [str(x) for x in s.side[::-1]]              # of any length
        t["events"] = np.arange(4.0)
        t["events_index"] = np.minimum(np.arange(len(s.start)), 4).astype("u1")
        few = [x[:20][::-1] for x in s.spikes[:units]]          # no order
        u = f.create_group("units")
        put(u, "spike_times", seconds(np.concatenate(few)), "f8")
        put(u, "spike_times_index", np.cumsum([len(x) for x in few]), index)
        u["quality"] = s.quality[:units].astype("S8")
        return few


def same(x, y):
    x, y = np.asarray(x), np.asarray(y)
    assert x.shape == y.shape and (x.dtype == y.dtype or x.dtype.kind == "U"
                                   ), (x.shape, y.shape, x.dtype, y.dtype)
    assert (x == y).all(), np.argwhere(x != y)[:3]


def i4(x):
    return np.asarray(x).astype("i4")


def read_activations(path):
    with h5py.File(path) as f:
        found = {"splits": np.array(["train", "valid", "test"])[
            f["trials/split"][()]], "attrs": dict(f.attrs)}
        f.visititems(lambda name, x: found.__setitem__(name, x[()])
                     if isinstance(x, h5py.Dataset) else None)
    return found
