#!/usr/bin/python3
"""check_latent.py - recompute what latents have to do with an alignment.

    check_latent.py --alignment A --system 1=ACT,MODEL --system 2=ACT ... \\
        --direction 1:1=INT --direction 2:1=INT ... [--retrain LR]

A second implementation, in PyTorch, that shares nothing with the programs but
the files: the intervened states of equation 3, their distances to the
counterfactual latents and to the recorded states, and the loss
lambda X + (1 - lambda) U with X of equation 4; the stand-ins of exchanges into
systems that training could not run, and what linear rules read off the states.
A line a check; exit status 1 if one failed.

--retrain LR also learns the maps again, by autograd through matrix_exp and
torch.optim.Adam; for alignments whose every step saw all training samples.
"""
import sys

import h5py
import numpy as np
import torch
from scipy.spatial.distance import cdist
from scipy.stats import binomtest, multivariate_normal
from torch.nn.functional import cosine_similarity, cross_entropy

import alignment
import models
import said
from said import say

BEHAVIOUR, LATENT, SCORE = 0, 1, 2
TRAIN, VALID, TEST = 0, 1, 2

def near(what, mine, stored, tolerance=1e-5):
    off = abs(mine - stored) / max(1, abs(mine))
    say(off <= tolerance or (np.isnan(mine) and np.isnan(stored)), what,
        f"{mine:.7g}, stored {stored:.7g}")


class System:
    def __init__(self, number, site, activations, model=None):
        self.number, self.site = number, site
        with h5py.File(activations) as f:
            self.states = f["states"][site][()].astype(np.float64)
            self.accessible = bool(f.attrs["accessible"])
            self.rows = {k: x[()] for k, x in f["rows"].items()}
            self.variables = {k: x[()] for k, x in f["variables"].items()}
            self.split = f["trials/split"][()][self.rows["trial"]]
        self.model = models.load(model) if model else None


class Direction:
    def __init__(self, j, i, path, systems, table):
        self.source, self.target = systems[j], systems[i]
        self.name = f"{j}to{i}"
        self.line = next(t for t in table
                         if (t["source"], t["target"]) == (j, i))
        with h5py.File(path) as f:
            self.__dict__.update({k: f[k][()] for k in (
                "source_row", "target_row", "tokens", "determined", "split",
                "cf_row")})

    def intervened(self, R, K, rows):
        """Equation 3 with whole matrices, a row a sample."""
        Ri, Rj = R[self.target.number], R[self.source.number]
        h = torch.from_numpy(self.target.states[self.target_row[rows]])
        g = torch.from_numpy(self.source.states[self.source_row[rows]])
        aligned = torch.cat([(g @ Rj.T)[:, :K], (h @ Ri.T)[:, K:]], 1)
        return aligned @ torch.linalg.inv(Ri).T

    def latent(self, v, rows, norm):
        """X of equation 4, over the samples that have a latent; relative:
        in units of the spread of the target's states."""
        has = torch.from_numpy(self.cf_row[rows] >= 0)
        x = torch.from_numpy(
            self.target.states[self.cf_row[rows][has.numpy()]])
        gap = v[has] - x
        size = gap.abs().sum(1) if norm == "l1" else (gap ** 2).sum(1)
        if norm == "relative":
            size = size / self.target.states.var(0).sum()
        return (size / 2 - cosine_similarity(v[has], x) / 2).mean()

    def behaviour(self, v, rows):
        """U, over the marked tokens."""
        tokens = torch.from_numpy(self.tokens[rows].astype(int))
        marked = torch.from_numpy(self.determined[rows].astype(bool))
        s = self.target
        logits = alignment.go_on(s.model, s.site, s.rows["token"],
                                 s.rows["step"], self.target_row[rows], v,
                                 tokens)[marked]
        return cross_entropy(logits, tokens[marked])


def loss(directions, R, A, split):
    """lambda X + (1 - lambda) U, and X."""
    part = {BEHAVIOUR: [], LATENT: []}
    for d in directions:
        role, rows = d.line["role"], np.nonzero(d.split == split)[0]
        if role == BEHAVIOUR:
            part[role].append(d.behaviour(d.intervened(R, A["K"], rows), rows))
        elif role == LATENT:
            part[role].append(d.latent(d.intervened(R, A["K"], rows), rows,
                                       A["norm"]))
    U, X = (sum(p) / len(p) if p else None for p in part.values())
    if U is None or X is None:
        return (U if X is None else X), X
    return A["lambda"] * X + (1 - A["lambda"]) * U, X


