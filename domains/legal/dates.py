"""Dates that do not exist, or that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from docassay.domains import RuleInput, Span
from docassay.domains.patterns import compiled
from docassay.domains.values import read_day
from docassay.languages import months

_MONTH = "(?:" + "|".join(sorted(months(), key=len, reverse=True)) + r")\.?"
DATE = (
    r"(?:[0-9]{1,2}(?:st|nd|rd|th|er|\.)?\s+(?:day\s+of\s+)?" + _MONTH + r",?\s+[0-9]{4}"
    r"|" + _MONTH + r"\s+[0-9]{1,2}(?:st|nd|rd|th)?\s*,?\s+[0-9]{4}"
    r"|[0-9]{1,2}\.\s?[0-9]{1,2}\.\s?(?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})"
)
_ANY = compiled(r"(?i)\b" + DATE + r"\b")
# The words between the two dates stay within one sentence; "from ... to" is the plainest of them.
_PERIOD = compiled(
    r"(?i)\b(?:from|commenc\w+|begin\w*|start\w*|effective|du|à compter du|prend effet le"
    r"|vom|von|ab dem|seit dem|beginnt am|beginnend am|à partir du|débute le|commence le)\b"
    r"[^.;\n]{0,40}?\b(" + DATE + r")\b(?:[^.;\n]|\n[^.;\n]){0,60}?"
    r"\b(?:to|until|till|through|end\w*|expir\w+|terminat\w+|au|jusqu.au"
    r"|prend fin le|expire le|se termine le|s.achève le|bis|endet am|endend am)\b"
    r"[^.;\n]{0,40}?\b(" + DATE + r")\b"
)
_END = compiled(
    r"(?i)\b(?:agreement|contract|term|lease|licen[cs]e|contrat|bail|[a-zäöü]{0,20}vertrag"
    r"|[a-zäöü]{3,20}verhältnis)\b[^.;]{0,80}?"
    r"\b(?:expires?|ends?|terminates?|until|expire|prend fin|se termine|s.achève|arrive à échéance"
    r"|endet|läuft bis|befristet bis|gilt bis)\b[^.;]{0,30}?\b(" + DATE + r")\b"
)
_SIGNED = compiled(
    r"(?im)(?:\b(?:signed|executed|(?:fait|signé) à [^,\n]{2,40},? le|signé le|unterzeichnet"
    r"|unterschrieben)\b[^.;]{0,40}?|^[ \t]*(?:date|dated|datum)[ \t\x{a0}]*:[ \t]*"
    r"|^[ \t]*[A-ZÀ-Ý][^\n,0-9]{1,40}, (?:den|le) )\b(" + DATE + r")\b"
)
_NOTARY_EXPIRES = compiled(r"(?i)\bcommission\s+expire[sd]?\b[^.;]{0,30}?\b(" + DATE + r")\b")
_NOTARISED = compiled(
    r"(?i)\b(?:sworn|subscribed|acknowledged|notari[sz]ed|before me)\b[^.;]{0,80}?\b(" + DATE + r")\b"
)


def impossible_dates(view: RuleInput) -> Iterator[Span]:
    """Find days that the calendar does not have, such as 31 June."""
    for match in _ANY.finditer(view.text):
        around = view.text[match.start() - 1 : match.start()] + view.text[match.end() : match.end() + 1]
        # A hyphen makes it a telephone number, a full stop the end of another number: "Version 1.0 August";
        # behind a slash stands a version: "Chrome/36.0.1985".
        if read_day(match.group()) is None and "-" not in around and not around.startswith((".", "/")):
            yield match.span()


def ends_before_start(view: RuleInput) -> Iterator[Span]:
    """Find periods whose end lies before their start; the span runs from the first date to the second."""
    for match in _PERIOD.finditer(view.text):
        start, end = read_day(match.group(1)), read_day(match.group(2))
        if start and end and end < start:
            yield match.start(1), match.end(2)


def signed_after_expiry(view: RuleInput) -> Iterator[Span]:
    """Find dates of signature later than the day on which the contract says that it ends."""
    ends = [day for match in _END.finditer(view.text) if (day := read_day(match.group(1)))]
    if not ends:
        return
    for match in _SIGNED.finditer(view.text):
        day = read_day(match.group(1))
        if day and day > max(ends):
            yield match.span(1)


def notary_expired(view: RuleInput) -> Iterator[Span]:
    """Find a notary's commission that ended before the act that it certifies."""
    acts = [day for match in _NOTARISED.finditer(view.text) if (day := read_day(match.group(1)))]
    for match in _NOTARY_EXPIRES.finditer(view.text):
        day = read_day(match.group(1))
        if day and acts and day < min(acts):
            yield match.span()
