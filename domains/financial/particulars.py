"""What an invoice must state under VAT law: its date, its number, the supplier's tax number, rate and tax.

Directive 2006/112/EC, Articles 226 and 226b; in Germany sections 14, 14a and 19 UStG and 33 UStDV; in France
Articles 242 nonies A, annex II, and 289 CGI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from stdnum.ch import vat as swiss
from stdnum.de import stnr
from stdnum.eu import vat
from stdnum.gb import vat as british

from docassay.domains import Span, View
from docassay.domains.financial.amounts import read_invoice
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.typography import plain

MONTH = (
    r"(?:Jan|Feb|Fév|M[aä]r|Mrz|Apr|Avr|Mai|May|Jun|Juin|Jul|Juil|Aug|Ao[uû]|Sep|O[ck]t|Nov|Dez|Dec|Déc)"
    r"[^\W\d_]{0,7}\.?"
)
DATE = (
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th)?[./ -] ?(?:\d{{1,2}}|{MONTH})[./ -] ?(?:20|19)?\d{{2}}"
    rf"|(?:20|19)\d{{2}}[-./]\d{{1,2}}[-./]\d{{1,2}}|(?:20|19)\d{{6}}|{MONTH} \d{{1,2}},? (?:20|19)\d{{2}})"
)
_GAP = r"[ \t.:|*#]{0,40}(?:\n[ \t|]{0,20})?"
_TITLE = (
    r"(?:[^\W\d_]{0,30}rechnung|gutschrift|[^\W\d_]{0,20}korrektur|invoice|credit note|facture|avoir"
    r"|note de crédit)"
)
_ISSUED = [
    re.compile(
        r"(?i)\b(?:(?:invoice|issue|billing|bill|tax invoice|document|receipt|credit note)[ -]?date"
        r"|date of (?:issue|invoice)"
        r"|(?:rechnungs|beleg|ausstellungs|gutschrifts?|korrektur|dokument)[ -]?(?:s-)?datum"
        r"|date (?:de )?(?:la )?(?:facture|facturation|l'avoir)|date d'(?:émission|avoir|édition))\b"
        rf"{_GAP}({DATE})"
    ),
    re.compile(rf"(?i)\b{_TITLE}\b[^\n]{{0,90}}?[ \t\n](?:vo[nm]|dated|of|du|from)[ \t\n]{{1,3}}({DATE})"),
    re.compile(
        r"(?i)\b(?:issued(?: on)?|invoiced on|dated|ausgestellt am|erstellt am|émise? le"
        rf"|établie? le){_GAP}({DATE})"
    ),
    re.compile(rf"(?i)\b{_TITLE}\b[^\n]{{0,60}}?[ \t]({DATE})[ \t]*$"),
    re.compile(rf"(?im)^[ \t]*[^\W\d_][^\n,0-9]{{1,40}}, (?:den |am |le )?({DATE})"),
]
_PLAIN_DATE = re.compile(rf"(?im)^(?:[^\n]{{0,60}}[ \t|])?(?:date|datum)(?: du| vom)?{_GAP}({DATE})")
_NUMBER = r"((?:[A-Z]{1,6} )?(?=[\w./-]{0,25}\d)\w[\w./-]{1,40})"
_AMENDED = re.compile(
    r"(?i)\b(?:(?:original|initial|ursprüngliche[rn]?|ursprungs?|vorherige|bezogene|stornierte"
    r"|korrigierte)[ -]?(?:invoice|rechnung|beleg|facture)"
    r"|(?:zu(?:r)?|betrifft|bezug(?: auf)?|storno(?: der)?|korrektur (?:der|zu)|for|of|against|re|sur"
    r"|annule|concerne|rectifie)(?: (?:our|ihrer?|unserer?|der|the|la|notre))? (?:invoice|rechnung"
    r"|facture)"
    r"|facture (?:d'origine|initiale|associée|annulée|rectifiée)|facture d'avoir sur facture)"
    rf"[^\n\d]{{0,30}}{_GAP}{_NUMBER}"
)
_SELF_BILLED = re.compile(r"(?i)\bself-?bill|selbst ?ausgestellte rechnung|autofactur|TypeCode: 389\b")
_DATE_LABEL = re.compile(
    r"(?im)\b(?:(?:invoice|issue|billing)[ -]?date|date of issue|(?:rechnungs|beleg|ausstellungs)[ -]?datum"
    r"|date (?:de )?(?:la )?(?:facture|facturation)|date d'émission)\b|^[ \t]*(?:date|datum)[ \t]*(?::|$)"
)
_NUMBERED = [
    re.compile(
        r"(?i)\b(?:invoice|bill|credit note|tax invoice|receipt)[ -]?(?:no\.?|number|nr\.?|num\.?|#|id"
        rf"|ref(?:erence)?\.?){_GAP}{_NUMBER}"
    ),
    re.compile(
        r"(?i)\b(?:[^\W\d_]{0,30}rechnungs?|gutschrifts?|[^\W\d_]{0,20}korrektur|beleg|avoir"
        r"|facture)[^\n]{0,50}?"
        rf"(?:-?\bnr\b\.?|-?nummer|nummer|\bn[°ºo]\.?|numéro|#){_GAP}{_NUMBER}"
    ),
    re.compile(rf"(?i)\bn(?:°|º|o\.?|uméro) (?:de (?:la )?)?(?:facture|pièce|d'avoir|avoir){_GAP}{_NUMBER}"),
    re.compile(
        r"(?im)^[^\n]{0,60}\b(?:invoice|rechnung"
        r"|facture)[ \t:]{1,4}((?-i:[A-Z]{0,4})[-/]?\d[\w/.-]{2,25})"
    ),
]
_NUMBER_LABEL = re.compile(
    r"(?i)\b(?:invoice|bill)[ -]?(?:no\b|number|nr\b|#)|\brechnungs?[ -]?(?:nr\b|nummer)|\bfacture n"
    r"|\bn[°ºo]\.? (?:de )?facture"
)
_OF_ANOTHER = re.compile(
    r"(?i)\b(?:zu|zur|bezug|referenz|reference|associée|ursprungs?\w*|original|previous|vorherige"
    r"|related|storno zu"
    r"|bestell\w*|order|commande|kunden\w*|customer|client|lieferschein\w*|delivery note|auftrags?\w*"
    r"|vertrags?\w*|contract|contrat|konto\w*)\b"
)
_TAX_NUMBER = re.compile(
    r"\b((?:AT ?U|(?:BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI) ?)"
    r"[A-Z0-9](?:[ .-]?[A-Z0-9]){5,12})\b"
)
_BRITISH_OR_SWISS = re.compile(
    r"\b(GB ?\d{3} ?\d{4} ?\d{2}(?: ?\d{3})?|CHE-?\d{3}[.]?\d{3}[.]?\d{3} ?(?:MWST|TVA|IVA))\b"
)
_VAT_LABEL = re.compile(
    r"(?i)\b(?:VAT|USt|Umsatzsteuer|UID|TVA|IVA|BTW|MwSt|Tax)\b[ .-]{0,3}(?:-? ?ID|Ident|reg|no\b"
    r"|number|nr\b|n[°ºo]|intra|code)"
    r"|\bUID[ :-]|\bn[°ºo]\.? (?:de )?TVA|\bnuméro (?:de )?TVA|\bCompanyID|\bVAT:"
)
_GERMAN_NUMBER = re.compile(
    rf"(?i)\b(?:Steuer-?(?:nummer|nr\b\.?)|St\.?-?Nr\b\.?){_GAP}(\d{{2,3}} ?/ ?\d{{3,4}} ?/ ?\d{{4,5}}"
    r"|\d{10,13})"
)
_BUYER = re.compile(
    r"(?i)\b(?:käufer|kunden?(?:daten|nummer|-?nr|konto)?|rechnungsempfänger|leistungsempfänger"
    r"|warenempfänger|empfänger|bill(?:ed)? to"
    r"|sold to|ship to|customer|client|buyer|acheteur|destinataire|ihre|your|votre|vos)\b"
)
_SELLER = re.compile(
    r"(?i)\b(?:verkäufer|lieferant|rechnungs(?:steller|ersteller)|leistungserbringer|seller|supplier"
    r"|vendor|vendeur|fournisseur"
    r"|unsere?|our|notre|nos|steuernummer|geschäftsführer|amtsgericht|handelsregister|registergericht"
    r"|R\.?C\.?S|SIRET|IBAN|BIC)\b"
)
_REASON = re.compile(
    r"(?i)\b(?:reverse[ -]charge|VAT exempt|exempt(?:ed)? (?:from )?(?:VAT|tax)|zero[ -]rated"
    r"|VATEX-[A-Z0-9-]{2,20}|intra-?community suppl(?:y|ies)|autoliquidation"
    r"|(?:umsatz|mehrwert)?steuer(?:frei|befreit)\w*|(?:mehrwert|umsatz)?steuerbefrei(?:t|ung)\w*"
    r"|Steuerschuldnerschaft des Leistungsempfängers|innergemeinschaftliche[rn]?[ \n]Lieferung(?:en)?"
    r"|TVA non applicable|exonér\w+ de (?:la )?TVA|exonération de TVA|§ ?(?:4"
    r"|19) ?(?:Nr\.? ?\d+\w? )?UStG|article 293 ?B|Kleinunternehmer\w*"
    r"|outside the scope of VAT|nicht steuerbar\w*|TaxExemptionReason: [^\n]{3,80}"
    r"|ExemptionReason: [^\n]{3,80})\b[^\n]{0,60}"
)
_SMALL_BUSINESS = re.compile(r"(?i)§ ?19\b[^\n]{0,20}UStG|Kleinunternehmer|293 ?B du CGI|TVA non applicable")
_NO_INVOICE = re.compile(
    r"(?im)^[^\n]{0,60}(?:(?:-|dies ist|das ist) keine Rechnung\b|\bnot an? (?:VAT |tax )?invoice\b"
    r"|\bn'est pas une facture\b)"
    r"|^\W{0,5}(?:facture |invoice )?pro[- ]?forma\b"
)
_VAT = re.compile(r"(?i)\b(?:VAT|MwSt|Mehrwertsteuer|USt|Umsatzsteuer|TVA|IVA|BTW)\b|VATEX")
_RATE = re.compile(
    r"(?i)(?:\b(?:VAT|MwSt|Mehrwertsteuer|USt|Umsatzsteuer|TVA|IVA"
    r"|BTW)\b[^\n]{0,40}\b\d{1,2}(?:[.,]\d{1,3})? ?%"
    r"|\b\d{1,2}(?:[.,]\d{1,3})? ?%[^\n]{0,15}\b(?:VAT|MwSt|Mehrwertsteuer|USt|Umsatzsteuer|TVA|IVA"
    r"|BTW)\b)[^\n]{0,60}"
)
_ABOVE_ZERO = re.compile(r"[1-9]\d?(?:[.,]\d{1,3})? ?%|0[.,]0*[1-9]\d* ?%")
_COMPANY = re.compile(
    r"\b([A-ZÄÖÜÀ-Ý][\w&.-]{1,30})(?: [\w&.-]{1,30}){0,4} (?:GmbH|AG|KG|KGaA|UG|SE|OHG|e\.K\.|eG"
    r"|S\.?A\.?R\.?L\.?|SAS|SASU|EURL|S\.?A\.?|SA|Ltd|Limited|B\.?V\.?|N\.?V\.?|S\.?p\.?A\.?"
    r"|S\.?r\.?l\.?)\b"
)
_EU_SELLER = re.compile(
    r"(?:Amtsgericht|Handelsregister|Registergericht|\bHRB\b|Steuernummer|St\.-Nr|\bSIRET\b|\bSIREN\b"
    r"|\bRCS\b|R\.C\.S|Finanzamt|Firmenbuch)"
)
_ELSEWHERE = re.compile(r"\bGB ?\d{9}\b|\bCHE-?\d|\bNO ?\d{9} ?MVA\b")
_OPENING_LINES = 45
_PARTY_LINES = 9
_PARTY_CHARS = 1_000
_MOST_NUMBERS = 50
"""So many numbers of a text are looked at: an invoice has a handful."""
_FULL_INVOICE = Decimal(400)
"""Up to this an invoice may be simplified, whatever its country (Art. 238(2))."""


def vat_invoice(view: View) -> Iterable[Span]:
    """Find a word of value added tax on an invoice that has to state it.

    That of a small business has not, nor what says in its opening that it is no invoice.
    """
    text = plain(view.text)
    if not (_SMALL_BUSINESS.search(text) or _NO_INVOICE.search(_opening(text))):
        yield from (match.span() for match in _VAT.finditer(text))


def full_vat_invoice(view: View) -> Iterable[Span]:
    """Find the total of an invoice that EU law asks all particulars of.

    Its seller is in the EU, its total is above what a simplified invoice may have, and it goes to a business:
    it names two companies, or two VAT numbers.
    """
    text = plain(view.text)
    electronic = is_electronic(text)
    named = (match for match in _TAX_NUMBER.finditer(text) if _is_named_vat(text, match.start()))
    numbers = list(islice(named, _MOST_NUMBERS))
    in_eu = any(_is_sellers(text, match.span(1), electronic) for match in numbers)
    in_eu = in_eu or (_EU_SELLER.search(text) is not None and not _ELSEWHERE.search(text))
    companies = {match.group(1) for match in _COMPANY.finditer(text)}
    if not in_eu or max(len({match.group(1) for match in numbers}), len(companies)) < 2:
        return
    for total in read_invoice(view.text).of("gross", "due"):
        if abs(total.amount.value) > _FULL_INVOICE:
            yield total.amount.start, total.amount.end


def invoice_date(view: View) -> Iterable[Span]:
    """Find the date of issue: named so, or behind the invoice's title, or alone in the opening."""
    text = plain(view.text)
    if is_electronic(text):
        yield from _electronic_date(text)
        return
    for pattern in _ISSUED:
        yield from (match.span() for match in pattern.finditer(text))
    yield from (match.span() for match in _PLAIN_DATE.finditer(_opening(text)))


