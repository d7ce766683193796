#!/usr/bin/python3
"""check_iia.py - recompute an alignment from the files that it was made of.

    check_iia.py --alignment A --system 1=ACT,MODEL --system 2=ACT,MODEL \\
        --direction 1:1=INT --direction 2:1=INT ...

A second implementation, in PyTorch and plain Python, that shares nothing with
the programs but the files: it runs the models again, writes equation 3 with
whole matrices, plays the causal programs of the tasks by hand and derives the
interchange interventions that should be there. A line a check; exit status 1
if one failed.

--retrain LR also learns the maps again, by autograd through matrix_exp and
torch.optim.Adam; for alignments whose every step saw all training samples.
--null N scores N random rotations, to lay beside the alignment's own null.
"""
import collections
import sys

import h5py
import numpy as np
import scipy.stats
import torch
from torch import nn

import alignment
import models
import said
from alignment import go_on, rotation
from said import say

SPLITS = ("train", "valid", "test")
EDGE = 1e-4         # two top logits closer than this: either may win
LEAST_P = 1e-5      # a fair draw falls below this once in 100,000 checks

# ---- the tasks as causal programs ----
#
# State is a dict of variables. next_tokens gives the tokens that may come and
# whether the program determines them; read gives the state after a token.
# A variable in `effect` is one on another, which an exchange moves along.

class Counting:
    at = {"count": None, "last_value": None, "full": None}
    key = ("phase", "count")
    effect = {"last_value": "count"}

    def __init__(self, demo, response, most):
        self.demo, self.response, self.most = demo, response, most
        self.range = {"count": (0, most), "last_value": (-1, 1)}

    def start(self):
        return {"phase": 0, "count": 0, "last_value": 0, "_begun": False}

    def next_tokens(self, s):
        if not s["_begun"]:
            return {"B"}, False
        if s["phase"] == 1:
            return ({self.response} if s["count"] else {"E"}), True
        demo = self.demo if s["count"] < self.most else set()
        return demo | ({"T"} if s["count"] >= 1 else set()), False

    def read(self, s, token):
        change, phase = 0, s["phase"]
        if token == "T":
            phase = 1
        elif token in self.demo and phase == 0:
            change = 1
        elif token == self.response and phase == 1:
            change = -1
        return {"phase": phase, "count": s["count"] + change,
                "last_value": change, "_begun": True}

    def own(self, variables):
        return {**variables, "_begun": True}


class Arithmetic:
    at = {"cumu_val": "=", "rem_ops": ",", "full": None}
    key = ("cumu_val", "rem_ops", "op", "operand", "slot")
    effect = {}
    top = 20
    order = ("", "B", "N", "Op", "v0", "o", "x", "=", "c", "E")

    def __init__(self, most):
        self.most = most
        self.range = {"cumu_val": (0, self.top), "rem_ops": (1, most - 1)}

    def start(self):
        return {"cumu_val": 0, "rem_ops": 0, "op": 0, "operand": 0, "slot": 0}

    def next_tokens(self, s):
        after, value = self.order[s["slot"]], s["cumu_val"]
        if after == "":
            return {"B"}, False
        if after == "B":
            return {str(n) for n in range(1, self.most + 1)}, False
        if after == "N":
            return {"Op"}, True
        if after == "Op":
            return {str(n) for n in range(1, self.top + 1)}, False
        if after == "v0":
            return ({"+"} if value < self.top else set()) | \
                   ({"-"} if value > 0 else set()), False
        if after == "o":
            room = self.top - value if s["op"] == 1 else value
            return {str(n) for n in range(room + 1)}, False
        if after == "x":
            return {"="}, True
        if after == "=":
            return {str(value)}, True
        return ({","} if s["rem_ops"] > 1 else {"E"}), True

    def read(self, s, token):
        s = {**s, "slot": s["slot"] + 1}
        now = self.order[s["slot"]]
        if now == "N":
            s["rem_ops"] = int(token)
        elif now == "v0":
            s["cumu_val"] = int(token)
        elif now == "o":
            s["op"] = {"+": 1, "-": 2}[token]
        elif now == "x":
            s["operand"] = int(token)
        elif now == "=":
            s["cumu_val"] += s["operand"] * (1 if s["op"] == 1 else -1)
            s["op"] = s["operand"] = 0
        elif token == ",":
            s["rem_ops"] -= 1
            s["slot"] = self.order.index("v0")
        return s

    def own(self, variables):
        return dict(variables)


