"""Bank statements as data in ISO 20022, by its messages camt.052, camt.053 and camt.054.

Values are named for the fields of statements; an entry's have its ordinal behind the name. An amount is
negative where money goes out. Entries that are not booked are left out. Each further statement of a file is
an attachment, with the header of its message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice

from lxml import etree

from docassay.transforms.formats import Attachment, Stated
from docassay.transforms.formats.media_types import XML

MOST_ENTRIES = 10_000
"""Entries of a statement that are kept."""

_ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.05[234]\.001\.\d\d\}Document")
_STATEMENT = ("Stmt", "Rpt", "Ntfctn")
_BALANCES = {"OPBD": "opening_balance", "PRCD": "opening_balance", "CLBD": "closing_balance"}
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:T.*|Z|[+-]\d\d:\d\d)?")
_UNSIGNED = re.compile(r"\d{1,15}(?:\.\d{0,6})?")
_LONGEST = 200


def is_statement(root: etree._Element) -> bool:
    """Tell whether an XML is such a message by its root."""
    return _ROOT.fullmatch(str(root.tag)) is not None


def parted(root: etree._Element) -> tuple[Attachment, ...]:
    """Take all statements but the first out of a message, and give each as a message of its own."""
    several = [one for of in _STATEMENT for one in root.iterfind(f"{{*}}*/{{*}}{of}")]
    for one in several:
        if (above := one.getparent()) is not None:
            above.remove(one)
    further = []
    for one in several[1:]:
        message = deepcopy(root)
        message[0].append(one)
        further.append(Attachment(etree.tostring(message, encoding="utf-8", xml_declaration=True), XML))
    if several:
        root[0].append(several[0])
    return tuple(further)


def values_of(root: etree._Element) -> Stated:
    """Give the values of the first statement of a message."""
    for of in _STATEMENT:
        if (one := root.find(f"{{*}}*/{{*}}{of}")) is not None:
            return tuple(_values(one))
    return ()


def _values(statement: etree._Element) -> Iterator[tuple[str, str]]:
    account = _found(statement, "Acct/Id/IBAN") or _found(statement, "Acct/Id/Othr/Id")
    balances = list(_balances(statement))
    currency = _found(statement, "Acct/Ccy") or next((code for *_, code in balances if code), "")
    days = {name: day for name, _, day, _ in balances}
    start = _day(_found(statement, "FrToDt/FrDtTm")) or days.get("opening_balance", "")
    end = _day(_found(statement, "FrToDt/ToDtTm")) or days.get("closing_balance", "")
    bank = "Acct/Svcr/FinInstnId"
    for name, value in (
        ("account_holder", _found(statement, "Acct/Ownr/Nm")),
        ("iban", account),
        ("bic", _found(statement, f"{bank}/BICFI") or _found(statement, f"{bank}/BIC")),
        ("currency", currency),
        ("period_start", start),
        ("period_end", end),
        *((name, amount) for name, amount, _, _ in balances),
    ):
        if value:
            yield name, value
    booked = (one for one in statement.iterfind("{*}Ntry") if _is_booked(one))
    for group, entry in enumerate(islice(booked, MOST_ENTRIES)):
        day = _day(_found(entry, "BookgDt/*")) or _day(_found(entry, "ValDt/*"))
        for name, value in (("date", day), ("text", _words(entry)), ("amount", _amount(entry))):
            if value:
                yield f"entry_{name}/{group}", value


def _balances(statement: etree._Element) -> Iterator[tuple[str, str, str, str]]:
    """Give name, amount, day and currency of the balances at both ends, each once."""
    told = set()
    for one in statement.iterfind("{*}Bal"):
        name = _BALANCES.get(_found(one, "Tp/CdOrPrtry/Cd"), "")
        if name and name not in told:
            told.add(name)
            amount = one.find("{*}Amt")
            currency = "" if amount is None else amount.get("Ccy", "")
            yield name, _amount(one), _day(_found(one, "Dt/*")), currency


def _is_booked(entry: etree._Element) -> bool:
    """Tell whether an entry is booked: its status says so, as a text or, from version 8 on, as a code."""
    return (_found(entry, "Sts/Cd") or _found(entry, "Sts") or "BOOK") == "BOOK"


def _amount(one: etree._Element) -> str:
    """Give an amount, negative where it is a debit; as it is written where it cannot be read."""
    written, mark = _found(one, "Amt"), _found(one, "CdtDbtInd")
    if not _UNSIGNED.fullmatch(written) or mark not in ("CRDT", "DBIT"):
        return f"{written} {mark}".strip()
    return f"-{written}" if mark == "DBIT" else written


def _words(entry: etree._Element) -> str:
    """Give what an entry is for: other party and purpose of its first transaction, else its own words."""
    of = entry.find("{*}NtryDtls/{*}TxDtls")
    parts = [] if of is None else [_found(of, "RmtInf/Ustrd") or _found(of, "RmtInf/Strd/CdtrRefInf/Ref")]
    if of is not None:
        party = "Dbtr" if _found(entry, "CdtDbtInd") == "CRDT" else "Cdtr"
        name = _found(of, f"RltdPties/{party}/Nm") or _found(of, f"RltdPties/{party}/Pty/Nm")
        parts.insert(0, name)
    return ", ".join(filter(None, parts)) or _found(entry, "AddtlNtryInf")


def _found(element: etree._Element, path: str) -> str:
    steps = "/".join(step if step == "*" else f"{{*}}{step}" for step in path.split("/"))
    return " ".join((element.findtext(steps) or "")[: 5 * _LONGEST].split())[:_LONGEST]


def _day(written: str) -> str:
    match = _DAY.fullmatch(written)
    return match[1] if match else ""
