"""Classify: from a reading to the labels of a segment."""

from __future__ import annotations

from docassay.models.catalog import Card
from docassay.models.heads import assigned_labels
from docassay.models.margin import is_sure
from docassay.models.reading import Reading
from docassay.schemas.rows import Classification, Segment


def classify(segment: Segment, reading: Reading, card: Card) -> list[Classification]:
    """Give the labels that the model's tasks assign to a segment, most probable first within a task.

    A label less probable than the task's `abstain_below`, or within its margin, is marked `abstained`.
    """
    return [
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
        for label, probability in assigned_labels(card.tasks[name], probabilities)
    ]
