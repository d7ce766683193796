#!/usr/bin/python3
"""test_pretend.py - a model made a recording, learnt from, and scored in the
end: what is recorded of it, stored maps widened to the whole model, and the
report that holds the two against each other. Judged with h5py, numpy, scipy and
PyTorch; prints as CMocka does."""
import re
import sys

import h5py
import numpy as np
import torch
from scipy.stats import binomtest, kstest, spearmanr

import alignment
import models
from said import prove, run

UNITS, NOISE = 5, 0.3
PAIRS = {(1, 1): "m m", (2, 1): "p m", (1, 2): "m p", (2, 2): "p p"}


def draw(source, target, name, train=192):
    run("build-cf-latents", "--source", f"{source}.act.h5", "--target",
        f"{target}.act.h5", "--variable", "count", "--samples",
        f"train={train},valid=64,test=100", "-o", name)


def learn(recording, words, name):
    systems = ["--system", "1=m.act.h5,m.model.h5", "--system",
               f"2={recording}.act.h5" + (",w.model.h5" if recording == "w"
                                          else "")]
    for (j, i), ends in PAIRS.items():
        source, target = ends.replace("p", recording).split()
        draw(source, target, f"{name}.{j}{i}.int.h5")
        systems += ["--direction", f"{j}:{i}={name}.{j}{i}.int.h5"]
    run("align", *systems, *(words if "--preset" in words else
                             ["--preset", "cmas", *words]), "--batch", "64",
        "--epochs", "60", "--null-draws", "3", "--dims", "3", "-o",
        f"{name}.h5")


def judge(maps, name, *words, status=0, system="w.act.h5,w.model.h5"):
    return run("align", "--apply", maps, "--system", "1=m.act.h5,m.model.h5",
               "--system", f"2={system}", "--null-draws", "3",
               "--direction", "1:2:score=held.12.int.h5",
               "--direction", "2:2:score=held.22.int.h5", *words, "-o", name,
               status=status)


def make():
    run("gen-data", "--task", "multi-object", "--max-quantity", "3", "--split",
        "train=192,valid=64,test=96", "-o", "data.h5")
    for seed, name, width in ((1, "m", 10), (2, "w", 12)):
        run("train", "--data", "data.h5", "--width", str(width), "--lr",
            "0.01", "--epochs", "100", "--seed", str(seed), "--criterion",
            "none", "-o", f"{name}.model.h5")
    record("m", [])
    record("w", [])
    record("w", ["--units", str(UNITS)], "part")
    record("w", ["--noise", str(NOISE)], "noisy")
    learn("w", ["--hold", "2"], "held")
    learn("w", ["--preset", "unimas", "--hold", "2"], "plain")
    learn("w", ["--preset", "cmas", "--hold", "2", "--lambda", "0.9"], "heavy")
    learn("part", [], "learnt")
    judge("learnt.h5", "truth.h5")


def record(model, words, name=None):
    run("record-activations", "--model", f"{model}.model.h5", "--data",
        "data.h5", *words, "-o", f"{name or model}.act.h5")


def states(name, site="hidden"):
    with h5py.File(f"{name}.act.h5") as f:
        return f[f"states/{site}"][()].astype(float)


def a_part_has_the_states_of_some_units():
    with h5py.File("part.act.h5") as f:
        assert not f.attrs["accessible"] and "noise" not in f.attrs
        for site in ("embedding", "hidden"):
            unit = f[f"recorded/{site}"][()]
            assert len(unit) == UNITS and (np.diff(unit) > 0).all()
            assert (f[f"states/{site}"][()] ==
                    states("w", site)[:, unit]).all()
        chosen = f["recorded/hidden"][()]
    with h5py.File("w.act.h5") as f:
        assert f.attrs["accessible"] and "recorded" not in f
    drawn = []
    for seed in range(20):
        record("w", ["--units", str(UNITS), "--seed", str(seed)], "x")
        with h5py.File("x.act.h5") as f:
            drawn.append(f["recorded/hidden"][()])
    assert (drawn[1] == chosen).all()
    assert (np.bincount(np.concatenate(drawn), minlength=12) > 0).all()


