#!/usr/bin/python3
"""scale.py BUILD FOLDER - time and memory of the programs of BUILD as problems
grow: against width, samples, rows, systems and threads.

A step's time is the difference of two runs of `align` that differ in their
steps alone, so that reading, scoring and writing cancel. Memory is the peak of
one run. Time is CPU time, of several threads the wall's. The law of a curve is
its slope on logarithmic axes over its upper half: y ~ x^law.

FOLDER/scale.tsv has a line a point, FOLDER/scale.svg and .png are its
picture."""
import json
import math
import os
import subprocess
import sys

WIDTHS = (48, 96, 192, 384, 768)
SAMPLES = (10_000, 100_000, 1_000_000)
SEQUENCES = (1_000, 10_000, 100_000)
SYSTEMS = (1, 2, 3, 4)
BATCH, SPILL = 128, "128M"
FIELDS = ("curve", "x", "of", "what", "value", "law")


class Programs:
    """Runs programs in a folder; what is there already is not made again."""

    def __init__(self, build, folder):
        self.build, self.folder = os.path.abspath(build), folder
        os.makedirs(folder, exist_ok=True)

    def run(self, program, out, *words, threads=1):
        if not os.path.exists(f"{self.folder}/{out}"):
            subprocess.run([f"{self.build}/{program}", "--threads",
                            str(threads), *map(str, words), "-o", out],
                           cwd=self.folder, check=True,
                           stderr=subprocess.DEVNULL)
        with open(f"{self.folder}/{out}.log.json") as f:
            return json.load(f)

    def model(self, width, seed, data="small"):
        """Activations and model, no longer trained than an epoch."""
        self.run("gen-data", "small.data.h5", "--task", "multi-object",
                 "--split", "train=400,valid=100,test=100")
        self.run("train", f"w{width}-{seed}.model.h5", "--data",
                 "small.data.h5", "--arch", "gru", "--width", width, "--seed",
                 seed, "--criterion", "none", "--epochs", 1)
        self.run("record-activations", f"w{width}-{seed}.{data}.act.h5",
                 "--model", f"w{width}-{seed}.model.h5", "--data",
                 f"{data}.data.h5")
        return (f"w{width}-{seed}.{data}.act.h5", f"w{width}-{seed}.model.h5")

    def pairs(self, j, i, samples, *words):
        out = f"{j}.{i}.{samples}.int.h5".replace(".small.act.h5", "")
        return out, self.run("build-cf-latents", out, "--source", j,
                             "--target", i, "--variable", "full:full",
                             "--samples",
                             f"train={samples},valid=128,test=128", *words)

    def align(self, name, systems, samples, epochs, *words, threads=1):
        direction = []
        for j, (source, _) in enumerate(systems, 1):
            for i, (target, _) in enumerate(systems, 1):
                made, _ = self.pairs(source, target, samples)
                direction += ["--direction", f"{j}:{i}={made}"]
        of = [x for k, s in enumerate(systems, 1)
              for x in ("--system", f"{k}={','.join(s)}")]
        return self.run("align", f"{name}.{epochs}.alignment.h5", *of,
                        *direction, "--preset",
                        "mas" if len(systems) > 1 else "das", "--epochs",
                        epochs, "--batch", BATCH, "--validate", 10 ** 6,
                        "--no-early-stop", "--null-draws", 0, *words,
                        threads=threads)

    def step(self, name, systems, *words, threads=1):
        """ms of a step, and MB of the longer run."""
        clock = "processor_seconds" if threads == 1 else "wall_seconds"
        steps = 2 if "w768" in systems[0][0] else 10
        short, long = (self.align(name, systems, steps * BATCH, epochs, *words,
                                  threads=threads) for epochs in (1, 4))
        return (1e3 * (long[clock] - short[clock]) / (3 * steps),
                long["peak_memory_bytes"] / 2 ** 20)


def widths(p):
    for width in WIDTHS:
        pair = [p.model(width, 1), p.model(width, 2)]
        for form in ("rotation", "cayley"):
            ms, mb = p.step(f"{form}-{width}", pair, "--map", form)
            yield "width", width, form, "ms a step", ms
            yield "width", width, form, "MB", mb


def samples(p):
    pair = [p.model(48, 1)]
    for n in SAMPLES:
        _, made = p.pairs(pair[0][0], pair[0][0], n)
        yield ("samples", n, "build-cf-latents", "s",
               made["processor_seconds"])
        yield ("samples", n, "build-cf-latents", "MB",
               made["peak_memory_bytes"] / 2 ** 20)
        for memory in ("0", SPILL):
            got = p.align(f"samples-{n}-{memory}", pair, n, 1, "--memory",
                          memory)
            name = "align" if memory == "0" else f"align --memory {memory}"
            yield "samples", n, name, "s", got["processor_seconds"]
            yield "samples", n, name, "MB", got["peak_memory_bytes"] / 2 ** 20


