"""What an invoice states, by the readers of its checks: number, total, currency, account, tax number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice, starmap

from docassay.domains import RuleInput, Span
from docassay.domains.currencies import CURRENCIES, CURRENCY
from docassay.domains.facts import Finder, Found
from docassay.domains.financial import numbers, particulars, references
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.figures import decimal, notation_of, plain_decimal
from docassay.domains.financial.invoice import BILLS, Invoice, Role, Total
from docassay.domains.financial.sums import sums_of
from docassay.domains.outline import lines_of
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain
from docassay.domains.values import THOUSAND, Habits, currency_near, read

_NUMBER = re.compile(r"(?:\b(?!(?:NO|NR|ID|REF|NUM|NUMBER|NUMMER) )[A-Z]{1,6} )?[\w./-]*\d[\w./-]*$")
_GROUPS = re.compile(r"(?: \d{3,4}){2,4}(?![\w.,/-])|(?:,\d{2,6}){2,4}(?![\w.,/-])")
"""Further groups of the figures of a number, of which three or more make one."""

_MORE = re.compile(r" [0-9]{1,6}(?![\w.,/-])")
_GROUP = re.compile(r"\d{3}(?!\d)")
_GROUP_BEFORE = re.compile(r"(?<![\d.,])\d{1,3} $")
_DAY = (
    r"(?:\d\d?[./-]\d\d?[./-]\d\d(?:\d\d)?|\d{4}-\d\d-\d\d"
    r"|\d\d?(?:\.|st|nd|rd|th|er)?[ -][^\W\d_]{3,12}\.?[ -]\d{4}"
    r"|[^\W\d_]{3,12}\.? \d\d?,? \d{4})"
)
_DUE = re.compile(
    r"(?i)\b(?:(?:payment )?due(?: date)?|date due|pay by|fällig(?:keit)?(?:sdatum)?"
    r"|zahlungs(?:datum|ziel)|(?:date d.)?échéance|date limite de paiement)"
    rf"\b(?P<gap>[^\n\d]{{0,30}}?)(?:\n[ \t|]{{0,20}})?(?P<day>{_DAY})"
    r"|\b(?:pay(?:able|ment)?|zahlbar|zahlung|zahlen|\w*betrag|payer|paiement|règlement)\b[^\n]{0,60}?"
    rf"\b(?:bis(?: zum)?|by|until|before|avant le|au plus tard le|jusqu.au)[ :\n]{{1,3}}(?P<until>{_DAY})"
)
_NOT_DUE = re.compile(
    r"(?i)\b(?:received|paid|past|overdue|since|from|last|previous|as of|not"
    r"|erhalten|eingegangen|bezahlt|seit|vom|nicht"
    r"|reçu|payée?|depuis|pas)\b[^.;]*$"
)
_PERIOD = re.compile(r"(?i)zeitraum|periode?\b|\b(?:vom|von|from|du)\b")
_DATE_LABEL = re.compile(r"(?i)\bdate\b|datum\b")
_OTHER_LABEL = re.compile(r"[^\W\d_]:")
_BY_ANOTHER = re.compile(
    r"(?i)\b(?:gemäß|gem\.|laut|lt\.|according to|as per|selon|conformément|bestell\w*|order|commande"
    r"|lieferung|delivery"
    r"|livraison|vertrag|contract|contrat)\b"
)
"""What a date is the date of that stands in the same sentence as the invoice."""

_DEBITED = re.compile(
    r"(?i)\b(?:abgebucht|eingezogen|bankeinzug|(?:zahler|kunden|käufer)-iban|iban des (?:käufers|kunden)"
    r"|(?:buyer|payer).?s? iban|debited|debtor|direct debit from"
    r"|prélevé|débité)\b[^.;]*$"
)
_READ = 200_000
_HEADINGS_CHARS = 200
_BEFORE_ACCOUNT = 150
_MOST_TOTALS = 200
"""Distinct nets, taxes and totals of which sums are made."""

_MOST = 1_000
"""Currencies that are counted."""

_MOST_NAMED = 50
_SIREN = re.compile(
    r"(?i)\b(?:SIRE[NT]|R\.?C\.?S)\b(?:(?!\bFR\b)[^\d\n]){0,30}(\d(?:[ .]?\d){8,13})(?!\d)"
    r"|(?<!\d)(\d{3} ?\d{3} ?\d{3}) R\.?C\.?S\b"
)
_SIREN_CHARS = 9
_AMOUNT = r"-?(?:\d{1,3}(?:[.,' ]\d{3}){1,4}|\d{1,9})[.,]\d\d"
_SIGN = r"(?:USD|EUR|GBP|CHF|CAD|AUD|[$€£])"
_BETWEEN = rf"[ \t]{{0,3}}[:|=]?[ \t|]{{0,40}}(?:{_SIGN}[ \t]{{0,20}})?"
_TOTAL_NAMES = {
    "gross": (
        r"gross total|grand total|total gross|gross (?:order )?amount|gross cost|invoice total|order total"
        r"|contract total"
        r"|total (?:invoice|order|contract)(?: amount| value| cost)?|total cost|total \$|gesamtbetrag"
        r"|gesamtsumme"
        r"|rechnungsbetrag|bruttosumme|bruttobetrag|endbetrag|auftragssumme|bestellsumme|total ttc"
        r"|montant ttc"
        r"|total général"
    ),
    "net": r"net total|total net|net amount|nettosumme|nettobetrag|gesamt netto|total ht|montant ht",
    "due": r"(?:amount|total|balance) due|net due|zahlbetrag|zu zahlen|net à payer|reste à payer",
}
_NAMED = {
    role: compiled(rf"(?i)\b(?:{names}){_BETWEEN}({_AMOUNT})(?:[^\d.,]|$)")
    for role, names in _TOTAL_NAMES.items()
}

_TOTAL_CELL = compiled(rf"(?im)(?:^|[ \t]{{2}}|\|)[ \t]*totals?{_BETWEEN}({_AMOUNT})[ \t|]*$")
_GROSS_AND_NET = compiled(r"(?i)\bgross ?(?:amount|total|cost)\b.{0,200}\bnet ?(?:amount|total|cost)\b")
_TOTALS_ROW = compiled(rf"(?i)^[ \t|]*(?:grand )?totals?\b[^\n$€£.,]{{0,60}}{_SIGN}?[ \t]{{0,20}}({_AMOUNT})")
_ROWS_BELOW = 60


def number(view: RuleInput) -> Iterator[Found]:
    """Find the number of the invoice, without the words before it; not sure where figures may go on."""
    for start, end in particulars.invoice_number(view):
        end -= view.text[start:end].endswith(".")
        if match := _NUMBER.search(view.text[start:end]):
            if match[0].isdigit() and (groups := _GROUPS.match(view.text, end)):
                yield Found(start + match.start(), groups.end())
                continue
            more = _MORE.match(view.text, end)
            whole = " ".join(f"{match[0]}{more[0]}".split()) if more else None
            yield Found(start + match.start(), end, alternative=whole)


def issue_date(view: RuleInput) -> Iterator[Found]:
    """Find the date of issue: what is called a date, where there is any, before what follows the title.

    It is not sure below headings of several dates.
    """
    spans = list(particulars.invoice_date(view))
    spans = [span for span in spans if not _BY_ANOTHER.search(view.text[slice(*span)])] or spans
    named = [span for span in spans if particulars.names_issue(view.text[slice(*span)])]
    named = named or [span for span in spans if _DATE_LABEL.search(view.text[slice(*span)])]
    for span in named or spans:
        yield Found(*span, sure=not _DATE_LABEL.search(_headings(view.text, *span)))


def _headings(text: str, start: int, end: int) -> str:
    """Give what stands before a label on its line, whose value stands below; else nothing."""
    if "\n" not in text[start:end]:
        return ""
    return text[max(text.rfind("\n", 0, start) + 1, start - _HEADINGS_CHARS) : start]


def due_date(view: RuleInput) -> Iterator[Found]:
    """Find the day on which it is to be paid; not sure where that comes before the date of issue."""
    habits = Habits(view.text, "")
    issued = next((read("date", view.text[one.start : one.end], habits) for one in issue_date(view)), None)
    for match in _DUE.finditer(view.text):
        start, end = match.span("day") if match["day"] else match.span("until")
        if _NOT_DUE.search(
            view.text[max(view.text.rfind("\n", 0, match.start()) + 1, match.start() - 30) : start]
        ):
            continue
        if match["until"] and _PERIOD.search(match[0]):
            continue
        day = read("date", view.text[start:end], habits)
        # Below headings the first day may be that of another of them.
        headings = _headings(view.text, match.start(), start)
        gap = match["gap"] or ""
        other_label = _DATE_LABEL.search(headings) or _DATE_LABEL.search(gap) or _OTHER_LABEL.search(gap)
        both = issued and issued.normalised and issued.sure and day.normalised and day.sure
        yield Found(
            start,
            end,
            sure=not other_label and not (both and str(day.normalised) < str(issued and issued.normalised)),
        )


def seller_tax_number(view: RuleInput) -> Iterator[Found]:
    """Find the seller's VAT number, and the German tax number that will do, without the words before them.

    Of two different numbers of one sort, the second is the alternative of the first.
    """
    sorts: dict[bool, list[Span]] = {}
    for start, end in particulars.supplier_tax_number(view):
        is_vat = particulars.TAX_NUMBER.match(view.text, start) is not None
        if not is_vat:
            start += next((n for n, char in enumerate(view.text[start:end]) if char.isdigit()), 0)
        sorts.setdefault(is_vat, []).append((start, end))
    for spans in sorts.values():
        written = [" ".join(view.text[slice(*span)].split()) for span in spans]
        other = next((one for one in written if _bare(one) != _bare(written[0])), None)
        sure = other is None and not _is_of_another_siren(view.text, _bare(written[0]))
        yield Found(*spans[0], alternative=other, sure=sure)
    if True not in sorts:
        yield from references.sellers_number(view)


def _is_of_another_siren(text: str, number: str) -> bool:
    """Tell whether a French VAT number, which ends in its holder's SIREN, has none that the text states."""
    known = {_bare(match[1] or match[2])[:_SIREN_CHARS] for match in islice(_SIREN.finditer(text), _MOST)}
    return number.startswith("FR") and bool(known) and number[-_SIREN_CHARS:] not in known


