#!/usr/bin/python3
"""test_files.py - h5check knows a sound file from an unsound one and says what
could become of others; h5info tells what stands in a file. Prints as CMocka
does."""
import hashlib
import os
import re
import shutil
import subprocess
import sys

import h5py
import numpy as np

from said import BIN, prove, run

SMALL = ["--split", "train=96,valid=48,test=48"]


def make():
    run("gen-data", "--task", "multi-object", "--max-quantity", "3", *SMALL,
        "-o", "d.h5")
    for seed in "1", "2":
        run("train", "--data", "d.h5", "--width", "6", "--epochs", "2",
            "--criterion", "none", "--seed", seed, "-o", f"m{seed}.h5")
        run("record-activations", "--model", f"m{seed}.h5", "--data", "d.h5",
            "-o", f"a{seed}.h5")
    for i in "1", "2":
        for j in "1", "2":
            run("build-cf-latents", "--target", f"a{i}.h5", "--source",
                f"a{j}.h5", "--variable", "count", "--samples",
                "train=48,valid=24,test=24", "-o", f"i{j}{i}.h5")
    few = ["--epochs", "2", "--batch", "24", "--validate", "2", "--null-draws",
           "2"]
    run("align", "--preset", "mas", "--system", "1=a1.h5,m1.h5", "--system",
        "2=a2.h5,m2.h5", *(w for d in ("11", "12", "21", "22") for w in (
            "--direction", f"{d[0]}:{d[1]}=i{d}.h5")), *few, "-o", "mas.h5")
    run("align", "--preset", "cmas", "--system", "1=a1.h5,m1.h5", "--system",
        "2=a2.h5", "--map", "affine", *(w for d in ("11", "12", "21", "22")
        for w in ("--direction", f"{d[0]}:{d[1]}=i{d}.h5")), *few, "-o",
        "cmas.h5")
    run("rsa", "--activations", "1=a1.h5", "--activations", "2=a2.h5",
        "--rows", "30", "--draws", "2", "-o", "rsa.h5")
    run("report", "--figure", "tiny", "--alignment", "mas.h5",
        "--similarity", "rsa.h5", "-o", "report.h5")


KINDS = {"d.h5": "data", "m1.h5": "model", "a1.h5": "activations",
         "i21.h5": "interventions", "mas.h5": "alignment",
         "cmas.h5": "alignment", "rsa.h5": "similarity",
         "report.h5": "report"}


def outcome(program, *words):
    done = subprocess.run([f"{BIN}/{program}", *words], capture_output=True,
                          text=True)
    return done.returncode, done.stdout, done.stderr


def unsound(path, says):
    code, out, err = outcome("h5check", path)
    assert code == 65 and out == "" and err.count("\n") == 1, (code, out, err)
    assert err.startswith(f"h5check: {path}: ") and says in err, err


def resealed(path, change, new="bad.h5"):
    """A copy with something changed in it and an honest seal."""
    if os.path.exists(new):
        os.remove(new)
    shutil.copy(path, new)
    os.chmod(new, 0o600)
    with h5py.File(new, "r+") as f:
        change(f)
    raw = open(new, "rb").read()
    open(new, "wb").write(sealed(raw))
    return new


def sealed(raw):
    """The bytes of a file of ours behind an honest seal."""
    head = re.sub(rb"size \d+\nsha256 \w+\n", b"size %d\nsha256 %s\n" % (
        len(raw) - 512, hashlib.sha256(raw[512:]).hexdigest().encode()),
        raw[:511].rstrip(b" "))
    return head.ljust(511) + b"\n" + raw[512:]


# ---- h5check ----

def a_sound_file_of_each_kind_is_called_so():
    code, out, err = outcome("h5check", *KINDS)
    assert code == 0 and err == "", err
    assert out.splitlines() == [f"{p}: {k}, sound" for p, k in KINDS.items()]


def a_changed_bit_anywhere_is_found():
    rng = np.random.default_rng(1)
    for path in KINDS:
        raw = open(path, "rb").read()
        for at in [0, 300, 511, *rng.integers(512, len(raw), 5)]:
            bad = bytearray(raw)
            bad[at] ^= 1 << rng.integers(8)
            open("bad.h5", "wb").write(bad)
            code, out, err = outcome("h5check", "bad.h5")
            assert code == 65 and "bad.h5: " in err, (path, at, out, err)


