#!/usr/bin/python3
"""test_three_part.py - the counting model of figure 5 against a replay of its
equations in numpy, and what makes it worth a figure: a linear map carries its
count, exchanges of subspaces do not. Prints as CMocka does."""
import os
import sys

import h5py
import numpy as np

from said import prove, run

E, T, R = 2, 7, 8
EFFECT = np.zeros((9, 3))
EFFECT[3:6] = 0, 0, 1
EFFECT[T] = 0, -100, 0
EFFECT[R] = 1, 1, 0


def make():
    run("gen-data", "--task", "multi-object", "--split",
        "train=300,valid=100,test=400", "-o", "data.h5")
    run("train", "--data", "data.h5", "--arch", "three-part", "--width", "3",
        "--lr", "0", "--lr-min", "0", "-o", "model.h5")
    run("record-activations", "--model", "model.h5", "--data", "data.h5",
        "-o", "act.h5")
    for site, variable in (("hidden", "count"), ("embedding", "last_value")):
        run("build-cf-latents", "--target", "act.h5", "--source", "act.h5",
            "--variable", variable, "--site", site, "--samples",
            "train=1000,valid=300,test=1000", "-o", f"{site}.int.h5")
        for K in (1, 3):
            run("align", "--preset", "das", "--site", site, "--dims", str(K),
                "--system", "1=act.h5,model.h5", "--direction",
                f"1:1={site}.int.h5", "--epochs", "100", "--null-draws", "3",
                "-o", f"{site}.{K}.h5")


# ---- the model again ----

def s(z):
    return np.sqrt(np.maximum(z, 0.25))


def step(h, e):
    return np.stack([h[:, 0] + e[:, 0],
                     np.maximum(0, h[:, 1] + e[:, 1] / s(h[:, 2])),
                     h[:, 2] + e[:, 2]], 1)


def says(h):
    """Logit of R; that of E is 0."""
    return 8 * (h[:, 2] - h[:, 1] * s(h[:, 2]) - 0.5)


def go_on(v, tokens, marked):
    """Loss and whether all is right, of each sample that goes on from v."""
    loss, right = np.zeros(len(v)), np.ones(len(v), bool)
    for token, mark in zip(tokens.T, marked.T.astype(bool)):
        sign = np.where(token == R, 1, -1) * says(v)
        loss += np.where(mark, np.logaddexp(0, -sign), 0)
        right &= ~mark | (sign > 0)
        v = step(v, EFFECT[token])
    return loss, right


def acts():
    with h5py.File("act.h5") as f:
        return {path: f[path][()] for path in (
            "states/embedding", "states/hidden", "rows/token", "rows/step",
            "rows/determined", "variables/count", "variables/phase")}


def samples(site):
    """Test samples: counterfactual tokens, their marks, both rows."""
    with h5py.File(f"{site}.int.h5") as f:
        i = f["split"][()] == 2
        return (f["tokens"][()][i].astype(int), f["determined"][()][i],
                f["target_row"][()][i], f["source_row"][()][i])


def outcome(site, K):
    with h5py.File(f"{site}.{K}.h5") as f:
        d = f["directions"][0]
        return (f["test/1to1/loss"][()], f["test/1to1/correct"][()] != 0,
                float(d["iia_test"]), f["systems/1/Q"][()][:K])


# ---- tests ----

def the_criterion_is_met_with_nothing_to_learn():
    with h5py.File("model.h5") as f:
        assert f.attrs["criterion_met"] and f.attrs["epochs"] == 2
        assert f.attrs["arch"] == b"three-part" and f.attrs["width"] == 3
        assert list(f["parameters"]) == ["embedding.weight"]
        assert (f["parameters/embedding.weight"][()] == EFFECT).all()


def its_tokens_are_those_of_multi_object():
    with h5py.File("data.h5") as f:
        words = [w.decode() for w in f["vocabulary"]]
    assert len(words) == len(EFFECT)
    assert (E, T, R) == tuple(map(words.index, "ETR"))
    counted = {word for word, e in zip(words, EFFECT) if e[2] == 1}
    assert counted == {"Da", "Db", "Dc"}
    assert not EFFECT[list(map(words.index, ("PAD", "B", "E", "V")))].any()