def check_states(d, R, A):
    """What the table says of the intervened states of the test samples."""
    rows = np.nonzero(d.split == TEST)[0]
    v = d.intervened(R, A["K"], rows).numpy()
    has = d.cf_row[rows] >= 0
    x = d.target.states[d.cf_row[rows][has]]
    gap = np.linalg.norm(v[has] - x, axis=1)
    cosine = (v[has] * x).sum(1) / (np.linalg.norm(v[has], axis=1) *
                                    np.linalg.norm(x, axis=1))
    say(has.sum() == d.line["latent_n"], d.name,
        f"{has.sum()} of {len(rows)} test samples have a latent")
    near(f"{d.name} distance", gap.mean(), d.line["latent_distance"])
    near(f"{d.name} cosine", cosine.mean(), d.line["latent_cosine"])

    pool = d.target.states
    near(f"{d.name} nearest", np.median(cdist(v, pool).min(1)),
         d.line["nearest"])
    apart = 1e-4 * np.sqrt(((pool - pool.mean(0)) ** 2).sum(1).mean())
    own = cdist(pool[d.target_row[rows]], pool)
    own[own <= apart] = np.inf
    near(f"{d.name} nearest recorded", np.median(own.min(1)),
         d.line["nearest_recorded"])

    runs = d.target.accessible and d.target.model is not None
    none = ("iia_train", "iia_valid") if (runs and d.line["role"] !=
                                          BEHAVIOUR) else ()
    measured = [k for k in ("iia_train", "iia_valid", "iia_test", "low",
                            "high", "loss_test", "null_mean", "null_high",
                            "chance", "constant")
                if np.isnan(d.line[k]) == (k in none)]
    say(len(measured) == (10 if runs else 0) and
        (d.name in A["test"]) == runs, d.name,
        "is measured" if runs else "cannot be run and is not measured")


def over_trials(trial, n, total):
    """Half the 95 % interval of total / n, sums over rows: the linearised
    variance of a ratio of sums over trials; no bootstrap of ours."""
    own = np.unique(trial, return_inverse=True)[1]
    off = np.bincount(own, total - n * total.sum() / n.sum())
    return 1.96 * np.sqrt((off ** 2).sum()) / n.sum()


def check_interval(what, mean, half, low, high):
    off = np.abs([low - mean + half, high - mean - half]).max()
    say(off <= 0.35 * half + 1e-12, f"{what} interval",
        f"[{low:.5g}, {high:.5g}], off by {off:.2g}")


def check_stand_in(d, R, A, lines):
    """The lines of a direction, by what they are distances of."""
    test, train = (np.nonzero((d.split == s) & (d.cf_row >= 0))[0]
                   for s in (TEST, TRAIN))
    state = d.target.states
    x = state[d.cf_row[test]]
    v = d.intervened(R, A["K"], test).numpy()
    mean = state[d.cf_row[train]].mean(0, keepdims=True)
    trial = d.target.rows["trial"][d.target_row[test]]

    def cosines(a, b):
        return 1 - cdist(a, b, "cosine")

    for name, others in (
            ("intervened", v), ("untouched", state[d.target_row[test]]),
            ("mean latent", mean.repeat(len(x), 0)), ("shuffled", v)):
        line = lines[name]
        say(line["n"] == len(x), f"{d.name} {name}", f"{len(x)} samples")
        for what, table in (("distance", cdist(others, x)),
                            ("cosine", cosines(others, x))):
            own = table.diagonal()
            if name == "shuffled":      # a random one: only its distribution
                rest = table[~np.eye(len(x), dtype=bool)]
                off = abs(line[what] - rest.mean())
                say(off < 5 * rest.std() / np.sqrt(len(x)) and
                    off < abs(line[what] - own.mean()), f"{d.name} {name}",
                    f"{what} {line[what]:.5g}, {rest.mean():.5g} expected")
                continue
            near(f"{d.name} {name} {what}", own.mean(), line[what])
            check_interval(
                f"{d.name} {name} {what}", own.mean(),
                over_trials(trial, np.ones(len(own)), own),
                line[what + "_low"], line[what + "_high"])


def check_same(d, x_row, line):
    """Other states with the variables of the latent, one at random each."""
    s = d.target
    tuples = np.stack([s.split] + [s.variables[v] for v in (
        "phase", "count")], 1)
    mean, variance = [], []
    for row in x_row:
        alike = (tuples == tuples[row]).all(1) & (s.rows["eligible"] != 0)
        alike[row] = False
        if alike.any():
            apart = np.linalg.norm(s.states[alike] - s.states[row], axis=1)
            mean.append(apart.mean())
            variance.append(apart.var())
    off = abs(line["distance"] - np.mean(mean))
    say(line["n"] == len(mean) and
        off <= 5 * np.sqrt(np.sum(variance)) / len(mean) + 1e-6,
        f"{d.name} same variables", f"{len(mean)} samples, distance "
        f"{line['distance']:.5g}, {np.mean(mean):.5g} expected")


