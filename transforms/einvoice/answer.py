"""What the official rules say of an invoice, and the findings that come of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate

from docassay.domains import Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.invoice import Role
from docassay.domains.financial.printed import printed_amount, printed_identifier
from docassay.schemas.rows import Finding, Verdict

MOST_PLACES = 5
"""Places of an invoice that are shown for one rule."""

MOST_FAILED = 200
"""Failed assertions of an invoice that become findings."""

CHECK = "einvoice"
_READ = 200_000
_MOST_SOUGHT = 10
_SHORTEST = 5
_LEAST_AMOUNT = 100
_SOURCE = "The official rules of electronic invoices"
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_NOT_SNAKE = re.compile(r"[^a-z0-9]+")
_TOTALS: dict[str, Role] = {"BT-109": "net", "BT-110": "tax", "BT-112": "gross", "BT-115": "due"}


@dataclass(frozen=True, slots=True)
class Failed:
    """An assertion that does not hold at one place.

    Attributes:
        rules: The number of its set, among those that were asked.
        rule: Its id, such as ``BR-CO-15``.
        fatal: It must hold; else it is a warning.
        says: The message of the rules.
        path: Where in the XML, by local names: ``/Invoice/TaxTotal[2]/TaxAmount``.
        term: The business term of the value at that place, such as ``BT-112``, or ``""``.
        value: The value there, or ``""``.
        line: Which line of the XML's text has the value, from 0; -1 where none has.
    """

    rules: int
    rule: str
    fatal: bool
    says: str
    path: str
    term: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class AskedRules:
    """A set of rules that was asked.

    Attributes:
        name: As rows name it.
        title: Its title, version and syntax.
        fatal: Assertions that must hold and do not, at all places.
    """

    name: str
    title: str
    fatal: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the official rules say of one invoice.

    Attributes:
        profile: The specification that it says it follows, or ``""``.
        asked: The sets that were asked, and answered.
        failed: What does not hold, in the order of the sets and of their rules, at most `MOST_FAILED`.
        not_asked: What was not asked, as it stands in `documents.not_asked`.
        error: Why there is no answer, though rules were to be asked; ``""`` where there is one.
    """

    profile: str = ""
    asked: tuple[AskedRules, ...] = ()
    failed: tuple[Failed, ...] = ()
    not_asked: tuple[str, ...] = ()
    error: str = ""


def answer_of(profile: object, asked: object, failed: object, not_asked: object) -> Answer:
    """Make an answer of what a worker gave.

    Raises:
        LookupError, TypeError, ValueError: It is none.
    """
    answer = Answer(
        profile=_text(profile),
        asked=tuple(AskedRules(_text(name), _text(title), _number(n)) for name, title, n in _rows(asked)),
        failed=tuple(
            Failed(
                rules=_number(rules),
                rule=_text(rule),
                fatal=bool(fatal),
                says=_text(says),
                path=_text(path),
                term=_text(term),
                value=_text(value),
                line=_number(line),
            )
            for rules, rule, fatal, says, path, term, value, line in _rows(failed)
        ),
        not_asked=tuple(map(_text, _rows(not_asked))),
    )
    if any(not 0 <= one.rules < len(answer.asked) for one in answer.failed):
        raise ValueError("no such rules")
    return answer


def _rows(value: object) -> tuple[tuple[object, ...], ...]:
    if not isinstance(value, tuple):
        raise TypeError("no rows")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("no number")
    return value


def check_id(rule: str) -> str:
    """Name the check of an official rule.

    >>> check_id("BR-CO-15"), check_id("PEPPOL-EN16931-R008")
    ('einvoice_br_co_15', 'einvoice_peppol_en16931_r008')
    """
    return f"{CHECK}_{_NOT_SNAKE.sub('_', rule.lower()).strip('_')}"


def findings(answer: Answer, doc_id: str, text: str, is_xml: bool) -> list[Finding]:
    """Give a finding for each assertion that fails, and one for each set of which no fatal one does.

    A fatal one gives ``fail``, a warning ``review`` of severity ``low``, which sends nobody to look.

    Args:
        answer: What the rules say.
        doc_id: The document.
        text: Its text.
        is_xml: The text is that of the XML; else it is a print that the XML is embedded in.
    """
    if answer.error:
        return [_finding(doc_id, CHECK, "review", None, "", answer.error, _SOURCE, f"rule {CHECK}.rules")]
    place = _in_lines(text) if is_xml else _in_print(text)
    rows: dict[tuple[str, Span | None], Finding] = {}
    for one in answer.failed:
        asked = answer.asked[one.rules]
        says = one.says if one.says.endswith((".", "!", "?")) else f"{one.says}."
        why = f"{one.rule}: {says} At {one.path}{f': {one.value}' if one.value else ''}."
        verdict: Verdict = "fail" if one.fatal else "review"
        source, by = f"{asked.title}, {one.rule}", f"rule {asked.name}.{one.rule}"
        key = check_id(one.rule), place(one)
        if key in rows:  # at another place of the XML, which the text does not show
            rows[key] = replace(rows[key], why=f"{rows[key].why} Also at {one.path}.")
            continue
        row = _finding(doc_id, key[0], verdict, key[1], text, why, source, by)
        rows[key] = row if one.fatal else replace(row, severity="low")
    passed = []
    for asked in answer.asked:
        if not asked.fatal:
            why, by = f"No rule of {asked.title} that must hold is broken.", f"rule {asked.name}.rules"
            passed.append(_finding(doc_id, check_id(asked.name), "pass", None, "", why, asked.title, by))
    return [*rows.values(), *passed]


def _finding(
    doc_id: str, check: str, verdict: Verdict, span: Span | None, text: str, why: str, source: str, by: str
) -> Finding:
    return Finding(
        doc_id=doc_id,
        check_id=check,
        verdict=verdict,
        severity="high",
        start_char=span[0] if span else None,
        end_char=span[1] if span else None,
        evidence=text[span[0] : span[1]] if span else None,
        searched=(),
        why=why,
        source=source,
        decided_by=by,
    )


def _in_lines(text: str) -> Callable[[Failed], Span | None]:
    """Make what finds a value in the text of an XML, which has a line for each."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]

    def place(one: Failed) -> Span | None:
        if not one.value or not 0 <= one.line < len(lines):
            return None
        end = starts[one.line] + len(lines[one.line])
        return (end - len(one.value), end) if lines[one.line].endswith(one.value) else None

    return place


def _in_print(text: str) -> Callable[[Failed], Span | None]:
    """Make what finds a value in a print, as an amount or as an identifier; few are sought."""
    text = text[:_READ]
    sought: dict[tuple[str, str], Span | None] = {}

    def place(one: Failed) -> Span | None:
        key = one.term, one.value
        if key not in sought and len(sought) < _MOST_SOUGHT:
            sought[key] = _printed(text, *key)
        return sought.get(key)

    return place


def _printed(text: str, term: str, value: str) -> Span | None:
    """Find a value in a print; what is so short that it may stand anywhere is not sought.

    >>> _printed("Brutto 1.190,00 EUR", "BT-112", "1190.00"), _printed("19 %", "BT-119", "19")
    ((7, 15), None)
    """
    if not _DECIMAL.fullmatch(value):
        is_long = sum(map(str.isalnum, value)) >= _SHORTEST
        return printed_identifier(text, value) if is_long else None
    amount = abs(Decimal(value))
    for total in read_invoice(text).of(_TOTALS[term]) if term in _TOTALS else ():
        if abs(total.amount.value) == amount:
            return total.amount.start, total.amount.end
    return printed_amount(text, amount) if amount >= _LEAST_AMOUNT or amount % 1 else None
