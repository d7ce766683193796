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
together in every step, as ours are. Maps are of float32, learnt by Adam."""
import h5py
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

import models

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


# ---- training ----

class Training:
    ways = {arch: ("padded", "packed", "compiled padded")
            for arch in ("gru", "lstm", "transformer")}

    def __init__(self, folder, arch, way):
        with h5py.File(f"{folder}/batch.data.h5") as f:
            mine = f["split"][()] == 0
            self.tokens = torch.from_numpy(f["tokens"][()][mine]).long()
            self.length = torch.from_numpy(f["length"][()][mine]).long()
        self.model = models.load(f"{folder}/{arch}-start.model.h5").float()
        self.model.train().requires_grad_()
        self.drop(0)
        self.blocks = Blocks(self.model, self.tokens.shape[1]) \
            if arch == "transformer" else None
        self.adam, self.steps = adam([*self.model.parameters()], 1e-3), 0
        self.loss = compiled(way, self.packed if way == "packed"
                             else self.padded, dynamic=False)

    def drop(self, p):
        self.model.head[2].p = p

    def body(self, x):
        if self.blocks is None:
            return self.model.rnn(x)[0]
        return self.model.norm(self.blocks.run(1, self.blocks.run(0, x)))

    def padded(self, tokens, length):
        x, y = tokens[:, :-1], tokens[:, 1:]
        logits = self.model.head(self.body(self.model.embedding(x)))
        return F.cross_entropy(logits.flatten(0, 1), y.flatten(),
                               ignore_index=0)

    def packed(self, tokens, length):
        x, y = tokens[:, :-1], tokens[:, 1:]
        if self.blocks is not None:
            h = self.body(self.model.embedding(x))[y > 0]
            return F.cross_entropy(self.model.head(h), y[y > 0])
        x, y = (pack_padded_sequence(z, length - 1, True, False)
                for z in (self.model.embedding(x), y))
        return F.cross_entropy(self.model.head(self.body(x).data), y.data)

    def step(self):
        self.steps += 1
        self.adam.param_groups[0]["lr"] = 1e-3 * min(
            (100 / self.steps) ** 0.5, self.steps / 100)
        self.adam.zero_grad()
        order = torch.randperm(len(self.tokens))
        length = self.length[order]
        loss = self.loss(self.tokens[order, :length.max()], length)
        loss.backward()
        self.adam.step()
        return loss.item()


# ---- alignment ----

class Map:
    """R = c Q, Q = base exp(A)."""

    def __init__(self, base):
        m = len(base)
        self.base, self.at = base, torch.triu_indices(m, m, 1)
        self.angle = torch.zeros(self.at.shape[1], requires_grad=True)
        self.c = torch.ones((), requires_grad=True)

    def Q(self):
        m = torch.zeros_like(self.base).index_put(tuple(self.at), self.angle)
        return self.base @ torch.matrix_exp(m - m.T)


class Direction:
    def __init__(self, folder, arch, j, i):
        self.j, self.i = j, i
        with h5py.File(f"{folder}/{arch}-{j}-{i}.interventions.h5") as f:
            mine = f["split"][()] == 0
            x = {k: torch.from_numpy(f[k][()][mine].astype(np.int64))
                 for k in ("target_row", "source_row", "tokens", "length",
                           "determined")}
        self.target, self.source = x["target_row"], x["source_row"]
        self.tokens, self.length = x["tokens"], x["length"]
        self.scored = x["determined"].bool()


class GruTail(torch.autograd.Function):
    """States of packed rows, those of step t after those of step t - 1: v, and
    after every token that another follows. n: rows a step. Of each step are
    kept what dh is multiplied by for the gates, and z."""

    @staticmethod
    def forward(ctx, v, net, tokens, n):
        states, kept = [v], []
        for t, rows in enumerate(n[1:]):
            h = states[-1][:rows]
            g = torch.addmm(net.b_hh, h, net.W_T)
            new, k, z = net.gates(net.table[tokens[t, :rows]], g, h)
            states.append(new)
            kept.append((k, z))
        ctx.kept, ctx.W, ctx.n = kept, net.W, n
        return torch.cat(states)

    @staticmethod
    def backward(ctx, d):
        d = list(d.split(ctx.n))
        for t in range(len(ctx.n) - 2, -1, -1):
            k, z = ctx.kept[t]
            now, rows = d[t + 1], ctx.n[t + 1]
            dg = (now[:, None] * k.view(rows, 3, -1)).view(rows, -1)
            d[t][:rows] += torch.addmm(now * z, dg, ctx.W)
        return d[0], None, None, None


class InPieces(torch.autograd.Function):
    """loss(piece of x, slice), summed over pieces of x whose backward pass
    follows while they are in the cache."""

    @staticmethod
    def forward(ctx, x, loss, rows):
        total, slopes = 0, []
        for at in range(0, len(x), rows):
            piece = x[at:at + rows].detach().requires_grad_()
            with torch.enable_grad():
                part = loss(piece, slice(at, at + rows))
            slopes += torch.autograd.grad(part, piece)
            total = total + part.detach()
        ctx.slope = torch.cat(slopes)
        return total

    @staticmethod
    def backward(ctx, d):
        return d * ctx.slope, None, None


def gru_gates(x, g, h):
    C = h.shape[1]
    r, z = torch.sigmoid(x[:, :2 * C] + g[:, :2 * C]).split(C, 1)
    u = g[:, 2 * C:]
    n = torch.tanh(torch.addcmul(x[:, 2 * C:], r, u))
    dn = (1 - z) * (1 - n * n) * r
    return torch.lerp(n, h, z), torch.cat(
        [dn * u * (1 - r), (h - n) * z * (1 - z), dn], 1), z


class LstmTail(torch.autograd.Function):
    """The same of h|c; what is kept multiplies dc in i, f, g, dh in o, then
    dc and dh on their way to c."""

    @staticmethod
    def forward(ctx, v, net, tokens, n):
        states, kept, C = [v], [], v.shape[1] // 2
        for t, rows in enumerate(n[1:]):
            s = states[-1][:rows]
            g = torch.addmm(net.table[tokens[t, :rows]], s[:, :C], net.W_T)
            new, *k = net.gates(g, s[:, C:])
            states.append(new)
            kept.append(k)
        ctx.kept, ctx.W, ctx.n = kept, net.W, n
        return torch.cat(states)

    @staticmethod
    def backward(ctx, d):
        d = list(d.split(ctx.n))
        C = d[0].shape[1] // 2
        for t in range(len(ctx.n) - 2, -1, -1):
            k, o, f, c = ctx.kept[t]
            rows = ctx.n[t + 1]
            dh, dc = d[t + 1].split(C, 1)
            dc = torch.addcmul(dc, dh, c)
            dg = torch.cat([(dc[:, None] * k.view(rows, 3, C)).view(rows, -1),
                            dh * o], 1)
            d[t][:rows, :C] += dg @ ctx.W
            d[t][:rows, C:] += dc * f
        return d[0], None, None, None


def lstm_gates(g, c0):
    C = c0.shape[1]
    i, f, _, o = torch.sigmoid(g).split(C, 1)
    n = torch.tanh(g[:, 2 * C:3 * C])
    c = torch.addcmul(i * n, f, c0)
    u = torch.tanh(c)
    return torch.cat([o * u, c], 1), torch.cat(
        [n * i * (1 - i), c0 * f * (1 - f), i * (1 - n * n)], 1), \
        u * o * (1 - o), f, o * (1 - u * u)


class Net:
    """A frozen model and what the ways want of it."""

    def __init__(self, folder, arch, k, way):
        self.model = models.load(f"{folder}/{arch}-{k}.model.h5").float()
        self.head, self.embedding = self.model.head, self.model.embedding
        with h5py.File(f"{folder}/{arch}-{k}.activations.h5") as f:
            self.states = torch.from_numpy(f["states/hidden"][()])
            self.token = torch.from_numpy(f["rows/token"][()]).long()
            self.cut = torch.from_numpy(f["rows/step"][()]).long()
        self.C = self.embedding.weight.shape[1]
        if arch == "transformer":
            self.blocks = Blocks(self.model, 64)
            return
        self.rnn, w = self.model.rnn, self.model.rnn.state_dict()
        self.cell = (nn.GRUCell if arch == "gru" else nn.LSTMCell)(
            self.C, self.C).requires_grad_(False)
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


class Alignment:
    ways = {"gru": ("natural", "packed", "best", "compiled natural",
                    "compiled best"),
            "lstm": ("natural", "packed", "best", "compiled natural",
                     "compiled best"),
            "transformer": ("natural", "best", "compiled natural",
                            "compiled best")}

    def __init__(self, folder, arch, way):
        self.arch, self.way = arch, way.split()[-1]
        self.net = {k: Net(folder, arch, k, way if self.way == "best" else "")
                    for k in TARGETS}
        m = self.net[1].states.shape[1]
        self.K = m // 2
        self.map = {k: Map(torch.from_numpy(np.fromfile(
            f"{folder}/{arch}-{k}.base").reshape(m, m)).float())
            for k in TARGETS}
        self.directions = [Direction(folder, arch, j, i)
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
        T = int(length[0])
        v = torch.cat([self.exchange(d, slice(None), Q) for d in directions])
        weight = torch.cat([
            d.scored[:, :T] / (d.scored.sum() * len(self.directions))
            for d in directions])
        tokens = torch.cat([d.tokens[:, :T] for d in directions])
        row = torch.cat([d.target for d in directions])
        return v[order], tokens[order], weight[order], length, row[order]

    def step(self):
        Q = {k: self.map[k].Q() for k in TARGETS}
        loss = 0
        self.adam.zero_grad()
        if self.way == "natural":
            for d in self.directions:
                order = torch.randperm(len(d.length))
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
        loss.backward()
        self.adam.step()
        return loss.item()

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
        alive = torch.arange(tokens.shape[1])[:, None] < length
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
