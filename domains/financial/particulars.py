"""What an invoice must state under VAT law: its date, its number, the supplier's tax number, rate and tax.

Directive 2006/112/EC, Articles 226 and 226b; in Germany sections 14, 14a and 19 UStG and 33 UStDV; in France
Articles 242 nonies A, annex II, and 289 CGI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from stdnum.de import stnr
from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, ValidationError

from docassay.domains import RuleInput, Span
from docassay.domains.financial.numbers import written_iban
from docassay.domains.patterns import matches_of
from docassay.domains.typography import plain

MONTH = (
    r"(?:Jan|Feb|Fév|M[aä]r|Mrz|Apr|Avr|Mai|May|Jun|Juin|Jul|Juil|Aug|Ao[uû]|Sep|O[ck]t|Nov|Dez|Dec|Déc)"
    r"[^\W\d_]{0,7}\.?"
)
DATE = (
    rf"(?:\d{{1,2}}(?:er|st|nd|rd|th)?[./ -] ?(?:\d{{1,2}}[./ -]|{MONTH},?[./ -]?) ?(?:20|19)?\d{{2}}"
    rf"|(?:20|19)\d{{2}}[-./]\d{{1,2}}[-./]\d{{1,2}}|(?:20|19)\d{{6}}|{MONTH} \d{{1,2}} ?,? (?:20|19)\d{{2}})"
)
_GAP = r"[ \t.:|*#]{0,40}(?:-[ \t]{1,5})?(?:\n[ \t|#]{0,20})?"
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
        rf"(?:/[^\n\d:]{{1,30}})?{_GAP}({DATE})"
    ),
    re.compile(rf"(?i)\b{_TITLE}\b[^\n]{{0,90}}?[ \t\n](?:vo[nm]|dated|of|du|from)[ \t\n]{{1,3}}({DATE})"),
    re.compile(
        r"(?im)^[ \t]*(?:document|invoice|beleg|dokument|rechnungs?)[ -]?"
        r"(?:no\b\.?|nr\b\.?|number|nummer)[ \t:]{0,4}"
        rf"[\w/-]{{3,25}}[ \t]{{1,4}}(?:from|vom|dated|of|du)[ \t]?:?[ \t]{{1,4}}({DATE})"
    ),
    re.compile(
        r"(?i)\b(?:issued(?: on)?|invoiced on|dated|ausgestellt am|erstellt am|émise? le"
        rf"|établie? le){_GAP}({DATE})"
    ),
    re.compile(rf"(?i)\b{_TITLE}\b[^\n]{{0,60}}?[ \t]({DATE})[ \t]*$"),
]
_PLACED_DATE = re.compile(
    rf"(?m)^[ \t]*(?i:(?:\d{{4,5}} )?[^\W\d_][^\n,0-9]{{1,40}}, (?:den |am |le )?({DATE})"
    r"|(?![^\n]*(?i:datum|zeit|date\b|rechnung|invoice|facture|stand\b))"
    rf"[A-ZÄÖÜ][a-zäöüß]{{2,30}} ({DATE})[ \t]*$)"
)
"""Behind the place where a letter was written."""

_UNDER_TITLE = re.compile(
    r"(?im)^[ \t#*]*(?:tax invoice|invoice|credit note|rechnung|gutschrift|facture|avoir)[ \t*]*\n"
    rf"(?:[ \t]*(?:n[°ºo]\.?[ \t]*)?([A-Z0-9][\w./-]{{0,40}})[ \t]*\n)?[ \t]*({DATE})[ \t]*$"
)
"""Below the title, on lines of their own: the number, which may be wanting, and the date."""
_PERIOD = re.compile(rf"(?i)[ \t]*(?:[-–]|to\b|bis\b|au\b)[ \t]*{DATE}")
"""The end of a period behind its first day, which is no date of issue."""
_PLAIN_DATE = re.compile(rf"(?im)^(?:[^\n]{{0,60}}[ \t|])?(?:date|datum)(?: du| vom)?{_GAP}({DATE})")
_OTHER_DAY = re.compile(
    r"(?i)\b(?:P\.?O|reg\w*|order|due|delivery|ship\w*|supply|service|payment|print\w*|birth|start|end|arrival"
    r"|departure|booking"
    r"|check-?in|expir\w*|valid\w*|commande|échéance|limite|livraison|bestell\w*|liefer\w*|fällig\w*"
    r"|zahlbar|payable)\b"
)
_NUMBER = r"((?:[A-Z]{1,6} )?(?=[\w./-]{0,25}\d)\w[\w./-]{1,40})"
_AMENDED = re.compile(
    r"(?i)\b(?:(?:original|initial|ursprüngliche[rn]?|ursprungs?|vorherige|bezogene|stornierte"
    r"|korrigierte)[ -]?(?:invoice|rechnung|beleg|facture)"
    r"|(?:zu(?:r)?|betrifft|bezug(?: auf)?|storno(?: der)?|korrektur (?:der|zu)|for|of|against|re|sur"
    r"|annule|concerne|rectifie)(?: (?:our|ihrer?|unserer?|der|the|la|notre))? (?:invoice|rechnung"
    r"|facture)"
    r"|facture (?:d'origine|initiale|associée|liée|annulée|rectifiée|référencée|antérieure|précédente)"
    r"|(?:preceding|referenced|previous|prior) invoice|vorausgegangene rechnung|facture d'avoir sur facture)"
    rf"[^\n\d]{{0,30}}{_GAP}{_NUMBER}"
)
_PART_PAID = re.compile(
    r"(?i)\b(?:abschlags|anzahlungs|teil|akonto|voraus)-?(?:zahlung|rechnung)|\b(?:deposit"
    r"|facture d.acompte)\b"
)
"""What an invoice in its own right names of another: one that was paid before."""
_NUMBERED = [
    re.compile(
        r"(?i)\b(?:invoice|bill|credit note|tax invoice|receipt)[ -]?(?:no\.?|number|nr\.?|num\.?|#|id"
        rf"|ref(?:erence)?\.?){_GAP}{_NUMBER}"
    ),
    re.compile(
        r"(?i)\b(?:[^\W\d_]{0,30}rechnungs?|gutschrifts?|[^\W\d_]{0,20}korrektur|beleg|avoir"
        r"|facture)[^\n]{0,50}?"
        rf"(?:-?\bnr\b\.?|-?nummer|nummer|\bn(?:[°º]|o\b)\.?|numéro|#)(?:[^\n:\d]{{0,40}}\b(?:lautet|ist|est)\b)?{_GAP}{_NUMBER}"
    ),
    re.compile(rf"(?i)\bn(?:°|º|o\.?|uméro) (?:de (?:la )?)?(?:facture|pièce|d'avoir|avoir){_GAP}{_NUMBER}"),
    re.compile(
        r"(?im)^[^\n]{0,60}\b(?:invoice|rechnung"
        r"|facture)[ \t:]{1,4}((?-i:[A-Z]{0,4}|[A-Z][a-z]{1,3}(?=-))[-/]?\d[\w/.-]{2,25})"
    ),
    re.compile(
        r"(?i)(?:\b|(?-i:(?<=[a-z])(?=[A-Z])))(?:invoice|rechnung|facture)[ \t]"
        r"((?-i:[A-Z]{0,4})-?\d[\w/.-]{0,25})"
        r"(?=[ \t]+(?:du|vom|of|dated)\b)"
    ),
    re.compile(
        r"(?im)^[^\n]{0,60}\b(?:invoice|rechnung|facture|credit note)[ \t]{0,3}"
        r"(?:[:.]?[ \t]{0,3}#[ \t:]{0,3}(?=[\w./-]{0,25}\d)"
        r"|:[ \t]{0,3}(?=(?-i:[A-Z0-9./-]{3})[\w./-]{0,25}\d))"
        r"([\w./-]{1,40})"
    ),
    re.compile(
        r"(?im)^[^\n]{0,60}\b(?:invoice|rechnungs?|facture|credit note|avoir)[ -]?"
        r"(?:no\b\.?|n[°º]\.?|number|nr\b\.?|-?nummer|id\b|#|:)"
        r"[ \t]{0,3}[:.#]?[ \t]{0,6}(\d)(?:[ \t]*$|[ \t]{2})"
    ),
]
_COMPACT = re.compile(r"(?:19|20)\d{6}")
"""A date without marks, which behind the word for a number is one."""
_IS_NONE = re.compile(rf"(?i){DATE}|\d{{1,6}}[.,]\d\d|(?:19|20)\d\d")
"""A date, a year or an amount, which is no number of an invoice."""

_BESIDE = re.compile(r"\d\S*[ \t]+(?=[^\W\d]|$)")
"""The end of another value, before the label on the same line."""

_OF_ANOTHER = re.compile(
    r"(?i)\b(?:zu|zur|bezug|referenz|reference|associée|ursprungs?\w*|original|previous|vorherige"
    r"|related|storno zu"
    r"|bestell\w*|order|commande|kunden\w*|customer|client|lieferschein\w*|delivery note|auftrags?\w*"
    r"|vertrags?\w*|contract|contrat|konto\w*)\b"
)
TAX_NUMBER = re.compile(
    r"\b((?:AT ?U|(?:BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI) ?)"
    r"[A-Z0-9](?:[ .-]?[A-Z0-9]){5,12})\b"
)
LEAST_DIGITS = 7
_BANK = re.compile(r"(?i)\b(?:IBAN|BIC|SWIFT|Konto|Kto|BLZ|account|compte)\b")
_BANK_NUMBER = re.compile(rf"{_BANK.pattern}[^\n]{{0,25}}$")
_IBAN_CHARS, _BIC = 15, re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_VAT_LABEL = re.compile(
    r"(?i)\b(?:VAT|USt|Umsatzsteuer|UID|TVA|IVA|BTW|MwSt|Tax)\b[ .-]{0,3}(?:-? ?ID|Ident|reg|no\b"
    r"|number|nr\b|n[°ºo]|intra|code)"
    r"|\bUID[ :-]|\bn[°ºo]\.? (?:de )?TVA|\bnuméro (?:de )?TVA|\bCompanyID|\bVAT:"
)
_GERMAN_NUMBER = re.compile(
    rf"(?i)\b(?:Steuer-?(?:nummer|nr\b\.?)|St\.?-?Nr\b\.?){_GAP}"
    r"(\d{2,3}[ /]{1,3}\d{3,4}[ /]{1,3}\d{4,5}|\d{5}/\d{5}|\d{3} \d{3} \d{3} \d\d|\d{10,13})"
)
_BUYER = re.compile(
    r"(?i)\b(?:käufer|kunden?(?:daten|nummer|-?nr|konto)?|rechnungsempfänger|leistungsempfänger"
    r"|warenempfänger|empfänger|(?:bill(?:ed)?|sold|ship(?:ped)?)[ \t]{1,4}to"
    r"|customer|client|buyer|acheteur|destinataire|ihre|your|votre|vos)\b"
)
_SELLER = re.compile(
    r"(?i)\b(?:verkäufer|lieferant|rechnungs(?:steller|ersteller)|leistungserbringer|seller|supplier"
    r"|vendor|vendeur|fournisseur"
    r"|unsere?|our|notre|nos|steuernummer|geschäftsführer|amtsgericht|handelsregister|registergericht"
    r"|R\.?C\.?S|SIRET|IBAN|BIC)\b"
)
_OPENING_LINES = 45
_PARTY_LINES = 9
_PARTY_CHARS = 1_000
MOST_NUMBERS = 50
"""So many numbers of a text are looked at: an invoice has a handful."""


def invoice_date(view: RuleInput) -> Iterable[Span]:
    """Find the date of issue: named so, or behind the invoice's title, or alone in the opening."""
    text = plain(view.text)
    stated = [match.span() for pattern in _ISSUED for match in pattern.finditer(text)]
    stated += [match.span(2) for match in _UNDER_TITLE.finditer(text)]
    for pattern in (_PLAIN_DATE, _PLACED_DATE):
        for match in pattern.finditer(opening(text)):
            if not _OTHER_DAY.search(match[0]):
                stated.append(match.span())
    for start, end in sorted(stated):
        if not _PART_PAID.search(text[start:end]) and not _PERIOD.match(text, end):
            yield start, end


