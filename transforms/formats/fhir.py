"""FHIR resources, in JSON and XML: what they state of a patient, as data (https://hl7.org/fhir).

Resources of DSTU2 to R5 are read by the members that these have in common. The text is that of the file;
values are named as those of C-CDA are (`formats.clinical`). In a Bundle each resource counts once, what one
refers to is looked up in it, and what was entered in error, stopped or not done is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from docassay.domains.quantities import unit_of
from docassay.transforms.formats import Limits, Read, Stated, Unusable, plain
from docassay.transforms.formats.clinical_values import (
    LONGEST,
    MOST,
    VITAL_SIGNS,
    code_of,
    joined,
    measured,
    npi_of,
    often,
    often_by_code,
)
from docassay.transforms.formats.media_types import FHIR

if TYPE_CHECKING:
    from lxml import etree

MEDIA_TYPES = frozenset({FHIR})

Resource = Mapping[str, Any]

_NAMESPACE = "{http://hl7.org/fhir}"
_MOST_RESOURCES = 20_000
_UNDONE = frozenset(
    ("entered-in-error", "stopped", "cancelled", "not-taken", "not-done", "declined", "draft", "preparation")
)
_MEDICINES = frozenset(
    (
        "MedicationRequest",
        "MedicationOrder",
        "MedicationStatement",
        "MedicationUsage",
        "MedicationAdministration",
    )
)
_NPI = frozenset(("http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"))
_RECORD = frozenset(("MR", "MRN", "PI", "PT", ""))
"""Types of identifiers (HL7 v2, table 0203) that are numbers of a record; not those of passports."""
_STAYS = frozenset(("IMP", "ACUTE", "NONAC", "inpatient"))
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_READ = (
    "Bundle|Patient|Practitioner|PractitionerRole|Organization|Encounter|Composition|Procedure|Observation"
    "|Medication(?:Request|Order|Statement|Usage|Administration|Dispense)?|DiagnosticReport|Condition|Location"
    "|AllergyIntolerance|Immunization|CarePlan|ServiceRequest|DocumentReference"
)
_RESOURCE = re.compile(rf'\s*(?:\[\s*)?\{{(?s:.)*?"resourceType"\s*:\s*"(?:{_READ})"'.encode())


def is_fhir(start: bytes, end: bytes) -> bool:
    """Tell whether JSON is of FHIR by how it begins and ends: prose behind a resource makes it a text."""
    return end.rstrip().endswith((b"}", b"]")) and _RESOURCE.match(start) is not None


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read resources in JSON: one, a list of them, or one a line, as files of bulk data have them.

    Raises:
        Unusable: No well-formed JSON, or longer than `Limits.chars`.
    """
    text = plain.bounded(plain.decode(content), limits)
    found: list[Resource] = []
    for given in _parsed(text):
        found += [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]
    return Read(text, embedded_values=values_of(*found))


def _parsed(text: str) -> Iterator[Any]:
    # Numbers stay as they are written: 1.10 is not 1.1.
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_number)
    at = 0
    try:
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            given, at = decoder.raw_decode(text, at)
            yield given
    except ValueError as error:
        raise Unusable("malformed", f"no well-formed JSON: {str(error)[:200]}") from None


def _no_number(name: str) -> str:
    raise ValueError(f"{name} is no number of JSON")


def of_xml(element: etree._Element) -> Resource:
    """Give a resource in XML in the form that it has in JSON; numbers are texts there, too."""
    return {"resourceType": str(element.tag).removeprefix(_NAMESPACE), **_members(element)}


def _members(element: etree._Element) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for child in element:
        if not isinstance(child.tag, str) or not child.tag.startswith(_NAMESPACE):
            continue  # XHTML
        name = child.tag.removeprefix(_NAMESPACE)
        if name in ("resource", "contained"):
            value: Any = of_xml(child[0]) if len(child) else {}
        elif "value" in child.attrib or not len(child):
            value = child.get("value", "")  # it may have extensions, too
        else:
            value = _members(child)
        members.setdefault(name, []).append(value)
    return members


def values_of(*given: Resource) -> Stated:
    """Give what resources state: patient, providers, stays, medicines, procedures and what was measured."""
    resources = list(islice(_resources(given), _MOST_RESOURCES))
    return tuple(islice(_Reader(resources).values(), MOST))