def date_label(view: View) -> Iterable[Span]:
    """Find the label of a date of issue: in some PDFs its value stands far from it."""
    return (match.span() for match in _DATE_LABEL.finditer(plain(view.text)))


def invoice_number(view: View) -> Iterable[Span]:
    """Find the number of the invoice, not that of another to which it refers."""
    text = plain(view.text)
    if is_electronic(text):
        yield from _electronic_number(text)
        return
    for pattern in _NUMBERED:
        for match in pattern.finditer(text):
            line = text.rfind("\n", 0, match.start()) + 1
            before = text[max(line, match.start() - 40) : match.start(1)]
            if not _OF_ANOTHER.search(before) and not _is_date(match.group(1)):
                yield match.span()


def number_label(view: View) -> Iterable[Span]:
    """Find the label of an invoice number: in some PDFs its value stands far from it."""
    return (match.span() for match in _NUMBER_LABEL.finditer(plain(view.text)))


def supplier_tax_number(view: View) -> Iterable[Span]:
    """Find the supplier's VAT number, its check digits right, or the tax number that will do in Germany."""
    text = plain(view.text)
    electronic = is_electronic(text)
    for span in _valid_numbers(text):
        if _is_sellers(text, span, electronic):
            yield span
    for match in islice(_GERMAN_NUMBER.finditer(text), _MOST_NUMBERS):
        if stnr.is_valid(match.group(1)) and _is_sellers(text, match.span(), electronic):
            yield match.span()
    if electronic:
        for match in islice(_ELECTRONIC_NUMBER.finditer(text), _MOST_NUMBERS):
            if stnr.is_valid(match[1] or match[2]) and _is_sellers(text, match.span(), electronic):
                yield match.span()


