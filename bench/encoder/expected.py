"""What Hugging Face's transformers computes, for the tests of crates/mlrc/src/resources/encoder to compare with.

    python bench/encoder/expected.py crates/mlrc/tests/encoders [--genuine minilm=FOLDER --genuine mpnet=FOLDER]

Writes small encoders with random weights, one for each architecture, with the states of every word piece after every
block (`expected.json`); and for genuine encoders, which are not shipped, some components of these states
(`NAME.json`). Needs torch, transformers, tokenizers and safetensors.
"""

import argparse
import json
from pathlib import Path

import tokenizers
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel
from transformers import MPNetConfig, MPNetModel, RobertaConfig, RobertaModel

SENTENCES = [
    "The fire was caused by the bomb .",
    "Un café -LRB- naïve -RRB- costs `` 3.50 '' € in Zürich , doesn't it ?",
    "unbelievably 日本 x \u0007 [CLS] The-long-hyphenated-thing https://a.b/c?d=e#f 1,000,000",
]
PRINTED = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}
# Components that are compared of a genuine encoder's states.
COMPONENTS = [0, 1, 7, 100, 200, 383]


def pieces(tokenizer, tokens, spaced):
    """Each token cut by itself, and the pieces before and after a sentence."""
    backend, unknown = tokenizer.backend_tokenizer, tokenizer.unk_token_id
    backend.no_padding()
    backend.no_truncation()
    frame = backend.encode("", add_special_tokens=True).ids
    # A token that looks like a special piece is still text.
    backend.encode_special_tokens = True
    ids = []
    for token in tokens:
        token = PRINTED.get(token, token)
        cut = backend.encode(" " + token if spaced else token, add_special_tokens=False).ids
        ids.append(cut or [unknown])
    return [[frame[0]]] + ids + [[frame[-1]]]


def states(model, tokenizer, sentence, spaced):
    cut = pieces(tokenizer, sentence.split(" "), spaced)
    flat = torch.tensor([[piece for token in cut for piece in token]])
    with torch.no_grad():
        hidden = model(input_ids=flat, attention_mask=torch.ones_like(flat), output_hidden_states=True).hidden_states
    return flat[0].tolist(), [layer[0] for layer in hidden]


def rounded(tensor):
    return [[float(f"{value:.6g}") for value in row] for row in tensor.tolist()]


def word_pieces(lower):
    letters = sorted(set("abcdefghijklmnopqrstuvwxyz0123456789.,-:/?=#()\"'€$café日本ïü"))
    words = ["the", "fire", "was", "caused", "by", "bomb", "un", "##believ", "##ably", "in", "it", "##s", "cost", "does"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters), *words]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(vocabulary))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer, vocabulary


def bert_tokenizer():
    tokenizer, vocabulary = word_pieces(True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    )
    special = dict(unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", mask_token="[MASK]")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special), len(vocabulary)


def mpnet_tokenizer():
    tokenizer, vocabulary = word_pieces(True)
    renamed = {"[CLS]": "<s>", "[PAD]": "<pad>", "[SEP]": "</s>", "[MASK]": "<mask>"}
    order = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
    rest = [renamed.get(piece, piece) for piece in vocabulary]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(order + rest))}
    tokenizer.model = models.WordPiece(vocabulary, unk_token="[UNK]")
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    special = dict(unk_token="[UNK]", cls_token="<s>", sep_token="</s>", pad_token="<pad>", mask_token="<mask>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special), len(vocabulary)


def roberta_tokenizer():
    tokenizer = Tokenizer(models.BPE(unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES * 2, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    special = dict(unk_token="<unk>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", mask_token="<mask>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special), tokenizer.get_vocab_size()


def small(folder):
    shape = dict(hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=40, max_position_embeddings=96)
    for name, tokenizer, config, model in [
        ("bert", bert_tokenizer, BertConfig, BertModel),
        ("mpnet", mpnet_tokenizer, MPNetConfig, MPNetModel),
        ("roberta", roberta_tokenizer, RobertaConfig, RobertaModel),
        ("distilbert", bert_tokenizer, DistilBertConfig, DistilBertModel),
    ]:
        torch.manual_seed(1)
        tokenizer, vocabulary = tokenizer()
        sizes = shape
        if name == "distilbert":
            sizes = dict(dim=24, n_layers=3, n_heads=3, hidden_dim=40, max_position_embeddings=96)
        elif name != "bert":
            sizes = dict(shape, pad_token_id=1, bos_token_id=0, eos_token_id=2)
        network = model(config(vocab_size=vocabulary, **sizes)).eval()
        # Untrained weights are so small that many mistakes would not show.
        for parameter in network.parameters():
            parameter.data.normal_(0, 0.3) if parameter.dim() > 1 else parameter.data.add_(0.2 * torch.randn_like(parameter))
        path = folder / name
        network.save_pretrained(path)
        tokenizer.backend_tokenizer.save(str(path / "tokenizer.json"))
        expected = []
        for sentence in SENTENCES:
            ids, layers = states(network, tokenizer, sentence, name == "roberta")
            expected.append(dict(tokens=sentence.split(" "), pieces=ids, states=[rounded(layer) for layer in layers]))
        (path / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


def genuine(folder, name, source):
    network = AutoModel.from_pretrained(source).eval()
    tokenizer = AutoTokenizer.from_pretrained(source)
    expected = []
    for sentence in SENTENCES:
        ids, layers = states(network, tokenizer, sentence, False)
        some = [rounded(layer[:, COMPONENTS]) for layer in layers]
        expected.append(dict(tokens=sentence.split(" "), pieces=ids, components=COMPONENTS, states=some))
    (folder / f"{name}.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--genuine", action="append", default=[], metavar="NAME=FOLDER")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    small(arguments.folder)
    for choice in arguments.genuine:
        genuine(arguments.folder, *choice.split("=", 1))