def task_of(name, most):
    return {"multi-object": lambda: Counting({"Da", "Db", "Dc"}, "R", most),
            "same-object": lambda: Counting({"C"}, "C", most),
            "arithmetic": lambda: Arithmetic(most)}[name]()


def follows(task, state, tokens, marked):
    """Does the program say these tokens from this state on? Gives whether
    every token may come, whether exactly the determined ones are marked, and
    whether all marked ones are right, up to the first that may not come."""
    exact = True
    for token, mark in zip(tokens, marked):
        allowed, determined = task.next_tokens(state)
        exact = exact and determined == mark
        if token not in allowed or (mark and not determined):
            return False, exact, False
        state = task.read(state, token)
    return True, exact, True


# ---- files ----

class System:
    def __init__(self, number, activations, model):
        self.number = number
        with h5py.File(activations) as f:
            self.name = f.attrs["system"].decode()
            self.task_name = f.attrs["task"].decode()
            self.most = int(f.attrs["max_quantity"])
            self.words = [w.decode() for w in f["vocabulary"]]
            self.rows = {k: f["rows"][k][()] for k in f["rows"]}
            self.trials = {k: f["trials"][k][()] for k in f["trials"]}
            self.states = {k: f["states"][k][()] for k in f["states"]}
            self.variables = {k: f["variables"][k][()].astype(int)
                              for k in f["variables"]}
        self.task = task_of(self.task_name, self.most)
        self.token = np.array(self.words)[self.rows["token"]]
        self.split = self.trials["split"][self.rows["trial"]]
        self.model = models.load(model)
        self.key = list(zip(*(self.variables[k].tolist()
                              for k in self.task.key)))

    def at(self, row):
        return self.task.own({k: int(v[row])
                              for k, v in self.variables.items()})


class Direction:
    def __init__(self, source, target, path):
        self.source, self.target = source, target
        self.name = f"{source.number}to{target.number}"
        with h5py.File(path) as f:
            self.attribute = {k: v.decode() if isinstance(v, bytes) else v
                              for k, v in f.attrs.items()}
            self.__dict__.update({k: f[k][()] for k in (
                "source_row", "target_row", "tokens", "determined", "length",
                "value", "split", "unchanged", "constant", "cf_row",
                "cf_matches", "coverage")})
            self.words = [w.decode() for w in f["vocabulary"]]
        self.read = self.attribute["source_variable"]
        self.written = self.attribute["target_variable"]

    def states(self, side, system, rows):
        s = system.states[self.attribute["site"]][rows]
        return torch.from_numpy(s).double()


# ---- 1: the models and their recordings ----

