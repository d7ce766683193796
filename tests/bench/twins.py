"""twins.py - the steps of bench.c in PyTorch, from its files.

Training(folder, arch, way) and Alignment(folder, arch, way) do a gradient step
a call of step() and give its loss; drop(p) sets the dropout of training, 0 at
first; `ways` of each lists what can be had of an architecture. A way is what
somebody would write:

  training   padded      nn.GRU, nn.LSTM, or whole sequences through attention;
                         the head at every position
             packed      the same on a PackedSequence, or the head at real
                         tokens only
  alignment  natural     from recorded states on, a direction after the other:
                         GRUCell or LSTMCell over the padded tail, the head at
                         every position; a transformer runs whole sequences
             packed      nn.GRU or nn.LSTM on packed tails, directions into one
                         model merged, the head at real tokens
             best        sorted by what remains, rows dropping off; the input's
                         share of the gates looked up by token; the exchange by
                         the K rows that it needs; the tail one autograd
                         function whose way back is a product a step; the head
                         where a token is determined, in pieces that fit the
                         cache. Of a transformer sequences of like length
                         together, block 1 after the cut only and without a
                         graph, block 2 and the head where asked

and with "compiled" before it, what torch.compile makes of it. Batches are put
together in every step, as ours are. Maps are of float32, learnt by Adam.
cards.py has the ways of a card; lengths and orders stay beside the
processor."""
import h5py
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

import models
from tails import GruTail, InPieces, LstmTail, gru_gates, lstm_gates

TARGETS = (1, 2)
ROWS, SEQUENCES = 1024, 64      # of the best way, that fit the cache


def adam(parameters, lr):
    try:                                # one kernel, where there is one
        return torch.optim.Adam(parameters, lr=lr, fused=True)
    except (RuntimeError, TypeError):
        return torch.optim.Adam(parameters, lr=lr)


def compiled(way, f, **how):
    return torch.compile(f, **how) if way.startswith("compiled") else f


