"""Read the figures of an electronic invoice, whose text has a name and a value a line.

The names are those of UBL 2.1 (Invoice, CreditNote) and of UN/CEFACT Cross Industry Invoice D16B, in the
order in which their schemas have them; EN 16931-1 says what each means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from docassay.domains.financial.figures import Figure
from docassay.domains.financial.invoice import CENT, Invoice, Item, Role, TaxRow, Total, half_digit

_VALUE = re.compile(r"^([A-Z][A-Za-z]{1,60}): ([^\n]{1,400})$", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?\d{1,12}(?:\.\d{0,10})?|-?\.\d{1,10}")
_HEAD_CHARS = 500
_MARKS = frozenset(["LegalMonetaryTotal", "TaxInclusiveAmount", "GrandTotalAmount"])
_CII_RATES = ("RateApplicablePercent", "ApplicablePercent")
"""The rate of a tax in D16B, and in ZUGFeRD 1.0."""

_TOTALS: dict[str, Role] = {
    "LineExtensionAmount": "lines",
    "LineTotalAmount": "lines",
    "AllowanceTotalAmount": "lowering",
    "ChargeTotalAmount": "raising",
    "TaxExclusiveAmount": "net",
    "TaxBasisTotalAmount": "net",
    "TaxTotalAmount": "tax",
    "TaxInclusiveAmount": "gross",
    "GrandTotalAmount": "gross",
    "PrepaidAmount": "paid",
    "TotalPrepaidAmount": "paid",
    "PayableRoundingAmount": "rounding",
    "RoundingAmount": "rounding",
    "PayableAmount": "due",
    "DuePayableAmount": "due",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A named value: where it stands, and the number that it is, if it is one."""

    name: str
    text: str
    start: int
    number: Decimal | None

    @property
    def figure(self) -> Figure:
        """Give it as a figure."""
        return Figure(self.number or Decimal(0), self.start, self.start + len(self.text), True, False)


def values_of(text: str) -> list[Value]:
    """List the named values of a text."""
    return [
        Value(
            match[1],
            match[2].strip(),
            match.start(2),
            Decimal(match[2].strip()) if _NUMBER.fullmatch(match[2].strip()) else None,
        )
        for match in _VALUE.finditer(text)
    ]


def is_electronic(text: str) -> bool:
    """Tell whether a text is that of an electronic invoice."""
    return any(f"\n{mark}: " in text for mark in _MARKS)


def read_electronic(text: str) -> Invoice:
    """Read an electronic invoice."""
    values = values_of(text)
    nested = "extension" in text[:_HEAD_CHARS]
    minimal = "minimum" in text[:_HEAD_CHARS].lower()
    invoice = Invoice(named=True, complete=not nested, nested=nested, minimal=minimal)
    ubl = any(value.name == "TaxInclusiveAmount" for value in values)
    start = next((n for n, v in enumerate(values) if v.name in ("TaxInclusiveAmount", "GrandTotalAmount")), 0)
    if ubl:
        # UBL has its totals before its lines, and the sum of the lines just before the other totals.
        first = next((n for n in range(start, -1, -1) if values[n].name == "LineExtensionAmount"), start)
        last = next((n for n in range(start, len(values)) if values[n].name == "PayableAmount"), start)
        lines = _lines(values[last + 1 :], ("InvoicedQuantity", "CreditedQuantity"), ("ID",))
        taxes = _taxes(values[:first], "TaxAmount", "TaxableAmount", "Percent")
    else:
        last = next((n for n in range(start, len(values)) if values[n].name == "DuePayableAmount"), start)
        first = next((n for n in range(start, -1, -1) if values[n].name == "LineTotalAmount"), start)
        first = first if 0 < start - first <= 8 else start - 2
        lines = _lines(values[: max(first, 0)], ("LineTotalAmount",), ("LineID",))
        taxes = _taxes(values[: max(first, 0)], "CalculatedAmount", "BasisAmount", *_CII_RATES)
    for number, value in enumerate(values[max(first, 0) : last + 1]):
        role = _TOTALS.get(value.name)
        if role and value.number is not None:
            invoice.totals.append(Total(role, value.name, value.figure, number))
    if ubl:
        invoice.totals += _tax_totals(values[:first])
    invoice.items, invoice.taxes = lines, taxes
    return invoice