def _bare(number: str) -> str:
    return "".join(filter(str.isalnum, number)).upper()


def accounts(view: RuleInput) -> Iterator[Found]:
    """Find the accounts; one from which a debit is taken is not the one to be paid to, so it is a hint."""
    for start, end in numbers.accounts(view):
        before = view.text[max(0, start - _BEFORE_ACCOUNT) : start]
        is_debtors = _DEBITED.search(before.rpartition("\n\n")[2]) is not None
        yield Found(start, end, role="debtor" if is_debtors else None, sure=not is_debtors)


def _total(*roles: Role) -> Finder:
    """Make what finds a total: the last one of the first role that there is, since subtotals come before it.

    Where net and tax make one of several totals, it is that one; else another of them is its alternative.
    """

    def finder(view: RuleInput) -> Iterator[Found]:
        invoice = read_invoice(view.text, view.tables)
        totals = next((found for role in roles if (found := invoice.of(role))), [])
        end = references.start_of_next(view.text)
        totals = [one for one in totals if one.amount.start < end] or totals
        if not totals:
            yield from _named(view, roles)
            return
        proven: list[Total] = []
        if "gross" in roles:
            totals = [total for total in totals if total.label] or totals
            proven = _proven(invoice, totals) or _repeated(totals)
        one = (proven or totals)[-1]
        others = [] if proven else [total for total in totals if total.amount.value != one.amount.value]
        value, alternative = _value(one), _value(others[-1]) if others else None
        start, end = one.amount.start, one.amount.end
        if not proven and THOUSAND.fullmatch(view.text[start:end]):
            # What has three decimals may be a thousand.
            written = read("amount", view.text[start:end], Habits(view.text, ""))
            value, alternative = written.normalised or value, alternative or written.alternative
        # Where the text was torn, the first of its noughts may stand for a total.
        is_nought = one.amount.value == 0 and one.role in ("net", "gross")
        sure = alternative is None and not is_nought and not _goes_on(view.text, start)
        yield Found(start, end, value, alternative=alternative, sure=sure)

    return finder


