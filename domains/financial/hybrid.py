"""Compare the print of a hybrid invoice with the XML that is embedded in it: they are to be one invoice.

A value of the XML that stands anywhere in the print, in any notation, agrees. A difference is claimed only
where the print has no such value and gives another one, for sure, as the same fact, so that neither notations
nor what a print leaves out make one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal

from docassay.domains import Compared, RuleInput, Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.invoice import Invoice
from docassay.domains.financial.printed import is_date_printed, printed_amount, printed_identifier
from docassay.schemas.facts import Fact

_READ = 200_000
_XML = "application/xml"
_CENT = Decimal("0.01")
_HALF_CENT = Decimal("0.005")
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

_LINE = ("line_quantity", "line_unit_price", "line_amount")
_RELATED = ("gross", "prepaid", "due", *_LINE)


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
    what was paid, and a line that is a few cents off. The XML itself is checked to the cent.
    """
    stated: dict[tuple[str, int | None], list[Decimal]] = {}
    for fact in view.facts:
        if fact.source == "stated" and fact.normalised and fact.name in _RELATED:
            stated.setdefault((fact.name, fact.group_id), []).append(Decimal(fact.normalised))
    totals, paid, due = (stated.get((name, None), []) for name in ("gross", "prepaid", "due"))
    single = len(totals) == len(paid) == len(due) == 1
    if single and abs(totals[0] - paid[0] - due[0]) > abs(totals[0]) * _ROUNDED + _CENT:
        says = (
            f"The XML's total, {totals[0]}, less what was paid, {paid[0]}, is not the amount due, {due[0]}."
        )
        yield Compared("review", printed_amount(view.text[:_READ], abs(totals[0])), says)
    for name, group in stated:
        line = [stated.get((one, group), []) for one in _LINE]
        if name != "line_amount" or group is None or any(len(one) != 1 for one in line):
            continue
        ((quantity,), (price,), (amount,)) = line
        off = abs(quantity * price - amount)
        if _CENT < off <= min(abs(quantity) * _HALF_CENT, _FEW_CENTS):
            says = f"The XML's line amount is {amount}; {quantity} times {price} is {quantity * price:.2f}."
            yield Compared("review", printed_amount(view.text[:_READ], abs(amount)), says)


def _differs(fact: Fact, stated: Collection[str], invoice: Invoice) -> bool:
    """Tell whether the print gives a value for sure, or several, of which none is what data state.

    It may give an amount in parts, as tax by rate, or rounded.
    """
    if fact.type != "amount" or not fact.alternative:
        return fact.alternative in stated
    parts = [abs(total.amount.value) for total in invoice.totals if total.role == fact.name]
    parts = parts or [abs(Decimal(fact.normalised or 0))]
    wanted = [abs(Decimal(value)) for value in stated]
    return not any(abs(one - amount) <= _CENT for one in (*parts, sum(parts)) for amount in wanted)


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
