#!/usr/bin/python3
"""test_import_model.py - models made in PyTorch become ours, and ours become
PyTorch's; what is not the model it says is refused. Prints as CMocka does."""
import json
import os
import re
import struct
import subprocess
import sys

import h5py
import numpy as np
import torch
from torch import nn

import models
from said import BIN, prove, run

WORDS = ["PAD", "B", "E", "Da", "Db", "Dc", "V", "T", "R"]      # ours
THEIRS = ["R", "<s>", "T", "Dc", "PAD", "Db", "E", "B", "Da", "V", "unk"]
V, C, T = len(THEIRS), 8, 9
ARCHS = ("gru", "lstm", "transformer")


def make():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    run("gen-data", "--task", "multi-object", "--max-quantity", "3", "--split",
        "train=192,valid=64,test=96", "-o", "data.h5")
    run("train", "--data", "data.h5", "--width", "8", "--epochs", "2",
        "--criterion", "none", "-o", "ours.model.h5")
    for arch in ARCHS:
        save(f"{arch}.h5", made(arch))
        imported(f"{arch}.h5", f"{arch}.model.h5")


# ---- what a user of PyTorch would write ----

def made(arch, steps=0):
    """A model of theirs, random or briefly trained on our sequences."""
    model = models.MENU[arch](V, C)
    adam = torch.optim.Adam(model.parameters(), lr=0.01)
    with h5py.File("data.h5") as f:
        to_theirs = np.array([THEIRS.index(w) for w in WORDS])
        tokens = torch.from_numpy(to_theirs[f["tokens"][:192]])
    for _ in range(steps):
        _, logits = model.run(tokens)
        loss = nn.functional.cross_entropy(
            logits[:, :-1].reshape(-1, V), tokens[:, 1:].reshape(-1),
            ignore_index=THEIRS.index("PAD"))
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model.eval()


def golden(model):
    known = [THEIRS.index(w) for w in WORDS]
    tokens = torch.tensor(known)[torch.randint(len(known), (40, T))]
    with torch.no_grad():
        return tokens, model.run(tokens)[1]


def save(path, model, words=THEIRS, **change):
    tokens, logits = change.pop("golden", None) or golden(model)
    with h5py.File(path, "w") as f:
        for name, x in {**model.state_dict(), **change}.items():
            if x is not None:
                f[name] = x.numpy()
        f["vocabulary"] = words
        f["golden/tokens"], f["golden/logits"] = tokens, logits


def safetensors(path, tensors, dtype="F32", cut=0):
    """The format as it is written down, without its library."""
    code = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "BF16": "<u4"}[dtype]
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, x in tensors.items():
        x = x.numpy().astype("<f4" if dtype == "BF16" else code)
        if dtype == "BF16":
            x = (x.view("<u4") >> 16).astype("<u2")
        header[name] = {"dtype": dtype, "shape": list(x.shape),
                        "data_offsets": [len(data), len(data) + x.nbytes]}
        data += x.tobytes()
    raw(path, json.dumps(header).encode(), data[:len(data) - cut])


def raw(path, header, data, length=None):
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(header) if length is None else length))
        f.write(header + data)


def imported(weights, out, *words, status=0):
    return run("import-model", "--weights", weights, "--task", "multi-object",
               *words, "-o", out, status=status)


def refused(weights, *words, says, status=65):
    said = imported(weights, "x.h5", *words, status=status)
    assert said.count("\n") == 1 and says in said, said
    assert not os.path.exists("x.h5")


def edited(path, change):
    """A copy of gru.h5 with something done to it."""
    with h5py.File("gru.h5") as f, h5py.File(path, "w") as g:
        for name in f:
            f.copy(name, g)
        change(g)
    return path


# ---- tests ----