def each_bad_file_has_a_line_and_the_others_too():
    open("short.h5", "wb").write(open("d.h5", "rb").read()[:2000])
    open("text.txt", "w").write("not HDF5\n")
    code, out, err = outcome("h5check", "d.h5", "short.h5", "m1.h5",
                             "text.txt", "a1.h5")
    assert code == 65
    assert out.count("sound") == 3 and len(err.splitlines()) == 2
    assert "short.h5: damaged: 2000 bytes long" in err
    assert "text.txt: not an HDF5 file" in err
    code, out, err = outcome("h5check", "d.h5", "none.h5")
    assert code == 66 and "none.h5: No such file" in err


def what_a_seal_cannot_vouch_for_is_checked():
    def put(path, at, value):
        def change(f):
            f[path][at] = value
        return change

    def cell(path, row, column, value):
        def change(f):
            rows = f[path][()]
            rows[column][row] = value
            f[path][...] = rows
        return change

    def stretch(f):
        f["systems/1/Q"][0, 0] += 1e-4
    for path, change, says in (
            ("d.h5", put("tokens", (3, 0), 9), "/tokens: 9 at"),
            ("d.h5", put("length", 3, 0), "/length: 0 at 3 is outside"),
            ("m1.h5", put("parameters/head.3.bias", 2, np.nan),
             "head.3.bias: not finite at 2"),
            ("a1.h5", put("trials/first", 1, 10 ** 9), "/trials/first: "),
            ("a1.h5", put("rows/step", 1, 5), "/rows/trial: row 1 is not"),
            ("i21.h5", put("target_row", 4, -1), "/target_row: -1 at 4"),
            ("i21.h5", put("cf_row", 4, -2), "/cf_row: -2 at 4"),
            ("mas.h5", stretch, "/systems/1/Q: "),
            ("mas.h5", cell("directions", 1, "iia_test", 1.5), "an IIA of 1.5"),
            ("mas.h5", cell("directions", 1, "low", 1.25), "outside its"),
            ("mas.h5", cell("directions", 0, "target", 3), "1 to 3, but there")
            ):
        unsound(resealed(path, change), says)


def an_enum_beyond_its_values_is_found():
    def change(f):
        d = f["split"]
        d.id.write(h5py.h5s.ALL, h5py.h5s.ALL, np.full(d.shape, 3, "u1"),
                   mtype=d.id.get_type())
    unsound(resealed("d.h5", change), "/split: a value outside its enum")


def opened(program, path):
    """The HDF5 and raw files that a run opened."""
    subprocess.run(["strace", "-f", "-qq", "-e", "trace=open,openat", "-o",
                    "strace.log", f"{BIN}/{program}", path],
                   capture_output=True)
    return set(re.findall(r'"([^"]*\.(?:h5|raw))"', open("strace.log").read()))


def what_stands_in_another_file_is_neither_opened_nor_sound():
    """A seal does not say who made the file."""
    name = "states/hidden"

    def external(f):
        del f["trials/length"]
        f["trials/length"] = h5py.ExternalLink(os.path.abspath("a2.h5"),
                                               "/trials/length")

    def member(f):
        del f[name]
        f[name] = h5py.ExternalLink(os.path.abspath("a2.h5"), name)

    def raw(f):
        x = f[name][()]
        x.tofile("x.raw")
        del f[name]
        f.create_dataset(name, x.shape, x.dtype,
                         external=[(os.path.abspath("x.raw"), 0, x.nbytes)])

    def virtual(f):
        v = h5py.VirtualLayout(f[name].shape, f[name].dtype)
        v[:] = h5py.VirtualSource(os.path.abspath("a2.h5"), name,
                                  f[name].shape)
        del f[name]
        f.create_virtual_dataset(name, v)

    def provenance(f):
        x = f["provenance/files"]
        v = h5py.VirtualLayout(x.shape, x.dtype)
        v[:] = h5py.VirtualSource(os.path.abspath("a2.h5"),
                                  "provenance/files", x.shape)
        del f["provenance/files"]
        f.create_virtual_dataset("provenance/files", v)
    for change, says in ((external, "/trials/length: an external link"),
                         (member, "/states/hidden: an external link"),
                         (raw, "/states/hidden: its data stand in another"),
                         (virtual, "/states/hidden: its data stand in anoth"),
                         (provenance, "/provenance/files: missing or not")):
        path = resealed("a1.h5", change)
        unsound(path, says)
        for program in "h5check", "h5info":
            assert opened(program, path) == {path}, program
        code, _, err = outcome("h5info", path)
        assert code == 65 and says in err, err