def _named(view: RuleInput, roles: tuple[Role, ...]) -> Iterator[Found]:
    """Find a total in the middle of a line, by its name: the first, of which another is the alternative.

    `read_invoice` understands a line that has a label and an amount alone. In an order or an invoice of a
    broadcaster the total stands behind the terms of payment, or below the headings of gross and net.
    """
    for role in roles:
        if role in _NAMED and (named := named_totals(view.text, role)):
            value, (start, end) = named[0]
            others = [other for other, _ in named if other != value]
            yield Found(
                start, end, plain_decimal(value), alternative=plain_decimal(others[-1]) if others else None
            )
            return


def named_totals(text: str, role: str) -> list[tuple[Decimal, Span]]:
    """List the amounts behind the names of a total, ``gross``, ``net`` or ``due``, in their order.

    >>> named_totals("Payment Terms 30 Days   Gross Total   $3,210.00", "gross")
    [(Decimal('3210.00'), (39, 47))]
    """
    text = plain(text[:_READ])
    spans = [match.span(1) for match in islice(_NAMED[role].finditer(text), _MOST_NAMED)]
    if role == "gross":
        spans = spans or list(_below_headings(text))
        spans = spans or [match.span(1) for match in islice(_TOTAL_CELL.finditer(text), _MOST_NAMED)]
    mark = notation_of(text).decimal_mark
    return [(decimal(text[slice(*span)].replace(" ", "'"), mark)[0], span) for span in spans]