def every_architecture_keeps_its_parameters_in_our_order_of_tokens():
    order = [THEIRS.index(w) for w in WORDS]
    for arch in ARCHS:
        with h5py.File(f"{arch}.h5") as f, h5py.File(f"{arch}.model.h5") as g:
            assert g.attrs["arch"].decode() == arch and g.attrs["width"] == C
            assert not g.attrs["criterion_met"] and g.attrs["epochs"] == 0
            assert np.isnan(g.attrs["test_accuracy"])
            assert [w.decode() for w in g["vocabulary"]] == WORDS
            for name, x in g["parameters"].items():
                theirs = f[name][()]
                if len(theirs) == V:
                    theirs = theirs[order]
                assert (theirs == x[()]).all(), (arch, name)


def the_foreign_file_stands_in_the_provenance():
    import hashlib
    with h5py.File("gru.model.h5") as f:
        row = f["provenance/files"][0]
        assert (row["name"], row["kind"]) == (b"gru.h5", b"foreign")
        digest = hashlib.sha256(open("gru.h5", "rb").read()).hexdigest()
        assert row["sha256"].decode() == digest
        assert f["provenance/parents"][()].decode() == digest[:16]


def a_model_loads_into_pytorch_and_says_the_same():
    for arch in ARCHS:
        model = models.load(f"{arch}.model.h5")
        with h5py.File(f"{arch}.h5") as f:
            tokens, logits = f["golden/tokens"][()], f["golden/logits"][()]
        ours = np.full(V, -1)
        for v, word in enumerate(WORDS):
            ours[THEIRS.index(word)] = v
        mine = model.run(torch.from_numpy(ours[tokens]))[1].numpy()
        theirs = logits[:, :, [THEIRS.index(w) for w in WORDS]]
        assert np.abs(mine - theirs).max() < 1e-5, arch


def one_of_ours_says_in_pytorch_what_it_says_here():
    for arch in ARCHS:
        run("train", "--data", "data.h5", "--arch", arch, "--width", "8",
            "--epochs", "3", "--lr", "0.01", "--criterion", "none", "-o",
            f"o-{arch}.h5")
        model = models.load(f"o-{arch}.h5")
        tokens = torch.randint(len(WORDS), (70, 6))
        with h5py.File("back.h5", "w") as f:
            for name, x in model.state_dict().items():
                f[name] = x.float().numpy()
            f["vocabulary"] = WORDS
            f["golden/tokens"] = tokens
            f["golden/logits"] = model.run(tokens)[1]
        said = imported("back.h5", f"b-{arch}.h5")
        worst = float(re.search(r"by at most ([^ ]+)", said).group(1))
        assert 0 < worst < 1e-5, (arch, worst)
        with h5py.File(f"o-{arch}.h5") as f, h5py.File(f"b-{arch}.h5") as g:
            for name, x in f["parameters"].items():
                assert (x[()] == g["parameters"][name][()]).all(), name


def names_of_others_are_known_or_can_be_told():
    model = made("gru")
    tokens, logits = golden(model)
    spelt = {"embedding": "module.tok_emb", "rnn": "module.gru",
             "head.0": "module.fc1", "head.3": "module.fc2"}
    odd = {"embedding": "in", "rnn": "tagger/core", "head.0": "say.a",
           "head.3": "say.b"}
    for names, more in (spelt, []), (odd, [
            "--map", "in=embedding", "--map", "tagger.core=rnn",
            "--map", "say.a=head.0", "--map", "say.b=head.3"]):
        with h5py.File("named.h5", "w") as f:
            for name, x in model.state_dict().items():
                part = max((p for p in names if name.startswith(p)), key=len)
                f[names[part] + name[len(part):]] = x.numpy()
            f["vocabulary"] = THEIRS
            f["golden/tokens"], f["golden/logits"] = tokens, logits
        said = imported("named.h5", "named.model.h5", *more)
        assert "tokens not taken: <s>, unk" in said, said
        os.remove("named.model.h5")
    refused("named.h5", says="embedding.weight: missing, of a gru")
    refused("named.h5", "--map", "core", status=64, says="want THEIRS=OURS")


