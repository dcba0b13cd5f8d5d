"""Invitations and calendars: what a person reads of each event (iCalendar, RFC 5545)."""

from __future__ import annotations

import re

from docassay.transforms.formats import Limits, Read, Unusable, plain
from docassay.transforms.formats.media_types import CALENDAR

MEDIA_TYPES = frozenset({CALENDAR})
SIGNATURES = {b"BEGIN:VCALENDAR": CALENDAR}

_SHOWN = {
    "SUMMARY": "",
    "DTSTART": "Starts",
    "DTEND": "Ends",
    "LOCATION": "Place",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "URL": "Link",
    "DESCRIPTION": "",
}
"""The properties that calendar programs show, in their order, and the word before each."""

_MOST_ATTENDEES = 50
_EVENT = re.compile(r"BEGIN:(VEVENT|VTODO|VJOURNAL)", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_NAME = re.compile(r"CN=(\"[^\"]{0,200}\"|[^;:\"]{0,200})", re.IGNORECASE)
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_ESCAPED = re.compile(r"\\([nN,;\\])")


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read the events of a calendar: what, when, where, who, and the description.

    Raises:
        Unusable: No event in it, or longer than `Limits.chars`.
    """
    events = shown_events(plain.decode(content))
    if not events:
        raise Unusable("no_text", "a calendar without an event")
    return Read(plain.bounded("\n\n".join(events), limits), title=events[0].partition("\n")[0])


def shown_events(calendar: str) -> list[str]:
    """Write each event as lines: its title, its times and place, who takes part, its description."""
    pieces = _EVENT.split(_FOLD.sub("", calendar))[2::2]
    return [event for piece in pieces if (event := _event(piece))]


def _event(piece: str) -> str:
    found: dict[str, list[str]] = {name: [] for name in _SHOWN}
    for line in piece.splitlines():
        if line[:4].upper() in ("END:", "BEGI"):  # of the event, or of an alarm in it
            break
        # A colon in quotation marks belongs to a parameter.
        key, _, value = re.sub(r"\"[^\"]*\"", lambda m: m.group().replace(":", "\x00"), line).partition(":")
        name = key.partition(";")[0].upper()
        if name in found and len(found[name]) < _MOST_ATTENDEES:
            found[name].append(_value(name, key.replace("\x00", ":"), value.replace("\x00", ":")))
    return "\n".join(
        f"{word}: {value}" if (word := _SHOWN[name]) else value
        for name, values in found.items()
        for value in values
        if value
    )


def _value(name: str, key: str, value: str) -> str:
    if name in ("DTSTART", "DTEND"):
        stamp = _STAMP.match(value)
        if not stamp:
            return value.strip()
        year, month, day, hour, minute, utc = stamp.groups()
        return f"{year}-{month}-{day}" + (f" {hour}:{minute}{' UTC' if utc else ''}" if hour else "")
    if name in ("ORGANIZER", "ATTENDEE"):
        shown = _NAME.search(key)
        address = re.sub(r"(?i)^mailto:", "", value.strip())
        person = shown.group(1).strip('" ') if shown else ""
        return f"{person} <{address}>" if person and person != address else address
    return _ESCAPED.sub(lambda m: "\n" if m.group(1) in "nN" else m.group(1), value).strip()
