"""Amounts written twice, in words and in figures."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from docassay.domains import Span, View

_UNITS_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_UNITS = {word: value for value, word in enumerate(_UNITS_WORDS.split())}
_TENS_WORDS = """
twenty thirty forty fifty sixty seventy eighty ninety
"""
_TENS = {word: 10 * value for value, word in enumerate(_TENS_WORDS.split(), 2)}
_SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_WORDS = "|".join([*_UNITS, *_TENS, *_SCALES, "hundred"])
MOST_DIGITS = 20
"""A figure of more digits and commas is no amount."""
_TWICE = re2.compile(
    r"(?i)\b((?:(?:"
    + _WORDS
    + r")[\s\x{00a0}-]+(?:and[\s\x{00a0}]+)?){0,12}(?:"
    + _WORDS
    + r"))[\s\x{00a0}]*"
    r"(?:(?:u\.?s\.?|united states|canadian)?\s*(?:dollars?|euros?|pounds?|percent|per cent)\s*)?"
    r"\((?:usd|eur|gbp|us)?\s*[$€£]?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?"
    r"\s*(?:%|usd|eur|gbp|percent)?\)"
)


def read(words: str) -> int | None:
    """Read a cardinal number in English words; None where they make no number.

    >>> read("one hundred and twenty-five thousand"), read("hundred"), read("two three")
    (125000, 100, None)
    """
    total, current, last = 0, 0, 0
    for word in words.lower().replace("-", " ").split():
        if word == "and":
            continue
        if word in _SCALES:
            total += max(current, 1) * _SCALES[word]
            current, last = 0, 0
        elif word == "hundred":
            current, last = max(current, 1) * 100, 0
        elif word in _TENS:
            if last:
                return None
            current, last = current + _TENS[word], 10
        elif word in _UNITS:
            if last == 1 or (last == 10 and _UNITS[word] > 9):
                return None
            current, last = current + _UNITS[word], 1
        else:
            return None
    return total + current


def words_against_figures(view: View) -> Iterator[Span]:
    """Find numbers whose words and figures differ, such as "thirty (60) days"."""
    for match in _TWICE.finditer(view.text):
        value = read(match.group(1))
        if value is None or match.group(3) or len(match.group(2)) > MOST_DIGITS:
            continue
        figure = int(match.group(2).replace(",", ""))
        if 1900 <= figure <= 2100 and match.group(2).isdigit() and value < 100:
            continue  # "Year One (1998)"
        if value != figure:
            yield match.span()
