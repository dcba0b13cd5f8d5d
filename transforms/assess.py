"""Assess: a batch of documents in one encoder pass, and the labels of their segments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from docassay import domains
from docassay.domains import Domain, labels_by_heading
from docassay.domains.sections import NONE
from docassay.models.catalog import Card
from docassay.models.reading import (
    DECIDED,
    DECIMALS,
    DENIED,
    SETTLED,
    Escalated,
    Reader,
    Reading,
    assigned_labels,
    is_sure,
    smooth_readings,
)
from docassay.schemas.rows import Classification, Segment
from docassay.transforms.budget import BUDGET, Unread, affordable
from docassay.transforms.document import Document


def classify(
    segment: Segment, reading: Reading, card: Card, by_heading: Mapping[str, Classification] | None = None
) -> list[Classification]:
    """Give the labels that its heading or the model gives a segment, most probable first in a task.

    A label less probable than its task demands of it, or within its margin, is marked `abstained`, unless a
    larger model has decided. Where the heading names the section the model is not heard, and what is none of
    a task's labels gets none.
    """
    by_heading = by_heading or {}
    rows = [
        row
        for name, probabilities in reading.probabilities.items()
        if name not in by_heading
        for row in _rows(segment, name, probabilities, card, reading.escalated.get(name))
    ]
    return [row for row in (*by_heading.values(), *rows) if row.label != NONE]


def _rows(
    segment: Segment, name: str, probabilities: Sequence[float], card: Card, escalated: Escalated | None
) -> list[Classification]:
    task, small_model = card.tasks[name], card.answering(name)
    labels = dict(assigned_labels(task, probabilities))
    outcomes = escalated.outcomes if escalated else {}
    if escalated and (task.kind == "multi" or DENIED in outcomes.values()):
        asked_labels = {label: probabilities[task.labels.index(label)] for label in outcomes}
        labels = asked_labels if task.kind == "single" else labels | asked_labels
    rows = []
    for label, probability in labels.items():
        asked = label if task.kind == "multi" else next(iter(outcomes), "")
        outcome = outcomes.get(asked)
        row = Classification(
            doc_id=segment.doc_id,
            segment=segment.segment,
            task=name,
            label=label,
            probability=probability,
            abstained=not is_sure(task, probabilities, label),
            model=small_model,
            escalation=outcome,
        )
        if escalated and outcome in SETTLED:
            # Along a label chain the other segments have a say, too.
            settles = outcome == DECIDED and task.label_chain is None
            row = replace(
                row,
                abstained=outcome == DENIED or (row.abstained and not settles),
                model=escalated.models[asked],
                small_model=small_model,
                small_label=asked,
                small_probability=escalated.small[asked],
            )
        rows.append(row)
    return sorted(rows, key=lambda row: -row.probability) if escalated else rows


def classify_by_heading(
    domain: Domain, kind: str, segments: Sequence[Segment]
) -> list[dict[str, Classification]]:
    """Give for each segment the labels that its heading gives it, by task; of the tasks of its kind only."""
    rows: list[dict[str, Classification]] = [{} for _ in segments]
    passages = [(segment.heading, segment.text) for segment in segments]
    for task in sorted({section.task for section in domain.sections} & {*domain.tasks_of(kind)}):
        sections = [section for section in domain.sections if section.task == task]
        for segment, row, label in zip(
            segments, rows, labels_by_heading(sections, kind, passages), strict=True
        ):
            if label:
                row[task] = Classification(
                    segment.doc_id, segment.segment, task, label, 1.0, False, f"rule {domain.name}.{task}"
                )
    return rows


def fraud_labels() -> tuple[tuple[str, str], ...]:
    """List the (task, label) pairs that a domain calls a sign of fraud: they need evidence."""
    return tuple(
        (sign.task, sign.label) for name in domains.names() for sign in domains.load(name).task_flags
    )


def assess(
    documents: Sequence[Document],
    reader: Reader,
    explain: Collection[tuple[str, str]],
    most_chars: int = BUDGET.assess_chars,
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
