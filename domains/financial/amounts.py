"""Signs of fraud in the figures of an invoice: sums, lines, round sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from docassay.domains import RuleInput, Span
from docassay.domains.financial.columns import makes
from docassay.domains.financial.electronic import is_electronic, read_electronic
from docassay.domains.financial.invoice import CENT, Invoice, Row, Shape
from docassay.domains.financial.misfits import misfits
from docassay.domains.financial.paid import said_to_be_paid
from docassay.domains.financial.sums import Sum, is_missing, sums_of
from docassay.domains.financial.table import products_of, read_printed, shape_of
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain
from docassay.schemas.tables import Cell, Table

_CLEARLY = Decimal("0.01")
"""Where the lines make their sum, a product is wrong from this share of it on: prices are printed rounded."""

_BLOCK_CHARS = 600
"""So far before its last total the totals of an invoice are shown as evidence."""

_MOST_CHARS = 200_000
"""So much of a printed invoice is read."""

_CHANGED = compiled(
    r"(?i)prorat|pro rata|anteilig|rabatt|abschlag|nachlass|skonto|zuschlag|discount|allowance|surcharge|"
    r"remise|rabais|"
    r"\b(?:per|je|pro|par|pour) \d"
)
_REDUCED = compiled(
    r"(?i)rabatt|nachlass|discount|remise|rabais|reduced|reduction|ermäßig|special price|sonderpreis"
)
_PRICED_OTHERWISE = compiled(
    r"(?i)rabatt|abschlag|nachlass|skonto|zuschlag|gebühr|mindest|pauschal|pfand|anteil|listenpreis|brutto|"
    r"steuer|teil(?:zahlung|rechnung|leistung)|monat|woche|jährlich|täglich|"
    r"\b(?:mwst|ust|inkl|zzgl|abzüglich|plus|vat|tax|incl\w*|less|minus|off|free|part|partial|min|fees?)\b|"
    r"discount|allowance|surcharge|minimum|charge|deposit|levy|loyalty|instal|pro rata|list price|gross|"
    r"monthly|weekly|daily|yearly|annual|quarter|quartal|trimestre|special|sonder|agreed|vereinbar|promo|"
    r"aktion|angebot|\b(?:offer|sale)\b|"
    r"remise|rabais|supplément|\bfrais|forfait|minim|consigne|taxe|\b(?:tva|ttc)\b|acompte|gratuit|mensuel|annuel|"
    r"\b(?:per|je|pro|par|pour|an?) (?:\d|month|week|day|year|tag|jahr|mois|jour|an\b)|[%‰½¼¾]"
)
"""What may explain that a line's amount is not quantity times price."""

_OF_TAX_FORM = compiled(
    r"(?i)\b(?:add|subtract|multiply|combine|divide|enter|from|see)\b[^\n]{0,40}?\blines? \d{1,2}[a-z]?\b"
    r"|\b(?:Form|Schedule) (?:1040|1041|1065|1098|1099|1120|940|941|990|4562|8829|W-?[2-9]|C|SE)\b"
    r"|\b(?:aus|in|von|bis|der|laut) Zeilen? \d{1,3}\b|\breport(?:er|ez)[^\n]{0,30} lignes? \d"
)
"""Words of a form for taxes, whose lines have numbers of their own and are worked out from one another."""

_CURRENCY = compiled(r"EUR|USD|GBP|CHF|[€$£]")
_HEADINGS_CHARS = 100
"""So far before the first line of a table its headings may begin."""

_FIGURE = r"[-+−]?\d+(?:[.,'’ \x{a0}\x{202f}]\d{3})*(?:[.,]\d{1,4})?"
_UNIT = (
    r"(?:1|pcs?\.?|pieces?|ea\.?|each|items?|units?|h|hrs?\.?|hours?|Stk\.?|Stck\.?|St\.?|Stück|Std\.?|Stunden?|"
    r"x|kg|km|m|m²|l|t|pièces?|unités?|heures?)"
)
_MONEY = compiled(rf"(?i)^(?:EUR|USD|GBP|CHF|[€$£])?\s*{_FIGURE}\s*(?:EUR|USD|GBP|CHF|[€$£])?$")
_PLAIN_CELLS = {
    "code": compiled(""),
    "description": compiled(""),
    "quantity": compiled(rf"(?i)^{_FIGURE}\s*{_UNIT}?$"),
    "unit": compiled(rf"(?i)^{_UNIT}$"),
    "price": _MONEY,
    "amount": _MONEY,
}
"""What the cells of a plain table have in them, by their role: of figures one, and nothing else."""

