"""MLRC: meta-learned initial parameters, then ordinary supervised training on the same few instances."""

import argparse
import copy
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from c_gcn import CGcn
from data import Batch, Encoder, Instance, batches, collate, existing, read_json
from learner import Learner
from pa_lstm import PaLstm

CLIP = 5.0
LEARNERS = {"pa-lstm": PaLstm, "c-gcn": CGcn}


@dataclass
class Schedule:
    """SGD; from epoch `decay_from` on, the learning rate is multiplied by `decay` after each epoch whose score on the
    development set is no better than the previous epoch's."""

    lr: float
    decay: float
    decay_from: int
    epochs: int


SCHEDULES = {"pa-lstm": Schedule(1.0, 0.9, 12, 30), "c-gcn": Schedule(0.5, 0.95, 7, 150)}
SIZES = {"pa-lstm": {}, "c-gcn": {"lstm_hidden": 100, "graph_layers": 1}}
"""Sizes on SemEval that differ from those on TACRED, which are the classes' defaults."""


def new_learner(name: str, encoder: Encoder, **options) -> Learner:
    inventories = len(encoder.pos) + 2, len(encoder.ner) + 2, len(encoder.labels)
    return LEARNERS[name](encoder.vectors, *inventories, **options)


def trainable(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def sgd_step(model: Learner, optimizer: torch.optim.SGD, batch: Batch) -> torch.Tensor:
    """Forward, backward, clip by the global norm, update; returns the loss before the update."""
    optimizer.zero_grad()
    loss = model.loss(batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trainable(model), CLIP)
    optimizer.step()
    return loss.detach()


def meta_iteration(model: Learner, tasks: list[list[Batch]], alpha: float, epsilon: float) -> list[torch.Tensor]:
    """θ ← θ + ε · mean_i(θ'_i − θ), where θ'_i is θ after one SGD step on each batch of task i."""
    parameters = trainable(model)
    optimizer = torch.optim.SGD(parameters, lr=alpha)
    theta = [parameter.detach().clone() for parameter in parameters]
    adapted_sum = [torch.zeros_like(parameter) for parameter in theta]
    losses = []
    for task in tasks:
        losses += [sgd_step(model, optimizer, batch) for batch in task]
        with torch.no_grad():
            for parameter, start, total in zip(parameters, theta, adapted_sum):
                total += parameter
                parameter.copy_(start)
    with torch.no_grad():
        for parameter, total in zip(parameters, adapted_sum):
            parameter.lerp_(total / len(tasks), epsilon)
    return losses


def by_relation(instances: list[Instance]) -> list[list[Instance]]:
    """The tasks: the instances of each label, the negative one included."""
    groups = defaultdict(list)
    for instance in instances:
        groups[instance.label].append(instance)
    return [groups[label] for label in sorted(groups)]


def draw_tasks(
    relations: list[list[Instance]], tasks: int, size: int, steps: int, random: np.random.Generator
) -> list[list[Batch]]:
    """Draws `tasks` relations and, for each, `steps` batches of `size` of its instances, without replacement."""

    def draw(items: list, count: int) -> list:
        return [items[i] for i in random.choice(len(items), min(count, len(items)), replace=False)]

    return [[collate(draw(relation, size)) for _ in range(steps)] for relation in draw(relations, tasks)]


def predict(model: Learner, instances: list[Instance], size: int = 100) -> tuple[list[int], list[int]]:
    """Gold and predicted labels, in the same order."""
    model.eval()
    gold, predicted = [], []
    with torch.inference_mode():
        for batch in batches(instances, size):
            gold += batch.labels.tolist()
            predicted += model(batch).argmax(1).tolist()
    model.train()
    return gold, predicted


def macro_f1(labels: list[str], gold: list[int], predicted: list[int], negative: str = "Other") -> float:
    """SemEval's official score, 0..1: macro F1 over undirected relations, where a wrong direction counts as wrong."""
    relation = [label.split("(")[0] for label in labels]
    scores = []
    for name in sorted(set(relation) - {negative}):
        correct = sum(g == p and relation[g] == name for g, p in zip(gold, predicted))
        total = sum(relation[g] == name for g in gold) + sum(relation[p] == name for p in predicted)
        scores.append(2 * correct / total if total else 0.0)
    return sum(scores) / len(scores)


def train(
    model: Learner, instances: list[Instance], schedule: Schedule, score_dev: Callable[[], float],
    random: np.random.Generator,
) -> dict:  # fmt: skip
    """Supervised training; returns the parameters of the epoch with the best score."""
    optimizer = torch.optim.SGD(trainable(model), lr=schedule.lr)
    best, previous, best_state = -1.0, -1.0, {}
    for epoch in range(1, schedule.epochs + 1):
        for batch in batches(instances, 50, random):
            sgd_step(model, optimizer, batch)
        score = score_dev()
        if epoch >= schedule.decay_from and score <= previous:
            optimizer.param_groups[0]["lr"] *= schedule.decay
        if score > best:
            best, best_state = score, copy.deepcopy(model.state_dict())
        previous = score
    return best_state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=existing, required=True, help="TACRED-style JSON")
    parser.add_argument("--test", type=existing, required=True, help="TACRED-style JSON")
    parser.add_argument("--vectors", type=existing, required=True, help="GloVe text file of lower-cased words")
    parser.add_argument("--learner", choices=LEARNERS, default="pa-lstm")
    parser.add_argument("--fraction", type=float, default=0.01, help="share of what the development set leaves")
    parser.add_argument("--dev-size", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--iterations", type=int, default=1000, help="meta-iterations; 0: supervised training only")
    parser.add_argument("--tasks", type=int, default=5, help="B, relations per meta-iteration")
    parser.add_argument("--instances", type=int, default=8, help="D, instances per inner step")
    parser.add_argument("--steps", type=int, default=1, help="k, inner steps")
    parser.add_argument("--alpha", type=float, default=0.5, help="inner learning rate")
    parser.add_argument("--epsilon", type=float, default=1.0, help="outer learning rate")
    for option in fields(Schedule):
        defaults = ", ".join(f"{getattr(schedule, option.name)} ({name})" for name, schedule in SCHEDULES.items())
        name = "--" + option.name.replace("_", "-")
        parser.add_argument(name, type=option.type, help=f"for supervised training; default: {defaults}")
    parser.add_argument("--prune", type=int, default=1, help="K of C-GCN's trees; -1: the whole trees")
    parser.add_argument("--original-pooling", action="store_true", help="include padding in C-GCN's entity pools")
    parser.add_argument("--mask-entities", action="store_true", help="as on TACRED")
    arguments = parser.parse_args()
    options = {option.name: getattr(arguments, option.name) for option in fields(Schedule)}
    given = {name: value for name, value in options.items() if value is not None}
    schedule = replace(SCHEDULES[arguments.learner], **given)
    graphs = arguments.learner == "c-gcn"
    size = SIZES[arguments.learner] | ({"original_pooling": arguments.original_pooling} if graphs else {})

    random = np.random.default_rng(arguments.seed)
    torch.manual_seed(arguments.seed)
    train_records = read_json(arguments.train, arguments.mask_entities)
    test_records = read_json(arguments.test, arguments.mask_entities)
    keep = arguments.prune if graphs else None
    encoder = Encoder(train_records, test_records, arguments.vectors, arguments.seed, keep)
    shuffled = encoder.encode(train_records)
    random.shuffle(shuffled)
    dev, rest = shuffled[: arguments.dev_size], shuffled[arguments.dev_size :]
    few = rest[: round(arguments.fraction * len(rest))]
    test = encoder.encode(test_records)
    model = new_learner(arguments.learner, encoder, **size)

    def score(instances: list[Instance]) -> float:
        return macro_f1(encoder.labels, *predict(model, instances))

    report = {"learner": arguments.learner, "instances": len(few), "seed": arguments.seed}
    relations = by_relation(few)
    for _ in range(arguments.iterations):
        tasks = draw_tasks(relations, arguments.tasks, arguments.instances, arguments.steps, random)
        meta_iteration(model, tasks, arguments.alpha, arguments.epsilon)
    report["test_f1_before_fine_tuning"] = score(test)
    best = train(model, few, schedule, lambda: score(dev), random)
    report["test_f1_last"] = score(test)
    model.load_state_dict(best)
    report["test_f1_best_dev"] = score(test)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
