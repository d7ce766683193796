#!/usr/bin/env python3
"""latent.txt - equation 4 of the paper for one sample, by PyTorch's autograd.

`relative` is in units of a spread of 3.5. Vectors of 1, 5 and 48 units, single-precision numbers in double precision.
Each line: a name, how many numbers, the numbers.

    python3 tests/goldens/make_latent.py > tests/goldens/latent.txt
"""
import torch
from torch.nn.functional import cosine_similarity

torch.manual_seed(4)


def put(name, x):
    x = x.detach().double().reshape(-1).tolist()
    print(name, len(x), *(repr(v) for v in x))


for name, m, like in [("one", 1, 0.0), ("opposite", 1, -2.0), ("five", 5, 0.0),
                      ("wide", 48, 0.0), ("near", 48, 0.99)]:
    x = torch.randn(m).double()
    v = (like * x + (1 - abs(like) % 1) * torch.randn(m)).float().double()
    v.requires_grad_()
    put(f"{name}_v", v)
    put(f"{name}_x", x)
    cosine = cosine_similarity(v, x, dim=0)
    put(f"{name}_cosine", cosine)
    put(f"{name}_distance", torch.linalg.vector_norm(v - x))
    for norm, size in [("relative", ((v - x) ** 2).sum() / 3.5),
                       ("l2", ((v - x) ** 2).sum()),
                       ("l1", (v - x).abs().sum())]:
        loss = size / 2 - cosine / 2
        put(f"{name}_{norm}", loss)
        put(f"{name}_d{norm}", torch.autograd.grad(loss, v,
                                                   retain_graph=True)[0])
