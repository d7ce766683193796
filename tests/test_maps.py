#!/usr/bin/python3
"""test_maps.py - stored maps of every form put to use: align --apply scores
them on samples, align --transform brings states into the aligned space. Judged
with h5py and numpy, by the convention that stands in the file; prints as CMocka
does."""
import os
import sys

import h5py
import numpy as np
import scipy.linalg

from said import prove, run

SYSTEMS = {1: ("m", "multi-object", 10), 2: ("s", "same-object", 8)}
DIRECTIONS = [(1, 1), (2, 1), (1, 2), (2, 2)]
PARTS = {"rotation": {"Q", "A", "base", "c"},
         "cayley": {"Q", "A", "base", "c"}, "affine": {"W", "b"}}
CONVENTION = {"rotation": "r = R h = c Q h, h and r column vectors",
              "cayley": "r = R h = c Q h, h and r column vectors",
              "affine": "r = R h = W h + b, h and r column vectors"}


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
    for form in PARTS:
        run("align", *problem(), "--map", form, "--batch", "64", "--epochs",
            "60", "--null-draws", "3", "--dims", "3", "-o", f"{form}.h5")


def iia(path):
    with h5py.File(path) as f:
        return {(int(d["source"]), int(d["target"])): d
                for d in f["directions"][()]}


def parts(path, k):
    with h5py.File(path) as f:
        return {name: x[()] for name, x in f[f"systems/{k}"].items()}


def maps(path):
    """K, and of each system L and s of R h = L h + s."""
    with h5py.File(path) as f:
        form, K = f.attrs["map"].decode(), int(f.attrs["dims"])
    R = {}
    for k, (_, _, m) in SYSTEMS.items():
        p = parts(path, k)
        R[k] = (p["W"], p["b"]) if form == "affine" else \
            (p["c"] * p["Q"], np.zeros(m))
        assert R[k][0].shape == (m, m) and R[k][1].shape == (m,)
    return K, R


def states(path, site):
    with h5py.File(path) as f:
        return f[f"states/{site}"][()].astype(float)


def a_file_holds_the_parts_of_its_form():
    for form in PARTS:
        with h5py.File(f"{form}.h5") as f:
            assert f.attrs["map"].decode() == form
            assert f.attrs["convention"].decode() == CONVENTION[form]
            assert f.attrs["best_step"] > 0
        for k in SYSTEMS:
            assert set(parts(f"{form}.h5", k)) == PARTS[form], form


def Q_is_what_its_form_makes_of_base_and_A():
    turn = {"rotation": scipy.linalg.expm, "cayley": lambda A:
            scipy.linalg.solve(np.eye(len(A)) - A / 2, np.eye(len(A)) + A / 2)}
    for form, T in turn.items():
        for k, (_, _, m) in SYSTEMS.items():
            p = parts(f"{form}.h5", k)
            assert np.abs(p["A"]).max() > 0.1 and (p["A"] == -p["A"].T).all()
            for Q in (p["Q"], p["base"]):
                assert np.abs(Q.T @ Q - np.eye(m)).max() < 1e-12, (form, k)
            assert np.abs(p["base"] @ T(p["A"]) - p["Q"]).max() < 1e-12


def cayley_s_maps_exchange_as_well_as_rotations():
    old, new = iia("rotation.h5"), iia("cayley.h5")
    for d in DIRECTIONS:
        assert abs(new[d]["iia_test"] - old[d]["iia_test"]) < 0.06, d
        assert new[d]["iia_test"] > new[d]["null_high"], d


def an_affine_map_is_free_and_its_idle_shift_stays_0():
    K, R = maps("affine.h5")
    for W, b in R.values():
        bent = W @ W.T / np.mean(np.diag(W @ W.T)) - np.eye(len(W))
        assert np.abs(bent).max() > 1e-2, "no more than a rotation"
        assert (b[:K] != 0).all() and (b[K:] == 0).all()


