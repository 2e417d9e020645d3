"""Compares pa_lstm.py and mlrc.py with the numbers of the original programs in the folder MLRC_FIXTURES."""

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from data import MAX_DISTANCE, Batch
from mlrc import meta_iteration, sgd_step
from pa_lstm import PaLstm

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


def batch(tensors: dict[str, torch.Tensor], i: int) -> Batch:
    fields = group(tensors, f"batch{i}.")
    shift = {name: (fields[name] + MAX_DISTANCE).clamp(0, 2 * MAX_DISTANCE) for name in ("subj", "obj")}
    return Batch(**{name: value for name, value in fields.items() if name != "head"} | shift)


def difference(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> float:
    """The largest absolute difference over tensors of the same names and shapes."""
    assert found.keys() == expected.keys(), f"names differ: {sorted(found.keys() ^ expected.keys())}"
    for name, value in expected.items():
        assert found[name].shape == value.shape, f"{name}: shape {found[name].shape}, expected {value.shape}"
    # Not Python's max, which can pass over a NaN.
    return torch.stack([(found[name] - expected[name]).abs().max() for name in expected]).max().item()


def check(packed: bool, tensors: dict[str, torch.Tensor], options: dict) -> dict[str, float]:
    """The largest difference of each group of numbers."""

    def model() -> PaLstm:
        initial = group(tensors, "init.")
        model = PaLstm(
            initial["emb.weight"].clone(), len(initial["pos_emb.weight"]), len(initial["ner_emb.weight"]),
            options["num_class"], pos_dim=options["pos_dim"], ner_dim=options["ner_dim"],
            position_dim=options["pe_dim"], hidden=options["hidden_dim"], attention=options["attn_dim"],
            layers=options["num_layers"], dropout=0.0, word_dropout=0.0, freeze=False, packed=packed,
        )  # fmt: skip
        model.load_state_dict(initial)
        return model

    def out(name: str, value: torch.Tensor) -> float:
        return difference({name: value}, {name: tensors[f"out.{name}"]})

    all_batches = [batch(tensors, i) for i in range(3)]
    result = {}

    learner = model()
    logits = learner(all_batches[0])
    loss = cross_entropy(logits, all_batches[0].labels)
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in learner.named_parameters()}
    result["logits"] = out("logits", logits.detach())
    result["loss"] = out("loss", loss.detach().reshape(1))
    result["gradients"] = difference(gradients, group(tensors, "grad."))

    learner = model()
    optimizer = torch.optim.SGD(learner.parameters(), lr=0.5)
    losses = [sgd_step(learner, optimizer, all_batches[i % 3]) for i in range(12)]
    result["sgd_losses"] = out("sgd_losses", torch.stack(losses))
    result["after_sgd"] = difference(learner.state_dict(), group(tensors, "after_sgd."))

    learner = model()
    tasks = [[each, each] for each in all_batches]
    losses = [loss for _ in range(2) for loss in meta_iteration(learner, tasks, alpha=0.2, epsilon=0.6)]
    result["mlrc_losses"] = out("mlrc_losses", torch.stack(losses))
    result["after_mlrc"] = difference(learner.state_dict(), group(tensors, "after_mlrc."))
    return result


def main() -> None:
    beside_the_project = Path(__file__).resolve().parent / "../../../shared/fixtures"
    folder = Path(os.environ.get("MLRC_FIXTURES", beside_the_project))
    if not folder.is_dir():
        sys.exit(f"{folder} is absent, set MLRC_FIXTURES")
    tensors = read_safetensors(folder / "pa_lstm.safetensors")
    options = json.loads((folder / "pa_lstm.json").read_text())["options"]
    passed = True
    for packed in (True, False):
        for name, value in check(packed, tensors, options).items():
            ok = value < TOLERANCE
            passed &= ok
            print(f"{'packed' if packed else 'padded'} {name:12} {value:.1e} {'ok' if ok else 'DIFFERS'}")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