def _tax_totals(values: Sequence[Value]) -> list[Total]:
    """Find the tax totals of UBL: a tax amount that comes before the sums on which it is."""
    return [
        Total("tax", value.name, value.figure, -1)
        for number, value in enumerate(values)
        if value.name == "TaxAmount"
        and value.number is not None
        and (number == 0 or values[number - 1].name != "TaxableAmount")
    ]


def _taxes(values: Sequence[Value], tax: str, base: str, *rates_named: str) -> list[TaxRow]:
    """Read the tax breakdown: each tax with the sum beside it and the rate behind it."""
    rows = []
    for number, value in enumerate(values):
        if value.name != tax or value.number is None:
            continue
        near = values[max(0, number - (tax == "TaxAmount")) : number + 8]
        near = near[: next((n for n, v in enumerate(near[2:], 2) if v.name in (tax, "TaxableAmount")), None)]
        sums = [v for v in near if v.name == base and v.number is not None]
        rates = [v.number for v in near if v.name in rates_named and v.number is not None]
        if sums and rates and rates[0]:
            rows.append(TaxRow(sums[0].figure, rates[0], value.figure))
    return rows


def _lines(values: Sequence[Value], ends: tuple[str, ...], starts: tuple[str, ...]) -> list[Item]:
    """Read the lines, each from its quantity on (UBL) or up to its amount (CII)."""
    if ends == ("LineTotalAmount",):
        cuts = [n for n, v in enumerate(values) if v.name in starts]
    else:
        cuts = [n for n, v in enumerate(values) if v.name in ends]
    cuts.append(len(values))
    items = []
    for cut, following in pairwise(cuts):
        end = next((n for n in range(cut, following) if values[n].name == "LineTotalAmount"), following)
        item = _line(values[cut : end + 1])
        if item:
            items.append(item)
    return items


def _line(values: Sequence[Value]) -> Item | None:
    """Read one line; without a quantity and a price its amount stands for itself."""
    amount = quantity = price = None
    base = Decimal(1)
    changes = Decimal(0)
    raises: bool | None = None
    label = ""
    for value in values:
        number = value.number
        if value.name in ("Name", "Description") and not label:
            label = value.text
        elif value.name in ("SellerAssignedID", "Note", "StartDate", "StartDateTime", "DateTimeString"):
            label += f" {value.text}"
        elif value.name in ("ChargeIndicator", "Indicator"):
            raises = value.text == "true"
        if number is None:
            continue
        if value.name in ("LineExtensionAmount", "LineTotalAmount") and amount is None:
            amount = value
        elif value.name in ("InvoicedQuantity", "CreditedQuantity", "BilledQuantity") and quantity is None:
            quantity = number
        elif value.name in ("PriceAmount", "ChargeAmount"):
            price = number
        elif value.name in ("BaseQuantity", "BasisQuantity") and number:
            base = number
        elif (
            value.name in ("Amount", "ActualAmount")
            and raises is not None
            and _of_line(value.name, quantity, price)
        ):
            changes += number if raises else -number
            raises = None
    if amount is None or amount.number is None:
        return None
    product = exact = amount.number
    if quantity is not None and price is not None:
        # Some write the whole quantity as that of the price; goods that come back may lack their sign.
        claims = [quantity * price / base + changes, quantity * price + changes, changes - quantity * price]
        slack = max(CENT, abs(quantity / base) * half_digit(price))
        right = any(abs(claim - amount.number) <= slack for claim in claims)
        product = amount.number if right else claims[0]
        exact = min(claims, key=lambda claim: abs(claim - product))
    span = (amount.start, amount.start + len(amount.text))
    terms = () if quantity is None or price is None else (quantity, price)
    return Item(label, amount.figure, product, span, terms, exact=exact)


def _of_line(name: str, quantity: Decimal | None, price: Decimal | None) -> bool:
    """Tell an allowance of the line from one that is in the price already.

    UBL has the line's before its price, CII behind its quantity.
    """
    return price is None if name == "Amount" else quantity is not None
