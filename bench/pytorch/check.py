"""Compares the learners, mlrc.py and trees.py with the original programs' output, in the folder named by MLRC_FIXTURES.

The sentences of the trees are in the folder named by MLRC_DATA."""

import json
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from c_gcn import CGcn
from data import MAX_DISTANCE, Batch, Instance, adjacency, collate
from learner import Learner
from mlrc import meta_iteration, sgd_step
from pa_lstm import PaLstm
from trees import prune

TOLERANCE = 1e-4


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """The format: header size as u64, a JSON header, then the tensors' bytes."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, info in header.items():
        first, last = info["data_offsets"]
        array = np.frombuffer(data[start + first : start + last], {"F32": "<f4", "I64": "<i8"}[info["dtype"]])
        tensors[name] = torch.from_numpy(array.reshape(info["shape"]).copy())
    return tensors


def group(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def edges(head: torch.Tensor, subj: torch.Tensor, obj: torch.Tensor, length: int, k: int) -> np.ndarray:
    """The edges of the pruned tree of one row of a batch; `subj` and `obj` are positions before the shift."""
    subject, object = ((positions[:length] == 0).nonzero()[:, 0].tolist() for positions in (subj, obj))
    return np.array(prune(head[:length].tolist(), subject, object, k).edges).reshape(-1, 2)


def batch(tensors: dict[str, torch.Tensor], i: int, k: int | None) -> Batch:
    """A batch of the fixtures, with trees if `k` is given."""
    fields = group(tensors, f"batch{i}.")
    head = fields.pop("head")
    if k is not None:
        rows = zip(head, fields["subj"], fields["obj"], fields["lengths"].tolist())
        fields["adjacency"] = adjacency([edges(*row, k) for row in rows], head.shape[1])
    shift = {name: (fields[name] + MAX_DISTANCE).clamp(0, 2 * MAX_DISTANCE) for name in ("subj", "obj")}
    return Batch(**fields | shift)


def difference(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> float:
    """The largest absolute difference over tensors of the same names and shapes."""
    assert found.keys() == expected.keys(), f"names differ: {sorted(found.keys() ^ expected.keys())}"
    for name, value in expected.items():
        assert found[name].shape == value.shape, f"{name}: shape {found[name].shape}, expected {value.shape}"
    # Not Python's max, which can pass over a NaN.
    return torch.stack([(found[name] - expected[name]).abs().max() for name in expected]).max().item()


def pa_lstm(initial: dict[str, torch.Tensor], options: dict, packed: bool) -> PaLstm:
    return PaLstm(
        initial["emb.weight"].clone(), len(initial["pos_emb.weight"]), len(initial["ner_emb.weight"]),
        options["num_class"], pos_dim=options["pos_dim"], ner_dim=options["ner_dim"], position_dim=options["pe_dim"],
        hidden=options["hidden_dim"], attention=options["attn_dim"], layers=options["num_layers"], dropout=0.0,
        word_dropout=0.0, freeze=False, packed=packed,
    )  # fmt: skip


def c_gcn(initial: dict[str, torch.Tensor], options: dict, packed: bool, **others) -> CGcn:
    return CGcn(
        initial["emb.weight"].clone(), len(initial["pos_emb.weight"]), len(initial["ner_emb.weight"]),
        options["num_class"], pos_dim=options["pos_dim"], ner_dim=options["ner_dim"],
        lstm_hidden=options["rnn_hidden"], hidden=options["hidden_dim"], graph_layers=options["num_layers"],
        mlp_layers=options["mlp_layers"], dropout=0.0, word_dropout=0.0, pool_penalty=options["pooling_l2"],
        freeze=False, packed=packed, **{"lstm_layers": options["rnn_layers"]} | others,
    )  # fmt: skip


def our_names(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The original C-GCN holds its tables under two names each, and everything in modules within modules."""
    return {name.replace("gcn_model.", "").replace("gcn.", ""): value for name, value in tensors.items()}


def check(build: Callable[[dict], Learner], tensors: dict[str, torch.Tensor], k: int | None) -> dict[str, float]:
    """The largest difference of each group of numbers; `build` makes a learner, given its initial parameters."""

    def parameters(prefix: str) -> dict[str, torch.Tensor]:
        return our_names(group(tensors, prefix))

    def model() -> Learner:
        initial = parameters("init.")
        model = build(initial)
        model.load_state_dict(initial)
        return model

    def out(name: str, value: torch.Tensor) -> float:
        return difference({name: value}, {name: tensors[f"out.{name}"]})

    all_batches = [batch(tensors, i, k) for i in range(3)]
    result = {}

    learner = model()
    logits = learner(all_batches[0])
    loss = learner.loss(all_batches[0])
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in learner.named_parameters()}
    result["logits"] = out("logits", logits.detach())
    result["loss"] = out("loss", loss.detach().reshape(1))
    result["gradients"] = difference(gradients, parameters("grad."))

    learner = model()
    optimizer = torch.optim.SGD(learner.parameters(), lr=0.5)
    losses = [sgd_step(learner, optimizer, all_batches[i % 3]) for i in range(12)]
    result["sgd_losses"] = out("sgd_losses", torch.stack(losses))
    result["after_sgd"] = difference(learner.state_dict(), parameters("after_sgd."))

    learner = model()
    tasks = [[each, each] for each in all_batches]
    losses = [loss for _ in range(2) for loss in meta_iteration(learner, tasks, alpha=0.2, epsilon=0.6)]
    result["mlrc_losses"] = out("mlrc_losses", torch.stack(losses))
    result["after_mlrc"] = difference(learner.state_dict(), parameters("after_mlrc."))
    return result


