#!/usr/bin/env python3
"""NAME.txt - an architecture of lib/arch.c's menu by PyTorch.

All in double precision. Each line: a name, how many numbers, the numbers.

    for a in gru lstm transformer; do
        python3 tests/goldens/make_arch.py $a > tests/goldens/$a.txt
    done

The models are those of tests/models.py.
"""
import os
import sys

import torch
from torch import nn

sys.path.append(os.path.join(os.path.dirname(__file__), ".."))
import models

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
C, V = 8, 7


def put(name, x):
    x = x.detach().double().reshape(-1).tolist()
    print(name, len(x), *(repr(v) for v in x))


m = models.MENU[sys.argv[1]](V, C).eval()


def run(token, step=None, site=None, v=None):
    """One sequence (T): its states (T,M) by site, and logits (T,V)."""
    states, logits = m.run(token[None], step, site, v if v is None
                           else v[None])
    return {k: x[0] for k, x in states.items()}, logits[0]


parameters = list(m.named_parameters())
put("parameters", torch.cat([p.reshape(-1) for _, p in parameters]))

# Three sequences, longest first; the loss is summed over tokens.
length = [9, 6, 3]
token = torch.randint(1, V, (3, 9))
put("token", token)
recorded, loss = [], 0
for row, n in zip(token, length):
    states, logits = run(row[:n])
    recorded.append(states)
    loss = loss + nn.functional.cross_entropy(logits[:-1], row[1:n],
                                              reduction="sum")
put("train_loss", loss)
loss.backward()
put("train_gradient", torch.cat([p.grad.reshape(-1) for _, p in parameters]))
for site in recorded[0]:
    put(site, torch.cat([s[site] for s in recorded]))

# Sequence k is cut after step[k], where v stands at a site, and goes on with
# the tokens of `after`, of which the odd ones count.
step = [4, 0, 2]
after = torch.randint(1, V, (3, 9))
put("after", after)
for site in recorded[0]:
    v = torch.randn(3, recorded[0][site].shape[1], requires_grad=True)
    loss = 0
    for k, n in enumerate(length):
        cut = step[k] + 1
        _, logits = run(torch.cat([token[k, :cut], after[k, :n - 1]]), step[k],
                        site, v[k])
        each = nn.functional.cross_entropy(logits[cut - 1:], after[k, :n],
                                           reduction="none")
        loss = loss + (each * (after[k, :n] % 2 == 1)).sum()
    loss.backward()
    put(site + "_v", v)
    put(site + "_loss", loss)
    put(site + "_dv", v.grad)
