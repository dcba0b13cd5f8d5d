"""Find what is removed from a text: personal data by the tagger, more of them than `identify` shows."""

from __future__ import annotations

from dataclasses import replace

from docassay.models.tagger import PersonalDataTagger
from docassay.transforms.redact import PersonalSpan, settle

LEAST = 0.1
"""Probability from which on what the tagger finds is removed."""
EAGERNESS = 2.0
"""How eager the tagger is to find something. Both were chosen on the half of the documents of
`research.benchmarks.redact` whose name has an even CRC-32; on the other, too, they leave half of what the
tagger's own settings leave."""


def found(
    text: str,
    language: str,
    tagger: PersonalDataTagger,
    least: float = LEAST,
    eagerness: float = EAGERNESS,
) -> list[PersonalSpan]:
    """Find the personal data of a text: more than `transforms.identify` does, and less surely.

    Args:
        text: A whole document, since names are told by where they stand and by their repetition.
        language: Its language, as ISO 639-1 says.
        tagger: The tagger.
        least: As in `PersonalDataTagger`.
        eagerness: As in `PersonalDataTagger`.

    Returns:
        Spans in order, none overlapping.
    """
    return settle(
        text,
        [
            PersonalSpan(span.start, span.end, span.label, sure=span.sure)
            for span in replace(tagger, least=least, eagerness=eagerness).find(text, language)
        ],
    )