def doubtful_tax_number(view: View) -> Iterable[Span]:
    """Find what is called a VAT number, and is wrong, or the buyer's; or the label of one."""
    text = plain(view.text)
    electronic = is_electronic(text)
    for match in islice(_TAX_NUMBER.finditer(text), _MOST_NUMBERS):
        if electronic and _is_first_party(text, match.span(1)):
            yield match.span(1)
        if _is_named_vat(text, match.start()):
            yield match.span(1)
    yield from (match.span() for match in _VAT_LABEL.finditer(text))


def amended_invoice(view: View) -> Iterable[Span]:
    """Find the number of the invoice that a credit note amends."""
    return (match.span() for match in _AMENDED.finditer(plain(view.text)))


def amending_document(view: View) -> Iterable[Span]:
    """Find a word of VAT on what amends an invoice; a Gutschrift may be one that the buyer issues."""
    if not _SELF_BILLED.search(plain(view.text)):
        yield from vat_invoice(view)


def tax_particulars(view: View) -> Iterable[Span]:
    """Find a row of the tax breakdown that holds, a rate with its tax, or the reason why there is none."""
    text = plain(view.text)
    for row in read_invoice(view.text).taxes:
        if row.holds:
            start, end = min(row.base.start, row.tax.start), max(row.base.end, row.tax.end)
            yield start, end
    if read_invoice(view.text).of("tax"):
        yield from (match.span() for match in _RATE.finditer(text) if _ABOVE_ZERO.search(match.group()))
    yield from (match.span() for match in _REASON.finditer(text))