def invoice_number(view: RuleInput) -> Iterable[Span]:
    """Find the number of the invoice, not that of another to which it refers."""
    text = plain(view.text)
    for pattern in _NUMBERED:
        for match in pattern.finditer(text):
            line = text.rfind("\n", 0, match.start()) + 1
            before = _BESIDE.split(text[max(line, match.start() - 40) : match.start()])[-1]
            before += text[match.start() : match.start(1)]
            is_number = _COMPACT.fullmatch(match[1]) or text[match.start(1) - 1] == "#"
            if _IS_NONE.fullmatch(match[1]) and ("\n" in match[0] or not is_number):
                continue
            if not _OF_ANOTHER.search(before):
                yield match.span()
    for match in _UNDER_TITLE.finditer(text):
        number = match.group(1)
        is_none = not number or _IS_NONE.fullmatch(number) or TAX_NUMBER.fullmatch(number)
        if not is_none and any(map(str.isdigit, number)):
            yield match.span(1)


def names_issue(written: str) -> bool:
    """Tell whether a date stands behind a label that says it is that of the invoice."""
    return _ISSUED[0].search(written) is not None


def of_other_day(before: str) -> bool:
    """Tell whether the words before a date say that it is another day than that of the invoice."""
    return _OTHER_DAY.search(before) is not None


