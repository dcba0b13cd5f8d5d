"""Which invoices have to state what: all that Article 226 lists, what a simplified invoice has, or nothing.

Directive 2006/112/EC, Articles 220 to 221, 226b and 238; in Germany sections 14(2), 19 UStG and 33 UStDV; in
France Articles 261 and 293 B CGI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice

import re2
from stdnum.eu import vat

from docassay.domains import RuleInput, Span
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.particulars import (
    is_named_vat,
    is_sellers,
    opening,
    tax_numbers,
)
from docassay.domains.financial.rates import rates_above_zero
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_VAT = re.compile(r"(?i)\b(?:VAT|MwSt|Mehrwertsteuer|USt|Umsatzsteuer|TVA|IVA|BTW)\b|VATEX")
_SMALL_BUSINESS = re.compile(r"(?i)§ ?19\b[^\n]{0,20}UStG|Kleinunternehmer|293 ?B du CGI|TVA non applicable")
_NO_INVOICE = re.compile(
    r"(?im)^[^\n]{0,60}(?:(?:-|dies ist|das ist) keine Rechnung\b|\bnot an? (?:VAT |tax )?invoice\b"
    r"|\bn'est pas une facture\b)"
    r"|^\W{0,5}(?:facture |invoice )?pro[- ]?forma\b"
)
_EXEMPT = re.compile(
    r"(?i)[§$] ?4 ?(?:Nr\.?|Nummer|No\.?) ?(?:[89]|1\d|2\d)(?:[^\d]|$)|VATEX-EU-(?:132|135)"
    r"|\bVersicherungs?steuer\b"
    r"|\binsurance premium tax\b|\b261(?:[ -]\d)?[^\n]{0,20}\bCGI\b"
    r"|\btaxe sur les (?:conventions d.)?assurances"
)
"""Supplies of insurers, banks, landlords, physicians: nobody has to issue an invoice for them."""
_SELF_BILLED = re.compile(r"(?i)\bself-?bill|selbst ?ausgestellte rechnung|autofactur|TypeCode: 389\b")
_COUNTRY = re.compile(r"(?m)^(?:CountryID|IdentificationCode): ([A-Z]{2})$")
_OUTSIDE = compiled(
    r"\b(?:GB ?\d{3} ?\d{4} ?\d{2}(?: ?\d{3})?|CHE[- ]?\d{3}[. ]?\d{3}[. ]?\d{3}(?: ?(?:MWST|TVA|IVA))?"
    r"|NO ?\d{9} ?MVA|\d{3} ?\d{3} ?\d{3} ?MVA)\b"
)
_COUNTRIES = (
    r"United Kingdom|England|Scotland|Wales|Great Britain|UK|Vereinigtes Königreich|Royaume-Uni"
    r"|Switzerland|Schweiz|Suisse"
    r"|Svizzera|Liechtenstein|Norway|Norge|Norwegen|Norvège|USA|U\.S\.A\.|United States(?: of America)?"
    r"|Canada|Kanada"
    r"|Australia|New Zealand|India|Singapore|Hong Kong|China|Japan|Israel|Türkiye|Turkey|Serbia"
    r"|South Africa|Brazil|Brasil"
    r"|Mexico|México|United Arab Emirates|Tunisi(?:a|e)|Maroc|Morocco|Alg[ée]ri(?:a|e)|S[ée]n[ée]gal|Cameroun"
    r"|C[ôo]te d.Ivoire|Madagascar|Burkina Faso|Mali|Togo|B[ée]nin|Nigeria|Ghana|Kenya|Tanzania|Uganda|Egypt"
    r"|Pakistan|Bangladesh|Sri Lanka|Nepal|Malaysia|Indonesia|Philippines|Vietnam|Thailand|Saudi Arabia"
    r"|Kuwait|Qatar|Lebanon|Jordan|Argentina|Chile|Colombia|Peru|Ukraine"
)
_STATES = (
    r"A[LKRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    r"|T[NX]|UT|V[AT]|W[AIVY]"
)
_SEAT_OUTSIDE = compiled(
    rf"(?m)(?:^|[,|·•] ?)(?:{_COUNTRIES})[ .]*(?:$|[,|·•]|[-–] ?\d)|, (?:{_STATES}) \d{{5}}\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
    r"|\b(?:EIN[ :#.No]{0,6}\d\d-?\d{7}|ICE[ :]{0,4}\d{15}|A[BC]N[ :#.No]{0,6}\d\d ?\d{3}"
    r"|GSTIN\W{0,4}\d\d[A-Z]|CH ?- ?\d{4} \pL)"
    r"|\bIBAN\W{0,4}(?:CH|GB|NO|LI)\d\d|\bRegistered in (?:England|Scotland|Wales)\b"
)
"""Where a seller's address, register or bank says that it is outside the EU."""
_MONEY = re.compile(
    r"(?:[$₹]|\b(?:USD|INR|Rs\.?)) ?\d|\d ?(?:\$|₹|USD\b|INR\b)"
    r"|(?:\d{3}|[.,]\d\d) ?(?:MAD|DH|TND|DT|DZD|MGA|X[AO]F|F ?CFA|AED|SAR|KWD|EGP|NGN|KES|ZAR|PKR|MYR|SGD"
    r"|HKD|AUD|NZD|CAD|TRY)\b"
)
"""Money of no country of the EU; whole amounts of less than a hundred may be numbers of things."""
_EU_MONEY = re.compile(r"€|\b(?:EUR|euros?|PLN|SEK|DKK|CZK|HUF|RON)\b", re.IGNORECASE)
_MOST_SEATS = 20
_UNION = frozenset((*vat.MEMBER_STATES, "el"))
_COMPANY = re.compile(
    r"\b([A-ZÄÖÜÀ-Ý][\w&.-]{1,30})(?: [\w&.-]{1,30}){0,4} (?:GmbH|AG|KG|KGaA|UG|SE|OHG|e\.K\.|eG"
    r"|S\.?A\.?R\.?L\.?|SAS|SASU|EURL|S\.?A\.?|SA|Ltd|Limited|B\.?V\.?|N\.?V\.?|S\.?p\.?A\.?"
    r"|S\.?r\.?l\.?)\b"
)
_GERMAN_SELLER = re.compile(
    r"(?:Amtsgericht|Handelsregister|Registergericht|\bHRB\b|Steuernummer|St\.-Nr|Finanzamt)"
)
_EU_SELLER = re.compile(r"(?:\bSIRET\b|\bSIREN\b|\bRCS\b|R\.C\.S|Firmenbuch)")
_OTHER_CURRENCY = re.compile(r"(?:USD|GBP|CHF|PLN|SEK|DKK|CZK|HUF|RON|NOK)\b|[£$] ?\d")
_FULL_INVOICE = Decimal(400)
"""Up to this an invoice may be simplified, whatever its country (Art. 238(2))."""
_SIMPLIFIED, _SIMPLIFIED_IN_GERMANY = Decimal(100), Decimal(250)
"""Up to these, in euro, it may be so in every country (Art. 220a), and in Germany (section 33 UStDV)."""
_WITHOUT_NUMBER_IN_FRANCE = Decimal(150)
"""Up to this net total a French invoice need not state the seller's VAT number (Art. 242 nonies A CGI)."""
_FRENCH_NET = re.compile(r"\bHT\b|(?i:\bhors taxes?\b)")