def applied_maps_score_as_when_they_were_learnt():
    for form in PARTS:
        run("align", *problem(), "--apply", f"{form}.h5", "--null-draws",
            "3", "-o", f"{form}.applied.h5")
        old, new = iia(f"{form}.h5"), iia(f"{form}.applied.h5")
        assert list(old) == list(new) == DIRECTIONS
        for d in DIRECTIONS:
            for column in old[d].dtype.names:
                if column == "role":    # applied maps learn nothing: score
                    assert new[d][column] == 2
                elif column in ("iia_train", "iia_valid"):
                    assert np.isnan(new[d][column])
                elif not column.startswith("null"):
                    x, y = old[d][column], new[d][column]
                    assert x == y or np.isclose(x, y, rtol=1e-6, atol=0,
                                                equal_nan=True), \
                        (form, d, column)
        assert all(0 < d["iia_test"] for d in new.values())
        with h5py.File(f"{form}.h5") as a, \
                h5py.File(f"{form}.applied.h5") as b:
            for j, i in DIRECTIONS:
                one, two = (f[f"test/{j}to{i}/correct"][()] for f in (a, b))
                assert (one == two).all()
                assert one.mean() == old[j, i]["iia_test"]


def applied_maps_are_the_stored_ones():
    for form in PARTS:
        (K, one), (same_K, two) = (maps(f"{form}{end}.h5")
                                   for end in ("", ".applied"))
        for k in SYSTEMS:
            for x, y in zip(one[k], two[k]):
                assert (x == y).all(), (form, k)
        assert K == same_K == 3
        with h5py.File(f"{form}.applied.h5") as f:
            names = {n.decode() for n in f["provenance/files"]["name"]}
            assert f"{form}.h5" in names and f.attrs["steps"] == 0
            assert f.attrs["map"].decode() == form


def applied_maps_are_scored_on_other_samples():
    draw("other", 2)
    for form in PARTS:
        run("align", *problem("other"), "--apply", f"{form}.h5",
            "--null-draws", "3", "-o", "other.h5")
        old, new = iia(f"{form}.h5"), iia("other.h5")
        os.remove("other.h5")
        for d in DIRECTIONS:
            assert new[d]["loss_test"] != old[d]["loss_test"]
            assert abs(new[d]["iia_test"] - old[d]["iia_test"]) < 0.15, d


def one_direction_can_be_applied_alone():
    run("align", *problem()[:4], "--direction", "2:1=21.int.h5", "--apply",
        "rotation.h5", "--null-draws", "3", "-o", "alone.h5")
    assert list(iia("alone.h5")) == [(2, 1)]
    assert iia("alone.h5")[2, 1]["iia_test"] == \
        iia("rotation.h5")[2, 1]["iia_test"]


def maps_of_systems_in_another_order_are_refused():
    said = run("align", "--system", "1=s.act.h5,s.model.h5", "--direction",
               "1:1=22.int.h5", "--apply", "rotation.h5", "-o", "x.h5",
               status=65)
    assert said.count("\n") == 1 and "rotation.h5" in said, said
    assert not os.path.exists("x.h5")


def transformed_states_are_R_h():
    for form in PARTS:
        _, R = maps(f"{form}.h5")
        for k, (name, _, width) in SYSTEMS.items():
            run("align", "--apply", f"{form}.h5", "--transform",
                f"{name}.act.h5", "-o", f"{name}.{form}.h5")
            L, s = R[k]
            want = states(f"{name}.act.h5", "hidden") @ L.T + s
            got = states(f"{name}.{form}.h5", "aligned")
            assert got.shape == want.shape == (len(want), width)
            assert np.abs(got - want).max() < 1e-5 * np.abs(want).max()
            with h5py.File(f"{name}.act.h5") as a, \
                    h5py.File(f"{name}.{form}.h5") as b:
                for path in ("rows/trial", "rows/step", "rows/token",
                             "trials/length", "variables/count"):
                    assert (a[path][()] == b[path][()]).all(), path