def attend(q, k, v):
    """Causal attention of one head."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(
            q[:, None], k[:, None], v[:, None], is_causal=True)[:, 0]
    T, C = q.shape[1:]
    ahead = torch.ones(T, T, dtype=torch.bool).triu(1)
    weight = q @ k.transpose(1, 2) / C ** 0.5
    return weight.masked_fill(ahead, -torch.inf).softmax(-1) @ v


class Blocks:
    """The blocks of models.py, with the angles at hand."""

    def __init__(self, model, T):
        C = model.embedding.weight.shape[1]
        angle = torch.arange(T)[:, None] / 10000 ** (
            torch.arange(0, C, 2) / C).repeat(2)
        self.model, self.cos, self.sin = model, angle.cos(), angle.sin()

    def turn(self, y):
        T, half = y.shape[1], y.shape[2] // 2
        other = torch.cat([-y[..., half:], y[..., :half]], -1)
        return y * self.cos[:T] + other * self.sin[:T]

    def run(self, number, x, rows=...):
        block = self.model.blocks[number]
        a, y = block.attn, block.norm1(x)
        o = attend(self.turn(a.q(y)), self.turn(a.k(y)), a.v(y))
        x = x[rows] + a.out(o[rows])
        return x + block.ff(block.norm2(x))


class Twin:
    device = "cpu"

    def slopes(self):
        """The loss of a new order, and its gradient."""
        self.adam.zero_grad()
        loss = self.loss(self.orders())
        loss.backward()
        return loss

    def step(self):
        loss = self.slopes()
        self.adam.step()
        return loss.item()


# ---- training ----

class Training(Twin):
    ways = {arch: ("padded", "packed", "compiled padded")
            for arch in ("gru", "lstm", "transformer")}

    def __init__(self, folder, arch, way):
        with h5py.File(f"{folder}/batch.data.h5") as f:
            mine = f["split"][()] == 0
            self.length = torch.from_numpy(f["length"][()][mine]).long()
            self.tokens = torch.from_numpy(f["tokens"][()][mine]).long()[
                :, :self.length.max()].to(self.device)
        self.model = models.load(f"{folder}/{arch}-start.model.h5").float()
        self.model.to(self.device).train().requires_grad_()
        self.way = way
        self.drop(0)
        self.blocks = Blocks(self.model, self.tokens.shape[1]) \
            if arch == "transformer" else None
        self.adam, self.steps = adam([*self.model.parameters()], 1e-3), 0
        self.of = compiled(way, self.packed if way == "packed"
                           else self.padded, dynamic=False)

    def drop(self, p):
        self.model.head[2].p = p

    def body(self, x):
        if self.blocks is None:
            return self.model.rnn(x)[0]
        return self.model.norm(self.blocks.run(1, self.blocks.run(0, x)))

    def padded(self, tokens, order):
        x, y = tokens[:, :-1], tokens[:, 1:]
        logits = self.model.head(self.body(self.model.embedding(x)))
        return F.cross_entropy(logits.flatten(0, 1), y.flatten(),
                               ignore_index=0)

    def packed(self, tokens, order):
        x, y = tokens[:, :-1], tokens[:, 1:]
        if self.blocks is not None:
            h = self.body(self.model.embedding(x))[y > 0]
            return F.cross_entropy(self.model.head(h), y[y > 0])
        x, y = (pack_padded_sequence(z, self.length[order] - 1, True, False)
                for z in (self.model.embedding(x), y))
        return F.cross_entropy(self.model.head(self.body(x).data), y.data)

    def orders(self):
        return [torch.randperm(len(self.tokens))]

    def loss(self, orders):
        return self.of(self.tokens[orders[0]], orders[0])

    def step(self):
        self.steps += 1
        self.adam.param_groups[0]["lr"] = 1e-3 * min(
            (100 / self.steps) ** 0.5, self.steps / 100)
        return super().step()


# ---- alignment ----

class Map:
    """R = c Q, Q = base exp(A)."""

    def __init__(self, base):
        m = len(base)
        self.base = base
        self.at = torch.triu_indices(m, m, 1, device=base.device)
        self.angle = torch.zeros(self.at.shape[1], device=base.device,
                                 requires_grad=True)
        self.c = torch.ones((), device=base.device, requires_grad=True)
        self.exp = torch.matrix_exp

    def Q(self):
        m = torch.zeros_like(self.base).index_put(tuple(self.at), self.angle)
        return self.base @ self.exp(m - m.T)


class Direction:
    def __init__(self, folder, arch, j, i, device):
        self.j, self.i = j, i
        with h5py.File(f"{folder}/{arch}-{j}-{i}.interventions.h5") as f:
            mine = f["split"][()] == 0
            x = {k: torch.from_numpy(f[k][()][mine].astype(np.int64))
                 for k in ("target_row", "source_row", "tokens", "length",
                           "determined")}
        self.length = x.pop("length")
        x = {k: v.to(device) for k, v in x.items()}
        self.target, self.source = x["target_row"], x["source_row"]
        self.tokens, self.scored = x["tokens"], x["determined"].bool()


class Net:
    """A frozen model and what the ways want of it."""

    def __init__(self, folder, arch, k, way, device):
        self.model = models.load(
            f"{folder}/{arch}-{k}.model.h5").float().to(device)
        self.head, self.embedding = self.model.head, self.model.embedding
        with h5py.File(f"{folder}/{arch}-{k}.activations.h5") as f:
            self.states = torch.from_numpy(f["states/hidden"][()]).to(device)
            self.token = torch.from_numpy(f["rows/token"][()]).long()
            self.cut = torch.from_numpy(f["rows/step"][()]).long()
        self.C = self.embedding.weight.shape[1]
        if arch == "transformer":
            self.blocks = Blocks(self.model, 64)
            return
        self.rnn = self.model.rnn.train()       # or cuDNN has no way back
        w = self.rnn.state_dict()
        self.cell = (nn.GRUCell if arch == "gru" else nn.LSTMCell)(
            self.C, self.C).to(device).requires_grad_(False)
        self.cell.load_state_dict(
            {name[:-3]: value for name, value in w.items()})
        self.W = w["weight_hh_l0"]
        self.W_T, self.b_hh = self.W.T.contiguous(), w["bias_hh_l0"]
        self.table = F.linear(self.embedding.weight, w["weight_ih_l0"],
                              w["bias_ih_l0"])
        if arch == "lstm":
            self.table = self.table + self.b_hh
        self.tail = GruTail if arch == "gru" else LstmTail
        self.gates = compiled(way, gru_gates if arch == "gru" else lstm_gates,
                              dynamic=True)


class Alignment(Twin):
    ways = {"gru": ("natural", "packed", "best", "compiled natural",
                    "compiled best"),
            "lstm": ("natural", "packed", "best", "compiled natural",
                     "compiled best"),
            "transformer": ("natural", "best", "compiled natural",
                            "compiled best")}

    def __init__(self, folder, arch, way):
        self.arch, self.way = arch, way.split()[-1]
        self.net = {k: Net(folder, arch, k, way if self.way == "best" else "",
                           self.device) for k in TARGETS}
        m = self.net[1].states.shape[1]
        self.K = m // 2
        self.map = {k: Map(torch.from_numpy(np.fromfile(
            f"{folder}/{arch}-{k}.base").reshape(m, m)).float().to(
                self.device)) for k in TARGETS}
        self.directions = [Direction(folder, arch, j, i, self.device)
                           for j in TARGETS for i in TARGETS]
        self.adam = adam([x for k in TARGETS for x in
                          (self.map[k].angle, self.map[k].c)], 3e-3)
        whole = arch == "transformer"
        self.of = {"natural": self.of_natural, "packed": self.of_rnn,
                   "best": self.of_asked if whole else self.of_tail}[self.way]
        self.play = compiled(way, self.play_sequences if whole
                             else self.play_cells)
        self.judge_piece = compiled(way, self.judge_across, dynamic=True)

    def drop(self, p):
        """Frozen models do not."""

    def exchange(self, d, order, Q):
        """The intervened states of a direction: with whole maps, or by the
        rows of them that matter."""
        K, i, j = self.K, d.i, d.j
        h_i = self.net[i].states[d.target[order]]
        h_j = self.net[j].states[d.source[order]]
        c_i, c_j = self.map[i].c, self.map[j].c
        if self.way == "best":
            F_i = Q[i][:K]
            from_j = h_j @ Q[j][:K].T
            return h_i + (from_j * (c_j / c_i) - h_i @ F_i.T) @ F_i
        mixed = torch.cat([(c_j * h_j @ Q[j].T)[:, :K],
                           (c_i * h_i @ Q[i].T)[:, K:]], 1)
        return mixed @ Q[i] / c_i

    def merge(self, directions, Q):
        """Samples of all directions into one target, longest first: states,
        tokens, scored, lengths, and a weight for each scored token."""
        length = torch.cat([d.length for d in directions])
        length, order = length.sort(descending=True, stable=True)
        T, order = int(length[0]), order.to(self.device)
        v = torch.cat([self.exchange(d, slice(None), Q) for d in directions])
        weight = torch.cat([
            d.scored[:, :T] / (d.scored.sum() * len(self.directions))
            for d in directions])
        tokens = torch.cat([d.tokens[:, :T] for d in directions])
        row = torch.cat([d.target for d in directions])
        return v[order], tokens[order], weight[order], length, row[order]

    def orders(self):
        return [torch.randperm(len(d.length)) for d in self.directions]

    def loss(self, orders):
        Q = {k: self.map[k].Q() for k in TARGETS}
        loss = 0
        if self.of == self.of_natural:
            for d, order in zip(self.directions, orders):
                T = int(d.length.max())
                loss = loss + self.of(
                    self.net[d.i], self.exchange(d, order, Q),
                    d.tokens[order, :T], d.scored[order, :T] /
                    (d.scored.sum() * len(self.directions)), None,
                    d.target[order])
        else:
            for i in TARGETS:
                loss = loss + self.of(self.net[i], *self.merge(
                    [d for d in self.directions if d.i == i], Q))
        return loss

    # The loss of one model going on from v, in each way. The state at a step
    # foretells the token there.

    @staticmethod
    def judge(net, h, tokens, weight):
        return (F.cross_entropy(net.head(h[:, :net.C]), tokens,
                                reduction="none") * weight).sum()

    @staticmethod
    def judge_across(net, h, tokens, weight):
        """The same with rows side by side, as a softmax of few tokens likes
        it."""
        first, last = net.head[0], net.head[3]
        logits = torch.addmm(last.bias[:, None], last.weight,
                             F.gelu(first(h[:, :net.C])).T)
        return -(logits.log_softmax(0).gather(0, tokens[None])[0]
                 * weight).sum()

    def of_natural(self, net, v, tokens, weight, length, row):
        if self.arch == "transformer":
            return self.play(net, v, *self.whole(net, tokens, weight, row))
        return self.play(net, v, tokens, weight)

    def play_cells(self, net, v, tokens, weight):
        h, x = [v], net.embedding(tokens)
        for t in range(tokens.shape[1] - 1):
            s = h[-1]
            if self.arch == "lstm":
                s = torch.cat(net.cell(x[:, t], s.split(net.C, 1)), 1)
            else:
                s = net.cell(x[:, t], s)
            h.append(s)
        return self.judge(net, torch.cat(h), tokens.T.flatten(),
                          weight.T.flatten())

    def of_rnn(self, net, v, tokens, weight, length, row):
        n = int((length > 1).sum())
        packed = pack_padded_sequence(net.embedding(tokens[:n, :-1]),
                                      length[:n] - 1, True)
        state = [s[None].contiguous() for s in v[:n].split(net.C, 1)]
        after = net.rnn(packed, state[0] if len(state) == 1
                        else tuple(state))[0].data
        alive = (torch.arange(tokens.shape[1])[:, None] < length).to(v.device)
        return self.judge(net, torch.cat([v[:, :net.C], after]),
                          tokens.T[alive], weight.T[alive])

    def of_tail(self, net, v, tokens, weight, length, row):
        alive = torch.arange(tokens.shape[1])[:, None] < length
        tokens, weight = tokens.T.contiguous(), weight.T[alive]
        states = net.tail.apply(v, net, tokens, alive.sum(1).tolist())
        at = weight.nonzero()[:, 0]
        label, weight = tokens[alive][at], weight[at]
        return InPieces.apply(
            states[at, :net.C], lambda h, k: self.judge_piece(
                net, h, label[k], weight[k]), ROWS)

    def whole(self, net, tokens, weight, row):
        """What came before the cut and the tail: tokens, weights, the cut."""
        cut, B, T = net.cut[row], len(row), tokens.shape[1]
        at = torch.arange(int(cut.max()) + 1)
        before = net.token[(row - cut)[:, None] + at.minimum(cut[:, None])]
        seq = torch.zeros(B, len(at) + T, dtype=torch.long)
        seq[:, :len(at)] = before * (at <= cut[:, None])
        tail = cut[:, None] + 1 + torch.arange(T)
        seq.scatter_(1, tail, tokens)
        weight = torch.zeros(seq.shape).scatter(1, tail, weight)
        end = int((cut + 1 + (tokens > 0).sum(1)).max())
        return seq[:, :end], weight[:, :end], cut

    def play_sequences(self, net, v, seq, weight, cut):
        h = net.blocks.run(0, net.embedding(seq))
        h = h.index_put((torch.arange(len(v)), cut), v)
        h = net.model.norm(net.blocks.run(1, h))[:, :-1]
        return self.judge(net, h.flatten(0, 1), seq[:, 1:].flatten(),
                          weight[:, 1:].flatten())

    def of_asked(self, net, v, tokens, weight, length, row):
        length, order = (length + net.cut[row]).sort(descending=True)
        seq, weight, cut = self.whole(net, tokens[order], weight[order],
                                      row[order])
        first = row[order] - cut

        def loss(v, k):
            end, p = int(length[k][0]) + 1, cut[k][:, None]
            at, x = torch.arange(end), seq[k, :end]
            with torch.no_grad():
                h = net.states[first[k][:, None] + at.minimum(p)]
                after = (at > p) & (at <= length[k][:, None])
                h[after] = net.blocks.run(0, net.embedding(x), after)
            h = h.index_put((torch.arange(len(v)), p[:, 0]), v)
            asked = weight[k, 1:end] > 0
            h = net.blocks.run(1, h[:, :-1], asked)
            return self.judge_piece(net, net.model.norm(h), x[:, 1:][asked],
                                    weight[k, 1:end][asked])
        return InPieces.apply(v[order], loss, SEQUENCES)
