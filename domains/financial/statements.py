"""What a bank statement says: holder, period, balances and entries, by labels and the lines of its table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found, of_each
from docassay.domains.financial.figures import decimal, notation_of, plain_decimal
from docassay.domains.outline import lines_of, trim
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, read
from docassay.languages import months

_MOST = 1_000
_MOST_BALANCES = 100
_MOST_LINES_MORE = 3
"""Lines over which an entry goes on."""

_SHORTEST, _LONGEST = 8, 400
"""Characters of a line that may be an entry."""

_WORD = "|".join(sorted(months(), key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_DAY = (
    rf"(?:{_YEAR}-\d\d-\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-](?:{_YEAR}|\d\d)|\d{{1,2}}(?:\.|st|nd|rd|th"
    rf"|er)?[ ](?:{_WORD})\.?,?[ ]{_YEAR}"
    rf"|(?:{_WORD})\.?[ ]\d{{1,2}},?[ ]{_YEAR}|\d{{1,2}}-(?:{_WORD})-{_YEAR})"
)
_PERIOD = compiled(
    rf"(?i)(?:(?:statement )?(?:period|dates?)|(?:zeitraum|auszug|umsätze|période|relevé)[^\n]{{0,20}}?"
    rf"|\b(?:from|vom|von|du))[ \t:|]*(?:(?:from|vom|von|du)[ \t]+)?"
    rf"({_DAY})[ \t|]*(?:to|through|thru|until|bis(?: zum)?|au|[-–—])[ \t|]*({_DAY})"
)
_HOLDER = compiled(
    r"(?im)(?:^|[ \t|])(?:account (?:holder|name|owner)|name of account(?: holder)?|customer(?: name)?"
    r"|kontoinhaber(?:in)?|titulaire(?: du compte)?)"
    r"[ \t]*[:|][ \t|]*((?-i:\p{Lu})[^\n|:;]{2,79}?)(?:[ \t]{2,}|[ \t]*[|;\n]|[ \t]*$)"
)
_FIGURE = (
    r"[-+(]?(?:[$€£₹]|EUR|USD|GBP|CHF)?[ ]?[-+]?(?:\d{1,3}(?:[.,']\d{3})+[.,]\d\d"
    r"|\d{1,2}(?:,\d\d)+,\d{3}\.\d\d"
    r"|\d{1,3}(?:[ \x{a0}]\d{3})+,\d\d|\d{1,9}[.,]\d\d)\b(?:[ ]?(?:[-+)]|CR|DR|Cr|Dr|H\b|S\b|[€$£]|EUR\b"
    r"|USD\b|GBP\b|CHF\b))*"
)
_OPENING = compiled(
    r"(?im)(?:opening|beginning|starting|previous|prior|brought forward)[ \t]+(?:statement[ \t]+"
    r"|ledger[ \t]+|account[ \t]+)?balance|balance[ \t]+(?:brought|b/?)[ \t]?forward"
    r"|(?:alter|anfangs)[ -]?(?:konto)?(?:stand|saldo)|(?:alter|letzter) saldo|solde (?:précédent|initial"
    r"|antérieur|d.ouverture)|ancien solde"
)
_CLOSING = compiled(
    r"(?im)(?:closing|ending|new|final|current)[ \t]+(?:statement[ \t]+|ledger[ \t]+"
    r"|account[ \t]+)?balance|balance[ \t]+carried[ \t]+forward"
    r"|(?:neuer|end)[ -]?(?:konto)?(?:stand|saldo)|neuer saldo|(?:nouveau solde|solde (?:final|de clôture))"
)
_AMOUNT = compiled(_FIGURE)
_ENTRY = compiled(
    rf"^[ \t|]*((?i:{_DAY})|\d{{1,2}}[./]\d{{1,2}}\.?|\d{{1,2}}[ -](?:(?i:{_WORD}))"
    rf"|(?i:{_WORD})[ ]\d{{1,2}})(?:[ \t|]+(?:(?i:{_DAY})|\d{{1,2}}[./]\d{{1,2}}\.?"
    rf"|\d{{1,2}}[ -](?:(?i:{_WORD}))))?[ \t|]+(\S.*)$"
)
_SIGN = r"(?:EUR|USD|GBP|CHF|[€$£])"
_SIGN_BEHIND = re.compile(rf"\s?[-+]?{_SIGN}[-+]?$|\s[-+]$")
_GROUP_BEFORE = re.compile(r"[-+]?\d{1,3}[ \u00a0](?=\d{3})")
"""What may be a group of thousands, or the number at the end of the words before an amount."""

_MOST_AMOUNTS = 4
"""Amounts of a line that are read."""

_NEGATIVE = re.compile(rf"^[-(]|-\s?\d|(?:[-)]|DR|Dr|\bS)(?:\s?{_SIGN})?$")
_GOES_ON = re.compile(r"[.,/-]?\d|\s?%")
"""What stands behind a part of a date, and behind a rate."""
_HEAD = compiled(
    r"(?i)\b(?:date|datum|buchung\w*|valuta)\b.*\b(?:amount|balance|debit|credit|withdrawals?|deposits?|paid|betrag|saldo|soll|haben|montant|débit|crédit|solde)\b"
)
_OUT = re.compile(r"(?i)\b(?:debits?|withdrawals?|paid out|money out|payments?|soll|débit)\b")


class Entry(NamedTuple):
    """A line of a statement.

    Attributes:
        value: The amount, negative where money goes out.
        sure: Its sign is told.
        proven: The balance changed by it.
    """

    day: Span
    words: Span
    amount: Span
    value: str
    sure: bool
    proven: bool


def balances(view: RuleInput) -> Iterator[Span]:
    """Find the balance at the end of a statement that states the one at the start, too."""
    told = {fact.name: fact for fact in view.facts}
    if "opening_balance" in told and (closing := told.get("closing_balance")):
        yield closing.start_char or 0, closing.end_char or 0


_MOST_SUMS = 10
"""Lines between the balance at the start and the one at the end of a summary."""

_GOES_OUT = re.compile(
    r"(?i)withdr|debit|subtract|charge|\bfee|che(?:ck|que)s|paid out|money out|auszahl|abgänge|débit"
)


def summaries_add_up(view: RuleInput) -> Iterator[Span]:
    """Find the summaries of a statement's accounts: a balance, sums that come in and go out, a balance.

    There are none where one does not add up, or a balance at the start stands in no summary.
    """
    text = view.text
    sums = list(
        filter(
            None, (_summary(text, match.start()) for match in islice(_OPENING.finditer(text), _MOST_BALANCES))
        )
    )
    opened = {str(one.normalised) for one in _balances(text, _OPENING)}
    if opened <= {_value(text, amounts[0]) for amounts in sums} and all(_adds_up(text, one) for one in sums):
        yield from ((amounts[0][0], amounts[-1][1]) for amounts in sums)


def _summary(text: str, start: int) -> list[Span]:
    """List the amounts of a summary, one in each line; none where it is a table or has no end."""
    amounts: list[Span] = []
    for position, line in islice(lines_of(text[start : start + _SUMMARY_CHARS]), _MOST_SUMS + 2):
        if not line.strip():
            continue
        found = _amounts(text, start + position, start + position + len(line))
        if len(found) != 1 or (_ENTRY.match(line) and amounts):
            return []
        amounts += found
        if _CLOSING.search(line):
            return amounts if len(amounts) > _NO_SUMS else []
    return []


_SUMMARY_CHARS = 1_200
_NO_SUMS = 2
"""The amounts of a summary that has no sums between its balances."""


def _adds_up(text: str, amounts: list[Span]) -> bool:
    left = Decimal(0)
    for place, span in enumerate(amounts):
        value = Decimal(_value(text, span))
        label = text[text.rfind("\n", 0, span[0]) + 1 : span[0]]
        if 0 < place < len(amounts) - 1 and (_GOES_OUT.search(label) or label.rstrip(" $€£").endswith("-")):
            value = -abs(value)
        left += -value if place == len(amounts) - 1 else value
    return left == 0


def period_start(view: RuleInput) -> Iterator[Span]:
    """Find the first day of the statement's period."""
    yield from (match.span(1) for match in islice(_PERIOD.finditer(view.text), 3))


