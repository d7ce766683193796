"""cards.py - the twins on a card. Their ways:

  natural    GRUCell or LSTMCell over the padded sequences, the head at every
             position
  packed     as in twins.py: cuDNN's nn.GRU or nn.LSTM, the head at real tokens
  graph      natural, forward and back, as one CUDA graph that a step replays
             with a new order

Products are of whole floats, as ours are: no TF32."""
import torch

import twins

DEGREE, SQUARINGS = 8, 5
WAYS = {arch: ("natural", "packed", "graph") for arch in ("gru", "lstm")}

torch.backends.cudnn.allow_tf32 = False


def exp(A):
    """exp(A) of a small A. torch.matrix_exp looks how large it is and chooses
    by that, which a graph cannot."""
    A, one = A / 2 ** SQUARINGS, torch.eye(len(A), device=A.device)
    x = one
    for k in range(DEGREE, 0, -1):
        x = one + A @ x / k
    for _ in range(SQUARINGS):
        x = x @ x
    return x


def captured(loss, parameters):
    """A function that computes loss() and its gradient by a CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):       # what is set up at first use
        for _ in range(3):
            loss().backward()
    torch.cuda.current_stream().wait_stream(side)
    for x in parameters:                # gradients in the graph's own memory
        x.grad = None
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = loss()
        result.backward()

    def replay():
        graph.replay()
        return result
    return replay


class OnCard:
    device = "cuda"
    replay = None

    def slopes(self):
        if self.way != "graph":
            return super().slopes()
        orders = self.orders()
        if self.replay is None:
            self.order = [x.to(self.device) for x in orders]
            self.replay = captured(lambda: self.loss(self.order),
                                   self.adam.param_groups[0]["params"])
        for mine, new in zip(self.order, orders):
            mine.copy_(new)
        return self.replay()


class Training(OnCard, twins.Training):
    ways = WAYS

    def drop(self, p):
        super().drop(p)
        self.replay = None              # its graph has the old one

    def body(self, x):
        if self.way == "packed":
            return super().body(x)
        rnn, state, states = self.model.rnn, None, []
        h = x.new_zeros(len(x), rnn.hidden_size)
        lstm = rnn.mode == "LSTM"
        cell, state = (torch.lstm_cell, (h, h)) if lstm else \
            (torch.gru_cell, h)
        for t in range(x.shape[1]):
            state = cell(x[:, t], state, *rnn.all_weights[0])
            states.append(state[0] if lstm else state)
        return torch.stack(states, 1)


class Alignment(OnCard, twins.Alignment):
    ways = WAYS

    def __init__(self, folder, arch, way):
        super().__init__(folder, arch, "natural" if way == "graph" else way)
        self.way = way
        if way == "graph":
            for x in self.map.values():
                x.exp = exp
