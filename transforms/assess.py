"""Assess: a batch of documents in one encoder pass; a document that fails is rejected alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from docassay import domains
from docassay.models.reading import DECIMALS, Reader, Reading, smooth_readings
from docassay.schemas.rows import Reject
from docassay.transforms.split import SplitDocument


@dataclass(frozen=True, slots=True)
class Assessed:
    """A document with a reading for each of its segments."""

    split: SplitDocument
    readings: tuple[Reading, ...]


def fraud_labels() -> tuple[tuple[str, str], ...]:
    """List the (task, label) pairs that a domain calls a sign of fraud: they need evidence."""
    return tuple(
        (sign.task, sign.label) for name in domains.names() for sign in domains.load(name).task_flags
    )


def assess(
    batch: Sequence[SplitDocument | Reject], reader: Reader, explain: Collection[tuple[str, str]]
) -> list[Assessed | Reject]:
    """Read a batch of documents in one call; where that fails, one by one, rejecting those that fail.

    What an earlier stage has rejected passes through.

    Returns:
        One outcome for each element, in order.
    """
    splits = [element for element in batch if isinstance(element, SplitDocument)]
    outcomes = iter(_assess(splits, reader, explain) if splits else ())
    return [next(outcomes) if isinstance(element, SplitDocument) else element for element in batch]


def _assess(
    splits: Sequence[SplitDocument], reader: Reader, explain: Collection[tuple[str, str]]
) -> list[Assessed | Reject]:
    try:
        readings = iter(
            reader.read(
                [text for split in splits for text in split.texts],
                [tasks for split in splits for tasks in split.tasks],
                explain,
            )
        )
        return [
            Assessed(
                split,
                tuple(smooth_readings([next(readings) for _ in split.segments], reader.card, DECIMALS)),
            )
            for split in splits
        ]
    except Exception as error:  # a model's failure on one document must not take the others with it
        if len(splits) > 1:
            return [outcome for split in splits for outcome in _assess([split], reader, explain)]
        parsed = splits[0].parsed
        detail = f"{type(error).__name__}: {error}"[:500]
        return [Reject(parsed.doc_id, parsed.uri, "assess", "model_failed", detail)]