def value_added_tax(view: RuleInput) -> Iterable[Span]:
    """Find the words for value added tax."""
    return (match.span() for match in _VAT.finditer(plain(view.text)))


def no_tax_invoice(view: RuleInput) -> Iterable[Span]:
    """Find where a small business says that it charges no tax, or an opening that it is no invoice."""
    text = plain(view.text)
    for match in (_SMALL_BUSINESS.search(text), _NO_INVOICE.search(opening(text))):
        if match:
            yield match.span()


def exempt_supplies(view: RuleInput) -> Iterable[Span]:
    """Find why all of an invoice is exempt, as insurance and medical care are, where no tax is charged."""
    text = plain(view.text)
    exempt = _EXEMPT.search(text)
    if exempt and not (rates_above_zero(text) or any(row.tax.value for row in read_invoice(text).taxes)):
        yield exempt.span()


def self_billed(view: RuleInput) -> Iterable[Span]:
    """Find that the buyer issued it: a Gutschrift of this sort amends no invoice."""
    return (match.span() for match in _SELF_BILLED.finditer(plain(view.text)))


def full_particulars(view: RuleInput) -> Iterable[Span]:
    """Find an invoice, by its first character, whose total is unknown or too high for a simplified one."""
    text = plain(view.text)
    totals = [abs(total.amount.value) for total in read_invoice(view.text).of("gross", "due")]
    limit = _SIMPLIFIED_IN_GERMANY if is_german(text) else _SIMPLIFIED
    if not totals or max(totals) > limit or _OTHER_CURRENCY.search(text):
        yield 0, min(1, len(text))