_amended = matches_of(_AMENDED)


def amended_invoice(view: RuleInput) -> Iterable[Span]:
    """Find the number of the invoice that a credit note amends, in words or as data give it."""
    yield from _amended(view)
    for name, number in view.stated:
        if name == "amended_invoice" and (at := view.text.find(number)) >= 0:
            yield at, at + len(number)


def supplier_tax_number(view: RuleInput) -> Iterable[Span]:
    """Find the supplier's VAT number, its check digits right, or the tax number that will do in Germany."""
    text = plain(view.text)
    for span in _valid(text):
        if is_sellers(text, span):
            yield span
    for match in islice(_GERMAN_NUMBER.finditer(text), MOST_NUMBERS):
        if stnr.is_valid(match[1]) and is_sellers(text, match.span()) and not _on_bank_line(text, match):
            yield match.span()


def doubtful_tax_number(view: RuleInput) -> Iterable[Span]:
    """Find what is called a VAT number, and is wrong, or the buyer's; or the label of one."""
    text = plain(view.text)
    for match in tax_numbers(text):
        if is_named_vat(text, match.start()):
            yield match.span(1)
    yield from (match.span() for match in _VAT_LABEL.finditer(text))


def tax_numbers(text: str) -> list[re.Match[str]]:
    """List what has the form of a VAT number of the EU: seven digits or more, and none of a bank's."""
    found = (match for match in TAX_NUMBER.finditer(text) if sum(map(str.isdigit, match[1])) >= LEAST_DIGITS)
    return list(islice((match for match in found if not _is_banks(text, match)), MOST_NUMBERS))


