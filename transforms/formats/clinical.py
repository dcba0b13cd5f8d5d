"""What the entries of clinical documents state as data: medicines, procedures, what was measured.

C-CDA writes them beside the narrative (HL7 C-CDA 2.1: Medication Activity, Procedure Activity, Vital Sign
and Result Observation). Values are named ``FIELD/GROUP/ROLE``: the parts of one medicine, and what was
measured at one time, have one group. Quantities are a decimal, a blank and the unit; codes have their system.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml import etree

from docassay.transforms.formats import Stated
from docassay.transforms.formats.clinical_values import (
    LONGEST,
    MOST,
    NUMBER,
    VITAL_SIGNS,
    code_of,
    iso_day,
    joined,
    measured,
    npi_of,
    often,
)

_V3 = "{urn:hl7-org:v3}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MEDICINES = frozenset({"2.16.840.1.113883.10.20.22.4.16", "2.16.840.1.113883.10.20.1.24"})
_PROCEDURES = frozenset(f"2.16.840.1.113883.10.20.22.4.{n}" for n in (12, 13, 14))
_VITAL_SIGN = "2.16.840.1.113883.10.20.22.4.27"
_RESULT = "2.16.840.1.113883.10.20.22.4.2"
_NPI = "2.16.840.1.113883.4.6"
_SSN = "2.16.840.1.113883.4.1"
_DISCHARGE_SUMMARY = "18842-5"


def of_entries(root: etree._Element) -> Stated:
    """Give what the entries of a C-CDA document state of medicines, procedures and of what was measured."""
    texts = _Referenced(root)
    found = (*_medicines(root, texts), *_procedures(root, texts), *_measured(root, texts))
    return tuple(islice(found, MOST))


def of_header(root: etree._Element) -> Stated:
    """Give whose record it is by number, who treated, where, and from when to when."""
    return tuple(islice(_header(root), MOST))


def _header(root: etree._Element) -> Iterator[tuple[str, str]]:
    for number in islice(root.iterfind(f"{_V3}recordTarget/{_V3}patientRole/{_V3}id[@extension]"), 5):
        if number.get("root") != _SSN:
            yield "patient_id", number.get("extension", "")[:LONGEST]
    group = 0
    for one in root.iterfind(f"{_V3}documentationOf/{_V3}serviceEvent/{_V3}performer/{_V3}assignedEntity"):
        numbers = (number.get("extension", "") for number in one.iterfind(f"{_V3}id[@root='{_NPI}']"))
        name = one.find(f"{_V3}assignedPerson/{_V3}name")
        found = [
            ("provider", "" if name is None else _text(name)),
            ("provider_npi", npi_of(next(numbers, ""))),
        ]
        yield from ((f"{field}/{group}", value) for field, value in found if value)
        group += any(value for _, value in found)
    stay = root.find(f"{_V3}componentOf/{_V3}encompassingEncounter")
    if stay is None:
        return
    place = f"{_V3}location/{_V3}healthCareFacility/"
    for path in (f"{place}{_V3}location/{_V3}name", f"{place}{_V3}serviceProviderOrganization/{_V3}name"):
        if (named := stay.find(path)) is not None and _text(named):
            yield "facility", _text(named)
            break
    of = root.find(f"{_V3}code")
    if of is not None and of.get("code") == _DISCHARGE_SUMMARY:
        for field, end in (("admission", "low"), ("discharge", "high")):
            time = stay.find(f"{_V3}effectiveTime/{_V3}{end}")
            if time is not None and (day := iso_day(time.get("value"))):
                yield field, day


class _Referenced:
    """The parts of a narrative that entries refer to by their ID, looked up when the first is asked for."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._by_id: dict[str, etree._Element] | None = None

    def of(self, element: etree._Element | None) -> str:
        """Give the text of an element, or of what it refers to."""
        if element is None:
            return ""
        reference = element.find(f"{_V3}reference")
        if reference is None:
            return _text(element)
        if self._by_id is None:
            self._by_id = {one.get("ID", ""): one for one in self._root.iter(f"{_V3}*") if one.get("ID")}
        named = self._by_id.get(reference.get("value", "").removeprefix("#"))
        return _text(named) if named is not None else ""


