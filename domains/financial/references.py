"""Find the references of an invoice: the buyer's order, the buyer's tax number, the BIC of the bank."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from stdnum import bic as bank_code
from stdnum.eu import vat

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.financial import particulars
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.typography import plain

_READ = 200_000
_ORDER = re.compile(
    r"(?i)\b(?:(?:your |customer |purchase )?order(?: (?:form|id|ref(?:erence)?"
    r"|confirmation))?[ \t]{0,3}(?:no\b\.?|number|nr\b\.?|num\b\.?|#|id\b|ref\b\.?)"
    r"|P\.?O\.?(?:[ -]?(?:no\b\.?|number|nr\b\.?|#|ref\b\.?))|your (?:P\.?O\.?|order"
    r"|ref(?:erence)?)(?=[ \t]{0,3}:)|purchase order(?=[ \t]{0,3}:)"
    r"|(?:ihre[r]? )?(?:bestell|auftrags)-?(?:[ -]?nr\b\.?|nummer|referenz)"
    r"|(?:ihre[r]? )?bestellung(?:[ \t]{0,3}(?:nr\b\.?|nummer|#))?(?=[ \t.]{0,40}[:#\d]| vom\b)"
    r"|(?:votre )?(?:n[°ºo]\.? (?:de )?)?(?:bon de )?commande(?:[ \t]{0,3}(?:n[°ºo]\.?|numéro|#"
    r"|client))?(?=[ \t]{0,20}[:#\d])"
    r"|n[°ºo]\.? (?:de )?(?:bon de )?commande)"
    r"[ \t]{0,40}[:.#]{0,2}[ \t|]{0,40}(?P<number>(?=[\w./-]{0,29}\d)[A-Za-z0-9][\w./-]{2,30})"
)
_VENDORS = re.compile(r"(?i)\b(?:sales|our|unsere?|notre|agency|alt(?:ernate)?|work|vente)[ -]?$")
_NAMED = re.compile(
    r"(?i)(?:USt\.?-?\s?-?Id(?:ent)?\.?-?\s?-?(?:Nr|Nummer)?\.?|UID(?:-Nr)?\.?|VAT(?: (?:reg(?:istration)?"
    r"|id))?\.? ?(?:no|number|nr|id|#)?\.?|TVA(?: intracom\w*)?|N° (?:de )?TVA)"
    r"[ \t]{0,6}[:.]?[ \t]{0,40}(?P<number>(?:[A-Z]{2}|CHE-?)[ ]?[A-Z0-9](?:[ .-]?[A-Z0-9]){6,14})"
)
_BIC = re.compile(
    r"\b(?i:(?:BIC|SWIFT)(?:[ -/]{0,3}(?:BIC|SWIFT|code|nr\.?|no\.?))?)"
    r"[ \t]{0,6}[:.|]?[ \t|]{0,40}\n?(?P<code>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b"
)
_MOST = 50


@lru_cache(maxsize=4)
def start_of_next(text: str) -> int:
    """Give where a text goes on with another invoice, by its number; its end where it has one alone."""
    named = sorted(islice(particulars.invoice_number(RuleInput(text)), _MOST))
    numbers = [(text[slice(*span)].split()[-1].rstrip(".,;:-/"), span[0]) for span in named]
    return next((start for written, start in numbers if written != numbers[0][0]), len(text))


def order(view: RuleInput) -> Iterator[Found]:
    """Find the number of the buyer's order, where it is called one."""
    text = plain(view.text[:_READ])
    if is_electronic(text):
        return
    for match in islice(_ORDER.finditer(text), _MOST):
        before = text[max(0, match.start() - 12) : match.start()]
        number = match["number"].rstrip(".-/")
        if _VENDORS.search(before) or re.fullmatch(particulars.DATE, number):
            continue
        yield Found(match.start("number"), match.start("number") + len(number))


def sellers_number(view: RuleInput) -> Iterator[Found]:
    """Find what is called a VAT number of the seller though its check digits are wrong: a hint only."""
    yield from _doubtful(view, of_seller=True)


def buyer_tax_number(view: RuleInput) -> Iterator[Found]:
    """Find the buyer's VAT number; one whose check digits are wrong is a hint only."""
    text = plain(view.text[:_READ])
    if is_electronic(text):
        return
    found = [
        span
        for match in particulars.tax_numbers(text)
        if not particulars.is_sellers(text, span := match.span(1))
    ]
    for span in found:
        if vat.is_valid(text[slice(*span)]):
            yield Found(*span)
    yield from _doubtful(view, of_seller=False)


def _doubtful(view: RuleInput, of_seller: bool) -> Iterator[Found]:
    text = plain(view.text[:_READ])
    if is_electronic(text):
        return
    for match in islice(_NAMED.finditer(text), _MOST):
        span = match.span("number")
        number = match["number"]
        if sum(map(str.isdigit, number)) < particulars.LEAST_DIGITS:
            continue  # "VAT breakdown"
        cut = re.match(r"(?:[A-Z]{2}|CHE-?)[A-Z0-9]?[ ]?[\d .-]*\d[A-Z]?\b", number)
        span = (span[0], span[0] + cut.end()) if cut else span
        if particulars.is_sellers(text, span) == of_seller and not vat.is_valid(text[slice(*span)]):
            yield Found(*span)


def bic(view: RuleInput) -> Iterator[Span]:
    """Find what is called a BIC, and has the form of one."""
    for match in islice(_BIC.finditer(plain(view.text[:_READ])), _MOST):
        if bank_code.is_valid(match["code"]):
            yield match.span("code")
