"""PA-LSTM: an LSTM with position-aware attention (Zhang et al. 2017)."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from data import MAX_DISTANCE, PAD, Batch
from learner import Learner, padding


class PositionAttention(nn.Module):
    """u_i = t · tanh(U h_i + b + V q + W p_i) + b_t; the sum of h_i weighted by softmax(u)."""

    def __init__(self, hidden: int, positions: int, size: int):
        super().__init__()
        self.ulinear = nn.Linear(hidden, size)
        self.vlinear = nn.Linear(hidden, size, bias=False)
        self.wlinear = nn.Linear(positions, size, bias=False)
        self.tlinear = nn.Linear(size, 1)
        for linear in (self.ulinear, self.vlinear, self.wlinear):
            nn.init.normal_(linear.weight, std=0.001)
        nn.init.zeros_(self.tlinear.weight)

    def forward(self, h: Tensor, q: Tensor, p: Tensor, padding: Tensor) -> Tensor:
        """h [batch, tokens, hidden], q [batch, hidden], p [batch, tokens, positions] → [batch, hidden]."""
        projected = self.ulinear(h) + self.vlinear(q).unsqueeze(1) + self.wlinear(p)
        scores = self.tlinear(projected.tanh()).squeeze(2).masked_fill(padding, -torch.inf)
        return torch.bmm(scores.softmax(1).unsqueeze(1), h).squeeze(1)


class PaLstm(Learner):
    """The arguments of Learner, and `packed`, which runs the LSTM over real tokens only. Without it the padding,
    which comes last and so reaches no real token, is computed too, but PyTorch may choose its one-call oneDNN LSTM on
    a CPU."""

    def __init__(
        self, vectors: Tensor, pos: int, ner: int, labels: int, *, pos_dim=30, ner_dim=30, position_dim=30,
        hidden=200, attention=200, layers=2, dropout=0.5, word_dropout=0.04, freeze=True, packed=True,
    ):  # fmt: skip
        super().__init__(
            vectors, pos, ner, pos_dim=pos_dim, ner_dim=ner_dim, dropout=dropout, word_dropout=word_dropout,
            freeze=freeze, tag_padding=PAD,
        )  # fmt: skip
        self.pe_emb = nn.Embedding(2 * MAX_DISTANCE + 1, position_dim)
        for table in (self.pos_emb, self.ner_emb, self.pe_emb):
            nn.init.uniform_(table.weight, -1, 1)
        with torch.no_grad():
            self.pos_emb.weight[PAD] = 0
            self.ner_emb.weight[PAD] = 0
        self.rnn = nn.LSTM(self.inputs, hidden, layers, batch_first=True, dropout=dropout)
        self.attn_layer = PositionAttention(hidden, 2 * position_dim, attention)
        self.linear = nn.Linear(hidden, labels)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.packed = packed

    def forward(self, batch: Batch) -> Tensor:
        """Logits [batch, labels]."""
        h, q = self._lstm(self.embed(batch), batch.lengths)
        p = torch.cat([self.pe_emb(batch.subj), self.pe_emb(batch.obj)], 2)
        return self.linear(self.attn_layer(self.drop(h), self.drop(q), p, padding(batch)))

    def _lstm(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Top outputs [batch, tokens, hidden], and the top layer's state after each last token [batch, hidden]."""
        if self.packed:
            output, (state, _) = self.rnn(pack_padded_sequence(x, lengths, batch_first=True))
            return pad_packed_sequence(output, batch_first=True)[0], state[-1]
        h, _ = self.rnn(x)
        return h, h[torch.arange(len(lengths)), lengths - 1]
