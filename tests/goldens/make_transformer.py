#!/usr/bin/env python3
"""transformer.txt - a transformer by PyTorch, written from its description:

pre-norm blocks with residuals, LayerNorm (eps 1e-5), one causal head of width
C scaled by 1/sqrt(C), rotary positions (base 10000, rotate-half) on queries
and keys, feed-forward Linear(C, 4C), GELU, Linear(4C, C); a last LayerNorm;
the head that all models share. All in double precision. Each line: a name,
how many numbers, the numbers.

    python3 tests/goldens/make_transformer.py > tests/goldens/transformer.txt
"""
import torch
from torch import nn
from torch.nn.functional import cross_entropy

torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
C, V = 8, 7


def put(name, x):
    x = x.detach().double().reshape(-1).tolist()
    print(name, len(x), *(repr(v) for v in x))


def rotary(x):
    """x (T,C) with row t at position t."""
    T, C = x.shape
    frequency = 10000.0 ** (-torch.arange(0, C, 2) / C)
    angle = torch.arange(T)[:, None] * torch.cat([frequency, frequency])
    turned = torch.cat([-x[:, C // 2:], x[:, :C // 2]], dim=1)
    return x * angle.cos() + turned * angle.sin()


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(C, C) for _ in range(4))

    def forward(self, x):
        q, k = rotary(self.q(x)), rotary(self.k(x))
        score = q @ k.T / C ** 0.5
        later = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
        return self.out(score.masked_fill(later, -torch.inf).softmax(-1)
                        @ self.v(x))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(C)
        self.attn = Attention()
        self.norm2 = nn.LayerNorm(C)
        self.ff = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),
                                nn.Linear(4 * C, C))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.ff(self.norm2(x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, C)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.norm = nn.LayerNorm(C)
        self.head = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),
                                  nn.Dropout(0.0), nn.Linear(4 * C, V))

    def forward(self, token, at=None, site=None, v=None):
        """Logits, embedding, hidden; v replaces the site's row `at`."""
        def swap(x, here):
            row = torch.arange(len(x))[:, None] == at
            return torch.where(row, v, x) if site == here else x
        e = swap(self.embedding(token), "embedding")
        h = swap(self.blocks[0](e), "hidden")
        return self.head(self.norm(self.blocks[1](h))), e, h


m = Model()
parameters = list(m.named_parameters())
for name, p in parameters:
    if "norm" in name:              # else the gradient hardly sees them
        p.data += 0.3 * torch.randn_like(p)
put("parameters", torch.cat([p.reshape(-1) for _, p in parameters]))

# A batch of three sequences, longest first; the loss is summed over tokens.
length = [9, 6, 3]
token = torch.randint(1, V, (3, 9))
put("token", token)
states, loss = [], 0
for row, n in zip(token, length):
    out, e, h = m(row[:n])
    states.append((e, h))
    loss = loss + cross_entropy(out[:-1], row[1:n], reduction="sum")
put("train_loss", loss)
loss.backward()
put("train_gradient", torch.cat([p.grad.reshape(-1) for _, p in parameters]))
put("embedding", torch.cat([e for e, _ in states]))
put("hidden", torch.cat([h for _, h in states]))

# Going on: each sequence is cut after another step of another one, at which
# v replaces the site; the tokens of the batch follow. Odd ones count.
past = [torch.randint(1, V, (n,)) for n in (7, 5, 4)]
cut = [4, 0, 3]
put("past_length", torch.tensor([len(p) for p in past]))
put("past_token", torch.cat(past))
put("past_hidden", torch.cat([m(p)[2] for p in past]))
put("cut", torch.tensor(cut))
for site in ("embedding", "hidden"):
    v = torch.randn(3, C, requires_grad=True)
    put(f"{site}_v", v)
    loss = []
    for k, n in enumerate(length):
        whole = torch.cat([past[k][:cut[k] + 1], token[k, :n]])
        out = m(whole[:-1], cut[k], site, v[k])[0][cut[k]:]
        each = cross_entropy(out, token[k, :n], reduction="none")
        loss.append((each * (token[k, :n] % 2 == 1)).sum())
    put(f"{site}_go_on_loss", torch.stack(loss))
    sum(loss).backward()
    put(f"{site}_go_on_gradient", v.grad)