def transformers_of_others_are_known_too():
    model = made("transformer")
    tokens, logits = golden(model)
    rules = [("blocks.", "model.layers."), (".norm1.", ".ln_1."),
             (".norm2.", ".ln_2."), (".attn.q.", ".self_attn.q_proj."),
             (".attn.k.", ".self_attn.k_proj."),
             (".attn.v.", ".self_attn.v_proj."),
             (".attn.out.", ".self_attn.o_proj."), (".ff.0.", ".mlp.fc1."),
             (".ff.2.", ".mlp.fc2."), ("^norm.", "model.ln_f."),
             ("embedding.", "model.embed_tokens."), ("head.", "lm_head.")]
    with h5py.File("llm.h5", "w") as f:
        for name, x in model.state_dict().items():
            name = "^" + name
            for ours, theirs in rules:
                name = name.replace(ours, theirs)
            f[name.lstrip("^")] = x.numpy()
        f["vocabulary"] = THEIRS
        f["golden/tokens"], f["golden/logits"] = tokens, logits
    assert "transformer of width 8" in imported("llm.h5", "llm.model.h5")


def what_clashes_in_one_architecture_may_fit_another():
    def more(f):
        f["ln.weight"] = f["norm.weight"] = np.zeros(C, "f4")
    edited("more.h5", more)
    said = imported("more.h5", "more.model.h5")
    assert "gru of width 8" in said, said
    assert "not taken: ln.weight, norm.weight" in said, said
    refused("more.h5", "--arch", "transformer", says="more.h5: both ln.weight "
            "and norm.weight would be norm.weight; say which by --map")


def tokens_are_of_a_dataset_or_of_a_file_with_precedence():
    def elsewhere(f):
        f.move("vocabulary", "tokens")
    edited("else.h5", elsewhere)
    for name in "/tokens", "tokens":
        said = imported("else.h5", "else.model.h5", "--vocabulary", name)
        assert "not taken: tokens" not in said, said
        os.remove("else.model.h5")
    refused("else.h5", says="no names of its tokens")
    for name in "nothere.txt", "golden":
        refused("gru.h5", "--vocabulary", name, says=f"--vocabulary {name}: "
                "neither a file nor a dataset of gru.h5")
    turned = [{"PAD": "R", "R": "PAD"}.get(w, w) for w in THEIRS]
    with open("tokens", "w") as f:
        f.write("\r\n".join(turned))
    said = imported("else.h5", "else.model.h5", "--vocabulary", "tokens")
    assert "not taken: tokens" in said, said
    with h5py.File("else.h5") as f, h5py.File("else.model.h5") as g:
        theirs = f["embedding.weight"][()]
        for v, word in enumerate(WORDS):                # the file wins
            assert (g["parameters/embedding.weight"][v] ==
                    theirs[turned.index(word)]).all(), word
        assert b"tokens" in list(g["provenance/files"]["name"])
    os.remove("tokens")


def a_list_of_tokens_is_text():
    for line in b"\xff", b"a\x1b[31m", b"\xed\xa0\x80", b"R\tT":
        with open("odd.txt", "wb") as f:
            f.write(b"PAD\n" + line + b"\nB\n")
        refused("gru.h5", "--vocabulary", "odd.txt",
                says="odd.txt: line 2 is not one of UTF-8 text")


def safetensors_give_the_same_model():
    for dtype in "F32", "F64", "F16", "BF16":
        model = made("lstm")
        for p in model.parameters():        # exact in every one of them
            p.data = p.data.bfloat16().float() if dtype == "BF16" else \
                p.data.half().float()
        save("golden.h5", model)
        safetensors("w.safetensors", model.state_dict(), dtype)
        with open("tokens.txt", "w") as f:
            f.write("\n".join(THEIRS) + "\n")
        imported("w.safetensors", "w.model.h5", "--golden", "golden.h5",
                 "--vocabulary", "tokens.txt")
        imported("golden.h5", "g.model.h5")
        with h5py.File("w.model.h5") as f, h5py.File("g.model.h5") as g:
            for name, x in f["parameters"].items():
                assert (x[()] == g["parameters"][name][()]).all(), name
            assert len(f["provenance/files"]) == 3
        os.remove("w.model.h5")
        os.remove("g.model.h5")


