"""Assess: a batch of documents through one encoder pass, each document's failure its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from docassay import domains
from docassay.models.catalog import Card
from docassay.models.reading import DECIMALS, Reader, Reading, smooth_readings
from docassay.schemas.rows import UNDETERMINED, UNKNOWN, Parsed, Reject, Segment
from docassay.transforms.detect import language
from docassay.transforms.split import split
from docassay.transforms.translation.alignment import English


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """A parsed document with its segments, on its way to the encoder.

    Attributes:
        english: The document in English, where some of it was translated.
    """

    parsed: Parsed
    segments: tuple[Segment, ...]
    tasks: tuple[tuple[str, ...], ...]
    english: English | None = None

    @property
    def texts(self) -> list[str]:
        """What the encoder reads of each segment, in order: its English where it was translated."""
        return [segment.text for segment in (self.english or self).segments]


@dataclass(frozen=True, slots=True)
class Assessed:
    """A document with a reading for each of its segments."""

    split: SplitDocument
    readings: tuple[Reading, ...]


def asked(parsed: Parsed) -> list[domains.Domain]:
    """List the domains whose questions a document is asked: its own, or all where it is unknown."""
    names = domains.names() if parsed.domain == UNKNOWN else [parsed.domain]
    return [domains.load(name) for name in names]


def tasks_of(parsed: Parsed, segments: Sequence[Segment], card: Card) -> tuple[tuple[str, ...], ...]:
    """Choose for each segment the tasks to ask: those of the document's domains that the model has.

    A segment in a language that the model was not trained on is asked nothing: an answer about a
    text that was not understood would be worse than none.
    """
    wanted = [
        (domain, _tasks(domain, kind, card))
        for domain in asked(parsed)
        for kind in [parsed.kind or domain.kind_of(parsed.title, parsed.text)]
    ]
    languages = {UNDETERMINED, *card.about.get("languages", ["en"])}

    def of(segment: Segment) -> tuple[str, ...]:
        if segment.language not in languages:
            return ()
        return tuple(
            dict.fromkeys(
                task
                for domain, tasks in wanted
                if domain.says_something(segment.text, segment.heading)
                for task in tasks
            )
        )

    return tuple(of(segment) for segment in segments)


def _tasks(domain: domains.Domain, kind: str, card: Card) -> list[str]:
    """List what a domain asks of a kind that a model answers, and what a model has itself asked of it."""
    answered = {*card.tasks, *card.spans}
    offered = [name for name, task in card.tasks.items() if task.asked and task.domain == domain.name]
    return [task for task in dict.fromkeys([*domain.tasks_of(kind), *offered]) if task in answered]


def prepare(known: Parsed, card: Card) -> SplitDocument | Reject:
    """Cut a document of known language and domain into segments, with the tasks to ask of each."""
    segments = split(known, language)
    if not segments:
        return Reject(known.doc_id, known.uri, "split", "no_segment", "no text between the headings")
    return SplitDocument(known, segments, tasks_of(known, segments, card))


def signs() -> tuple[tuple[str, str], ...]:
    """List the (task, label) pairs that a domain calls a sign of fraud: their evidence is wanted."""
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
                split, tuple(smooth_readings([next(readings) for _ in split.segments], reader.card, DECIMALS))
            )
            for split in splits
        ]
    except Exception as error:  # a model's failure on one document must not take the others with it
        if len(splits) > 1:
            return [outcome for split in splits for outcome in _assess([split], reader, explain)]
        parsed = splits[0].parsed
        detail = f"{type(error).__name__}: {error}"[:500]
        return [Reject(parsed.doc_id, parsed.uri, "assess", "model_failed", detail)]
