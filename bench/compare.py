"""Times mlrc and PyTorch in turn on the same corpus and prints the ratios as a Markdown table.

Run after `cargo build --release --examples --bins`; see bench/pytorch/README.md for the environment. Without `--train`
and `--vectors` a corpus like SemEval-2010 Task 8's is generated: 8000 sentences of 19 tokens.

PyTorch chooses its own number of threads. Its LSTM runs once over packed sequences, as the original program does, and
once over padded ones, which computes more but needs only one oneDNN call per direction. One round is one run of each of
the three; ratios are taken within a round, so that a disturbance lasting longer than a round affects all of them."""

import argparse
import importlib.util
import json
import statistics
import sys
import tempfile
from pathlib import Path

from common import MEASURE, MLRC, existing, output, require_programs

NAMES = {
    "train_step_50": "training step, batch 50",
    "train_step_8": "training step, batch 8",
    "meta_iteration_5x8x1": "meta-iteration, B = 5, D = 8, k = 1",
    "predict_100": "prediction, 100 sentences",
}
PRODUCT = "matrix_product_1024"


def lines(command: list) -> dict[str, dict]:
    """Runs a program that prints JSON lines: measurements by name."""
    return {line["measure"]: line for line in map(json.loads, output(command).splitlines())}


def generate(folder: Path) -> tuple[Path, Path]:
    train, vectors = folder / "train.json", folder / "vectors.txt"
    options = ["--instances", 8000, "--labels", 19, "--skew", 0.3, "--mean-length", 19, "--dimension", 50]
    output([MLRC, "synth", "--out", train, "--vectors", vectors, *options])
    return train, vectors


def operations(
    learner: str, sentences: int, tokens: float, graph_tokens: float, dimension: int, backward: bool
) -> float:  # fmt: skip
    """Floating-point operations needed by a learner of the size used on TACRED, with both kinds of tags. A multiply-add
    counts as two; `tokens` and `graph_tokens` are means per sentence.

    Not counted: padding, the gradient of frozen word vectors, and small terms such as the output layer. PA-LSTM's
    positions are not multiplied token by token. C-GCN's graph convolutions are needed only for tokens of the pruned
    tree and of the entities, its LSTM for every token; adding up neighbours is left out."""
    hidden, attention, tags = 200, 200, 60
    inputs = dimension + tags
    if learner == "pa-lstm":
        gates = 4 * hidden
        token = gates * (inputs + hidden) + gates * 2 * hidden + attention * hidden
        products = token * tokens + attention * hidden
    else:
        gates = 2 * 4 * hidden  # in both directions
        graph = 2 * hidden * hidden + hidden * hidden
        mlp = 3 * hidden * hidden + hidden * hidden
        products = gates * (inputs + hidden) * tokens + graph * graph_tokens + mlp
    forward = 2 * products * sentences
    words = 2 * gates * dimension * tokens * sentences
    return 3 * forward - words if backward else forward


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learner", choices=["pa-lstm", "c-gcn"], default="pa-lstm")
    parser.add_argument("--train", type=existing, help="TACRED-style JSON")
    parser.add_argument("--vectors", type=existing, help="GloVe text file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    if (arguments.train is None) != (arguments.vectors is None):
        parser.error("--train and --vectors go together")
    require_programs()
    if importlib.util.find_spec("torch") is None:
        sys.exit(f"{sys.executable} has no PyTorch: see bench/pytorch/README.md for how to set up the environment")
    with tempfile.TemporaryDirectory() as folder:
        train, vectors = arguments.train, arguments.vectors
        if train is None:
            train, vectors = generate(Path(folder))
        with vectors.open(encoding="utf-8") as file:
            dimension = len(file.readline().split()) - 1
        data = ["--train", train, "--vectors", vectors, "--steps", arguments.steps, "--learner", arguments.learner]
        step = [sys.executable, Path(__file__).parent / "pytorch" / "step.py", *data]
        programs = {
            "mlrc": [MEASURE, *data],
            "packed": step,
            "padded": [*step, "--padded"],
        }
        rounds = []
        for number in range(arguments.rounds):
            rounds.append({name: lines(command) for name, command in programs.items()})
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)

    def medians(program: str, measure: str) -> list[float]:
        return [one[program][measure]["median_ms"] for one in rounds]

    print("| work | mlrc, ms | PyTorch packed, ms | PyTorch padded, ms | packed / mlrc | padded / mlrc |")
    print("|---|---|---|---|---|---|")
    for measure, name in NAMES.items():
        times = {program: medians(program, measure) for program in programs}
        ratios = [[p / m for p, m in zip(times[program], times["mlrc"])] for program in ("packed", "padded")]
        cells = [spread(times[program], 1) for program in programs]
        print(f"| {name} |", " | ".join(cells + [spread(ratio, 1) + " ×" for ratio in ratios]), "|")

    # mlrc's program multiplies on each of its threads at once, PyTorch shares one product among its own. The
    # ceiling is the better of the two in the same round.
    threads = rounds[0]["mlrc"][PRODUCT]["threads"]

    def ceiling(one: dict) -> float:
        """In GFLOP/s."""
        return max(2 * 1024**3 * count / 1e6 / one[program][PRODUCT]["median_ms"]
                   for program, count in (("mlrc", threads), ("packed", 1), ("padded", 1)))  # fmt: skip

    print(f"\nMatrix products of 1024 × 1024, {threads} threads: {spread([ceiling(one) for one in rounds], 0)} GFLOP/s.\n")
    print("| work | GFLOP | at the ceiling, ms | share reached |")
    print("|---|---|---|---|")
    for measure, name in NAMES.items():
        ours, theirs = rounds[0]["mlrc"][measure], rounds[0]["packed"][measure]
        tokens = ours["mean_tokens"]
        # Those of the batches that PyTorch ran, as a share of their tokens.
        graph_tokens = tokens * theirs.get("mean_graph_tokens", 0) / theirs["mean_tokens"]
        backward = not measure.startswith("predict")
        work = operations(arguments.learner, ours["sentences"], tokens, graph_tokens, dimension, backward) / 1e9
        ideal = [1000 * work / ceiling(one) for one in rounds]
        shares = [100 * best / one["mlrc"][measure]["median_ms"] for best, one in zip(ideal, rounds)]
        print(f"| {name} | {work:.2f} | {spread(ideal, 1)} | {spread(shares, 0)} % |")


if __name__ == "__main__":
    main()
