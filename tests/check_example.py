"""check_example.py FOLDER - make example-recording's report against its NWB
file and its recording, read by h5py and computed anew by numpy and scipy."""
import base64
import glob
import re
import sys
import zlib

import h5py
import numpy as np
from scipy.stats import norm, pearsonr

BIN = 0.1


def texts(x):
    return np.array([t.decode() if isinstance(t, bytes) else t for t in x])


def binned(nwb):
    """Treated counts of the good units, and when each bin begins."""
    units, trials = nwb["units"], nwb["intervals/trials"]
    time = np.concatenate([a + BIN * np.arange(round((b - a) / BIN))
                           for a, b in zip(trials["start_time"][()],
                                           trials["stop_time"][()])])
    split = np.repeat(texts(trials["split"][()]), [
        round((b - a) / BIN) for a, b in zip(trials["start_time"][()],
                                             trials["stop_time"][()])])
    at, last = units["spike_times"][()], units["spike_times_index"][()]
    good = np.flatnonzero(texts(units["quality"][()]) == "good")
    count = np.zeros((len(time), len(good)))
    for k, unit in enumerate(good):
        train = at[last[unit - 1] if unit else 0:last[unit]]
        # Bins and spikes stand on a grid of 1/30000 s.
        edge = np.round(time * 30000).astype(int)
        tick = np.round(train * 30000).astype(int)
        count[:, k] = (np.searchsorted(tick, edge + 3000) -
                       np.searchsorted(tick, edge))
    seen = units["obs_intervals"][:2]
    whole = np.zeros(len(time), bool)
    for a, b in seen:
        whole |= (time >= a - 1e-9) & (time + BIN <= b + 1e-9)
    root = np.sqrt(count)
    train = root[whole & (split == "train")]
    return (root - train.mean(0)) / train.std(0), time, whole


def of_tokens(nwb, time, column):
    """What stood in the table of tokens when each bin began; None: nothing."""
    table = nwb["intervals/tokens"]
    begin, value = table["start_time"][()], table[column][()]
    at = np.searchsorted(begin, time + BIN / 2) - 1
    inside = (at >= 0) & (time + BIN / 2 < begin[at] + BIN)
    return [value[k] if yes else None for k, yes in zip(at, inside)]


def main(folder):
    with h5py.File(f"{folder}/example-recording/recording.nwb") as nwb:
        state, time, whole = binned(nwb)
        count = of_tokens(nwb, time, "count")
        phase = of_tokens(nwb, time, "phase")
    known = whole & np.array([c is not None for c in count])
    with h5py.File(f"{folder}/activations/recording.align.activations.h5") as f:
        assert not f.attrs["accessible"]
        assert np.abs(f["states/hidden"][()] - state).max() < 1e-5
        assert np.abs(f["rows/time"][()] - time).max() < 1e-9
        assert ((f["rows/eligible"][()] != 0) == known).all()
        assert (f["variables/count"][()][known] ==
                np.array(count)[known].astype(int)).all()
        words = texts(f["codes/phase"][()])
        assert (words[f["variables/phase"][()][known]] ==
                texts(np.array(phase)[known])).all()
        trial, step = f["rows/trial"][()], f["rows/step"][()]
        split = f["trials/split"][()][trial]
    count = np.array([-1 if c is None else int(c) for c in count])
    phase = np.array(["" if p is None else texts([p])[0] for p in phase])
    state, mean = state[known], state[known].mean(0)
    sd = state.std(0)
    with h5py.File(f"{folder}/example-recording/report.h5") as f:
        units, cells = f["units"][()], f["cells"][()]
        steps, tuning = f["steps"][()], f["tuning"][()]
        coverage = f["coverage"][()]
        assert f.attrs["recording"] == b"recording"
        assert f.attrs["variable"] == b"count"
    shown(units, state, mean, sd, count[known])
    told(steps, cells, units, trial, step, count, phase, known, folder,
         mean, sd)
    tuned(tuning, units, (state - mean) / sd, count[known], phase[known],
          trial[known])
    covered(coverage, folder, count[known], phase[known], split[known])
    with open(f"{folder}/example-recording/index.html", encoding="utf-8") as f:
        drawn(f.read(), cells, steps)


def shown(units, state, mean, sd, count):
    assert sorted(units["unit"]) == list(range(state.shape[1]))
    assert (np.diff(units["correlation"]) <= 0).all()
    for u in units:
        k = u["unit"]
        assert np.isclose(u["mean"], mean[k], atol=1e-6)
        assert np.isclose(u["sd"], sd[k], rtol=1e-5)
        assert np.isclose(u["correlation"], pearsonr(state[:, k], count)[0],
                          atol=1e-6)


