"""Identify: personal data in segments, as rows with offsets into the document."""

from __future__ import annotations

from collections.abc import Sequence

from docassay.models.catalog import Card
from docassay.models.reading import Reading
from docassay.models.tagger import TASK
from docassay.schemas.rows import Entity, Segment


def identify(segments: Sequence[Segment], readings: Sequence[Reading], card: Card) -> tuple[Entity, ...]:
    """Give the personal data that a reading found in each segment, in the document's order.

    Not for readings of a translation, whose offsets point into another text.
    """
    return tuple(
        Entity(
            doc_id=segment.doc_id,
            segment=segment.segment,
            label=span.label,
            start_char=segment.start_char + span.start,
            end_char=segment.start_char + span.end,
            text=segment.text[span.start : span.end],
            probability=span.probability,
            abstained=not span.sure,
            model=card.spans[TASK],
        )
        for segment, reading in zip(segments, readings, strict=True)
        for span in reading.personal
    )
