"""Surrogates: what is written in place of personal data, so that a text reads on.

Each is drawn from the value by a keyed hash (HMAC, RFC 2104), so that one key gives one person one name in
every file, and nobody without the key can tell whom it stands for. Dates are moved by whole weeks, by as
many for everything that belongs to one person, so that the days between them stay.
"""

from __future__ import annotations

import hmac
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
_MONTH = rf"(?P<n{{0}}>{_WORD})"
_FORMS = (
    rf"{_Y}[-./]{_M}[-./]{_D}",
    rf"{_D}\.\s?{_M}\.\s?{_ANY_YEAR}",
    rf"(?P<a{{0}}>\d{{{{1,2}}}})(?P<sep{{0}}>[/-])(?P<b{{0}}>\d{{{{1,2}}}})(?P=sep{{0}}){_ANY_YEAR}",
    rf"{_D}{_TH}[\s-]*(?:of\s|de\s)?{_MONTH}\.?,?[\s-]*{_ANY_YEAR}(?![:\d])",
    rf"{_MONTH}\.?\s{_D}{_TH},?\s{_Y}",
    rf"{_MONTH}\.?,?[\s-]+{_Y}",
    rf"{_M}[/.-]{_Y}",
    rf"{_D}\.\s?{_M}\.",
    rf"{_D}{_TH}\s?(?:of\s|de\s)?{_MONTH}\b",
    rf"{_MONTH}\.?\s{_D}{_TH}\b",
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


_FIRST_NAMES_WORDS = """
Ada Alba Alexis Aline Andrea Anke Arno Bela Camille Carla Chris Claude Dana Dominique Edda Elia Enno Eva
Fenja Finn Gwen Hanne Ilka Inga Jana Jules Kai Kim Lea Leon Lou Maris Maxime Mika Nele Nils Noa Olive
Pascal Quinn Rene Robin Runa Sascha Sidney Tilda Toni Ulla Vivien Wanda
"""
FIRST_NAMES = tuple(_FIRST_NAMES_WORDS.split())
_NAME_BEGINS_WORDS = """
Ahorn Alder Auer Bach Birk Brand Buchen Dahl Dorn Eber Eichen Elm Falken Feld Fern Garten Gold Hain Hasel
Heide Holm Kessel Kirch Lang Linden Marsh Mond Nord Ober Quell Rosen Sand Silber Stein Tann Ulmen Wald
Weiden Winter
"""
_NAME_BEGINS = tuple(_NAME_BEGINS_WORDS.split())
_NAME_ENDS_WORDS = """
bauer berg born brook burg dale feld ford gard hof holt horst kamp low mann mark sen tal ward wald
"""
_NAME_ENDS = tuple(_NAME_ENDS_WORDS.split())
_TOWN_ENDS_WORDS = """
ach beck bridge bury court ham hausen ingen kirchen leben moor münde rode sted ville weiler
"""
_TOWN_ENDS = tuple(_TOWN_ENDS_WORDS.split())
_PARTICLE_WORDS = """
von van de der den du la le les zu zur zum vom del della da di dos el al bin und and et dr prof med dipl
frau herr mr mrs ms mme mlle m madame monsieur
"""
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FEWEST_WEEKS, _MOST_WEEKS = 53, 156
"""Weeks by which dates are moved back: so many that a year alone is another one, too."""
_TRIES = 20
_OLDEST = 89
"""Age above which one is told by a year of birth alone (45 CFR 164.514(b)(2)(i)(C))."""

KINDS: tuple[tuple[str, str], ...] = (
    (r"e-?mail|courriel", "email_address"),
    (r"url|domain|website", "domain_name"),
    (r"\bip\b|ip_address", "ip_address"),
    (r"title|titel|profession", "title"),
    (r"zip|plz|postcode|postal", "zip_code"),
    (r"street|stra(?:ss|ß)e|adresse?\b|address", "street_address"),
    (r"hospital|h[oô]pital|facility|organi[sz]ation|klinik", "facility"),
    (r"phone|fax|tel\b", "phone_number"),
    (r"date|datum|naissance|birth|dob", "date_time"),
    (r"\byear\b", "year"),
    (r"\bage\b|alter", "age"),
    (r"username|\bid\b|number|ssn|iban|passport|licen[cs]e|ipp|nda|secu|card", "record_number"),
    (r"city|ville|place|location|country|gpe|\bort\b", "place"),
    (r"name|person|nom|patient|doctor|relative", "person"),
)
"""What a label of somebody else's means, by the first pattern that is found in it."""


def kind_of(label: str) -> str:
    """Give what a label means: one of the tagger's own, or a mere number.

    >>> kind_of("NAME_DOCTOR"), kind_of("DATE_NAISSANCE"), kind_of("us_ssn"), kind_of("x")
    ('person', 'date_time', 'record_number', '')
    """
    low = label.lower()
    for pattern, kind in KINDS:
        if low == kind or re.search(pattern, low.replace("_", " ")) or re.search(pattern, low):
            return kind
    return ""


class Surrogates:
    """Surrogates for one document."""

    def __init__(self, key: bytes, text: str, language: str, names: Sequence[str]) -> None:
        """Look at the document as a whole.

        Args:
            key: What the hash is keyed with.
            text: The document; no surrogate is a name that stands in it.
            language: As ISO 639-1 says.
            names: The names of people in it, once for each time they stand there; where a span does not say
                whom a date belongs to, it belongs to who is named most often.
        """
        self._key = key
        self._language = language
        self._day_first = is_day_first(text, language)
        self._taken = {match.casefold() for match in _NAME.findall(text)}
        self._first = {part.casefold() for name in names for part in _first_names(name)}
        counts: dict[str, int] = {}
        for name in names:
            parts = [part for part in _NAME.findall(name) if len(part) > 1 and part.lower() not in _PARTICLES]
            last = [part for part in parts if part.casefold() not in self._first]
            for part in last[-1:] or parts[-1:]:
                counts[part.casefold()] = counts.get(part.casefold(), 0) + 1
        self._whose = max(counts, key=lambda name: (counts[name], name)) if counts else text

    def replacement(self, value: str, label: str, person: str | None = None) -> str:
        """Give what is written in place of a value.

        Args:
            value: As it stands in the text.
            label: What it is; of one that is not known only numbers and the case of letters stay.
            person: Whom it belongs to, where that is given: dates of one person are moved together.
        """
        kind = kind_of(label)
        if kind == "person":
            return self._person(value)
        if kind in ("date_time", "year"):
            return shifted(value, self._days(person), self._language, self._day_first) or "[DATE]"
        if kind == "place":
            return self._town(value)
        if kind == "facility":
            town = self._town(value)
            return {"de": f"Klinik {town}", "fr": f"hôpital de {town}"}.get(
                self._language, f"{town} Hospital"
            )
        if kind == "street_address":
            number, name = self._draw("number", value) % 98 + 1, self._surname(value)
            return {"de": f"{name}weg {number}", "fr": f"{number} rue {name}"}.get(
                self._language, f"{number} {name} Road"
            )
        if kind == "age":
            return self._age(value)
        if kind in ("email_address", "domain_name", "ip_address"):
            number = self._draw(kind, value.casefold()) % 9_000 + 1_000
            return {
                "email_address": f"mail{number}@example.org",
                "domain_name": f"www{number}.example.org",
            }.get(kind, f"192.0.2.{number % 254 + 1}")
        if any(char.isdigit() for char in value):
            return self._alike(value)
        return f"[{(kind or 'removed').upper()}]"

    def _days(self, person: str | None) -> int:
        weeks = self._draw("weeks", (person or self._whose).casefold()) % (_MOST_WEEKS - _FEWEST_WEEKS + 1)
        return -7 * (_FEWEST_WEEKS + weeks)

    def _draw(self, what: str, value: str, attempt: int = 0) -> int:
        message = f"{what}\0{' '.join(value.split())}\0{attempt}".encode("utf-8", "replace")
        return int.from_bytes(hmac.digest(self._key, message, "sha256")[:8], "big")

    def _chosen(self, what: str, value: str, choices: Sequence[Sequence[str]]) -> str:
        """Put a name together, and another where that one stands in the document."""
        name = ""
        for attempt in range(_TRIES):
            number = self._draw(what, value.casefold(), attempt)
            name = ""
            for parts in choices:
                number, at = divmod(number, len(parts))
                name += parts[at]
            if name.casefold() not in self._taken:
                break
        return name

    def _surname(self, value: str) -> str:
        return self._chosen("surname", value, (_NAME_BEGINS, _NAME_ENDS))

    def _town(self, value: str) -> str:
        return _in_case(self._chosen("town", value, (_NAME_BEGINS, _TOWN_ENDS)), value)

    def _person(self, value: str) -> str:
        if any(char.isdigit() for char in value):
            return self._alike(value)
        return _NAME.sub(lambda match: self._part_of_name(match[0]), value)

    def _part_of_name(self, part: str) -> str:
        if part.lower() in _PARTICLES:
            return part
        if len(part) == 1:
            return self._alike(part)
        if part.casefold() in self._first:
            return _in_case(self._chosen("first name", part, (FIRST_NAMES,)), part)
        return _in_case(self._surname(part), part)

    def _age(self, value: str) -> str:
        def other(match: re.Match[str]) -> str:
            years = int(match[0]) + (-2, -1, 1, 2)[self._draw("age", value) % 4]
            return str(_OLDEST + 1 if years > _OLDEST else max(years, 0))

        found = re.sub(r"\d{1,3}", other, value)
        return found if found != value and not re.search(r"\d{4}", value) else "[AGE]"

    def _alike(self, value: str) -> str:
        number = self._draw("alike", value.casefold())
        written = []
        for at, char in enumerate(value):
            if at % 8 == 0:
                number = self._draw("alike", value.casefold(), at + 1)
            number, step = divmod(number, 25)
            if char.isdigit():
                written.append(str((int(char) + 1 + step % 9) % 10))
            elif char.isalpha():
                first = ord("A") if char.isupper() else ord("a")
                written.append(chr(first + (ord(char) - first + 1 + step) % 26))
            else:
                written.append(char)
        return "".join(written)


def _first_names(name: str) -> list[str]:
    """Give the parts of a name that are first names: Ada of "Ada Dahl", "Dahl, Ada" and "DAHL Ada"."""
    _, comma, after = name.partition(",")
    parts = [part for part in _NAME.findall(after if comma else name) if part.lower() not in _PARTICLES]
    if comma:
        return parts
    capitals = [part for part in parts if part.isupper() and len(part) > 1]
    if capitals and len(capitals) < len(parts):
        return [part for part in parts if part not in capitals]
    return parts[:-1]


def _in_case(name: str, like: str) -> str:
    letters = [char for char in like if char.isalpha()]
    if len(letters) > 1 and all(char.isupper() for char in letters):
        return name.upper()
    return name.lower() if letters and all(char.islower() for char in letters) else name
