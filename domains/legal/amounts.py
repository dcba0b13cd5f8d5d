"""Amounts written twice, in words and in figures."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.numerals import GERMAN_WORDS, WORDS, read

MOST_DIGITS = 20
"""A figure of more digits and commas is no amount."""
_TWICE = re2.compile(
    r"(?i)\b((?:(?:"
    + WORDS
    + r")[\s\x{00a0}-]+(?:(?:and|et)[\s\x{00a0}-]+)?){0,12}(?:"
    + WORDS
    + r")|(?:"
    + GERMAN_WORDS
    + r")+)[\s\x{00a0}]*"
    r"(?:(?:u\.?s\.?|united states|canadian)?\s*"
    r"(?:dollars?|euros?|pounds?|francs?|franken|percent|per cent|pour cent|prozent)\s*)?"
    r"\((?:usd|eur|gbp|chf|us)?\s*[$€£]?\s*"
    r"([0-9]{1,3}(?:[,.'’\x{a0}\x{202f} ][0-9]{3})+|[0-9]+)([.,][0-9]+)?"
    r"\s*(?:%|usd|eur|gbp|chf|[€£$]|euros?|percent)?\)"
)
_FRACTION = re2.compile(r"(?i)\b(?:" + WORDS + r")\s+(?:in|out\s+of)\s+(?:every\s+)?$")


def words_against_figures(view: RuleInput) -> Iterator[Span]:
    """Find numbers whose words and figures differ, such as "thirty (60) days" or "dreißig (60) Tage"."""
    for match in _TWICE.finditer(view.text):
        value = read(match.group(1))
        if value is None or match.group(3) or len(match.group(2)) > MOST_DIGITS:
            continue
        figure = int("".join(c for c in match.group(2) if c.isdigit()))
        if 1900 <= figure <= 2100 and match.group(2).isdigit() and value < 100:
            continue  # "Year One (1998)"
        if "%" in match.group() and _FRACTION.search(view.text[max(0, match.start() - 40) : match.start()]):
            continue  # "three in ten (30%)"
        if value != figure:
            yield match.span()
