"""The days of a record: birth and death, stay and services, and services that fall outside of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice

import re2

from docassay.domains import RuleInput, Span, values
from docassay.domains.facts import Found
from docassay.domains.medical.charges import Charge, charges
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, fits, read_day
from docassay.languages import months

_WORD = "|".join(sorted(months(), key=len, reverse=True))
DATE = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}"
    rf"|\d{{1,2}}(?:\.|er)? (?:{_WORD})\.? \d{{4}}|(?:{_WORD})\.? \d{{1,2}},? \d{{4}})"
)
"""An expression without groups for one date with its day; for `values.read_day`."""

FIGURES = r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.[ ]?\d{1,2}\.[ ]\d{4}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}))"
"""A date in figures alone."""

_DAY = (
    rf"(?:{FIGURES}|\d{{1,2}}(?:\.|er|st|nd|rd|th)?[ \t-](?:{_WORD})\.?,?[ \t-]\d{{4}}"
    rf"|(?:{_WORD})\.?[ \t]\d{{1,2}},?[ \t]\d{{4}})"
)

# \b knows ASCII only: after "né" and "décédé" a blank ends the word.
_LABEL = (
    r"(?i)\b(?:{})(?:\b|[ \t\x{{a0}}])[ \t\x{{a0}}]*[:.]?[ \t\x{{a0}}|]*(?:(?:on|am|le|the)[ \t]+)?({})\b"
)
_BIRTH = compiled(
    _LABEL.format(r"DOB|date of birth|birth ?date|geburtsdatum|geboren|geb|date de naissance|née?", DATE)
)
_DEATH = compiled(
    _LABEL.format(
        r"DOD|date of death|died|deceased|death date|verstorben|sterbedatum|date de décès|décédée?", DATE
    )
)
_STATED = compiled(
    _LABEL.format(
        r"(?:statement|bill|billing|invoice|claim) date|date of (?:statement|bill)|rechnungsdatum"
        r"|date de (?:la )?facture|date de facturation",
        DATE,
    )
)
_SERVED = compiled(
    _LABEL.format(
        r"date of (?:service|visit)|service date|visit date|DOS|behandlungs(?:datum|tag)|leistungsdatum"
        r"|date de (?:consultation|soins?|l.acte)",
        DATE,
    )
)
_FRENCH = compiled(r"(?i)\b(?:date d[e'’]|naissance\b|sortie\b|patiente\b|facture\b|née? le\b|décédée? le\b)")
_ENGLISH = compiled(r"(?i)\b(?:DOB|date of|birth|statement|admission date|discharged?|bill(?:ing)?|DOS)\b")
_ADMITTED = compiled(
    r"(?i)(?:^|[^\pL])(?:(?:date of )?admission(?: date)?|date admitted|admitted|admit date"
    r"|aufnahme(?:datum|tag)?|aufgenommen|date d.(?:entrée|admission|hospitalisation)|admise?"
    rf"|hospitalisée?|entrée)[ \t\x{{a0}}]*[:.|]?[ \t\x{{a0}}|]*(?:(?:on|am|le|the|to"
    rf"|vom)[ \t]+)?({_DAY})(?:[^\d./-]|$)"
)
_DISCHARGED = compiled(
    r"(?i)(?:^|[^\pL])(?:(?:date of )?discharge(?: date)?|date discharged|discharged|entlassung(?:sdatum"
    r"|stag)?|entlassen|(?:date de )?sortie)"
    rf"[ \t\x{{a0}}]*[:.|]?[ \t\x{{a0}}|]*(?:(?:on|am|le|the)[ \t]+)?({_DAY})(?:[^\d./-]|$)"
)
_STAY = compiled(
    rf"(?i)(?:^|[^\pL])(?:(?:vom|von|du|from)[ \t\n]{{1,3}}|aufenthalt[ \t:]{{1,3}}"
    rf"|stationär[ \t:]{{1,3}})({_DAY}|\d{{1,2}}\.(?:[ \t]?\d{{1,2}}\.)?)"
    rf"[ \t\n]{{0,3}}(?:bis(?:[ \t]zum)?|[-–]|au|to|through)[ \t\n]{{0,3}}({_DAY})(?:[^\d./-]|$)"
)
_OF_STAY = re.compile(
    r"(?i)stationär|\bstat\.|aufenthalt|in unserer|befand|befunden|aufgenommen|betreu|hospitali[sz]|séjour"
    r"|admitted|\bstay\b|behandlung|behandelt"
)
_OF_SAMPLE = (
    r"(?im)(?:^|[^\pL])(?:{})[ \t\x{{a0}}]*[:|]?[ \t\x{{a0}}|*]*(?:(?:on|am|le)[ \t]*:?[ \t]*)?"
    rf"({_DAY.replace('{', '{{').replace('}', '}}')})(?:[^\d./-]|$)"
)
_TIMED = r"(?:[ \t]+date)?(?:[ \t]*(?:/|&|and)[ \t]*time)?"
_COLLECTED = compiled(
    _OF_SAMPLE.format(
        rf"(?:(?:sample|specimen|blood)[ \t]+)?(?:collect(?:ed|ion)|drawn|taken){_TIMED}"
        r"|date[ \t]+(?:of[ \t]+(?:sample[ \t]+)?collection|collected|drawn)"
        r"|(?:proben?|blut)?-?(?:entnahme|abnahme)(?:datum|zeitpunkt)?"
        r"|(?:date[ \t]+(?:de|du)[ \t]+)?prélèvement|prélevée?"
    )
)
_REPORTED = compiled(
    _OF_SAMPLE.format(
        rf"report(?:ed|ing)?{_TIMED}|date[ \t]+(?:of[ \t]+(?:the[ \t]+)?report|reported)"
        r"|befunddatum|befund[ \t]+vom|éditée?|validée?"
        r"|(?:date[ \t]+(?:du|de)[ \t]+)?(?:compte[ -]rendu|résultats?)"
    )
)
_DATED = compiled(rf"(?im)^[ \t*|]*(?:test[ \t]+)?(?:date|datum)[ \t*|]*:[ \t*]*({_DAY})(?:[^\d./-]|$)")
_ABOUT_STAY = 200
_MOST = 200

# Services for a stay may be given up to three days before it (42 CFR 412.2(c)(5)).
_BEFORE_STAY = timedelta(days=3)


def service_outside_life(view: RuleInput) -> Iterator[Span]:
    """Find service dates before the patient's birth or after the patient's death.

    Silent where the text names two births or two deaths: it is then about several people.
    """
    birth, death = _only(view.text, _labelled(_BIRTH, view)), _only(view.text, _labelled(_DEATH, view))
    for span, day in _services(view):
        if (birth and day < birth) or (death and day > death):
            yield span


def service_outside_stay(view: RuleInput) -> Iterator[Span]:
    """Find charges of an inpatient bill before the admission, less three days, or after the discharge."""
    admitted = _only(view.text, (found[:2] for found in admission_date(view)))
    discharged = _only(view.text, discharge_date(view))
    if admitted and discharged and admitted <= discharged:
        for charge, day in _charged(view.text):
            if not admitted - _BEFORE_STAY <= day <= discharged:
                yield charge.day_span


def service_after_statement(view: RuleInput) -> Iterator[Span]:
    """Find charges dated after the bill that lists them."""
    if stated := _only(view.text, _labelled(_STATED, view)):
        yield from (charge.day_span for charge, day in _charged(view.text) if day > stated)


_OF_ANOTHER = compiled(
    r"(?i)\b(?:mother|father|parent|guardian|provider|physician|doctor|spouse|child|baby|subscriber|insured|guarantor"
    r"|mutter|vater|arzt|mère|père|médecin)\b[^\n:.]{0,20}$"
)


def birth_date(view: RuleInput) -> Iterator[Span]:
    """Find the patient's date of birth; none where a text names two: it is then about several people."""
    if _only(view.text, _labelled(_BIRTH, view)):
        for match in _BIRTH.finditer(view.text):
            if not _OF_ANOTHER.search(view.text[max(0, match.start() - 40) : match.start()]):
                yield match.span(1)


