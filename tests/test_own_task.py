#!/usr/bin/python3
"""test_own_task.py - the README's task that is written with h5py goes through
the whole pipeline; its code and its commands are taken from there. Prints as
CMocka does."""
import os
import re
import subprocess
import sys

import h5py
import numpy as np
import torch

import models
from said import prove, run

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                      "README.md")


def section(title):
    text = open(README).read().split(f"\n## {title}\n")[1].split("\n## ")[0]
    return [re.sub(r"^    ", "", block, flags=re.M)
            for block in text.split("\n\n") if block.startswith("    ")]


def make():
    for block in section("A task of your own"):
        if block.startswith("# "):
            name = re.search(r"# (\S+)", block).group(1)
            with open(name, "w") as f:
                f.write(block)
            continue
        for line in block.replace("\\\n", "").strip().splitlines():
            words = line.split()
            if words[0] == "python3":
                subprocess.run(["/usr/bin/python3", *words[1:]], check=True)
            else:
                run(words[0].replace("mas-", ""), *words[1:])


def refused(program, *words, says, status=65):
    said = run(program, *words, "-o", "x.h5", status=status)
    assert said.count("\n") == 1 and says in said, said
    assert not os.path.exists("x.h5")


def changed(path, new, change):
    """A copy of what h5py wrote, with something done to it."""
    with h5py.File(path) as f, h5py.File(new, "w") as g:
        for name in f:
            f.copy(name, g)
        g.attrs.update(f.attrs)
        change(g)
    return new


# ---- tests ----

def adopted_files_hold_what_was_written():
    for theirs, ours in (("parity.h5", "parity.data.h5"),
                         ("exchange.h5", "parity.interventions.h5")):
        with h5py.File(theirs) as f, h5py.File(ours) as g:
            for name in f:
                for path in ([f"{name}/{x}" for x in f[name]] if isinstance(
                        f[name], h5py.Group) else [name]):
                    x, y = f[path][()], g[path][()]
                    if path == "split" and x.dtype.kind == "S":
                        x = np.select([x == b"train", x == b"valid"], [0, 1],
                                      2)
                    assert x.shape == y.shape and (x == y).all(), path
            assert g["tokens"].dtype == "u1" and g["length"].dtype == "<i4"
            assert g["provenance/files"]["kind"].tolist() == [b"foreign"]
            assert g["provenance"].attrs["program"] == b"h5check"


def states_are_eligible_where_the_data_say_so():
    with h5py.File("parity.data.h5") as f, \
            h5py.File("parity.activations.h5") as g:
        valid = f["tokens"][()] > 0
        assert (f["eligible"][()][valid] == g["rows/eligible"][()]).all()
        assert sorted(g["variables"]) == ["parity", "phase"]
    run("h5check", "--adopt", changed("parity.h5", "p.h5", lambda f: f.pop(
        "eligible")), "-o", "plain.data.h5")
    run("record-activations", "--model", "parity.model.h5", "--data",
        "plain.data.h5", "-o", "plain.act.h5")
    with h5py.File("plain.act.h5") as g:
        token = g["rows/token"][()]
        assert (g["rows/eligible"][()] == (token > 2)).all()


def the_parity_of_a_trained_model_is_carried():
    with h5py.File("parity.model.h5") as f:
        assert f.attrs["criterion_met"] and f.attrs["task"] == b"parity"
    with h5py.File("parity.alignment.h5") as f:
        d = f["directions"][0]
        assert d["iia_test"] > 0.95 and 0.4 < d["chance"] < 0.6, d
    with h5py.File("report.h5") as f:
        assert f["table"]["panel"][0].decode().startswith("Parity")


def what_needs_the_program_refuses():
    refused("train", "--data", "parity.data.h5", "--fresh", status=64,
            says="task parity has no program here that would write")
    refused("build-cf-latents", "--target", "parity.activations.h5",
            "--source", "parity.activations.h5", "--variable", "parity",
            says="parity.model.h5: task parity has no program here that would "
            "go on")
    refused("gen-data", "--task", "parity", status=64, says="must be one of")
    run("gen-data", "--task", "multi-object", "--split",
        "train=8,valid=8,test=8", "-o", "multi.data.h5")
    refused("record-activations", "--model", "parity.model.h5", "--data",
            "multi.data.h5", says="sequences of task multi-object, but")


def a_model_of_it_comes_back_from_pytorch():
    model = models.load("parity.model.h5")
    with h5py.File("parity.data.h5") as f:
        words, tokens = f["vocabulary"][()], f["tokens"][:20].astype(int)
    order = np.random.default_rng(3).permutation(len(words))
    with h5py.File("back.h5", "w") as f:
        for name, x in model.state_dict().items():
            x = x.float().numpy()
            f[name] = x[order] if len(x) == len(words) else x
        f["vocabulary"] = words[order]
        f["golden/tokens"] = np.argsort(order)[tokens]
        f["golden/logits"] = model.run(torch.from_numpy(tokens))[1].numpy()[
            :, :, order]
    run("import-model", "--weights", "back.h5", "--data", "parity.data.h5",
        "-o", "back.model.h5")
    with h5py.File("parity.model.h5") as f, h5py.File("back.model.h5") as g:
        assert g.attrs["criterion_met"] and g.attrs["task"] == b"parity"
        assert g.attrs["max_quantity"] == 5
        for name, x in f["parameters"].items():
            assert (x[()] == g["parameters"][name][()]).all(), name


