"""SetFit (Tunstall et al. 2022) on the sentences that mlrc draws: time and SemEval's official F1.

    for seed in 1 2 3; do
      mlrc convert TRAIN_FILE.TXT --to jsonl --part train --fraction 0.01 --dev-size 500 --seed $seed --out $seed.jsonl
    done
    mlrc convert TEST_FILE_FULL.TXT --to jsonl --out test.jsonl
    bench/.venv/bin/python bench/setfit_beside.py minilm test.jsonl 1.jsonl 2.jsonl 3.jsonl

Needs `pip install setfit==1.1.1 "transformers<5"`. One line of JSON for each file. Entities are marked in the text, since SetFit knows of none."""

import argparse
import json
import os
import time
from collections import Counter


def read(path: str) -> list[dict]:
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def marked(instance: dict, style: str) -> str:
    """The sentence with its entities marked: in place, or named before it."""
    tokens = list(instance["tokens"])
    spans = {name: instance[name] for name in ("subject", "object")}
    words = {name: " ".join(tokens[span["start"] : span["end"]]) for name, span in spans.items()}
    if style == "named":
        return f"{words['subject']} and {words['object']}: {' '.join(tokens)}"
    for name, (left, right) in {"subject": ("<e1>", "</e1>"), "object": ("<e2>", "</e2>")}.items():
        span = spans[name]
        tokens[span["start"]] = f"{left} {tokens[span['start']]}"
        tokens[span["end"] - 1] = f"{tokens[span['end'] - 1]} {right}"
    return " ".join(tokens)


def official_f1(gold: list[str], predicted: list[str]) -> float:
    """Macro-averaged over the nine relations, with their directions, as SemEval-2010's scorer has it."""
    base = lambda label: label.split("(")[0]
    names = sorted({base(label) for label in gold} - {"Other"})
    right = Counter(base(label) for label, answer in zip(gold, predicted) if label == answer)
    answered, present = Counter(map(base, predicted)), Counter(map(base, gold))
    total = 0.0
    for name in names:
        precision = right[name] / answered[name] if answered[name] else 0.0
        recall = right[name] / present[name]
        total += 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return 100 * total / len(names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder", help="folder of a sentence-transformers model")
    parser.add_argument("test")
    parser.add_argument("train", nargs="+")
    parser.add_argument("--style", choices=["in-place", "named"], default="in-place")
    parser.add_argument("--iterations", type=int, help="pairs of each sentence and kind (R in the paper) [default: all pairs]")
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--rate", type=float, default=2e-5, help="learning rate of the encoder")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()

    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from setfit import SetFitModel, Trainer, TrainingArguments
    from sklearn.linear_model import LogisticRegression

    torch.set_num_threads(options.threads)
    test = read(options.test)
    for path in options.train:
        torch.manual_seed(1)
        train = read(path)
        words = Transformer(options.encoder, max_seq_length=128)
        body = SentenceTransformer(modules=[words, Pooling(words.get_word_embedding_dimension())], device="cpu")
        model = SetFitModel(model_body=body, model_head=LogisticRegression(class_weight="balanced", max_iter=1000))
        data = Dataset.from_dict({
            "text": [marked(instance, options.style) for instance in train],
            "label": [instance["relation"] for instance in train],
        })
        arguments = TrainingArguments(
            output_dir="/tmp/setfit", batch_size=16, num_epochs=options.epochs, num_iterations=options.iterations,
            body_learning_rate=options.rate, report_to="none", save_strategy="no", seed=1,
        )
        started = time.monotonic()
        Trainer(model=model, args=arguments, train_dataset=data).train()
        seconds = time.monotonic() - started
        answers = [str(answer) for answer in model.predict([marked(instance, options.style) for instance in test])]
        gold = [instance["relation"] for instance in test]
        print(json.dumps({
            "train": path, "sentences": len(train), "style": options.style, "iterations": options.iterations,
            "epochs": options.epochs, "rate": options.rate, "seconds": round(seconds, 1),
            "official_f1": round(official_f1(gold, answers), 2),
        }), flush=True)


if __name__ == "__main__":
    main()
