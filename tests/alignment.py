"""alignment.py - what checks of an alignment share: their options, the models
going on from intervened states, and the learning of rotations."""
import argparse

import h5py
import numpy as np
import torch

from said import say


def options(doc, *more):
    """--alignment, --system NUMBER=ACTIVATIONS[,MODEL], --direction J:I=FILE
    and --retrain, then more: a name and its settings each. Systems become
    (number, files), directions (source, target, file)."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alignment", required=True)
    parser.add_argument("--system", action="append", required=True)
    parser.add_argument("--direction", action="append", required=True)
    parser.add_argument("--retrain", type=float)
    for name, settings in more:
        parser.add_argument(name, **settings)
    o = parser.parse_args()
    torch.set_num_threads(1)

    system, direction = [], []
    for text in o.system:
        number, files = text.split("=", 1)
        system.append((int(number), files.split(",")))
    for text in o.direction:
        ends, path = text.split("=", 1)
        direction.append((*map(int, ends.split(":")[:2]), path))
    o.system, o.direction = system, direction
    return o


def read(path):
    """The maps of an alignment and how they were learnt."""
    with h5py.File(path) as f:
        A = {n: {int(k): f["systems"][k][n][()] for k in f["systems"]}
             for n in ("Q", "A", "base", "c")}
        A.update(K=int(f.attrs["dims"]), steps=int(f.attrs["steps"]),
                 best_step=int(f.attrs["best_step"]),
                 site=f.attrs["site"].decode(), history=f["history"][()],
                 directions=f["directions"][()], models=f["models"][()])
        A["norm"], A["lambda"] = (f.attrs["latent_norm"].decode(),
                                  float(f.attrs["lambda"]))
        for name in ("stand_in", "decodability"):
            A[name] = f[name][()] if name in f else []
        A["test"] = {d: {n: x[()] for n, x in part.items()}
                     for d, part in f.get("test", {}).items()}
    return A


def go_on(model, site, token, step, row, v, tokens):
    """Logits of each token of samples: the model runs from B with its state at
    the cut, a row of token and step, replaced by v, which itself foretells
    the first token."""
    cut, logits = step[row], None
    for t in np.unique(cut):
        of = np.nonzero(cut == t)[0]
        before = torch.from_numpy(
            token[row[of, None] + np.arange(-t, 1)].astype(int))
        _, said = model.run(torch.cat([before, tokens[of, :-1]], 1), int(t),
                            site, v[of])
        if logits is None:
            logits = said.new_zeros(*tokens.shape, said.shape[2])
        logits[of] = said[:, t:]
    return logits


def rotation(base, A):
    return base @ torch.matrix_exp(A)


def check_training(A, rate, loss):
    """Learn again, full batch, from base on, by the gradient of loss(R); as
    many steps as were kept."""
    base = {k: torch.from_numpy(b) for k, b in A["base"].items()}
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
        loss({k: scale[k] * rotation(base[k], skew(k)) for k in base}
             ).backward()
        adam.step()
    for k in base:
        mine, theirs = skew(k).detach(), torch.from_numpy(A["A"][k])
        off = float((mine - theirs).norm() / mine.norm().clamp_min(1e-12))
        off_c = abs(float(scale[k].detach()) - float(A["c"][k]))
        say(off < 1e-3 and off_c < 1e-5, f"system {k}",
            f"learnt again in {A['best_step']} steps: A differs by {off:.1e} "
            f"relative (|A| = {float(mine.norm()):.4f}), c by {off_c:.1e}")
