"""What the tagger takes for personal data where it is eager: drugs, substances, measured values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from docassay.models.span_edges import TITLED, TaggedSpan

_NAMES = frozenset(("person", "place", "facility"))
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_DOSED = re.compile(
    r"(?<![^\W_])(?<!-)([^\W\d_]++(?:-[^\W\d_]++)*+)[,:]?[ \t]{1,3}\d{1,5}(?:[.,]\d{1,3})?[ \t]?"
    r"(?:[mµ]g|mcg|ml|i\.?[eu]\.?|mmol|mval)(?![^\W_])",
    re.IGNORECASE,
)
_CUED = re.compile(
    r"\b(?:(?:name|nom|vorname|prénom|patient(?:in)?)[ \t]*:|(?:signed|seen|dictated) by\b:?|gez\."
    r"|signé par\b:?)\s*(?:[^\W\d_]+[ \t]){0,2}$",
    re.IGNORECASE,
)
"""What stands before a name; its last word is one of the three that follow."""
_CUE_CHARS = 60
_MEASURED = re.compile(r"\s?(?:/\s?min|bpm|mm\s?hg|[mµ]g|ml|mmol|%|°|drops|gouttes|tropfen)", re.IGNORECASE)
"""What stands behind a measured value, and not behind years."""

_NUMBER = re.compile(r"\d{1,3}(?:/\d{0,3})?")
_NUMBERS = frozenset(("age", "date_time", "record_number", "street_address", "zip_code"))
_RATED = re.compile(
    r"\b(?:tension|TA|BP|RR|blood pressure|blutdruck|KG|kraftgrad|cotée?|severity|score|NRS|VAS|EVA)\b"
    r"([^\d\n]{0,20})$",
    re.IGNORECASE,
)
"""What stands before a blood pressure, or a rate on a scale."""
_OF_A_DAY = re.compile(r"\b(?:am|du|le|of|on|since|vom|von)\b", re.IGNORECASE)
_LASTED = re.compile(
    r"(?:/?10\b|\s(?:sur|von|out of) 10\b|\s(?:hx|history|ago|previously|course)\b|(?<=/\d)-\d)",
    re.IGNORECASE,
)
"""What stands behind a rate of ten, the days, weeks or months of English notes (3/7), or a dose of parts."""
_RATED_CHARS = 40

_DOUBTFUL = 0.2
"""Probability below which an ordinary word of `_SHORTEST` letters is no name.

On the documents of `research.benchmarks.redact --detection` nothing more is left by it.
"""
_SHORTEST = 4
_TITLE_CHARS = 14
_PROBABLE = 0.9
"""Probability from which on a word that is known as a name is no drug."""


def without_harmless(
    text: str,
    spans: Sequence[TaggedSpan],
    is_ordinary: Callable[[str], bool],
    is_listed: Callable[[str], bool] = lambda word: False,
) -> Iterator[TaggedSpan]:
    """Leave out what is a drug, a substance, an ordinary word or a measured value.

    A drug or substance is a single word where it stands before a dose, unless a form of address or ``Name:``
    stands before it somewhere, it is a part of a longer name, or a known and probable name.

    Args:
        text: A whole document.
        spans: Of the text, as the tagger gives them.
        is_ordinary: Tells whether a word is an ordinary one.
        is_listed: Tells whether a word is known as a first name or a surname.
    """
    doses = {match.span(1) for match in _DOSED.finditer(text)}
    dosed = {text[start:end].casefold() for start, end in doses}
    named: set[str] = set()
    for match in _WORDS.finditer(text) if dosed else ():
        start, word = match.start(), match[0].casefold()
        if word in dosed and word not in named:
            titled = TITLED.search(text[max(0, start - _TITLE_CHARS) : start])
            if titled or _CUED.search(text[max(0, start - _CUE_CHARS) : start]):
                named.add(word)
    for span in spans:
        words = _WORDS.findall(text[span.start : span.end])
        named.update(word.casefold() for word in words if len(words) > 1)
    for span in spans:
        value = text[span.start : span.end]
        drug = (span.start, span.end) in doses and value.casefold() not in named
        drug = drug and not ((span.probability or 0.0) >= _PROBABLE and is_listed(value))
        doubtful = (span.probability or 1.0) < _DOUBTFUL and len(value) >= _SHORTEST
        if span.label == "age" and value.isdigit() and _MEASURED.match(text, span.end):
            continue
        if span.label in _NUMBERS and _NUMBER.fullmatch(value) and _is_rate(text, span.start, span.end):
            continue
        if (
            span.label in _NAMES
            and span.probability is not None
            and _WORDS.fullmatch(value)
            and (drug or (doubtful and span.label != "facility" and is_ordinary(value)))
        ):
            continue
        yield span


def _is_rate(text: str, start: int, end: int) -> bool:
    """Tell whether a number is a blood pressure, a rate, a dose or a time that something lasted."""
    rated = _RATED.search(text[max(0, start - _RATED_CHARS) : start])
    return bool(rated and not _OF_A_DAY.search(rated[1])) or _LASTED.match(text, end) is not None