_VAGUE = compiled(
    r"(?i)^\W*(?:\d+\W+)?(?:general |professional |business |miscellaneous |other |"
    r"various )*(?:consulting|services?|fees?|consultancy|advisory|support|work|expenses|"
    r"miscellaneous|commission)(?: (?:services?|fees?|rendered|provided|performed|work))*\W*$|"
    r"^\W*(?:\d+\W+)?(?:allgemeine |diverse |sonstige |verschiedene )*(?:Beratung(?:sleistung(?:en)?)?|"
    r"Dienstleistung(?:en)?|Leistung(?:en)?|Honorar|Pauschale|Provision|Unterstützung|Spesen|Diverses)"
    r"(?: (?:pauschal|laut Vereinbarung|gemäß Absprache))?\W*$|"
    r"^\W*(?:\d+\W+)?(?:prestations?(?: de (?:services?|conseil))?|conseil|honoraires|services?|"
    r"commission|frais|divers)(?: (?:divers(?:es)?|généra(?:l|les|ux)|forfaitaires?|rendus))*\W*$"
)


@lru_cache(maxsize=4)
def read_invoice(text: str, tables: tuple[Table, ...] = ()) -> Invoice:
    """Read the figures of an invoice, printed or electronic; a printed one by its tables, if it has any."""
    # Several rules and checks ask for the figures of the same invoice, one after the other.
    return read_electronic(text) if is_electronic(text) else read_printed(text[:_MOST_CHARS], tables)


class _Wrong(NamedTuple):
    """A line or a tax that is wrong: where it is printed, what it should be, and what it is."""

    span: Span
    expected: Decimal
    printed: Decimal


class _Judged(NamedTuple):
    """What is right and wrong in an invoice."""

    sums: list[Sum]
    lines: list[_Wrong]
    taxes: list[_Wrong]
    doubtful: list[_Wrong]


def _judged(view: RuleInput) -> _Judged:
    return _judge(view.text, view.tables, view.kind == "credit_note")


@lru_cache(maxsize=4)
def _judge(text: str, tables: tuple[Table, ...], credit: bool) -> _Judged:
    invoice = read_invoice(text, tables)
    sums = sums_of(invoice, credit)
    if tables and not all(one.holds for one in sums):
        printed = read_invoice(text, ())  # with another column as the amounts, or rows apart that were one
        others = sums_of(printed, credit)
        fits = printed.complete or any(one.holds is False for one in sums)
        if fits and len(others) >= len(sums) and all(one.holds for one in others):
            invoice, sums = printed, others
    summed = any(one.holds and one.of_lines for one in sums)
    bills = invoice.named or not _OF_TAX_FORM.search(text[:_MOST_CHARS])
    lines = _wrong_lines(invoice, summed) if bills and not invoice.nested else []
    doubtful = _doubtful_lines(invoice, text, tables) if bills else []
    return _Judged(sums, lines, _wrong_taxes(invoice), doubtful)


def broken_sum(view: RuleInput) -> Iterable[Span]:
    """Find totals that are not the sum of what stands above them, where all of that is understood."""
    yield from dict.fromkeys(_span(one) for one in _judged(view).sums if one.holds is False)


def wrong_total(view: RuleInput) -> Iterable[Span]:
    """Find those of them that may have been altered.

    That nothing is due of a sum not paid is a slip; so is a wrong tax between the lines and their sum.
    """
    for one in _judged(view).sums:
        role, value = one.total.role, one.total.amount.value
        slip = (role == "due" and not value) or (role == "gross" and value == _sum_of_ends(view))
        if one.holds is False and not slip:
            yield _span(one)


def _sum_of_ends(view: RuleInput) -> Decimal | None:
    """Add up the last figures of all lines, their amounts with tax; None of fewer than two lines."""
    invoice = read_invoice(view.text, view.tables)
    ends = [item.columns[-1].value for item in invoice.items if item.columns]
    if len(ends) < max(2, len(invoice.items)) or not invoice.complete:
        return None
    return sum(ends, Decimal(0))


def sums_add_up(view: RuleInput) -> Iterable[Span]:
    """Find the totals of an invoice whose sums were all worked out and hold, as far as it has any."""
    sums, lines, taxes, _ = _judged(view)
    totals = [one for one in sums if not one.of_lines] or sums
    wrong = lines or taxes or any(one.holds is False for one in sums)
    if totals and not wrong and all(one.holds for one in totals):
        yield _block(view, totals[-1])


def _block(view: RuleInput, last: Sum) -> Span:
    """Give the lines from the first total to the last, where they stand together."""
    start, end = _span(last)
    totals = (t.amount.start for t in read_invoice(view.text, view.tables).totals)
    first = min((place for place in totals if end - _BLOCK_CHARS < place <= start), default=start)
    return view.text.rfind("\n", 0, first) + 1, end


