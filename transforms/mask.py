"""Mask: texts for a model elsewhere, with the kind of each piece of personal data in its place."""

from __future__ import annotations

from collections.abc import Collection

from docassay.models.tagger import installed
from docassay.transforms.document import Document
from docassay.transforms.redact import edits, redacted
from docassay.transforms.redact_find import found


def masked(document: Document, wanted: Collection[int]) -> dict[int, str]:
    """Give the texts of segments as the encoder reads them, with personal data as ``[PERSON]`` and the like.

    The whole text is searched as `docassay redact` searches it, not the segments alone: a name is told by
    where it stands and by its repetition. What is found with doubt is masked, too.

    Args:
        document: The document.
        wanted: Numbers of its segments.
    """
    if document.english:
        text, language, segments = document.english.text, "en", document.english.segments
    else:
        text, language, segments = document.text, document.language, document.segments
    made = edits(text, found(text, language, installed()), "label")
    return {n: redacted(text, made, segments[n].start_char, segments[n].end_char) for n in wanted}
