"""Contracts (CUAD v1) and terms of service (CLAUDETTE)."""

import ast
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from docassay.train.score import Split
from research.corpora.archives import csv_rows, read_member, read_members
from research.corpora.example import Example
from research.corpora.text import label_name, paragraphs, squeeze, text_key, unique

CUAD_METADATA = ("Document Name", "Parties", "Agreement Date", "Effective Date", "Expiration Date")
UNFAIR = {
    "a": "arbitration",
    "ch": "unilateral_change",
    "cr": "content_removal",
    "j": "jurisdiction",
    "law": "choice_of_law",
    "ltd": "limitation_of_liability",
    "ter": "unilateral_termination",
    "use": "contract_by_using",
    "pinc": "privacy_included",
}


def clause_type(data: Path) -> list[Example]:
    """Load the annotated spans of 510 contracts, and what in 54 of them carries no category.

    The latter are paragraphs, with `part="unlabelled"`.

    The test split is the first 102 of the shuffled contract names, validation the next 50.
    """
    rows = csv_rows(read_member(data / "labelled/legal-cuad_v1.tar.xz", "*/master_clauses.csv"))
    splits = contract_splits([row["Filename"] for row in rows])
    texts = read_members(data / "documents/legal-cuad_pdf_txt.tar.xz", "*/full_contract_txt/*.txt")
    contracts = {contract_key(name): text.decode("utf-8", errors="replace") for name, text in texts.items()}
    examples: list[Example] = []
    for row in rows:
        split = splits[row["Filename"]]
        spans = labelled_spans(row)
        examples += [
            Example("clause_type", text, tuple(sorted(labels)), split) for text, labels in spans.items()
        ]
        text = contracts.get(contract_key(row["Filename"]), "")
        metadata = [span for name in CUAD_METADATA for span in ast.literal_eval(row[name] or "[]")]
        blank = unlabelled_paragraphs(text, [*spans, *metadata])
        examples += [Example("clause_type", block, (), split, "unlabelled") for block in blank]
    return unique(examples)


def contract_splits(names: list[str]) -> dict[str, Split]:
    """Assign contracts to splits as the data's README prescribes for test; validation is ours."""
    ordered = sorted(names)
    random.Random(0).shuffle(ordered)
    return {
        name: "test" if rank < 102 else "validation" if rank < 152 else "train"
        for rank, name in enumerate(ordered)
    }


def labelled_spans(row: Mapping[str, str]) -> dict[str, set[str]]:
    """Give the annotated spans of a contract, each with its labels, from its row of the table."""
    spans: dict[str, set[str]] = defaultdict(set)
    for column, value in row.items():
        if column == "Filename" or column in CUAD_METADATA or column.replace("- ", "-").endswith("-Answer"):
            continue
        for span in ast.literal_eval(value or "[]"):
            if squeeze(span):
                spans[squeeze(span)].add(label_name(column))
    return spans


def unlabelled_paragraphs(text: str, spans: list[str]) -> list[str]:
    """Return the paragraphs of 12 to 200 words that have nothing to do with any span.

    They neither hold a span, nor lie in one, nor share eight words in a row with one.
    """
    runs = {run for span in spans for run in _runs(text_key(span).split())}
    short = [f" {text_key(span)} " for span in spans if 2 <= len(text_key(span).split()) < 8]
    blank = []
    for block in paragraphs(text, 12, 200):
        key = text_key(block)
        if not any(run in runs for run in _runs(key.split())) and not any(
            span in f" {key} " for span in short
        ):
            blank.append(block)
    return blank


def _runs(words: list[str], size: int = 8) -> list[str]:
    return [" ".join(words[start : start + size]) for start in range(len(words) - size + 1)]


def contract_key(name: str) -> str:
    """Reduce the name of a contract's file to what its other files share.

    >>> contract_key("full_contract_txt/Acme Inc. - Lease.txt")
    'acmeinclease'
    """
    return text_key(PurePosixPath(name).name.rsplit(".", 1)[0]).replace(" ", "")


def unfair_term(data: Path, language: str = "en") -> list[Example]:
    """Load the terms of service in a language; fold 4 is the test, five train documents are validation.

    A sentence is unfair where the annotators gave degree 2 (potentially) or 3 (clearly). An item of a list is
    read behind the words that it continues. The English sentences are the task; those in de, it and pl are
    the same documents, annotated separately.
    """
    text = _claudette(data)
    training = _lines(text[PurePosixPath("lists/LIST_TRAIN_4.txt")])
    validation = set(sorted(training)[::8])
    examples: list[Example] = []
    for split, names in (("train", training), ("test", _lines(text[PurePosixPath("lists/LIST_TEST_4.txt")]))):
        for name in names:
            lines, tags = (_original(text, kind, language, name) for kind in ("sentences", "tags"))
            actual: Split = "test" if split == "test" else "validation" if name in validation else "train"
            examples += [
                Example("unfair_term", text, unfair_labels(tag), actual)
                for line, text, tag in zip(lines, continued(lines), tags, strict=True)
                if len(line.split()) >= 3
            ]
    return unique(examples)


def continued(lines: Sequence[str]) -> list[str]:
    """Put before each item of a list the line that opens the list: the corpus cuts them apart.

    A line of five words opens one if it ends with a colon, or if it does not end a sentence and the next line
    does not begin one. The first item that ends a sentence closes it.

    >>> continued(["We may end this contract if", "you fail to pay;", "you die.", "Goodbye."])[2:]
    ['We may end this contract if you die.', 'Goodbye.']
    """
    texts, opening = [], ""
    for line, following in pairwise([*map(squeeze, lines), ""]):
        texts.append(f"{opening} {line}".strip())
        ends = line.rstrip("\"”')]").endswith((".", "!", "?"))
        if opening:
            opening = "" if ends else opening
        elif len(line.split()) >= 5 and (line.endswith(":") or (not ends and _goes_on(following))):
            opening = line
    return texts


def _goes_on(line: str) -> bool:
    return line[:1].islower() or line.startswith(("(", "•", "·", "-", "–", "*"))


def terms_of_service(data: Path, language: str) -> dict[str, list[str]]:
    """Load the sentences, in order, of the terms of service that are not test documents, by document."""
    text = _claudette(data)
    return {
        name: [squeeze(line) for line in _original(text, "sentences", language, name) if line.strip()]
        for name in _lines(text[PurePosixPath("lists/LIST_TRAIN_4.txt")])
    }


def unfair_labels(tags: str) -> tuple[str, ...]:
    """Read a tag line.

    >>> unfair_labels("j3 law1 countrym")
    ('jurisdiction',)
    """
    return tuple(sorted({UNFAIR[tag[:-1]] for tag in tags.split() if tag[-1] in "23" and tag[:-1] in UNFAIR}))


def _claudette(data: Path) -> dict[PurePosixPath, bytes]:
    files = read_members(data / "labelled/legal-claudette_multilingual_tos.tar.xz", "*/corpus/[lst]*")
    return {
        PurePosixPath(name).relative_to("claudette_multilingual_tos/corpus"): body
        for name, body in files.items()
    }


def _original(text: Mapping[PurePosixPath, bytes], kind: str, language: str, name: str) -> list[str]:
    return text[PurePosixPath(kind, language, "original", name)].decode(errors="replace").splitlines()


def _lines(data: bytes) -> list[str]:
    return data.decode().split()