def noise_is_normal_and_as_wide_as_said_in_each_unit():
    clean, noisy = states("w"), states("noisy")
    with h5py.File("noisy.act.h5") as f:
        assert not f.attrs["accessible"] and f.attrs["noise"] == NOISE
    noise = (noisy - clean) / clean.std(0) / NOISE
    rows = len(noise)
    assert (np.abs(noise.std(0) - 1) < 5 / np.sqrt(2 * rows)).all()
    assert (np.abs(noise.mean(0)) < 5 / np.sqrt(rows)).all()
    assert all(kstest(u, "norm").pvalue > 1e-3 for u in noise.T)
    among = np.corrcoef(noise.T)[~np.eye(12, dtype=bool)]
    assert np.abs(among).max() < 5 / np.sqrt(rows)
    assert abs((noise[1:] * noise[:-1]).mean()) < 5 / np.sqrt(noise.size)


def more_units_than_there_are_are_refused():
    said = run("record-activations", "--model", "w.model.h5", "--data",
               "data.h5", "--units", "13", "-o", "x.act.h5", status=64)
    assert "site embedding has 12" in said, said


def maps(path, k):
    with h5py.File(path) as f:
        s = f[f"systems/{k}"]
        unit = s["units"][()] if "units" in s else None
        return s["c"][()] * s["Q"][()], unit, int(f.attrs["dims"])


def widened(j, rows):
    """Equation 3 in the recorded units; the others as they are."""
    Rj, unit_j, K = maps("learnt.h5", j)
    Ri, unit, K = maps("learnt.h5", 2)
    with h5py.File(f"held.{j}2.int.h5") as f:
        h = states("w")[f["target_row"][()][rows]]
        g = states("mw"[j - 1])[f["source_row"][()][rows]]
    part = h[:, unit] @ Ri.T
    part[:, :K] = ((g if unit_j is None else g[:, unit_j]) @ Rj.T)[:, :K]
    v = h.copy()
    v[:, unit] = part @ np.linalg.inv(Ri).T
    return h, v


def samples(j):
    with h5py.File(f"held.{j}2.int.h5") as f:
        return np.nonzero(f["split"][()] == 2)[0]


def a_widened_map_leaves_unrecorded_units_alone():
    with h5py.File("learnt.h5") as f, h5py.File("truth.h5") as g, \
            h5py.File("part.act.h5") as p:
        unit = f["systems/2/units"][()]
        assert (unit == p["recorded/hidden"][()]).all()
        assert (unit == g["systems/2/units"][()]).all()
        for part in ("Q", "c"):
            assert np.allclose(f[f"systems/2/{part}"][()],
                               g[f"systems/2/{part}"][()], atol=1e-12)
        assert list(g["models"]["width"]) == [10, 12]
        assert (g["sanity"]["deviation"] < 1e-5).all()
        assert "stand_in" not in g and "stand_in" in f
        lines = g["directions"][()]
    for line in lines:
        j = line["source"]
        rows = samples(j)
        h, v = widened(j, rows)
        others = np.setdiff1d(np.arange(12), unit)
        assert (h[:, others] == v[:, others]).all()
        assert np.abs(h - v).max() > 0.01
        with h5py.File(f"held.{j}2.int.h5") as f:
            latent = f["cf_row"][()][rows]
        has = latent >= 0
        gap = np.linalg.norm(v[has] - states("w")[latent[has]], axis=1)
        assert abs(gap.mean() - line["latent_distance"]) < 1e-5


def right_from(j, rows, v):
    """Which samples the model gets right from these states on."""
    with h5py.File("w.act.h5") as f:
        token, step = f["rows/token"][()], f["rows/step"][()]
    with h5py.File(f"held.{j}2.int.h5") as f:
        tokens = torch.from_numpy(f["tokens"][()][rows].astype(int))
        marked = f["determined"][()][rows] != 0
        row = f["target_row"][()][rows]
    with torch.no_grad():
        said = alignment.go_on(models.load("w.model.h5"), "hidden", token, step,
                               row, torch.from_numpy(v), tokens).argmax(2)
    return ((said == tokens).numpy() | ~marked).all(1)


