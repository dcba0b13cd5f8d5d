"""Read the figures of a printed invoice, line by line.

A line is understood where its figures confirm each other: quantity times price is the amount, a rate gives
the tax on a sum. In the text of a PDF the amount may stand on the next line.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

from docassay.domains.financial.figures import Figure, Notation, money, notation_of, read_line
from docassay.domains.financial.invoice import CENT, Invoice, Item, Row, Shape, TaxRow, Total
from docassay.domains.financial.lines import BilledLine, billed_lines
from docassay.domains.financial.terms import names_tax, role_of, says_included, says_paid
from docassay.domains.patterns import compiled
from docassay.schemas.tables import Table

_SUMS = frozenset(("lines", "net", "tax", "gross", "paid", "rounding", "due"))
_MOST_RATE = 30
_NO_LINE = compiled(r"(?i)preis\b|price\b|prix\b|basis|\bbase\b|wert\b|\b(?:tel|telefon|phone|fax)\b|stand\b")
_SWISS = compiled(r"\bCHF\b|\bS?Fr\. ?\d")
_TAXED = compiled(r"(?i)\b(?:VAT|MwSt|USt|TVA|[CSI]?GST|IVA|BTW)\b|\btax ?(?:[(%]|rate|value|amount|total)")
_PAYMENTS = compiled(
    r"(?i)\b(?:payments? (?:received|made|applied|to date)|(?:already|amount) paid|deposits?|retainers?"
    r"|prepa(?:id|yment)"
    r"|(?:previous|opening|prior) balance|balance (?:forward|brought)|credits?"
    r"|commissions?|anzahlung\w*|vorauszahlung\w*"
    r"|abschlag\w*|teilzahlung\w*|bereits (?:be|ge)zahlt|gutschrift\w*|acomptes?|arrhes|déjà (?:versé"
    r"|réglé|payé)\w*|avoirs?)\b"
)
_CENTS = compiled(r"\d[.,]\d{2}(?:[^\d.,]|$)")
_MAYBE_MONEY = compiled(rf"{_CENTS.pattern}|[$€£][ ]?\d")
_PLAIN = Notation(".", spaced=False)
_MOST_FACTORS = 5
_LEAST_WHOLE = 10
"""Below this three figures of a line may multiply by chance."""

_COLUMNS = 3
_STACKED = (
    compiled(r"(?i)(?:menge|anzahl|qty|quantity|qté|quantité|cantidad|quantità|aantal)\b"),
    compiled(
        r"(?i)(?:preis pro einheit|einzelpreis|stückpreis|(?:unit|net)? ?price|rate|prix(?: unitaire)?)\b"
    ),
    compiled(r"(?i)(?:gesamtpreis|gesamt|betrag|nettobetrag|(?:line )?total|amount|montant|prix total)\b"),
)
_COUNTED = compiled(r"(?i)\b(?:kgs?|nos|pcs)\b")
"""A unit beside the quantities that a total has, too."""

_MOST_TAX_FIGURES = 8
_CATEGORY_CHARS = 2  # S, Z, AE: categories of UNTDID 5305


def read_printed(text: str, tables: Sequence[Table] = ()) -> Invoice:
    """Read a printed invoice.

    Args:
        text: Its text.
        tables: Its tables of billed lines: a row with quantity, price and amount is read by these columns,
            all else line by line.
    """
    invoice = Invoice(rounded=bool(_SWISS.search(text)), payments=bool(_PAYMENTS.search(text)))
    rows = _stacked(_joined(_with_cells(text, _rows(text), billed_lines(text, tables))))
    first_total = next((n for n, row in enumerate(rows) if _is_total(row)), len(rows))
    taxed, whole = _TAXED.search(text) is not None, _CENTS.search(text) is None
    strange = False
    others: list[tuple[int, Row]] = []
    first_item = len(rows)
    for number, row in enumerate(rows):
        if row.product is not None:
            if item := _cells_item(row):
                invoice.items.append(item)
                first_item = min(first_item, number)
            else:
                others.append((number, row))
            continue
        role = role_of(row.label)
        amounts = money(row.figures) or _in_brackets(text, row)
        if role == "gross" and _COUNTED.search(row.label):
            amounts = amounts[-1:]
        if role is None and amounts and says_paid(row.label) and _is_deducted(amounts, number >= first_total):
            invoice.totals.append(Total("paid", row.label, amounts[-1], number))
            continue
        read = _understood(row, above=number < first_total, whole=whole)
        if isinstance(read, TaxRow):
            invoice.taxes.append(read)
        elif isinstance(read, Item):
            invoice.items.append(read)
            first_item = min(first_item, number)
        elif across := _across(row, number, taxed) or _side_by_side(text, row, number):
            invoice.totals += across
        elif role and len(amounts) == 1 and (number >= first_total or role not in ("lowering", "raising")):
            invoice.totals.append(Total(role, row.label, amounts[0], number, says_included(row.label)))
        elif amounts and number < first_total:
            if not _NO_LINE.search(row.label):
                others.append((number, row))
        elif amounts:
            invoice.totals.append(Total("other", row.label, amounts[-1], number))
        elif number < first_total and invoice.items:
            strange = True
        elif _MAYBE_MONEY.search(text[slice(*row.line)]):
            invoice.unread.append(row.line[0])
    # Above the table stand addresses, numbers and dates.
    invoice.others = [
        row for number, row in others if number + 1 >= first_item or len(row.figures) >= _COLUMNS
    ]
    if not invoice.items:
        invoice.others = [row for _, row in others]
    invoice.complete = not strange and not invoice.others
    return invoice


def _in_brackets(text: str, row: Row) -> list[Figure]:
    """Give the one amount of a line as less than nothing, where all of it stands in brackets."""
    last = row.figures[-1]
    before, behind = text[row.line[0] : last.start].rstrip("$€£- "), text[last.end : last.end + 1]
    alone = last.money and not last.percent and before.endswith("(") and behind == ")"
    return [replace(last, value=-abs(last.value), bracketed=False)] if alone and row.label else []


def _is_deducted(amounts: Sequence[Figure], below: bool) -> bool:
    """Tell whether what is called a payment is taken off: below the first total, or where negative."""
    return below or (len(amounts) == 1 and amounts[0].value < 0)


def _understood(row: Row, above: bool, whole: bool) -> Item | TaxRow | None:
    """Read a line as one that bills something, or as a row of the tax breakdown."""
    may_bill = (
        (None, "lowering", "raising") if above else (None,)
    )  # a deposit on bottles is billed by the piece
    item = _item(row, whole) if role_of(row.label) in may_bill else None
    if item and row.label:
        return item
    return _tax_row(row) or claimed_tax_row(row) or item


def _rows(text: str) -> list[Row]:
    notation = notation_of(text)
    rows: list[Row] = []
    position = 0
    for line in text.splitlines(keepends=True):
        bare = line.rstrip()
        if bare:
            start = position + len(line) - len(line.lstrip())
            figures, label = read_line(bare, position, notation)
            rows.append(
                Row(label.replace("|", " ").strip(" \t:*_.="), tuple(figures), (start, position + len(bare)))
            )
        position += len(line)
    return rows


def _with_cells(text: str, rows: list[Row], lines: Sequence[BilledLine]) -> list[Row]:
    """Put what columns say in place of the lines of the text that they stand on.

    A line that has the figures of several rows stays what it is, and so does one that is called a total.
    """
    if not lines:
        return rows
    starts = [row.line[0] for row in rows]
    at_row: defaultdict[int, list[BilledLine]] = defaultdict(list)
    covered: set[int] = set()
    for line in lines:
        if line.product is not None and all(cell.end <= len(text) for cell in line.cells):
            at_row[bisect_right(starts, line.amount.start) - 1].append(line)
            covered.update(bisect_right(starts, cell.start) - 1 for cell in line.cells)
    read = {at: found[0] for at, found in at_row.items() if len(found) == 1}
    return [
        _cells_row(row, read[at]) if at in read else row
        for at, row in enumerate(rows)
        if at in read or at in at_row or at not in covered or (row.figures and role_of(row.label) in _SUMS)
    ]


def _cells_row(row: Row, line: BilledLine) -> Row:
    figures = tuple(figure for figure in (line.quantity, line.price, line.amount) if figure)
    return Row(line.label, figures, row.line, line.product, row.figures)


def _cells_item(row: Row) -> Item | None:
    """Read a row whose columns are known, if quantity times price is its amount."""
    quantity, price, amount = row.figures
    terms = (quantity.value, price.value)
    columns = tuple(money(row.printed))
    item = Item(row.label, amount, row.product or Decimal(0), row.line, terms, shape_of(row), columns)
    return item if item.holds else None


def _joined(rows: Sequence[Row]) -> list[Row]:
    """Join a line with the amount alone on the next one, and leave out lines without figures."""
    joined: list[Row] = []
    for row in rows:
        alone = len(row.figures) == 1 and not row.label and row.figures[0].money
        before = joined[-1] if joined and joined[-1].product is None else None
        if alone and before and not before.figures and role_of(before.label):
            figure = row.figures[0]
            if before.label.endswith(" -"):
                figure = replace(figure, value=-figure.value)
            joined[-1] = Row(before.label, (figure,), (before.line[0], row.line[1]))
        elif alone and before and len(before.figures) >= 2 and not _item(before):
            joined[-1] = Row(before.label, (*before.figures, *row.figures), (before.line[0], row.line[1]))
        else:
            joined.append(row)
    return [row for row in joined if row.figures]


def _stacked(rows: Sequence[Row]) -> list[Row]:
    """Join quantity, price and amount of a line that stand below one another, each behind its own word."""
    stacked: list[Row] = []
    place = 0
    while place < len(rows):
        three = rows[place : place + len(_STACKED)]
        named = len(three) == len(_STACKED) and all(
            row.product is None and word.match(row.label) for word, row in zip(_STACKED, three, strict=True)
        )
        amounts = money(three[-1].figures) if named else []
        if len(amounts) == 1:
            figures = (three[0].figures[0], three[1].figures[0], amounts[0])
            line = three[0].line[0], three[2].line[1]
            stacked.append(Row(three[0].label, figures, line, figures[0].value * figures[1].value))
            place += len(_STACKED)
        else:
            stacked.append(rows[place])
            place += 1
    return stacked


def _is_total(row: Row) -> bool:
    is_called = row.product is None and role_of(row.label) in ("lines", "net", "gross", "due")
    return is_called and bool(money(row.figures))


def _item(row: Row, whole: bool = False) -> Item | None:
    """Find quantity, price and amount among the figures of a line; None where none multiply.

    Once a price is itself, and so is once a tax that stands twice: there the largest amount is billed.

    Args:
        row: The line.
        whole: Amounts of money may be whole: no figure of the text has cents.
    """
    figures = [f for f in row.figures if not f.percent and not f.bracketed]
    amounts = money(figures)
    once: list[Item] = []
    for amount in reversed(amounts or (figures[-1:] if whole and _is_whole_line(row.label, figures) else [])):
        factors = [f for f in figures if f is not amount and f.end <= amount.start][-_MOST_FACTORS:]
        for one, other in _pairs(factors):
            terms = (one.value, other.value)
            product = one.value * other.value
            item = Item(row.label, amount, product, row.line, terms, shape_of(row), tuple(amounts))
            if item.holds and amount.value:
                if 1 not in terms:
                    return item
                once.append(item)
    return max(once, key=lambda item: item.amount.value, default=None)


def _is_whole_line(label: str, figures: Sequence[Figure]) -> bool:
    """Tell whether a line ends in quantity, price and amount that are all whole, as in rupees."""
    last = figures[-_COLUMNS:]
    return (
        len(last) == _COLUMNS
        and bool(label)
        and last[-1].value >= _LEAST_WHOLE
        and last[0].value * last[1].value == last[2].value
    )


def _across(row: Row, number: int, taxed: bool) -> list[Total]:
    """Read totals that stand side by side without labels: net, tax, total, each the sum of those before.

    Behind the word for a total, where there is a tax, quantities may stand before them.
    """
    amounts = money(row.figures)
    if len(amounts) < 3:
        return []
    if taxed and role_of(row.label) == "gross":
        starts = (n for n in range(len(amounts) - 2) if amounts[n].value)
        whole = next((n for n in starts if _make_last(amounts[n:])), None)
        amounts = amounts if whole is None else amounts[whole:]
    elif row.label:
        return []
    sums = []
    together = Decimal(0)
    for place, amount in enumerate(amounts):
        if place > 1 and abs(amount.value - together) <= CENT:
            sums.append(place)
            together = amount.value
        else:
            together += amount.value
    if not sums or sums[-1] != len(amounts) - 1:
        return []
    net = sums[-2] if len(sums) > 1 else 0
    if not row.label and not _make_last(amounts[net:]):
        return []  # "0.17 2.84 3.00" of a line: its tax, its price and its amount
    lines = [Total("lines", "", amounts[0], number)] if net else []
    changes = [Total("other", "", amount, number) for amount in amounts[1:net]]
    taxes = [Total("tax", "", amount, number) for amount in amounts[net + 1 : -1]]
    return [
        *lines,
        *changes,
        Total("net", "", amounts[net], number),
        *taxes,
        Total("gross", row.label, amounts[-1], number),
    ]


def _make_last(amounts: Sequence[Figure]) -> bool:
    """Tell whether a net and taxes, no more than may be, make the last of some amounts."""
    net, *taxes, gross = (one.value for one in amounts)
    tax = sum(taxes, Decimal(0))
    return abs(net + tax - gross) <= CENT and 100 * abs(tax) <= _MOST_RATE * abs(net)


def _side_by_side(text: str, row: Row, number: int) -> list[Total]:
    """Read totals that share a line, each behind its own name: with the whole, or a charge with the tax."""
    amounts = money(row.figures)
    totals = []
    start = row.line[0]
    for amount in amounts if 1 < len(amounts) <= _COLUMNS + 1 else ():
        figures, label = read_line(text[start : amount.start], start, _PLAIN)
        role = role_of(label.strip(" \t:*_.="))
        if role not in (*_SUMS, "raising") or any(not figure.percent for figure in figures):
            return []
        totals.append(Total(role, label, amount, number, says_included(label)))
        start = amount.end
    roles = {total.role for total in totals}
    return totals if "gross" in roles or roles == {"raising", "tax"} else []


def products_of(row: Row) -> list[Decimal]:
    """List what quantity and price of a line may make, where it has figures for both."""
    if row.product is not None:
        return [row.product.quantize(CENT)]
    figures = [f for f in row.figures if not f.percent and not f.bracketed]
    amount = row.amount
    factors = [f for f in figures if amount and f.end <= amount.start][-_MOST_FACTORS:]
    return [
        (one.value * other.value).quantize(Decimal("0.01"))
        for one, other in _pairs(factors)
        if (_has_places(one.value) or _has_places(other.value)) and one.value * other.value
    ]


def _has_places(value: Decimal) -> bool:
    """Tell whether a number is written with decimal places, as a price is."""
    return value != value.to_integral_value() or value.as_tuple().exponent != 0


def shape_of(row: Row) -> Shape:
    """Tell which of a line's last figures are money, and which rates; others may belong to its words."""
    return tuple((figure.money, figure.percent) for figure in row.figures[-_COLUMNS:])


