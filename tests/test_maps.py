#!/usr/bin/python3
"""test_maps.py - stored maps put to use: align --apply scores them on samples,
align --transform brings states into the aligned space. Judged with h5py and
numpy; prints as CMocka does."""
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy as np

BIN = os.path.abspath(os.environ.get("BUILD", "build"))
SYSTEMS = {1: ("m", "multi-object", 10), 2: ("s", "same-object", 8)}
DIRECTIONS = [(1, 1), (2, 1), (1, 2), (2, 2)]


def run(program, *words, status=0):
    done = subprocess.run([f"{BIN}/{program}", "--threads", "1", *words],
                          capture_output=True, text=True)
    assert done.returncode == status, (program, words, done.stderr)
    return done.stderr


def problem(samples="int"):
    return [word for k, (name, _, _) in SYSTEMS.items()
            for word in ("--system", f"{k}={name}.act.h5,{name}.model.h5")] + [
        word for j, i in DIRECTIONS
        for word in ("--direction", f"{j}:{i}={j}{i}.{samples}.h5")]


def draw(samples, seed):
    for j, i in DIRECTIONS:
        run("build-cf-latents", "--source", f"{SYSTEMS[j][0]}.act.h5",
            "--target", f"{SYSTEMS[i][0]}.act.h5", "--variable", "count",
            "--samples", "train=192,valid=64,test=300", "--seed", str(seed),
            "-o", f"{j}{i}.{samples}.h5")


def make():
    for k, (name, task, width) in SYSTEMS.items():
        run("gen-data", "--task", task, "--max-quantity", "3", "--split",
            "train=192,valid=64,test=96", "-o", f"{name}.data.h5")
        run("train", "--data", f"{name}.data.h5", "--width", str(width),
            "--lr", "0.01", "--epochs", "80", "--criterion", "none",
            "-o", f"{name}.model.h5")
        run("record-activations", "--model", f"{name}.model.h5",
            "--data", f"{name}.data.h5", "-o", f"{name}.act.h5")
    draw("int", 1)
    run("align", *problem(), "--batch", "64", "--epochs", "60",
        "--null-draws", "3", "--dims", "3", "-o", "learnt.h5")


def iia(path):
    with h5py.File(path) as f:
        return {(int(d["source"]), int(d["target"])): d
                for d in f["directions"][()]}


def maps(path="learnt.h5"):
    with h5py.File(path) as f:
        return ({k: f[f"systems/{k}/Q"][()] for k in SYSTEMS},
                {k: float(f[f"systems/{k}/c"][()]) for k in SYSTEMS},
                int(f.attrs["dims"]))


def states(path, site):
    with h5py.File(path) as f:
        return f[f"states/{site}"][()].astype(float)


def applied_maps_score_as_when_they_were_learnt():
    run("align", *problem(), "--apply", "learnt.h5", "--batch", "64",
        "--null-draws", "3", "-o", "applied.h5")
    old, new = iia("learnt.h5"), iia("applied.h5")
    assert list(old) == list(new) == DIRECTIONS
    for d in DIRECTIONS:
        for column in old[d].dtype.names:
            if column == "role":        # applied maps learn nothing: score
                assert new[d][column] == 2
            elif not column.startswith("null"):
                assert old[d][column] == new[d][column], (d, column)
    assert 0 < min(d["iia_test"] for d in new.values())
    with h5py.File("learnt.h5") as a, h5py.File("applied.h5") as b:
        for j, i in DIRECTIONS:
            one, two = (f[f"test/{j}to{i}/correct"][()] for f in (a, b))
            assert (one == two).all() and one.mean() == old[j, i]["iia_test"]


def applied_maps_are_the_stored_ones():
    for one, two in zip(maps("learnt.h5")[:2], maps("applied.h5")[:2]):
        for k in SYSTEMS:
            assert np.abs(one[k] - two[k]).max() < 1e-12
    assert maps("learnt.h5")[2] == maps("applied.h5")[2] == 3
    with h5py.File("applied.h5") as f:
        names = {n.decode() for n in f["provenance/files"]["name"]}
        assert "learnt.h5" in names and f.attrs["steps"] == 0


def applied_maps_are_scored_on_other_samples():
    draw("other", 2)
    run("align", *problem("other"), "--apply", "learnt.h5",
        "--null-draws", "3", "-o", "other.h5")
    old, new = iia("learnt.h5"), iia("other.h5")
    for d in DIRECTIONS:
        assert new[d]["loss_test"] != old[d]["loss_test"]
        assert abs(new[d]["iia_test"] - old[d]["iia_test"]) < 0.15, d


