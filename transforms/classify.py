"""Classify: from a reading, and the headings above it, to the labels of a segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docassay.domains import Domain, labels_by_heading
from docassay.domains.sections import NONE
from docassay.models.catalog import Card
from docassay.models.heads import assigned_labels
from docassay.models.margin import is_sure
from docassay.models.reading import Reading
from docassay.schemas.rows import Classification, Segment


def classify(
    segment: Segment, reading: Reading, card: Card, by_heading: Mapping[str, Classification] | None = None
) -> list[Classification]:
    """Give the labels that its heading or the model gives a segment, most probable first in a task.

    A label less probable than its task demands of it, or within its margin, is marked `abstained`. Where
    the heading names the section the model is not heard, and what is none of a task's labels gets none.

    Args:
        segment: The segment.
        reading: What the model makes of it.
        card: The model's.
        by_heading: What its heading says, by task, as `classify_by_heading` gives it.
    """
    by_heading = by_heading or {}
    rows = [
        Classification(
            doc_id=segment.doc_id,
            segment=segment.segment,
            task=name,
            label=label,
            probability=probability,
            abstained=not is_sure(card.tasks[name], probabilities, label),
            model=card.answering(name),
        )
        for name, probabilities in reading.probabilities.items()
        if name not in by_heading
        for label, probability in assigned_labels(card.tasks[name], probabilities)
    ]
    return [row for row in (*by_heading.values(), *rows) if row.label != NONE]


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
