"""Times PA-LSTM or C-GCN in PyTorch; one JSON line for each measurement, in milliseconds.

Batches, with the trees of C-GCN, are built beforehand: times are those of the tensor work alone. `load_before` is the
machine's load before this program started: unless it is near 0, the times cannot be trusted."""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import cycle

import numpy as np
import torch

from data import MAX_DISTANCE, Batch, Encoder, batches, existing, read_json
from mlrc import LEARNERS, by_relation, draw_tasks, meta_iteration, new_learner, sgd_step, trainable

SEED = 1
RATES = {"pa-lstm": 1.0, "c-gcn": 0.3}


def measure(name: str, work: Callable, inputs: list, steps: int, warmup: int, **about) -> None:
    """Runs `work` on one input after another, and prints the median, least and greatest time."""
    times = []
    for i, item in zip(range(warmup + steps), cycle(inputs)):
        start = time.perf_counter()
        work(item)
        if i >= warmup:
            times.append(1000 * (time.perf_counter() - start))
    milliseconds = {"median_ms": statistics.median(times), "min_ms": min(times), "max_ms": max(times)}
    rounded = {key: round(value, 2) for key, value in milliseconds.items()}
    print(json.dumps({"measure": name, **rounded, "steps": steps, **about}), flush=True)


def graph_tokens(batch: Batch) -> float:
    """Mean number of tokens that a graph convolution is needed for: those with an edge and those of the entities."""
    in_tree = batch.adjacency.sum(2) > 0
    return (in_tree | (batch.subj == MAX_DISTANCE) | (batch.obj == MAX_DISTANCE)).sum(1).float().mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=existing, required=True, help="TACRED-style JSON")
    parser.add_argument("--vectors", type=existing, required=True, help="GloVe text file")
    parser.add_argument("--learner", choices=LEARNERS, default="pa-lstm", help="in the size used on TACRED")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--threads", type=int, help="default: PyTorch's own choice")
    parser.add_argument("--padded", action="store_true", help="run the LSTM over padded instead of packed sequences")
    arguments = parser.parse_args()
    load = round(os.getloadavg()[0], 2)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)

    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED)
    records = read_json(arguments.train)
    if len(records) < 100:
        sys.exit(f"{arguments.train}: expected at least 100 sentences, found {len(records)}")
    graphs = arguments.learner == "c-gcn"
    encoder = Encoder(records, [], arguments.vectors, SEED, keep=1 if graphs else None)
    instances = encoder.encode(records)
    model = new_learner(arguments.learner, encoder, packed=not arguments.padded)
    optimizer = torch.optim.SGD(trainable(model), lr=RATES[arguments.learner])
    relations = by_relation(instances)
    count = arguments.warmup + arguments.steps

    def first(size: int) -> list[Batch]:
        """As many full batches of a shuffled order as there are steps, or all of them."""
        full = len(instances) // size
        return [batch for batch, _ in zip(batches(instances, size, random), range(min(full, count)))]

    def run(name: str, work: Callable, inputs: list, shown: list[Batch]) -> None:
        padded = statistics.mean(batch.words.shape[1] for batch in shown)
        tokens = statistics.mean(batch.lengths.float().mean().item() for batch in shown)
        trees = {"mean_graph_tokens": round(statistics.mean(map(graph_tokens, shown)), 1)} if graphs else {}
        measure(
            name, work, inputs, arguments.steps, arguments.warmup, learner=arguments.learner,
            mean_tokens=round(tokens, 1), mean_padded=round(padded, 1), **trees,
            lstm="padded" if arguments.padded else "packed", threads=torch.get_num_threads(),
            load_before=load, torch=torch.__version__,
        )  # fmt: skip

    left, right = torch.randn(1024, 1024), torch.randn(1024, 1024)
    with torch.inference_mode():
        run("matrix_product_1024", lambda _: left @ right, [None], first(50)[:1])

    for size in (50, 8):
        inputs = first(size)
        run(f"train_step_{size}", lambda batch: sgd_step(model, optimizer, batch), inputs, inputs)

    tasks = [draw_tasks(relations, 5, 8, 1, random) for _ in range(count)]
    shown = [batch for iteration in tasks for task in iteration for batch in task]
    run("meta_iteration_5x8x1", lambda task: meta_iteration(model, task, alpha=0.5, epsilon=1.0), tasks, shown)

    model.eval()
    inputs = first(100)
    with torch.inference_mode():
        run("predict_100", lambda batch: model(batch).argmax(1), inputs, inputs)


if __name__ == "__main__":
    main()
