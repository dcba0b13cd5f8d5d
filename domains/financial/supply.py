"""Find when the goods or services of an invoice were supplied (Directive 2006/112/EC, Art. 226(7))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.financial.asked import is_german
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.financial.particulars import DATE, MONTH, invoice_date
from docassay.domains.typography import plain
from docassay.domains.values import Habits, dates

_NAMED = re.compile(
    r"(?i)\b(?:(?:liefer|leistungs)[ -]*(?:und|/|u\.)[ -]*(?:liefer|leistungs|rechnungs)[ -]?(?:datum"
    r"|zeitraum)|(?:liefer|leistungs|versand)-?(?:datum|zeitpunkt|tag)"
    r"|(?:liefer|leistungs|abrechnungs|rechnungs|versand)-?(?:zeitraum|monat|periode)|delivery date"
    r"|date of (?:supply|delivery"
    r"|service)|(?:supply|service|shipping|ship) date"
    r"|(?:service|billing|supply|delivery) period|date de (?:la )?(?:livraison|prestation)"
    r"|date de début de prestation|période(?: de)? (?:facturation|prestation)?"
    r"|geliefert am|delivered on|livré le"
    rf"|ActualDeliveryDate)\b[^\n\d]{{0,40}}(?:\n[ \t]*)?({DATE}|(?:{MONTH})[ /]?(?:20"
    r"|19)?\d{2}|\d{1,2}/\d{4})"
)
_RANGE = re.compile(rf"(?:^|[^\d])({DATE} ?(?:-|bis|to|until|au) ?{DATE})")
_AS_INVOICED = re.compile(
    r"(?i)((?:liefer|leistungs)[^\n]{0,30}(?:entspricht|gleich|=)[^\n]{0,20}(?:rechnungs"
    r"|beleg)-?datum|(?:date of supply|delivery)[^\n]{0,20}(?:same as|as) (?:the )?invoice date)"
)
_NOTE_DATE = r"(?:delivery note date|date of (?:the )?delivery note|DN-date|lieferschein-?datum)"
_SUPPLY_DATE = (
    r"(?:(?:service|supply|delivery) date|date of (?:supply|delivery|service)"
    r"|(?:liefer|leistungs)-?(?:datum|tag))"
)
_AS_NOTED = re.compile(
    rf"(?i)\b(?:{_NOTE_DATE}\b[^\n.\d]{{0,40}}\b{_SUPPLY_DATE}|{_SUPPLY_DATE}\b[^\n.\d]{{0,40}}\b{_NOTE_DATE})\b"
)
_NOTED = re.compile(rf"(?i)\b{_NOTE_DATE}\b[ \t:|]{{1,8}}({DATE})")
"""The date of a note of delivery, where the text says that it is that of the supply."""

_SERVICE = (
    r"\b(?:behandl\w{1,10}|therapie\w{0,10}|sitzung\w{0,3}|termine?n?|einsätzen?|einsatztagen?"
    r"|unterricht\w{0,9}"
    r"|treatments?|sessions?|visits?|appointments?|lessons?|dates|séances?|consultations?"
    r"|interventions?|soins)\b"
)
_SERVED = [
    re.compile(
        rf"(?i){_SERVICE}[^\n\d]{{0,30}}(?:\n[ \t]{{0,20}})?({DATE}"
        rf"(?:(?:[ \t]?[;,]|[ \t](?:und|and|et|&))[ \t]?(?:\n[ \t]{{0,20}})?{DATE})+)"
    ),
    re.compile(
        r"(?i)\b(?:behandelt|behandlung(?:en)?|erbracht|durchgeführt|ausgeführt|treated|performed|carried out"
        r"|provided|réalisée?s?|effectuée?s?)"
        rf"[ \t](?:am|vom|on|le|du)[ \t\n]{{1,3}}({DATE})"
    ),
]
"""Services by the day: treatments, lessons, visits, each with its date or all with a list of them."""

_IN_ADVANCE = re.compile(
    r"(?i)vorkasse|vorauskasse|vorauszahlung|vorausrechnung|im voraus|(?<!erhaltene )anzahlung"
    r"|abschlags(?:rechnung|zahlung)|gebucht|\bkurs|advance payment|in advance|prepa(?:id|yment)|deposit"
    r"|pro ?forma|booking|booked|\bcourse\b|seminar|acompte|d'avance|anticipé|réserv|\b(?:stage|formation)\b"
)
"""That the invoice, or a part of it, comes before what it bills, as it may (Art. 65)."""

_UBL = re.compile(r"(?m)^(?:StartDate|EndDate|ActualDeliveryDate|TaxPointDate): (\d{4}-\d{2}-\d{2})$")
_CII_PERIOD = re.compile(r"(?m)^(DateTimeString: \d{8}\nDateTimeString: \d{8})$")
_CII_DELIVERY = re.compile(
    r"(?m)^(DateTimeString: \d{8})\n(?:PaymentReference|CreditorReferenceID|TaxCurrencyCode"
    r"|InvoiceCurrencyCode|IssuerAssignedID|IssueDateTime|ID): "
)
_PERIOD = re.compile(
    rf"(?i)(?:zeitraum|periode?|période(?: d[eu])?|^StartDate)\W{{0,5}}(?:(?:vo[mn]|from|du) )?({DATE}"
    rf"(?: ?(?:-|bis|to|through|until|au) ?|\nEndDate: ){DATE})",
    re.MULTILINE,
)
_YEAR_DAYS = 366
_HEAD_CHARS = 500
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_DECADE = 10
_LONGEST_LINES = 400


def supply_date(view: RuleInput) -> Iterable[Found | Span]:
    """Find when the goods or services were supplied, a day or a period, or that it was the day of issue."""
    text = plain(view.text)
    yield from (match.span() for match in _NAMED.finditer(text))
    yield from (match.span(1) for match in _RANGE.finditer(text))
    yield from (match.span() for pattern in _SERVED for match in pattern.finditer(text))
    for match in _AS_INVOICED.finditer(text):
        if issued := _issued(view):
            yield Found(*match.span(), issued.isoformat())
    if _AS_NOTED.search(text):
        yield from (match.span() for match in _NOTED.finditer(text))
    yield from (match.span() for match in _UBL.finditer(text))
    if is_electronic(text):
        yield from _cii_dates(text)


def supply_date_due(view: RuleInput) -> Iterable[Span]:
    """Find a German invoice, by its first character, or else the date of supply itself.

    In Germany each invoice states it; elsewhere one that does not may have been issued on that day.
    """
    if is_german(plain(view.text)):
        yield 0, min(1, len(view.text))
    else:
        yield from (found[:2] for found in supply_date(view))


def _issued(view: RuleInput) -> date | None:
    return next((day for span in invoice_date(view) for day in _days(view.text[slice(*span)])), None)


def supplied_after_issue(view: RuleInput) -> Iterable[Span]:
    """Find lists of days of service, of which only some are past on the date of issue.

    Goods to be delivered and all that is paid in advance may be billed before, and are not meant.
    """
    text = plain(view.text)
    issued = _issued(view)
    if issued is None or _IN_ADVANCE.search(text):
        return
    for match in _SERVED[0].finditer(text):
        days = list(_days(match[1]))
        if days and min(days) <= issued < max(days):
            yield match.span()


def supplied_decades_apart(view: RuleInput) -> Iterable[Span]:
    """Find a date of supply whose year is ten years or more from that of the invoice."""
    issued = _issued(view)
    for match in _NAMED.finditer(plain(view.text)) if issued else ():
        years = [int(year) for year in _YEAR.findall(match[1])]
        if issued and years and all(abs(year - issued.year) >= _DECADE for year in years):
            yield match.span(1)


def period_out_of_time(view: RuleInput) -> Iterable[Span]:
    """Find a period that ends before it begins, or begins more than a year after the invoice.

    What is booked, or paid in advance, may be billed so early.
    """
    text = plain(view.text)
    issued = None if _IN_ADVANCE.search(text) else _issued(view)
    for pattern in (_PERIOD, _CII_PERIOD) if is_electronic(text) else (_PERIOD,):
        for match in pattern.finditer(text):
            days = list(_days(match[1]))
            is_late = issued and len(days) == 2 and days[0] - issued > timedelta(_YEAR_DAYS)
            if days != sorted(days) or is_late:
                yield match.span(1)


def _days(text: str) -> Iterator[date]:
    """Read the dates of a text whose order of day and month is sure.

    >>> list(_days("03.10.2018, 20181101; 31.02.2019"))
    [datetime.date(2018, 10, 3), datetime.date(2018, 11, 1)]
    """
    for value in dates(text, Habits("", "")):
        if value.sure and value.normalised and len(value.normalised) == len("2018-10-03"):
            yield date.fromisoformat(value.normalised)


def _cii_dates(text: str) -> Iterator[Span]:
    """Find the dates of delivery and the periods of a Cross Industry Invoice, whose dates all have one name.

    That behind the type of the document is its date of issue. In the extended profiles an order or a note of
    delivery has a date of its own, behind its number; in the others that place is the delivery's.
    """
    extended = re.search(r"(?i)exten(?:ded|sion)", text[:_HEAD_CHARS]) is not None
    for pattern in (_CII_DELIVERY, _CII_PERIOD):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - _LONGEST_LINES) : match.start()].split("\n")[:-1]
            names = [line.partition(":")[0] for line in before[-2:]]
            of_head = names[-1:] == ["TypeCode"]
            of_another = extended and not {"TypeCode", "IssuerAssignedID"}.isdisjoint(names)
            if not (of_head or of_another):
                yield match.span(1)