def _resources(given: Sequence[Resource]) -> Iterator[tuple[str, Resource, Resource]]:
    """Yield resources, those in Bundles and contained ones, each with its address and what contains it.

    What no other contains stands for that itself. The address of a contained one holds within it alone.
    """
    waiting = [("", one, one) for one in reversed(given)]
    while waiting:
        address, one, outer = waiting.pop()
        yield address, one, outer
        inner = [
            (_text(entry, "fullUrl"), of, of)
            for entry in _each(one, "entry")
            for of in _each(entry, "resource")
        ]
        inner += [(f"#{_text(of, 'id')}", of, outer) for of in _each(one, "contained")]
        waiting += reversed(inner)


class _Reader:
    def __init__(self, resources: list[tuple[str, Resource, Resource]]) -> None:
        self._resources = [one for _, one, _ in resources]
        self._outer = {id(one): outer for _, one, outer in resources}
        self._contained = {
            (id(outer), address): one for address, one, outer in resources if address.startswith("#")
        }
        self._known = {
            address: one for address, one, _ in resources if address and not address.startswith("#")
        }
        for one in self._resources:
            self._known.setdefault(f"{_text(one, 'resourceType')}/{_text(one, 'id')}", one)

    def values(self) -> Iterator[tuple[str, str]]:
        groups = {"provider": 0, "drug": 0, "procedure": 0, "measured": 0}
        for one in self._resources:
            kind = _text(one, "resourceType")
            if _text(one, "status") in _UNDONE or _text(one, "doNotPerform") == "true":
                continue
            if kind == "Patient":
                yield from _patient(one)
            elif kind == "Practitioner":
                yield from _grouped(_provider(one), groups, "provider")
            elif kind == "Encounter":
                yield from self._encounter(one)
            elif kind == "Composition":
                for field in ("author", "custodian"):
                    named = (self._named(one, of) for of in _each(one, field))
                    yield from (
                        ("organization" if field == "custodian" else field, name) for name in named if name
                    )
            elif kind in _MEDICINES:
                yield from _grouped(self._medicine(one), groups, "drug")
            elif kind == "Procedure":
                done = _first(one, "code")
                parts = [("procedure", _name(done)), *(("procedure_code", code) for code in _codes(done))]
                yield from _grouped(parts if parts[0][1] else [], groups, "procedure")
            elif kind == "Observation":
                yield from _observed(one, groups["measured"])
                groups["measured"] += 1

    def _referred(self, one: Resource, of: Resource) -> Resource:
        """Give the resource that a reference in another one names; empty where it is not there."""
        address = _text(of, "reference")
        if address.startswith("#"):
            return self._contained.get((id(self._outer[id(one)]), address), {})
        return self._known.get(address, {})

    def _named(self, one: Resource, of: Resource) -> str:
        """Give the name of what a resource refers to: as it is shown there, or its own."""
        if shown := _text(of, "display"):
            return shown[:LONGEST]
        found = self._referred(one, of)
        return _text(found, "name") or next((_person(name) for name in _each(found, "name")), "")

    def _encounter(self, one: Resource) -> Iterator[tuple[str, str]]:
        period = _first(one, "period") or _first(one, "actualPeriod")
        kinds = _each(one, "class")
        codes = {_text(kind, "code") for kind in kinds}
        codes |= {_text(of, "code") for kind in kinds for of in _each(kind, "coding")} | {_text(one, "class")}
        is_stay = not codes.isdisjoint(_STAYS)
        ends = (("admission", "start"), ("discharge", "end")) if is_stay else (("visit", "start"),)
        for field, end in ends:
            if day := _DAY.match(_text(period, end)):
                yield field, day[0]
        places = [*_each(one, "serviceProvider"), *(_first(of, "location") for of in _each(one, "location"))]
        if facility := next(filter(None, (self._named(one, place) for place in places)), ""):
            yield "facility", facility

    def _medicine(self, one: Resource) -> Iterator[tuple[str, str]]:
        of = _first(one, "medicationCodeableConcept") or _first(_first(one, "medication"), "concept")
        referred = _first(one, "medicationReference") or _first(_first(one, "medication"), "reference")
        if not of and referred:
            of = _first(self._referred(one, referred), "code")
        name = _name(of) or _text(referred, "display")
        if not name:
            return
        yield "drug", name
        yield from (("drug_code", code) for code in _codes(of))
        taken = next((first for at in ("dosageInstruction", "dosage") if (first := _first(one, at))), {})
        rate = _first(taken, "doseAndRate")
        quantity = _first(rate, "doseQuantity") or _first(taken, "doseQuantity") or _first(taken, "dose")
        if dose := _quantity(quantity):
            yield "dose", dose
        if route := _name(_first(taken, "route")):
            yield "route", route.lower()
        timing = _first(taken, "timing")
        repeat = _first(timing, "repeat")
        told = often(_text(repeat, "frequency") or "1", _text(repeat, "period"), _text(repeat, "periodUnit"))
        codes = (often_by_code(_text(of, "code")) for of in _each(_first(timing, "code"), "coding"))
        often_ = told or next(filter(None, codes), "")
        needed = _text(taken, "asNeededBoolean") == "true" or _text(taken, "asNeeded") == "true"
        if often_ or needed:
            yield "frequency", " ".join(filter(None, (often_, "as needed" if needed else "")))


