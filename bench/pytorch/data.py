"""TACRED-style JSON and word vectors, turned into padded batches of indices."""

import json
from argparse import ArgumentTypeError
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trees import prune

PAD, UNK = 0, 1
MAX_DISTANCE = 100
"""Positions are clamped to ±100 tokens and stored with 100 added: 0..200."""


@dataclass
class Batch:
    """Sentences padded with 0 to the longest, sorted by length, longest first."""

    words: Tensor  # [batch, tokens], as are the next four
    pos: Tensor
    ner: Tensor
    subj: Tensor  # position relative to the subject, 0..200
    obj: Tensor
    lengths: Tensor  # [batch]
    labels: Tensor  # [batch]
    adjacency: Tensor | None = None  # [batch, tokens, tokens]: 1 between neighbours in the tree


@dataclass
class Instance:
    """One encoded sentence."""

    features: np.ndarray  # [5, tokens]: words, pos, ner, subj, obj
    label: int
    edges: np.ndarray | None = None  # [edges, 2], of the pruned tree


def existing(path: str) -> Path:
    """For argparse: an existing file."""
    if not Path(path).is_file():
        raise ArgumentTypeError(f"{path} not found")
    return Path(path)


def read_json(path: Path, mask_entities: bool = False) -> list[dict]:
    """Reads a TACRED-style file; with `mask_entities`, entity words become SUBJ-<type> and OBJ-<type>.

    Words are lower-cased, as the 6B vectors are."""
    with open(path, encoding="utf-8") as file:
        records = json.load(file)
    for record in records:
        words = [token.lower() for token in record["token"]]
        if mask_entities:
            for role in ("subj", "obj"):
                for i in range(record[f"{role}_start"], record[f"{role}_end"] + 1):
                    words[i] = f"{role.upper()}-{record[f'{role}_type']}"
        record["token"] = words
    return records


def read_vectors(path: Path, wanted: set[str]) -> dict[str, np.ndarray]:
    """Reads the vectors of the `wanted` words only; the rest of the file is skipped unparsed."""
    vectors = {}
    first_pieces = {word.split(" ")[0] for word in wanted}
    with open(path, encoding="utf-8", newline="\n") as file:
        dimension = len(file.readline().split(" ")) - 1
        file.seek(0)
        for line in file:
            # Most lines are ruled out by their first piece; a word may contain spaces, so the rest is split at the end.
            if line[: line.find(" ")] in first_pieces:
                word, *numbers = line.rsplit(" ", dimension)
                if word in wanted:
                    vectors[word] = np.array(numbers, dtype=np.float32)
    return vectors


def relative_positions(tokens: int, start: int, end: int) -> np.ndarray:
    """Signed distance of every token to the span start..=end, clamped and shifted to 0..200."""
    i = np.arange(tokens)
    distance = np.where(i < start, i - start, np.where(i > end, i - end, 0))
    return distance.clip(-MAX_DISTANCE, MAX_DISTANCE) + MAX_DISTANCE


class Encoder:
    """The inventories, taken from the training records; `other` records only extend the word vocabulary.

    The vectors are frozen, so knowing the words of a test file does not change any learned parameter. With `keep`,
    instances have a tree, pruned to the tokens at most that many steps away from the path between the entities (if
    negative, not pruned)."""

    def __init__(
        self, train: list[dict], other: list[dict], vectors_path: Path, seed: int, keep: int | None = None
    ):  # fmt: skip
        def inventory(values) -> dict[str, int]:
            return {value: i for i, value in enumerate(sorted(set(values)), start=UNK + 1)}

        def masks(record: dict) -> set[str]:
            return {token for token in record["token"] if token.startswith(("SUBJ-", "OBJ-"))}

        self.pos = inventory(tag for record in train for tag in record["stanford_pos"])
        self.ner = inventory(tag for record in train for tag in record["stanford_ner"])
        self.labels = sorted({record["relation"] for record in train})
        vectors = read_vectors(vectors_path, {token for record in train + other for token in record["token"]})
        dimension = len(next(iter(vectors.values())))
        self.keep = keep
        random = np.random.default_rng(seed)
        for mask in sorted(set().union(*map(masks, train))):
            vectors[mask] = random.uniform(-1, 1, dimension)
        self.words = {word: i for i, word in enumerate(vectors, start=UNK + 1)}
        unknown = random.uniform(-1, 1, dimension)
        rows = np.stack([np.zeros(dimension), unknown, *vectors.values()])
        self.vectors = torch.from_numpy(rows.astype(np.float32))

    def encode(self, records: list[dict]) -> list[Instance]:
        """Turns records into indices; words and tags that the inventories lack become UNK."""
        index = {label: i for i, label in enumerate(self.labels)}
        return [
            Instance(self._features(record), index[record["relation"]], self._edges(record)) for record in records
        ]

    def _features(self, record: dict) -> np.ndarray:
        tokens = len(record["token"])
        return np.stack([
            [self.words.get(word, UNK) for word in record["token"]],
            [self.pos.get(tag, UNK) for tag in record["stanford_pos"]],
            [self.ner.get(tag, UNK) for tag in record["stanford_ner"]],
            relative_positions(tokens, record["subj_start"], record["subj_end"]),
            relative_positions(tokens, record["obj_start"], record["obj_end"]),
        ])

    def _edges(self, record: dict) -> np.ndarray | None:
        if self.keep is None:
            return None
        subject, object = (range(record[f"{role}_start"], record[f"{role}_end"] + 1) for role in ("subj", "obj"))
        pruned = prune([int(head) for head in record["stanford_head"]], subject, object, self.keep)
        return np.array(pruned.edges, dtype=int).reshape(-1, 2)


def adjacency(edges: list[np.ndarray], tokens: int) -> Tensor:
    """[batch, tokens, tokens] from the [edges, 2] of each tree."""
    matrices = torch.zeros(len(edges), tokens, tokens)
    for matrix, ends in zip(matrices, map(torch.from_numpy, edges)):
        matrix[ends[:, 0], ends[:, 1]] = 1
        matrix[ends[:, 1], ends[:, 0]] = 1
    return matrices


def collate(instances: list[Instance]) -> Batch:
    """Pads the instances into one batch, longest first."""
    instances = sorted(instances, key=lambda instance: -instance.features.shape[1])
    lengths = [instance.features.shape[1] for instance in instances]
    padded = np.full((5, len(instances), lengths[0]), PAD)
    for i, instance in enumerate(instances):
        padded[:, i, : lengths[i]] = instance.features
    labels = torch.tensor([instance.label for instance in instances])
    edges = [instance.edges for instance in instances]
    trees = None if edges[0] is None else adjacency(edges, lengths[0])
    return Batch(*torch.from_numpy(padded), lengths=torch.tensor(lengths), labels=labels, adjacency=trees)


def batches(instances: list[Instance], size: int, random: np.random.Generator | None = None) -> Iterator[Batch]:
    """Cuts the instances into batches of `size`, in an order drawn from `random` if it is given."""
    order = np.arange(len(instances)) if random is None else random.permutation(len(instances))
    for start in range(0, len(order), size):
        yield collate([instances[i] for i in order[start : start + size]])
