"""How mlrc's time and memory grow with corpus and batch size: measures, and writes JSON lines and a figure.

Run after `cargo build --release --examples --bins`, with matplotlib installed. Corpora are generated: 42 labels, 81 %
of them negative, 36 tokens, as in TACRED. Times and peaks are those of whole processes, reading the files included; for
batches, medians of single steps."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from common import MEASURE, MLRC, REPOSITORY, output, require_programs

try:
    import matplotlib
except ModuleNotFoundError:
    sys.exit(f"{sys.executable} has no matplotlib: see bench/pytorch/README.md for how to set up the environment")

matplotlib.use("svg")
import matplotlib.pyplot as plt

INSTANCES = [1000, 2000, 4000, 8000, 16000, 32000, 68000]
BATCHES = [1, 2, 4, 8, 16, 25, 50, 100, 200]
STYLE = {"train": dict(color="#0072b2", marker="o"), "predict": dict(color="#d55e00", marker="s")}


# Run in a separate process: a child starts with its parent's peak memory, so the parent must be small.
RUN = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[2:], stdout=open(sys.argv[1], "w"), env={**os.environ, "MLRC_CACHE": ""})
_, status, usage = os.wait4(process.pid, 0)
if status != 0:
    sys.exit(1)
print(json.dumps({"seconds": time.perf_counter() - start, "peak_mb": usage.ru_maxrss / 1024}))
"""

TOKENS = "import json, sys; print(sum(len(record['token']) for record in json.load(open(sys.argv[1]))))"


def python(program: str, *arguments) -> str:
    return output([sys.executable, "-c", program, *arguments])


def run(command: list, printed: Path) -> dict:
    """Runs a program; returns its wall-clock time in seconds and peak memory in MB. Its output goes to `printed`."""
    return json.loads(python(RUN, printed, *command))


def corpus(folder: Path, instances: int) -> tuple[Path, Path, int]:
    """Generates a corpus; returns its file, the file of its vectors and its number of tokens."""
    train, vectors = folder / f"{instances}.json", folder / f"{instances}.txt"
    shape = ["--labels", 42, "--skew", 0.8, "--negative-share", 0.81, "--mean-length", 36]
    run([MLRC, "synth", "--instances", instances, "--out", train, "--vectors", vectors, *shape], folder / "log")
    return train, vectors, int(python(TOKENS, train))


def by_instances(folder: Path):
    for instances in INSTANCES:
        train, vectors, tokens = corpus(folder, instances)
        model = folder / "model"
        options = ["--arm", "supervised", "--epochs", 1, "--dev-size", 0, "--selection", "last", "--quiet", "--force"]
        commands = {
            "train": ["train", "--train", train, "--vectors", vectors, "--out", model, *options],
            "predict": ["predict", model, train],
        }
        for work, command in commands.items():
            measured = run([MLRC, *command], folder / "log")
            yield {"series": "instances", "work": work, "instances": instances, "tokens": tokens, **measured}


def by_batch(folder: Path):
    train, vectors, _ = corpus(folder, 4000)
    for batch in BATCHES:
        command = [MEASURE, "--train", train, "--vectors", vectors, "--batches", batch]
        measured = run(command, folder / "log")
        for line in map(json.loads, (folder / "log").read_text().splitlines()):
            work = line["measure"].split("_")[0]
            tokens = batch * line["mean_tokens"]
            result = {"tokens": tokens, "median_ms": line["median_ms"], "peak_mb": measured["peak_mb"]}
            yield {"series": "batch", "work": work, "batch": batch, **result}


def draw(results: list[dict], path: Path) -> None:
    plt.rcParams.update({"svg.hashsalt": "mlrc", "font.size": 9, "axes.grid": True, "grid.color": "#dddddd"})
    figure, axes = plt.subplots(2, 2, figsize=(8, 6), layout="constrained")
    panels = [
        ("instances", "instances", "µs per token, one pass", lambda r: 1e6 * r["seconds"] / r["tokens"]),
        ("instances", "instances", "peak memory, MB", lambda r: r["peak_mb"]),
        ("batch", "batch", "µs per token, one step", lambda r: 1e3 * r["median_ms"] / r["tokens"]),
        ("batch", "batch", "peak memory, MB", lambda r: r["peak_mb"]),
    ]
    for axis, (series, by, label, value) in zip(axes.flat, panels):
        works = ["train"] if (series, label) == ("batch", "peak memory, MB") else ["train", "predict"]
        for work in works:
            chosen = [result for result in results if (result["series"], result["work"]) == (series, work)]
            axis.plot([r[by] for r in chosen], [value(r) for r in chosen], label=work, markersize=4, **STYLE[work])
        axis.set(xlabel=by, ylabel=label, xscale="log", ylim=(0, None))
        ticks = INSTANCES if series == "instances" else BATCHES
        axis.set_xticks(ticks, [f"{tick // 1000}k" if tick >= 1000 else str(tick) for tick in ticks])
        axis.minorticks_off()
        if len(works) > 1:
            axis.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs/performance", help="folder for the results")
    parser.add_argument("--draw-only", action="store_true", help="redraw the figure from earlier measurements")
    arguments = parser.parse_args()
    data = arguments.out / "scaling.jsonl"
    if arguments.draw_only:
        if not data.is_file():
            sys.exit(f"{data} not found: measure first, without --draw-only")
    else:
        require_programs()
        arguments.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder, data.open("w") as out:
            for measure in (by_instances, by_batch):
                for result in measure(Path(folder)):
                    print(json.dumps(result), file=out, flush=True)
                    print(result, file=sys.stderr)
    draw([json.loads(line) for line in data.read_text().splitlines()], arguments.out / "scaling.svg")


if __name__ == "__main__":
    main()
