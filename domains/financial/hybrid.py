"""Compare the print of a hybrid invoice with the XML that is embedded in it: they are to be one invoice.

A value of the XML that stands anywhere in the print, in any notation, agrees. A difference is claimed only
where the print has no such value and gives another one under the name of it, so that neither notations nor
what a print leaves out make one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from docassay.domains import Compared, RuleInput, Span
from docassay.domains.financial import facts
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.invoice import Role
from docassay.domains.financial.numbers import ibans
from docassay.domains.financial.printed import is_date_printed, printed_amount, printed_identifier
from docassay.domains.values import Habits, read

_READ = 200_000
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_CENT = Decimal("0.01")
_TOTALS: dict[Role, str] = {
    "gross": "total with tax",
    "net": "total without tax",
    "tax": "tax",
    "due": "amount due",
}


def hybrid_invoice(view: RuleInput) -> Sequence[Compared]:
    """Compare number, date, totals and account; give the differences, or that there are none."""
    if not view.stated:
        return ()
    if len(view.text) > _READ:
        view = replace(view, text=view.text[:_READ], tables=())
    text = view.text
    compared = [*_number(text, view), *_date(text, view), *_totals(text, view), *_accounts(text, view)]
    differences = [one for one in compared if one.verdict != "pass"]
    if differences or not compared:
        return differences
    names = ", ".join(dict.fromkeys(one.says for one in compared))
    return [Compared("pass", compared[-1].span, f"Print and XML agree: {names}.")]


def _stated(view: RuleInput, name: str) -> list[str]:
    return [value for key, value in view.stated if key == name]


def _number(text: str, view: RuleInput) -> Iterator[Compared]:
    for number in _stated(view, "number")[:1]:
        if span := printed_identifier(text, number):
            yield Compared("pass", span, "number")
        elif (printed := next(facts.number(view), None)) and any(map(str.isalnum, number)):
            yield _difference(text, printed[:2], "number", number)


def _date(text: str, view: RuleInput) -> Iterator[Compared]:
    for written in _stated(view, "date")[:1]:
        try:
            day = date.fromisoformat(written)
        except ValueError:
            return
        if is_date_printed(text, day):
            yield Compared("pass", None, "date")
        elif printed := next(facts.issue_date(view), None):
            said = read("date", text[printed.start : printed.end], Habits(text, ""))
            if said.normalised is None or day.isoformat() in (said.normalised, said.alternative):
                return
            place = printed.start + said.start, printed.start + said.end
            yield _difference(text, place, "date", written)


def _totals(text: str, view: RuleInput) -> Iterator[Compared]:
    """Compare the totals; only that of the whole invoice is missed where the print has none."""
    invoice = read_invoice(view.text, view.tables)
    for name, meaning in _TOTALS.items():
        for written in _stated(view, name)[:1]:
            amount = abs(Decimal(written)) if _DECIMAL.fullmatch(written) else Decimal(0)
            if not amount:
                continue
            if span := printed_amount(text, amount):
                yield Compared("pass", span, meaning)
                continue
            printed = [total.amount for total in invoice.of(name)]
            if printed and not _adds_up([abs(one.value) for one in printed], amount):
                yield _difference(text, (printed[-1].start, printed[-1].end), meaning, written)
            elif name == "gross" and not printed and (invoice.totals or invoice.items or invoice.others):
                yield Compared(
                    "review", None, f"The XML's {meaning} is {written}; the print has no such figure."
                )


def _adds_up(printed: Sequence[Decimal], amount: Decimal) -> bool:
    """Tell whether the print gives an amount in parts, as tax by rate, or rounded."""
    return abs(sum(printed, Decimal(0)) - amount) <= _CENT or any(
        abs(one - amount) <= _CENT for one in printed
    )


def _accounts(text: str, view: RuleInput) -> Iterator[Compared]:
    """Compare the account to be paid to: the XML's is in the print, or the print's own are others."""
    stated = {"".join(number.split()).upper() for number in _stated(view, "iban")}
    if not stated:
        return
    debtors = {"".join(number.split()).upper() for number in _stated(view, "debtor_iban")}
    if any(printed_identifier(text, number) for number in stated):
        yield Compared("pass", None, "account")
        return
    for start, end in ibans(text):
        if "".join(filter(str.isalnum, text[start:end])) not in debtors:
            yield _difference(text, (start, end), "account", ", ".join(sorted(stated)))


def _difference(text: str, span: Span, what: str, stated: str) -> Compared:
    return Compared("fail", span, f"The print's {what} is {text[span[0] : span[1]]}, the XML's {stated}.")
