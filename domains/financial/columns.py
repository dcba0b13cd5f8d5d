"""What the columns of an invoice's lines say beside quantity, price and amount: discounts, taxes, other sums.

Which column has the amounts is read by what multiplies. Where the sums of another column are printed, too,
or the figures of a line make its amount in another way, nothing is known to be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from docassay.domains.financial.figures import Figure
from docassay.domains.financial.invoice import CENT, Item, Total

_OF_A_COLUMN = ("lines", "net", "gross", "due", "other")
"""What the sum of the amounts may be; that of a column of taxes or discounts is printed in any case."""

_MOST_FIGURES = 8
_MOST_CHANGES = 3


def is_sure_column(items: Sequence[Item], totals: Sequence[Total], slack: Decimal) -> bool:
    """Tell whether the amounts of lines are those of one column, and no other is what was added.

    Args:
        items: The lines.
        totals: What is printed below them, also what is not understood.
        slack: How far a sum may be off.
    """
    places = {_place(item) for item in items}
    if len({place for place, _ in places}) > 1 and len({behind for _, behind in places}) > 1:
        return False
    sums = [sum(column, Decimal(0)) for column in _columns(items)]
    sums.append(sum((item.amount.value for item in items), Decimal(0)))
    printed = [total.amount.value for total in totals if total.role in _OF_A_COLUMN]
    return not any(abs(one - value) <= slack for one in sums for value in printed)


def _place(item: Item) -> tuple[int, int]:
    """Give the place of a line's amount among its amounts of money, from the left and from the right."""
    place = next((n for n, one in enumerate(item.columns) if one.start == item.amount.start), 0)
    return place, len(item.columns) - place


def _columns(items: Sequence[Item]) -> Iterator[list[Decimal]]:
    """List the columns of money that all lines have, counted from the left and from the right."""
    shortest = min((len(item.columns) for item in items), default=0)
    for place in (*range(shortest), *range(-shortest, 0)):
        yield [item.columns[place].value for item in items]


def makes(figures: Sequence[Figure], amount: Decimal) -> bool:
    """Tell whether the figures of a line make its amount in another way than quantity times price.

    A third factor does, such as months, and so do a discount, a tax or a fee in a column of its own.
    """
    before = [one for one in figures if one.value and one.value != amount][:_MOST_FIGURES]
    for pair in combinations(before, 2):
        if not any(one.money for one in pair):
            continue
        whole = pair[0].value * pair[1].value
        rest = [one for one in before if one not in pair]
        if any(abs(whole * one.value - amount) <= CENT for one in rest if one.value != 1):
            return True
        rates = [Decimal(1), *(1 + sign * r.value / 100 for r in rest if r.percent for sign in (-1, 1))]
        changes = _changes([one.value for one in rest if one.money and not one.percent])
        if any(abs(whole * rate + change - amount) <= CENT for rate in rates for change in changes):
            return abs(whole - amount) > CENT
    return False


def _changes(values: Sequence[Decimal]) -> list[Decimal]:
    """List what some values may add, at most three of them, each with either sign."""
    sums = [(0, Decimal(0))]
    for one in values:
        sums += [(n + 1, total + add) for n, total in sums if n < _MOST_CHANGES for add in (one, -one)]
    return [total for _, total in sums]
