"""What the figures of an invoice are: lines, tax rows and totals, in the terms of EN 16931."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from docassay.domains import Span
from docassay.domains.financial.figures import Figure, money

Role = Literal[
    "lines",  # sum of the lines, BT-106
    "lowering",  # allowance or discount, BT-107
    "raising",  # charge, BT-108
    "net",  # total without tax, BT-109
    "tax",  # BT-110
    "gross",  # total with tax, BT-112
    "paid",  # BT-113
    "rounding",  # BT-114
    "due",  # BT-115
    "other",
]
"""What a line among the totals gives; the numbers are those of EN 16931-1."""

BILLS = frozenset(("invoice", "utility_bill"))
"""Types of documents that ask for money, and may state it only as what is due."""

Shape = tuple[tuple[bool, bool], ...]

CENT = Decimal("0.01")
"""Totals may differ by so much, which rounding explains."""

_STEP = Decimal("0.05")
_HALF_STEP = Decimal("0.025")
"""Swiss totals are rounded to five hundredths of a franc, the least coin."""

_HALF_UNIT = Decimal("0.5")
"""Tax on whole amounts may be rounded to a whole one, as in currencies without cents (HUF, JPY)."""

_SMALL_TAX = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A line with figures, and its words.

    Attributes:
        product: Quantity times price, where columns of a table say which these are.
        printed: All figures of its line, where columns say which of them count.
    """

    label: str
    figures: tuple[Figure, ...]
    line: Span
    product: Decimal | None = None
    printed: tuple[Figure, ...] = ()

    @property
    def amount(self) -> Figure | None:
        """Give its last amount of money, if it has any."""
        amounts = money(self.figures)
        return amounts[-1] if amounts else None


@dataclass(frozen=True, slots=True)
class Item:
    """A line that bills something.

    Attributes:
        amount: What is billed.
        product: Quantity times price, for the line's base quantity, and with its allowances and charges.
        line: Where it stands; of an electronic invoice, where its amount does.
        terms: The figures that were multiplied.
        shape: Which of the line's last figures are money or rates: lines of one table are alike.
        columns: The amounts of money in its line, in order: prices, taxes, what is billed.
        exact: Of an electronic invoice, the product of its figures as they are written; `product` also allows
            for a price that was rounded. None of others.
    """

    label: str
    amount: Figure
    product: Decimal
    line: Span
    terms: tuple[Decimal, ...] = ()
    shape: Shape = ()
    columns: tuple[Figure, ...] = ()
    exact: Decimal | None = None

    @property
    def holds(self) -> bool:
        """Tell whether quantity times price is the amount, up to rounding."""
        return abs(self.product - self.amount.value) <= max(CENT, self._slack())

    def _slack(self) -> Decimal:
        """Give how far the product may be off because a price is printed with fewer digits than it has."""
        one, other = self.terms if len(self.terms) == 2 else (Decimal(0), Decimal(0))
        half = max(abs(one) * half_digit(other), abs(other) * half_digit(one))
        return min(half, abs(self.product) / 500)


@dataclass(frozen=True, slots=True)
class Total:
    """A line of the totals.

    Attributes:
        line: Its number in the text, to tell what stands between two.
        included: It says that it is included in the total already.
    """

    role: Role
    label: str
    amount: Figure
    line: int
    included: bool = False


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A row of the tax breakdown: taxable amount, rate in per cent, tax."""

    base: Figure
    rate: Decimal
    tax: Figure

    @property
    def off(self) -> Decimal:
        """Give by how much the tax is not what the rate gives, on the amount or within it."""
        on_top = self.base.value * self.rate / 100
        within = self.base.value * self.rate / (100 + self.rate)
        return min(abs(abs(tax) - abs(self.tax.value)) for tax in (on_top, within))

    @property
    def holds(self) -> bool:
        """Tell whether the rate gives the tax; where it is worked out line by line, cents add up."""
        if self.base.value % 1 == self.tax.value % 1 == 0:
            return self.off <= _HALF_UNIT
        return self.off <= (CENT if abs(self.tax.value) < _SMALL_TAX else Decimal("0.05"))


@dataclass(slots=True)
class Invoice:
    """The figures of an invoice, in the order of the text.

    Attributes:
        items: Lines whose quantity and price are known.
        others: Further lines above the totals that end in money: fees, discounts, what was not understood.
        complete: Nothing but items stands in the table, so that they make up its sum.
        nested: Lines may hold lines, and payments of third parties be added: an extension of EN 16931.
        named: It is an electronic invoice, whose every value has a name.
        minimal: Its profile has neither lines nor payments (Factur-X MINIMUM).
        rounded: Its total may be rounded to five hundredths, as Swiss ones are, without a line that says so.
        unread: Where lines start that may have an amount, and were not understood.
        payments: It speaks of payments, deposits or an earlier balance, whether their sums are read or not.
    """

    items: list[Item] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    taxes: list[TaxRow] = field(default_factory=list)
    complete: bool = False
    nested: bool = False
    named: bool = False
    minimal: bool = False
    rounded: bool = False
    unread: list[int] = field(default_factory=list)
    payments: bool = False

    @property
    def tolerance(self) -> Decimal:
        """Give by how much a sum may be off: not at all in an electronic invoice, which validators refuse."""
        return Decimal("0.005") if self.named else CENT

    def is_total(self, amount: Decimal, together: Decimal) -> bool:
        """Tell whether an amount is a sum, up to what rounding explains."""
        off = abs(amount - together)
        return off <= self.tolerance or (self.rounded and off <= _HALF_STEP and amount % _STEP == 0)

    def without_signs(self) -> Invoice:
        """Give it with positive lines and totals, as a credit note may print them with either sign."""
        together = sum((item.amount.value for item in self.items), Decimal(0))
        sign = Decimal(1).copy_sign(together)

        def turned(figure: Figure) -> Figure:
            return replace(figure, value=figure.value * sign)

        def positive(figure: Figure) -> Figure:
            return replace(figure, value=abs(figure.value))

        return replace(
            self,
            items=[replace(i, amount=turned(i.amount), product=i.product * sign) for i in self.items],
            others=[replace(row, figures=tuple(map(turned, row.figures))) for row in self.others],
            totals=[replace(total, amount=positive(total.amount)) for total in self.totals],
            taxes=[replace(row, tax=positive(row.tax)) for row in self.taxes],
        )

    def of(self, *roles: Role) -> list[Total]:
        """List the totals that have one of these roles."""
        return [total for total in self.totals if total.role in roles]


def half_digit(value: Decimal) -> Decimal:
    """Give half a unit of a number's last place; of a whole number nothing, since it is a count.

    >>> half_digit(Decimal("2.77")), half_digit(Decimal(20))
    (Decimal('0.005'), Decimal('0'))
    """
    exponent = value.as_tuple().exponent
    return Decimal(5).scaleb(exponent - 1) if isinstance(exponent, int) and exponent < 0 else Decimal(0)
