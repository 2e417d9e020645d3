"""Dependency trees, pruned around two entities (Zhang et al. 2018)."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Pruned:
    """What is left of a tree; tokens are counted from 0."""

    kept: list[int]
    edges: list[tuple[int, int]]  # (child, parent)


def parents(heads: list[int]) -> list[int | None]:
    """From heads as annotated, counted from 1, 0 at the root; further roots become children of the first."""
    roots = [token for token, head in enumerate(heads) if head == 0]
    if not roots:
        raise ValueError(f"no root: {heads}")
    if len(roots) > 1:
        warnings.warn("a sentence has several roots: the first becomes the parent of the others")
    joined = [head - 1 if head else roots[0] for head in heads]
    return [None if token == roots[0] else parent for token, parent in enumerate(joined)]


def chain(parent_of: list[int | None], token: int) -> list[int]:
    """The token and its ancestors, the root last."""
    chain = [token]
    while (parent := parent_of[chain[-1]]) is not None:
        if len(chain) == len(parent_of):
            raise ValueError(f"a cycle: {parent_of}")
        chain.append(parent)
    return chain


def prune(heads: list[int], subject: Iterable[int], object: Iterable[int], k: int) -> Pruned:
    """Keeps the tokens at most `k` steps below the path between the entities' tokens, or all if `k` is negative."""
    parent_of = parents(heads)
    chains = [chain(parent_of, token) for token in range(len(heads))]
    if k < 0:
        top = chains[0][-1]
        kept = list(range(len(heads)))
    else:
        entities = [set(chains[token]) for token in (*subject, *object)]
        common = set.intersection(*entities)
        top = max(common, key=lambda token: len(chains[token]))  # the lowest common ancestor
        path = set.union(*entities) - common | {top}
        kept = [token for token, above in enumerate(chains) if not path.isdisjoint(above[: k + 1])]
    return Pruned(kept, [(token, parent_of[token]) for token in kept if token != top])
