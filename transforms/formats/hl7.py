r"""HL7 v2 messages: what their segments state of a patient, as data (HL7 2.5.1, chapters 2 to 4, 7).

A segment a line, with fields between delimiters that its first segment, MSH, names. Of a file of several
messages each further one is an attachment. The text is that of the message; values are named as those of
C-CDA are (`formats.clinical`). Fields are numbered from 1, of MSH too, whose first one is the delimiter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice, pairwise

from docassay.domains.quantities import unit_of
from docassay.transforms.formats import Attachment, Limits, Read, Unusable, plain
from docassay.transforms.formats.clinical_values import (
    LONGEST,
    MOST,
    VITAL_SIGNS,
    code_of,
    iso_day,
    joined,
    measured,
    npi_of,
    often_by_code,
)
from docassay.transforms.formats.media_types import HL7

MEDIA_TYPES = frozenset({HL7})

_MARK = r"[!-/:-@\[-^`{-~]"
_DELIMITERS = rf"({_MARK})(?!\1)({_MARK})(?!\1|\2){_MARK}{{3,4}}\1"
"""They differ: cells of a CSV that are empty, or a line, are none."""

_START = re.compile(rf"[\s\x0b]*(?:MSH|FHS|BHS){_DELIMITERS}".encode())
_MESSAGE = re.compile(rf"(?:^|[\r\n\x0b])(?=MSH{_DELIMITERS})")
_MOST_SEGMENTS = 20_000
_CHARSETS = {"UNICODE UTF-8": "utf-8", "ASCII": "ascii"}
_RECORD = frozenset(("MR", "MRN", "PI", "PT", "AN", ""))
"""Types of identifiers (table 0203) that are numbers of a record; not those of passports."""
_LEFT_OUT = frozenset("DXWN")
"""Status of a result that is deleted, could not be had, is of another patient, or was not asked for."""


def is_hl7(start: bytes) -> bool:
    """Tell whether a file begins as a message, or a batch of them."""
    return _START.match(start) is not None


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read the first message of a file; each further one is an attachment.

    Raises:
        Unusable: A batch without a message, or longer than `Limits.chars`.
    """
    text = plain.decode(content, _charset(content))
    starts = [match.end() for match in _MESSAGE.finditer(text)]
    if not starts:
        raise Unusable("no_text", "a batch without a message")
    messages = [text[start:end].strip("\x0b\x1c\r\n") for start, end in pairwise([*starts, len(text)])]
    message = _Message(plain.bounded(messages[0], limits))
    return Read(
        messages[0],
        embedded_values=tuple(islice(_values(message), MOST)),
        attachments=tuple(Attachment(one.encode(), HL7) for one in messages[1:]),
    )


def _charset(content: bytes) -> str | None:
    """Give the charset that MSH-18 of the first message names."""
    message = content[max(0, content.find(b"MSH")) :][:2_000]
    fields = re.split(rb"[\r\n]", message, maxsplit=1)[0].split(message[3:4] or b"|")
    named = fields[17].decode("ascii", "replace").partition("~")[0].strip() if len(fields) > 17 else ""
    if iso := re.fullmatch(r"8859/(\d{1,2})", named):
        return f"iso8859-{iso[1]}"
    return _CHARSETS.get(named)


class _Message:
    """The segments of a message, and how its delimiters part them."""

    def __init__(self, text: str) -> None:
        self._field, self._part, self._repeat, self._escape, self._inner = text[3], *text[4:8]
        self._named = {
            "F": self._field,
            "S": self._part,
            "R": self._repeat,
            "E": self._escape,
            "T": self._inner,
        }
        self._escaped = re.compile(
            rf"{re.escape(self._escape)}([^{re.escape(self._escape)}\n]{{1,20}})"
            rf"{re.escape(self._escape)}"
        )
        lines = islice(re.finditer(r"[^\r\n]+", text), _MOST_SEGMENTS)
        self.segments = [match[0].split(self._field) for match in lines]

    def each(self, segment: list[str], number: int) -> list[list[str]]:
        """Give the repetitions of a field, each as its components."""
        written = segment[number] if len(segment) > number else ""
        return [one.split(self._part) for one in islice(written.split(self._repeat), 20)]

    def text(self, components: list[str], number: int = 1) -> str:
        """Give a component without its escapes; ``""`` where it is not there, or deleted."""
        written = components[number - 1] if len(components) >= number else ""
        written = written.split(self._inner)[0][: 5 * LONGEST]
        written = self._escaped.sub(lambda match: self._named.get(match[1], " "), written)
        return "" if written == '""' else " ".join(written.split())[:LONGEST]

    def first(self, segment: list[str], number: int, component: int = 1) -> str:
        """Give a component of the first repetition of a field."""
        return self.text(self.each(segment, number)[0], component)


