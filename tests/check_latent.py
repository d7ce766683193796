#!/usr/bin/python3
"""check_latent.py - recompute what latents have to do with an alignment.

    check_latent.py --alignment A --system 1=ACT,MODEL --system 2=ACT ... \\
        --direction 1:1=INT --direction 2:1=INT ... [--retrain LR]

A second implementation, in PyTorch, that shares nothing with the programs but
the files: the intervened states of equation 3, their distances to the
counterfactual latents and to the recorded states, and the loss
lambda X + (1 - lambda) U with X of equation 4. A line a check; exit status 1
if one failed.

--retrain LR also learns the maps again, by autograd through matrix_exp and
torch.optim.Adam; for alignments whose every step saw all training samples.
"""
import sys

import h5py
import numpy as np
import torch
from scipy.spatial.distance import cdist
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
        """X of equation 4, over the samples that have a latent."""
        has = torch.from_numpy(self.cf_row[rows] >= 0)
        x = torch.from_numpy(
            self.target.states[self.cf_row[rows][has.numpy()]])
        gap = v[has] - x
        size = gap.abs().sum(1) if norm == "l1" else (gap ** 2).sum(1)
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
        check_history(directions, base, learnt, A)
    if o.retrain:
        alignment.check_training(A, o.retrain, lambda R: loss(
            directions, R, A, TRAIN)[0])
    return said.conclude()


if __name__ == "__main__":
    sys.exit(main())
