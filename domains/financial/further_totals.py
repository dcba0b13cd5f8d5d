"""Find totals that `amounts` does not understand: without cents, last in a row of sums, behind other words.

They are what an invoice says that they are, by the names of `totals.toml`: no sum is worked out from them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from docassay.domains import RuleInput, Span
from docassay.domains.currencies import CURRENCIES
from docassay.domains.facts import Finder, Found
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.arranged import in_columns, in_rows
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.financial.figures import decimal, notation_of, plain_decimal
from docassay.domains.financial.invoice import BILLS, Role
from docassay.domains.financial.references import start_of_next
from docassay.domains.financial.terms import role_of
from docassay.domains.outline import lines_of
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain
from docassay.domains.values import THOUSAND

_READ = 200_000
_MOST_LINES = 5_000
_LONGEST = 160
_MOST_WORDS = 4
_SIGN = r"(?:[€$£₹¥₫]|Rs\.?|US\$|[A-Z]{3}\b|Euros?\b|DH\b)"
_AMOUNTS = compiled(rf"(?i)[ \t|:=]*(?:(?:{_SIGN}|[-+]?[\d.,' ]*\d|,?/?[-–]|only)[ \t|:=]*){{1,16}}\.?")
_ONE = compiled(
    r"(?:^|[^\d.,])(-?(?:[1-9]\d{0,2}(?:[.,']\d{3})+(?:[.,]\d{1,2})?|[1-9]\d{0,2}(?: \d{3})+,\d{2}"
    r"|\d{1,3}(?:,\d{2})+,\d{3}(?:\.\d{1,2})?|\d{1,12}(?:[.,]\d{1,2})?))(?:[^\d.,]|,[-–]|$)"
)
_FIRST = compiled(r"[€$£₹¥₫]|\bRs\b|\bUS\$|\d")
_ASIDE = compiled(
    r"\([^()\n]{0,40}\)|\d{1,2}(?:[.,]\d{1,2})? ?%|</?[a-z]{1,6}/?>"
    r"|\b\d{1,2}(?:er|\.)? \pL{3,9}\.? (?:19|20)\d\d\b"
)
"""What stands within the name of a total, and is no part of it: a rate, a currency, a remark, markup, day."""

_NEXT = compiled(r"((?:[€$£₹] ?\d[\d.,]*|\d[\d.,]*(?:[.,]\d\d| ?[€$£₹])))[ \t]+\pL{3}")
"""Where the next total of a line begins, behind an amount."""

_COUNTED = compiled(r"(?i)\b(?:kgs?|nos|pcs|qty|units|items|pieces|stück|hours|stunden|heures)\b")
"""What is counted, not paid."""

_JOINED = compiled(r"(?i)[ \t](?:von|of|is|beträgt|ist|de)[ \t:]*$")
_CODE_BEFORE = compiled(r"\b([A-Z]{3})[ \t]*$")
_ENDS_LABEL = compiled(r"[:=)][ \t]*$|\pL\pM*[ \t]+\pL+[ \t]*$")


_RUPEES = re.compile(r"\bRs\.(?=\d)")
_SMALL = re.compile(r"\d{1,2}")
_SIGN_BESIDE = re.compile(_SIGN)
_CENTS = re.compile(r"[1-9]\d{2,}[.,]\d\d(?![\d.,])")
"""An amount of hundreds, with cents."""


class _Named(NamedTuple):
    """A total: where its amount stands, what it is, and whether nothing else is said on its line."""

    span: Span
    role: Role
    alone: bool


def _total(role: Role) -> Finder:
    """Make what finds the last total of a role; another one that differs is its alternative."""

    def finder(view: RuleInput) -> Iterator[Found]:
        text = _RUPEES.sub("Rs ", plain(view.text[:_READ]))
        if is_electronic(text):
            return
        totals = list(_totals(text))
        above = max((one.span[0] for one in totals if one.role == "lines"), default=0)
        end = start_of_next(view.text)
        named = [one for one in totals if one.role == role and one.span[0] >= above]
        named = [one for one in named if one.span[0] < end] or named
        named = [one for one in named if one.alone] or named
        mark = notation_of(text).decimal_mark
        read = [(decimal(text[slice(*one.span)].replace(" ", "'"), mark)[0], one) for one in named]
        has_cents = _CENTS.search(text) is not None
        read = [one for one in read if one[0] and not (has_cents and _is_count(text, *one[1].span))]
        if read:
            counts = Counter(value for value, _ in read).most_common(2)
            is_repeated = len(counts) == 2 and counts[0][1] > counts[1][1]
            value, last = next(one for one in reversed(read) if not is_repeated or one[0] == counts[0][0])
            other = next((plain_decimal(one) for one, _ in read if one != value), None)
            in_doubt = THOUSAND.fullmatch(text[slice(*last.span)])
            yield Found(
                *last.span, None if in_doubt else plain_decimal(value), alternative=other, sure=last.alone
            )

    return finder


def _is_count(text: str, start: int, end: int) -> bool:
    """Tell whether a total where money has cents is one of things: small, whole, and without a sign."""
    figure = text[start:end]
    if not _SMALL.fullmatch(figure) or _SIGN_BESIDE.search(text[max(0, start - 4) : end + 4]):
        return False
    return re.search(rf"(?<![\d.,]){figure}[.,]00?\b", text) is None


def _totals(text: str) -> Iterator[_Named]:
    lines = [
        part
        for start, line in islice(lines_of(text), _MOST_LINES)
        if line.strip() and len(line) <= _LONGEST
        for part in _parts(start, _ASIDE.sub(lambda match: " " * len(match[0]), line.rstrip()))
    ]
    for place, (start, line) in enumerate(lines):
        bare = line
        first = _FIRST.search(bare)
        label = bare[: first.start() if first else len(bare)]
        if first is None and _ENDS_LABEL.search(line) and place + 1 < len(lines):
            if place + 2 < len(lines) and _last_amount(*lines[place + 2], 0):
                continue  # the heading of a column
            (start, line), rest = lines[place + 1], 0
        elif first:
            label, rest = _without_code(label), len(label)
        else:
            continue
        named = _role(label)
        span = _last_amount(start, line, rest) if named else None
        if named and span:
            yield _Named(span, *named)


def _parts(start: int, line: str) -> Iterator[tuple[int, str]]:
    """Cut a line behind each amount that words follow."""
    at = 0
    while match := _NEXT.search(line, at):
        yield start + at, line[at : match.end(1)]
        at = match.end(1)
    yield start + at, line[at:]


def _without_code(label: str) -> str:
    code = _CODE_BEFORE.search(label)
    return label[: code.start()] if code and code[1] in CURRENCIES else label


def _role(label: str) -> tuple[Role, bool] | None:
    """Tell what a total gives by its name, or by the last words of its line, and which of these it was."""
    words = [] if _COUNTED.search(label) else _JOINED.sub("", label).split()
    for first in range(max(0, len(words) - _MOST_WORDS), len(words)):
        if role := role_of(" ".join(words[first:])):
            return role, not first
    return None


def _last_amount(start: int, line: str, rest: int) -> Span | None:
    """Give the last amount behind a name, if nothing but amounts stands there."""
    if len(line) > _LONGEST or not _AMOUNTS.fullmatch(line, rest):
        return None
    last = None
    at = max(0, rest - 1)
    while match := _ONE.search(line, at):
        last, at = match.span(1), match.end(1)
    return (start + last[0], start + last[1]) if last else None


gross, _due = _total("gross"), _total("due")


def _as_total(finder: Finder) -> Finder:
    """Make what finds what is due as a hint at the total: of a utility's bill, or where no sum is paid."""

    def found(view: RuleInput) -> Iterator[Found]:
        paid = any(total.amount.value for total in read_invoice(view.text, view.tables).of("paid"))
        if view.kind == "utility_bill" or (view.kind in BILLS and not paid):
            yield from (Found(*one)._replace(sure=False) for one in finder(view))

    return found


gross_of_due, gross_of_due_in_rows = _as_total(_due), _as_total(in_rows(_due))
gross_in_rows, gross_in_columns = in_rows(gross), in_columns(gross)
gross_of_due_in_columns = _as_total(in_columns(_due))

_AMOUNT_ALONE = compiled(
    rf"(?im)^[ \t]*(?:(?:total )?amount|betrag|montant|importe)[ \t]*:[ \t]*(?:{_SIGN}[ \t]*)?"
    rf"(\d[\d.,']*\d|\d)[ \t]*(?:{_SIGN})?[ \t]*$"
)


def only_amount(view: RuleInput) -> Iterator[Found]:
    """Find what is called the amount and nothing more, where one thing alone is: a hint at the total."""
    found = [match.span(1) for match in islice(_AMOUNT_ALONE.finditer(plain(view.text[:_READ])), 2)]
    if len(found) == 1:
        ((start, end),) = found
        yield Found(start, end, sure=False)