def latents_themselves_are_scored_in_the_recorded_units():
    whole = np.arange(12)
    for name, unit in (("held", whole), ("truth", maps("learnt.h5", 2)[1])):
        with h5py.File(f"{name}.h5") as f:
            table = f["perfect"][()]
        assert [(t["source"], t["target"]) for t in table] == [(1, 2), (2, 2)]
        for line in table:
            j = line["source"]
            rows = samples(j)
            with h5py.File(f"held.{j}2.int.h5") as f:
                latent = f["cf_row"][()][rows]
                rows, latent = rows[latent >= 0], latent[latent >= 0]
                v = states("w")[f["target_row"][()][rows]]
            v[:, unit] = states("w")[latent][:, unit]
            right = right_from(j, rows, v)
            assert line["n"] == len(rows) and line["iia"] == right.mean()
            wilson = binomtest(int(right.sum()), len(rows)).proportion_ci(
                method="wilson")
            assert np.allclose((line["low"], line["high"]),
                               (wilson.low, wilson.high))
    with h5py.File("learnt.h5") as f:
        assert "perfect" not in f


def the_model_goes_on_from_what_the_recording_taught():
    with h5py.File("truth.h5") as g:
        for line in g["directions"][()]:
            j = line["source"]
            rows = samples(j)
            right = right_from(j, rows, widened(j, rows)[1])
            stored = g[f"test/{j}to2/correct"][()] != 0
            assert (right == stored).all()
            assert line["iia_test"] == stored.mean()


def truth_is_applied_again_as_it_is():
    judge("truth.h5", "again.h5")
    with h5py.File("truth.h5") as f, h5py.File("again.h5") as g:
        assert (f["directions"][()]["iia_test"] ==
                g["directions"][()]["iia_test"]).all()
        assert (f["systems/2/units"][()] == g["systems/2/units"][()]).all()


def maps_of_other_units_are_refused():
    record("w", ["--units", str(UNITS), "--seed", "9"], "other")
    draw("m", "other", "x.12.int.h5")
    said = run("align", "--apply", "learnt.h5", "--system",
               "1=m.act.h5,m.model.h5", "--system", "2=other.act.h5",
               "--direction", "1:2:score=x.12.int.h5", "-o", "x.h5", status=65)
    assert "/systems/2/units: not units of these states" in said, said
    said = run("align", "--apply", "learnt.h5", "--system",
               "1=w.act.h5,w.model.h5", "--system", "2=m.act.h5,m.model.h5",
               "--direction", "1:1:score=held.22.int.h5", "-o", "x.h5",
               status=65)
    assert "/models: system 1 is m.model.h5, not w.model.h5" in said, said


def states_are_transformed_by_maps_of_their_own_units():
    def transform(name, status=0):
        return run("align", "--apply", "learnt.h5", "--transform",
                   f"{name}.act.h5", "-o", "x.act.h5", status=status)
    transform("part")
    R, _, _ = maps("learnt.h5", 2)
    with h5py.File("x.act.h5") as f:
        assert np.allclose(f["states/aligned"][()], states("part") @ R.T,
                           atol=1e-5)
        assert "recorded" not in f
    assert "not units of these states" in transform("other", 65)


def a_file_of_widened_maps_is_sound():
    run("h5check", "truth.h5", "learnt.h5")


def a_recording_cannot_be_run_on():
    said = judge("learnt.h5", "x.h5", "--site", "hidden", status=65,
                 system="part.act.h5,w.model.h5")
    assert "made for other activations" in said, said
    with h5py.File("learnt.h5") as f:
        assert np.isnan(f["directions"]["iia_test"][2:]).all()
        assert not f["models"]["accessible"][1]


