"""What an invoice states, by the readers of its checks: number, total, currency, account, tax number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Finder, Found
from docassay.domains.financial import particulars
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.invoice import Role, Total
from docassay.domains.values import CURRENCY, plain_decimal

_NUMBER = re.compile(r"(?:\b(?!(?:NO|NR|ID|REF|NUM|NUMBER|NUMMER) )[A-Z]{1,6} )?[\w./-]*\d[\w./-]*$")
_NEAR = 8
"""Characters before and after a total in which its currency stands."""

_MOST = 1_000
"""Currencies that are counted."""


def number(view: RuleInput) -> Iterator[Span]:
    """Find the number of the invoice, without the words before it."""
    for start, end in particulars.invoice_number(view):
        if match := _NUMBER.search(view.text[start:end]):
            yield start + match.start(), end


def seller_tax_number(view: RuleInput) -> Iterator[Span]:
    """Find the seller's VAT number, or the German tax number that will do, without the words before it."""
    for start, end in particulars.supplier_tax_number(view):
        if not particulars.TAX_NUMBER.match(view.text, start):
            start += next((n for n, char in enumerate(view.text[start:end]) if char.isdigit()), 0)
        yield start, end


def _total(*roles: Role) -> Finder:
    """Make what finds a total: the last one of the first role that there is, since subtotals come before it.

    Where net and tax make one of several totals, it is that one; else another of them is its alternative.
    """

    def finder(view: RuleInput) -> Iterator[Found]:
        invoice = read_invoice(view.text, view.tables)
        totals = next((found for role in roles if (found := invoice.of(role))), [])
        if not totals:
            return
        sums = {net.amount.value + tax.amount.value for net in invoice.of("net") for tax in invoice.of("tax")}
        proven = [total for total in totals if total.role == "gross" and total.amount.value in sums]
        one = (proven or totals)[-1]
        others = [] if proven else [total for total in totals if total.amount.value != one.amount.value]
        alternative = _value(others[-1]) if others else None
        yield Found(one.amount.start, one.amount.end, _value(one), alternative=alternative)

    return finder


gross, net, tax, due = _total("gross"), _total("net"), _total("tax"), _total("due")


def _value(total: Total) -> str:
    return plain_decimal(total.amount.value)


def currency(view: RuleInput) -> Iterator[Span]:
    """Find the currency beside a total, in its line; where none is there, that of most amounts."""
    for total in read_invoice(view.text, view.tables).of("gross", "due", "net"):
        start, end = total.amount.start, total.amount.end
        start = max(view.text.rfind("\n", 0, start) + 1, start - _NEAR)
        end = min(view.text.find("\n", end) % (len(view.text) + 1), end + _NEAR)
        yield from (match.span() for match in CURRENCY.finditer(view.text, start, end))
    matches = list(islice(CURRENCY.finditer(view.text), _MOST))
    for written, _ in Counter(match[0] for match in matches).most_common(1):
        yield next(match.span() for match in matches if match[0] == written)
