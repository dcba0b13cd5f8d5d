"""Texts without personal data in three languages, so that what is no name is learnt: drugs, headings, laws.

What may be a name or a number in them all the same is `unknown`.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from research.corpora.medical import adverse_reaction, cancer_hallmark, note_section
from research.corpora.names import first_names
from research.corpora.personal import NUMERIC, Marked

SECTIONS = frozenset(
    ("medications", "ros", "exam", "allergy", "pastsurgical", "pastmedicalhx", "cc", "labs", "imaging")
)
PERSONAL = re.compile(
    r"(?i)\byears?[- ]old|\bage|\b(?:19|20)\d\d\b|\d/\d|\b(?:mr|mrs|ms|dr|prof|miss)\b"
    r"|hospital|clinic|\bnamed?\b"
)
HEADINGS = (
    "CHIEF COMPLAINT",
    "ASSESSMENT",
    "PLAN",
    "RESULTS",
    "PHYSICAL EXAM",
    "MEDICAL HISTORY",
    "REVIEW OF SYSTEMS",
    "FINDINGS",
    "IMPRESSION",
    "PROCEDURE PERFORMED",
    "PREOPERATIVE DIAGNOSIS",
    "ANESTHESIA",
    "SPECIMENS",
    "TECHNIQUE",
)
CAPITALS = re.compile(r"[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]*\.?)*")
DOMAINS = {"medical": 900, "legal": 500, "financial": 200}
"""How many documents are made of the sentences of each domain of the parallel texts."""
TERMS, CASES = 400, 500


def impersonal(data: Path, more: Path, seed: int = 0) -> Iterator[Marked]:
    """Give documents without personal data."""
    dice = random.Random(seed)
    yield from _notes(data, dice)
    first = frozenset(first_names()) - _ordinary(data)
    for language in ("de", "fr"):
        for text in _parallel(data, language, dice):
            yield masked(text, language, "parallel", first)
    for language, text in _terms(more, dice):
        yield masked(text, language, "terms", first)
    for text in _cases(more, dice):
        yield masked(text, "en", "cases", first)


def masked(text: str, language: str, source: str, first: frozenset[str]) -> Marked:
    """Take a text for one without personal data, but for numbers and what holds a first name."""
    unknown = [match.span() for match in NUMERIC.finditer(text)]
    for match in CAPITALS.finditer(text):
        if any(word in first for word in re.findall(r"\w+", match[0].lower())):
            unknown.append(match.span())
    return Marked(text, (), language, source, tuple(unknown))


def _ordinary(data: Path) -> frozenset[str]:
    """List the words of first names that stand in lower case in parts of notes, too."""
    words: set[str] = set()
    for example in note_section(data):
        words |= {word for word in re.findall(r"[^\W\d_]+", example.text) if word.islower()}
    return frozenset(words)


def _notes(data: Path, dice: random.Random) -> Iterator[Marked]:
    notes = [
        example.text
        for example in note_section(data)
        if example.split == "train" and example.labels[0] in SECTIONS and not PERSONAL.search(example.text)
    ]
    others = [
        example.text
        for load in (adverse_reaction, cancer_hallmark)
        for example in [example for example in load(data) if example.split == "train"][:800]
        if not PERSONAL.search(example.text)
    ]
    dice.shuffle(notes)
    dice.shuffle(others)
    for n in range(0, len(notes), 4):
        text = "\n\n".join(f"{dice.choice(HEADINGS)}:\n{note[:500]}" for note in notes[n : n + 4])
        yield Marked(text, (), "en", "notes")
    for n in range(0, len(others), 3):
        yield Marked("\n".join(other[:600] for other in others[n : n + 3]), (), "en", "labels")


def _parallel(data: Path, language: str, dice: random.Random) -> Iterator[str]:
    import pyarrow.parquet as pq

    table = pq.read_table(data / f"bitext/{language}-en.train.parquet", columns=["domain", "source"])
    domains, sources = table["domain"].to_pylist(), table["source"].to_pylist()
    for domain, count in DOMAINS.items():
        lines = [source for source, name in zip(sources, domains, strict=True) if name == domain]
        for _ in range(count):
            yield dice.choice(("\n", " ", "\n\n")).join(dice.sample(lines, dice.randint(3, 9)))[:1500]


def _terms(more: Path, dice: random.Random) -> Iterator[tuple[str, str]]:
    lines = (more / "kind-opentermsarchive/kind-opentermsarchive/ota.jsonl").read_text("utf-8").split("\n")
    rows = [json.loads(line) for line in lines if line]
    by_language: dict[str, list[str]] = {
        language: [row["text"] for row in rows if row["language"] == language]
        for language in ("en", "de", "fr")
    }
    for language, texts in by_language.items():
        for _ in range(TERMS):
            yield language, _slice(dice.choice(texts), dice)


def _slice(text: str, dice: random.Random) -> str:
    start = dice.randrange(max(1, len(text) - 1200))
    start = text.find("\n", start) + 1
    return text[start : start + 1200] or text[:1200]


def _cases(more: Path, dice: random.Random) -> Iterator[str]:
    contexts: Sequence[str] = [
        json.loads(line)["context"]
        for line in (more / "ade-phee_v2/ade-phee_v2/train.json").read_text("utf-8").split("\n")
        if line
    ]
    for _ in range(CASES):
        yield dice.choice(("\n", " ")).join(dice.sample(contexts, 4))
