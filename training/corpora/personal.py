"""Personal data: sentences with spans, of Presidio's synthetic set, and texts without any."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from docassay.training.corpora.medical import adverse_reaction, cancer_hallmark, note_section
from docassay.training.custom.example import Split
from docassay.training.custom.text import split_groups

Span = tuple[int, int, str]

LABELS = {
    "PERSON": "person",
    "STREET_ADDRESS": "street_address",
    "GPE": "place",
    "ORGANIZATION": "organization",
    "CREDIT_CARD": "credit_card",
    "DATE_TIME": "date_time",
    "TITLE": "title",
    "PHONE_NUMBER": "phone_number",
    "AGE": "age",
    "NRP": "nationality",
    "EMAIL_ADDRESS": "email_address",
    "ZIP_CODE": "zip_code",
    "DOMAIN_NAME": "domain_name",
    "IBAN_CODE": "iban_code",
    "US_SSN": "us_ssn",
    "IP_ADDRESS": "ip_address",
    "US_DRIVER_LICENSE": "us_driver_license",
}
IMPERSONAL = frozenset(
    ("medications", "ros", "exam", "allergy", "pastsurgical", "pastmedicalhx", "cc", "labs", "imaging")
)
HEADINGS = (
    "CHIEF COMPLAINT",
    "ASSESSMENT",
    "PLAN",
    "HPI:",
    "RESULTS",
    "PHYSICAL EXAM",
    "MEDICAL HISTORY",
    "REVIEW OF SYSTEMS",
)
PERSONAL = re.compile(
    r"(?i)\byears?[- ]old|\bage|\b(?:19|20)\d\d\b|\d/\d|\b(?:mr|mrs|ms|dr|prof|miss)\b|"
    r"hospital|clinic|\bnamed?\b"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with the spans of its personal data, in order, none overlapping."""

    text: str
    spans: tuple[Span, ...]
    split: Split


def personal_data(archive_text: str) -> list[Sentence]:
    """Read Presidio's synthetic sentences, split by template: a fifth test, a tenth validation."""
    rows = json.loads(archive_text)
    splits = split_groups((row["template_id"] for row in rows), 0.2, 0.1)
    return [
        Sentence(
            row["full_text"],
            joined(
                row["full_text"],
                [(s["start_position"], s["end_position"], LABELS[s["entity_type"]]) for s in row["spans"]],
            ),
            splits[row["template_id"]],
        )
        for row in rows
    ]


def without(data: Path) -> list[Sentence]:
    """Load texts without personal data: sentences of drug labels, cancer abstracts, and parts of notes.

    Without them, findings, drugs and headings in capitals are taken for names. What may hold an age, a
    date or a title is left out. Train only.
    """
    notes = [
        f"{heading}{example.text}"
        for n, example in enumerate(note_section(data))
        if example.split == "train" and example.labels[0] in IMPERSONAL
        for heading in ("", f"{HEADINGS[n % len(HEADINGS)]}\n\n")
    ]
    others = [
        example.text
        for load in (adverse_reaction, cancer_hallmark)
        for example in [example for example in load(data) if example.split == "train"][:400]
    ]
    return [
        Sentence(text[:600], (), "train") for text in [*notes, *others] if not PERSONAL.search(text[:600])
    ]


def joined(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Join pieces of one street address with only white space between them.

    The set cuts an address into number, street and flat in some templates and not in others.

    >>> joined("12 High St", [(0, 2, "street_address"), (3, 10, "street_address")])
    ((0, 10, 'street_address'),)
    """
    merged: list[Span] = []
    for start, end, label in sorted(spans):
        if merged and merged[-1][2] == label == "street_address" and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], end, label)
        else:
            merged.append((start, end, label))
    return tuple(merged)
