"""What the tagger takes for personal data where it is eager: drugs, substances, measured values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from docassay.models.span_edges import TaggedSpan
from docassay.transforms.redaction.terms import WORDS, is_clinical, is_medicine, is_term, named

_NAMES = frozenset(("person", "place", "facility"))
_DOSED = re.compile(
    r"(?<![^\W_])(?<!-)([^\W\d_]++(?:-[^\W\d_]++)*+)[,:]?[ \t]{1,3}(?:\d{1,5}(?:[.,]\d{1,3})?[ \t]?"
    r"(?:[mµ]g|mcg|ml|i\.?[eu]\.?|mmol|mval)|\d[ \t]?x[ \t]?\d|\d-\d-\d(?:-\d)?)(?![^\W_])",
    re.IGNORECASE,
)
"""A word before a dose, or before how often it is taken."""
_MEASURED = re.compile(
    r"[\s-]?(?:/\s?min|bpm|mm\s?hg|[mµ]g|ml|mmol|%|°|drops|gouttes|tropfen|gauge|french|degrees?|cc\b|units?"
    r"|min(?:utes?)?\b|per minute|pounds|lbs|kg\b|cm\b|hours?|o['’]clock|sek\b|sec\b|pkte|punkte|points)"
    r"|-(?:gabe|bedarf|pflichtig)|\s?(?:u\.|und|bis|to|[-–]|à)\s?(?:max\.\s?)?\d{2,3}\s?/\s?min",
    re.IGNORECASE,
)
"""What stands behind a measured value, and not behind years."""

_NUMBER = re.compile(r"\d{1,3}(?:/\d{0,3})?")
_NUMBERS = frozenset(("age", "date_time", "record_number", "street_address", "zip_code"))
_RATED = re.compile(
    r"\b(?:tension|TA|BP|RR|blood pressure|blutdruck|KG|kraftgrad|cotée?|severity|score|NRS|VAS|EVA)\b"
    r"([^\d]{0,24})$",
    re.IGNORECASE,
)
"""What stands before a blood pressure, or a rate on a scale."""
_VITAL = re.compile(
    r"\b(?:pulse|puls|pouls|heart rate|herzfrequenz|respiratory rate|respirations?|atemfrequenz|HR|HF|AF|FC"
    r"|FR|temp(?:erature?|eratur|érature)?|BMI|IMC|weight|gewicht|poids|SpO2|saturation|sättigung|sats)"
    r"(?:\s?(?:[:=]|is|was|of|at|ist|war|est|à|by|normal|her|his|about|ca\.|regular|now)){0,4}\s*$",
    re.IGNORECASE,
)
"""What stands before a vital sign."""
_OF_A_DAY = re.compile(r"\b(?:am|du|le|of|on|since|vom|von)\b", re.IGNORECASE)
_LASTED = re.compile(
    r"(?:/?10\b|\s(?:sur|von|out of) 10\b|\s(?:hx|history|ago|previously|course)\b|(?<=/\d)-\d)",
    re.IGNORECASE,
)
"""What stands behind a rate of ten, the days, weeks or months of English notes (3/7), or a dose of parts."""
_RATED_CHARS = 40
_MOST_DAYS = 31

_DOUBTFUL = 0.2
"""Probability below which an ordinary word of `_SHORTEST` letters is no name.

