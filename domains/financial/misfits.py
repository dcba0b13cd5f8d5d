"""Find figures that data of an invoice state, and that do not fit one another, though the sums may."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from docassay.domains import Span
from docassay.domains.financial.figures import Figure
from docassay.domains.financial.invoice import Invoice

_OFF = Decimal("0.02")
"""By how much a line may be off (PEPPOL-EN16931-R120)."""


def misfits(invoice: Invoice) -> Iterator[tuple[Span, str]]:
    """Find lines, amounts due and payments of data that do not fit, and say why.

    A payment below zero is taken back where the total is below zero, too. Extensions may add payments of
    others (BR-DEX-09), and lines within lines.
    """
    if not invoice.named or invoice.nested:
        return
    for item in invoice.items:
        if not item.holds:
            made = f"quantity, price, allowances and charges make {item.product:.2f}"
            yield _span(item.amount), f"The line's amount is {item.amount.value}; its {made}."
        elif item.exact is not None and abs(item.exact - item.amount.value) > _OFF:
            made = f"its figures make {item.exact:.2f}; a rounded price may explain it"
            yield _span(item.amount), f"The line's amount is {item.amount.value}; {made}."
    totals, dues, payments = invoice.of("gross"), invoice.of("due"), invoice.of("paid")
    if invoice.minimal or len(totals) != 1 or len(dues) != 1:
        return
    total, due = totals[0].amount.value, dues[0].amount.value
    paid = sum((one.amount.value for one in payments), Decimal(0))
    rounding = sum((one.amount.value for one in invoice.of("rounding")), Decimal(0))
    if abs(total - paid + rounding - due) > invoice.tolerance:
        rounded = f", rounded by {rounding}" if rounding else ""
        says = f"The total, {total}, less what was paid, {paid}{rounded}, is not the amount due, {due}."
        yield _span(dues[0].amount), says
    for amount in (one.amount for one in payments if one.amount.value < 0 <= total):
        says = f"What was paid is below zero, {amount.value}; the total is {total}, the amount due {due}."
        yield _span(amount), says


def _span(figure: Figure) -> Span:
    return figure.start, figure.end