def _values(message: _Message) -> Iterator[tuple[str, str]]:
    first = message.first
    providers: dict[str, int] = {}
    panel = drug = procedure = -1
    # An order that is filled stands a second time, as it is to be given.
    order = "RXE" if any(segment[0] == "RXE" for segment in message.segments) else "RXO"
    for segment in message.segments:
        name = segment[0]
        of = partial(first, segment)
        if name == "PID":
            yield from _patient(message, segment)
        elif name == "PV1":
            yield from _visit(message, segment, providers)
        elif name == "OBR":
            panel += 1
            yield from _provider(message, segment, 16, providers)
        elif name == "OBX":
            yield from _observed(message, segment, max(panel, 0))
        elif name == order:
            coded, amount, unit = (2, 3, 5) if name == "RXE" else (1, 2, 4)
            if medicine := of(coded, 2) or of(coded, 5):
                drug += 1
                parts = [
                    ("drug", medicine),
                    *(("drug_code", code) for code in _codes(message, segment, coded)),
                ]
                parts.append(("dose", joined(of(amount), unit_of(of(unit)))))
                if name == "RXE":
                    parts.append(("frequency", often_by_code(of(1, 2).upper())))
                yield from ((f"{field}/{drug}", value) for field, value in parts if value)
        elif name == "RXR" and drug >= 0 and (route := of(1, 2) or of(1)):
            yield f"route/{drug}", route.lower()
        elif name == "TQ1" and drug >= 0 and (told := often_by_code(of(3).upper())):
            yield f"frequency/{drug}", told
        elif name == "PR1" and (done := of(3, 2) or of(4)):
            procedure += 1
            yield f"procedure/{procedure}", done
            yield from ((f"procedure_code/{procedure}", code) for code in _codes(message, segment, 3))


def _patient(message: _Message, segment: list[str]) -> Iterator[tuple[str, str]]:
    if name := _person(message, message.each(segment, 5)[0], 1):
        yield "patient", name
    if birth := iso_day(message.first(segment, 7)):
        yield "birth_date", birth
    for number in message.each(segment, 3):
        if message.text(number, 5) in _RECORD and (written := message.text(number)):
            yield "patient_id", written


def _visit(message: _Message, segment: list[str], providers: dict[str, int]) -> Iterator[tuple[str, str]]:
    if facility := message.first(segment, 3, 4):
        yield "facility", facility
    is_stay = message.first(segment, 2) == "I"
    for number, field in ((44, "admission" if is_stay else "visit"), (45, "discharge" if is_stay else "")):
        if field and (day := iso_day(message.first(segment, number))):
            yield field, day
    for number in (7, 17):
        yield from _provider(message, segment, number, providers)


def _provider(
    message: _Message, segment: list[str], number: int, providers: dict[str, int]
) -> Iterator[tuple[str, str]]:
    """Give who attended or ordered, once, with the NPI where the number is called one."""
    person = message.each(segment, number)[0]
    name = _person(message, person, 2)
    if not name or name in providers:
        return
    group = providers[name] = len(providers)
    yield f"provider/{group}", name
    if "NPI" in (message.text(person, 9), message.text(person, 13)) and (npi := npi_of(message.text(person))):
        yield f"provider_npi/{group}", npi


def _person(message: _Message, components: list[str], family: int) -> str:
    """Write a name, given names first."""
    order = (family + 1, family + 2, family)
    return " ".join(filter(None, (message.text(components, number) for number in order)))[:LONGEST]


def _observed(message: _Message, segment: list[str], group: int) -> Iterator[tuple[str, str]]:
    of = partial(message.first, segment)
    if of(11) in _LEFT_OUT and of(11):
        return
    codes = _codes(message, segment, 3)
    loinc = next((code.removeprefix("LOINC ") for code in codes if code.startswith("LOINC ")), "")
    # A structured number, of type SN, has what compares it before it.
    number = (of(5, 2) if not of(5, 1) else "") if of(2) == "SN" else of(5)
    quantity = joined(number, unit_of(of(6))) if of(2) in ("NM", "SN") else ""
    role = VITAL_SIGNS.get(loinc) or of(3, 2) or of(3, 5) or of(3)
    if role and quantity:
        field = "vital_sign" if loinc in VITAL_SIGNS else "laboratory_value"
        yield from measured(field, group, role, quantity, codes)


def _codes(message: _Message, segment: list[str], number: int) -> list[str]:
    """Give the codes of a coded field: its own, and its other one."""
    coded = message.each(segment, number)[0]
    found = (code_of(message.text(coded, at + 2), message.text(coded, at)) for at in (1, 4))
    return list(dict.fromkeys(filter(None, found)))
