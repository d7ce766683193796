"""picture.py - the table of versus.py as a picture: a row a loop, time to the
right on a logarithmic axis, a mark a way, a panel a number of threads."""
import subprocess

OURS = "#d62728"
MARKS = {"natural": (9, 8, "#1f4e79"), "padded": (11, 10, "#1f4e79"),
         "packed": (5, 4, "#2e7d32"), "best": (13, 12, "#8e44ad"),
         "graph": (13, 12, "#b9770e")}
CLOCK = {"cpu": "CPU time", "wall": "wall time"}

HEAD = """set terminal svg size 1000,{height} font 'DejaVu Sans,12' \
background '#ffffff'
set output '{path}.svg'
set multiplot
set logscale x
set xrange [{low}:{high}]
set yrange [{rows}.6:0.4]
set grid x y lc rgb '#dddddd'
set border 1 lc rgb '#888888'
set tics nomirror scale 0.5 tc rgb '#333333'
set xlabel 'ms a step'
set label 1 'Time of a step: ours and PyTorch {torch}{on}' \
at screen 0.02,{title} font ',15'
set bmargin screen {bottom}
set tmargin screen {top}
unset key
"""


def panel(lines, rows, left, right, first):
    """Bars, marks, and to the right how much longer the fastest way took."""
    y = {row: k + 1 for k, row in enumerate(rows)}
    plots, data = [], []

    def add(chosen, style, place):
        if chosen:
            plots.append(f"'-' using {style}")
            data.append("".join(" ".join(f"{x:.6g}" for x in place(line))
                                + "\n" for line in chosen) + "e\n")

    def theirs(line):               # what is compiled stands a little higher
        mine = float(line["ms_ours"])
        return (float(line["ms_torch"]), y[line["loop"], line["arch"]]
                - 0.2 * line["way"].startswith("compiled"),
                mine * float(line["low"]), mine * float(line["high"]))

    def ours(line):
        return float(line["ms_ours"]), y[line["loop"], line["arch"]]

    add(lines, "1:2:3:4 with xerrorbars pt 0 ps 0 lw 1.5 lc rgb '#bbbbbb'",
        theirs)
    for way, (solid, hollow, colour) in MARKS.items():
        for name, mark in ((way, solid), (f"compiled {way}", hollow)):
            add([x for x in lines if x["way"] == name],
                f"1:2 with points pt {mark} ps 1 lw 1.5 lc rgb '{colour}'",
                theirs)
    add(lines, f"1:2 with points pt 7 ps 1.3 lc rgb '{OURS}'", ours)

    out = [f"set lmargin screen {left}", f"set rmargin screen {right}"]
    if first:
        out.append("set ytics scale 0 (" + ", ".join(
            f"'{loop}, {arch}' {k}" for (loop, arch), k in y.items()) + ")")
    else:
        out.append("unset label")
        out.append("set ytics scale 0 (" + ", ".join(
            f"'' {k}" for k in y.values()) + ")")
    threads, clock = lines[0]["threads"], CLOCK[lines[0]["clock"]]
    out.append(f"set title '{threads} thread{'s' * (threads > 1)}, {clock}'")
    for row, k in y.items():
        ratio = min(float(x["ratio"]) for x in lines
                    if (x["loop"], x["arch"]) == row)
        out.append(f"set label {10 + k} '{ratio:.1f}×' at graph 1.02,"
                   f"first {k} offset 0,-0.1 tc rgb '#333333'")
    return "\n".join([*out, "plot " + ", ".join(plots), ""]) + "".join(data)


def legend(y, ways):
    """Marks of the ways and their names along the bottom."""
    out, x = [], 0.04
    entries = [("ours", 7, 1.3, OURS)]
    entries += [(way, solid, 1, colour)
                for way, (solid, _, colour) in MARKS.items() if way in ways]
    if any(way.startswith("compiled") for way in ways):
        entries += [("hollow: compiled", 4, 1, "#555555")]
    for k, (name, mark, size, colour) in enumerate(entries, 100):
        out.append(f"set label {k} '{name}' at screen {x:.3f},{y} point "
                   f"pt {mark} ps {size} lw 1.5 lc rgb '{colour}' "
                   "offset character 1.2,-0.2")
        x += 0.05 + 0.009 * len(name)
    out.append(f"set label 200 'n×: the fastest of PyTorch to ours' "
               f"at screen {x:.3f},{y} tc rgb '#333333' offset character 0,-0.2")
    return "\n".join(out) + "\n"


def draw(lines, path):
    """PATH.svg and PATH.png."""
    rows = list(dict.fromkeys((x["loop"], x["arch"]) for x in lines))
    every = [float(x[k]) for x in lines for k in ("ms_ours", "ms_torch")]
    height = 190 + 44 * len(rows)
    script = HEAD.format(
        height=height, path=path, torch=lines[0]["torch"], rows=len(rows),
        on="" if lines[0]["device"] == "cpu" else f", {lines[0]['device']}",
        low=min(every) / 1.6, high=max(every) * 1.6,
        title=1 - 24 / height, bottom=100 / height, top=1 - 75 / height)
    script += legend(28 / height, {x["way"] for x in lines})
    panels = sorted({x["threads"] for x in lines})
    wide = 0.77 / len(panels)
    for k, threads in enumerate(panels):
        left = 0.2 + k * wide
        script += panel([x for x in lines if x["threads"] == threads], rows,
                        left, left + wide - 0.05, k == 0)
    subprocess.run(["gnuplot", "-d"], input=script, text=True, check=True)
    subprocess.run(["rsvg-convert", "-o", f"{path}.png", f"{path}.svg"],
                   check=True)
