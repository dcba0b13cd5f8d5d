"""Durations as documents write them: in figures, in words, or in both."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, date, timedelta
from functools import cache
from typing import Any, NamedTuple

from docassay.domains.numerals import GERMAN_WORDS, WORDS, read
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain
from docassay.languages import periods

INDEFINITE, UNSTATED = "indefinite", "unstated"
"""What stands in place of a duration that has no end, and of one whose length is not stated."""

_LETTERS = {"years": "Y", "months": "M", "weeks": "W", "days": "D"}
_MONTHS_A_YEAR = 12
_MOST_WORDS = 6
"""Words of a number."""

_BETWEEN = (
    r"[\s~-]*(?:(?:full|whole|consecutive|successive|calendar|contract|business|working|banking|trading|additional"
    r"|further|more|weitere[ns]?|volle[ns]?)\s+){0,2}"
)


class Duration(NamedTuple):
    """A duration that is written.

    Attributes:
        normalised: As in ISO 8601, in the periods in which it is written: P18M, P4Y6M.
        alternative: What its figures say where they contradict its words.
    """

    start: int
    end: int
    normalised: str
    alternative: str | None = None


@cache
def _expression() -> Any:
    words = (
        rf"(?:(?:{WORDS})(?:[\s-]+(?:(?:and|et)[\s-]+)?(?:{WORDS})){{0,{_MOST_WORDS}}}"
        rf"|(?:{GERMAN_WORDS}){{1,{_MOST_WORDS}}})"
    )
    unit = "|".join(sorted(periods(), key=len, reverse=True))
    half = r"(?:(?:\s+and\s+|\s+)(?:a|one)[\s-]half|\s+et\s+demie?|einhalb)?"
    figure = r"[0-9]{1,4}(?:[.,][0-9]{1,2}|\s+1/2|½)?"
    return compiled(
        rf"(?i)\b(?:(half\s+an?\s+year|(?:ein(?:es|em)?\s+)?halbe[sn]?\s+jahr(?:es)?)(?:\b|$)|(?:({words}{half})\s*(?:\(\s*(?:({figure})|[Il])\s*\))?|({figure})(?:\s*\(\s*(?:{words}{half})\s*\))?)"
        rf"{_BETWEEN}({unit})(?:\b|$))"
    )


_RANGE = compiled(
    rf"(?i)(?:[0-9]\s?[-\x{{2013}}]|\b(?:[0-9]{{1,3}}|{WORDS}|{GERMAN_WORDS})\s+(?:to|or|bis|oder|à|ou)\s)\s*$"
)
_RANGE_CHARS = 30
_JOINT = compiled(r"(?i)^(?:\s*,\s*(?:and\s+)?|\s+(?:and|und|et|plus)\s+)")


def durations(text: str) -> Iterator[Duration]:
    """Find the durations in a text, in order; one in years and months is one.

    >>> [one.normalised for one in durations("three (3) years or 36 Monate, deux ans et six mois; 30 days")]
    ['P3Y', 'P36M', 'P2Y6M', 'P30D']
    """
    flat = plain(text)
    last: tuple[int, int, tuple[tuple[str, ...], ...]] | None = None
    for match in _expression().finditer(flat):
        # "No. 3 days", "1.5 years" and "2,000 days" begin before their figures.
        if flat[max(0, match.start() - 1) : match.start()] in (".", ",", "/", "$"):
            continue
        if _RANGE.search(flat[max(0, match.start() - _RANGE_CHARS) : match.start()]):
            continue  # "15-20 years", "two to three years": neither is the duration
        read_as = _parts(match)
        if not read_as:
            continue
        if (
            last
            and len(last[2]) == len(read_as) == 1
            and _joined(flat[last[1] : match.start()], last[2][0], read_as[0])
        ):
            last = (last[0], match.end(), ((*last[2][0], *read_as[0]),))
            continue
        if last:
            yield _duration(*last)
        last = (match.start(), match.end(), read_as)
    if last:
        yield _duration(*last)


def _joined(between: str, one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    order = "YMWD"
    joint = _JOINT.match(between)
    return bool(joint and joint.end() == len(between) and order.index(one[-1][-1]) < order.index(two[0][-1]))


def _parts(match: Any) -> tuple[tuple[str, ...], ...]:
    """Read what a number of periods is: by its words and, where they say otherwise, by its figures."""
    halved, words, figures, alone, unit = match.groups()
    if halved:
        return (("6M",),)
    letter = _LETTERS[periods()[unit.lower()]]
    numbers = [
        _in_words(words) if words else None,
        _in_figures(figures or alone) if figures or alone else None,
    ]
    told = [_counted(*number, letter) for number in dict.fromkeys(numbers) if number and number != (0, 0)]
    return tuple(told)


def _in_words(words: str) -> tuple[int, int] | None:
    """Read a number in words: whole, and hundredths."""
    whole = _HALF.sub("", words)
    value = read(whole)
    return None if value is None else (value, 0 if whole == words else 50)


_HALF = compiled(r"(?i)(?:(?:\s+and\s+|\s+)(?:a|one)[\s-]half|\s+et\s+demie?|einhalb)$")


def _in_figures(figures: str) -> tuple[int, int]:
    whole, mark, part = figures.replace(",", ".").partition(".")
    if mark:
        return int(whole), int(part.ljust(2, "0"))
    halved = figures.removesuffix("½").removesuffix("1/2").strip()
    return int(halved or 0), 0 if halved == figures else 50


def _counted(whole: int, hundredths: int, letter: str) -> tuple[str, ...]:
    if not hundredths:
        return (f"{whole}{letter}",)
    months, rest = divmod(hundredths * _MONTHS_A_YEAR, 100)
    if letter == "Y" and not rest:
        return (*([f"{whole}Y"] if whole else []), f"{months}M")
    return (f"{whole}.{f'{hundredths:02}'.rstrip('0')}{letter}",)


def _duration(start: int, end: int, read_as: tuple[tuple[str, ...], ...]) -> Duration:
    one, *others = ("P" + "".join(parts) for parts in read_as)
    return Duration(start, end, one, others[0] if others else None)


_WHOLE = re.compile(r"P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?")


def months_and_days(normalised: str) -> tuple[int, int] | None:
    """Give the months and days of a duration as in ISO 8601; None where it is none, or has fractions.

    >>> months_and_days("P1Y6M"), months_and_days("P2W1D"), months_and_days("P1.5M")
    ((18, 0), (0, 15), None)
    """
    match = _WHOLE.fullmatch(normalised)
    if match is None or not any(match.groups()):
        return None
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return _MONTHS_A_YEAR * years + months, 7 * weeks + days


def after(day: date, months: int, days: int) -> date | None:
    """Give the day so many months and days after another; None where the calendar has no such day.

    >>> str(after(date(2024, 1, 31), 1, 0)), after(date(2024, 1, 31), 12 * 9000, 0)
    ('2024-02-29', None)
    """
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    if not MINYEAR <= year <= MAXYEAR:
        return None
    try:
        of_month = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return of_month + timedelta(days=days)
    except OverflowError:
        return None