def stated_totals(view: RuleInput) -> Iterable[Span]:
    """Find the totals of an invoice that has something to add up: two totals, or lines and a total."""
    invoice, sums = read_invoice(view.text, view.tables), _judged(view).sums
    if invoice.minimal and all(one.holds is not False for one in sums):
        return
    if any(not one.of_lines for one in sums) or any(item.amount.money for item in invoice.items):
        for total in invoice.of("gross", "due", "net", "lines"):
            yield total.amount.start, total.amount.end


def wrong_line_amount(view: RuleInput) -> Iterable[Span]:
    """Find lines whose amount is not quantity times price, though that would make their sum."""
    return [wrong.span for wrong in _judged(view).lines]


def doubtful_line(view: RuleInput) -> Iterable[Span]:
    """Find lines of a plain table whose amount is not quantity times price, though nothing there says why.

    In data find what is due, too, where it is not what the total and payments leave.
    """
    yield from (span for span, _ in misfits(read_invoice(view.text, view.tables)))
    yield from (wrong.span for wrong in _judged(view).doubtful)


def paid_yet_due(view: RuleInput) -> Iterable[Span]:
    """Find the words that this invoice is paid already, where its whole total is still due."""
    invoice = read_invoice(view.text, view.tables)
    due = any(total.amount.value > 0 for total in invoice.of("due"))
    if view.kind != "credit_note" and due and not any(t.amount.value for t in invoice.of("paid")):
        yield from said_to_be_paid(plain(view.text))


def wrong_tax(view: RuleInput) -> Iterable[Span]:
    """Find rows of a tax breakdown whose rate does not give the tax."""
    return [wrong.span for wrong in _judged(view).taxes]


def sums_worked_out(view: RuleInput, span: Span) -> str:
    """Say what was added up for a total, what a line or a tax should be, or what is doubted."""
    sums, lines, taxes, doubtful = _judged(view)
    for wrong in (*lines, *taxes):
        if wrong.span == span:
            return f"It should be {_plain(wrong.expected)}, not {_plain(wrong.printed)}."
    for wrong in doubtful:
        if wrong.span == span:
            return f"{_plain(wrong.printed)} is not quantity times price, {_plain(wrong.expected)}."
    if span in paid_yet_due(view):
        return "It says that it is paid, and yet the whole is due."
    said = [one.says for one in sums if one.holds is False and _span(one) == span]
    if not said and (told := dict(misfits(read_invoice(view.text, view.tables))).get(span)):
        return told
    said = said or [one.says for one in sums if one.holds and span[0] <= _span(one)[0] < span[1]]
    return f"Added: {'; '.join(dict.fromkeys(said))}." if said else ""


def round_invoice_without_detail(view: RuleInput) -> Iterable[Span]:
    """Find an invoice that bills a round sum of thousands in one vague line."""
    invoice = read_invoice(view.text, view.tables)
    lines = [(i.label, i.amount.value, i.terms, i.line) for i in invoice.items]
    lines += [
        (r.label, r.amount.value, tuple(f.value for f in r.figures[:-1]), r.line)
        for r in invoice.others
        if r.amount
    ]
    if len(lines) != 1 or not invoice.of("gross", "due", "net", "lines"):
        return
    label, amount, terms, line = lines[0]
    one_unit = not terms or terms[0] == 1
    if one_unit and 1_000 <= amount < 10**15 and amount % 1_000 == 0 and _VAGUE.match(label):
        yield line


def _wrong_lines(invoice: Invoice, summed: bool) -> list[_Wrong]:
    """List lines whose amount is wrong.

    Either most lines are quantity times price, or the lines would make their sum only if this one were.

    Args:
        invoice: The invoice.
        summed: The lines make their sum as they are printed.
    """
    right = [item for item in invoice.items if item.holds]
    most = len(right) >= 2 and len(right) * 2 > len(invoice.items) and len(right) >= len(invoice.others)
    shapes = Counter(item.shape for item in right)
    claims = [
        _Wrong((item.amount.start, item.amount.end), item.product, item.amount.value)
        for item in invoice.items
        if not item.holds and (most or not summed) and not _CHANGED.search(item.label)
    ]
    for row in invoice.others:
        amount = row.amount
        expected = _expected(row, shapes) if most and not _is_explained(row) else None
        if expected is None and not summed:
            expected = next((p for p in products_of(row) if is_missing(invoice, p, row)), None)
        if amount and expected is not None and _may_be_amount(amount.value, expected, row):
            claims.append(_Wrong((amount.start, amount.end), expected, amount.value))
    return [
        claim
        for claim in claims
        if not _is_per_units(claim.expected, claim.printed)
        and (not summed or abs(claim.expected - claim.printed) > abs(claim.expected) * _CLEARLY)
    ]