def into_a_recording_of_it_there_are_latents_without_a_program():
    def recording(f):
        del f["provenance"]
        f.attrs["accessible"] = False
        f.attrs["system"] = "brain"
    run("h5check", "--adopt", changed("parity.activations.h5", "brain.h5",
                                      recording), "-o", "brain.act.h5")
    run("build-cf-latents", "--target", "brain.act.h5", "--source",
        "parity.activations.h5", "--variable", "parity", "--samples",
        "train=90,valid=30,test=60", "-o", "brain.int.h5")
    with h5py.File("brain.int.h5") as f, h5py.File("brain.act.h5") as g:
        assert not f["length"][()].any()
        row, value = f["cf_row"][()], f["value"][()]
        assert (row >= 0).all()
        parity, phase = (g["variables"][k][()] for k in ("parity", "phase"))
        assert (parity[row] == value).all()
        assert (phase[row] == phase[f["target_row"][()]]).all()


def it_is_compared_without_interventions_too():
    run("rsa", "--activations", "1=parity.activations.h5", "--activations",
        "2=plain.act.h5", "--rows", "50", "--draws", "2", "-o", "rsa.h5")
    with h5py.File("rsa.h5") as f:
        assert abs(f["scores"]["value"][0] - 1) < 1e-6


def unsound_data_are_refused_by_their_own_name():
    def case(says, change):
        refused("h5check", "--adopt", changed("parity.h5", "bad.h5", change),
                says=f"bad.h5: {says}")

    def put(path, at, value):
        def change(f):
            f[path][at] = value
        return change

    def replace(path, value):
        def change(f):
            del f[path]
            f[path] = value
        return change

    def attribute(name, value):
        return lambda f: f.attrs.__setitem__(name, value)
    case("/tokens: 8 at 3 is outside 0..7", put("tokens", (0, 3), 8))
    case("/tokens: 300 at 3 is no byte", put("tokens", (0, 3), 300))
    case("/tokens: -1 at 3 is no byte", put("tokens", (0, 3), -1))
    case("/tokens: sequence 5 is not of its length", put("length", 5, 4))
    case("/length: N is 9 here but 1400 before", replace("length", [5] * 9))
    case("/determined: 2 at 0 is no truth value",
         replace("determined", np.full((1400, 9), 2)))
    case("/split: tset at 1399 is no split", put("split", 1399, b"tset"))
    case("/variables/parity: 0.5 at 0 is no 32-bit integer",
         replace("variables/parity", np.full((1400, 9), 0.5)))
    case("/quantity: missing (", lambda f: f.pop("quantity"))
    case("/quantity: rank is 2", replace("quantity", np.zeros((1400, 1))))
    case("/vocabulary: of task parity, which is none of ours",
         put("vocabulary", 0, "pad"))
    case("/vocabulary: token 4 has no name of its own",
         put("vocabulary", 4, "="))
    case("attribute seed: missing", lambda f: f.attrs.pop("seed"))
    case("attribute kind: there is no kind dates", attribute("kind", "dates"))
    case("attribute kind: missing", lambda f: f.attrs.pop("kind"))
    case("attribute schema_version: 2, not 1", attribute("schema_version", 2))
    case("attribute max_quantity: 64 is outside",
         attribute("max_quantity", 64))
    case("/vocabulary: 8 tokens, but same-object has",
         attribute("task", "same-object"))


def what_no_schema_knows_is_left_behind_with_a_line():
    def change(f):
        f["eligble"] = f["eligible"][()]
        f["notes"] = "of mine"
    said = run("h5check", "--adopt", changed("parity.h5", "more.h5", change),
               "-o", "more.data.h5")
    assert "more.h5: left behind, in no schema: /eligble, /notes" in said


def tokens_of_another_file_are_not_taken_for_its_own():
    """Same name, other tokens: nothing is looked up beyond its end."""
    with h5py.File("parity.h5") as f:
        tokens = np.where(f["tokens"][()] == 7, 6, f["tokens"][()])

    def fewer(f):
        f["tokens"][:] = tokens
        del f["vocabulary"]
        f["vocabulary"] = ["PAD", "B", "E", "=", "0", "1", "even"]
    run("h5check", "--adopt", changed("parity.h5", "few.h5", fewer), "-o",
        "few.data.h5")
    run("train", "--data", "few.data.h5", "--width", "4", "--epochs", "1",
        "--criterion", "none", "-o", "few.model.h5")
    refused("record-activations", "--model", "few.model.h5", "--data",
            "parity.data.h5", says="was trained on parity with other tokens")
    os.mkdir("other")
    os.link("few.model.h5", "other/parity.model.h5")
    run("h5check", "--adopt", changed("parity.activations.h5", "a.h5",
                                      lambda f: f.pop("provenance")),
        "-o", "a.activations.h5")
    refused("align", "--preset", "das", "--system",
            "1=a.activations.h5,other/parity.model.h5", "--direction",
            "1:1=parity.interventions.h5",
            says="a.activations.h5: its tokens are not those of other/")


TESTS = [adopted_files_hold_what_was_written,
         states_are_eligible_where_the_data_say_so,
         the_parity_of_a_trained_model_is_carried,
         what_needs_the_program_refuses,
         a_model_of_it_comes_back_from_pytorch,
         into_a_recording_of_it_there_are_latents_without_a_program,
         it_is_compared_without_interventions_too,
         unsound_data_are_refused_by_their_own_name,
         what_no_schema_knows_is_left_behind_with_a_line,
         tokens_of_another_file_are_not_taken_for_its_own]


if __name__ == "__main__":
    sys.exit(prove(TESTS, make))