def _below_headings(text: str) -> Iterator[Span]:
    """Find the first amount of the row of totals below the headings of gross and net."""
    for match in islice(_GROSS_AND_NET.finditer(text), _MOST_NAMED):
        for start, line in islice(lines_of(text[match.end() :], match.end()), 1, _ROWS_BELOW):
            if row := _TOTALS_ROW.search(line[:400]):
                yield start + row.start(1), start + row.end(1)
                break


def _proven(invoice: Invoice, totals: list[Total]) -> list[Total]:
    """List the totals that a net and a tax make: a sum of lines, or a total above it, may be the net."""
    taxes = set(islice(dict.fromkeys(tax.amount.value for tax in invoice.of("tax")), _MOST_TOTALS))
    nets = list(dict.fromkeys(net.amount.value for net in invoice.of("net")))[:_MOST_TOTALS]
    if taxes - {0}:
        nets += [one.amount.value for one in invoice.of("lines", "gross")][:_MOST_TOTALS]
    values = list(dict.fromkeys(total.amount.value for total in reversed(totals)))[:_MOST_TOTALS]
    proven = {gross for gross in values if any(gross - net in taxes for net in nets)}
    return [total for total in totals if total.amount.value in proven]


def _repeated(totals: list[Total]) -> list[Total]:
    """List the totals of the one amount that stands there more often than any other."""
    counts = Counter(total.amount.value for total in totals).most_common(2)
    is_one = len(counts) == 2 and counts[0][1] > counts[1][1]
    return [total for total in totals if is_one and total.amount.value == counts[0][0]]


