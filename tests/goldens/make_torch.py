#!/usr/bin/env python3
"""torch.txt - a GRU with its head, Adam and Q = B exp(A) by PyTorch.

All in double precision. Each line: a name, how many numbers, the numbers.

    python3 tests/goldens/make_torch.py > tests/goldens/torch.txt
"""
import torch
from torch import nn

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
C, V = 8, 7


def put(name, x):
    x = x.detach().double().reshape(-1).tolist()
    print(name, len(x), *(repr(v) for v in x))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, C)
        self.rnn = nn.GRU(C, C, batch_first=True)
        self.head = nn.Sequential(nn.Linear(C, 4 * C), nn.GELU(),
                                  nn.Dropout(0.0), nn.Linear(4 * C, V))


m = Model()
parameters = list(m.named_parameters())
put("parameters", torch.cat([p.reshape(-1) for _, p in parameters]))

# A batch of three sequences, longest first; the loss is summed over tokens.
length = [9, 6, 3]
token = torch.randint(1, V, (3, 9))
put("token", token)
states, loss = [], 0
for row, n in zip(token, length):
    e = m.embedding(row[None, :n])
    h, _ = m.rnn(e)
    states.append((e[0], h[0]))
    loss = loss + nn.functional.cross_entropy(m.head(h[0, :-1]), row[1:n],
                                              reduction="sum")
put("train_loss", loss)
loss.backward()
put("train_gradient", torch.cat([p.grad.reshape(-1) for _, p in parameters]))
put("embedding", torch.cat([e for e, _ in states]))
put("hidden", torch.cat([h for _, h in states]))

# Going on from a given state after the cut; odd tokens count.
v = torch.randn(3, C, requires_grad=True)
put("v", v)
loss = 0
for k, n in enumerate(length):
    h = v[k][None, None]
    out, _ = m.rnn(m.embedding(token[k:k + 1, :n - 1]), h)
    h = torch.cat([v[k][None], out[0]])
    each = nn.functional.cross_entropy(m.head(h), token[k, :n],
                                       reduction="none")
    loss = loss + (each * (token[k, :n] % 2 == 1)).sum()
put("go_on_loss", loss)
loss.backward()
put("go_on_gradient", v.grad)

# Adam, three steps with fixed gradients.
w = nn.Parameter(torch.randn(5))
put("adam_start", w)
adam = torch.optim.Adam([w], lr=0.003)
gradients = torch.randn(3, 5)
put("adam_gradients", gradients)
for g in gradients:
    w.grad = g.clone()
    adam.step()
put("adam_end", w)

# Q = B exp(A) with A skew-symmetric: value and gradient of sum(W * c Q[:K]).
n, K = 6, 4
upper = 1.5 * torch.randn(n * (n - 1) // 2)
upper.requires_grad_()
c = torch.tensor(1.3, requires_grad=True)
base, _ = torch.linalg.qr(torch.randn(n, n))
index = torch.triu_indices(n, n, 1)
A = torch.zeros(n, n).index_put((index[0], index[1]), upper)
A = A - A.T
Q = base @ torch.matrix_exp(A)
W, U = torch.randn(K, n), torch.randn(n, K)
((W * c * Q[:K]).sum() + (U * Q[:K].T / c).sum()).backward()
for name, x in [("upper", upper), ("c", c), ("base", base), ("Q", Q),
                ("dF", W), ("dG", U), ("dupper", upper.grad), ("dc", c.grad)]:
    put(name, x)

# exp of matrices small and large.
for scale in (0.01, 1.0, 20.0):
    A = scale * torch.randn(5, 5) / 5 ** 0.5
    put(f"matrix_{scale:g}", A)
    put(f"exp_{scale:g}", torch.matrix_exp(A))