def sequences(p):
    for n in SEQUENCES:
        p.run("gen-data", f"n{n}.data.h5", "--task", "multi-object", "--split",
              f"train={n},valid=10,test=10")
        for memory in ("0", SPILL):
            got = p.run("record-activations", f"n{n}-{memory}.act.h5",
                        "--model", p.model(48, 1)[1], "--data",
                        f"n{n}.data.h5", "--memory", memory)
            name = "record" if memory == "0" else f"record --memory {memory}"
            yield "sequences", n, name, "s", got["processor_seconds"]
            yield "sequences", n, name, "MB", got["peak_memory_bytes"] / 2 ** 20


def systems(p):
    for n in SYSTEMS:
        ms, mb = p.step(f"systems-{n}", [p.model(48, k + 1) for k in range(n)])
        yield "systems", n, "align", "ms a step", ms
        yield "systems", n, "align", "MB", mb


def threads(p):
    pair = [p.model(192, 1), p.model(192, 2)]
    for n in range(1, (os.cpu_count() or 1) + 1):
        ms, _ = p.step(f"threads-{n}", pair, threads=n)
        yield "threads", n, "align, 192 units", "ms a step", ms


def law(points):
    """The slope of log y on log x over the upper half of the points."""
    upper = [(math.log(x), math.log(y)) for x, y in
             points[(len(points) - 1) // 2:] if y > 0]
    mx, my = (sum(v) / len(upper) for v in zip(*upper))
    over = sum((x - mx) ** 2 for x, _ in upper)
    return sum((x - mx) * (y - my) for x, y in upper) / over if over else 0


def draw(curves, path):
    """A panel a curve and quantity."""
    panels = list(dict.fromkeys((c, what) for c, _, what in curves))
    across = 3
    down = -(-len(panels) // across)
    script = [f"set terminal svg size {across * 330},{down * 270} font "
              "'DejaVu Sans,11' background '#ffffff'",
              f"set output '{path}.svg'",
              f"set multiplot layout {down},{across}", "set logscale xy",
              "set key top left reverse Left samplen 1",
              "set grid lc rgb '#dddddd'", "set border 3 lc rgb '#888888'",
              "set tics nomirror scale 0.5 tc rgb '#333333'",
              "set format x '%g'", "set format y '%g'"]
    for curve, what in panels:
        here = [(of, p) for (c, of, w), p in curves.items()
                if (c, w) == (curve, what)]
        xs = sorted({x for _, p in here for x, _ in p})
        ys = [y for _, p in here for _, y in p]
        few = len(xs) < 6 and xs[-1] < 2000
        script += [f"set xlabel '{curve}'", f"set ylabel '{what}'",
                   f"set xrange [{xs[0] / 1.3}:{xs[-1] * 1.3}]",
                   f"set yrange [{min(ys) / 1.5}:{max(ys) * 4}]",
                   "set xtics " + ("(" + ", ".join(f"'{x}' {x}" for x in xs)
                                   + ")" if few else "autofreq"),
                   "plot " + ", ".join(
                       f"'-' with linespoints pt {7 + 2 * k} ps 0.7 lw 1.5 "
                       f"title '{of}: law {law(p):.2f}'"
                       for k, (of, p) in enumerate(here))]
        for _, points in here:
            script += [*(f"{x} {y:.6g}" for x, y in points), "e"]
    subprocess.run(["gnuplot", "-d"], input="\n".join(script) + "\n",
                   text=True, check=True)
    subprocess.run(["rsvg-convert", "-z", "2", "-o", f"{path}.png",
                    f"{path}.svg"], check=True)


def main():
    build, folder = sys.argv[1:]
    p = Programs(build, f"{folder}/scale")
    curves = {}
    for made in (widths, samples, sequences, systems, threads):
        for curve, x, of, what, value in made(p):
            curves.setdefault((curve, of, what), []).append((x, value))
            print(f"{curve:<10} {x:>8} {of:<24} {value:10.3f} {what}",
                  flush=True)
    with open(f"{folder}/scale.tsv", "w") as f:
        print(*FIELDS, sep="\t", file=f)
        for (curve, of, what), points in curves.items():
            for x, value in points:
                print(curve, x, of, what, f"{value:.6g}", f"{law(points):.3f}",
                      sep="\t", file=f)
    draw(curves, f"{folder}/scale")


if __name__ == "__main__":
    main()