def check_variants(build: Callable[..., CGcn], batches: list[Batch]) -> dict[str, float]:
    """Checks of C-GCN that the original programs' numbers do not cover: packed and padded sequences must give the same
    logits and gradients and, without `original_pooling`, a sentence the same logits alone as within a batch."""
    result = {}
    for layers in (0, 1, 2):
        torch.manual_seed(layers)
        packed = build(packed=True, lstm_layers=layers)
        padded = build(packed=False, lstm_layers=layers)
        padded.load_state_dict(packed.state_dict())
        for each in batches:
            packed.loss(each).backward()
            padded.loss(each).backward()
        gradients = [{name: value.grad for name, value in model.named_parameters()} for model in (packed, padded)]
        result[f"lstm_layers={layers} packed, padded"] = difference(*gradients)
        if not packed.original_pooling:
            for name, model in (("packed", packed), ("padded", padded)):
                apart = torch.cat([model(sentence) for each in batches for sentence in alone(each)])
                together = torch.cat([model(each) for each in batches])
                result[f"lstm_layers={layers} {name} alone"] = difference({"": apart}, {"": together})
    return result


def alone(batch: Batch) -> list[Batch]:
    """Each sentence as a batch of its own, without padding."""
    sentences = []
    for i, length in enumerate(batch.lengths.tolist()):
        features = torch.stack([batch.words, batch.pos, batch.ner, batch.subj, batch.obj])[:, i, :length]
        ends = batch.adjacency[i].triu().nonzero()
        sentences.append(collate([Instance(features.numpy(), batch.labels[i].item(), ends.numpy())]))
    return sentences


def check_trees(cases: list[dict], records: list[dict]) -> int:
    """How many of the trees differ."""
    sentences = {record["id"]: record for record in records}
    differing = 0
    for case in cases:
        record = sentences[case["id"]]
        heads = [int(head) for head in record["stanford_head"]]
        subject, object = (range(record[f"{role}_start"], record[f"{role}_end"] + 1) for role in ("subj", "obj"))
        for k in (-1, 0, 1, 2):
            pruned = prune(heads, subject, object, k)
            found = {"kept": pruned.kept, "edges": [list(edge) for edge in pruned.edges]}
            differing += found != case[f"k{k}"]
    return differing


def main() -> None:
    shared = Path(__file__).resolve().parent / "../../../shared"
    fixtures = Path(os.environ.get("MLRC_FIXTURES", shared / "fixtures"))
    data = Path(os.environ.get("MLRC_DATA", shared / "data"))
    sentences = data / "semeval2010-tacred-json" / "test.json"
    if not fixtures.is_dir():
        sys.exit(f"{fixtures} not found: set MLRC_FIXTURES")
    if not sentences.is_file():
        sys.exit(f"{sentences} not found: set MLRC_DATA")
    passed = True

    def report(name: str, value: float, ok: bool) -> None:
        nonlocal passed
        passed &= ok
        print(f"{name:60} {value:.1e} {'ok' if ok else 'DIFFERS'}")

    for name, learner in (("pa_lstm", pa_lstm), ("c_gcn", c_gcn), ("c_gcn_original_pooling", c_gcn)):
        tensors = read_safetensors(fixtures / f"{name}.safetensors")
        options = json.loads((fixtures / f"{name}.json").read_text())
        original = {"original_pooling": True} if options.get("pad_positions_in_entity_pools") else {}
        options = options["options"]
        k = options.get("prune_k")
        for packed in (True, False):
            differences = check(lambda initial: learner(initial, options, packed, **original), tensors, k)
            for part, value in differences.items():
                report(f"{name} {'packed' if packed else 'padded'} {part}", value, value < TOLERANCE)
        if learner is c_gcn:
            initial = our_names(group(tensors, "init."))
            differences = check_variants(
                lambda **others: c_gcn(initial, options, **original, **others), [batch(tensors, i, k) for i in range(3)]
            )
            for part, value in differences.items():
                report(f"{name} {part}", value, value < TOLERANCE)

    cases = json.loads((fixtures / "pruned_trees.json").read_text())
    differing = check_trees(cases, json.loads(sentences.read_text(encoding="utf-8")))
    report(f"pruned trees of {len(cases)} sentences", differing, differing == 0)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
