"""What the entries of clinical documents state as data: medicines, vital signs and laboratory values.

C-CDA writes them beside the narrative (HL7 C-CDA 2.1: Medication Activity, Vital Sign and Result
Observation). Values are named ``FIELD/GROUP/ROLE``: the parts of one medicine, and what was measured at one
time, have one group. Quantities are written as a decimal, a blank and the unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from lxml import etree

from docassay.transforms.formats import Stated

MOST = 2_000
"""Values of a document that are kept."""

_V3 = "{urn:hl7-org:v3}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MEDICINES = frozenset({"2.16.840.1.113883.10.20.22.4.16", "2.16.840.1.113883.10.20.1.24"})
_VITAL_SIGN = "2.16.840.1.113883.10.20.22.4.27"
_RESULT = "2.16.840.1.113883.10.20.22.4.2"
_VITAL_SIGNS: Mapping[str, str] = {
    "8480-6": "systolic blood pressure",
    "8462-4": "diastolic blood pressure",
    "8867-4": "heart rate",
    "9279-1": "respiratory rate",
    "8310-5": "body temperature",
    "2708-6": "oxygen saturation",
    "59408-5": "oxygen saturation",
    "29463-7": "body weight",
    "3141-9": "body weight",
    "8302-2": "body height",
    "8306-3": "body height",
    "39156-5": "body mass index",
}
"""Names of what is measured by the code in LOINC, as the readers of the print have them."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})")
_NO_UNIT = frozenset({"", "1", "{unknown}"})
_LONGEST = 200
_PERIODS = {"h": "h", "d": "day", "wk": "week", "min": "min", "mo": "month", "a": "year", "s": "s"}


def of_entries(root: etree._Element) -> Stated:
    """Give what the entries of a C-CDA document state of medicines and of what was measured."""
    texts = _Referenced(root)
    return tuple(islice((*_medicines(root, texts), *_measured(root, texts)), MOST))


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
        parts = [("drug", name)]
        if dose := _pair(given.find(f"{_V3}doseQuantity")):
            parts.append(("dose", dose))
        if route := _coded(given.find(f"{_V3}routeCode"), texts):
            parts.append(("route", route.lower()))
        parts += [("frequency", often) for often in islice(filter(None, map(_often, given)), 1)]
        yield from ((f"{field}/{group}", value[:_LONGEST]) for field, value in parts)
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
        role = _VITAL_SIGNS.get(code.get("code", "")) or _coded(code, texts)
        quantity = _pair(value) if value.get(_TYPE, "PQ").endswith("PQ") else ""
        if role and quantity:
            above = observed.getparent()
            panel = above.getparent() if above is not None else None
            group = groups.setdefault(panel, len(groups))
            yield f"{field}/{group}/{role[:_LONGEST]}", quantity


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


def _pair(quantity: etree._Element | None) -> str:
    """Write a quantity as a decimal, a blank and its unit; ``""`` where it has no one number."""
    if quantity is None or not _NUMBER.fullmatch(quantity.get("value", "")):
        return ""
    unit = "_".join(quantity.get("unit", "").split())
    return _joined(quantity.get("value", ""), unit)


def _joined(number: str, unit: str) -> str:
    number = number.removeprefix("+")
    number = f"0{number}" if number.startswith(".") else number
    return number if unit in _NO_UNIT or not unit.isascii() else f"{number} {unit[:30]}"


def _often(time: etree._Element) -> str:
    """Say how often a medicine is taken: ``2 per day``, ``every 6 h``; ``""`` of another time."""
    period = time.find(f"{_V3}period")
    if time.tag != f"{_V3}effectiveTime" or period is None:
        return ""
    number = period.get("value", "")
    unit = _PERIODS.get(period.get("unit", ""), "")
    if not unit or not _NUMBER.fullmatch(number) or not float(number):
        return ""
    times = 24 / float(number)
    # At hours that the institution sets, so many times a day is meant.
    if unit == "h" and time.get("institutionSpecified") == "true" and times in (1, 2, 3, 4, 6):
        return f"{times:.0f} per day"
    return f"1 per {unit}" if float(number) == 1 and unit != "h" else f"every {number} {unit}"


def _text(element: etree._Element) -> str:
    return _tidy(" ".join(islice(element.itertext(), 100)))


def _tidy(text: str | None) -> str:
    return " ".join((text or "")[: 5 * _LONGEST].split())[:_LONGEST]