_ELECTRONIC_NUMBER = re.compile(
    r"(?m)^(?:CompanyID|ID): (\d{2,3}/\d{3,4}/\d{4,5})$|^CompanyID: (\d{10,13})\nID: FC$"
)
_CII_HEAD = re.compile(
    r"(?m)^ID: ([^\n]{1,60})\n(?:Name: [^\n]{1,80}\n)?TypeCode: \d{2,3}\n(?:[^\n]{0,80}\n)?"
    r"DateTimeString: (\d{8})$"
)
_UBL_HEAD = re.compile(
    r"(?m)^ID: ([^\n]{1,60})\n(?:[A-Za-z]{2,40}: [^\n]{0,80}\n){0,3}?IssueDate: (\d{4}-\d{2}-\d{2})$"
)


def _opening(text: str) -> str:
    return "\n".join(text.split("\n", _OPENING_LINES)[:_OPENING_LINES])


def _electronic_date(text: str) -> Iterator[Span]:
    for pattern in (_UBL_HEAD, _CII_HEAD):
        yield from (match.span(2) for match in pattern.finditer(text))


def _electronic_number(text: str) -> Iterator[Span]:
    for pattern in (_UBL_HEAD, _CII_HEAD):
        yield from (match.span(1) for match in pattern.finditer(text))