def admission_date(view: RuleInput) -> Iterator[Found]:
    """Find the first day of the stay; of "vom 3.5. bis 9.5.2024", the year is that of the last."""
    stays = list(_stays(view.text))
    for match in islice(() if stays else _ADMITTED.finditer(view.text), _MOST):
        yield Found(*match.span(1))
    for first, last in stays:
        written = view.text[slice(*first)]
        if re.search(r"\d{2}[ \t]?$|\d{4}", written) and not written.endswith("."):
            yield Found(*first)
            continue
        end = values.read("date", view.text[slice(*last)], Habits(view.text, "de")).normalised
        parts = re.findall(r"\d+", written)
        if end and len(end) == 10 and parts:
            month = int(parts[1]) if len(parts) > 1 else int(end[5:7])
            day = f"{month:02}-{int(parts[0]):02}"
            whole = f"{end[:4] if day <= end[5:] else int(end[:4]) - 1}-{day}"
            if fits("date", whole):
                yield Found(*first, whole)


def discharge_date(view: RuleInput) -> Iterator[Span]:
    """Find the last day of the stay."""
    last = [last for _, last in _stays(view.text)]
    yield from last or (match.span(1) for match in islice(_DISCHARGED.finditer(view.text), _MOST))


def collection_date(view: RuleInput) -> Iterator[Span]:
    """Find the day on which a sample was taken, the date of service of a laboratory test (42 CFR 414.510)."""
    yield from islice(_labelled(_COLLECTED, view), _MOST)


