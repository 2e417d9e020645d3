"""Times a fine-tuning step, forward and backward, of transformer blocks: ours and PyTorch's in turns, one thread each.

    cargo bench -p mlrc-kernels --bench transformer_training --no-run
    python bench/encoder/step_speed.py PROGRAM --rounds 5

PROGRAM is the bench that cargo has built. PyTorch pads the sentences to the longest; ours does not. Neither has dropout.
Needs torch and transformers.
"""

import argparse
import os
import re
import statistics
import subprocess
import time

os.environ["OMP_NUM_THREADS"] = "1"

import torch  # noqa: E402
from transformers import BertConfig, MPNetConfig  # noqa: E402
from transformers.models.bert.modeling_bert import BertEncoder  # noqa: E402
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--rounds", type=int, default=5)
arguments = parser.parse_args()
torch.set_num_threads(1)

LENGTHS = [18, 20, 22, 24, 25, 26, 28, 29, 30, 31, 32, 34, 35, 38, 42, 46]


def encoder(hidden, blocks):
    config, kind = (BertConfig, BertEncoder) if hidden == 384 else (MPNetConfig, MPNetEncoder)
    sizes = dict(hidden_size=hidden, num_hidden_layers=blocks, num_attention_heads=12, intermediate_size=4 * hidden)
    config = config(**sizes, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    config._attn_implementation = "sdpa" if hidden == 384 else "eager"
    return kind(config).train()


def step(model, states, mask):
    model.zero_grad()
    model(states, attention_mask=mask, head_mask=[None] * len(model.layer))[0].backward(states)


def of_torch(hidden, blocks):
    model, longest = encoder(hidden, blocks), max(LENGTHS)
    states = torch.rand(len(LENGTHS), longest, hidden) / 5 - 0.1
    mask = torch.zeros(len(LENGTHS), 1, longest, longest)
    for row, length in enumerate(LENGTHS):
        mask[row, :, :, length:] = torch.finfo(torch.float32).min
    step(model, states, mask)
    times = []
    for _ in range(8):
        started = time.perf_counter()
        step(model, states, mask)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


UNITS = {"ms": 1e-3, "s": 1.0, "µs": 1e-6}


def of_ours(hidden, blocks):
    command = [arguments.program, "--bench", "step", "--sample-count", "8", "--color", "never"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    row = next(line for line in text.splitlines() if f"[{hidden}, {blocks}]" in line)
    # Fastest, slowest, median, mean.
    value, unit = re.findall(r"([\d.]+) (ms|s|µs)", row)[2]
    return float(value) * UNITS[unit]


for hidden, blocks in [(384, 2), (768, 4)]:
    pairs = [(of_ours(hidden, blocks), of_torch(hidden, blocks)) for _ in range(arguments.rounds)]
    ours, theirs = (statistics.median(side) for side in zip(*pairs))
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    print(f"{blocks} blocks of {hidden}: ours {1e3 * ours:.0f} ms, PyTorch {1e3 * theirs:.0f} ms, {ratio:.2f} ×")
