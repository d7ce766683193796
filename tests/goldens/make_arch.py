#!/usr/bin/env python3
"""NAME.txt - an architecture of lib/arch.c's menu by PyTorch.

All in double precision. Each line: a name, how many numbers, the numbers.

    for a in gru lstm; do
        python3 tests/goldens/make_arch.py $a > tests/goldens/$a.txt
    done

A class gives its model's parameters the names and the order of the files, and
in `run` says what happens to one sequence. The rest is the same for all.
"""
import sys

import torch
from torch import nn

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
C, V = 8, 7


class Recurrent(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.embedding = nn.Embedding(V, C)
        self.rnn = cell(C, C, batch_first=True)
        self.head = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),
                                  nn.Dropout(0.0), nn.Linear(4 * C, V))

    def run(self, token, site=None, step=None, v=None):
        """States (T,M) of every site and logits (T,V) of tokens (T), with v
        in place of the state of a site and step."""
        e, rows, state = self.embedding(token), [], None
        if site == "embedding":
            e = torch.cat([e[:step], v[None], e[step + 1:]])
        for t, x in enumerate(e):
            _, state = self.rnn(x[None, None], state)
            row = torch.cat([s.reshape(-1) for s in state]) \
                if isinstance(state, tuple) else state.reshape(-1)
            if site == "hidden" and t == step:
                row = v
                part = v.reshape(-1, 1, 1, C)
                state = tuple(part) if isinstance(state, tuple) else part[0]
            rows.append(row)
        hidden = torch.stack(rows)
        return {"embedding": e, "hidden": hidden}, self.head(hidden[:, :C])


MODELS = {
    "gru": lambda: Recurrent(nn.GRU),
    "lstm": lambda: Recurrent(nn.LSTM),
}


def put(name, x):
    x = x.detach().double().reshape(-1).tolist()
    print(name, len(x), *(repr(v) for v in x))


m = MODELS[sys.argv[1]]()
parameters = list(m.named_parameters())
put("parameters", torch.cat([p.reshape(-1) for _, p in parameters]))

# Three sequences, longest first; the loss is summed over tokens.
length = [9, 6, 3]
token = torch.randint(1, V, (3, 9))
put("token", token)
recorded, loss = [], 0
for row, n in zip(token, length):
    states, logits = m.run(row[:n])
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
        _, logits = m.run(torch.cat([token[k, :cut], after[k, :n - 1]]),
                          site, step[k], v[k])
        each = nn.functional.cross_entropy(logits[cut - 1:], after[k, :n],
                                           reduction="none")
        loss = loss + (each * (after[k, :n] % 2 == 1)).sum()
    loss.backward()
    put(site + "_v", v)
    put(site + "_loss", loss)
    put(site + "_dv", v.grad)