def one_direction_can_be_applied_alone():
    run("align", *problem()[:4], "--direction", "2:1=21.int.h5", "--apply",
        "learnt.h5", "--null-draws", "3", "-o", "alone.h5")
    assert list(iia("alone.h5")) == [(2, 1)]
    assert iia("alone.h5")[2, 1]["iia_test"] == \
        iia("learnt.h5")[2, 1]["iia_test"]


def maps_of_systems_in_another_order_are_refused():
    said = run("align", "--system", "1=s.act.h5,s.model.h5", "--direction",
               "1:1=22.int.h5", "--apply", "learnt.h5", "-o", "x.h5",
               status=65)
    assert said.count("\n") == 1 and "learnt.h5" in said, said
    assert not os.path.exists("x.h5")


def transformed_states_are_c_Q_h():
    Q, c, _ = maps()
    for k, (name, _, width) in SYSTEMS.items():
        run("align", "--apply", "learnt.h5", "--transform", f"{name}.act.h5",
            "-o", f"{name}.aligned.h5")
        want = c[k] * states(f"{name}.act.h5", "hidden") @ Q[k].T
        got = states(f"{name}.aligned.h5", "aligned")
        assert got.shape == want.shape == (len(want), width)
        assert np.abs(got - want).max() < 1e-5
        with h5py.File(f"{name}.act.h5") as a, \
                h5py.File(f"{name}.aligned.h5") as b:
            for path in ("rows/trial", "rows/step", "rows/token",
                         "trials/length", "variables/count"):
                assert (a[path][()] == b[path][()]).all(), path


def swapping_K_aligned_coordinates_is_equation_3():
    Q, c, K = maps()
    for j, i in DIRECTIONS:
        with h5py.File(f"{j}{i}.int.h5") as f:
            target, source = f["target_row"][:40], f["source_row"][:40]
        z = states(f"{SYSTEMS[i][0]}.aligned.h5", "aligned")[target]
        z[:, :K] = states(f"{SYSTEMS[j][0]}.aligned.h5",
                          "aligned")[source][:, :K]
        v = np.linalg.solve(c[i] * Q[i], z.T).T

        h_i = states(f"{SYSTEMS[i][0]}.act.h5", "hidden")[target]
        h_j = states(f"{SYSTEMS[j][0]}.act.h5", "hidden")[source]
        F_i, F_j = c[i] * Q[i][:K], c[j] * Q[j][:K]
        lean = h_i + (h_j @ F_j.T - h_i @ F_i.T) @ Q[i][:K] / c[i]
        assert np.abs(v - lean).max() < 1e-5, (j, i)
        assert np.abs(v - h_i).max() > 1e-2, "nothing was exchanged"
        rest = Q[i][K:] @ v.T
        assert np.abs(rest - Q[i][K:] @ h_i.T).max() < 1e-5


def a_system_without_a_map_is_refused():
    run("gen-data", "--task", "arithmetic", "--max-quantity", "3", "--split",
        "train=16,valid=8,test=8", "-o", "a.data.h5")
    run("train", "--data", "a.data.h5", "--width", "8", "--epochs", "1",
        "--criterion", "none", "-o", "a.model.h5")
    run("record-activations", "--model", "a.model.h5", "--data", "a.data.h5",
        "-o", "a.act.h5")
    said = run("align", "--apply", "learnt.h5", "--transform", "a.act.h5",
               "-o", "x.h5", status=65)
    assert said.count("\n") == 1 and "learnt.h5" in said, said
    run("align", "--transform", "m.act.h5", "-o", "x.h5", status=64)
    assert not os.path.exists("x.h5")


TESTS = [applied_maps_score_as_when_they_were_learnt,
         applied_maps_are_the_stored_ones,
         applied_maps_are_scored_on_other_samples,
         one_direction_can_be_applied_alone,
         maps_of_systems_in_another_order_are_refused,
         transformed_states_are_c_Q_h,
         swapping_K_aligned_coordinates_is_equation_3,
         a_system_without_a_map_is_refused]


def main():
    failed = 0
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        make()
        for test in TESTS:
            try:
                test()
            except Exception as error:      # each is counted
                failed += 1
                line = error.__traceback__.tb_next.tb_lineno
                print(f"[  FAILED  ] {test.__name__}, line {line}: "
                      f"{type(error).__name__} {error}")
    finally:
        shutil.rmtree(folder)
    print(f"[  PASSED  ] {len(TESTS) - failed} test(s).")
    if failed:
        print(f"{failed} FAILED TEST(S)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
