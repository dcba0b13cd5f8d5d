"""Passages of other kinds than a head's own: what it is taught, and tested, to give no label.

Heads learn their labels on one kind of text. Asked of another, such a head answers surely and wrongly
unless it was shown that there is more in the world. Each passage keeps the split of its corpus.
"""

import json
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from docassay import domains
from docassay.domains.sections import NONE, labels_by_heading
from docassay.train.score import Split
from research.corpora import clauses, financial, legal, medical
from research.corpora.archives import csv_rows, read_member
from research.corpora.example import Example
from research.corpora.text import paragraphs, squeeze, text_key, unique

UNLABELLED = "unlabelled"
"""The part of tests that hold passages without any label: they are counted apart from the official ones."""
MOST_CHARS = 1_200
MOST: dict[Split, int] = {"train": 240, "validation": 40, "test": 60}
"""Most passages of one corpus that a head is shown."""
NO_CLAUSE = re.compile(
    r"(?i)certain age|libelous|illegal purposes|illegal content|'as is'|no warranty|uninterrupted"
    r"|security of your account"
    r"|accuracy or reliability|unsolicited|spider|pseudonym|cookie|track|personal data|promotional|pornograph"
    r"|location data|IP address|user logs|legal name|alternative accounts|indemnify|not constitute a waiver"
    r"|invalidity|revisit the terms|last update|another person.s enjoyment|guarantee regarding quality"
)
"""Cases of ToS;DR that are none of the clauses of CUAD."""
NO_CUAD = frozenset(f"nda-{number}" for number in (1, 2, 3, 4, 5, 7, 8, 10, 12, 13, 16, 17, 20))
"""Hypotheses of ContractNLI about information, its use, copies and return."""
VISITS: dict[str, Split] = {
    "*/train.csv": "train",
    "*/clinicalnlp_taskB_test1.csv": "train",
    "*/clinicalnlp_taskC_test2.csv": "train",
    "*/valid.csv": "validation",
    "*/clef_taskC_test3.csv": "test",
}
"""Of its tests two are train here: it has more of them than of train."""
VISIT_LABELS = {
    *("allergy", "assessment", "assessment_and_plan", "cc", "diagnosis", "exam", "fam_sochx", "genhx"),
    *(
        "instructions",
        "medications",
        "other_history",
        "pastmedicalhx",
        "pastsurgical",
        "plan",
        "results",
        "ros",
    ),
}
"""Labels by headings of which there are enough texts."""
ALLERGIES = re.compile(r"(?i)allerg|adverse|reaction|side effect|toxicity|intoleran")
"""In notes: what may name a reaction, though nobody says so."""


def policies(data: Path) -> list[Example]:
    """Load paragraphs of English privacy and cookie policies; a tenth of the services is test."""
    lines = read_member(data / "more/kind-opentermsarchive.tar.xz", "*.jsonl").decode("utf-8").split("\n")
    examples = []
    for line in lines:
        row = json.loads(line) if line else {}
        if row.get("language") == "en" and row["type"] in ("Privacy Policy", "Trackers Policy"):
            split = _split_of(row["service"])
            texts = paragraphs(row["text"], 15, 150)
            examples += [Example("policy", text, (), split) for text in texts[1:40]]
    return unique(examples)


def quotes(data: Path) -> list[Example]:
    """Load quotes of terms of service (ToS;DR) about what no clause of CUAD is about, such as cookies."""
    lines = read_member(data / "more/legal-tosdr.tar.xz", "*.jsonl").decode("utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    return unique(
        Example("quote", squeeze(row["quote"]), (), _split_of((row["services"] or [""])[0]))
        for row in rows
        if NO_CLAUSE.search(row["case"] or "") and 8 <= len((row["quote"] or "").split()) <= 200
    )