On the documents of `research.benchmarks.redact --detection` nothing more is left by it.
"""
_SHORTEST = 4
_PROBABLE = 0.9
"""Probability from which on a word that is known as a name is no drug."""
_DATES = frozenset(("age", "date_time", "year"))
_SCHEDULED = frozenset(("zyklus", "zyklen", "cycle", "cycles", "cure", "cures"))
_BLOOD = re.compile(r"\sblood\b")
"""What stands behind "Cord", which is also a first name, where it is no name."""
_ISOTOPE = re.compile(r"[A-Z][a-z]?-?\d{1,3}m?")
_ISOTOPE_USED = re.compile(r"-?(?:therap|szinti|scinti|pet\b|spect|psma|mibg)", re.IGNORECASE)


def without_harmless(
    text: str,
    spans: Sequence[TaggedSpan],
    is_ordinary: Callable[[str], bool],
    is_listed: Callable[[str], bool] = lambda word: False,
) -> Iterator[TaggedSpan]:
    """Leave out what is a drug, a part of the body, a vital sign, an ordinary word or a measured value.

    Clinical terms stay unless the text uses one of them as a name (`terms.named`). So does a single word
    before a dose, unless it is a part of a longer name, or a known and probable name.

    Args:
        text: A whole document.
        spans: Of the text, as the tagger gives them.
        is_ordinary: Tells whether a word is an ordinary one.
        is_listed: Tells whether a word is known as a first name or a surname.
    """
    doses = {match.span(1) for match in _DOSED.finditer(text)}
    dosed = {text[start:end].casefold() for start, end in doses}
    inside = [WORDS.findall(text[span.start : span.end]) for span in spans]
    wanted = dosed | {word.casefold() for words in inside for word in words if is_term(word)}
    known = frozenset(named(text, spans, frozenset(wanted), is_listed))
    for span, words in zip(spans, inside, strict=True):
        value = text[span.start : span.end]
        if span.probability is None or known.intersection(map(str.casefold, words)):
            yield span
        elif span.label in _NAMES:
            drug = (span.start, span.end) in doses
            drug = drug and not (span.probability >= _PROBABLE and is_listed(value))
            doubtful = span.probability < _DOUBTFUL and len(value) >= _SHORTEST and span.label != "facility"
            alone = WORDS.fullmatch(value) is not None
            product = value == "Cord" and _BLOOD.match(text, span.end) is not None
            product = product or (
                not span.sure and any(map(is_medicine, words)) and not any(map(is_listed, words))
            )
            ordinary = alone and (drug or (doubtful and is_ordinary(value)))
            likely = span.probability >= _PROBABLE and any(map(is_listed, words)) and is_medicine(value)
            if not (product or ordinary or (is_clinical(text, span) and not likely)):
                yield span
        elif not (_is_number_of_medicine(text, span, words) or is_clinical(text, span)):
            yield _without_terms(text, span) if span.label in _DATES else span


def _is_number_of_medicine(text: str, span: TaggedSpan, words: Sequence[str]) -> bool:
    """Tell whether a span has a measured value, a rate, a number of cycles or an isotope."""
    value = text[span.start : span.end]
    if span.label == "age" and value.isdigit() and _MEASURED.match(text, span.end):
        return True
    if span.label in _NUMBERS and _NUMBER.fullmatch(value) and _is_rate(text, span.start, span.end):
        return True
    if span.label == "street_address" and _SCHEDULED.intersection(map(str.casefold, words)):
        return all(map(is_term, words))
    if span.label == "street_address" and not span.sure and not any(map(str.isdigit, value)):
        return len(words) > 1 and all(map(is_term, words[:2]))  # "Neck veins flat. No"
    isotope = span.label == "record_number" and _ISOTOPE.fullmatch(value)
    return bool(isotope and _ISOTOPE_USED.match(text, span.end))


def _without_terms(text: str, span: TaggedSpan) -> TaggedSpan:
    """Let a date begin behind the terms before it: "Apoplex [2002]"."""
    start = span.start
    while (word := WORDS.match(text, start, span.end)) and len(word[0]) >= _SHORTEST and is_term(word[0]):
        rest = text[word.end() : span.end]
        start = span.end - len(rest.lstrip())
    return replace(span, start=start) if span.start < start < span.end else span


def _is_rate(text: str, start: int, end: int) -> bool:
    """Tell whether a number is a vital sign, a rate, a dose or a time that something lasted."""
    rated = _RATED.search(text[max(0, start - _RATED_CHARS) : start])
    if text[start:end].isdigit() and _VITAL.search(text[max(0, start - _RATED_CHARS) : start]):
        return True
    pressure = int(text[start:end].partition("/")[0]) > _MOST_DAYS
    return (
        bool(rated and (pressure or not _OF_A_DAY.search(rated[1]))) or _LASTED.match(text, end) is not None
    )
