#!/usr/bin/python3
"""versus.py [--device cuda] BENCH FOLDER THREADS... - the steps of BENCH beside
PyTorch's, both on this processor or both on a card.

BENCH writes its problem into FOLDER/problem. Every way of twins.py (of cards.py
on a card) first takes some steps without dropout: its losses must be ours to
1e-4, else it does other work and this program fails. Then ours and all ways take turns, some steps
each, round by round, on so many threads; training has its dropout now. A ratio
is PyTorch's time to ours in the same round; told are the median and the
extremes over rounds. Time is CPU time on one thread and the wall's on several
and on a card: on a busy machine the latter says little.

FOLDER/torch.tsv (cuda.tsv) has a line a way, FOLDER/torch.svg and .png are its
picture. Where no card is found it ends with 69, and nothing is written."""
import argparse
import csv
import ctypes
import os
import statistics
import subprocess
import sys
import time
import typing

os.environ.setdefault("TORCHINDUCTOR_VEC_ISA_OK", "1")      # see vectorise

import torch

import cards
import picture
import twins

CLOSE, CHECKED, ROUNDS, STEPS = 1e-4, 5, 7, 3
SLOW = 500              # ms a step: one step a round is enough
FIELDS = ("loop", "arch", "way", "torch", "device", "threads", "clock",
          "ms_ours", "ms_torch", "ratio", "low", "high")
TWIN = {"cpu": {"train": twins.Training, "align": twins.Alignment},
        "cuda": {"train": cards.Training, "align": cards.Alignment}}
FILE = {"cpu": "torch", "cuda": "cuda"}
UNAVAILABLE = 69
LOOPS = {"train": "training step", "align": "MAS step"}


class Ours:
    """BENCH, that does some steps whenever it is asked to."""

    def __init__(self, bench, *words):
        self.run = subprocess.Popen([bench, *map(str, words)], text=True,
                                    stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.run.stdin.close()
        self.run.wait()

    def answer(self):
        words = self.run.stdout.readline().split()
        if not words:
            sys.exit("versus.py: bench has ended")
        return float(words[0]), float(words[1])

    def again(self):
        self.run.stdin.write("\n")
        self.run.stdin.flush()
        return self.answer()


class Where(typing.NamedTuple):
    """A device, and threads of this processor."""
    device: str
    threads: int

    def name(self):
        return self.device if self.device == "cpu" \
            else torch.cuda.get_device_name()

    def clock(self):
        return "cpu" if self == ("cpu", 1) else "wall"

    def now(self):
        if self.device != "cpu":
            torch.cuda.synchronize()
        return time.process_time() if self.clock() == "cpu" \
            else time.perf_counter()

    def time(self, twin, steps):
        """ms a step."""
        before = self.now()
        for _ in range(steps):
            twin.step()
        return 1e3 * (self.now() - before) / steps


def vectorise():
    """Compiled code calls vector functions of libtorch_cpu without being
    linked to it (2.15), and is slow where a probe has found that out."""
    library = os.path.join(os.path.dirname(torch.__file__), "lib",
                           "libtorch_cpu.so")
    if os.path.exists(library):
        ctypes.CDLL(library, ctypes.RTLD_GLOBAL)


def words(loop, arch, dropout, where, steps):
    return (loop, arch, *([dropout] if loop == "train" else []), *where,
            steps)


def why(error):
    lines = [x for x in str(error).splitlines() if x.strip()] or [""]
    return f"{type(error).__name__}: {lines[0][:150]}"


def agreeing(bench, device, loop, arch, problem):
    """A twin a way that there is here; one that computes something else ends
    the program."""
    with Ours(bench, *words(loop, arch, 0, Where(device, 1),
                            CHECKED)) as ours:
        want = ours.answer()[0]
    found = {}
    torch.set_num_threads(1)
    for way in TWIN[device][loop].ways[arch]:
        try:
            torch.manual_seed(1)
            twin = TWIN[device][loop](problem, arch, way)
            got = statistics.fmean(twin.step() for _ in range(CHECKED))
        except Exception as error:      # what compile cannot do is skipped
            if not way.startswith("compiled"):
                raise
            print(f"{LOOPS[loop]}, {arch}, {way}: skipped, {why(error)}",
                  flush=True)
            continue
        said = f"{LOOPS[loop]}, {arch}, {way}: loss {got:.6f}, ours " \
               f"{want:.6f}, over {CHECKED} steps"
        if not abs(got - want) <= CLOSE:
            sys.exit(f"{said}: not the same work")
        print(said, flush=True)
        found[way] = twin
    return found


def race(bench, loop, arch, twin, where):
    torch.set_num_threads(where.threads)
    ms, steps, mine = {way: [] for way in twin}, {}, []
    with Ours(bench, *words(loop, arch, 0.5, where, STEPS)) as ours:
        ours.answer()
        for way in twin:
            twin[way].drop(0.5)
            where.time(twin[way], 1)
            steps[way] = 1 if where.time(twin[way], 1) > SLOW else STEPS
        for _ in range(ROUNDS):
            mine.append(ours.again()[1])
            for way in twin:
                ms[way].append(where.time(twin[way], steps[way]))
    for way in twin:
        ratio = [t / o for t, o in zip(ms[way], mine)]
        yield dict(zip(FIELDS, (
            LOOPS[loop], arch, way, torch.__version__, where.name(),
            where.threads, where.clock(),
            *(f"{x:.4g}" for x in (
                statistics.median(mine), statistics.median(ms[way]),
                statistics.median(ratio), min(ratio), max(ratio))))))


def show(line):
    print("{loop:<14} {arch:<12} {way:<17} {torch:<13} {threads:>7} {clock:>5}"
          " {ms_ours:>8} {ms_torch:>8} {ratio:>6} {low:>6} {high:>6}"
          .format(**line), flush=True)


def keep(lines, path):
    with open(f"{path}.tsv", "w", newline="") as f:
        out = csv.DictWriter(f, FIELDS, delimiter="\t", lineterminator="\n")
        out.writeheader()
        out.writerows(lines)
    picture.draw(lines, path)


def options():
    x = argparse.ArgumentParser(usage=__doc__)
    x.add_argument("--device", choices=TWIN, default="cpu")
    x.add_argument("bench")
    x.add_argument("folder")
    x.add_argument("threads", type=int, nargs="+")
    return x.parse_args()


def find(bench, device):
    """End where the device is not there for both."""
    code = subprocess.run([bench, "find", device]).returncode
    if code == 0 and device == "cuda" and not torch.cuda.is_available():
        print(f"versus.py: PyTorch {torch.__version__} finds no card",
              file=sys.stderr)
        code = UNAVAILABLE
    if code:
        sys.exit(code)


def main():
    said = options()
    bench, folder, device = said.bench, said.folder, said.device
    find(bench, device)
    problem = f"{folder}/problem"
    os.makedirs(problem, exist_ok=True)
    subprocess.run([bench, "files", problem], check=True)
    vectorise()
    print(f"PyTorch {torch.__version__}", flush=True)

    twin = {(loop, arch): agreeing(bench, device, loop, arch, problem)
            for loop in LOOPS for arch in TWIN[device][loop].ways}
    print()
    show({name: name for name in FIELDS})
    lines = []
    for n in said.threads:
        for (loop, arch), ways in twin.items():
            for line in race(bench, loop, arch, ways, Where(device, n)):
                show(line)
                lines.append(line)
        keep(lines, f"{folder}/{FILE[device]}")


if __name__ == "__main__":
    main()