def _medicines(root: etree._Element, texts: _Referenced) -> Iterator[tuple[str, str]]:
    group = 0
    for given in root.iter(f"{_V3}substanceAdministration"):
        if not _is(given, *_MEDICINES) or _is_undone(given):
            continue
        code = given.find(f"{_V3}consumable/{_V3}manufacturedProduct/{_V3}manufacturedMaterial/{_V3}code")
        name = _coded(code, texts)
        if not name:
            continue
        parts = [("drug", name), *(("drug_code", one) for one in _codes(code))]
        if dose := _pair(given.find(f"{_V3}doseQuantity")):
            parts.append(("dose", dose))
        if route := _coded(given.find(f"{_V3}routeCode"), texts):
            parts.append(("route", route.lower()))
        parts += [("frequency", often) for often in islice(filter(None, map(_often, given)), 1)]
        yield from ((f"{field}/{group}", value[:LONGEST]) for field, value in parts)
        group += 1


def _procedures(root: etree._Element, texts: _Referenced) -> Iterator[tuple[str, str]]:
    group = 0
    for done in root.iter(f"{_V3}procedure", f"{_V3}observation", f"{_V3}act"):
        code = done.find(f"{_V3}code")
        if not _is(done, *_PROCEDURES) or _is_undone(done) or not (name := _coded(code, texts)):
            continue
        yield f"procedure/{group}", name
        yield from ((f"procedure_code/{group}", one) for one in _codes(code))
        group += 1


def _measured(root: etree._Element, texts: _Referenced) -> Iterator[tuple[str, str]]:
    groups: dict[etree._Element | None, int] = {}
    for observed in root.iter(f"{_V3}observation"):
        field = (
            "vital_sign"
            if _is(observed, _VITAL_SIGN)
            else "laboratory_value"
            if _is(observed, _RESULT)
            else ""
        )
        code, value = observed.find(f"{_V3}code"), observed.find(f"{_V3}value")
        if not field or _is_undone(observed) or code is None or value is None:
            continue
        role = VITAL_SIGNS.get(code.get("code", "")) or _coded(code, texts)
        quantity = _pair(value) if value.get(_TYPE, "PQ").endswith("PQ") else ""
        if role and quantity:
            above = observed.getparent()
            panel = above.getparent() if above is not None else None
            group = groups.setdefault(panel, len(groups))
            yield from measured(field, group, role, quantity, _codes(code))


def _is(element: etree._Element, *templates: str) -> bool:
    return any(one.get("root") in templates for one in element.findall(f"{_V3}templateId"))


def _is_undone(element: etree._Element) -> bool:
    """Tell whether an entry says that it did not happen, was stopped, or was written in error."""
    status = element.find(f"{_V3}statusCode")
    return element.get("negationInd") in ("true", "1") or (
        status is not None and status.get("code") in ("aborted", "cancelled", "nullified")
    )


def _coded(code: etree._Element | None, texts: _Referenced) -> str:
    """Give the name of a code: its own, that of a translation, else what the narrative says."""
    if code is None:
        return ""
    names = [code.get("displayName"), *(one.get("displayName") for one in code.findall(f"{_V3}translation"))]
    return next(filter(None, map(_tidy, names)), "") or texts.of(code.find(f"{_V3}originalText"))


def _codes(code: etree._Element | None) -> Iterator[str]:
    """Give a code and its translations, of the systems that are known."""
    for one in () if code is None else islice((code, *code.findall(f"{_V3}translation")), 5):
        if written := code_of(one.get("codeSystem"), one.get("code")):
            yield written


def _pair(quantity: etree._Element | None) -> str:
    return "" if quantity is None else joined(quantity.get("value", ""), quantity.get("unit", ""))


def _often(time: etree._Element) -> str:
    """Say how often a medicine is taken: ``2 per day``, ``every 6 h``; ``""`` of another time."""
    period = time.find(f"{_V3}period")
    if time.tag != f"{_V3}effectiveTime" or period is None:
        return ""
    number = period.get("value", "")
    # At hours that the institution sets, so many times a day is meant.
    by_hours = period.get("unit") == "h" and time.get("institutionSpecified") == "true"
    if by_hours and NUMBER.fullmatch(number) and float(number) in (4, 6, 8, 12, 24):
        return f"{24 / float(number):.0f} per day"
    return often("1", number, period.get("unit", ""))


def _text(element: etree._Element) -> str:
    return _tidy(" ".join(islice(element.itertext(), 100)))


def _tidy(text: str | None) -> str:
    return " ".join((text or "")[: 5 * LONGEST].split())[:LONGEST]
