"""What an invoice states, by the readers of its checks: number, total, currency, account, tax number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Finder, Found
from docassay.domains.financial import particulars, references
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.invoice import Invoice, Role, Total
from docassay.domains.financial.named_totals import NAMED, named_totals
from docassay.domains.financial.numbers import ibans
from docassay.domains.values import CURRENCY, THOUSAND, Habits, currency_near, plain_decimal, read

_NUMBER = re.compile(r"(?:\b(?!(?:NO|NR|ID|REF|NUM|NUMBER|NUMMER) )[A-Z]{1,6} )?[\w./-]*\d[\w./-]*$")
_MORE = re.compile(r" [0-9]{1,6}(?![\w.,/-])")
_GROUP = re.compile(r"\d{3}(?!\d)")
_GROUP_BEFORE = re.compile(r"(?<![\d.,])\d{1,3} $")
_DAY = (
    r"(?:\d\d?[./-]\d\d?[./-]\d\d(?:\d\d)?|\d{4}-\d\d-\d\d"
    r"|\d\d?(?:\.|st|nd|rd|th|er)? [^\W\d_]{3,12}\.? \d{4}"
    r"|[^\W\d_]{3,12}\.? \d\d?,? \d{4})"
)
_DUE = re.compile(
    r"(?i)\b(?:(?:payment )?due(?: date)?|date due|fällig(?:keit)?(?:sdatum)?"
    r"|zahlungsdatum|(?:date d.)?échéance)"
    rf"\b(?P<gap>[^\n\d]{{0,30}})(?:\n[ \t|]{{0,20}})?(?P<day>{_DAY})"
    r"|\b(?:pay(?:able|ment)?|zahlbar|zahlung|zahlen|payer|paiement|règlement)\b[^\n]{0,60}?"
    rf"\b(?:bis(?: zum)?|by|until|before|avant le|au plus tard le) (?P<until>{_DAY})"
)
_NOT_DUE = re.compile(
    r"(?i)\b(?:received|paid|past|overdue|since|from|last|previous|as of|not"
    r"|erhalten|eingegangen|bezahlt|seit|vom|nicht"
    r"|reçu|payée?|depuis|pas)\b[^.;]*$"
)
_DATE_LABEL = re.compile(r"(?i)\bdate\b|datum\b")
_BY_ANOTHER = re.compile(
    r"(?i)\b(?:gemäß|gem\.|laut|lt\.|according to|as per|selon|conformément|bestell\w*|order|commande"
    r"|lieferung|delivery"
    r"|livraison|vertrag|contract|contrat)\b"
)
"""What a date is the date of that stands in the same sentence as the invoice."""

_DEBITED = re.compile(
    r"(?i)\b(?:abgebucht|eingezogen|bankeinzug|(?:zahler|kunden)-iban|debited|debtor|direct debit from"
    r"|prélevé|débité)\b[^.;]*$"
)
_READ = 200_000
_HEADINGS_CHARS = 200
_BEFORE_ACCOUNT = 150
_MOST_TOTALS = 200
"""Distinct nets, taxes and totals of which sums are made."""

_MOST = 1_000
"""Currencies that are counted."""


def number(view: RuleInput) -> Iterator[Found]:
    """Find the number of the invoice, without the words before it; not sure where figures may go on."""
    for start, end in particulars.invoice_number(view):
        if match := _NUMBER.search(view.text[start:end]):
            more = _MORE.match(view.text, end)
            whole = " ".join(f"{match[0]}{more[0]}".split()) if more else None
            yield Found(start + match.start(), end, alternative=whole)


def issue_date(view: RuleInput) -> Iterator[Found]:
    """Find the date of issue: what is called a date, where there is any, before what follows the title.

    It is not sure below headings of several dates.
    """
    spans = list(particulars.invoice_date(view))
    spans = [span for span in spans if not _BY_ANOTHER.search(view.text[slice(*span)])] or spans
    for span in [span for span in spans if _DATE_LABEL.search(view.text[slice(*span)])] or spans:
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
        day = read("date", view.text[start:end], habits)
        # Below headings the first day may be that of another of them.
        headings = _headings(view.text, match.start(), start)
        other_label = _DATE_LABEL.search(headings) or _DATE_LABEL.search(match["gap"] or "")
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
        yield Found(*spans[0], alternative=other)
    if True not in sorts:
        yield from references.sellers_number(view)


def _bare(number: str) -> str:
    return "".join(filter(str.isalnum, number)).upper()


def accounts(view: RuleInput) -> Iterator[Found]:
    """Find the accounts; one from which a debit is taken is not the one to be paid to, so it is a hint."""
    for start, end in ibans(view.text[:_READ]):
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
        if not totals:
            yield from _named(view, roles)
            return
        proven = _proven(invoice, totals) if "gross" in roles else []
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
    """Find a total in the middle of a line, by its name: the first, of which another is the alternative."""
    for role in roles:
        if role in NAMED and (named := named_totals(view.text, role)):
            value, (start, end) = named[0]
            others = [other for other, _ in named if other != value]
            yield Found(
                start, end, plain_decimal(value), alternative=plain_decimal(others[-1]) if others else None
            )
            return


def _proven(invoice: Invoice, totals: list[Total]) -> list[Total]:
    """List the totals that a net and a tax make."""
    nets = list(dict.fromkeys(net.amount.value for net in invoice.of("net")))[:_MOST_TOTALS]
    taxes = set(islice(dict.fromkeys(tax.amount.value for tax in invoice.of("tax")), _MOST_TOTALS))
    values = list(dict.fromkeys(total.amount.value for total in reversed(totals)))[:_MOST_TOTALS]
    proven = {gross for gross in values if any(gross - net in taxes for net in nets)}
    return [total for total in totals if total.amount.value in proven]


def _goes_on(text: str, start: int) -> bool:
    """Tell whether a figure may be the end of a longer one: 234,50 of "1 234,50"."""
    return bool(_GROUP.match(text, start) and _GROUP_BEFORE.search(text[max(0, start - 6) : start]))


gross, net, tax, due = _total("gross"), _total("net"), _total("tax"), _total("due")
prepaid = _total("paid")


def _value(total: Total) -> str:
    return plain_decimal(total.amount.value)


def currency(view: RuleInput) -> Iterator[Span]:
    """Find the currency beside a total, in its line; where none is there, that of most amounts."""
    for total in read_invoice(view.text, view.tables).of("gross", "due", "net"):
        if near := currency_near(view.text, total.amount.start, total.amount.end):
            yield near
            return
    matches = list(islice(CURRENCY.finditer(view.text), _MOST))
    for written, _ in Counter(match[0] for match in matches).most_common(1):
        yield next(match.span() for match in matches if match[0] == written)