def a_forged_file_cannot_end_the_program():
    """Damaged anywhere and sealed again: a line each, whatever libhdf5 does.
    (Some make it crash, some loop.)"""
    rng = np.random.default_rng(3)
    raw = open("a1.h5", "rb").read()
    names = [f"forged{i}.h5" for i in range(200)]
    for name in names:
        bad = bytearray(raw)
        for at in rng.integers(512, len(raw), rng.choice([1, 2, 4])):
            bad[at] = rng.choice([0, 1, 255, rng.integers(256)])
        open(name, "wb").write(sealed(bytes(bad)))
    code, out, err = outcome("h5check", *names)
    assert code == 65 and len((out + err).splitlines()) == len(names), code
    code, out, err = outcome("h5info", names[0])
    assert code in (0, 65), code


def others_are_told_what_they_could_become():
    with h5py.File("d.h5") as f, h5py.File("data of mine.h5", "w") as g:
        for name in f:
            f.copy(name, g)
        g.attrs.update(f.attrs)
    unsound("data of mine.h5", "of kind data, by another program: mas-h5check "
            "--adopt 'data of mine.h5' -o NAME")
    with h5py.File("m1.h5") as f, h5py.File("w.h5", "w") as g:
        for name, x in f["parameters"].items():
            g[name] = x[()]
    unsound("w.h5", "a model's parameters: mas-import-model --weights w.h5")
    header = b'{"__metadata__":{}}'
    open("w.safetensors", "wb").write(
        len(header).to_bytes(8, "little") + header)
    unsound("w.safetensors", "safetensors: mas-import-model --weights w.safetens")
    with h5py.File("rates.h5", "w") as g:
        g["rates"] = np.zeros((50, 7))
    unsound("rates.h5", "perhaps a recording (plain): mas-import-recording --file "
            "rates.h5 --list")
    open("v5.mat", "wb").write(b"MATLAB 5.0 MAT-file".ljust(200))
    unsound("v5.mat", "MATLAB")
    os.mkfifo("pipe")
    unsound("pipe", "pipe: a pipe or a device, not a file")
    os.mkdir("folder.zarr")
    open("folder.zarr/.zgroup", "w").write("{}")
    unsound("folder.zarr", "folder.zarr: a zarr folder: zarr.open")
    os.symlink(".git/annex/objects/x", "annex.h5")
    for words in (("h5check", "annex.h5"), ("h5info", "annex.h5"),
                  ("h5check", "--adopt", "annex.h5", "-o", "x.h5"),
                  ("import-model", "--task", "multi-object", "--weights",
                   "annex.h5", "-o", "x.h5")):
        code, _, err = outcome(*words)
        assert code == 66 and "annex.h5: a link of git-annex" in err, err
        code, _, err = outcome(*(w.replace("annex.h5", "folder.zarr")
                                 for w in words))
        assert code == 65 and "folder.zarr: a zarr folder" in err, err


def adopting_and_checking_do_not_mix():
    for words in ([], ["d.h5", "--adopt", "d.h5", "-o", "x.h5"],
                  ["--adopt", "d.h5"], ["d.h5", "-o", "x.h5"]):
        code, _, err = outcome("h5check", *words)
        assert code == 64 and "either files to check" in err
    code, _, err = outcome("h5check", "--adopt", "w.h5", "-o", "x.h5")
    assert code == 65 and "w.h5: attribute kind: missing" in err
    assert not os.path.exists("x.h5")


def every_kind_can_be_adopted_unchanged():
    """What h5py copies of our files is adopted to the same content."""
    for path, kind in KINDS.items():
        copy, back = f"copy-{path}", f"back-{path}"
        with h5py.File(path) as f, h5py.File(copy, "w") as g:
            for name in f:
                if name != "provenance":
                    f.copy(name, g)
            g.attrs.update(f.attrs)
        run("h5check", "--adopt", copy, "-o", back)
        subprocess.run([sys.executable, SAME, path, back], check=True)
        assert outcome("h5check", back)[1] == f"{back}: {kind}, sound\n"


def one_of_ours_is_adopted_only_once_it_was_altered():
    """Then it is nobody's; before, it would lose its ancestors."""
    shutil.copy("d.h5", "e.h5")
    words = "h5check", "--adopt", "e.h5", "-o", "f.h5"
    code, _, err = outcome(*words)
    assert code == 65 and "e.h5: a file of ours already (kind data)" in err
    with h5py.File("e.h5", "a") as f:
        f["split"][0] = f["split"][1]
        f.attrs["seed"] = 7
    assert outcome("h5check", "e.h5")[0] == 65
    assert outcome(*words)[0] == 0 and outcome("h5check", "f.h5")[0] == 0


