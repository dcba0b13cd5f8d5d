"""How data of clinical documents are written, whatever their format: codes, quantities, frequencies, days.

C-CDA names a system of codes by its OID, FHIR by its address, HL7 v2 by its entry in table 0396.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from stdnum import luhn

MOST = 10_000
"""Values of a document that are kept."""

VITAL_SIGNS: Mapping[str, str] = {
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

NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})")
_NO_UNIT = frozenset({"", "1", "{unknown}"})
_DAY = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
LONGEST = 200
_PERIODS = {"h": "h", "d": "day", "wk": "week", "min": "min", "mo": "month", "a": "year", "s": "s"}

_SYSTEMS = {
    "LOINC": ("2.16.840.1.113883.6.1", "http://loinc.org", "LN"),
    "RxNorm": ("2.16.840.1.113883.6.88", "http://www.nlm.nih.gov/research/umls/rxnorm", "RXNORM"),
    "SNOMED CT": ("2.16.840.1.113883.6.96", "http://snomed.info/sct", "SCT"),
    "CPT": ("2.16.840.1.113883.6.12", "http://www.ama-assn.org/go/cpt", "C4", "CPT"),
    "HCPCS": ("2.16.840.1.113883.6.285", "urn:oid:2.16.840.1.113883.6.285", "HCPCS", "HPC"),
    "ICD-10-PCS": ("2.16.840.1.113883.6.4", "http://www.cms.gov/Medicare/Coding/ICD10", "I10P"),
    "NDC": ("2.16.840.1.113883.6.69", "http://hl7.org/fhir/sid/ndc", "NDC"),
    "CVX": ("2.16.840.1.113883.12.292", "http://hl7.org/fhir/sid/cvx", "CVX"),
    "ATC": ("2.16.840.1.113883.6.73", "http://www.whocc.no/atc", "ATC"),
    "PZN": ("1.2.276.0.76.4.6", "http://fhir.de/CodeSystem/ifa/pzn", "PZN"),
    "OPS": ("1.2.276.0.76.5.501", "http://fhir.de/CodeSystem/bfarm/ops", "OPS"),
}
_NAMES = {one: name for name, identifiers in _SYSTEMS.items() for one in identifiers}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,30}")


def code_of(system: str | None, code: str | None) -> str:
    """Give a code with its system; ``""`` of a system that is not known here, or of what is no code.

    >>> code_of("LN", "8480-6"), code_of("http://loinc.org", "8480-6"), code_of("L", "K")
    ('LOINC 8480-6', 'LOINC 8480-6', '')
    """
    name = _NAMES.get((system or "").strip())
    written = (code or "").strip()
    return f"{name} {written}" if name and _CODE.fullmatch(written) else ""


def npi_of(number: str) -> str:
    """Give a National Provider Identifier; ``""`` where its check digit is wrong.

    >>> npi_of("1234567893"), npi_of("1234567890"), npi_of("160")
    ('1234567893', '', '')
    """
    return number if len(number) == 10 and luhn.is_valid(f"80840{number}") else ""


def iso_day(written: str | None) -> str:
    """Write the day of a time of HL7, ``YYYYMMDD...``, as in ISO 8601; ``""`` of what has none.

    >>> iso_day("20240503101500+0100"), iso_day("2024")
    ('2024-05-03', '')
    """
    match = _DAY.match(written or "")
    return "-".join(match.groups()) if match else ""


def measured(
    field: str, group: int, role: str, quantity: str, codes: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Give what was measured, and its codes, which have its group and role."""
    yield f"{field}/{group}/{role[:LONGEST]}", quantity
    of = "vital_sign_code" if field == "vital_sign" else "laboratory_code"
    yield from ((f"{of}/{group}/{role[:LONGEST]}", one) for one in codes)


def joined(number: str, unit: str) -> str:
    """Write a quantity as a decimal, a blank and its unit; ``""`` where it has no one number.

    >>> joined("+.5", "mg"), joined("4.1", "1"), joined("<4", "mmol/L")
    ('0.5 mg', '4.1', '')
    """
    if not NUMBER.fullmatch(number):
        return ""
    number = number.removeprefix("+")
    if number.lstrip("-").startswith("."):
        number = number.replace(".", "0.")
    unit = "_".join(unit.split())
    return number if unit in _NO_UNIT or not unit.isascii() else f"{number} {unit[:30]}"


def often(times: str, number: str, unit: str) -> str:
    """Write how often: so many times in a number of units of UCUM; ``""`` of what is none.

    >>> often("2", "1", "d"), often("1", "6", "h"), often("1", "1", "wk"), often("2", "3", "d")
    ('2 per day', 'every 6 h', '1 per week', '')
    """
    name = _PERIODS.get(unit, "")
    if not name or not NUMBER.fullmatch(number) or not float(number) or not times.isdecimal():
        return ""
    if float(number) == 1 and (unit != "h" or times != "1"):
        return f"{times[:4]} per {name}"
    return f"every {number} {name}" if times == "1" else ""


_BY_CODE = {
    "QD": ("1", "1", "d"), "QAM": ("1", "1", "d"), "QPM": ("1", "1", "d"), "BID": ("2", "1", "d"),
    "TID": ("3", "1", "d"), "QID": ("4", "1", "d"), "QOD": ("1", "2", "d"), "QW": ("1", "1", "wk"),
}  # fmt: skip
_EVERY = re.compile(r"Q(\d{1,2})([HDM])")


def often_by_code(code: str) -> str:
    """Write how often by a code of HL7: table 0335, and the same in FHIR.

    >>> often_by_code("BID"), often_by_code("Q6H"), often_by_code("QHS"), often_by_code("as told")
    ('2 per day', 'every 6 h', 'at bedtime', '')
    """
    if code in ("QHS", "HS"):
        return "at bedtime"
    if match := _EVERY.fullmatch(code):
        return often("1", match[1], {"H": "h", "D": "d", "M": "min"}[match[2]])
    return often(*_BY_CODE.get(code, ("", "", "")))
