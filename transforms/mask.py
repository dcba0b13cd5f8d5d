"""Mask: texts for a model elsewhere, with the kind of each piece of personal data in its place."""

from __future__ import annotations

from collections.abc import Collection

from docassay.models.tagger import installed
from docassay.transforms.redact import edits, redacted
from docassay.transforms.redact_find import found
from docassay.transforms.split import SplitDocument


def masked(split: SplitDocument, wanted: Collection[int]) -> dict[int, str]:
    """Give the texts of segments as the encoder reads them, with personal data as ``[PERSON]`` and the like.

    The whole text is searched as `docassay redact` searches it, not the segments alone: a name is told by
    where it stands and by its repetition. What is found with doubt is masked, too.

    Args:
        split: The document.
        wanted: Numbers of its segments.
    """
    if split.english:
        text, language, segments = split.english.text, "en", split.english.segments
    else:
        text, language, segments = split.parsed.text, split.parsed.language, split.segments
    made = edits(text, found(text, language, installed()), "label")
    return {n: redacted(text, made, segments[n].start_char, segments[n].end_char) for n in wanted}