def period_end(view: RuleInput) -> Iterator[Span]:
    """Find the last day of the statement's period."""
    yield from (match.span(2) for match in islice(_PERIOD.finditer(view.text), 3))


def account_holder(view: RuleInput) -> Iterator[Span]:
    """Find who holds the account, where a label says so."""
    yield from (match.span(1) for match in islice(_HOLDER.finditer(view.text), 5))


def opening_balance(view: RuleInput) -> Iterator[Found]:
    """Find the balance at the start; of several, the first, or that from which entries lead to an end."""
    yield from _pairs(view.text)[0]


def closing_balance(view: RuleInput) -> Iterator[Found]:
    """Find the balance at the end; of several, the last, or that to which entries lead from a start."""
    yield from _pairs(view.text)[1]


@lru_cache(maxsize=1)
def _pairs(text: str) -> tuple[list[Found], list[Found]]:
    """List the balances at start and end; only those that agree with the entries, where there are any."""
    opening, closing = list(_balances(text, _OPENING)), list(_balances(text, _CLOSING))[::-1]
    change = sum((Decimal(entry.value) for entry in entries(text)), Decimal(0))
    ends = {Decimal(str(one.normalised)) for one in closing}
    starts = {Decimal(str(one.normalised)) for one in opening} & {end - change for end in ends}
    if not entries(text) or not starts:
        return opening, closing
    return (
        [one for one in opening if Decimal(str(one.normalised)) in starts],
        [one for one in closing if Decimal(str(one.normalised)) - change in starts],
    )