def _goes_on(text: str, start: int) -> bool:
    """Tell whether a figure may be the end of a longer one: 234,50 of "1 234,50"."""
    return bool(_GROUP.match(text, start) and _GROUP_BEFORE.search(text[max(0, start - 6) : start]))


_gross, tax = _total("gross"), _total("tax")
prepaid = _total("paid")
_net, _due = _total("net"), _total("due")


def net(view: RuleInput) -> Iterator[Found | Span]:
    """Find the total without tax; else the sum of the lines, where with the tax it makes the total."""
    found = list(_net(view))
    invoice = read_invoice(view.text, view.tables)
    if not found and not invoice.named:
        grosses = {total.amount.value for total in invoice.of("gross") or invoice.of("due")}
        taxes = {total.amount.value for total in invoice.of("tax")} | {
            sum(row.tax.value for row in invoice.taxes)
        }
        subtotals = [
            one for one in invoice.of("lines") if {one.amount.value + tax for tax in taxes} & grosses
        ]
        found = [Found(one.amount.start, one.amount.end, _value(one)) for one in subtotals[-1:]]
    yield from found


def gross(view: RuleInput) -> Iterator[Found | Span]:
    """Find the total; else what is due, where sums prove it, or where all else are totals of single lines."""
    found = [Found(*one) for one in _gross(view)]
    invoice = read_invoice(view.text, view.tables)
    if view.kind in BILLS and not (invoice.named or invoice.of("paid")):
        totals, due = invoice.of("gross", "lines"), [Found(*one) for one in _due(view)]
        if len(totals) > 1 and due and totals[-1].role == "lines":
            found = [one._replace(sure=False) for one in due]
        elif not found and any(
            one.holds and one.total.role == "due" for one in sums_of(invoice) if not one.of_lines
        ):
            found = due
    yield from found


def due(view: RuleInput) -> Iterator[Found | Span]:
    """Find what is to be paid; else the whole is a hint at it, of an invoice that speaks of no payments."""
    found = list(_due(view))
    invoice = read_invoice(view.text, view.tables)
    if not found and view.kind in BILLS and not (invoice.payments or invoice.named):
        found = [one._replace(sure=False) for one in starmap(Found, _gross(view)) if one.sure]
    yield from found


def _value(total: Total) -> str:
    return plain_decimal(total.amount.value)


_WORDS_TOO = {"ALL", "BAM", "CUP", "GEL", "MOP", "PEN", "SOS", "TOP"}
"""Codes of currencies that are words in capitals, too."""
_CODES = "|".join(sorted(set(CURRENCIES) - _WORDS_TOO))
_OTHER_CURRENCY = re.compile(rf"\d[.,]\d{{1,3}} ?({_CODES}|D[HT])\b")
_CALLED = {"DH": "MAD", "DT": "TND"}
_RUPEES = re.compile(r"\bRs\.? ?\d")
_OF_INDIA = re.compile(r"\b(?:GST(?:IN)?|IFSC|India|INR)\b")


def currency(view: RuleInput) -> Iterator[Found | Span]:
    """Find the currency beside a total, in its line; where none is there, that of most amounts."""
    for total in read_invoice(view.text, view.tables).of("gross", "due", "net"):
        if near := currency_near(view.text, total.amount.start, total.amount.end):
            yield near
            return
    matches = list(islice(CURRENCY.finditer(view.text), _MOST))
    for written, _ in Counter(match[0] for match in matches).most_common(1):
        yield next(match.span() for match in matches if match[0] == written)
    if not matches and (other := _OTHER_CURRENCY.search(plain(view.text[:_READ]))):
        yield Found(*other.span(1), _CALLED.get(other[1], other[1]))
    elif not matches and (rupees := _RUPEES.search(view.text)) and _OF_INDIA.search(view.text):
        yield Found(rupees.start(), rupees.end() - 1, "INR")
