"""Check account, routing and card numbers where a text says that a number is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import re2
from stdnum import iban, luhn
from stdnum.us import rtn

from docassay.domains import RuleInput, Span

_IBAN = re2.compile(
    r"\bIBAN(?:ID)?\b[^\n0-9]{0,25}?\s*[:.]?\s*([A-Z]{2}\d{2}(?:[ \x{a0}-]?[A-Z0-9]{4})"
    r"{2,7}(?:[ \x{a0}-]?[A-Z0-9]{1,3})?)\b"
)
_ROUTING = re2.compile(r"(?i)\b(?:routing(?: transit)?|ABA|RTN)\b[^\n\d]{0,30}(\d{9})\b")
_CARD = re2.compile(
    r"(?i)\b(?:(?:credit|debit|payment|bank) ?card|card|PAN|visa|mastercard|amex|"
    r"american express|Kreditkarte(?:nnummer)?|carte (?:bancaire|bleue|de crédit|de paiement))"
    r"(?:\b| )(?: ?(?:no\.?|number|nr\.?|num|n°|#))?"
    r"[^\n\d]{0,20}\b(\d(?:[ -]?\d){12,18})\b"
)
_LONG_NUMBER = re2.compile(r"\b\d(?:[ -]?\d){12,18}\b")
_MASKED = re2.compile(
    r"(?i)\b(?:card|visa|mastercard|amex|PAN|Kreditkarte|carte)\b[^\n]{0,30}?"
    r"(?:\bending (?:in |with )?\d{4}\b|"
    r"\b(?:endet auf|finissant par|se terminant par) \d{4}\b|"
    r"[*xX•#]{2,}[ -]?\d{4}\b)"
    r"|\b\d{4,6}[ -]?(?:[*xX•]{2,4}[ -]?){1,3}[*xX•\d]{0,4}\d{4}\b"
)
_ISSUERS = re2.compile(
    r"(?:4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|"
    r"3(?:0[0-5]|[68]\d)\d{11}|35\d{14})$"
)
_NO_CARD = re2.compile(
    r"(?i)(?:tracking|reference|ref|order|serial|IMEI|ISBN|GTIN|EAN|UPC|phone|tel|fax|message-id|"
    r"id|case|invoice|account)\W{0,4}(?:(?:no|number|nr)\W{0,4})?$"
)
_CARD_WORDS = re2.compile(
    r"(?i)\b(?:cards?|PAN|visa|mastercard|amex|american express|cvv2?|cvc2?|Kreditkarte|"
    r"carte (?:bancaire|bleue|de crédit)|gültig bis|exp(?:iry|iration|\.)|valid (?:thru|until))\b"
)


def invalid_iban(view: RuleInput) -> Iterable[Span]:
    """Find what is called an IBAN and fails its check digits or its country's length (ISO 13616)."""
    for match in _IBAN.finditer(view.text):
        if not any(iban.is_valid(shorter) for shorter in _prefixes(match.group(1))):
            number = _without_words(match.group(1))
            yield (match.start(1), match.start(1) + len(number))


def _prefixes(number: str) -> Iterator[str]:
    """Give a spaced number and what is left of it when its last groups belong to the words that follow."""
    groups = number.replace("\u00a0", " ").replace("-", " ").split(" ")
    for end in range(len(groups), 0, -1):
        yield "".join(groups[:end])


def _without_words(number: str) -> str:
    """Drop groups without a digit from the end: ``DE12 ... 00 BIC`` loses ``BIC``."""
    while " " in number and not any(c.isdigit() for c in number.rpartition(" ")[2]):
        number = number.rpartition(" ")[0]
    return number


def invalid_routing_number(view: RuleInput) -> Iterable[Span]:
    """Find what is called a routing number and fails its checksum (ABA routing number policy)."""
    for match in _ROUTING.finditer(view.text):
        if not rtn.is_valid(match.group(1)):
            yield match.span(1)


def invalid_card_number(view: RuleInput) -> Iterable[Span]:
    """Find what is called a card number and fails the Luhn check (ISO/IEC 7812-1)."""
    for match in _CARD.finditer(view.text):
        digits = _digits(match.group(1))
        if len(set(digits)) > 1 and not luhn.is_valid(digits):
            yield match.span(1)


def unmasked_card_number(view: RuleInput) -> Iterable[Span]:
    """Find card numbers in full: an issuer's prefix and length, a valid Luhn digit, and card wording nearby.

    A run of digits passes the Luhn check once in ten times by chance, so without a word about cards within
    100 characters a number counts only when it is written in groups as on a card.
    """
    for match in _LONG_NUMBER.finditer(view.text):
        number = match.group()
        digits = _digits(number)
        if not _ISSUERS.match(digits) or not luhn.is_valid(digits) or len(set(digits)) < 2:
            continue
        before = view.text[max(0, match.start() - 100) : match.start()]
        if _NO_CARD.search(before[-30:]):
            continue
        after = view.text[match.end() : match.end() + 60]
        grouped = [len(group) for group in number.replace("-", " ").split(" ")] in ([4, 4, 4, 4], [4, 6, 5])
        if grouped or _CARD_WORDS.search(before) or _CARD_WORDS.search(after):
            yield match.span()


def shown_card_number(view: RuleInput) -> Iterable[Span]:
    """Find card numbers, in full or masked."""
    for match in _MASKED.finditer(view.text):
        yield match.span()
    yield from unmasked_card_number(view)


def _digits(number: str) -> str:
    return "".join(c for c in number if c.isdigit())
