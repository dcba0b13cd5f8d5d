"""Passages that teach the head of clauses what is none: read ones, near misses, segments of contracts.

Spans of CUAD are what a lawyer marked; at run time the head is asked of the segments of whole documents.
`read_passages.tsv` has the labels of passages of terms of service (Open Terms Archive) and of
confidentiality agreements (ContractNLI) that were read, by document and span; their texts stay in the
archives. `near_misses.tsv` has sentences, written for this, that mention, deny or resemble a clause.
"""

import csv
import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from docassay.train.score import Split
from docassay.transforms.document import Document
from docassay.transforms.split import cut_segments
from research.corpora import legal
from research.corpora.archives import csv_rows, read_member, read_members
from research.corpora.example import Example
from research.corpora.text import squeeze, text_key

TASK = "clause_type"
PASSAGE = "passage"
"""The part of what is as at run time: a segment of a whole document, whatever it holds."""
READ = Path(__file__).with_name("read_passages.tsv")
NEAR = Path(__file__).with_name("near_misses.tsv")
RUN = 8
"""Words in a row that a segment and a span must share to be of one text."""
MOST_OF, LITTLE_OF = 0.6, 0.05
"""A segment has a span's label from the first share of the shorter one's runs on, none below the second."""
ONE_OF = 3
"""Of the segments without any label one in so many is taken: there are enough of them."""


def read_passages(data: Path) -> list[Example]:
    """Load the passages that were read; half of the documents, by checksum, are validation.

    Raises:
        ValueError: A passage is not where `read_passages.tsv` says: the archive is another version.
    """
    texts = {"terms": _terms(data), "nda": _agreements(data)}
    examples = []
    for row in _rows(READ):
        start, end = int(row["start"]), int(row["end"])
        passages = (text[start:end] for text in texts[row["corpus"]].get(row["document"], ()))
        found = next((p for p in passages if digest(p) == row["digest"]), None)
        if found is None:
            raise ValueError(f"{READ.name}: {row['document']} has no passage {row['digest']} at {start}")
        labels = tuple(filter(None, row["labels"].split(",")))
        examples.append(Example(TASK, squeeze(found), labels, split_of(row["document"]), PASSAGE))
    return examples


def read_documents() -> frozenset[str]:
    """Name the documents of which passages were read."""
    return frozenset(row["document"] for row in _rows(READ))


def near_misses() -> list[Example]:
    """Load the near misses, all of them train; some are a clause of another type than they resemble."""
    return [
        Example(TASK, row["text"], tuple(filter(None, row["labels"].split(","))), "train")
        for row in _rows(NEAR)
    ]


def segments(data: Path) -> list[Example]:
    """Load the segments, cut as at run time, of those contracts of CUAD that are whole and are not test.

    A segment that holds some of a span, but neither most of it nor next to nothing, is left out.
    """
    rows = csv_rows(read_member(data / "labelled/legal-cuad_v1.tar.xz", "*/master_clauses.csv"))
    splits = legal.contract_splits([row["Filename"] for row in rows])
    spans = {legal.contract_key(row["Filename"]): legal.labelled_spans(row) for row in rows}
    keys = {legal.contract_key(name): split for name, split in splits.items()}
    files = read_members(data / "documents/legal-cuad_pdf_txt.tar.xz", "*/full_contract_txt/*.txt")
    examples = []
    for name, content in sorted(files.items()):
        key = legal.contract_key(name)
        if keys.get(key, "test") == "test":
            continue
        text = content.decode("utf-8", errors="replace")
        parsed = Document(key, name, text, "text/plain", language="en", domain="legal")
        for segment in cut_segments(parsed):
            labels = labels_of(segment.text, spans[key])
            if labels is None or len(segment.text.split()) < RUN:
                continue
            if labels or zlib.crc32(text_key(segment.text).encode()) % ONE_OF == 0:
                examples.append(Example(TASK, squeeze(segment.text), labels, keys[key], PASSAGE))
    return examples


def labels_of(text: str, spans: Mapping[str, set[str]]) -> tuple[str, ...] | None:
    """Give a segment the labels of the spans that it holds or lies in; None where it holds too little to say.

    >>> span = "neither party may assign this agreement without the consent of the other party"
    >>> labels_of(f"9. {span}, which may be refused.", {span: {"anti_assignment"}})
    ('anti_assignment',)
    >>> labels_of("9. Notices are in writing.", {span: {"anti_assignment"}})
    ()
    """
    words = text_key(text).split()
    runs = _runs(words)
    labels: set[str] = set()
    for span, given in spans.items():
        of_span = text_key(span).split()
        if len(of_span) < RUN:
            if f" {' '.join(of_span)} " in f" {' '.join(words)} " and len(of_span) > 1:
                labels |= given
            continue
        others = _runs(of_span)
        share = len(runs & others) / max(1, min(len(runs), len(others)))
        if share >= MOST_OF:
            labels |= given
        elif share > LITTLE_OF:
            return None
    return tuple(sorted(labels))


def digest(text: str) -> str:
    """Name a passage without its words."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def split_of(document: str) -> Split:
    """Give the split of a document that was read, by its name."""
    return "validation" if zlib.crc32(document.encode()) % 2 else "train"


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


@cache
def _rows(path: Path) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _terms(data: Path) -> dict[str, list[str]]:
    """Load Open Terms Archive by ``SERVICE|TYPE``, of which there may be several versions."""
    lines = read_member(data / "more/kind-opentermsarchive.tar.xz", "*.jsonl").decode("utf-8").split("\n")
    texts: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        row = json.loads(line) if line else {}
        if row.get("language") == "en":
            texts[f"{row['service']}|{row['type']}"].append(row["text"])
    return texts


def _agreements(data: Path) -> dict[str, list[str]]:
    """Load ContractNLI by ``PART-ID``."""
    return {name: [text] for name, text in _contract_nli(data)}


def _contract_nli(data: Path) -> Iterator[tuple[str, str]]:
    for name, body in read_members(data / "labelled/legal-contract_nli.tar.xz", "*.json").items():
        for document in json.loads(body)["documents"]:
            yield f"{Path(name).stem}-{document['id']}", document["text"]
