#!/usr/bin/env python3
"""torch.txt - Adam, Q = B exp(A) and Q = B cayley(A) by PyTorch.

All in double precision. Each line: a name, how many numbers, the numbers.

    python3 tests/goldens/make_torch.py > tests/goldens/torch.txt
"""
import torch
from torch import nn

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)


def put(name, x):
    x = x.detach().double().reshape(-1).tolist()
    print(name, len(x), *(repr(v) for v in x))


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

# As above with the orthogonal map of torch.nn.utils.parametrizations that is
# called cayley.
square = nn.Linear(n, n, bias=False)
nn.utils.parametrizations.orthogonal(square, orthogonal_map="cayley",
                                     use_trivialization=False)
turn = square.parametrizations.weight[0]
upper, c = (x.detach().requires_grad_() for x in (upper, c))
# It takes A from the lower triangle.
Q = base @ turn(torch.zeros(n, n).index_put((index[1], index[0]), -upper))
((W * c * Q[:K]).sum() + (U * Q[:K].T / c).sum()).backward()
for name, x in [("Q", Q), ("dupper", upper.grad), ("dc", c.grad)]:
    put(f"cayley_{name}", x)