def a_report_holds_the_two_against_each_other():
    run("report", "--figure", "pretend", "--pretend", "held.h5", "--pretend",
        "plain.h5", "--pretend", "heavy.h5", "--pretend",
        "learnt.h5,truth.h5", "-o", "report.h5")
    with h5py.File("report.h5") as f:
        table, rank = f["pretend"][()], f["rank"][()]
    assert [(r["direction"], r["setting"].decode(), r["departs"])
            for r in table] == [
        (way, *setting) for setting in (
            ("CMAS", b""), ("UniMAS", b"method"), ("λ = 0.9", b"lambda"),
            ("5 units", b"units")) for way in (b"1to2", b"2to2")]
    for row in table:
        with h5py.File(row["learnt"].decode()) as f, \
                h5py.File(row["truth"].decode()) as g:
            j = int(row["direction"][:1])
            of = {s["states"].decode(): s["distance"]
                  for s in f["stand_in"][()] if s["source"] == j}
            d = next(d for d in g["directions"][()]
                     if (d["source"], d["target"]) == (j, 2))
        assert row["iia"] == d["iia_test"] and row["low"] == d["low"]
        assert row["null_rotation"] == d["null_mean"]
        with h5py.File(row["truth"].decode()) as g:
            top = next(t["iia"] for t in g["perfect"][()] if t["source"] == j)
        assert row["perfect"] == top
        span = top - d["null_mean"]
        assert np.isclose(row["reached"], (d["iia_test"] - d["null_mean"]) /
                          span if span > 0.05 else np.nan, equal_nan=True)
        assert row["distance"] == of["intervened"]
        assert row["to_mean"] == of["intervened"] / of["mean latent"]
        assert row["to_untouched"] == of["intervened"] / of["untouched"]
        span = of["mean latent"] - of["same variables"]
        way = (of["mean latent"] - of["intervened"]) / span
        assert np.isclose(row["way"], way if span > 0.05 * of["mean latent"]
                          else np.nan, equal_nan=True)
    said = {(r["target_variable"], r["direction"], r["measure"], r["truth"]): r
            for r in rank}
    assert len(said) == 2 * 4 * 3
    for i in (b"1to2", b"2to2"):
        of = table[table["direction"] == i]
        for measure, sign in ((b"to_mean", -1), (b"to_untouched", -1),
                              (b"way", 1), (b"cosine", 1)):
            line = said[b"count", i, measure, b"iia"]
            x = sign * of[measure.decode()]
            has = np.isfinite(x)
            assert line["n"] == has.sum()
            if has.sum() < 4:
                assert np.isnan(line["rho"])
                continue
            rho = spearmanr(x[has], of["iia"][has])[0]
            assert np.isclose(line["rho"], rho)
            assert -1 <= line["low"] <= line["rho"] <= line["high"] <= 1
    for kind in ("tsv", "svg", "html"):
        run("report", "--draw", "report.h5", "-o", f"pretend.{kind}")
    with open("pretend.tsv", encoding="utf-8") as f:
        lines = [line.rstrip("\n").split("\t") for line in f]
    assert tuple(lines[0]) == table.dtype.names and len(lines) == 9
    for line, row in zip(lines[1:], table):
        assert float(line[lines[0].index("iia")]) == row["iia"]
        assert line[lines[0].index("setting")] == row["setting"].decode()
    with open("pretend.svg", encoding="utf-8") as f:
        picture = f.read()
    for text in ("Count, 1 → 2", "Count, 2 → 2", "no latent loss: UniMAS",
                 "λ, weight of latent losses", "units recorded"):
        assert text in picture, text
    with open("pretend.html", encoding="utf-8") as f:
        page = f.read()
    for i in (b"1to2", b"2to2"):
        of = table[table["direction"] == i]
        worse, better = np.nonzero(of["high"][:, None] < of["low"])
        wrong = (of["to_mean"][worse] < of["to_mean"][better]).sum()
        assert (f"{i.decode()[0]} → 2<td class=n>{len(worse)}<td class=n>"
                f"{wrong}<td>") in page


