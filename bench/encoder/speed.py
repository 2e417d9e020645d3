"""Times an encoder's lower blocks: ours, PyTorch with transformers, and ONNX Runtime, in turns, on the same threads.

    cargo build --release --examples
    python bench/encoder/speed.py ENCODER DATA BLOCK --threads 2 --rounds 5

All cut the same word pieces beforehand or include it (ours includes it), compute in single precision, but for our 8-bit integers, sort sentences by
length and pad batches of 32 (ours does neither). Needs torch, transformers and, for the third, onnx and onnxruntime.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("encoder")
parser.add_argument("data", help="SemEval's text")
parser.add_argument("block", type=int)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--program", default="target/release/examples/encode")
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

import torch  # noqa: E402
from transformers import AutoModel, AutoTokenizer  # noqa: E402

torch.set_num_threads(arguments.threads)
tokenizer = AutoTokenizer.from_pretrained(arguments.encoder)
model = AutoModel.from_pretrained(arguments.encoder).eval()
model.encoder.layer = model.encoder.layer[: arguments.block]
sentences = []
for line in open(arguments.data, encoding="utf-8"):
    if line[:1].isdigit():
        text = line.split("\t", 1)[1].strip().strip('"')
        for tag in ("<e1>", "</e1>", "<e2>", "</e2>"):
            text = text.replace(tag, "")
        sentences.append(text)


def batches():
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    for start in range(0, len(order), 32):
        chosen = [sentences[i] for i in order[start : start + 32]]
        yield tokenizer(chosen, padding=True, truncation=True, max_length=512, return_tensors="pt")


ready = [{name: batch[name] for name in ("input_ids", "attention_mask")} for batch in batches()]


def of_torch():
    with torch.inference_mode():
        for batch in ready:
            model(**batch)


def of_onnx():
    for batch in ready:
        session.run(None, {name: tensor.numpy() for name, tensor in batch.items()})


runs = {"PyTorch": of_torch}
try:
    import onnxruntime

    file = os.path.join(tempfile.mkdtemp(), "encoder.onnx")

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    axes = {0: "rows", 1: "length"}
    example = (ready[5]["input_ids"], ready[5]["attention_mask"])
    torch.onnx.export(
        States(), example, file, input_names=["input_ids", "attention_mask"], output_names=["states"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "states": axes}, dynamo=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    runs["ONNX Runtime"] = of_onnx
except Exception as error:
    print(f"ONNX Runtime is left out: {error}")

for run in runs.values():
    run()
times = {name: [] for name in ["ours", "ours in int8", *runs]}
for _ in range(arguments.rounds):
    command = [arguments.program, arguments.encoder, arguments.data, str(arguments.block), str(arguments.threads)]
    for name, options in (("ours", []), ("ours in int8", ["int8"])):
        ours = json.loads(subprocess.run(command + options, check=True, capture_output=True, text=True).stdout)
        times[name].append(ours["seconds"])
    for name, run in runs.items():
        started = time.perf_counter()
        run()
        times[name].append(time.perf_counter() - started)
for name, seconds in times.items():
    median = statistics.median(seconds)
    ratio = statistics.median([other / own for other, own in zip(seconds, times["ours"])])
    to_int8 = statistics.median([other / own for other, own in zip(seconds, times["ours in int8"])])
    each = 1000 * median / len(sentences)
    print(f"{name:13} {each:7.3f} ms a sentence, {ratio:5.2f} × ours, {to_int8:5.2f} × ours in int8")
