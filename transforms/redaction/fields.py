"""Personal data by the fields of data formats: HL7 v2 and FHIR say which field holds a name or a number.

A tagger reads prose; between the delimiters of a message it misses names, and takes codes for numbers of
records. `fields.toml` lists the fields (HL7 v2.5.1; FHIR DSTU2 to R5: HumanName, Address, ContactPoint,
Identifier, Reference). What the data of any other format state of a patient is looked for in its text.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from docassay.models.span_edges import TaggedSpan
from docassay.models.tagger import installed
from docassay.transforms.document import Document
from docassay.transforms.formats.media_types import FHIR, HL7
from docassay.transforms.redaction.choice import listed
from docassay.transforms.redaction.spans import PersonalSpan, edits, found, phrase, redacted

_Span = TypeVar("_Span", PersonalSpan, TaggedSpan)

_STATED = {
    "patient": "person",
    "provider": "person",
    "patient_id": "record_number",
    "provider_npi": "us_npi",
    "birth_date": "date_time",
}
"""The label of what data state of people, by its name among `Document.embedded_values`."""

_SHORTEST = 3
"""Letters of a part of a name from which on it is looked for by itself."""

_NEAR = 8
"""Objects and lists around a value that say what it is."""

_SEGMENT = re.compile(r"[^\r\n]+")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*+:)?|[][{},]|[^][{},\s"]++')
_LINE = re.compile(r"(?m)^(\w+): (.+)$")
"""A member of FHIR in XML, as its text is written."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What the fields of a data format say of the personal data in a text.

    Attributes:
        personal: The values of fields that hold personal data.
        coded: Where fields hold codes, units and numbers of lines, which are none; in order, apart.
    """

    personal: Sequence[PersonalSpan]
    coded: Sequence[tuple[int, int]]

    def added_to(self, found: Iterable[PersonalSpan]) -> list[PersonalSpan]:
        """Add what was found elsewhere, but for what of it lies in codes."""
        return [*self.personal, *self._cut(found)]

    def tagged_with(self, found: Iterable[TaggedSpan], text: str) -> list[TaggedSpan]:
        """Do the same with what a tagger found for tables: in order, and each place once."""
        own = [TaggedSpan(span.start, span.end, span.label, None) for span in self.personal]
        starts = [span.start for span in own]

        def is_new(span: TaggedSpan) -> bool:
            near = bisect_left(starts, span.end) - 1
            return near < 0 or own[near].end <= span.start

        new = [span for span in self._cut(found) if is_new(span)]
        worded = [span for span in new if any(map(str.isalnum, text[span.start : span.end]))]
        return sorted([*own, *worded], key=lambda span: span.start)

    def _cut(self, found: Iterable[_Span]) -> Iterator[_Span]:
        """Cut what lies in codes off spans."""
        ends = [end for _, end in self.coded]
        for span in found:
            at = span.start
            for n in range(bisect_right(ends, span.start), len(ends)):
                start, end = self.coded[n]
                if start >= span.end:
                    break
                if at < start:
                    yield replace(span, start=at, end=start)
                at = end
            if at < span.end:
                yield replace(span, start=at)


def by_field(document: Document) -> Fields:
    """Give the personal data that the fields of a document hold, if it has any."""
    text = document.text
    if document.media_type == HL7:
        return _fields(text, _hl7(text))
    if document.media_type == FHIR:
        return _fields(text, _fhir(text))
    stated = [*_stated(document)]
    if not stated or not text.startswith("resourceType: "):
        return Fields(stated, ())
    members = _spec()["fhir"]
    lines = [
        PersonalSpan(*match.span(2), members[match[1]])
        for match in _LINE.finditer(text)
        if match[1] in members
    ]
    return Fields([*stated, *lines], ())


def masked(document: Document, wanted: Collection[int]) -> dict[int, str]:
    """Give the texts of segments as the encoder reads them, with personal data as ``[PERSON]`` and the like.

    The whole text is searched as `docassay redact` searches it, not the segments alone: a name is told by
    where it stands and by its repetition. What is found with doubt is masked, too.
    """
    if document.english:
        text, language, segments = document.english.text, "en", document.english.segments
        fields = Fields((), ())
    else:
        text, language, segments = document.text, document.language, document.segments
        fields = by_field(document)
    made = edits(text, found(text, language, installed(), with_fields=fields.added_to), "label")
    return {n: redacted(text, made, segments[n].start_char, segments[n].end_char) for n in wanted}


@cache
def _spec() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("fields.toml").read_text("utf-8"))


def _fields(text: str, said: Iterator[tuple[int, int, str]]) -> Fields:
    """Part values from codes, whose label is empty."""
    personal: list[PersonalSpan] = []
    coded: list[tuple[int, int]] = []
    for start, end, label in sorted(said):
        if label and any(map(str.isalnum, text[start:end])):
            personal.append(PersonalSpan(start, end, label))
        elif not label and start < end and (not coded or start >= coded[-1][1]):
            coded.append((start, end))
    return Fields(personal, coded)


def _hl7(text: str) -> Iterator[tuple[int, int, str]]:
    """Give the components of an HL7 v2 message that hold personal data, its codes and names of segments."""
    field, part, repeat = text[3], text[4], text[5]
    segments, components = _spec()["hl7"], _spec()["components"]
    for segment in _SEGMENT.finditer(text):
        name, *written = segment[0].split(field)
        spec = segments.get(name, {})
        types = {number: kind for kind, numbers in spec.items() for number in numbers}
        yield segment.start(), segment.start() + len(name), ""
        start = segment.start() + len(name) + 1
        for number, value in enumerate(written, start=2 if name == "MSH" else 1):
            kind = types.get(number)
            if kind == "coded":
                yield start, start + len(value), ""
            elif kind:
                at = start
                for one in value.split(repeat):
                    place = at
                    for count, component in enumerate(one.split(part), start=1):
                        label = components[kind].get(str(count))
                        if label and component != '""':
                            yield place, place + len(component), label
                        place += len(component) + 1
                    at += len(one) + 1
            start += len(value) + 1
    for mark in re.finditer(f"[{re.escape(field + part)}]", text):  # no value reaches over these
        yield *mark.span(), ""


def _fhir(text: str) -> Iterator[tuple[int, int, str]]:
    """Give the strings of FHIR in JSON that hold personal data, and those that hold codes."""
    members, coded = _spec()["fhir"], _spec()["fhir_coded"]
    above: list[str] = []  # the member that each open object or list stands in
    key, at = "", 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if token[2]:
            key = token[1]
        elif mark in ("{", "["):
            above.append(key)
            key = ""
        elif mark in ("}", "]", ","):
            key = ""
            if mark != "," and above:
                above.pop()
        else:
            names = [name for name in above[-_NEAR:] if name]
            own = key or (names.pop() if names else "")
            outer = names[-1] if names else ""
            start, end = token.span(0 if token[1] is None else 1)
            yield at, start, ""  # braces and names of members
            at = end
            if label := members.get(f"{outer}.{own}") or members.get(own):
                yield start, end, "email_address" if own == "value" and "@" in mark else label
            elif own in coded["members"] or any(name in coded["within"] for name in names):
                yield start, end, ""
    yield at, len(text), ""


def _stated(document: Document) -> Iterator[PersonalSpan]:
    """Find in a text what its data state of people: names whole and by their parts, numbers and dates."""
    known = {}
    for name, value in document.embedded_values:
        label = _STATED.get(name.partition("/")[0])
        if not label or not phrase(value):
            continue
        known[phrase(value)] = PersonalSpan(0, 0, label)
        if label == "person":
            parts = (part for part in re.findall(r"[^\W\d_]+", value) if len(part) >= _SHORTEST)
            known |= {phrase(part): PersonalSpan(0, 0, label) for part in parts}
    for span in listed(document.text, known) if known else ():
        if not document.text[span.start].islower():
            yield span