def a_page_of_a_recording_says_what_can_be_measured():
    learn("part", ["--preset", "unimas"], "uni")
    run("report", "--figure", "brain", "--alignment", "learnt.h5",
        "--alignment", "uni.h5", "-o", "brain.h5")
    run("report", "--draw", "brain.h5", "-o", "brain.html")
    with h5py.File("brain.h5") as f, h5py.File("learnt.h5") as a, \
            h5py.File("uni.h5") as u:
        of = f["stand_in"][()]
        stored = np.concatenate([a["stand_in"][()], u["stand_in"][()]])
        for name in ("states", "n", "distance", "distance_low",
                     "distance_high", "cosine", "cosine_low", "cosine_high"):
            assert (of[name] == stored[name]).all(), name
        assert list(of["method"]) == [b"cmas"] * 10 + [b"unimas"] * 10
        assert of["recording"].all()
        mean = stored["distance"][stored["states"] == b"mean latent"]
        assert np.allclose(of["to_mean"] * mean.repeat(5), of["distance"])
        assert len(f["decodability"]) == 2
        assert (f["decodability"]["accuracy"] ==
                a["decodability"]["accuracy"]).all()
        assert list(f["decodability"]["recording"]) == [False, True]
        into = [r for r in f["table"][()] if r["level"] == b"direction" and
                r["direction"] == b"2to1"]
        assert len(into) == 2
    with open("brain.html", encoding="utf-8") as f:
        page = f.read()
    assert "IIA into a recording cannot be measured" in page
    assert page.count("<svg") == 4
    names = [n for n in re.findall(r"""\bid=["']([^"']+)""", page)]
    assert len(names) == len(set(names))
    for line in into:
        assert f"{line['value']:.3f}" in page
    for row in of:
        assert f"{row['distance']:.3f}" in page


def a_held_model_is_no_recording():
    run("report", "--figure", "held", "--alignment", "held.h5", "-o", "x.h5")
    run("report", "--draw", "x.h5", "-o", "x.html")
    with h5py.File("x.h5") as f:
        assert len(f["stand_in"]) == 10 and not f["stand_in"]["recording"].any()
    with open("x.html", encoding="utf-8") as f:
        assert "<h2>Recordings" not in f.read()


def a_model_that_is_only_a_source_is_no_recording():
    files = ["--system", "1=m.act.h5,m.model.h5", "--system", "2=part.act.h5",
             "--direction", "1:2:latent=learnt.12.int.h5",
             "--direction", "2:2:latent=learnt.22.int.h5"]
    run("align", *files, "--batch", "64", "--epochs", "2", "--null-draws", "1",
        "--dims", "3", "-o", "into.h5")
    run("report", "--figure", "into", "--alignment", "into.h5", "-o", "x.h5")
    with h5py.File("x.h5") as f:
        of = {d["system"]: d["recording"] for d in f["decodability"][()]}
        assert list(of.values()) == [False, True], of
        assert f["stand_in"]["recording"].all()


def a_model_that_was_not_given_is_taken_for_a_recording():
    files = ["--system", "1=m.act.h5,m.model.h5", "--system", "2=w.act.h5",
             "--direction", "1:1:behaviour=held.11.int.h5",
             "--direction", "1:2:latent=held.12.int.h5"]
    run("align", *files, "--batch", "64", "--epochs", "2", "--null-draws", "1",
        "--dims", "3", "-o", "without.h5")
    run("report", "--figure", "x", "--alignment", "without.h5", "-o", "x.h5")
    with h5py.File("x.h5") as f:
        assert f["stand_in"]["recording"].all()
        assert list(f["decodability"]["recording"]) == [False, True]


def what_was_not_pretended_is_refused():
    said = run("report", "--figure", "x", "--pretend", "truth.h5", "-o",
               "x.h5", status=65)
    assert "no direction has both" in said, said
    said = run("report", "--figure", "x", "--pretend", "learnt.h5", "-o",
               "x.h5", status=65)
    assert "no direction has both" in said, said


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(prove([
        a_part_has_the_states_of_some_units,
        noise_is_normal_and_as_wide_as_said_in_each_unit,
        more_units_than_there_are_are_refused,
        a_widened_map_leaves_unrecorded_units_alone,
        the_model_goes_on_from_what_the_recording_taught,
        latents_themselves_are_scored_in_the_recorded_units,
        truth_is_applied_again_as_it_is,
        maps_of_other_units_are_refused,
        states_are_transformed_by_maps_of_their_own_units,
        a_file_of_widened_maps_is_sound,
        a_recording_cannot_be_run_on,
        a_report_holds_the_two_against_each_other,
        a_page_of_a_recording_says_what_can_be_measured,
        a_held_model_is_no_recording,
        a_model_that_is_only_a_source_is_no_recording,
        a_model_that_was_not_given_is_taken_for_a_recording,
        what_was_not_pretended_is_refused], make))
