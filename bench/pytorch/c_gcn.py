"""C-GCN: graph convolutions over pruned dependency trees, on top of a bidirectional LSTM (Zhang et al. 2018)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout, linear
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from data import MAX_DISTANCE, Batch
from learner import Learner, padding


class BiLstm(nn.LSTM):
    """A bidirectional LSTM that padding does not affect: [batch, tokens, inputs] → [batch, tokens, 2 · hidden].

    `packed` runs over real tokens only. Without it each direction is one call over padded sequences, the backward one
    over sequences reversed within their lengths, so that padding still comes last; PyTorch may then choose its
    oneDNN LSTM on a CPU. Outputs at padding are 0 if packed, and meaningless otherwise."""

    def __init__(self, inputs: int, hidden: int, layers: int, dropout: float, packed: bool):
        # PyTorch warns about dropout between layers if there is only one layer.
        between = dropout if layers > 1 else 0.0
        super().__init__(inputs, hidden, layers, batch_first=True, dropout=between, bidirectional=True)
        self.packed = packed

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        if self.packed:
            output, _ = super().forward(pack_padded_sequence(x, lengths, batch_first=True))
            return pad_packed_sequence(output, batch_first=True)[0]
        i = torch.arange(x.shape[1])
        last = lengths.unsqueeze(1) - 1
        mirrored = torch.where(i <= last, last - i, i).unsqueeze(2)
        for layer in range(self.num_layers):
            ahead, back = self.all_weights[2 * layer : 2 * layer + 2]
            reversed_x = x.gather(1, mirrored.expand_as(x))
            backward = self._one_way(reversed_x, back)
            x = torch.cat([self._one_way(x, ahead), backward.gather(1, mirrored.expand_as(backward))], 2)
            if layer + 1 < self.num_layers:
                x = dropout(x, self.dropout, self.training)
        return x

    def _one_way(self, x: Tensor, weights: list[Tensor]) -> Tensor:
        """One layer in one direction; what nn.LSTM itself calls."""
        zero = x.new_zeros(1, x.shape[0], self.hidden_size)
        return torch.lstm(x, (zero, zero), weights, True, 1, 0.0, self.training, False, True)[0]


class CGcn(Learner):
    """The arguments of Learner, and:

    - `lstm_layers`: 0 gives the plain GCN, which convolves the embeddings;
    - `original_pooling`: as in the original program, padding is included in the entities' max-pools, so that logits
      depend on what else is in the batch;
    - `pool_penalty`: weight of mean‖sentence pool‖² in the loss;
    - `packed`: see BiLstm.

    Batches must have adjacency matrices."""

    def __init__(
        self, vectors: Tensor, pos: int, ner: int, labels: int, *, pos_dim=30, ner_dim=30, lstm_hidden=200,
        lstm_layers=1, hidden=200, graph_layers=2, mlp_layers=2, dropout=0.5, word_dropout=0.04, pool_penalty=0.003,
        original_pooling=False, freeze=True, packed=True,
    ):  # fmt: skip
        super().__init__(
            vectors, pos, ner, pos_dim=pos_dim, ner_dim=ner_dim, dropout=dropout, word_dropout=word_dropout,
            freeze=freeze, tag_padding=None,
        )  # fmt: skip
        self.rnn = BiLstm(self.inputs, lstm_hidden, lstm_layers, dropout, packed) if lstm_layers else None
        first = 2 * lstm_hidden if lstm_layers else self.inputs
        self.W = nn.ModuleList(nn.Linear(hidden if layer else first, hidden) for layer in range(graph_layers))
        mlp = [[nn.Linear(hidden if layer else 3 * hidden, hidden), nn.ReLU()] for layer in range(mlp_layers)]
        self.out_mlp = nn.Sequential(*sum(mlp, []))
        self.classifier = nn.Linear(hidden, labels)
        self.pool_penalty = pool_penalty
        self.original_pooling = original_pooling

    def forward(self, batch: Batch) -> Tensor:
        """Logits [batch, labels]."""
        return self._logits_and_sentence(batch)[0]

    def loss(self, batch: Batch) -> Tensor:
        logits, sentence = self._logits_and_sentence(batch)
        return cross_entropy(logits, batch.labels) + self.pool_penalty * sentence.square().sum(1).mean()

    def _logits_and_sentence(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits [batch, labels] and the sentence's max-pool [batch, hidden]."""
        absent = padding(batch)
        g = self.embed(batch)
        if self.rnn is not None:
            g = self.rnn(g, batch.lengths)
            if self.original_pooling and not self.rnn.packed:
                g = g.masked_fill(absent.unsqueeze(2), 0)
            g = self.drop(g)
        degree = batch.adjacency.sum(2, keepdim=True)
        for layer, convolution in enumerate(self.W):
            if layer > 0:
                g = self.drop(g)
            # W is applied to the neighbours and to the token itself, with its bias each time.
            total = torch.baddbmm(g, batch.adjacency, g)
            g = (linear(total, convolution.weight, 2 * convolution.bias) / (degree + 1)).relu()

        def pool(chosen: Tensor) -> Tensor:
            """The maximum over the chosen tokens; after the ReLU a 0 for the others changes nothing."""
            return (g * chosen.unsqueeze(2)).amax(1)

        def entity(position: Tensor) -> Tensor:
            span = position == MAX_DISTANCE
            return pool(span | absent if self.original_pooling else span & ~absent)

        sentence = pool(degree.squeeze(2) > 0)
        pools = torch.cat([sentence, entity(batch.subj), entity(batch.obj)], 1)
        return self.classifier(self.out_mlp(pools)), sentence
