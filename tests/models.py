"""models.py - the models in PyTorch, read from their files.

load(path) gives a module in double precision whose run(tokens) plays whole
sequences from B on. run(tokens, t, site, v) does so with the state at step t
of a site replaced by v: the plain way of an intervention, which recomputes
what came before and shares nothing with the programs.
"""
import h5py
import torch
from torch import nn


class Model(nn.Module):
    """run gives the states of every site, (B,T,M) each, and logits (B,T,V).
    Parameters are made in the order of the files."""

    def __init__(self, V, C, **body):
        super().__init__()
        self.embedding = nn.Embedding(V, C)
        for name, make in body.items():
            setattr(self, name, make())
        self.head = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),
                                  nn.Dropout(0.5), nn.Linear(4 * C, V))

    def embed(self, tokens, t, site, v):
        x = self.embedding(tokens)
        return put(x, t, v) if site == "embedding" else x


def put(x, t, v):
    return torch.cat([x[:, :t], v[:, None], x[:, t + 1:]], 1)


class Recurrent(Model):
    def __init__(self, V, C, cell, parts):
        super().__init__(V, C, rnn=lambda: cell(C, C, batch_first=True))
        self.parts, self.C = parts, C

    def step(self, x, state):
        """One step by PyTorch's own cell; the state is one row."""
        split = [s[None].contiguous() for s in state.split(self.C, 1)]
        _, after = self.rnn(x[:, None], split[0] if self.parts == 1
                            else tuple(split))
        return torch.cat([s[0] for s in
                          ([after] if self.parts == 1 else after)], 1)

    def run(self, tokens, t=None, site=None, v=None):
        x = self.embed(tokens, t, site, v)
        state = x.new_zeros(len(x), self.parts * self.C)
        states = []
        for k in range(x.shape[1]):
            state = self.step(x[:, k], state)
            if site == "hidden" and k == t:
                state = v
            states.append(state)
        h = torch.stack(states, 1)
        return {"embedding": x, "hidden": h}, self.head(h[:, :, :self.C])


class Attention(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(C, C) for _ in range(4))

    def forward(self, x):
        T, C = x.shape[1:]
        angle = torch.arange(T).double()[:, None] / 10000 ** (
            torch.arange(0, C, 2).double() / C).repeat(2)
        cos, sin = angle.cos().to(x), angle.sin().to(x)

        def turn(y):
            return y * cos + torch.cat([-y[..., C // 2:], y[..., :C // 2]],
                                       -1) * sin
        weight = turn(self.q(x)) @ turn(self.k(x)).transpose(1, 2) / C ** 0.5
        ahead = torch.ones(T, T).triu(1).bool()
        return self.out(weight.masked_fill(ahead, -torch.inf).softmax(-1)
                        @ self.v(x))


class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(C), Attention(C)
        self.norm2 = nn.LayerNorm(C)
        self.ff = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),
                                nn.Linear(4 * C, C))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.ff(self.norm2(x))


class Transformer(Model):
    def __init__(self, V, C):
        super().__init__(V, C, blocks=lambda: nn.ModuleList(
            [Block(C), Block(C)]), norm=lambda: nn.LayerNorm(C))

    def run(self, tokens, t=None, site=None, v=None):
        x = self.embed(tokens, t, site, v)
        h = self.blocks[0](x)
        if site == "hidden":
            h = put(h, t, v)
        return {"embedding": x, "hidden": h}, \
            self.head(self.norm(self.blocks[1](h)))


MENU = {
    "gru": lambda V, C: Recurrent(V, C, nn.GRU, 1),
    "lstm": lambda V, C: Recurrent(V, C, nn.LSTM, 2),
    "transformer": Transformer,
}


def load(path):
    with h5py.File(path) as f:
        weights = {name: torch.from_numpy(value[()])
                   for name, value in f["parameters"].items()}
        arch = f.attrs["arch"].decode()
    model = MENU[arch](*weights["embedding.weight"].shape)
    model.load_state_dict(weights, strict=True)
    return model.double().eval().requires_grad_(False)