def confidences(data: Path) -> list[Example]:
    """Load sentences of non-disclosure agreements (ContractNLI) about what no clause of CUAD is about."""
    files: tuple[tuple[str, Split], ...] = (
        ("train_truncated", "train"),
        ("dev", "validation"),
        ("test", "test"),
    )
    examples = []
    for name, split in files:
        content = json.loads(read_member(data / "labelled/legal-contract_nli.tar.xz", f"*/{name}.json"))
        for document in content["documents"]:
            if split == "test" and f"{name}-{document['id']}" in clauses.read_documents():
                continue  # the head has learnt from it
            annotations = document["annotation_sets"][0]["annotations"]
            evidence = {n for key, found in annotations.items() if key in NO_CUAD for n in found["spans"]}
            for number in sorted(evidence):
                start, end = document["spans"][number]
                text = squeeze(document["text"][start:end])
                if 8 <= len(text.split()) <= 200:
                    examples.append(Example("nda", text, (), split))
    return unique(examples)


def reports(data: Path) -> list[Example]:
    """Load sentences of case reports (PHEE): adverse events, and hoped-for effects of part `hoped`."""
    files: tuple[tuple[str, Split], ...] = (("train", "train"), ("dev", "validation"), ("test", "test"))
    examples = []
    for name, split in files:
        body = read_member(data / "more/ade-phee_v2.tar.xz", f"*/{name}.json").decode("utf-8")
        for line in body.split("\n"):
            if line.strip():
                row = json.loads(line)
                kinds = {event["event_type"] for block in row["annotations"] for event in block["events"]}
                adverse = "Adverse_event" in kinds
                examples.append(
                    Example(
                        "report",
                        squeeze(row["context"]),
                        ("adverse_reaction",) * adverse,
                        split,
                        "" if adverse else "hoped",
                    )
                )
    return unique(examples)


def reviews(data: Path) -> list[Example]:
    """Load sentences of patients' reviews of drugs (PsyTAR): an adverse reaction, or none."""
    files: tuple[tuple[str, Split], ...] = (("train", "train"), ("dev", "validation"), ("test", "test"))
    examples = []
    for name, split in files:
        body = read_member(data / "more/ade-psytar.tar.xz", f"*/data/binary/{name}.csv").decode("utf-8")
        for row in csv_rows(body.replace(",", "\x00").replace("\t", ",").encode()):
            text = squeeze(row["sentences"].replace("\x00", ","))
            if len(text.split()) >= 4 and row["WD"] != "1":  # withdrawal is neither quite
                examples.append(Example("review", text, ("adverse_reaction",) * (row["ADR"] == "1"), split))
    return unique(examples)


def visits(data: Path) -> list[Example]:
    """Load the sections of visit notes (ACI-BENCH); the heading gives the label, and is cut off."""
    sections = [s for s in domains.load("medical").sections if s.task == "note_section"]
    examples = []
    for pattern, split in VISITS.items():
        for row in csv_rows(read_member(data / "documents/medical-aci_bench.tar.xz", pattern)):
            passages = _sections(row["note"])
            labels = labels_by_heading(sections, "visit_note", [((title,), text) for title, text in passages])
            for (_, text), label in zip(passages, labels, strict=True):
                if label in VISIT_LABELS and len(text.split()) >= 4:
                    examples.append(Example("note_section", squeeze(text)[:MOST_CHARS], (label,), split))
    return unique(examples)


def _sections(note: str) -> list[tuple[str, str]]:
    passages: list[tuple[str, str]] = []
    title, body = "", [""]
    for line in [*note.splitlines(), "END"]:
        bare = line.strip().rstrip(":")
        if bare and bare == bare.upper() and len(bare) < 60 and any(c.isalpha() for c in bare):
            passages.append((title, "\n".join(body)))
            title, body = bare, []
        else:
            body.append(line)
    return [(title, text) for title, text in passages if title and text.strip()]


def _split_of(name: str) -> Split:
    rest = zlib.crc32(name.encode()) % 10
    return "test" if rest == 0 else "validation" if rest == 1 else "train"