# ---- h5info ----

def told(path):
    code, out, err = outcome("h5info", path)
    lines = out.splitlines()
    assert code == 0 and err == "", err
    assert len(lines) <= 24 and max(map(len, lines)) <= 80, (path, lines)
    return out


def a_screenful_tells_kind_hash_program_and_ancestors():
    for path, kind in KINDS.items():
        out = told(path)
        digest = hashlib.sha256(open(path, "rb").read()[512:]).hexdigest()
        with h5py.File(path) as f:
            program = f["provenance"].attrs["program"].decode()
            rows = f["provenance/files"][()]
        size = os.path.getsize(path)
        assert out.startswith(f"{kind}, {digest[:8]}, {size} bytes: {path}\n")
        assert re.search(rf"^made by +{program} 0\.", out, re.M)
        for k, row in list(enumerate(rows))[-3:]:
            assert re.search(rf"^{k + 1} +{row['sha256'].decode()[:8]} "
                             rf"{row['program'].decode()} .*"
                             rf" {row['name'].decode()}$", out, re.M), out


def parents_are_told_by_their_number():
    out = told("i21.h5")
    assert re.search(r"^made by .* from 3,5$", out, re.M), out
    assert re.search(r"^3 .* 2,1 +a1\.h5$", out, re.M), out
    assert re.search(r"^5 .* 4,1 +a2\.h5$", out, re.M), out


def numbers_are_those_of_the_file():
    with h5py.File("mas.h5") as f:
        for d in f["directions"]:
            assert (f"{d['source']} to {d['target']}     IIA "
                    f"{d['iia_test']:.4g} ({d['low']:.4g} to {d['high']:.4g}),"
                    f" null {d['null_mean']:.4g}, chance {d['chance']:.4g}: "
                    "count") in told("mas.h5")
    out = told("cmas.h5")
    assert "1 to 2     IIA - (- to -)" in out and ", latent" in out
    assert "latent distance" in out
    with h5py.File("m1.h5") as f:
        out = told("m1.h5")
        assert f"valid_accuracy={f.attrs['valid_accuracy']:.4g}" in out
        assert "criterion_met=no" in out and "rnn.weight_hh_l0(18,6)" in out
    assert "split      96 train, 48 valid, 48 test" in told("d.h5")
    with h5py.File("a1.h5") as f:
        S = len(f["rows/step"])
        assert f"hidden({S},6)" in told("a1.h5")
        share = 100 * f["rows/eligible"][()].mean()
        assert f"eligible   {share:.1f} %" in told("a1.h5")
    with h5py.File("i21.h5") as f:
        share = 100 * (f["cf_row"][()] >= 0).mean()
        assert f"coverage   {share:.1f} % of" in told("i21.h5")
        assert f"{f['unchanged'][()].mean():.4f}; " in told("i21.h5")
    with h5py.File("rsa.h5") as f:
        assert f"rsa        {f['scores']['value'][0]:.4g}, SD" in told("rsa.h5")
    with h5py.File("report.h5") as f:
        bar = f["table"][0]
        assert f"{bar['value']:.4g} ({bar['low']:.4g} to" in told("report.h5")


def of_others_it_says_what_they_hold():
    code, out, err = outcome("h5info", "rates.h5", "d.h5")
    assert code == 0 and err == "", err
    assert out.startswith("rates.h5: none of ours, but perhaps a recording")
    assert "/rates" in out and "data, " in out
    code, out, err = outcome("h5info", "text.txt")
    assert code == 65 and "text.txt: not an HDF5 file" in err
    code, out, err = outcome("h5info", "short.h5")
    assert code == 65 and "short.h5: damaged" in err


SAME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "h5same.py")
TESTS = [a_sound_file_of_each_kind_is_called_so,
         a_changed_bit_anywhere_is_found,
         each_bad_file_has_a_line_and_the_others_too,
         what_a_seal_cannot_vouch_for_is_checked,
         an_enum_beyond_its_values_is_found,
         what_stands_in_another_file_is_neither_opened_nor_sound,
         a_forged_file_cannot_end_the_program,
         others_are_told_what_they_could_become,
         adopting_and_checking_do_not_mix,
         every_kind_can_be_adopted_unchanged,
         one_of_ours_is_adopted_only_once_it_was_altered,
         a_screenful_tells_kind_hash_program_and_ancestors,
         parents_are_told_by_their_number,
         numbers_are_those_of_the_file,
         of_others_it_says_what_they_hold]


if __name__ == "__main__":
    sys.exit(prove(TESTS, make))