def _is_banks(text: str, match: re.Match[str]) -> bool:
    """Tell whether what looks like a VAT number is of an IBAN, a BIC, or stands with a bank's word."""
    start, end = written_iban(text, match.start(1))
    as_iban = sum(map(str.isalnum, text[start:end])) >= _IBAN_CHARS and match[1][2:4].isdigit()
    before = text[max(0, match.start() - 40) : match.start()]
    beside_bank = _BANK_NUMBER.search(before) and not _VAT_LABEL.search(before)
    return bool(as_iban or beside_bank or _BIC.fullmatch(match[1].split()[0]))


def _on_bank_line(text: str, match: re.Match[str]) -> bool:
    """Tell whether the number behind a label is that of an account, on the line below it."""
    if "\n" not in match[0]:
        return False
    line = text[text.rfind("\n", 0, match.start(1)) + 1 :].partition("\n")[0]
    return _BANK.search(line) is not None


def tax_number_said(view: RuleInput, span: Span) -> str:
    """Say of a number what is wrong with it, or with the one beside it."""
    text = plain(view.text)
    number = text[slice(*span)]
    if _GERMAN_NUMBER.fullmatch(number) or stnr.is_valid(number.removeprefix("ID: ")):
        named = [match for match in tax_numbers(text) if is_sellers(text, match.span(1))]
        wrong = next((m.group(1) for m in named if _fault(m.group(1))), "")
        return f"It is the tax number; of {wrong} beside it {_fault(wrong)}." if wrong else ""
    if not TAX_NUMBER.fullmatch(number):
        return "" if any(c.isdigit() for c in number) else "It is named, and no number stands there."
    if fault := _fault(number):
        return f"Of this number {fault}."
    return "" if is_sellers(text, span) else "Its check digits are right, and it stands with the buyer."


def _fault(number: str) -> str:
    """Say why nobody can hold a VAT number; nothing of one that may be held."""
    if _is_vat_number(number):
        return ""
    try:
        vat.validate(number)
    except InvalidChecksum:
        counted = "".join(c for c in number if c.isdigit()) in "123456789012345678901234567890"
        sample = ", its figures count up as in a sample" if counted else ""
        return f"the form is right and the check digit wrong{sample}: no authority has issued it"
    except ValidationError:
        pass
    return "the form is not that of a VAT number"


def opening(text: str) -> str:
    """Give the first lines of an invoice, in which its title and its date stand."""
    return "\n".join(text.split("\n", _OPENING_LINES)[:_OPENING_LINES])


def is_named_vat(text: str, start: int) -> bool:
    """Tell whether what starts there is called a VAT number."""
    return _VAT_LABEL.search(text[max(0, start - 40) : start]) is not None


@lru_cache(maxsize=4)
def _valid(text: str) -> tuple[Span, ...]:
    """Find VAT numbers of the EU, with right check digits where there are any."""
    return tuple(match.span(1) for match in tax_numbers(text) if _is_vat_number(match.group(1)))


def _is_vat_number(number: str) -> bool:
    # Letters of the words that follow may have been taken along: "DE136695976 IBAN".
    return any(
        vat.is_valid(number[:end])
        for end in range(len(number), 9, -1)
        if end == len(number) or number[end] in " .-"
    )


def is_sellers(text: str, span: Span) -> bool:
    """Tell whether a number is the seller's, by the last word about a party before it."""
    lines = text[max(0, span[0] - _PARTY_CHARS) : span[0]].split("\n")[-_PARTY_LINES:]
    for line in reversed(lines):
        buyer = max((m.start() for m in _BUYER.finditer(line)), default=-1)
        seller = max((m.start() for m in _SELLER.finditer(line)), default=-1)
        if buyer >= 0 or seller >= 0:
            return seller >= buyer
    return True
