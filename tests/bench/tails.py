"""tails.py - the best way of twins.py to go on: autograd functions whose way
back is written by hand, and the head in pieces."""
import torch


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