SOURCES: dict[str, Callable[[Path], list[Example]]] = {
    "contract": lambda data: [e for e in legal.clause_type(data) if e.part == UNLABELLED],
    "terms": legal.unfair_term,
    "policy": policies,
    "quote": quotes,
    "nda": confidences,
    "filing": financial.filing_item,
    "complaint": financial.complaints,
    "news": financial.sentiment,
    "customer": financial.customers,
    "message": financial.message_fraud,
    "note": lambda data: [e for e in medical.note_section(data) if e.part != "dialogue"],
    "visit": visits,
    "abstract": medical.cancer_hallmark,
    "label": medical.adverse_reaction,
    "notice": medical.notices,
    "report": reports,
    "review": reviews,
}
"""Corpora by the kind of document that their texts are of."""


@cache
def _of_kind(kind: str, data: Path) -> tuple[Example, ...]:
    return tuple(SOURCES[kind](data))


def other(
    task: str, data: Path, kinds: Sequence[str], label: str = "", most: dict[Split, int] | None = None
) -> list[Example]:
    """Draw passages of some kinds as examples of a task that carry none of its labels.

    They are drawn by the checksum of the text, so that the choice does not hang on their order.

    Args:
        task: The task.
        data: The folder of the archives.
        kinds: Of `SOURCES`.
        label: What a "single" task calls them; "" for a "multi" one.
        most: Most of each kind and split, instead of `MOST`.
    """
    examples: list[Example] = []
    for kind in kinds:
        for split, number in (most or MOST).items():
            texts = {squeeze(e.text)[:MOST_CHARS] for e in _of_kind(kind, data) if e.split == split}
            drawn = sorted(texts, key=lambda text: (zlib.crc32(text_key(text).encode()), text))[:number]
            part = UNLABELLED if split == "test" else ""
            examples += [Example(task, text, (label,) * bool(label), split, part) for text in drawn]
    return examples


def note_section(data: Path) -> list[Example]:
    """Load the sections of dialogues' summaries and of visit notes, and passages of other kinds as `NONE`."""
    summaries = medical.note_section(data)
    own = [replace(e, part="visit" if e.split == "test" else "") for e in visits(data)]
    kinds = ("contract", "terms", "policy", "filing", "complaint", "news", "abstract", "label", "notice")
    return _beside(summaries, [*own, *other("note_section", data, kinds, NONE)])


def _beside(official: Sequence[Example], added: Sequence[Example]) -> list[Example]:
    """Add examples to those of a corpus, which stay as they are: what stands in it is not added again."""
    known = {text_key(example.text) for example in official}
    return [*official, *(example for example in unique(added) if text_key(example.text) not in known)]


def clause_type(data: Path) -> list[Example]:
    """Load the spans, paragraphs and segments of contracts, passages that were read, and near misses.

    With them come passages of other kinds without any label.
    """
    kinds = ("policy", "quote", "nda", "filing", "complaint", "news", "note", "abstract", "label", "notice")
    own = [*clauses.read_passages(data), *clauses.near_misses(), *clauses.segments(data)]
    return _beside(legal.clause_type(data), [*own, *other("clause_type", data, kinds)])


def cancer_hallmark(data: Path) -> list[Example]:
    """Load cancer abstracts, and passages of other kinds without any label."""
    kinds = ("note", "visit", "label", "report", "policy", "filing", "contract")
    return _beside(medical.cancer_hallmark(data), other("cancer_hallmark", data, kinds))


def adverse_reaction(data: Path) -> list[Example]:
    """Load sentences of drug labels, case reports and patients' reviews, and passages of other kinds.

    Of notes only what names no reaction at all: they are not labelled for it.
    """
    kinds = ("note", "visit", "abstract", "policy", "filing", "contract", "notice", "complaint")
    passages = [e for e in other("adverse_reaction", data, kinds) if not ALLERGIES.search(e.text)]
    own = [
        replace(e, task="adverse_reaction", part=part if e.split == "test" else "")
        for part, corpus in (("report", reports(data)), ("review", reviews(data)))
        for e in corpus
    ]
    return _beside(medical.adverse_reaction(data), [*own, *passages])
