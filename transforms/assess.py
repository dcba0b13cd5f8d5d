"""Assess: a batch of documents in one encoder pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from docassay import domains
from docassay.models.reading import DECIMALS, Reader, smooth_readings
from docassay.transforms.budget import ASSESS_CHARS, Unread, affordable
from docassay.transforms.document import Document


def fraud_labels() -> tuple[tuple[str, str], ...]:
    """List the (task, label) pairs that a domain calls a sign of fraud: they need evidence."""
    return tuple(
        (sign.task, sign.label) for name in domains.names() for sign in domains.load(name).task_flags
    )


def assess(
    documents: Sequence[Document],
    reader: Reader,
    explain: Collection[tuple[str, str]],
    most_chars: int = ASSESS_CHARS,
) -> list[Document]:
    """Read a batch of documents in one call of the encoder.

    Args:
        documents: Documents cut into segments.
        reader: The model.
        explain: (task, label) pairs that need evidence.
        most_chars: Characters of a document's segments that are read; the segments after them are asked
            nothing.

    Returns:
        The documents with their readings, in order.
    """
    documents = [_within(document, most_chars) for document in documents]
    readings = iter(
        reader.read(
            [text for document in documents for text in document.texts],
            [tasks for document in documents for tasks in document.tasks],
            explain,
        )
    )
    outcomes = []
    for document in documents:
        unsmoothed = tuple(next(readings) for _ in document.segments)
        smoothed = tuple(smooth_readings(unsmoothed, reader.card, DECIMALS))
        outcomes.append(replace(document, readings=smoothed, unsmoothed=unsmoothed))
    return outcomes


def _within(document: Document, most_chars: int) -> Document:
    """Ask nothing of the segments of a document that go beyond its budget."""
    asked = [n for n, tasks in enumerate(document.tasks) if tasks]
    texts = document.texts
    read = sum(1 for _ in affordable(((n, len(texts[n])) for n in asked), most_chars))
    if read == len(asked):
        return document
    first = asked[read]
    tasks = (*document.tasks[:first], *((),) * (len(document.tasks) - first))
    unread = (*document.unread, Unread("assess", document.segments[first].start_char))
    return replace(document, tasks=tasks, unread=unread)
