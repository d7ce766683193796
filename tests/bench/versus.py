#!/usr/bin/python3
"""versus.py BENCH FOLDER THREADS... - the steps of BENCH beside PyTorch's.

BENCH writes its problem into FOLDER/problem. Every way of twins.py first takes
some steps without dropout: its losses must be ours to 1e-4, else it does other
work and this program fails. Then ours and all ways take turns, some steps
each, round by round, on so many threads; training has its dropout now. A ratio
is PyTorch's time to ours in the same round; told are the median and the
extremes over rounds. Time is CPU time on one thread and the wall's on several:
on a busy machine the latter says little.

FOLDER/torch.tsv has a line a way, FOLDER/torch.svg and .png are its picture."""
import csv
import ctypes
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TORCHINDUCTOR_VEC_ISA_OK", "1")      # see vectorise

import torch

import picture
import twins

CLOSE, CHECKED, ROUNDS, STEPS = 1e-4, 5, 7, 3
SLOW = 500              # ms a step: one step a round is enough
FIELDS = ("loop", "arch", "way", "torch", "threads", "clock", "ms_ours",
          "ms_torch", "ratio", "low", "high")
TWIN = {"train": twins.Training, "align": twins.Alignment}
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


def clock(threads):
    return time.process_time() if threads == 1 else time.perf_counter()


def timed(twin, threads, steps):
    before = clock(threads)
    for _ in range(steps):
        twin.step()
    return 1e3 * (clock(threads) - before) / steps


def vectorise():
    """Compiled code calls vector functions of libtorch_cpu without being
    linked to it (2.15), and is slow where a probe has found that out."""
    library = os.path.join(os.path.dirname(torch.__file__), "lib",
                           "libtorch_cpu.so")
    if os.path.exists(library):
        ctypes.CDLL(library, ctypes.RTLD_GLOBAL)


def words(loop, arch, dropout, threads, steps):
    return (loop, arch, *([dropout] if loop == "train" else []), threads,
            steps)


def why(error):
    lines = [x for x in str(error).splitlines() if x.strip()] or [""]
    return f"{type(error).__name__}: {lines[0][:150]}"


def agreeing(bench, loop, arch, problem):
    """A twin a way that there is here; one that computes something else ends
    the program."""
    with Ours(bench, *words(loop, arch, 0, 1, CHECKED)) as ours:
        want = ours.answer()[0]
    found = {}
    torch.set_num_threads(1)
    for way in TWIN[loop].ways[arch]:
        try:
            torch.manual_seed(1)
            twin = TWIN[loop](problem, arch, way)
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


def race(bench, loop, arch, twin, threads):
    torch.set_num_threads(threads)
    ms, steps, mine = {way: [] for way in twin}, {}, []
    with Ours(bench, *words(loop, arch, 0.5, threads, STEPS)) as ours:
        ours.answer()
        for way in twin:
            twin[way].drop(0.5)
            timed(twin[way], threads, 1)
            steps[way] = 1 if timed(twin[way], threads, 1) > SLOW else STEPS
        for _ in range(ROUNDS):
            mine.append(ours.again()[1])
            for way in twin:
                ms[way].append(timed(twin[way], threads,
                                     steps[way]))
    for way in twin:
        ratio = [t / o for t, o in zip(ms[way], mine)]
        yield dict(zip(FIELDS, (
            LOOPS[loop], arch, way, torch.__version__, threads,
            "cpu" if threads == 1 else "wall",
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


def main():
    bench, folder, *threads = sys.argv[1:]
    problem = f"{folder}/problem"
    os.makedirs(problem, exist_ok=True)
    subprocess.run([bench, "files", problem], check=True)
    vectorise()
    print(f"PyTorch {torch.__version__}", flush=True)

    twin = {(loop, arch): agreeing(bench, loop, arch, problem)
            for loop in LOOPS for arch in TWIN[loop].ways}
    print()
    show({name: name for name in FIELDS})
    lines = []
    for n in map(int, threads):
        for (loop, arch), ways in twin.items():
            for line in race(bench, loop, arch, ways, n):
                show(line)
                lines.append(line)
        keep(lines, f"{folder}/torch")


if __name__ == "__main__":
    main()
