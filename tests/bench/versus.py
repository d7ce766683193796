#!/usr/bin/python3
"""versus.py BENCH FOLDER - the steps of BENCH beside PyTorch's.

BENCH writes its problem into FOLDER/problem. Every way of twins.py first takes
some steps without dropout: its losses must be ours to 1e-4, else it does other
work and this program fails. Then ours and all ways take turns, some steps
each, round by round, on one thread and on two; training has its dropout now. A
ratio is PyTorch's time to ours in the same round; told are the median and the
extremes over rounds. Time is CPU time on one thread and the wall's on two:
on a busy machine the latter says little.

FOLDER/torch.tsv has a line a way, FOLDER/torch.svg and .png are its picture."""
import csv
import os
import statistics
import subprocess
import sys
import time

import torch

import picture
import twins

CLOSE, CHECKED, ROUNDS, STEPS = 1e-4, 5, 7, 3
THREADS = (1, 2)
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


def timed(twin, threads):
    before = clock(threads)
    for _ in range(STEPS):
        twin.step()
    return 1e3 * (clock(threads) - before) / STEPS


def words(loop, arch, dropout, threads, steps):
    return (loop, arch, *([dropout] if loop == "train" else []), threads,
            steps)


def make(loop, arch, way, problem, dropout):
    torch.manual_seed(1)
    return TWIN[loop](problem, arch, way,
                      *([dropout] if loop == "train" else []))


def why(error):
    lines = [x for x in str(error).splitlines() if x.strip()] or [""]
    return f"{type(error).__name__}: {lines[0][:150]}"


def agreeing(bench, loop, arch, problem):
    """The ways that there are here; those that compute something else end the
    program."""
    with Ours(bench, *words(loop, arch, 0, 1, CHECKED)) as ours:
        want = ours.answer()[0]
    found = []
    torch.set_num_threads(1)
    for way in TWIN[loop].ways[arch]:
        try:
            twin = make(loop, arch, way, problem, 0)
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
        found.append(way)
    return found


def race(bench, loop, arch, problem, ways, threads):
    torch.set_num_threads(threads)
    twin = {way: make(loop, arch, way, problem, 0.5) for way in ways}
    ms = {way: [] for way in ways}
    mine = []
    with Ours(bench, *words(loop, arch, 0.5, threads, STEPS)) as ours:
        ours.answer()
        for way in ways:
            timed(twin[way], threads)
        for _ in range(ROUNDS):
            mine.append(ours.again()[1])
            for way in ways:
                ms[way].append(timed(twin[way], threads))
    for way in ways:
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


def main():
    bench, folder = sys.argv[1:]
    problem = f"{folder}/problem"
    os.makedirs(problem, exist_ok=True)
    subprocess.run([bench, "files", problem], check=True)
    print(f"PyTorch {torch.__version__}", flush=True)

    ways = {(loop, arch): agreeing(bench, loop, arch, problem)
            for loop in LOOPS for arch in TWIN[loop].ways}
    print()
    show({name: name for name in FIELDS})
    lines = []
    for threads in THREADS:
        for loop, arch in ways:
            for line in race(bench, loop, arch, problem, ways[loop, arch],
                             threads):
                show(line)
                lines.append(line)
    with open(f"{folder}/torch.tsv", "w", newline="") as f:
        out = csv.DictWriter(f, FIELDS, delimiter="\t", lineterminator="\n")
        out.writeheader()
        out.writerows(lines)
    picture.draw(lines, f"{folder}/torch")


if __name__ == "__main__":
    main()
