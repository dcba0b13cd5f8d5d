"""Dates as clinical and billing texts write them, and services that fall outside a life or a stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.medical.charges import Charge, charges
from docassay.languages import months

_WORD = "|".join(sorted(months(), key=len, reverse=True))
DATE = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}"
    rf"|\d{{1,2}}(?:\.|er)? (?:{_WORD})\.? \d{{4}}|(?:{_WORD})\.? \d{{1,2}},? \d{{4}})"
)
"""An expression without groups for one date with its day; for `read`."""

_PARTS = re2.compile(r"\d+|[a-zà-ÿ]+")
# \b knows ASCII only: after "né" and "décédé" a blank ends the word.
_LABEL = (
    r"(?i)\b(?:{})(?:\b|[ \t\x{{a0}}])[ \t\x{{a0}}]*[:.]?[ \t\x{{a0}}|]*(?:(?:on|am|le|the)[ \t]+)?({})\b"
)
_BIRTH = re2.compile(
    _LABEL.format(r"DOB|date of birth|birth ?date|geburtsdatum|geboren|geb|date de naissance|née?", DATE)
)
_DEATH = re2.compile(
    _LABEL.format(
        r"DOD|date of death|died|deceased|death date|verstorben|sterbedatum|date de décès|décédée?", DATE
    )
)
_ADMITTED = re2.compile(
    _LABEL.format(
        r"(?:date of )?admission(?: date)?|admitted|admit date|aufnahme(?:datum)?"
        r"|aufgenommen|date d.(?:entrée|admission|hospitalisation)|admise?|hospitalisée?|entrée",
        DATE,
    )
)
_DISCHARGED = re2.compile(
    _LABEL.format(
        r"(?:date of )?discharge(?: date)?|discharged|entlassung(?:sdatum)?|entlassen|(?:date de )?sortie",
        DATE,
    )
)
_STATED = re2.compile(
    _LABEL.format(
        r"(?:statement|bill|billing|invoice|claim) date|date of (?:statement|bill)|rechnungsdatum"
        r"|date de (?:la )?facture|date de facturation",
        DATE,
    )
)
_SERVED = re2.compile(
    _LABEL.format(
        r"date of (?:service|visit)|service date|visit date|DOS|behandlungs(?:datum|tag)|leistungsdatum"
        r"|date de (?:consultation|soins?|l.acte)",
        DATE,
    )
)
_FRENCH = re2.compile(
    r"(?i)\b(?:date d[e'’]|naissance\b|sortie\b|patiente\b|facture\b|née? le\b|décédée? le\b)"
)
_ENGLISH = re2.compile(r"(?i)\b(?:DOB|date of|birth|statement|admission date|discharged?|bill(?:ing)?|DOS)\b")
# Services for a stay may be given up to three days before it (42 CFR 412.2(c)(5)).
_BEFORE_STAY = timedelta(days=3)


def read(text: str, day_first: bool = False) -> date | None:
    """Read one date; month before day where both are numbers with a slash, as in the United States.

    Args:
        text: The date as written.
        day_first: Read 03/04/2024 as French does, as the third of April.

    >>> read("03/04/2024"), read("4.3.2024"), read("31/12/2023"), read("2024-02-30")
    (datetime.date(2024, 3, 4), datetime.date(2024, 3, 4), datetime.date(2023, 12, 31), None)
    >>> read("03/04/2024", day_first=True), read("1er mars 2024")
    (datetime.date(2024, 4, 3), datetime.date(2024, 3, 1))
    """
    parts = [part for part in _PARTS.findall(text.lower()) if part != "er"]
    if len(parts) != 3:
        return None
    if parts[0].isdigit() and len(parts[0]) == 4:
        year, month, day = (int(part) for part in parts)
    elif parts[0] in months():
        month, day, year = months()[parts[0]], int(parts[1]), int(parts[2])
    elif parts[1] in months():
        day, month, year = int(parts[0]), months()[parts[1]], int(parts[2])
    else:
        day, month, year = (int(part) for part in parts)
        if "." not in text and day <= 12 and not day_first:
            day, month = month, day
    try:
        return date(year, month, day) if year >= 1000 else None
    except ValueError:
        return None


def service_outside_life(view: RuleInput) -> Iterator[Span]:
    """Find service dates before the patient's birth or after the patient's death.

    Silent where the text names two births or two deaths: it is then about several people.
    """
    birth, death = _only(_BIRTH, view.text), _only(_DEATH, view.text)
    for span, day in _services(view.text):
        if (birth and day < birth) or (death and day > death):
            yield span


def service_outside_stay(view: RuleInput) -> Iterator[Span]:
    """Find charges of an inpatient bill before the admission, less three days, or after the discharge."""
    admitted, discharged = _only(_ADMITTED, view.text), _only(_DISCHARGED, view.text)
    if admitted and discharged and admitted <= discharged:
        french = _is_french(view.text)
        for charge in charges(view.text):
            day = _day(charge, french)
            if day and not admitted - _BEFORE_STAY <= day <= discharged:
                yield charge.day_span


def service_after_statement(view: RuleInput) -> Iterator[Span]:
    """Find charges dated after the bill that lists them."""
    stated = _only(_STATED, view.text)
    if stated:
        french = _is_french(view.text)
        for charge in charges(view.text):
            day = _day(charge, french)
            if day and day > stated:
                yield charge.day_span


_OF_ANOTHER = re2.compile(
    r"(?i)\b(?:mother|father|parent|guardian|provider|physician|doctor|spouse|child|baby|subscriber|insured|guarantor"
    r"|mutter|vater|arzt|mère|père|médecin)\b[^\n:.]{0,20}$"
)


def birth_date(view: RuleInput) -> Iterator[Span]:
    """Find the patient's date of birth; none where a text names two: it is then about several people."""
    if _only(_BIRTH, view.text):
        for match in _BIRTH.finditer(view.text):
            if not _OF_ANOTHER.search(view.text[max(0, match.start() - 40) : match.start()]):
                yield match.span(1)


def service_dates(view: RuleInput) -> Iterator[Span]:
    """Find what is called a date of service, and the dates of charges."""
    yield from (span for span, _ in _services(view.text))


def _only(label: re2._Regexp[str], text: str) -> date | None:
    french = _is_french(text)
    days = {day for match in label.finditer(text) if (day := read(match[1], french))}
    return days.pop() if len(days) == 1 else None


def _is_french(text: str) -> bool:
    """Tell whether a text's labels are French, which writes the day before the month."""
    return bool(_FRENCH.search(text)) and not _ENGLISH.search(text)


def _services(text: str) -> Iterator[tuple[Span, date]]:
    french = _is_french(text)
    for match in _SERVED.finditer(text):
        if day := read(match[1], french):
            yield match.span(1), day
    for charge in charges(text):
        # An autopsy (CPT 88000 to 88099) comes after death.
        if (day := _day(charge, french)) and not "88000" <= charge.code <= "88099":
            yield charge.day_span, day


def _day(charge: Charge, day_first: bool) -> date | None:
    return read(charge.day, day_first)
