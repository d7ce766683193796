"""record_nwb.py ACTIVATIONS NWB [SEED] - a recording of a counting model, as a
laboratory would hand it over.

Sorted units fire as Poisson processes whose rates follow the model's hidden
state: softplus of a random projection of the standardised state, one step of
the model every 100 ms. A tenth of the units is noise that follows nothing and
is labelled so. A stretch of the session was not observed. pynwb writes the
file; nothing of this project is used but the activations, read by h5py.

What it holds: /units (spike_times, quality, obs_intervals), /intervals/trials
(n_items, split; from the first item to the last response) and
/intervals/tokens, the items and responses with the count after each. Between
the two is the go cue, at which nothing is counted."""
import datetime
import sys

import h5py
import numpy as np
from pynwb import NWBFile, NWBHDF5IO
from pynwb.core import VectorData
from pynwb.epoch import TimeIntervals
from pynwb.file import Subject
from pynwb.misc import Units

STEP, PAUSE = 0.1, 0.5                  # s
CLOCK = 30000                           # Hz, of the recording system
UNITS, NOISE = 80, 8
RATE = 8.0                              # Hz, of a unit that nothing drives
GAP = (0.40, 0.43)                      # of the session
ITEMS, RESPONSE = ["Da", "Db", "Dc"], ["R"]


def session(path):
    """States, trials and variables, and the time of each row."""
    with h5py.File(path) as f:
        words = [w.decode() for w in f["vocabulary"][()]]
        trial = f["rows/trial"][()]
        step = f["rows/step"][()]
        rows = {
            "state": f["states/hidden"][()].astype(float),
            "token": [words[t] for t in f["rows/token"][()]],
            "count": f["variables/count"][()],
            "phase": f["variables/phase"][()],
        }
        quantity = f["trials/quantity"][()]
        length = f["trials/length"][()]
        split = f["trials/split"][()]
    begin = np.cumsum(length * STEP + PAUSE) - length * STEP
    rows["time"] = begin[trial] + step * STEP
    shown = np.isin(rows["token"], ITEMS + RESPONSE)
    rows["shown"] = np.flatnonzero(shown)
    return rows, begin + STEP, begin + (length - 1) * STEP, quantity, split


def spikes(state, time, rng):
    """Spike times of every unit, and which units are noise."""
    z = (state - state.mean(0)) / state.std(0)
    drive = z @ rng.normal(size=(z.shape[1], UNITS)) / np.sqrt(z.shape[1])
    noise = np.arange(UNITS) >= UNITS - NOISE
    drive[:, noise] = 0
    rate = RATE * np.log1p((np.e - 1) * np.exp(1.5 * drive))
    counts = rng.poisson(rate * STEP)
    trains = []
    for unit in range(UNITS):
        row = np.repeat(np.arange(len(time)), counts[:, unit])
        at = time[row] + rng.uniform(0, STEP, len(row))
        trains.append(np.sort(np.floor(at * CLOCK)) / CLOCK)
    return trains, noise


def write(path, rows, begin, end, quantity, split, trains, noise):
    nwb = NWBFile(
        session_description="A counting model, recorded through units that "
        "fire at random around its state",
        identifier="mas-example-recording",
        session_start_time=datetime.datetime(
            2026, 1, 1, tzinfo=datetime.timezone.utc),
        experimenter=["Example, A."], institution="none", lab="none",
        experiment_description="Items are shown one by one, then as many "
        "responses are given", keywords=["counting", "simulation"],
        session_id="1")
    nwb.subject = Subject(subject_id="model", description="a GRU",
                          species="Homo sapiens", sex="U", age="P0D")
    last = rows["time"][-1] + STEP
    gap = [g * last for g in GAP]
    observed = np.array([[0.0, gap[0]], [gap[1], last]])
    nwb.units = Units(name="units", description="sorted units",
                      resolution=1 / CLOCK)
    nwb.add_unit_column("quality", "what the sorter made of the unit")
    for unit, train in enumerate(trains):
        keep = (train < gap[0]) | (train >= gap[1])
        nwb.add_unit(spike_times=train[keep], obs_intervals=observed,
                     quality="noise" if noise[unit] else "good")
    nwb.add_trial_column("n_items", "items shown")
    nwb.add_trial_column("split", "what the trial is for")
    for k in range(len(begin)):
        nwb.add_trial(start_time=begin[k], stop_time=end[k],
                      n_items=int(quantity[k]),
                      split=("train", "valid", "test")[split[k]])
    time = rows["time"][rows["shown"]]
    columns = (
        ("start_time", "s", time),
        ("stop_time", "s", time + STEP),
        ("token", "Da, Db, Dc: an item; R: a response",
         [rows["token"][k] for k in rows["shown"]]),
        ("count", "items shown less responses given",
         rows["count"][rows["shown"]]),
        ("phase", "demo until the go cue, then response",
         [("demo", "response")[rows["phase"][k]] for k in rows["shown"]]))
    tokens = TimeIntervals(
        name="tokens", description="what was shown or done, 100 ms each",
        columns=[VectorData(name=n, description=d, data=list(x))
                 for n, d, x in columns])
    nwb.add_time_intervals(tokens)
    with NWBHDF5IO(path, "w") as io:
        io.write(nwb)


def main():
    rng = np.random.default_rng(int((sys.argv + ["1"])[3]))
    rows, begin, end, quantity, split = session(sys.argv[1])
    trains, noise = spikes(rows["state"], rows["time"], rng)
    write(sys.argv[2], rows, begin, end, quantity, split, trains, noise)
    print(f"{sys.argv[2]}: {UNITS} units, {sum(map(len, trains))} spikes, "
          f"{len(begin)} trials, {end[-1] / 60:.0f} minutes")


if __name__ == "__main__":
    main()