def swapping_K_aligned_coordinates_is_equation_3():
    for form in PARTS:
        K, R = maps(f"{form}.h5")
        for j, i in DIRECTIONS:
            (L_i, s_i), (L_j, s_j) = R[i], R[j]
            with h5py.File(f"{j}{i}.int.h5") as f:
                target, source = f["target_row"][:40], f["source_row"][:40]
            z = states(f"{SYSTEMS[i][0]}.{form}.h5", "aligned")[target]
            z[:, :K] = states(f"{SYSTEMS[j][0]}.{form}.h5",
                              "aligned")[source][:, :K]
            v = np.linalg.solve(L_i, (z - s_i).T).T

            h_i = states(f"{SYSTEMS[i][0]}.act.h5", "hidden")[target]
            h_j = states(f"{SYSTEMS[j][0]}.act.h5", "hidden")[source]
            delta = (h_j @ L_j[:K].T + s_j[:K]) - (h_i @ L_i[:K].T + s_i[:K])
            lean = h_i + delta @ np.linalg.inv(L_i)[:, :K].T
            assert np.abs(v - lean).max() < 1e-4, (form, j, i)
            assert np.abs(v - h_i).max() > 1e-2, "nothing was exchanged"
            rest = L_i[K:] @ (v - h_i).T
            assert np.abs(rest).max() < 1e-4, "what is kept was touched"


def all_dimensions_into_a_system_are_one_affine_map():
    run("align", *problem()[:4], "--direction", "1:2:behaviour=12.int.h5",
        "--map", "affine", "--dims", "8", "--batch", "64", "--epochs", "60",
        "--null-draws", "3", "-o", "linear.h5")
    K, R = maps("linear.h5")
    assert K == SYSTEMS[2][2] == len(R[2][0])
    d = iia("linear.h5")[1, 2]
    assert d["iia_test"] > d["null_mean"], d
    (L_i, s_i), (L_j, s_j) = R[2], R[1]
    M, t = np.linalg.solve(L_i, L_j[:K]), np.linalg.solve(L_i, s_j[:K] - s_i)
    assert M.shape == (8, 10) and np.linalg.matrix_rank(M) == 8
    assert np.abs(t).max() > 1e-3, "no shift was learnt"


def a_form_that_is_not_on_the_menu_is_refused():
    said = run("align", *problem(), "--map", "wormhole", "-o", "x.h5",
               status=64)
    assert said.count("\n") == 1 and ", ".join(PARTS) in said, said


def a_system_without_a_map_is_refused():
    run("gen-data", "--task", "arithmetic", "--max-quantity", "3", "--split",
        "train=16,valid=8,test=8", "-o", "a.data.h5")
    run("train", "--data", "a.data.h5", "--width", "8", "--epochs", "1",
        "--criterion", "none", "-o", "a.model.h5")
    run("record-activations", "--model", "a.model.h5", "--data", "a.data.h5",
        "-o", "a.act.h5")
    said = run("align", "--apply", "rotation.h5", "--transform", "a.act.h5",
               "-o", "x.h5", status=65)
    assert said.count("\n") == 1 and "rotation.h5" in said, said
    run("align", "--transform", "m.act.h5", "-o", "x.h5", status=64)
    assert not os.path.exists("x.h5")


TESTS = [a_file_holds_the_parts_of_its_form,
         Q_is_what_its_form_makes_of_base_and_A,
         cayley_s_maps_exchange_as_well_as_rotations,
         an_affine_map_is_free_and_its_idle_shift_stays_0,
         applied_maps_score_as_when_they_were_learnt,
         applied_maps_are_the_stored_ones,
         applied_maps_are_scored_on_other_samples,
         one_direction_can_be_applied_alone,
         maps_of_systems_in_another_order_are_refused,
         transformed_states_are_R_h,
         swapping_K_aligned_coordinates_is_equation_3,
         all_dimensions_into_a_system_are_one_affine_map,
         a_form_that_is_not_on_the_menu_is_refused,
         a_system_without_a_map_is_refused]


if __name__ == "__main__":
    sys.exit(prove(TESTS, make))