def _pairs(factors: Sequence[Figure]) -> list[tuple[Figure, Figure]]:
    """List pairs of factors, those that stand together first; a figure of money stands in at most one."""
    places = range(len(factors))
    pairs = [(a, b) for a in places for b in places if a < b]
    pairs.sort(key=lambda pair: (pair[1] - pair[0], -pair[1]))
    return [(factors[a], factors[b]) for a, b in pairs]


def _tax_row(row: Row) -> TaxRow | None:
    """Find taxable amount, rate and tax among the figures of a line: those that fit best, if any do."""
    if len(row.label) > _CATEGORY_CHARS and not names_tax(row.label):
        return None  # a discount in per cent looks the same
    plain = len(row.label) > _CATEGORY_CHARS and role_of(row.label) != "tax"
    figures = row.figures[-_MOST_TAX_FIGURES:]
    amounts = [f for f in figures if f.money and not f.percent]
    rates = [
        f
        for f in figures
        if 0 < f.value <= _MOST_RATE and (f.percent or (not plain and (not f.money or f.value % 1 == 0)))
    ]
    claims = [
        TaxRow(base, rate.value, tax)
        for rate in rates
        for base, tax in permutations((f for f in amounts if f is not rate), 2)
        if tax.value and abs(tax.value) < abs(base.value)
    ]
    best = min(claims, key=lambda claim: claim.off, default=None)
    return best if best and best.holds else None


def claimed_tax_row(row: Row) -> TaxRow | None:
    """Give what a row of a tax breakdown claims: at its end a sum, a rate and a tax."""
    last = row.figures[-3:]
    if role_of(row.label) != "tax" or len(last) < 3:
        return None
    rates = [f for f in last if (f.percent or not f.money) and 0 < f.value <= _MOST_RATE]
    amounts = [f for f in last if f.money and f not in rates]
    if len(rates) != 1 or len(amounts) != 2:
        return None
    base, tax = sorted(amounts, key=lambda f: -abs(f.value))
    return TaxRow(base, rates[0].value, tax)