@torch.no_grad()
def check_system(s):
    """Run whole sequences again. Rounding grows along them: PyTorch's own
    single precision tells how far."""
    first, length = s.trials["first"], s.trials["length"]
    gap, single = collections.Counter(), collections.Counter()
    for a in range(0, len(first), 500):
        n = length[a:a + 500, None]
        inside = np.arange(n.max()) < n
        row = (first[a:a + 500, None] + np.arange(n.max()))[inside]
        tokens = np.zeros(inside.shape, int)
        tokens[inside] = s.rows["token"][row]
        tokens, inside = torch.from_numpy(tokens), torch.from_numpy(inside)

        mine, _ = s.model.run(tokens)
        rough, _ = s.model.float().run(tokens)
        s.model.double()        # the weights are those of single precision
        for site, x in mine.items():
            x = x[inside].numpy()
            for to, y in ((gap, s.states[site][row]),
                          (single, rough[site][inside].numpy())):
                to[site] = np.maximum(to[site], np.abs(x - y).max())
    say(gap["embedding"] == 0 and all(
        gap[k] <= max(1e-5, 2 * single[k]) for k in mine),
        f"system {s.number} {s.name}",
        f"{len(s.token)} rows recorded again, largest difference " + ", ".join(
            f"{k} {gap[k]:.1e} (PyTorch's own single precision: "
            f"{single[k]:.1e})" for k in mine))

    bad = collections.Counter()
    for a, n in zip(first, length):
        state = s.task.start()
        for row in range(a, a + n):
            token = s.token[row]
            allowed, determined = s.task.next_tokens(state)
            bad["token"] += token not in allowed
            bad["determined"] += determined != s.rows["determined"][row]
            bad["eligible"] += (token not in ("PAD", "B", "T", "E")) != \
                s.rows["eligible"][row]
            state = s.task.read(state, token)
            for k, v in s.variables.items():
                bad[k] += state[k] != v[row]
        bad["end"] += token != "E"
    say(not +bad, f"system {s.number} {s.name}",
        f"labels of {len(first)} trials ({s.task_name}): "
        + (str(dict(+bad)) if +bad else f"all {len(bad)} kinds as played"))


# ---- 2: scores ----

def exchange(R_i, R_j, K, h_trg, h_src):
    """v = R_i^-1 ((1 - D) R_i h_trg + D R_j h_src), rows being samples."""
    D_i, D_j = torch.zeros(len(R_i), len(R_i)), torch.zeros(len(R_i), len(R_j))
    D_i[range(K), range(K)] = D_j[range(K), range(K)] = 1
    D_i, D_j = D_i.double(), D_j.double()
    I = torch.eye(len(R_i)).double()
    mixed = (I - D_i) @ R_i @ h_trg.T + D_j @ R_j @ h_src.T
    return torch.linalg.solve(R_i, mixed).T


