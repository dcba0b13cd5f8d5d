"""Features of words for the tagger: their shapes, and the patterns that personal data has.

The encoder is uncased and reads pieces of words; these features say whether a word is capitalised, how
many digits it has, and whether a number passes its check digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from stdnum import iban, luhn

Floats = NDArray[np.float32]
Span = tuple[int, int]

WORD = re.compile(r"\w+|[^\w\s]")
"""A word or one mark: spans of personal data begin and end at these, never inside."""

CONTEXT_WORDS = 2
"""Words before and after a word whose shapes are its features, too."""

_MARKS = ".,'’-()/@:&#\"+_"
_DATE = (
    r"\b(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d)\b(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]{0,6}\.? "
    r"\d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b"
    r"|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) "
    r"(?:19|20)\d\d\b"
)
_NUMBER = r"(?<![\w.])(?:\+?\(?\d[\d() ./-]{5,18}\d)(?![\w])"


def _card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def _iban(text: str) -> bool:
    return bool(iban.is_valid(text))


def _octets(text: str) -> bool:
    return all(int(part) < 256 for part in text.split("."))


def _phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 7 <= len(digits) <= 13 and not re.fullmatch(_DATE, text)


def _any(text: str) -> bool:
    return True


PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool], bool], ...] = (
    ("email_address", re.compile(r"(?<![\w.])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b"), _any, True),
    ("domain_name", re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]{3,200}[\w/]"), _any, True),
    ("iban_code", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,4})?\b"), _iban, True),
    ("ip_address", re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)"), _octets, True),
    ("credit_card", re.compile(r"(?<![\w-])\d(?:[ -]?\d){11,18}(?![\w-])"), _card, True),
    ("us_ssn", re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"), _any, False),
    ("date_time", re.compile(_DATE), _any, False),
    ("phone_number", re.compile(_NUMBER), _phone, False),
)
"""Label, pattern, check, and whether a match counts without the tagger.

Sources: RFC 5322 and 3986 in the forms met in prose; ISO 13616 (IBAN) and ISO/IEC 7812 (cards) with their
check digits. Social security numbers, dates and telephone numbers have none, so there the tagger decides.
"""


def word_spans(text: str) -> list[Span]:
    """Cut a text into words and marks.

    >>> word_spans("Mr. Ek")
    [(0, 2), (2, 3), (4, 6)]
    """
    return [match.span() for match in WORD.finditer(text)]


def matches(text: str) -> list[list[Span]]:
    """Find each of `PATTERNS` in a text; a certain match hides overlapping ones of later patterns."""
    by_pattern: list[list[Span]] = []
    certain_spans: list[Span] = []
    for _, pattern, check, certain in PATTERNS:
        spans = [
            match.span()
            for match in pattern.finditer(text)
            if check(match[0]) and not any(a < match.end() and match.start() < b for a, b in certain_spans)
        ]
        by_pattern.append(spans)
        if certain:
            certain_spans += spans
    return by_pattern


def shapes(text: str, spans: Sequence[Span], patterns: Sequence[Sequence[Span]]) -> Floats:
    """Describe each word by its shape, its neighbours' shapes and the patterns that it stands in.

    Args:
        text: The text.
        spans: Its words, as `word_spans` gives them.
        patterns: The spans of its patterns, as `matches` gives them.

    Returns:
        [words, width], of zeros and ones.
    """
    forms = np.array([_shape(text, a, b) for a, b in spans], np.float32)
    padded = np.pad(forms, ((CONTEXT_WORDS, CONTEXT_WORDS), (0, 0)))
    columns = [padded[n : n + len(forms)] for n in range(2 * CONTEXT_WORDS + 1)]
    inside = np.zeros((len(spans), 2 * len(patterns)), np.float32)
    starts = np.array([a for a, _ in spans])
    for n, pattern_spans in enumerate(patterns):
        for start, end in pattern_spans:
            first, last = np.searchsorted(starts, start), np.searchsorted(starts, end)
            inside[first:last, 2 * n] = 1
            inside[first : first + 1, 2 * n + 1] = 1
    return np.concatenate([*columns, inside], axis=1)


def _shape(text: str, start: int, end: int) -> tuple[float, ...]:
    before = text[max(0, start - 2) : start]
    return (
        *_form(text[start:end]),
        "\n" in before,
        not before,
        bool(before) and not before[-1].isspace(),
        before[-1:] in ".?!" or before.strip() in (".", "?", "!"),
    )


@lru_cache(maxsize=16_384)
def _form(word: str) -> tuple[float, ...]:
    """Describe a word by itself."""
    letters, digits, size = word.isalpha(), word.isdigit(), len(word)
    return (
        1.0,  # a word exists: beyond the text's ends all features are zero
        letters and word.islower(),
        letters and word[0].isupper() and word[1:].islower() and size > 1,
        letters and word.isupper() and size > 1,
        letters and size == 1 and word.isupper(),
        letters and not word.islower() and not word.isupper() and not word[1:].islower(),
        letters and not word.isascii(),
        letters and size <= 3,
        *(digits and size == n for n in range(1, 6)),
        digits and 5 < size <= 9,
        digits and size > 9,
        digits and size == 4 and word[:2] in ("19", "20"),
        not letters and not digits and word.isalnum(),
        *(word == mark for mark in _MARKS),
    )
