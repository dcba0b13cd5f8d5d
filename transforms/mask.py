"""Mask: texts for a model elsewhere, with the kind of each piece of personal data in its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from docassay.models.tagger import installed
from docassay.transforms.split import SplitDocument


def masked(split: SplitDocument, wanted: Collection[int]) -> dict[int, str]:
    """Give the texts of segments as the encoder reads them, with personal data as ``[PERSON]``, ``[DATE]``...

    The whole text is searched, not the segments alone: a name is told by where it stands and by its
    repetition. What is found with doubt is masked, too.
    """
    if split.english:
        text, language, segments = split.english.text, "en", split.english.segments
    else:
        text, language, segments = split.parsed.text, split.parsed.language, split.segments
    spans = [(span.start, span.end, span.label) for span in installed().find(text, language)]
    return {
        n: replaced(
            segments[n].text,
            (
                (max(0, start - segments[n].start_char), end - segments[n].start_char, label)
                for start, end, label in spans
                if start < segments[n].end_char and end > segments[n].start_char
            ),
        )
        for n in wanted
    }


def replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """Write the label of each span in its place; spans are in order and may reach beyond the end.

    >>> replaced("Ann owes Bob.", [(0, 3, "person"), (9, 12, "person")])
    '[PERSON] owes [PERSON].'
    """
    parts, at = [], 0
    for start, end, label in spans:
        if start >= at:
            parts += [text[at:start], f"[{label.upper()}]"]
        at = max(at, end)
    return "".join([*parts, text[at:]])
