"""What the sums of an invoice should be: net and tax make the total, what was paid leaves the rest.

The relations are the business rules BR-CO-10 to BR-CO-16 of EN 16931-1. A relation holds where some of the
figures that stand between two totals lead from one to the other; it is broken only where both are known
beyond doubt and none do. Anything else is left open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product

from docassay.domains.financial.columns import is_sure_column
from docassay.domains.financial.invoice import CENT, Invoice, Role, Row, Total
from docassay.domains.financial.terms import says_transfer
from docassay.domains.patterns import compiled

_MOST_TERMS = 6
_MOST_TOTALS = 5
_MOST_TAXES = 20
_MOST_UNKNOWN = 2
_MOST_WRITTEN = 10

_LOWERS = compiled(
    r"(?i)rabatt|nachlass|skonto|abschlag|anzahlung|gutsch(?:rift|ein)|discount|allowance|rebate|voucher|"
    r"\bdeposit|remise|rabais|ristourne|escompte|acompte|"
    r"restocking|return fee|(?:storno|rücknahme)geb|frais de (?:retour|restockage)"
)
"""What a line is called that lowers the sum, of a credit note as of an invoice, whichever sign it has."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A total, and whether it is the sum that it should be.

    Attributes:
        holds: None where it cannot be told.
        of_lines: It is the sum of the lines.
        says: What was added, ``473.00 + 56.87 = 529.87``; where it is broken, what it should be.
    """

    total: Total
    holds: bool | None
    says: str
    of_lines: bool = False


def sums_of(invoice: Invoice, credit: bool = False) -> list[Sum]:
    """Work out every relation between the totals of an invoice, as far as it can be told.

    Args:
        invoice: The invoice.
        credit: It is a credit note: its lines and totals may have other signs than one another.
    """
    found = [_net(invoice), _tax(invoice), _gross(invoice), _due(invoice), _lines(invoice)]
    sums = [one for one in found if one is not None]
    if credit and not invoice.named and not all(one.holds for one in sums):
        unsigned = sums_of(invoice.without_signs())
        if len(unsigned) >= len(sums) and _fits(unsigned) > _fits(sums):
            return unsigned
    return sums


def _fits(sums: Sequence[Sum]) -> tuple[int, int]:
    """Rank sums: the fewer are broken, the better; then the more hold."""
    return -sum(one.holds is False for one in sums), sum(one.holds is True for one in sums)


def _net(invoice: Invoice) -> Sum | None:
    """Compare the sum of the lines, less discounts and with charges, with the net total."""
    lines, nets = invoice.of("lines"), invoice.of("net")
    grosses = {total.amount.value for total in invoice.of("gross")}
    if not lines or not nets or any(total.amount.value in grosses for total in lines):
        return None  # prices with tax: their sum is the total
    between = _between(invoice, lines[0].amount.start, nets[-1].amount.start)
    changes = invoice.of("lowering", "raising") if invoice.named else between
    sure = _sole(lines) and _sole(nets) and (invoice.named or lines[0].amount.start < nets[-1].amount.start)
    apart = nets[-1].line - lines[0].line > 1 and not any(c.role in ("lowering", "raising") for c in changes)
    sure = sure and not apart and _undivided(invoice, lines, nets)
    return _relation(invoice, lines, nets, changes, [Decimal(0)], sure)


def _tax(invoice: Invoice) -> Sum | None:
    """Compare the rows of the tax breakdown, where they are on the whole net total, with the total of tax."""
    totals, nets = invoice.of("tax"), invoice.of("net")
    rows = list(dict.fromkeys((row.base.value, row.rate, row.tax.value) for row in invoice.taxes))
    if not totals or not nets or not rows or not all(row.holds for row in invoice.taxes):
        return None
    if not any(abs(sum((row[0] for row in rows), -net.amount.value)) <= CENT for net in nets):
        return None
    taxes = [row[2] for row in rows]
    together = sum(taxes, Decimal(0))
    says = _written(taxes, together)
    if any(abs(abs(together) - abs(total.amount.value)) <= invoice.tolerance for total in totals):
        return Sum(totals[-1], True, says)
    sure = _sole(totals) and not totals[-1].included
    return Sum(totals[-1], False if sure else None, f"{says}, not {totals[-1].amount.value}" if sure else "")


def _gross(invoice: Invoice) -> Sum | None:
    """Compare the net total and the tax with the total."""
    nets = invoice.of("net") or invoice.of("lines")
    totals = invoice.of("gross") or invoice.of("due")
    if not nets or not totals:
        return None
    taxes = _tax_alternatives(invoice)
    changes = [] if invoice.named else _between(invoice, nets[0].amount.start, totals[-1].amount.start)
    if not invoice.of("gross"):
        changes += [t for t in invoice.of("paid", "rounding") if t not in changes]
    known = bool(invoice.of("tax") or invoice.taxes) or invoice.named
    sure = (
        known
        and _sole(nets)
        and _sole(totals)
        and (invoice.named or nets[-1].amount.start < totals[0].amount.start)
    )
    told = _relation(invoice, nets, totals, changes, taxes, sure and _undivided(invoice, nets, totals))
    if told.holds or changes or invoice.named:
        return told
    # Charges and discounts may be printed above the net total.
    above = _relation(invoice, nets, totals, invoice.of("raising", "lowering"), taxes, False)
    return above if above.holds else told


def _due(invoice: Invoice) -> Sum | None:
    """Compare the total, less what was paid, with what is due."""
    totals, dues = invoice.of("gross"), invoice.of("due")
    if not totals or not dues or invoice.minimal:  # which does not say what was paid
        return None
    if dues[-1].amount.value == 0 and totals[-1].amount.value < 0:  # nothing is due of a credit
        return None
    parts = list(dict.fromkeys(total.amount.value for total in dues))
    if len(parts) > 1 and sum(parts) == totals[-1].amount.value:  # parts that are due one after the other
        return Sum(totals[-1], True, _written(parts, totals[-1].amount.value))
    between = [] if invoice.named else _between(invoice, totals[0].amount.start, dues[-1].amount.start)
    changes = between + [t for t in invoice.of("paid", "rounding") if t not in between]
    for row in invoice.others:  # a payment that is listed elsewhere, such as a transfer with its day
        left = totals[-1].amount.value - row.amount.value if row.amount else None
        if left == dues[-1].amount.value and says_transfer(row.label):
            return Sum(
                dues[-1], True, _written([totals[-1].amount.value, left - totals[-1].amount.value], left)
            )
    told = bool(invoice.of("paid")) or (dues[-1].line - totals[-1].line == 1 and not invoice.payments)
    told = (told or invoice.named) and not invoice.nested
    sure = (
        told
        and _sole(totals)
        and _sole(dues)
        and (invoice.named or totals[-1].amount.start < dues[0].amount.start)
    )
    return _relation(invoice, totals, dues, changes, [Decimal(0)], sure)


def _lines(invoice: Invoice) -> Sum | None:
    """Compare the lines with their sum."""
    targets = next((t for r in ("lines", "net", "gross", "due") if (t := invoice.of(r))), [])
    if not targets or not (invoice.items or invoice.others):
        return None
    amounts = [item.amount.value for item in invoice.items]
    slack = invoice.tolerance if invoice.named else max(CENT, Decimal("0.01") * len(amounts))
    for target in _distinct(invoice.of("lines", "net", "gross", "due")):
        # Where the net total is not stated, or was not read, the lines and the tax make the total.
        with_tax = target.role in ("gross", "due") and not (invoice.named or invoice.of("net", "lines"))
        alternatives = _tax_alternatives(invoice)[:_MOST_TAXES] if with_tax else [Decimal(0)]
        for signed, tax in product(dict.fromkeys((tuple(amounts), _lowered(invoice))), alternatives):
            together, optional = sum(signed, tax), _optional(invoice, target)
            chosen = _chosen(together, optional, target.amount.value, slack)
            if chosen is not None:
                parts = [*signed, *([tax] if tax else []), *chosen]
                return Sum(targets[0], True, _written(parts, target.amount.value), of_lines=True)
    last = max((item.amount.start for item in invoice.items), default=0)
    changes = [one for one in _between(invoice, last, targets[-1].amount.start) if one.amount.value]
    for chosen in [] if invoice.named else _selections(changes[:_MOST_TERMS]):
        if abs(sum([*amounts, *chosen], Decimal(0)) - targets[-1].amount.value) <= slack:
            return Sum(
                targets[-1], True, _written([*amounts, *chosen], targets[-1].amount.value), of_lines=True
            )
    sure = invoice.complete and len(amounts) >= 2 and _sole(targets)
    sure = sure and not any(one.role == "other" for one in changes)
    sure = sure and len(_optional(invoice, targets[0])) == len(invoice.others)
    sure = sure and all(item.holds for item in invoice.items) and _nothing_after(invoice, targets[0])
    sure = sure and (invoice.named or is_sure_column(invoice.items, invoice.totals, slack))
    says = f"{_written(amounts, sum(amounts, Decimal(0)))}, not {targets[0].amount.value}" if sure else ""
    return Sum(targets[0], False if sure else None, says, of_lines=True)


def _lowered(invoice: Invoice) -> tuple[Decimal, ...]:
    """List the amounts of the lines, with the signs of discounts and deposits against that of the rest."""
    if invoice.named:
        return tuple(item.amount.value for item in invoice.items)
    lowers = [_LOWERS.search(item.label) is not None for item in invoice.items]
    rest = sum(item.amount.value for item, low in zip(invoice.items, lowers, strict=True) if not low)
    return tuple(
        abs(item.amount.value).copy_sign(-rest) if low and rest else item.amount.value
        for item, low in zip(invoice.items, lowers, strict=True)
    )


def _optional(invoice: Invoice, target: Total) -> list[Decimal]:
    """List what may count beside the items: what is not understood, and payments above the sum."""
    above = [] if invoice.named else invoice.of("paid", "rounding")
    paid = [_signed(total)[0] for total in above if total.amount.start < target.amount.start]
    return [*_amounts(invoice.others), *paid]


def is_missing(invoice: Invoice, amount: Decimal, row: Row) -> bool:
    """Tell whether the lines make their sum if a line that is not understood has this amount."""
    if len(invoice.others) > _MOST_TERMS:
        return False
    together = sum((item.amount.value for item in invoice.items), amount)
    rest = _amounts([other for other in invoice.others if other is not row])
    return any(
        _chosen(together, rest, target.amount.value, CENT) is not None
        for target in _distinct(invoice.of("lines", "net", "gross"))
    )


def _distinct(totals: Sequence[Total]) -> list[Total]:
    """Keep the first total of each amount, a few at most: a text that has more is no invoice."""
    return list({total.amount.value: total for total in reversed(totals)}.values())[::-1][:_MOST_TOTALS]


def _amounts(rows: Sequence[Row]) -> list[Decimal]:
    return [row.amount.value for row in rows if row.amount]


def _relation(
    invoice: Invoice,
    bases: Sequence[Total],
    targets: Sequence[Total],
    changes: Sequence[Total],
    alternatives: Sequence[Decimal],
    sure: bool,
) -> Sum:
    """Look for a way from one of the bases to one of the targets; see the module."""
    terms = [change for change in changes if change.amount.value]
    unknown = sum(term.role == "other" for term in terms)
    selections = _selections(terms[:_MOST_TERMS])
    for base, target in product(_distinct(bases), _distinct(targets)):
        for added, chosen in product(alternatives[:_MOST_TAXES], selections):
            parts = [base.amount.value, *([added] if added else []), *chosen]
            if invoice.is_total(target.amount.value, sum(parts, Decimal(0))):
                off = abs(sum(parts, Decimal(0)) - target.amount.value) > invoice.tolerance
                return Sum(target, True, _written(parts, target.amount.value) + off * ", rounded")
    target = targets[-1]
    start, end = bases[0].amount.start, target.amount.start
    unread = any(start < place < end for place in invoice.unread)
    if not sure or unread or unknown > _MOST_UNKNOWN or len(terms) > _MOST_TERMS:
        return Sum(target, None, "")
    added = alternatives[0]
    expected = [bases[0].amount.value, *([added] if added else []), *(_signed(term)[0] for term in terms)]
    return Sum(target, False, f"{_written(expected, sum(expected, Decimal(0)))}, not {target.amount.value}")


def _selections(terms: Sequence[Total]) -> list[list[Decimal]]:
    """List what some of the terms may add, with either sign; many unknown figures would explain any sum."""
    return [
        [value for value in chosen if value]
        for chosen in product(*map(_signed, terms))
        if sum(bool(value) and term.role == "other" for value, term in zip(chosen, terms, strict=True))
        <= _MOST_UNKNOWN
    ]


def _signed(term: Total) -> tuple[Decimal, ...]:
    """List what a term may add: first what its role says, then nothing, then the opposite."""
    value = term.amount.value
    lowers = term.role in ("lowering", "paid")
    likely = -abs(value) if lowers else value
    return (likely, Decimal(0), -likely)


def _tax_alternatives(invoice: Invoice) -> list[Decimal]:
    """List what the tax may be: the totals of tax, together and each, and the rows of the breakdown."""
    every = [t.amount.value for t in invoice.of("tax") if not t.included]
    totals = list(dict.fromkeys(every))
    rows = list(dict.fromkeys((row.rate, row.tax.value) for row in invoice.taxes))
    candidates = [
        *totals,
        *([sum(totals, Decimal(0))] if len(totals) > 1 else []),
        *([sum(every, Decimal(0))] if len(every) > len(totals) else []),  # halves of one tax
        *([sum((tax for _, tax in rows), Decimal(0))] if rows else []),
        Decimal(0),
        *(-value for value in totals),  # a credit note may print its tax without the sign of the rest
    ]
    return list(dict.fromkeys(candidates))


def _between(invoice: Invoice, start: int, end: int) -> list[Total]:
    """List what changes a sum, or is not understood, between two places of the text."""
    roles: tuple[Role, ...] = ("lowering", "raising", "paid", "rounding", "other")
    return [total for total in invoice.of(*roles) if start < total.amount.start < end]


def _sole(totals: Sequence[Total]) -> bool:
    return len({total.amount.value for total in totals}) == 1


def _undivided(invoice: Invoice, bases: Sequence[Total], targets: Sequence[Total]) -> bool:
    """Tell whether no line is billed between two totals, so that the first is not that of a page."""
    if invoice.named:
        return True
    start, end = bases[0].amount.end, targets[-1].amount.start
    return not any(start < item.amount.start < end for item in invoice.items)


def _nothing_after(invoice: Invoice, total: Total) -> bool:
    return invoice.named or not any(item.amount.start > total.amount.start for item in invoice.items)


def _chosen(
    together: Decimal, optional: Sequence[Decimal], target: Decimal, slack: Decimal
) -> list[Decimal] | None:
    """Find some of the optional amounts that make up the difference; None where none do."""
    if len(optional) > _MOST_TERMS:
        return [] if abs(together - target) <= slack else None
    for size in range(len(optional) + 1):
        for chosen in combinations(optional, size):
            if abs(together + sum(chosen, Decimal(0)) - target) <= slack:
                return list(chosen)
    return None


def _written(parts: Sequence[Decimal], total: Decimal) -> str:
    """Write a sum out, at most ten of its parts.

    >>> _written([Decimal("473.00"), Decimal("-3.00")], Decimal("470.00"))
    '473.00 - 3.00 = 470.00'
    """
    text = str(parts[0]) if parts else ""
    for part in parts[1:_MOST_WRITTEN]:
        text += f" - {-part}" if part < 0 else f" + {part}"
    return f"{text}{' + ...' if len(parts) > _MOST_WRITTEN else ''} = {total}"