def _balances(text: str, label: re2._Regexp[str]) -> Iterator[Found]:
    for match in islice(label.finditer(text), _MOST_BALANCES):
        line_end = text.find("\n", match.end())
        line_end = len(text) if line_end < 0 else line_end
        if amounts := _amounts(text, match.end(), min(line_end, match.end() + 120)):
            # Behind an amount of the line stands the balance.
            yield Found(*amounts[-1], _value(text, amounts[-1]))


def _amounts(text: str, start: int, end: int) -> list[Span]:
    """List the amounts between two places of a line, at most four: no days, no rates."""
    spans: list[Span] = []
    line, place = text[start:end], 0
    while len(spans) < _MOST_AMOUNTS and (match := _AMOUNT.search(line, place)):
        first, last = trim(line, *match.span())
        place = match.end()
        if _GOES_ON.match(text, start + last):
            if not (sign := _SIGN_BEHIND.search(line[first:last])):
                continue
            place = last = first + sign.start()  # the sign of the next column
        if line[first - 1 : first].isdigit() and (group := _GROUP_BEFORE.match(line, first, last)):
            first = group.end()
        spans.append((start + first, start + last))
    return spans


def _value(text: str, span: Span) -> str:
    written = text[slice(*span)]
    digits = re.search(r"\d[\d.,' \u00a0]*", written)
    number = decimal(
        (digits[0] if digits else "0").replace(" ", "").replace("\u00a0", "").strip(".,'"), _mark(text)
    )[0]
    return plain_decimal(-number if _NEGATIVE.search(written) else number)


@lru_cache(maxsize=2)
def _mark(text: str) -> str:
    return notation_of(text).decimal_mark