def report_date(view: RuleInput) -> Iterator[Span]:
    """Find the day on which a laboratory reported, or else the day that it calls the date."""
    named = [one for one in islice(_labelled(_REPORTED, view), _MOST) if not _is_earlier(view.text, one[0])]
    yield from named or islice(_labelled(_DATED, view), _MOST)


_EARLIER = compiled(r"(?i)\b(?:previous|prior|last|earlier)[ \t]+(?:\pL+[ \t:]*){0,3}$")


def _is_earlier(text: str, start: int) -> bool:
    """Tell whether the report whose day stands at a place is an earlier one."""
    return _EARLIER.search(text[max(text.rfind("\n", 0, start) + 1, start - 80) : start]) is not None


def _stays(text: str) -> Iterator[tuple[Span, Span]]:
    """Find from when to when the first stay was that a text tells of."""
    for match in islice(_STAY.finditer(text), _MOST):
        if _OF_STAY.search(text, max(0, match.start() - _ABOUT_STAY), match.end() + _ABOUT_STAY):
            yield match.span(1), match.span(2)
            return


def service_dates(view: RuleInput) -> Iterator[Span]:
    """Find what is called a date of service, and the dates of charges."""
    yield from (span for span, _ in _services(view))


def _labelled(label: re2._Regexp[str], view: RuleInput) -> Iterator[Span]:
    return (match.span(1) for match in label.finditer(view.text))


def _only(text: str, spans: Iterable[Span]) -> date | None:
    """Give the day that stands in all these places; None where there are several, or none can be read."""
    language = _language(text)
    days = {day for span in spans if (day := read_day(text[slice(*span)], language))}
    return days.pop() if len(days) == 1 else None


def _language(text: str) -> str:
    """Give the language of a text's labels: French, which writes the day before the month, or English."""
    return "fr" if _FRENCH.search(text) and not _ENGLISH.search(text) else "en"


def _services(view: RuleInput) -> Iterator[tuple[Span, date]]:
    language = _language(view.text)
    for span in _labelled(_SERVED, view):
        if day := read_day(view.text[slice(*span)], language):
            yield span, day
    for charge, day in _charged(view.text):
        # An autopsy (CPT 88000 to 88099) comes after death.
        if not "88000" <= charge.code <= "88099":
            yield charge.day_span, day


def _charged(text: str) -> Iterator[tuple[Charge, date]]:
    """Give the charges of a bill whose day can be read."""
    language = _language(text)
    for charge in charges(text):
        if day := read_day(charge.day, language):
            yield charge, day