def explained(y, guess):
    return 1 - ((y - guess) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def check_decoding(line, system):
    """By densities of normal distributions, and by least squares with as many
    rows more as there are units."""
    value = system.variables[line["variable"].decode()]
    part = [(system.rows["eligible"] != 0) & (system.split == s)
            for s in (TRAIN, VALID, TEST)]
    (x, y), valid, test = ((system.states[p], value[p]) for p in part)
    classes, m = np.unique(y), x.shape[1]
    own = np.stack([x[y == c].mean(0) for c in classes])
    within = np.cov((x - own[np.searchsorted(classes, y)]).T, bias=True)
    best = [(-np.inf,), (-np.inf,)]

    def density(rows, s):
        shrunk = (1 - s) * within + s * np.trace(within) / m * np.eye(m)
        return np.stack([np.log((y == c).mean()) + multivariate_normal.logpdf(
            rows, o, shrunk) for c, o in zip(classes, own)], 1)

    def fit(s):
        centred = (x - x.mean(0)) / np.sqrt(len(x))
        ridge = np.sqrt(s / m * (centred ** 2).sum()) * np.eye(m)
        w = np.linalg.lstsq(
            np.vstack([np.sqrt(1 - s) * centred, ridge]), np.concatenate(
                [(y - y.mean()) / np.sqrt((1 - s) * len(x)), np.zeros(m)]),
            rcond=None)[0]
        return lambda rows: (rows - x.mean(0)) @ w + y.mean()

    for s in (0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-6):
        def right(rows, truth):
            return classes[density(rows, s).argmax(1)] == truth
        guess = fit(s)
        found, off = right(*test), (test[1] - guess(test[0])) ** 2
        for k, scores in enumerate((
                (right(*valid).mean(), found.mean(), s, found),
                (explained(valid[1], guess(valid[0])),
                 explained(test[1], guess(test[0])), s, off))):
            if scores[0] > best[k][0]:
                best[k] = scores
    name = f"{line['variable'].decode()} of system {line['system']}"
    say(line["n"] == len(test[1]), name, f"{line['n']} test rows")
    near(f"{name}: accuracy", best[0][1], line["accuracy"])
    near(f"{name}: shrinkage", best[0][2], line["shrinkage"])
    near(f"{name}: R^2", best[1][1], line["r2"])
    near(f"{name}: chance", np.unique(test[1], return_counts=True)[1].max() /
         len(test[1]), line["chance"])
    trial = system.rows["trial"][part[2]]
    share = best[0][1]
    if share in (0, 1):
        trials = len(np.unique(trial))
        wilson = binomtest(int(share * trials), trials).proportion_ci(
            method="wilson")
        near(f"{name}: low", wilson.low, line["low"])
        near(f"{name}: high", wilson.high, line["high"])
    else:
        check_interval(f"{name}: accuracy", share, over_trials(
            trial, np.ones(len(trial)), best[0][3]), line["low"],
            line["high"])
    check_interval(f"{name}: R^2", best[1][1], over_trials(
        trial, (test[1] - test[1].mean()) ** 2, best[1][3]), line["r2_low"],
        line["r2_high"])


def check_closed(systems, directions, R, A):
    """What there is where training could not run every system."""
    closed = {k for k, s in systems.items() if s.model is None or
              not s.accessible or A["models"]["held"][k - 1]}
    lines = {}
    for line in A["stand_in"]:
        lines.setdefault((line["source"], line["target"]), {})[
            line["states"].decode()] = line
    into = [d for d in directions if d.target.number in closed]
    say(set(lines) == {(d.source.number, d.target.number) for d in into} and
        bool(len(A["decodability"])) == bool(closed),
        "closed", f"{sorted(closed)}")
    for d in into:
        of = lines[d.source.number, d.target.number]
        check_stand_in(d, R, A, of)
        check_same(d, d.cf_row[(d.split == TEST) & (d.cf_row >= 0)],
                   of["same variables"])
    for line in A["decodability"]:
        check_decoding(line, systems[line["system"]])


def check_history(directions, first, learnt, A):
    h = A["history"]
    latent = any(d.line["role"] == LATENT for d in directions)
    for R, step in ((first, 0), (learnt, A["best_step"])):
        line = h[list(h["step"]).index(step)]
        L, X = loss(directions, R, A, VALID)
        near(f"step {step} loss", float(L), line["valid_loss"], 1e-4)
        near(f"step {step} X", float(X) if latent else np.nan,
             line["valid_latent"])
    if latent:
        say(line["valid_loss"] == h["valid_loss"].min(), "checkpoint",
            f"step {A['best_step']} of {A['steps']} has the least loss")


def main():
    o = alignment.options(__doc__)
    A = alignment.read(o.alignment)
    table = A["directions"]
    systems = {k: System(k, A["site"], *files) for k, files in o.system}
    directions = [Direction(*d, systems, table) for d in o.direction]
    say(len(directions) == len(table), "directions", f"{len(table)}")
    base = {k: torch.from_numpy(b) for k, b in A["base"].items()}
    learnt = {k: float(A["c"][k]) * torch.from_numpy(A["Q"][k]) for k in base}
    with torch.no_grad():
        for d in directions:
            check_states(d, learnt, A)
        check_closed(systems, directions, learnt, A)
        check_history(directions, base, learnt, A)
    if o.retrain:
        alignment.check_training(A, o.retrain, lambda R: loss(
            directions, R, A, TRAIN)[0])
    return said.conclude()


if __name__ == "__main__":
    sys.exit(main())
