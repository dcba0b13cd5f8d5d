"""Assess: a batch of documents in one encoder pass."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from docassay import domains
from docassay.models.reading import DECIMALS, Reader, Reading, smooth_readings
from docassay.schemas.rows import Reject
from docassay.transforms import faults
from docassay.transforms.budget import ASSESS_CHARS, Unread, affordable
from docassay.transforms.split import SplitDocument


@dataclass(frozen=True, slots=True)
class Assessed:
    """A document with a reading for each of its segments.

    Attributes:
        unsmoothed: The readings as they were before labels were smoothed along the document.
    """

    split: SplitDocument
    readings: tuple[Reading, ...]
    unsmoothed: tuple[Reading, ...] = ()

    @property
    def doc_id(self) -> str:
        """SHA-256 of the document's bytes."""
        return self.split.doc_id

    @property
    def uri(self) -> str:
        """Where the input came from."""
        return self.split.uri


def fraud_labels() -> tuple[tuple[str, str], ...]:
    """List the (task, label) pairs that a domain calls a sign of fraud: they need evidence."""
    return tuple(
        (sign.task, sign.label) for name in domains.names() for sign in domains.load(name).task_flags
    )


def assess(
    batch: Sequence[SplitDocument | Reject],
    reader: Reader,
    explain: Collection[tuple[str, str]],
    most_chars: int = ASSESS_CHARS,
) -> list[Assessed | Reject]:
    """Read a batch of documents in one call; those that the model fails on are rejected (`faults`).

    What an earlier stage has rejected passes through.

    Args:
        batch: Documents cut into segments.
        reader: The model.
        explain: (task, label) pairs that need evidence.
        most_chars: Characters of a document's segments that are read; the segments after them are asked
            nothing.

    Returns:
        One outcome for each element, in order.
    """
    splits = [element for element in batch if isinstance(element, SplitDocument)]
    outcomes = iter(
        faults.together("assess", splits, lambda some: _assess(some, reader, explain, most_chars))
    )
    return [next(outcomes) if isinstance(element, SplitDocument) else element for element in batch]


def _assess(
    splits: Sequence[SplitDocument], reader: Reader, explain: Collection[tuple[str, str]], most_chars: int
) -> list[Assessed]:
    splits = [_within(split, most_chars) for split in splits]
    readings = iter(
        reader.read(
            [text for split in splits for text in split.texts],
            [tasks for split in splits for tasks in split.tasks],
            explain,
        )
    )
    outcomes = []
    for split in splits:
        unsmoothed = tuple(next(readings) for _ in split.segments)
        smoothed = tuple(smooth_readings(unsmoothed, reader.card, DECIMALS))
        outcomes.append(Assessed(split, smoothed, unsmoothed))
    return outcomes


def _within(split: SplitDocument, most_chars: int) -> SplitDocument:
    """Ask nothing of the segments of a document that go beyond its budget."""
    asked = [n for n, tasks in enumerate(split.tasks) if tasks]
    texts = split.texts
    read = sum(1 for _ in affordable(((n, len(texts[n])) for n in asked), most_chars))
    if read == len(asked):
        return split
    first = asked[read]
    tasks = (*split.tasks[:first], *((),) * (len(split.tasks) - first))
    unread = (*split.unread, Unread("assess", split.segments[first].start_char))
    return replace(split, tasks=tasks, unread=unread)
