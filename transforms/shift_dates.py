"""Dates as people write them, moved by a number of days and written again in the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from docassay.languages import languages, months

_SETS: dict[str, tuple[tuple[str, ...], ...]] = {
    code: tuple(tuple(month[min(length, len(month) - 1)] for month in one.months) for length in (0, 1))
    for code, one in sorted(languages().items(), key=lambda item: item[0] != "en")
    if one.months
}
"""The full names and the short forms of the months, by language, English first."""
_WORD = "|".join(sorted(map(re.escape, months()), key=len, reverse=True))
_D, _M, _Y = r"(?P<d{0}>\d{{1,2}})", r"(?P<m{0}>\d{{1,2}})", r"(?P<y{0}>(?:1[6-9]|20)\d\d)"
_ANY_YEAR = r"(?P<y{0}>(?:1[6-9]|20)\d\d|'?\d\d)"
_TH = r"(?P<o{0}>st|nd|rd|th|er|\.)?"
_NAME = rf"(?P<n{{0}}>{_WORD})"
_FORMS = (
    rf"{_Y}[-./]{_M}[-./]{_D}",
    rf"{_D}\.\s?{_M}\.\s?{_ANY_YEAR}",
    rf"(?P<a{{0}}>\d{{{{1,2}}}})(?P<sep{{0}}>[/-])(?P<b{{0}}>\d{{{{1,2}}}})(?P=sep{{0}}){_ANY_YEAR}",
    rf"{_D}{_TH}[\s-]*(?:of\s|de\s)?{_NAME}\.?,?[\s-]*{_ANY_YEAR}(?![:\d])",
    rf"{_NAME}\.?\s{_D}{_TH},?\s{_Y}",
    rf"{_NAME}\.?,?[\s-]+{_Y}",
    rf"{_M}[/.-]{_Y}",
    rf"{_D}\.\s?{_M}\.",
    rf"{_D}{_TH}\s?(?:of\s|de\s)?{_NAME}\b",
    rf"{_NAME}\.?\s{_D}{_TH}\b",
    r"(?P<a{0}>\d{{1,2}})/(?P<b{0}>\d{{1,2}})",
    rf"{_Y}",
)
_DATE = re.compile(
    r"(?i)(?<!\w)(?:" + "|".join(form.format(number) for number, form in enumerate(_FORMS)) + r")(?!\d)"
)
_LEFT = re.compile(rf"(?i)\b\d{{1,2}}[:h.]\d\d(?::\d\d)?\b|\b(?!(?:{_WORD})\b)[^\W\d]+\b|[^\w]")
"""What may stand beside a date: a time of day, words that name no month, marks."""
_NO_YEAR = 2001
_MID_MONTH, _MID_YEAR = 15, 7
_DAY_FIRST = re.compile(r"(?<![\d/])(?:1[3-9]|2\d|3[01])/(?:0?[1-9]|1[0-2])/\d")
_MONTH_FIRST = re.compile(r"(?<![\d/])(?:0?[1-9]|1[0-2])/(?:1[3-9]|2\d|3[01])/\d")


def is_day_first(text: str, language: str) -> bool:
    """Tell whether 03/04/2020 is in April in a document: by its other dates, else by its language.

    >>> is_day_first("03/04/2020, 25/04/2020", "en"), is_day_first("03/04/2020", "en")
    (True, False)
    """
    day, month = bool(_DAY_FIRST.search(text)), bool(_MONTH_FIRST.search(text))
    return day if day != month else language != "en"


def shifted(text: str, days: int, language: str, day_first: bool) -> str | None:
    """Move each date in a text by some days and write it in the form that it has.

    A month is moved by its middle, a year by its first of July, a day without a year as in a year of 365
    days.

    Returns:
        The text with its dates moved; None where something in it cannot be read, so that nothing of it stays.

    >>> shifted("24.01.28", 14, "de", True), shifted("March 3rd, 2020", -7, "en", False)
    ('07.02.28', 'February 25th, 2020')
    >>> shifted("zwischen 3 und 7", 7, "de", True) is None
    True
    """
    pieces: list[str] = []
    at = 0
    for match in _DATE.finditer(text):
        moved = _moved(match, days, language, day_first)
        if moved is None or not _says_nothing(text[at : match.start()]):
            return None
        pieces += [text[at : match.start()], moved]
        at = match.end()
    if not at or not _says_nothing(text[at:]):
        return None
    return "".join([*pieces, text[at:]])


def _says_nothing(rest: str) -> bool:
    return not _LEFT.sub("", rest)


def _moved(match: re.Match[str], days: int, language: str, day_first: bool) -> str | None:
    fields = {name.rstrip("0123456789"): value for name, value in match.groupdict().items() if value}
    places = {
        name.rstrip("0123456789"): match.span(name) for name, value in match.groupdict().items() if value
    }
    if "a" in fields:
        day, month = ("a", "b") if day_first and int(fields["b"]) <= 12 else ("b", "a")
        if int(fields[month]) > 12:
            day, month = month, day
        fields["d"], fields["m"] = fields[day], fields[month]
        places["d"], places["m"] = places[day], places[month]
    try:
        before = date(
            _year(fields["y"]) if "y" in fields else _NO_YEAR,
            months()[fields["n"].lower()] if "n" in fields else int(fields.get("m", _MID_YEAR)),
            int(fields.get("d", _MID_MONTH if "m" in fields or "n" in fields else 1)),
        )
        after = before + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    written = {
        name: _as_written(name, fields[name], after, language)
        for name in ("d", "m", "y", "n", "o")
        if name in fields
    }
    return _filled(match, [(places[name], value) for name, value in written.items()])


def _as_written(name: str, old: str, after: date, language: str) -> str:
    if name == "n":
        return _month_name(old, after.month, language)
    if name == "o":
        return _ordinal(old, after.day)
    if name == "y":
        return f"{after.year:04}" if len(old) == 4 else old[: len(old) - 2] + f"{after.year % 100:02}"
    return f"{after.day if name == 'd' else after.month:0{len(old)}}"


def _filled(match: re.Match[str], values: Sequence[tuple[tuple[int, int], str]]) -> str:
    def pieces() -> Iterator[str]:
        at = match.start()
        for (start, end), value in sorted(values):
            yield match.string[at:start]
            yield value
            at = end
        yield match.string[at : match.end()]

    return "".join(pieces())


def _year(written: str) -> int:
    number = int(written.lstrip("'"))
    if len(written) == 4:
        return number
    return number + (2000 if number < 70 else 1900)


def _ordinal(old: str, day: int) -> str:
    """Give what stands behind the figure of a day: 1st, 2nd, 1er."""
    if old == ".":
        return old
    if old.lower() == "er":
        return old if day == 1 else ""
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _month_name(old: str, month: int, language: str) -> str:
    """Name a month as another was named: in its language, as short, with as many capitals."""
    order = [language, *_SETS] if language in _SETS else [*_SETS]
    sets = [names for tag in order for names in _SETS[tag]]
    exact = [names for names in sets if old in names]
    named = exact or [names for names in sets if old.lower() in map(str.lower, names)]
    new = (named or sets)[0][month - 1]
    if old.isupper():
        return new.upper()
    return new.lower() if old.islower() else new[:1].upper() + new[1:]