def told(steps, cells, units, trial, step, count, phase, known, folder, mean,
         sd):
    with h5py.File(f"{folder}/activations/recording.align.activations.h5") as f:
        state = f["states/hidden"][()]
        test = f["trials/split"][()] == 2
    row = {(t, s): k for k, (t, s) in enumerate(zip(trial, step))}
    assert len(set(steps["trial"])) == 3 and test[steps["trial"]].all()
    for s in steps:
        k = row[s["trial"], s["step"]]
        assert (s["eligible"] != 0) == known[k]
        if known[k]:
            assert s["value"] == count[k]
            assert s["others"].decode() == f"phase = {phase[k]}"
    assert len(cells) == len(steps) * len(units)
    k = [row[t, s] for t, s in zip(cells["trial"], cells["step"])]
    u = cells["unit"]
    assert np.allclose(cells["state"], (state[k, u] - mean[u]) / sd[u],
                       atol=1e-5)
    assert (units["unit"][cells["rank"]] == u).all()


def unfilter(how, line, above):
    """A line of PNG, whose bytes tell the difference to the left, to the one
    above, to their mean, or to the nearest of those and the corner (Paeth)."""
    corner = [0, 0, 0] + list(above)
    line = [0, 0, 0] + list(line)
    for i in range(3, len(line)):
        a, b, c = line[i - 3], corner[i], corner[i - 3]
        near = a + b - c
        line[i] = (line[i] + (
            a if how == 1 else b if how == 2 else (a + b) // 2 if how == 3
            else a if abs(near - a) <= min(abs(near - b), abs(near - c))
            else b if abs(near - b) <= abs(near - c) else c)) % 256
    return line[3:]


def pixels(png):
    """(height, width, 3) of an RGB image."""
    at, data = 8, b""
    while at < len(png):
        size, kind = int.from_bytes(png[at:at + 4], "big"), png[at + 4:at + 8]
        body = png[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height = np.frombuffer(body[:8], ">u4")
            assert tuple(body[8:]) == (8, 2, 0, 0, 0)
        data += body if kind == b"IDAT" else b""
        at += 12 + size
    lines = np.frombuffer(zlib.decompress(data), "u1").reshape(height, -1)
    image = np.zeros((height + 1, 3 * width), int)
    for y, line in enumerate(lines.astype(int)):
        image[y + 1] = unfilter(line[0], line[1:], image[y]) if line[0] \
            else line[1:]
    return image[1:].reshape(height, width, 3)


def drawn(page, cells, steps):
    """Highest-ranked units on top, time to the right, red above the mean."""
    images = re.findall(r"data:image/png;base64,([^'\"]+)", page)
    trials = list(dict.fromkeys(steps["trial"]))
    assert len(images) == 2 * len(trials)       # for wide and narrow screens
    for trial, image in zip(trials, images):
        image = pixels(base64.b64decode(image))
        own = cells[cells["trial"] == trial]
        state = np.zeros((own["rank"].max() + 1, own["step"].max() + 1))
        state[own["rank"], own["step"]] = np.clip(own["state"], -2.5, 2.5)
        y, x = [(n // m * (2 * np.arange(m) + 1) + 1) // 2 for n, m in
                zip(image.shape, state.shape)]
        dots = image[np.ix_(y, x)].astype(int)
        redder = dots[..., 0] - dots[..., 2]
        assert np.corrcoef(redder.ravel(), state.ravel())[0, 1] > 0.999


def tuned(tuning, units, z, count, phase, trial):
    ends = list(units["unit"][:3]) + list(units["unit"][-3:])
    tuples, width = set(zip(count, phase)), []
    assert len(tuning) == 6 * len(tuples)
    assert set(tuning["unit"]) == set(ends)
    for y in tuning:
        at = (count == y["value"]) & \
            (np.char.add("phase = ", phase) == y["others"].decode())
        x, of = z[at, y["unit"]], trial[at]
        groups = np.unique(of)
        assert (y["n"], y["trials"]) == (at.sum(), len(groups))
        assert np.isclose(y["mean"], x.mean(), atol=1e-6)
        if len(groups) < 2:
            assert np.isnan(y["low"]) and np.isnan(y["high"])
            continue
        assert y["low"] <= y["mean"] + 1e-6 and y["mean"] <= y["high"] + 1e-6
        rest = np.array([(x - x.mean())[of == g].sum() for g in groups])
        half = norm.ppf(0.975) * np.sqrt((rest ** 2).sum()) / len(x)
        if len(groups) >= 10:
            width.append((y["high"] - y["low"]) / 2 / half)
    assert len(width) > 10 and 0.95 < np.median(width) < 1.05
    assert 0.7 < min(width) and max(width) < 1.3


def covered(coverage, folder, count, phase, split):
    asked = {"full": 0, "count": 0}
    missed = 0
    for c in coverage:
        recorded = ((count == c["value"]) & (split == c["split"]) & (
            np.char.add("phase = ", phase) == c["others"].decode())).sum()
        assert c["recorded"] == recorded
        asked[c["variable"].decode()] += c["wanted"]
        missed += 0 if recorded else c["wanted"]
    paths = glob.glob(f"{folder}/interventions/*.to.recording.*")
    paths = [p for p in paths if p.endswith(".h5") and "shuffled" not in p]
    wanted = without = 0
    for path in paths:
        with h5py.File(path) as f:
            wanted += len(f["cf_row"])
            without += (f["cf_row"][()] < 0).sum()
    assert len(paths) == 4 and sum(asked.values()) == wanted
    assert missed == without and missed > 0
    assert asked["full"] == asked["count"]


if __name__ == "__main__":
    main(sys.argv[1])