def small_in_france(view: RuleInput) -> Iterable[Span]:
    """Find the net total of a French invoice that need not state the seller's VAT number."""
    nets = read_invoice(view.text).of("net", "lines")
    french = _FRENCH_NET.search(plain(view.text)) and not _OTHER_CURRENCY.search(plain(view.text))
    if (
        french
        and nets
        and not tax_numbers(plain(view.text))
        and max(abs(net.amount.value) for net in nets) <= _WITHOUT_NUMBER_IN_FRANCE
    ):
        yield nets[-1].amount.start, nets[-1].amount.end


def full_vat_invoice(view: RuleInput) -> Iterable[Span]:
    """Find the total of an invoice that EU law asks all particulars of.

    Its seller is in the EU, its total is above what a simplified invoice may have, and it goes to a business:
    it names two companies, or two VAT numbers.
    """
    text = plain(view.text)
    numbers = [match for match in tax_numbers(text) if is_named_vat(text, match.start())]
    in_eu = any(is_sellers(text, match.span(1)) for match in numbers)
    in_eu = in_eu or bool(_GERMAN_SELLER.search(text) or _EU_SELLER.search(text))
    companies = {match.group(1) for match in _COMPANY.finditer(text)}
    if not in_eu or max(len({match.group(1) for match in numbers}), len(companies)) < 2:
        return
    for total in read_invoice(view.text).of("gross", "due"):
        if abs(total.amount.value) > _FULL_INVOICE:
            yield total.amount.start, total.amount.end


def seller_outside_eu(view: RuleInput) -> Iterable[Span]:
    """Find what tells that the seller is outside the EU.

    Its address as data does, else its tax number, else its register, its address, its bank and its money.
    """
    text = plain(view.text)
    if country := _COUNTRY.search(text):
        if country[1].lower() not in _UNION:
            yield country.span()
    elif not any(is_sellers(text, match.span(1)) for match in tax_numbers(text)):
        yield from _of_seller(text, _OUTSIDE)
        if not (_GERMAN_SELLER.search(text) or _EU_SELLER.search(text)):
            yield from _of_seller(text, _SEAT_OUTSIDE)
            if not tax_numbers(text) and not _EU_MONEY.search(text) and (money := _MONEY.search(text)):
                yield money.span()


def _of_seller(text: str, sought: re2._Regexp[str]) -> Iterable[Span]:
    """Find the numbers or places that are the seller's, not the buyer's."""
    found = (match.span() for match in islice(sought.finditer(text), _MOST_SEATS))
    return (span for span in found if is_sellers(text, span))


def is_german(text: str) -> bool:
    """Tell whether the seller is in Germany: by its address as data, its VAT number or register."""
    if country := _COUNTRY.search(text):
        return country[1] == "DE"
    return _GERMAN_SELLER.search(text) is not None or any(
        match[1].startswith("DE") and is_sellers(text, match.span(1)) for match in tax_numbers(text)
    )
