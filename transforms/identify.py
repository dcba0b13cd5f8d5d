"""Identify: personal data in a document's own text, as rows with offsets into it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from docassay.models.tagger import TASK, installed
from docassay.schemas.rows import Entity, Segment
from docassay.transforms.document import Document
from docassay.transforms.split import asked_kinds


def is_asked(document: Document) -> bool:
    """Tell whether the kind of a document asks for its personal data."""
    return any(TASK in domain.tasks_of(kind) for domain, kind in asked_kinds(document))


def identify(document: Document, segments: Sequence[Segment]) -> tuple[Entity, ...]:
    """Find the personal data of a document, whatever its kind, in the document's order.

    The original is read as a whole, not its segments or its English: names are told by where they stand
    and by their repetition, and offsets must point into the text that people have.
    """
    tagger = installed()
    starts = [segment.start_char for segment in segments]
    return tuple(
        Entity(
            doc_id=document.doc_id,
            segment=max(0, bisect_right(starts, span.start) - 1),
            label=span.label,
            start_char=span.start,
            end_char=span.end,
            text=document.text[span.start : span.end],
            probability=span.probability,
            abstained=not span.sure,
            model=tagger.card.id,
        )
        for span in tagger.find(document.text, document.language)
    )