class Score:
    """What the target makes of the samples of a direction, a batch a time."""

    def __init__(self, d, R_i, R_j, K, rows):
        right, loss, edge = [], [], []
        for r in np.array_split(rows, max(1, len(rows) // 1000)):
            nll, hit, gap, marked = losses(d, R_i, R_j, K, r)
            sample = np.nonzero(marked)[0]
            loss.append(np.bincount(sample, nll.numpy(), len(r)))
            right.append(np.bincount(sample, ~hit.numpy(), len(r)) == 0)
            least = np.full(len(r), np.inf)
            np.minimum.at(least, sample, gap.numpy())
            edge.append(least)
        self.right, self.loss = np.concatenate(right), np.concatenate(loss)
        self.edge = np.concatenate(edge)
        self.iia = self.right.mean()
        self.mean_loss = self.loss.sum() / d.determined[rows].sum()


def losses(d, R_i, R_j, K, r):
    """Of each marked token of samples r: loss, hit, distance of top logits."""
    h_trg = d.states("target", d.target, d.target_row[r])
    h_src = d.states("source", d.source, d.source_row[r])
    tokens = torch.from_numpy(d.tokens[r].astype(int))
    marked = torch.from_numpy(d.determined[r].astype(bool))
    v = exchange(R_i, R_j, K, h_trg, h_src)
    s = d.target
    logits = go_on(s.model, d.attribute["site"], s.rows["token"],
                   s.rows["step"], d.target_row[r], v, tokens)[marked]
    best = logits.topk(2).values
    return (nn.functional.cross_entropy(logits, tokens[marked],
                                        reduction="none"),
            logits.argmax(1) == tokens[marked], best[:, 0] - best[:, 1],
            marked.numpy())


@torch.no_grad()
def check_scores(d, line, A, test):
    R = {k: float(A["c"][k]) * torch.from_numpy(A["Q"][k]) for k in A["Q"]}
    R_i, R_j, K = R[d.target.number], R[d.source.number], A["K"]
    by = {n: Score(d, R_i, R_j, K, np.nonzero(d.split == k)[0])
          for k, n in enumerate(SPLITS)}
    mine, theirs = by["test"], test["correct"].astype(bool)
    n = len(mine.right)

    differ = mine.right != theirs
    tie = differ & (mine.edge < EDGE)
    say(not (differ & ~tie).any(), f"direction {d.name}",
        f"{(differ & ~tie).sum()} of {n} test samples disagree, "
        f"{tie.sum()} more at a tie of logits (< {EDGE:g})")

    gap = np.abs(mine.loss - test["loss"])
    large = mine.loss > 1e-2        # below, single precision is the limit
    relative = (gap[large] / mine.loss[large]).max(initial=0)
    say(relative <= 1e-4 and gap[~large].max(initial=0) <= 2e-6,
        f"direction {d.name}", f"loss a sample, largest difference "
        f"{relative:.1e} relative ({large.sum()} samples above 0.01 nat), "
        f"{gap[~large].max(initial=0):.1e} nat (the others)")

    for name in SPLITS:
        rows = int(line["n_" + name])
        off = abs(by[name].iia - line["iia_" + name])
        ties = (by[name].edge < EDGE).sum()
        say(rows == len(by[name].right) and
            off <= (0 if name == "test" and not tie.any() else ties / rows)
            + 1e-12, f"direction {d.name}",
            f"IIA {name} {by[name].iia:.4f}, stored {line['iia_' + name]:.4f}"
            f", {rows} samples")
    low, high = scipy.stats.binomtest(int(theirs.sum()), n).proportion_ci(
        method="wilson")
    off = np.abs([low - line["low"], high - line["high"]]).max()
    say(off < 1e-6 and abs(theirs.mean() - line["iia_test"]) < 1e-12,
        f"direction {d.name}",
        f"Wilson {low:.6f}..{high:.6f}, stored differs by {off:.1e}")
    off = abs(mine.mean_loss / line["loss_test"] - 1)
    say(off <= 1e-4, f"direction {d.name}", f"mean test loss "
        f"{mine.mean_loss:.6g} nat, stored differs by {off:.1e} relative")
    return by["valid"]


# ---- 3: the samples ----

def swapped(d, own, value, source_state):
    """The target's variables with the source's value in them."""
    if d.read == "full":
        return {**own, **{k: source_state[k] for k in d.target.task.key}}
    new = {**own, d.written: value}
    moved = d.target.task.effect.get(d.written)
    if moved:
        new[moved] += value - own[d.written]
    return new


def steps_drawn(s, variable, bounds=None):
    """Probability of each row: trials alike, then the steps at which the
    variable may be exchanged; a value out of bounds is drawn again."""
    at = s.task.at[variable]
    may = np.isin(s.token, ["PAD", "B", "T", "E"], invert=True)
    if at:
        may &= s.token == at
    steps = np.bincount(s.rows["trial"], may, len(s.trials["first"]))
    p = np.where(may, 1 / np.maximum(steps, 1)[s.rows["trial"]], 0)
    if bounds:
        value = s.variables[variable]
        p[(value < bounds[0]) | (value > bounds[1])] = 0
    return p


def steps_of_effects(d, p_t, p_s):
    """The same of both ends of an exchanged effect: a pair of rows that takes
    the count out of 0..most (demo phase: 1..most) is drawn again."""
    trg, given = d.target, d.source.variables[d.read]
    count = trg.variables["count"] - trg.variables[d.written]
    least = np.where(trg.variables["phase"] == 0, 1, 0)
    p_t, p_s = p_t.copy(), p_s.copy()
    for k in range(len(SPLITS)):
        t, s = trg.split == k, d.source.split == k
        fits = {v: (count[t] + v >= least[t]) & (count[t] + v <= trg.most)
                for v in np.unique(given[s])}
        p_t[t], p_s[s] = (
            p_t[t] * sum(f * p_s[s & (given == v)].sum()
                         for v, f in fits.items()),
            p_s[s] * sum((given[s] == v) * (p_t[t] * f).sum()
                         for v, f in fits.items()))
    return p_t, p_s


def fair(seen, expected):
    """P of the counts seen: chi-square, rare kinds taken together."""
    order = np.argsort(-expected, kind="stable")
    seen, expected = seen[order], expected[order]
    groups, e, o = [], 0.0, 0.0
    for a, b in zip(seen, expected):
        o, e = o + a, e + b
        if e >= 5:
            groups.append([o, e])
            o = e = 0.0
    if groups:
        groups[-1][0] += o
        groups[-1][1] += e
    if len(groups) < 2:
        return float("nan") if seen[expected == 0].sum() == 0 else 0.0
    o, e = np.array(groups).T
    if seen[expected == 0].sum():
        return 0.0
    return scipy.stats.chisquare(o, e * o.sum() / e.sum()).pvalue


def p_of_rows(d, system, rows, weight, label):
    """Are rows drawn with these weights, counted by a label of theirs?"""
    kinds, label = np.unique(label, return_inverse=True)
    expected = np.zeros(len(kinds))
    for k in range(len(SPLITS)):
        w = np.where(system.split == k, weight, 0)
        n = (d.split == k).sum()
        if n:
            expected += n * np.bincount(label, w, len(kinds)) / w.sum()
    return fair(np.bincount(label[rows], minlength=len(kinds)).astype(float),
                expected)


def independent(a, b):
    """P that two labels are independent: chi-square of their table, each cut
    at its quartiles."""
    def cut(x):
        edges = np.unique(np.quantile(x, [0.25, 0.5, 0.75]))
        return np.searchsorted(edges, x)
    table = np.zeros((4, 4))
    np.add.at(table, (cut(a), cut(b)), 1)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return float("nan")
    return scipy.stats.chi2_contingency(table).pvalue


def choices(task, state, tokens):
    """Free choices of the program in a continuation: (kind, number of the
    choice, how many there were)."""
    if isinstance(task, Counting):
        if state["phase"] == 0:
            can = [k for k in range(4)
                   if 1 <= state["count"] + k <= task.most]
            k = tokens.index("T")
            yield "k", (can.index(k) if k in can else len(can)), len(can)
            for t in tokens[:k]:
                yield "demo", sorted(task.demo).index(t), len(task.demo)
        return
    for t in tokens:
        allowed, determined = task.next_tokens(state)
        if not determined:
            kind = task.order[state["slot"] + 1]
            many = sorted(allowed, key=lambda w: (len(w), w))
            yield kind, many.index(t), len(many)
        state = task.read(state, t)


def p_of_choices(seen):
    """P that choices are uniform: (number, how many) pairs, in ten bins."""
    bins = 10
    got, expected = np.zeros(bins), np.zeros(bins)
    for (i, n), times in collections.Counter(seen).items():
        got[i * bins // n if i < n else 0] += times
        expected += times * np.bincount(np.arange(n) * bins // n,
                                        minlength=bins) / n
    return fair(got, expected)


def check_samples(d, line):
    src, trg, name = d.source, d.target, f"direction {d.name}"
    P, task, full = len(d.split), d.target.task, d.read == "full"
    shuffled = bool(d.attribute["shuffled"])
    if d.words != trg.words:
        say(False, name, "vocabulary is not the target's")

    # Rows: own split, eligible, at the right token, value.
    weight_t = steps_drawn(trg, d.written)
    weight_s = steps_drawn(src, d.read, task.range.get(d.written))
    effect = d.written in task.effect
    if effect:
        weight_t, weight_s = steps_of_effects(d, weight_t, weight_s)
    chosen = src.variables[d.read if not full else
                           ("count" if "count" in src.variables
                            else "cumu_val")]
    bad = collections.Counter({
        "target split": (trg.split[d.target_row] != d.split).sum(),
        "source split": (src.split[d.source_row] != d.split).sum(),
        "target step": (weight_t[d.target_row] == 0).sum(),
        "source step or value": (weight_s[d.source_row] == 0).sum()})
    if shuffled:
        for k in range(len(SPLITS)):
            at = d.split == k
            bad["values"] += (np.sort(d.value[at]) != np.sort(
                chosen[d.source_row[at]])).sum()
    else:
        bad["value"] = (d.value != chosen[d.source_row]).sum()
    say(not +bad, name, f"rows of {P} samples {d.read} -> {d.written}: "
        + (str(dict(+bad)) if +bad else "own split, eligible, value"))

    # Counterfactual sequences, chance, best constant, matching rows.
    train = np.nonzero(d.split == 0)[0]
    base = train if len(train) else np.arange(P)
    if full:
        often = collections.Counter(src.key[r] for r in d.source_row[base])
    else:
        often = collections.Counter(d.value[base].tolist())
    mode = min(often, key=lambda v: (-often[v], v))
    mode_state = dict(zip(task.key, mode)) if full else None

    matches = collections.defaultdict(list)
    state = d.attribute["site"] != "embedding"
    for row in np.nonzero(trg.rows["eligible"] & state)[0]:
        matches[trg.split[row], trg.key[row]].append(row)
    wanted = collections.Counter()
    bad = collections.Counter()
    drawn = collections.defaultdict(list)
    words = np.array(d.words)
    for i in range(P):
        n = d.length[i]
        tokens = words[d.tokens[i, :n]].tolist()
        marked = d.determined[i].astype(bool).tolist()
        own = trg.at(d.target_row[i])
        if full and shuffled:       # what the source said is not stored
            bad["shuffled full: not checked"] += 1
            continue
        source = src.at(d.source_row[i]) if full else None
        new = swapped(d, own, int(d.value[i]), source)
        may, exact, _ = follows(task, new, tokens, marked)
        bad["token"] += not may
        bad["mark"] += not exact
        bad["end"] += n < 1 or tokens[-1] != "E" or "E" in tokens[:-1]
        bad["padding"] += d.tokens[i, n:].any() or any(marked[n:])
        bad["no mark"] += not any(marked)
        bad["unchanged"] += d.unchanged[i] != follows(
            task, own, tokens, marked)[2]
        bad["constant"] += d.constant[i] != follows(
            task, swapped(d, own, mode, mode_state), tokens, marked)[2]
        key = d.split[i], tuple(new[k] for k in task.key)
        rows = matches.get(key, [])
        wanted[key] += 1
        bad["cf_matches"] += d.cf_matches[i] != len(rows)
        if rows:
            place = int(np.searchsorted(rows, d.cf_row[i]))
            here = place < len(rows) and rows[place] == d.cf_row[i]
            bad["cf_row"] += not here
            drawn["cf_row"].append((place, len(rows)))
        else:
            bad["cf_row"] += d.cf_row[i] != -1
        if may:
            for kind, pick, many in choices(task, new, tokens):
                if many > 1 or pick >= many:
                    drawn[kind].append((pick, many))
                    bad["choice of " + kind] += pick >= many
    say(not +bad, name, f"{P} counterfactuals played: "
        + (str(dict(+bad)) if +bad else
           "tokens, marks, ends, chance, constant, cf rows as they should be")
        + f"; most frequent {mode}; {(d.cf_row < 0).mean():.4f} without row")

    table = {}
    for u in d.coverage:
        values = dict(p.split("=") for p in u["variables"].decode().split())
        table[u["split"], tuple(int(values[k]) for k in task.key)] = (
            u["wanted"], u["matches"])
    if not (full and shuffled):
        mine = {k: (n, len(matches.get(k, []))) for k, n in wanted.items()}
        say(mine == table, name, f"coverage of {len(mine)} tuples")

    test = d.split == SPLITS.index("test")
    off = np.abs([line["chance"] - d.unchanged[test].mean(),
                  line["constant"] - d.constant[test].mean()]).max()
    say(off < 1e-9, name, f"chance {line['chance']:.4f}, constant "
        f"{line['constant']:.4f}, of the samples differ by {off:.1e}")

    # Sampling.
    p = {}
    for side, s, rows, weight, label in (
            ("target", trg, d.target_row, weight_t, d.written),
            ("source", src, d.source_row, weight_s, d.read)):
        value = s.variables[label] if label in s.variables else \
            s.variables[s.task.key[0]]
        p[side + " step"] = p_of_rows(d, s, rows, weight, s.rows["step"])
        p[side + " value"] = p_of_rows(d, s, rows, weight, value)
        p[side + " trial"] = p_of_rows(d, s, rows, weight,
                                       s.rows["trial"] // 50)
        p[side + " length"] = p_of_rows(
            d, s, rows, weight, s.trials["length"][s.rows["trial"]])
    t, s = (rows[d.split == 0] for rows in (d.target_row, d.source_row))
    if not effect:
        p["steps independent"] = independent(trg.rows["step"][t],
                                             src.rows["step"][s])
        p["trials independent"] = independent(trg.rows["trial"][t],
                                              src.rows["trial"][s])
    p.update({kind: p_of_choices(seen) for kind, seen in drawn.items()})
    say(not any(x < LEAST_P for x in p.values()), name, "p of fair draws: "
        + ", ".join(f"{k} {x:.2g}" for k, x in sorted(p.items())))


# ---- 4: the maps ----

def check_maps(A, directions):
    tensor = {k: {n: torch.from_numpy(np.asarray(A[n][k])) for n in
                  ("base", "A", "Q", "c")} for k in A["Q"]}
    for k, t in tensor.items():
        off = (rotation(t["base"], t["A"]) - t["Q"]).abs().max()
        skew = (t["A"] + t["A"].T).abs().max()
        I = torch.eye(len(t["Q"])).double()
        orth = torch.stack([m.T @ m - I for m in (t["Q"], t["base"])]
                           ).abs().max()
        say(off < 1e-10 and skew == 0 and orth < 1e-10, f"system {k}",
            f"Q is base exp(A) to {off:.1e}, A skew to {skew:.0e}, Q and base "
            f"orthogonal to {orth:.1e}, c {float(t['c']):.4f}, "
            f"rotated by |A| = {t['A'].norm():.3f}")

    for d in directions:
        i, j, rows = d.target.number, d.source.number, \
            np.nonzero(d.split == 0)[0][:64]
        free = {k: (torch.zeros_like(t["A"]), torch.ones(()).double())
                for k, t in tensor.items()}

        def loss(at):
            R = {k: c * rotation(tensor[k]["base"], a)
                 for k, (a, c) in at.items()}
            return losses(d, R[i], R[j], A["K"], rows)[0].mean()

        learnt = {k: (t["A"].clone().requires_grad_(),
                      t["c"].clone().requires_grad_())
                  for k, t in tensor.items()}
        with torch.no_grad():
            before = loss(free)
            stored = losses(d, tensor[i]["c"] * tensor[i]["Q"],
                            tensor[j]["c"] * tensor[j]["Q"],
                            A["K"], rows)[0].mean()
        after = loss(learnt)
        off = abs(float(after.detach() / stored) - 1)
        leaves = [x for k in sorted({i, j}) for x in learnt[k]]
        slope = torch.autograd.grad(after, leaves)
        say(off < 1e-9, f"direction {d.name}",
            f"{len(rows)} training samples: loss {float(before):.4f} at base, "
            f"{float(after):.6f} at base exp(A), the same with Q to {off:.0e}"
            f", |dA| {sum(float(g.norm()) for g in slope[::2]):.1e}, "
            f"dc {', '.join(f'{float(g):+.1e}' for g in slope[1::2])}")


@torch.no_grad()
def check_history(A, directions, lines, valid):
    behaviour = [n for n, d in enumerate(directions)
                 if lines[n]["role"] == 0]
    h = A["history"]
    rotations = {k: torch.from_numpy(b) for k, b in A["base"].items()}
    first = [Score(d, rotations[d.target.number], rotations[d.source.number],
                   A["K"], np.nonzero(d.split == 1)[0]) for d in directions]
    for step, score in ((0, first), (A["best_step"], valid)):
        if step not in h["step"]:
            continue
        line = h[list(h["step"]).index(step)]
        iia = [score[n].iia for n in behaviour]
        mean = np.mean([score[n].mean_loss for n in behaviour])
        off = abs(line["valid_loss"] / mean - 1)
        say(off < 1e-4 and abs(np.mean(iia) - line["valid_iia"]) < 1e-3 and
            abs(min(iia) - line["valid_iia_min"]) < 1e-3, f"step {step}",
            f"validation loss {mean:.5g} (history differs by {off:.1e} "
            f"relative), IIA {np.mean(iia):.4f} (history "
            f"{line['valid_iia']:.4f}), least {min(iia):.4f} "
            f"({line['valid_iia_min']:.4f})")
    best = h["valid_iia"].max()
    line = h[list(h["step"]).index(A["best_step"])]
    alike = h[h["valid_iia"] == best]
    say(line["valid_iia"] == best and
        line["valid_loss"] == alike["valid_loss"].min(), "checkpoint",
        f"step {A['best_step']} of {A['steps']} has the best validation IIA "
        f"{best:.4f}, at the least loss of {len(alike)} such")


@torch.no_grad()
def check_null(d, line, K, draws):
    g = np.random.default_rng(0)
    rows = np.nonzero(d.split == 2)[0]
    iia = []
    for _ in range(draws):
        Q = {s.number: torch.from_numpy(scipy.stats.ortho_group.rvs(
            s.states[d.attribute["site"]].shape[1], random_state=g))
            for s in (d.source, d.target)}
        iia.append(Score(d, Q[d.target.number], Q[d.source.number], K,
                         rows).iia)
    spread = np.std(iia, ddof=1) * np.sqrt(1 / draws + 1 / 100)
    z = (np.mean(iia) - line["null_mean"]) / max(spread, 1e-9)
    say(abs(z) < 5, f"direction {d.name}", f"{draws} random rotations: IIA "
        f"{np.mean(iia):.4f}, stored {line['null_mean']:.4f} (z {z:+.1f})")


def relearn(A, directions, lines, rate):
    rows = [np.nonzero(d.split == 0)[0] for d in directions]
    used = [n for n, line in enumerate(lines) if line["role"] == 0]

    def loss(R):
        return sum(losses(directions[n], R[directions[n].target.number],
                          R[directions[n].source.number], A["K"],
                          rows[n])[0].mean() for n in used) / len(used)

    alignment.check_training(A, rate, loss)


def main():
    o = alignment.options(__doc__, ("--null", {"type": int, "default": 0}))
    systems = {k: System(k, *files) for k, files in o.system}
    directions = [Direction(systems[j], systems[i], path)
                  for j, i, path in o.direction]

    A = alignment.read(o.alignment)
    table = {(int(t["source"]), int(t["target"])): t for t in A["directions"]}
    models = {int(m["system"]): m for m in A["models"]}
    lines = []
    for d in directions:
        line = table.pop((d.source.number, d.target.number))
        lines.append(line)
        same = [line[k].decode() == d.attribute[k]
                for k in ("source_variable", "target_variable")]
        same += [models[s.number]["activations_sha256"].decode()
                 == d.attribute[e + "_sha256"]
                 for e, s in (("source", d.source), ("target", d.target))]
        say(all(same), f"direction {d.name}", f"{d.read} of {d.source.name} "
            f"into {d.written} of {d.target.name}: table and samples agree")
    say(not table, "directions", f"{len(directions)} of the alignment's given")

    for s in systems.values():
        check_system(s)
    valid = []
    for d, line in zip(directions, lines):
        check_samples(d, line)
        valid.append(check_scores(d, line, A, A["test"][d.name]))
        if o.null:
            check_null(d, line, A["K"], o.null)
    check_maps(A, directions)
    check_history(A, directions, lines, valid)
    if o.retrain:
        relearn(A, directions, lines, o.retrain)
    return said.conclude()


if __name__ == "__main__":
    sys.exit(main())