def no_file_is_looked_for_that_was_not_named():
    subprocess.run(["strace", "-qq", "-e", "trace=%file", "-o", "strace.log",
                    f"{BIN}/import-model", "--weights", "gru.h5", "--task",
                    "multi-object", "-o", "again.model.h5"], check=True,
                   env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})
    seen = open("strace.log").read()
    assert '"gru.h5"' in seen and '"/vocabulary"' not in seen, seen


def accuracies_are_measured_as_train_measures_them():
    """Ours, out and in again, is as good as it was; so is a good one."""
    run("train", "--data", "data.h5", "--width", "16", "--epochs", "800",
        "--lr", "0.01", "--dropout", "0.1", "-o", "good.h5")
    for path in "ours.model.h5", "good.h5":
        model = models.load(path)
        tokens = torch.randint(len(WORDS), (5, 4))
        save("back.h5", model.float(), WORDS,
             golden=(tokens, model.run(tokens)[1]))
        imported("back.h5", "back.model.h5", "--data", "data.h5")
        with h5py.File(path) as f, h5py.File("back.model.h5") as g:
            for name in ("train_accuracy", "valid_accuracy", "test_accuracy",
                         "test_token_accuracy", "criterion_met",
                         "max_quantity"):
                assert f.attrs[name] == g.attrs[name], (path, name)
            assert f.attrs["criterion_met"] == (path == "good.h5")


def a_model_of_theirs_goes_through_the_pipeline():
    for arch in ARCHS:
        save(f"t-{arch}.h5", made(arch, steps=60))
        imported(f"t-{arch}.h5", f"t-{arch}.model.h5", "--data", "data.h5",
                 "--seed", "7")
        run("record-activations", "--model", f"t-{arch}.model.h5", "--data",
            "data.h5", "-o", f"t-{arch}.act.h5")
    for i, j in (("gru", "gru"), ("gru", "transformer"),
                 ("transformer", "gru"), ("transformer", "transformer"),
                 ("lstm", "lstm")):
        run("build-cf-latents", "--target", f"t-{i}.act.h5", "--source",
            f"t-{j}.act.h5", "--variable", "count", "--samples",
            "train=64,valid=32,test=32", "-o", f"{j}-{i}.int.h5")
    small = ["--epochs", "10", "--batch", "32", "--validate", "5",
             "--null-draws", "2"]
    run("align", "--system", "1=t-gru.act.h5,t-gru.model.h5", "--system",
        "2=t-transformer.act.h5,t-transformer.model.h5",
        "--direction", "1:1=gru-gru.int.h5",
        "--direction", "2:1=transformer-gru.int.h5",
        "--direction", "1:2=gru-transformer.int.h5",
        "--direction", "2:2=transformer-transformer.int.h5", *small,
        "-o", "mas.h5")
    run("align", "--preset", "das", "--system",
        "1=t-lstm.act.h5,t-lstm.model.h5", "--direction",
        "1:1=lstm-lstm.int.h5", *small, "-o", "das.h5")
    run("report", "--figure", "theirs", "--alignment", "mas.h5",
        "--alignment", "das.h5", "-o", "report.h5")
    run("report", "--draw", "report.h5", "-o", "page.html")
    with h5py.File("mas.h5") as f, h5py.File("report.h5") as g:
        assert (f["directions"]["iia_test"] >= 0).all()
        assert (f["models"]["seed"] == 7).all()
        assert b"foreign" in list(g["provenance/files"]["kind"])


def what_is_no_parameter_may_hold_anything():
    def mask(f):
        f["attn.mask"] = np.full((5, 5), -np.inf, "f4")
        f["attn.note"] = np.array([np.nan, 1e300])
    said = imported(edited("mask.h5", mask), "mask.model.h5")
    assert "not taken: attn.mask, attn.note" in said, said


