"""What PA-LSTM and C-GCN have in common: words and tags in, cross-entropy out."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from data import PAD, UNK, Batch


class Learner(nn.Module):
    """`vectors` [words, d] initialise the word embeddings, which stay fixed if `freeze`; `pos`, `ner`: inventory sizes.

    A subclass maps a Batch to logits [batch, labels]."""

    def __init__(
        self, vectors: Tensor, pos: int, ner: int, *, pos_dim: int, ner_dim: int, dropout: float,
        word_dropout: float, freeze: bool, tag_padding: int | None,
    ):  # fmt: skip
        super().__init__()
        self.emb = nn.Embedding.from_pretrained(vectors, freeze=freeze, padding_idx=PAD)
        self.pos_emb = nn.Embedding(pos, pos_dim, padding_idx=tag_padding)
        self.ner_emb = nn.Embedding(ner, ner_dim, padding_idx=tag_padding)
        self.inputs = vectors.shape[1] + pos_dim + ner_dim
        self.drop = nn.Dropout(dropout)
        self.word_dropout = word_dropout

    def embed(self, batch: Batch) -> Tensor:
        """dropout[word; POS; NER], [batch, tokens, inputs]; in training some words become UNK."""
        words = batch.words
        if self.training and self.word_dropout > 0:
            words = words.masked_fill(torch.rand(words.shape) < self.word_dropout, UNK)
        return self.drop(torch.cat([self.emb(words), self.pos_emb(batch.pos), self.ner_emb(batch.ner)], 2))

    def loss(self, batch: Batch) -> Tensor:
        return cross_entropy(self(batch), batch.labels)


def padding(batch: Batch) -> Tensor:
    """Which positions are padding, [batch, tokens]."""
    return torch.arange(batch.words.shape[1]) >= batch.lengths.unsqueeze(1)
