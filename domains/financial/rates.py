"""What an invoice must state of its tax: what is taxed, the rate and the tax, or why there is none.

Directive 2006/112/EC, Article 226, points 8 to 11a.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice

from docassay.domains import RuleInput, Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.figures import decimal, notation_of
from docassay.domains.financial.invoice import CENT
from docassay.domains.patterns import matches_of
from docassay.domains.typography import plain

_MOST_LINES = 50
_TAX_WORDS = r"VAT|MwSt|Mehrwertsteuer|USt|Umsatzsteuer|TVA|IVA|BTW|tax"
_REASON = re.compile(
    r"(?i)(?:\b(?:reverse[ -]charged?|(?:VAT|tax)[ -]exempt|exempt(?:ed|ion)? (?:(?:from|of) )?(?:VAT"
    r"|tax)|zero[ -]rated"
    r"|VATEX-[A-Z0-9-]{2,20}|intra-?community suppl(?:y|ies)|autoliquidation"
    r"|(?:umsatz|mehrwert)?steuer(?:frei|befreit)\w*(?! Netto)|(?:mehrwert|umsatz)?steuerbefrei(?:t|ung)\w*"
    r"|Steuerschuldnerschaft des Leistungsempfängers|innergemeinschaftliche[rn]?[ \n]Lieferung(?:en)?"
    r"|TVA non applicable|exonér\w+ de (?:la )?TVA|exonération de TVA|§ ?(?:4"
    r"|19) ?(?:Nr\.? ?\d+\w? )?UStG|article 293 ?B|Kleinunternehmer\w*"
    r"|outside the scope of VAT|nicht steuerbar\w*|TaxExemptionReason: [^\n]{3,80}"
    r"|ExemptionReason: [^\n]{3,80}"
    r"|(?:section|art(?:icle|ikel)?s?\.?|§+) ?\d{1,3}[^\n]{0,25}\b(?:VAT Act|VATA|UStG|MWSTG|CGI"
    r"|(?:Council )?Directive|Richtlinie"
    r"|MwSt-?SystRL|MwStSystRL|2006/112)"
    r"|(?:Council )?(?:Directive|Richtlinie) 2006/112[^\n]{0,20}|margin scheme|differenzbesteuer\w+"
    r"|sonderregelung"
    r"|out(?:side)? (?:of )?(?:the )?scope|exports? of goods|ausfuhrlieferung(?:en)?|(?:steuerfreie )?ausfuhr"
    r"|exportation|livraison (?:intra-?communautaire|exonérée)|exonér\w+|régime (?:particulier|de la marge)"
    r"|steuerschuldnerschaft[^\n]{0,40}|(?:BTW|VAT) (?:verlegd|vrijgesteld)|inversión del sujeto pasivo"
    r"|exento de IVA)\b"
    r"|\b0(?:[.,]0{1,2})? ?%[^\n]{0,40}\b(?:exempt|befreit|exonér|steuerfrei)\w*"
    r"|\bexempt\w*[^\n]{0,30}\b0(?:[.,]0{1,2})? ?%"
    r"|§ ?(?:13b|19|25a?|4|6a)\b[^\n]{0,30}\bUStG\b)[^\n]{0,60}"
)
"""Why no tax is charged: words for it, or the article of the law (Art. 226(11) and (11a))."""
_ZERO_RATE = re.compile(
    rf"(?i)\b(?:{_TAX_WORDS})\b[^\n]{{0,20}}(?:^|[^\d.,])0(?:[.,]0{{1,3}})? ?%|(?:^"
    rf"|[^\d.,])0(?:[.,]0{{1,3}})? ?%[^\n]{{0,15}}\b(?:{_TAX_WORDS})\b"
)
_RATE = re.compile(
    r"(?i)(?:\b(?:VAT|MwSt|Mehrwertsteuer|USt|Umsatzsteuer|TVA|IVA"
    r"|BTW)\b[^\n]{0,40}\b\d{1,2}(?:[.,]\d{1,3})? ?%"
    r"|\b\d{1,2}(?:[.,]\d{1,3})? ?%[^\n]{0,15}\b(?:VAT|MwSt|Mehrwertsteuer|USt|Umsatzsteuer|TVA|IVA"
    r"|BTW)\b)[^\n]{0,60}"
)
_ABOVE_ZERO = re.compile(r"[1-9]\d?(?:[.,]\d{1,3})? ?%|0[.,]0*[1-9]\d* ?%")
_ONE_RATE = re.compile(r"(\d{1,2}(?:[.,]\d{1,3})?) ?%")
_TAX_BESIDE = re.compile(r"%\)?[^\n%]{0,25}?[$€£]? ?\d[\d.,\u00a0 ]*[.,]\d\d\b|%\)?: ?[$€£] ?\d")
"""The tax beside its rate: VAT (10 %): 650.00."""
_DENIED = re.compile(
    r"(?i)\bkeine (?:Umsatz|Mehrwert)steuer (?:\w+ ){0,3}(?:enthalten|ausgewiesen|erhoben|berechnet)"
    r"|\bno (?:VAT|tax) (?:is|was|has been) (?:included|charged|shown)"
    r"|\baucune TVA n.est (?:due|facturée|appliquée)"
)
_RATE_ROW = re.compile(
    r"(?i)\b(?:umsatz|mehrwert)?steuersatz[ \t:|]{0,5}[1-9]\d?(?:[.,]\d{1,2})?[ %]{0,2}\s{0,5}"
    r"(?:umsatz|mehrwert)?steuerbetrag[ \t:|]{0,5}\d[\d.,']*"
)
"""A rate and its tax, each behind its own label."""

_LINE_OF_RATE = re.compile(r"(?m)^[^\n%]{0,80}?(\d{1,2}(?:[.,]\d{1,3})?) ?%[^\n%]{0,80}$")
_LOWERED = re.compile(
    r"(?i)rabatt|nachlass|skonto|discount|remise|rabais|escompte|commission|deposit|acompte|interest|late"
    r"|penalt|verzug|zins|intérêt|pénalité|on order|anzahlung|upfront|balance"
)
"""What else is a share of a sum."""

_MONEY = re.compile(r"\d{1,3}(?:[.,' ]\d{3})*[.,]\d\d(?![\d%])")


def tax_particulars(view: RuleInput) -> Iterable[Span]:
    """Find a row of the tax breakdown that holds, a rate with its tax, or the reason why there is none."""
    text, invoice = plain(view.text), read_invoice(view.text)
    for row in invoice.taxes:
        if row.holds:
            start, end = min(row.base.start, row.tax.start), max(row.base.end, row.tax.end)
            yield start, end
    taxes = invoice.of("tax")
    for span in rates_above_zero(text):
        if taxes or _TAX_BESIDE.search(text[slice(*span)]):
            yield span
    yield from (match.span() for match in _RATE_ROW.finditer(text))
    yield from _lines_of_rates(text)
    # A rate in the lines, with the net sum and the tax below them.
    if taxes and invoice.of("net") and _ABOVE_ZERO.search(text):
        yield taxes[0].amount.start, taxes[0].amount.end
    yield from (match.span() for match in _REASON.finditer(text))


def unfitting_tax(view: RuleInput) -> Iterable[Span]:
    """Find the tax of an invoice with one rate, where that rate of no figure that it states is the tax."""
    text, invoice = plain(view.text), read_invoice(view.text)
    taxes, whole = invoice.of("tax"), [abs(total.amount.value) for total in invoice.of("gross", "due")]
    named = (match[1] for span in rates_above_zero(text) for match in _ONE_RATE.finditer(text, *span))
    rates = {Decimal(one.replace(",", ".")) / 100 for one in named}
    if invoice.named or invoice.taxes or len({tax.amount.value for tax in taxes}) != 1 or len(rates) != 1:
        return
    rate, tax = rates.pop(), abs(taxes[0].amount.value)
    mark = notation_of(text).decimal_mark
    figures = {decimal(match[0].replace(" ", "'"), mark)[0] for match in _MONEY.finditer(text)}
    bases = [figure for figure in figures if figure and figure < max(whole, default=tax)]
    bases += [base for one in whole for base in (one / (1 + rate), one - tax)]
    slack = 2 * CENT + CENT * len(invoice.items)
    if 0 < tax < max(whole, default=tax) and not any(abs(base * rate - tax) <= slack for base in bases):
        yield taxes[0].amount.start, taxes[0].amount.end


def tax_denied(view: RuleInput) -> Iterable[Span]:
    """Find that no tax is said to be included, in an invoice that charges some."""
    if any(total.amount.value for total in read_invoice(view.text).of("tax")):
        yield from (match.span() for match in _DENIED.finditer(plain(view.text)))


def _lines_of_rates(text: str) -> Iterable[Span]:
    """Find lines with a rate, what it is on and what it gives."""
    mark = notation_of(text).decimal_mark
    for match in islice(_LINE_OF_RATE.finditer(text), _MOST_LINES):
        if _LOWERED.search(match[0]):
            continue
        rate = Decimal(match[1].replace(",", "."))
        around = (text[match.start() : match.start(1)], text[match.end(1) : match.end()])
        amounts = [
            decimal(one[0].replace(" ", "'"), mark)[0] for part in around for one in _MONEY.finditer(part)
        ]
        if any(tax and abs(base * rate / 100 - tax) <= CENT for base in amounts[:6] for tax in amounts[:6]):
            yield match.span()


zero_rate = matches_of(_ZERO_RATE)
"""Finds a rate of zero, for which the invoice may say the reason in words that are not known."""


def rates_above_zero(text: str) -> list[Span]:
    """List where a rate of value added tax above zero is named."""
    return [match.span() for match in _RATE.finditer(text) if _ABOVE_ZERO.search(match.group())]