@lru_cache(maxsize=1)
def entries(text: str) -> tuple[Entry, ...]:
    """List the entries of the table of a statement: lines with a day, words, and one or two amounts.

    Where a line has an amount and a balance, the change of the balance gives the sign; elsewhere the sign
    that is written does, and an amount without one in a table that has a column of debits is not sure.
    An entry goes on over a few lines where the change of the balance proves it.
    """
    found = list[Entry]()
    balance: str | None = None
    columns = ""
    begun: list[Span] = []
    lines_left = 0
    for position, line in lines_of(text):
        if not _SHORTEST <= len(line) <= _LONGEST:
            continue
        if _HEAD.search(line):
            columns = line
            continue
        match = _ENTRY.match(line)
        if _OPENING.search(line):
            opened = _amounts(text, position, position + len(line))
            balance = _value(text, opened[-1]) if opened else balance
            continue
        end = position + len(line)
        if match is None and begun and lines_left:
            lines_left -= 1
            amounts = _amounts(text, position, end)
            after = _value(text, amounts[-1]) if len(amounts) > 1 else None
            change = _change(balance, after) if after else None
            if change and change.lstrip("-") == _value(text, amounts[0]).lstrip("-"):
                found.append(Entry(begun[0], begun[1], amounts[0], change, True, True))
                balance, begun = after, []
        if match is None or _CLOSING.search(line):
            continue
        amounts = _amounts(text, position + match.start(2), end)
        if not amounts and columns:
            begun = [(position + match.start(n), position + match.end(n)) for n in (1, 2)]
            lines_left = _MOST_LINES_MORE
        if not amounts or not columns or text[amounts[-1][1] : end].strip(" \t|"):
            continue
        begun = []
        first = amounts[0]
        words = text[position + match.start(2) : first[0]].strip(" \t|")
        if not any(map(str.isalpha, words)):
            continue
        value = _value(text, first)
        sure, proven = True, False
        if len(amounts) > 1:
            after = _value(text, amounts[-1])
            change = _change(balance, after)
            if change is not None and (amount := _with_value(text, first, change.lstrip("-"))):
                first, value, proven = amount, change, True
                words = text[position + match.start(2) : first[0]].strip(" \t|")
            else:
                sure = _NEGATIVE.search(text[slice(*first)]) is not None
            balance = after
        elif _OUT.search(columns[:200]):
            sure = value.startswith("-")
        start = position + line.index(words, match.start(2))
        found.append(
            Entry(
                (position + match.start(1), position + match.end(1)),
                (start, start + len(words)),
                first,
                value,
                sure,
                proven,
            )
        )
        if len(found) == _MOST:
            break
    # Where money goes out with a sign, what has none comes in.
    signed = any(entry.value.startswith("-") for entry in found)
    return tuple(entry._replace(sure=entry.sure and (signed or entry.proven)) for entry in found)


def _change(before: str | None, after: str) -> str | None:
    return None if before is None else plain_decimal(Decimal(after) - Decimal(before))


def _with_value(text: str, amount: Span, value: str) -> Span | None:
    """Give an amount, or what is left of it without the groups before it, if that has a value."""
    start, end = amount
    while Decimal(_value(text, (start, end))).copy_abs() != Decimal(value):
        if not (group := _GROUP_BEFORE.match(text, start, end)):
            return None
        start = group.end()
    return start, end


def entry_date(view: RuleInput) -> Iterator[Found]:
    """Find the days of the entries; a day without its year is of that of the period."""
    habits = Habits(view.text, "")
    ends = (read("date", view.text[slice(*span)], habits).normalised for span in period_end(view))
    last = max(filter(None, ends), default=None)
    for group, entry in enumerate(entries(view.text)):
        written = view.text[slice(*entry.day)]
        if read("date", written, habits).normalised:
            yield Found(*entry.day, group=group)
        elif last and (day := _within(written, last)):
            yield Found(*entry.day, day, group=group)


def _within(written: str, last: str) -> str | None:
    """Complete a day without a year by the end of the period, which it does not follow."""
    habits = Habits("", "de" if "." in written else "")
    for year in (int(last[:4]), int(last[:4]) - 1):
        joined = f"{written.rstrip('.')}{'.' if '.' in written else '/' if '/' in written else ' '}{year}"
        value = read("date", joined.replace("-", " "), habits)
        if value.normalised and len(value.normalised) == 10 and value.sure and value.normalised <= last:
            return value.normalised
    return None


def _entries(view: RuleInput) -> tuple[Entry, ...]:
    return entries(view.text)


entry_text = of_each(_entries, lambda entry: entry.words)

entry_amount = of_each(_entries, lambda entry: Found(*entry.amount, entry.value, sure=entry.sure))
"""Finds the amounts of the entries, negative where money goes out."""