def _grouped(
    parts: Iterator[tuple[str, str]] | list[tuple[str, str]], groups: dict[str, int], of: str
) -> Iterator[tuple[str, str]]:
    some = [(field, value[:LONGEST]) for field, value in parts if value]
    yield from ((f"{field}/{groups[of]}", value) for field, value in some)
    groups[of] += bool(some)


def _patient(one: Resource) -> Iterator[tuple[str, str]]:
    names = sorted(_each(one, "name"), key=lambda name: _text(name, "use") not in ("official", ""))
    if name := next(filter(None, map(_person, names)), ""):
        yield "patient", name
    if birth := _DAY.fullmatch(_text(one, "birthDate")):
        yield "birth_date", birth[0]
    for number in islice(_each(one, "identifier"), 20):
        types = {_text(of, "code") for of in _each(_first(number, "type"), "coding")} or {""}
        if not types.isdisjoint(_RECORD) and (value := _text(number, "value")):
            yield "patient_id", value[:LONGEST]


def _provider(one: Resource) -> Iterator[tuple[str, str]]:
    yield "provider", next(filter(None, map(_person, _each(one, "name"))), "")
    numbers = (
        _text(number, "value") for number in _each(one, "identifier") if _text(number, "system") in _NPI
    )
    yield "provider_npi", npi_of(next(numbers, ""))


def _observed(one: Resource, group: int) -> Iterator[tuple[str, str]]:
    """Give what an observation measured, and each of its components."""
    kinds = {_text(of, "code") for kind in _each(one, "category") for of in _each(kind, "coding")}
    for of in (one, *_each(one, "component")):
        coded = _first(of, "code")
        loinc = next(
            (_text(c, "code") for c in _each(coded, "coding") if _text(c, "code") in VITAL_SIGNS), ""
        )
        is_vital = loinc or "vital-signs" in kinds
        role, quantity = VITAL_SIGNS.get(loinc) or _name(coded), _quantity(_first(of, "valueQuantity"))
        if role and quantity and (is_vital or "laboratory" in kinds or not kinds):
            yield from measured(
                "vital_sign" if is_vital else "laboratory_value", group, role, quantity, _codes(coded)
            )


def _each(one: Any, member: str) -> list[Resource]:
    """List the objects that a member has: one or several, as FHIR's versions differ; no texts."""
    value = one.get(member, ()) if isinstance(one, dict) else ()
    return [of for of in (value if isinstance(value, list) else [value]) if isinstance(of, dict)]


def _first(one: Any, member: str) -> Resource:
    return next(iter(_each(one, member)), {})


def _text(one: Any, member: str) -> str:
    """Give the first text of a member; truth as FHIR writes it in XML."""
    value = one.get(member, "") if isinstance(one, dict) else ""
    value = next(iter(value), "") if isinstance(value, list) else value
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value[: 5 * LONGEST].split()) if isinstance(value, str) else ""


def _person(name: Resource) -> str:
    given = name.get("given", ())
    parts = [part for part in (given if isinstance(given, list) else [given]) if isinstance(part, str)]
    family = name.get("family", ())
    parts += [part for part in (family if isinstance(family, list) else [family]) if isinstance(part, str)]
    return " ".join(" ".join(parts).split())[:LONGEST] or _text(name, "text")[:LONGEST]


def _name(concept: Resource) -> str:
    """Give the words of a concept: its own, or those of its codes."""
    shown = (_text(one, "display") for one in _each(concept, "coding"))
    return (_text(concept, "text") or next(filter(None, shown), ""))[:LONGEST]


def _codes(concept: Resource) -> list[str]:
    found = (code_of(_text(one, "system"), _text(one, "code")) for one in _each(concept, "coding"))
    return list(dict.fromkeys(filter(None, islice(found, 5))))


def _quantity(one: Resource) -> str:
    if _text(one, "comparator"):
        return ""
    return joined(_text(one, "value"), _text(one, "code") or unit_of(_text(one, "unit")))