def _is_named_vat(text: str, start: int) -> bool:
    return _VAT_LABEL.search(text[max(0, start - 40) : start]) is not None


@lru_cache(maxsize=4)
def _valid(text: str) -> tuple[Span, ...]:
    union = (match.span(1) for match in _TAX_NUMBER.finditer(text) if _is_vat_number(match.group(1)))
    others = (match.span(1) for match in _BRITISH_OR_SWISS.finditer(text) if _is_theirs(match.group(1)))
    return (*islice(union, _MOST_NUMBERS), *islice(others, _MOST_NUMBERS))


def _valid_numbers(text: str) -> Iterator[Span]:
    """Find VAT numbers of the EU, Britain and Switzerland, with right check digits where there are any."""
    yield from _valid(text)


def _is_vat_number(number: str) -> bool:
    # Letters of the words that follow may have been taken along: "DE136695976 IBAN".
    return any(
        vat.is_valid(number[:end])
        for end in range(len(number), 9, -1)
        if end == len(number) or number[end] in " .-"
    )


def _is_theirs(number: str) -> bool:
    return bool(british.is_valid(number) or swiss.is_valid(number))


def _is_sellers(text: str, span: Span, electronic: bool) -> bool:
    """Tell whether a number is the seller's, by the last word about a party before it."""
    if electronic:
        return _is_first_party(text, span)
    lines = text[max(0, span[0] - _PARTY_CHARS) : span[0]].split("\n")[-_PARTY_LINES:]
    for line in reversed(lines):
        buyer = max((m.start() for m in _BUYER.finditer(line)), default=-1)
        seller = max((m.start() for m in _SELLER.finditer(line)), default=-1)
        if buyer >= 0 or seller >= 0:
            return seller >= buyer
    return True


def _is_first_party(text: str, span: Span) -> bool:
    """Tell whether a number of an electronic invoice is in its first party, which is the seller."""
    before = text[: span[0]]
    if "\nIssueDate: " in text:
        return before.count("\nRegistrationName: ") == 0
    parties = before.rpartition("\nLineTotalAmount: ")[2]
    return parties.count("\nCountryID: ") == 1


def _is_date(number: str) -> bool:
    return re.fullmatch(DATE, number) is not None