def _doubtful_lines(invoice: Invoice, text: str, tables: Sequence[Table]) -> list[_Wrong]:
    """List lines whose amount is clearly not the product, in the only table of an invoice, if it is plain.

    Args:
        invoice: The invoice.
        text: Its text.
        tables: Its tables.
    """
    billing = [table for table in tables if any(cell.role == "price" for row in table.rows for cell in row)]
    if len(billing) != 1 or not _is_plain(invoice, text, billing[0]):
        return []
    return [
        _Wrong((amount.start, amount.end), row.product, amount.value)
        for row in invoice.others
        if row.product is not None
        and (amount := row.amount)
        and row.figures[0].value
        and not any(char.isdigit() or char in "()," for char in row.label)
        and not _PRICED_OTHERWISE.search(row.label)
        and not _is_explained(row)
        and abs(row.product - amount.value) > max(CENT, abs(row.product) * _CLEARLY)
        and _may_be_amount(amount.value, row.product, row)
        and not _is_per_units(row.product, amount.value)
    ]


def _is_plain(invoice: Invoice, text: str, table: Table) -> bool:
    """Tell whether a table, down to the totals, has nothing but names, quantities, prices and amounts.

    Nor may the rest of the document speak of a lower price.
    """
    cells = [cell for row in table.rows for cell in row]
    for row in table.rows:
        roles = [cell.role for cell in row]
        if len(set(roles)) < len(roles) or not all(_is_plain_cell(text, cell) for cell in row):
            return False
    start, end = min(cell.start for cell in cells), max(cell.end for cell in cells)
    total = min(
        (t for t in invoice.totals if t.amount.start >= end), key=lambda t: t.amount.start, default=None
    )
    if total is None or _REDUCED.search(text[:start]) or _REDUCED.search(text[end:]):
        return False
    between, position = [], start
    for cell in sorted(cells, key=lambda cell: cell.start):
        between.append(text[position : cell.start])
        position = cell.end
    between.append(text[position : max(position, text.rfind(total.label, position, total.amount.start))])
    headings = text[max(0, start - _HEADINGS_CHARS) : start].strip().rpartition("\n\n")[2]
    currencies = set(_CURRENCY.findall(headings + text[start : total.amount.start]))
    said = any(char.isalnum() or char == "%" for char in "".join(between))
    return not said and len(currencies) < 2 and not _PRICED_OTHERWISE.search(headings)


def _is_plain_cell(text: str, cell: Cell) -> bool:
    form = _PLAIN_CELLS.get(cell.role)
    return form is not None and form.search(text[cell.start : cell.end].strip()) is not None


def _may_be_amount(amount: Decimal, expected: Decimal, row: Row) -> bool:
    """Tell whether a line's last figure may be its amount, altered.

    It is not zero, its price, or far off, and the figures of the line do not make it in another way.
    """
    repeated = sum(figure.value == amount for figure in row.figures) > 1
    near = abs(expected) <= 10 * abs(amount) <= 100 * abs(expected)
    return bool(amount) and not repeated and near and not makes(row.printed or row.figures, amount)


def _is_per_units(product: Decimal, amount: Decimal) -> bool:
    """Tell whether the price may be that of ten, a hundred or a thousand pieces."""
    return any(abs(product - amount * units) <= CENT * units for units in (10, 100, 1000))


def _is_explained(row: Row) -> bool:
    """Tell whether a row says why its amount is not the product, or a table's price has too few digits."""
    if row.product is None:
        return _CHANGED.search(row.label) is not None
    quantity, price, amount = (figure.value for figure in row.figures)
    exponent = price.as_tuple().exponent
    half = abs(quantity) * Decimal(5).scaleb(exponent - 1) if isinstance(exponent, int) else Decimal(0)
    rounded = any(abs(row.product - amount * units) <= half for units in (1, 10, 100, 1000))
    return rounded or _CHANGED.search(row.label) is not None


def _expected(row: Row, shapes: Counter[Shape]) -> Decimal | None:
    """Give quantity times price of a line that has the shape of those that are understood."""
    products = products_of(row)
    if row.product is not None:
        return products[0]
    alike = shapes[shape_of(row)]
    return products[0] if products and alike >= 2 and alike * 2 > shapes.total() else None


def _wrong_taxes(invoice: Invoice) -> list[_Wrong]:
    """List taxes that are not what the rate gives."""
    return [
        _Wrong((row.tax.start, row.tax.end), row.base.value * row.rate / 100, row.tax.value)
        for row in invoice.taxes
        if not row.holds
    ]


def _plain(value: Decimal) -> str:
    return f"{value:.2f}"


def _span(one: Sum) -> Span:
    return one.total.amount.start, one.total.amount.end