def what_is_not_the_model_it_says_is_refused():
    def wrong(f):
        f["golden/logits"][17, 3, THEIRS.index("R")] += 0.01
    refused(edited("x1.h5", wrong), says="x1.h5: not the model that gave the "
            "golden logits: at sequence 17, step 3, token R they differ by "
            "0.01 (in eval mode?)")

    def unnamed(f):
        f["golden/tokens"][2, 1] = THEIRS.index("unk")
    refused(edited("x2.h5", unnamed), says="token 10 is none of ours")

    def more(f):
        f["golden/tokens"][2, 1] = 4000000
    refused(edited("x2.h5", more), says="token 4000000 is none of ours")

    def no_golden(f):
        del f["golden/logits"]
    refused(edited("x3.h5", no_golden), says="x3.h5: no /golden/logits")

    def short(f):
        del f["golden/tokens"]
        f["golden/tokens"] = np.zeros((2, 2), int)
    refused(edited("x4.h5", short), says="/golden/tokens: not (B,T)")

    def nan_logit(f):
        f["golden/logits"][0, 0, 0] = np.nan
    refused(edited("x5.h5", nan_logit), says="/golden/logits: not finite at 0")


def what_is_missing_or_of_another_shape_is_refused():
    def missing(f):
        del f["head.3.bias"]
    refused(edited("x1.h5", missing), says="x1.h5: head.3.bias: missing")

    def shape(f):
        del f["rnn.weight_hh_l0"]
        f["rnn.weight_hh_l0"] = np.zeros((3 * C, C + 1), "f4")
    refused(edited("x2.h5", shape),
            says="rnn.weight_hh_l0: (24,9), but a gru has (3C,C) with C = 8")
    refused("gru.h5", "--arch", "lstm", says="but a lstm has (4C,C)")

    shape_of_ours = "; ours have one layer, and Linear(C,4C), GELU, Dropout, "

    def bare(f):
        for name in [k for k in f if k.startswith("head.")]:
            del f[name]
        f["head.weight"] = np.zeros((V, C), "f4")
    refused(edited("x2.h5", bare), says="missing, of a gru; if it is called "
            "otherwise, --map THEIRS=OURS" + shape_of_ours)

    def deep(f):
        f["rnn.weight_hh_l1"] = np.zeros((3 * C, C), "f4")
        f["golden/logits"][0] += 1
    refused(edited("x2.h5", deep), says="not taken: rnn.weight_hh_l1" +
            shape_of_ours)

    def nan(f):
        f["head.0.weight"][3, 2] = np.nan
    refused(edited("x3.h5", nan),
            says="x3.h5: head.0.weight: not finite (or beyond single "
            "precision) at 26")

    def twice(f):
        f["gru.weight_hh_l0"] = f["rnn.weight_hh_l0"][()]
    refused(edited("x4.h5", twice), says="would be rnn.weight_hh_l0")

    def other(f):
        f["vocabulary"][THEIRS.index("Dc")] = "Dd"
    refused(edited("x5.h5", other), says="its vocabulary has no token Dc")

    def same(f):
        f["vocabulary"][THEIRS.index("unk")] = "Dc"
    refused(edited("x6.h5", same), says="the token Dc twice")

    def nameless(f):
        del f["vocabulary"]
    refused(edited("x7.h5", nameless), says="no names of its tokens")

    def texts(f):
        del f["head.0.bias"]
        f["head.0.bias"] = ["a"] * 32
    refused(edited("x8.h5", texts), says="head.0.bias: no floats on one")

    refused("gru.h5", "--vocabulary", "gru.h5", says="gru.h5: not a text")
    with h5py.File("data.h5") as f, h5py.File("x9.h5", "w") as g:
        f.copy("vocabulary", g)
    refused("x9.h5", says="x9.h5: no /golden/logits")
    for words in (["ours.model.h5"], ["gru.h5", "--golden", "ours.model.h5"]):
        refused(*words, says="ours.model.h5: a file of ours already (kind mod")
    with open("text.h5", "w") as f:
        f.write("not HDF5\n")
    refused("text.h5", says="text.h5: not an HDF5 file")
    for zipped in True, False:
        torch.save(made("gru").state_dict(), "theirs.pt",
                   _use_new_zipfile_serialization=zipped)
        refused("theirs.pt", says="theirs.pt: written by torch.save: write")
        for program in "h5info", "h5check":
            assert "theirs.pt: written by torch.save" in run(
                program, "theirs.pt", status=65)
    np.savez("w.npz", **{"head.3.bias": np.zeros(4)})
    refused("w.npz", says="w.npz: a .npz file: numpy.load and h5py")
    refused("gru.h5", "--arch", "three-part", status=64,
            says="built by hand")
    refused("none.h5", status=66, says="none.h5: No such file")
    run("import-model", "--weights", "gru.h5", "-o", "x.h5", status=64)


