"""Add up invoices and read deposits, allowing for rounding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import re2

from docassay.domains import Span, View

THRESHOLD = Decimal(10_000)
"""Currency transactions above it are reported (31 CFR 1010.311)."""

NEAR_THRESHOLD = Decimal(9_000)

_AMOUNT = re2.compile(
    r"(?:[$€£]|\b(?:USD|EUR|GBP|CHF)\b)?\s?(-?\d{1,3}(?:[,.'’\x{a0}\x{202f}\x{2009}]\d{3})+(?:[.,]\d{2})?|"
    r"-?\d+(?:[.,]\d{1,2})?)(?:\s?(?:[$€£]|\b(?:USD|EUR|GBP|CHF)\b))?"
)
_LAST_AMOUNT = re2.compile(
    r"(?:[$€£]|\b(?:USD|EUR|GBP|CHF)\b)?\s?(-?\d{1,3}(?:[,.'’\x{a0}\x{202f}\x{2009}]\d{3})+(?:[.,]\d{2})|"
    r"-?\d+[.,]\d{2}|-?\d{1,3}(?:,\d{3})+)\s?(?:[$€£]|USD|EUR|GBP|CHF)?[\s|*_]*$"
)
_GROUPING = str.maketrans("", "", " \u00a0\u202f\u2009'’")
_FRENCH = re2.compile(r"\b(?:TVA|TTC)\b")
_SPACED = re2.compile(r"\b\d{1,3}(?: \d{3})+,\d{2}\b")
_SUBTOTAL = re2.compile(
    r"(?i)\b(?:sub-?\s?total|net (?:total|amount)|total net|total before (?:tax|vat)|"
    r"(?:total )?excl(?:\.|uding) (?:tax|vat)|Zwischensumme|Positionssumme|"
    r"Netto(?:betrag|summe|gesamt(?:betrag|summe)?)|"
    r"(?:Summe|Gesamt|Gesamtbetrag|Gesamtsumme|Rechnungssumme|Betrag) (?:netto|ohne (?:MwSt|USt))|"
    r"(?:sous-)?total HT|sous-total|montant (?:total )?HT|total hors taxes?)\b"
)
_TAX = re2.compile(r"(?i)\b(?:VAT|sales tax|tax|GST|MwSt|USt|Umsatzsteuer|Mehrwertsteuer|Steuerbetrag|TVA)\b")
_OTHER = re2.compile(
    r"(?i)\b(?:shipping|freight|delivery|postage|handling|discount|deposit paid|amount paid|less|"
    r"credit|rounding|Rabatt|Nachlass|Skonto|Versand(?:kosten)?|Lieferkosten|Fracht|Porto|Zuschl(?:a|ä)ge?|"
    r"Abschl(?:a|ä)ge?|Anzahlung(?:en)?|Gutschrift|remise|rabais|escompte|acompte|avoir|arrondi|"
    r"frais de (?:port|livraison|transport|dossier))\b"
)
_TOTAL = re2.compile(
    r"(?i)\b(?:grand total|total due|amount due|balance due|total amount|invoice total|"
    r"total payable|total|Gesamtbetrag|Gesamtsumme|Rechnungsbetrag|Rechnungssumme|Endbetrag|Endsumme|"
    r"Brutto(?:betrag|summe)|Zahlbetrag|zu zahlen|(?:Summe|Gesamt) brutto|total TTC|montant (?:total )?TTC|"
    r"net à payer|(?:total|reste) à payer|montant dû)(?:\b|\W|$)"
)
_TOTAL_OF_PART = re2.compile(
    r"(?i)\b(?:Gesamtbetrag|Summe) der (?:Zu|Ab)schläge|\b(?:USt|MwSt)\.? gesamt\b|\btotal (?:de la )?TVA\b"
)
_CASH_DEPOSIT = re2.compile(
    r"(?i)\b(?:cash|currency|counter|branch|ATM)\b.{0,40}\bdep(?:osits?|\.)?\b|\bdeposit(?:s|"
    r"ed)?\b.{0,40}\b(?:cash|currency|counter)\b|\bBareinzahlung\b|\bEinzahlung bar\b|"
    r"\b(?:versement|dépôt|remise) (?:d.)?esp[èe]ces\b"
)
_STRUCTURED = re2.compile(
    r"(?i)\b(?:split|break (?:it |them )?up|keep (?:it|each|every|them|all)|"
    r"stay)\b[^.\n]{0,60}\b(?:under|below)\b[^.\n]{0,12}(?:\$\s?)?\b10(?:,000|\.000|k)\b|"
    r"\b(?:aufteilen|aufgeteilt|gestückelt|bleib\w*)\b[^.\n]{0,60}\bunter\b[^.\n]{0,12}\b10[. ]?000\b|"
    r"\bunter (?:den )?10[. ]?000\b[^.\n]{0,40}\b(?:bleib\w+|halten|aufteilen)\b|"
    r"\b(?:fractionn\w+|rest\w+|répart\w+)[^.\n]{0,60}\b(?:sous|en dessous de|inférieure?s? à)\b[^.\n]{0,12}"
    r"\b10[. \x{a0}\x{202f}]?000\b"
)
_NOT_NAMING = re2.compile(
    r"(?i)\b(?:pcs|Stk|Stück|Std|kg|kWh|Einh|unités?|pièces?|VAT|USt|MwSt|TVA|S|E|Bruttopreis|Nettopreis)\b|[^\pL]"
)
_VAGUE = re2.compile(
    r"(?i)^\W*(?:\d+\W+)?(?:general |professional |business |miscellaneous |other |"
    r"various )*(?:consulting|services?|fees?|consultancy|advisory|support|work|expenses|"
    r"miscellaneous|commission)(?: (?:services?|fees?|rendered|provided|performed|work))*\W*$|"
    r"^\W*(?:\d+\W+)?(?:allgemeine |diverse |sonstige |verschiedene )*(?:Beratung(?:sleistung(?:en)?)?|"
    r"Dienstleistung(?:en)?|Leistung(?:en)?|Honorar|Pauschale|Provision|Unterstützung|Spesen|Diverses)"
    r"(?: (?:pauschal|laut Vereinbarung|gemäß Absprache))?\W*$|"
    r"^\W*(?:\d+\W+)?(?:prestations?(?: de (?:services?|conseil))?|conseil|honoraires|services?|"
    r"commission|frais|divers)(?: (?:divers(?:es)?|généra(?:l|les|ux)|forfaitaires?|rendus))*\W*$"
)


_LOWERING_WORDS = """
discount less credit paid rabatt nachlass skonto abschl anzahlung gutschrift
remise rabais escompte acompte avoir
"""
_LOWERING = tuple(_LOWERING_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Row:
    """A line that ends in an amount."""

    label: str
    figures: tuple[Decimal, ...]
    amount: Decimal
    span: Span
    line: Span


def wrong_total(view: View) -> Iterable[Span]:
    """Find the total of an invoice that is not the sum of what stands above it.

    Two sums are tried: the lines against the subtotal, and subtotal, tax and other lines against the
    total. A line counts only where quantity times price gives its amount on most lines, that is, where
    the table has been understood; a difference of 0.05 is rounding. Where a net sum stands below discounts
    and surcharges, the total may be that sum and the tax.
    """
    items, subtotal, extras, total, net_sum, after = _invoice(view.text)
    net = subtotal or (total if not extras else None)
    if (
        net
        and len(items) >= 2
        and _understood(items)
        and _apart(sum((i.amount for i in items), Decimal(0)), net.amount)
    ):
        yield net.span
    elif subtotal and net_sum and total:
        sums = [*_sums(subtotal, extras), *_sums(net_sum, after)]
        if all(_apart(one, total.amount) for one in sums):
            yield total.span


def _sums(base: _Row, extras: list[_Row]) -> tuple[Decimal, Decimal]:
    """Add to a sum the rows below it: as they are written, and with those that lower it subtracted."""
    return (
        base.amount + sum((e.amount for e in extras), Decimal(0)),
        base.amount + sum((-e.amount if _lowers(e) else e.amount for e in extras), Decimal(0)),
    )


def wrong_line_amount(view: View) -> Iterable[Span]:
    """Find invoice lines whose amount is not quantity times price, where most lines are."""
    items = _invoice(view.text)[0]
    if len(items) < 2 or not _understood(items):
        return
    for item in items:
        if len(item.figures) >= 3 and not _multiplies(item):
            yield item.span


def duplicate_invoice_line(view: View) -> Iterable[Span]:
    """Find invoice lines that bill the same thing for the same amount again."""
    seen: set[tuple[str, tuple[Decimal, ...]]] = set()
    for item in _invoice(view.text)[0]:
        key = (" ".join(item.label.lower().split()), item.figures)
        if item.amount > 0 and len(_NOT_NAMING.sub("", item.label)) >= 4 and key in seen:
            yield item.line
        seen.add(key)


def round_invoice_without_detail(view: View) -> Iterable[Span]:
    """Find an invoice that bills a round sum of thousands in one vague line."""
    items, _, _, total, *_ = _invoice(view.text)
    if len(items) == 1 and total and 1_000 <= items[0].amount < 10**15 and items[0].amount % 1_000 == 0:
        item = items[0]
        if len(item.figures) <= 1 + (item.figures[:1] == (Decimal(1),)) * 2 and _VAGUE.match(item.label):
            yield item.line


def structured_deposits(view: View) -> Iterable[Span]:
    """Find cash deposits of 9,000 to 9,999.99, three or more, in an account with none above the threshold."""
    amounts = list(_deposits(view.text))
    near = [span for amount, span in amounts if NEAR_THRESHOLD <= amount < THRESHOLD]
    if len(near) >= 3 and not any(amount > THRESHOLD for amount, _ in amounts):
        yield from near
    for match in _STRUCTURED.finditer(view.text):
        yield match.span()


def _deposits(text: str) -> Iterator[tuple[Decimal, Span]]:
    if not _CASH_DEPOSIT.search(text):
        return
    position = 0
    for line in text.splitlines(keepends=True):
        if len(line) < 300 and _CASH_DEPOSIT.search(line):
            # The balance stands behind the amount, so the first figure of 1,000 or more is the amount.
            for match in _AMOUNT.finditer(line):
                value = _decimal(match.group(1))
                if value is not None and value >= 1_000 and ("." in match.group(1) or "," in match.group(1)):
                    yield value, (position + match.start(1), position + match.end(1))
                    break
        position += len(line)


def _invoice(
    text: str,
) -> tuple[list[_Row], _Row | None, list[_Row], _Row | None, _Row | None, list[_Row]]:
    """Read an invoice's lines.

    Returns:
        The item lines, the first subtotal, what stands between it and the total, the total, the last subtotal
        above the total, and what stands between that and the total.
    """
    items: list[_Row] = []
    extras: list[_Row] = []
    after: list[_Row] = []
    subtotal: _Row | None = None
    net_sum: _Row | None = None
    total: _Row | None = None
    for row in _rows(text):
        if _TOTAL_OF_PART.search(row.label):
            if subtotal and total is None:
                extras.append(row)
                after.append(row)
        elif _SUBTOTAL.search(row.label):
            subtotal = subtotal or row
            if total is None:
                net_sum, after = row, []
        elif subtotal and total is None and (_TAX.search(row.label) or _OTHER.search(row.label)):
            extras.append(row)
            after.append(row)
        elif _TOTAL.search(row.label):
            total = total or row
        elif subtotal is None and total is None:
            taxed = _TAX.search(row.label) and (len(row.figures) < 3 or _is_share(row))
            if taxed or _OTHER.match(row.label.strip()):
                extras.append(row)
            else:
                items.append(row)
    return items, subtotal, extras, total, net_sum, after


def _rows(text: str) -> Iterator[_Row]:
    position = 0
    text = text[:200_000]
    if _FRENCH.search(text):
        # French sets thousands apart by a space; elsewhere a space parts the quantity from the price.
        text = _SPACED.sub(lambda match: match.group().replace(" ", "\u00a0"), text)
    for line in text.splitlines(keepends=True):
        last = _LAST_AMOUNT.search(line.rstrip()) if len(line) < 300 else None
        amount = _decimal(last.group(1)) if last else None
        if last and amount is not None:
            head = line[: last.start()]
            figures = [f for m in _AMOUNT.finditer(head) if (f := _decimal(m.group(1))) is not None]
            label = _AMOUNT.sub(" ", head).replace("|", " ").strip(" \t:*_-x×@%$€£")
            start = position + len(line) - len(line.lstrip())
            yield _Row(
                label,
                (*figures, amount),
                amount,
                (position + last.start(1), position + last.end(1)),
                (start, position + len(line.rstrip())),
            )
        position += len(line)


def _understood(items: list[_Row]) -> bool:
    return sum(_multiplies(item) for item in items) * 2 > len(items)


def _is_share(row: _Row) -> bool:
    """Tell whether a line of a tax table gives a sum, a rate in percent, and the tax on it."""
    *figures, amount = row.figures
    return any(not _apart(a * b / 100, amount) for a, b in pairwise(figures))


def _multiplies(item: _Row) -> bool:
    """Tell whether two neighbouring figures of a line multiply to its amount."""
    *figures, amount = item.figures
    return any(not _apart(a * b, amount) for a, b in pairwise(figures))


def _lowers(row: _Row) -> bool:
    label = row.label.lower()
    return any(word in label for word in _LOWERING)


def _apart(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > Decimal("0.05")


def _decimal(number: str) -> Decimal | None:
    """Read a figure in the English, German, French or Swiss notation.

    >>> _decimal("1,234.50"), _decimal("1.234,50"), _decimal("12,5"), _decimal("9,500")
    (Decimal('1234.50'), Decimal('1234.50'), Decimal('12.5'), Decimal('9500'))
    """
    plain = number.translate(_GROUPING)
    mark = max(plain.rfind("."), plain.rfind(","))
    if mark >= 0 and len(plain) - mark - 1 in (1, 2):
        plain = plain[:mark].replace(".", "").replace(",", "") + "." + plain[mark + 1 :]
    else:
        plain = plain.replace(".", "").replace(",", "")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None
