"""Times mlrc and PyTorch in turn on the same corpus and prints the ratios as a Markdown table.

Run from the root of the repository after `cargo build --release --examples --bins`; see bench/pytorch/README.md for
the environment. Without `--train` a corpus like SemEval-2010 Task 8's is generated: 8000 sentences of 19 tokens.

PyTorch runs its own choice of threads, and its LSTM once over packed sequences, as the original program does, and once
over padded ones, which computes more but is one call of oneDNN. One round is one run of each of the three; a ratio
is taken within a round, so that what disturbs the machine for longer than a round disturbs all of them."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = {
    "train_step_50": "training step, batch 50",
    "train_step_8": "training step, batch 8",
    "meta_iteration_5x8x1": "meta-iteration, B = 5, D = 8, k = 1",
    "predict_100": "prediction, 100 sentences",
}
PRODUCT = "matrix_product_1024"
RELEASE = Path("target/release")


def lines(command: list) -> dict[str, dict]:
    """Runs a program that prints JSON lines: measurements by name."""
    output = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line["measure"]: line for line in map(json.loads, output.splitlines())}


def generate(folder: Path) -> tuple[Path, Path]:
    train, vectors = folder / "train.json", folder / "vectors.txt"
    options = ["--instances", 8000, "--labels", 19, "--skew", 0.3, "--mean-length", 19, "--dimension", 50]
    command = [RELEASE / "mlrc", "synth", "--out", train, "--vectors", vectors, *options]
    subprocess.run([str(part) for part in command], check=True)
    return train, vectors


def operations(measurement: dict, dimension: int, backward: bool) -> float:
    """Floating-point operations that PA-LSTM of the original's size needs, with both layers of tags: no padding, no
    gradient of frozen word vectors, and positions not multiplied token by token. A multiplication and its addition are
    two."""
    hidden, attention, tags = 200, 200, 60
    inputs = dimension + tags
    token = 4 * hidden * (inputs + 3 * hidden) + attention * hidden
    forward = 2 * (token * measurement["mean_tokens"] + attention * hidden) * measurement["sentences"]
    words = 2 * 4 * hidden * dimension * measurement["mean_tokens"] * measurement["sentences"]
    return 3 * forward - words if backward else forward


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, help="TACRED-style JSON")
    parser.add_argument("--vectors", type=Path, help="GloVe text file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        train, vectors = arguments.train, arguments.vectors
        if train is None or vectors is None:
            train, vectors = generate(Path(folder))
        with vectors.open(encoding="utf-8") as file:
            dimension = len(file.readline().split()) - 1
        data = ["--train", train, "--vectors", vectors, "--steps", arguments.steps]
        step = [sys.executable, Path(__file__).parent / "pytorch" / "step.py", *data]
        programs = {
            "mlrc": [RELEASE / "examples" / "measure", *data],
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
        work = operations(rounds[0]["mlrc"][measure], dimension, not measure.startswith("predict")) / 1e9
        ideal = [1000 * work / ceiling(one) for one in rounds]
        shares = [100 * best / one["mlrc"][measure]["median_ms"] for best, one in zip(ideal, rounds)]
        print(f"| {name} | {work:.2f} | {spread(ideal, 1)} | {spread(shares, 0)} % |")


if __name__ == "__main__":
    main()
