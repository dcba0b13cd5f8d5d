"""Compare the print of a hybrid invoice with the XML that is embedded in it: they are to be one invoice.

A value of the XML that stands anywhere in the print, in any notation, agrees. A difference is claimed only
where the print has no such value and gives another one, for sure, as the same fact, so that neither notations
nor what a print leaves out make one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from docassay.domains import Compared, RuleInput, Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.invoice import CENT, Invoice
from docassay.domains.financial.printed import is_date_printed, printed_amount, printed_identifier
from docassay.schemas.facts import Fact

_READ = 200_000
_XML = "application/xml"
_FEW_CENTS = Decimal("0.10")
"""A line may be off by more for a discount, which is no fact."""

_ROUNDED = Decimal("0.01")
"""Share of the total by which the amount due may be rounded (BT-114), which is no fact."""

_COMPARED = {
    "invoice_number": "number",
    "issue_date": "date",
    "gross": "total with tax",
    "net": "total without tax",
    "tax": "tax",
    "due": "amount due",
    "account": "account",
}

_TOTALS = ("gross", "prepaid", "due")
_LINE = ("line_quantity", "line_unit_price", "line_amount")


def hybrid_invoice(view: RuleInput) -> Sequence[Compared]:
    """Compare number, date, totals and account; give the differences, or that there are none."""
    if not view.stated or view.media_type == _XML:  # which has no print: it is its text
        return ()
    compared = [one for name, what in _COMPARED.items() for one in _compare(name, what, view)]
    compared += _misfits(view)
    differences = [one for one in compared if one.verdict != "pass"]
    if differences or not compared:
        return differences
    names = ", ".join(dict.fromkeys(one.says for one in compared))
    return [Compared("pass", compared[-1].span, f"Print and XML agree: {names}.")]


def _compare(name: str, what: str, view: RuleInput) -> Iterator[Compared]:
    """Compare a field; only the total of the whole invoice is missed where the print has none."""
    facts = [fact for fact in view.facts if fact.name == name]
    stated = {value: fact for fact in facts if fact.source == "stated" and (value := _value(fact))}
    if not stated:
        return
    found = [span for fact in stated.values() if (span := _printed(view.text[:_READ], fact))]
    if found:
        yield Compared("pass", found[0] if any(found[0]) else None, what)
        return
    printed = [fact for fact in facts if fact.source == "rule"]
    invoice = read_invoice(view.text, view.tables)
    for fact in printed:
        if _differs(fact, stated, invoice) and fact.start_char is not None and fact.end_char is not None:
            values = ", ".join(sorted(one.value for one in stated.values()))
            says = f"The print's {what} is {fact.value}, the XML's {values}."
            yield Compared("fail", (fact.start_char, fact.end_char), says)
    if name == "gross" and not printed and (invoice.totals or invoice.items or invoice.others):
        value = next(iter(stated.values())).value
        yield Compared("review", None, f"The XML's {what} is {value}; the print has no such figure.")


def _misfits(view: RuleInput) -> Iterator[Compared]:
    """Find figures of the XML that do not fit one another, though the print has them, too.

    Only what neither discounts nor roundings explain is told: an amount due that is far from the total less
    what was paid, and a line that is a few cents off. `misfits` checks the XML itself, which has them.
    """
    by_group: dict[int | None, dict[str, list[Decimal]]] = {}
    for fact in view.facts:
        if fact.source == "stated" and fact.normalised and fact.name in (*_TOTALS, *_LINE):
            named = by_group.setdefault(fact.group_id, {})
            named.setdefault(fact.name, []).append(Decimal(fact.normalised))
    for total, paid, due in _once(by_group.pop(None, {}), _TOTALS):
        if abs(total - paid - due) > abs(total) * _ROUNDED + CENT:
            says = f"The XML's total, {total}, less what was paid, {paid}, is not the amount due, {due}."
            yield Compared("review", printed_amount(view.text[:_READ], abs(total)), says)
    for named in by_group.values():
        for quantity, price, amount in _once(named, _LINE):
            if CENT < abs(quantity * price - amount) <= min(abs(quantity) * CENT / 2, _FEW_CENTS):
                says = (
                    f"The XML's line amount is {amount}; {quantity} times {price} is {quantity * price:.2f}."
                )
                yield Compared("review", printed_amount(view.text[:_READ], abs(amount)), says)


def _once(named: Mapping[str, Sequence[Decimal]], names: Sequence[str]) -> Iterator[list[Decimal]]:
    """Give the values of some facts, where each of them has one."""
    if all(len(named.get(name, ())) == 1 for name in names):
        yield [named[name][0] for name in names]


def _differs(fact: Fact, stated: Collection[str], invoice: Invoice) -> bool:
    """Tell whether the print gives a value for sure, or several, of which none is what data state.

    It may give an amount in parts, as tax by rate, or rounded.
    """
    if fact.type != "amount" or not fact.alternative:
        return fact.alternative in stated
    parts = [abs(total.amount.value) for total in invoice.totals if total.role == fact.name]
    parts = parts or [abs(Decimal(fact.normalised or 0))]
    wanted = [abs(Decimal(value)) for value in stated]
    return not any(abs(one - amount) <= CENT for one in (*parts, sum(parts)) for amount in wanted)


def _value(fact: Fact) -> str | None:
    """Give what data state; nothing of what cannot be read, or is no sum."""
    if fact.type == "amount" and not (fact.normalised and Decimal(fact.normalised)):
        return None
    return fact.normalised


def _printed(text: str, fact: Fact) -> Span | None:
    """Find where a value stands in the print; a date that does has no place."""
    value = fact.normalised or ""
    if fact.type == "date":
        return (
            (0, 0)
            if len(value) == len("2024-03-05") and is_date_printed(text, date.fromisoformat(value))
            else None
        )
    if fact.type == "amount":
        return printed_amount(text, abs(Decimal(value)))
    return printed_identifier(text, value)