def damaged_safetensors_are_refused():
    state = made("gru").state_dict()
    golden_of = ["--golden", "gru.h5", "--vocabulary", "tokens.txt"]
    with open("tokens.txt", "w") as f:
        f.write("\n".join(THEIRS))

    def bad(header, data, says, length=None):
        if isinstance(header, dict):
            header = json.dumps(header).encode()
        raw("bad.safetensors", header, data, length)
        refused("bad.safetensors", *golden_of,
                says=f"bad.safetensors: {says}")

    def entry(shape, offsets, dtype="F32"):
        return {"a": {"dtype": dtype, "shape": shape,
                      "data_offsets": offsets}}
    safetensors("bad.safetensors", state, cut=4)
    refused("bad.safetensors", *golden_of, says="data_offsets are not within")
    safetensors("bad.safetensors", {**state, "more": torch.zeros(2, 2, 2)})
    refused("bad.safetensors", *golden_of, says="not the model that gave the "
            "golden logits")
    four = b"\0" * 4
    bad(entry([1], [0, 4]), four + b"\0", "5 bytes of data, but its header")
    bad(entry([1], [0, 8]), four, "a: data_offsets are not within the 4")
    bad(entry([1], [4, 0]), four, "a: data_offsets are not within the 4")
    bad(entry([1], [-4, 0]), four, "a: data_offsets are not within the 4")
    bad(entry([2], [0, 4]), four, "a: 4 bytes of data, but its shape")
    bad(entry([1 << 62, 4], [0, 4]), four, "a: axis 1 of its shape is no size")
    bad(entry([1 << 62], [0, 4]), four, "a: 4 bytes of data, but its shape")
    bad(entry([1] * 9, [0, 4]), four, "a: no shape of at most 8 axes")
    bad(entry([1.5], [0, 4]), four, "a: axis 0 of its shape is no size")
    bad(entry([1], [0, 4], "F8_E4M3"), four, "a: dtype F8_E4M3 is not known")
    bad({**entry([1], [0, 4]), "b": entry([1], [0, 4])["a"]}, four,
        "b: its data do not begin where")
    bad({"a\n": 1}, four, "an array's name")
    bad({"a": 1}, four, "a: dtype (none) is not known")
    bad(b'{"a": ', four, "its header is no JSON object")
    bad(b'{"a": 1, "a": 2}', four, "its header is no JSON object")
    bad(b'{"a":' * 100000 + b"1", four, "its header is no JSON object")
    bad(b"{}", four, "its header of 1000 bytes is longer than", length=1000)
    bad(json.dumps({str(i): 1 for i in range(70000)}).encode(), four,
        "more than 65536 arrays")


TESTS = [every_architecture_keeps_its_parameters_in_our_order_of_tokens,
         the_foreign_file_stands_in_the_provenance,
         a_model_loads_into_pytorch_and_says_the_same,
         one_of_ours_says_in_pytorch_what_it_says_here,
         names_of_others_are_known_or_can_be_told,
         transformers_of_others_are_known_too,
         what_clashes_in_one_architecture_may_fit_another,
         tokens_are_of_a_dataset_or_of_a_file_with_precedence,
         a_list_of_tokens_is_text,
         safetensors_give_the_same_model,
         no_file_is_looked_for_that_was_not_named,
         accuracies_are_measured_as_train_measures_them,
         a_model_of_theirs_goes_through_the_pipeline,
         what_is_no_parameter_may_hold_anything,
         what_is_not_the_model_it_says_is_refused,
         what_is_missing_or_of_another_shape_is_refused,
         damaged_safetensors_are_refused]


if __name__ == "__main__":
    sys.exit(prove(TESTS, make))