def recorded_states_are_those_of_the_equations():
    a = acts()
    h = np.zeros((len(a["rows/token"]), 3))
    for t in range(a["rows/step"].max() + 1):
        row = np.nonzero(a["rows/step"] == t)[0]
        h[row] = step(h[row - 1] if t else h[row], EFFECT[
            a["rows/token"][row]])
    assert (a["states/embedding"] == EFFECT[a["rows/token"]]).all()
    assert np.abs(a["states/hidden"] - h).max() < 1e-5
    row = np.nonzero(a["rows/determined"])[0]
    assert (np.where(says(h[row - 1]) > 0, R, E) == a["rows/token"][row]).all()
    assert np.abs(says(h[row - 1])).min() > 3.9     # half a step, times 8


def count_is_the_linear_function_z_less_x():
    a = acts()
    x, _, z = a["states/hidden"].T
    assert (a["variables/count"] == z - x).all()
    demo = a["variables/phase"] == 0
    assert not a["states/hidden"][demo, :2].any()


def going_on_from_either_site_is_that_of_the_equations():
    a = acts()
    for site in ("hidden", "embedding"):
        tokens, marked, t, src = samples(site)
        for K in (1, 3):
            loss, right, iia, Q = outcome(site, K)
            h, other = (a[f"states/{site}"][r].astype(float) for r in (t, src))
            v = h + (other - h) @ Q.T @ Q
            if site == "embedding":
                v = step(a["states/hidden"][t - 1].astype(float), v)
            mine, good = go_on(v, tokens, marked)
            assert np.abs(mine - loss).max() < 1e-3 * mine.max(), (site, K)
            assert (good != right).mean() < 0.003, (site, K)
            assert abs(iia - good.mean()) < 0.003 and 0 < iia < 1, (site, K)


def a_linear_map_carries_the_count_and_no_exchange_does():
    a = acts()
    tokens, marked, t, src = samples("hidden")
    h = a["states/hidden"].astype(float)
    count = np.zeros((len(t), 3))
    count[:, 2] = h[src, 2] - h[src, 0]
    assert go_on(count, tokens, marked)[1].all()

    demo = a["variables/phase"] == 0
    whole = go_on(h[src], tokens, marked)[1]
    assert (whole == ~(demo[t] & ~demo[src])).all()
    assert 0.7 < outcome("hidden", 3)[2] < 0.8
    assert 0.1 < outcome("hidden", 1)[2] < 0.4
    rng, best = np.random.default_rng(1), [0, 0]
    for _ in range(200):
        Q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        for K in (1, 2):
            v = h[t] + (h[src] - h[t]) @ Q[:, :K] @ Q[:, :K].T
            best[K - 1] = max(best[K - 1], go_on(v, tokens, marked)[1].mean())
    assert 0.2 < best[0] < 0.5 and 0.4 < best[1] < 0.8, best


def another_width_or_vocabulary_is_refused():
    said = run("train", "--data", "data.h5", "--arch", "three-part", "-o",
               "x.h5", status=64)
    assert "three-part is of width 3 and for 9 tokens, not 48 and 9" in said
    run("gen-data", "--task", "same-object", "--split",
        "train=8,valid=8,test=8", "-o", "same.h5")
    said = run("train", "--data", "same.h5", "--arch", "three-part",
               "--width", "3", "-o", "x.h5", status=64)
    assert "not 3 and 5" in said and said.count("\n") == 1
    assert not os.path.exists("x.h5")


TESTS = [the_criterion_is_met_with_nothing_to_learn,
         its_tokens_are_those_of_multi_object,
         recorded_states_are_those_of_the_equations,
         count_is_the_linear_function_z_less_x,
         going_on_from_either_site_is_that_of_the_equations,
         a_linear_map_carries_the_count_and_no_exchange_does,
         another_width_or_vocabulary_is_refused]


if __name__ == "__main__":
    sys.exit(prove(TESTS, make))
