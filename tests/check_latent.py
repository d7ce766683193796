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
torch.optim.Adam; for alignments of GRUs whose every step saw all training
samples.
"""
import argparse
import sys

import h5py
import numpy as np
import torch
from scipy.spatial.distance import cdist
from torch import nn
from torch.nn.functional import cosine_similarity, cross_entropy

BEHAVIOUR, LATENT, SCORE = 0, 1, 2
TRAIN, VALID, TEST = 0, 1, 2

failures = 0


def say(ok, what, text):
    """Print the line of one check and remember whether it failed."""
    global failures
    failures += not ok
    print(f"{'ok  ' if ok else 'FAIL'} {what}: {text}")


def near(what, mine, stored, tolerance=1e-5):
    off = abs(mine - stored) / max(1, abs(mine))
    say(off <= tolerance or (np.isnan(mine) and np.isnan(stored)), what,
        f"{mine:.7g}, stored {stored:.7g}")


class System:
    def __init__(self, text, site):
        number, files = text.split("=", 1)
        activations, *model = files.split(",")
        self.number = int(number)
        with h5py.File(activations) as f:
            self.states = f["states"][site][()].astype(np.float64)
            self.accessible = bool(f.attrs["accessible"])
        self.model = load_model(model[0]) if model else None


def load_model(path):
    with h5py.File(path) as f:
        weights = {name: torch.from_numpy(value[()])
                   for name, value in f["parameters"].items()}
    V, C = weights["embedding.weight"].shape
    model = nn.ModuleDict({
        "embedding": nn.Embedding(V, C),
        "rnn": nn.GRU(C, C, batch_first=True),
        "head": nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),
                              nn.Dropout(0.5), nn.Linear(4 * C, V))})
    model.load_state_dict(weights, strict=True)
    return model.double().eval().requires_grad_(False)


class Direction:
    def __init__(self, text, systems, table):
        ends, path = text.split("=", 1)
        j, i = map(int, ends.split(":"))
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
        model = self.target.model
        h, _ = model["rnn"](model["embedding"](tokens[:, :-1]), v[None])
        logits = model["head"](torch.cat([v[:, None], h], 1)[marked])
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
        (d.name in A["outcomes"]) == runs, d.name,
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


def check_training(directions, A, base, rate):
    """Learn again, full batch, from base on; as many steps as were kept."""
    angle = {k: torch.zeros(len(b) * (len(b) - 1) // 2).double()
             .requires_grad_() for k, b in base.items()}
    scale = {k: torch.ones(()).double().requires_grad_() for k in base}
    adam = torch.optim.Adam([*angle.values(), *scale.values()], lr=rate)

    def skew(k):
        m = torch.zeros_like(base[k])
        low = torch.tril_indices(len(m), len(m), -1)
        m = m.index_put((low[0], low[1]), angle[k])
        return m - m.T

    for _ in range(A["best_step"]):
        adam.zero_grad()
        R = {k: scale[k] * base[k] @ torch.matrix_exp(skew(k)) for k in base}
        loss(directions, R, A, TRAIN)[0].backward()
        adam.step()
    for k in base:
        mine, theirs = skew(k).detach(), torch.from_numpy(A["A"][k])
        off = float((mine - theirs).norm() / mine.norm().clamp_min(1e-12))
        off_c = abs(float(scale[k].detach()) - A["c"][k])
        say(off < 1e-3 and off_c < 1e-5, f"system {k}",
            f"learnt again in {A['best_step']} steps: A differs by {off:.1e} "
            f"relative (|A| = {float(mine.norm()):.4f}), c by {off_c:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=
                                     argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alignment", required=True)
    parser.add_argument("--system", action="append", required=True)
    parser.add_argument("--direction", action="append", required=True)
    parser.add_argument("--retrain", type=float)
    o = parser.parse_args()
    torch.set_num_threads(1)

    with h5py.File(o.alignment) as f:
        A = {n: {int(k): f["systems"][k][n][()] for k in f["systems"]}
             for n in ("Q", "A", "base", "c")}
        A.update(K=int(f.attrs["dims"]), steps=int(f.attrs["steps"]),
                 best_step=int(f.attrs["best_step"]),
                 norm=f.attrs["latent_norm"].decode(),
                 history=f["history"][()],
                 outcomes=list(f["test"]) if "test" in f else [])
        A["lambda"] = float(f.attrs["lambda"])
        site, table = f.attrs["site"].decode(), f["directions"][()]

    systems = {s.number: s for s in (System(t, site) for t in o.system)}
    directions = [Direction(t, systems, table) for t in o.direction]
    say(len(directions) == len(table), "directions", f"{len(table)}")
    base = {k: torch.from_numpy(b) for k, b in A["base"].items()}
    learnt = {k: float(A["c"][k]) * torch.from_numpy(A["Q"][k]) for k in base}
    with torch.no_grad():
        for d in directions:
            check_states(d, learnt, A)
        check_history(directions, base, learnt, A)
    if o.retrain:
        check_training(directions, A, base, o.retrain)
    print(f"{failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
