"""Find the values of an invoice's print by what they are called: its number, its date and its totals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import re2

from docassay.domains import Span
from docassay.languages import months

_SPACE = r"[ \x{a0}\x{202f}\x{2009}]"
_GROUP = r"[.,'’ \x{a0}\x{202f}\x{2009}]"
_FIGURE = rf"-?\d{{1,3}}(?:{_GROUP}\d{{3}})*[.,]\d{{2}}|-?\d+[.,]\d{{2}}"
_ANY_FIGURE = re2.compile(rf"(?:^|[^\d.,])({_FIGURE})(?:[^\d.,]|[.,]?$|[.,]\D)")
_TOTALS = {
    "gross": r"grand total|invoice total|total (?:amount )?(?:incl\w*\.?|with|including) (?:tax|vat)|"
    r"Brutto(?:summe|betrag|rechnungsbetrag)|Gesamtbetrag|Gesamtsumme|Rechnungsbetrag|Endbetrag|Endsumme|"
    r"(?:Summe|Gesamt|Gesamtbetrag|Rechnungssumme) (?:brutto|mit USt\.?|inkl\. (?:MwSt|USt)\.?)|"
    r"(?:montant )?total TTC|montant TTC|total con IVA|importe total|totale fattura|total com IVA",
    "net": r"net total|total net|total (?:amount )?(?:excl\w*\.?|without|excluding|before) (?:tax|vat)|"
    r"Netto(?:summe|betrag|gesamtbetrag)|(?:Summe|Gesamt|Gesamtbetrag|Rechnungssumme) (?:netto|ohne USt\.?)|"
    r"(?:montant )?total HT|montant HT|base imponible|totale imponibile",
    "tax": r"total (?:tax|vat)|(?:tax|vat) total|Steuerbetrag|(?:Summe|Gesamtbetrag) (?:USt|MwSt)\.?|"
    r"(?:USt|MwSt)\.?[- ](?:Betrag|gesamt)|(?:montant )?total (?:de la )?TVA|montant (?:de la )?TVA|"
    r"total IVA|totale IVA",
    "due": r"(?:total |amount |balance )(?:due|payable)|due (?:amount|payable)|"
    r"Zahlbetrag|zu zahlen(?:der Betrag)?|Forderungsbetrag|"
    r"net à payer|(?:total|reste|montant) à payer|total a pagar|totale da pagare",
}
_LABELLED = {
    name: re2.compile(rf"(?im)\b(?:{label})\b[^\d\n-]{{0,40}}({_FIGURE}){_SPACE}?(?:[€$£]|[A-Z]{{3}}\b)?\s*$")
    for name, label in _TOTALS.items()
}
_NUMBER = re2.compile(
    r"(?i)\b(?:invoice|\w*(?:rechnung|gutschrift|korrektur)s?|beleg|facture|avoir|factura|fattura|fatura)"
    r"[ -]?(?:\(\d{3}\) )?(?:no\b\.?|number|nr\b\.?|nummer|n[°ºo]\b\.?|numéro|número|numero|#|id\b)"
    r"[ \t.:#]{0,6}"
    r"([A-Z0-9][A-Z0-9/._-]*\d[A-Z0-9/_-]*)"
)
_DAY = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
_LABELLED_DATE = re2.compile(
    r"(?i)\b(?:(?:rechnungs|beleg)datum|(?:invoice|issue) date|date of (?:issue|invoice)|"
    r"date (?:de (?:la )?facture|d.émission)|fecha de (?:la )?(?:factura|emisión)|data (?:della )?fattura)"
    rf"[ \t.:]{{0,12}}({_DAY})\b"
)
_DATE_OF_NUMBER = re2.compile(rf"(?i)^ (?:vom|dated|of|du|del|de|do) ({_DAY})\b")


def printed_amount(text: str, amount: Decimal) -> Span | None:
    """Find an amount, not negative, in English, German, French or Swiss notation, with or without cents."""
    whole, _, cents = f"{amount:f}".partition(".")
    cents = cents.rstrip("0")
    groups = f"{_GROUP}?".join(f"{int(whole):,}".split(","))
    fraction = rf"[.,]{cents}0*" if cents else r"(?:[.,](?:0{1,4}|-|–))?"
    match = re2.search(rf"(?:^|[^\d.,])({groups}{fraction})(?:$|[^\d.,]|[.,](?:\D|$))", text)
    return match.span(1) if match else None


def printed_identifier(text: str, identifier: str) -> Span | None:
    """Find a number, or another identifier, however its letters and digits are grouped.

    >>> printed_identifier("IBAN: DE12 3456 7890", "de1234567890")
    (6, 20)
    """
    wanted = "".join(char for char in identifier if char.isalnum()).casefold()
    places = [place for place, char in enumerate(text) if char.isalnum()]
    squeezed = "".join(text[place].casefold()[:1] for place in places)
    start = squeezed.find(wanted) if wanted else -1
    return (places[start], places[start + len(wanted) - 1] + 1) if start >= 0 else None


def figures_in(text: str) -> bool:
    """Tell whether a text has amounts at all."""
    return _ANY_FIGURE.search(text) is not None


def amounts_of(text: str, name: str) -> list[tuple[Decimal, Span]]:
    """List the amounts at the ends of lines that are called ``gross``, ``net``, ``tax`` or ``due``."""
    return [(_amount(match.group(1)), match.span(1)) for match in _LABELLED[name].finditer(text)]


def labelled_numbers(text: str) -> list[Span]:
    """List what stands behind the words for an invoice's number."""
    return [match.span(1) for match in _NUMBER.finditer(text)]


def labelled_dates(text: str) -> list[Span]:
    """List the dates in figures behind the words for an invoice's date, or behind its number."""
    dates = [match.span(1) for match in _LABELLED_DATE.finditer(text)]
    for _, end in labelled_numbers(text):
        if match := _DATE_OF_NUMBER.search(text[end : end + 40]):
            dates.append((end + match.start(1), end + match.end(1)))
    return dates


def is_date_printed(text: str, day: date) -> bool:
    """Tell whether a date stands in a text in any order and form of six languages."""
    return any(re2.search(form, text) for form in _forms(day))


def _forms(day: date) -> Iterator[str]:
    year = f"(?:{day.year}|{day.year % 100:02})"
    number, month = f"0?{day.day}", f"0?{day.month}"
    gap = r"\s?[./-]\s?"
    stems = {_stem(word) for word, number in months().items() if number == day.month}
    name = f"(?:{'|'.join(sorted(stems))})" + r"\pL{0,8}\.?"
    for order in ((number, month, year), (month, number, year), (year, month, number)):
        yield r"(?:^|\D)" + gap.join(order) + r"(?:$|\D)"
    yield rf"(?:^|\D){day.year}{day.month:02}{day.day:02}(?:$|\D)"
    of = r"[\s-]*(?:de\s+|of\s+)?"
    yield rf"(?i)(?:^|\D){number}(?:st|nd|rd|th|er|º|\.)?{of}{name},?{of}{year}(?:$|\D)"
    yield rf"(?i)\b{name}\s*{number}(?:st|nd|rd|th)?,?\s*{year}(?:$|\D)"


def _stem(month: str) -> str:
    """Give the first letters of a month, which no other begins with, as it is shortened in print."""
    return month[: 4 if month.startswith("jui") else 3]


def _amount(written: str) -> Decimal:
    """Read a figure that ends in two digits of cents."""
    return Decimal("".join(char for char in written if char.isdigit())) / 100
