"""Check account, routing and card numbers where a text says that a number is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from stdnum import iban, luhn, numdb
from stdnum.us import rtn

from docassay.domains import RuleInput, Span
from docassay.domains.patterns import compiled

_IBAN = compiled(r"\bIBAN(?:ID)?\b[^\n0-9]{0,25}?\s*[:.|]?\s*([A-Z]{2} ?\d{2})")
_WRITTEN_IBAN = compiled(r"\b[A-Z]{2} ?\d{2}(?:[ \x{a0}]{0,2}[A-Z0-9]){11,30}\b")
_MISREAD_IBAN = compiled(
    r"\bIBAN\W{1,6}([A-Z]{2}[0-9OIlSB]{2}(?: ?[A-Z0-9l]{4}){3,7}(?: ?[A-Z0-9l]{1,3})?)(?:\s|$)"
)
_CALLED_IBAN = compiled(r"\bIBAN\W{0,6}$")
_READ = 200_000
_GROUP = re.compile(r"[A-Z0-9]+(?![a-z])")
_GAP = re.compile(r"[ \t\xa0.|-]{0,3}(?=[A-Z0-9])|[ \t]{0,3}\n[ \t|]{0,20}(?=\d)")
_LONGEST_IBAN = 34
_CODE_CHARS = 4
"""So many characters of an IBAN stand before a group of letters alone, which is its bank's."""
_SHORTEST_IBAN = 15
_MOST_CUT = 4
"""A number in groups that lacks more of its characters was cut by the layout, so nothing is said of it."""
_HIDDEN = re.compile(r"X{2}|^0+$")
_HIDDEN_END = re.compile(r"[ \xa0]?(?:[*•●#]{2}|[xX]{2}|\.{3}|…)")
_ROUTING = compiled(r"(?i)\b(?:routing(?: transit)?|ABA|RTN)\b[^\n\d]{0,30}(\d{9})\b")
_CARD = compiled(
    r"(?i)\b(?:(?:credit|debit|payment|bank) ?card|card|PAN|visa|mastercard|amex|"
    r"american express|Kreditkarte(?:nnummer)?|carte (?:bancaire|bleue|de crédit|de paiement))"
    r"(?:\b| )(?: ?(?:no\.?|number|nr\.?|num|n°|#))?"
    r"[^\n\d]{0,20}\b(\d(?:[ -]?\d){12,18})\b"
)
_LONG_NUMBER = compiled(r"\b\d(?:[ -]?\d){12,18}\b")
_MASKED = compiled(
    r"(?i)\b(?:card|visa|mastercard|amex|PAN|Kreditkarte|carte)\b[^\n]{0,30}?"
    r"(?:\bending (?:in |with )?\d{4}\b|"
    r"\b(?:endet auf|finissant par|se terminant par) \d{4}\b|"
    r"[*xX•#]{2,}[ -]?\d{4}\b)"
    r"|\b\d{4,6}[ -]?(?:[*xX•]{2,4}[ -]?){1,3}[*xX•\d]{0,4}\d{4}\b"
)
_ISSUERS = compiled(
    r"(?:4\d{12}(?:\d{3}){0,2}|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|"
    r"3(?:0[0-5]|[68]\d)\d{11}|35\d{14})$"
)
_NO_CARD = compiled(
    r"(?i)(?:tracking|reference|ref|order|serial|IMEI|ISBN|GTIN|EAN|UPC|phone|tel|fax|message-id|"
    r"id|case|invoice|account)\W{0,4}(?:(?:no|number|nr)\W{0,4})?$"
)
_CARD_WORDS = compiled(
    r"(?i)\b(?:cards?|PAN|visa|mastercard|amex|american express|cvv2?|cvc2?|Kreditkarte|"
    r"carte (?:bancaire|bleue|de crédit)|gültig bis|exp(?:iry|iration|\.)|valid (?:thru|until))\b"
)


def invalid_iban(view: RuleInput) -> Iterable[Span]:
    """Find what is called an IBAN and fails its check digits or its country's length (ISO 13616).

    Nothing is said of a number of which a part is hidden or stands elsewhere on the page, nor of zeros alone.
    """
    for match in _IBAN.finditer(view.text):
        start, end = written_iban(view.text, match.start(1))
        number = _alphanumeric(view.text[start:end])
        length = _length_of(number[:2])
        if number[length:].isalpha():  # a word was glued to it
            number, end = number[:length], end - len(number) + length
        in_groups = any(not char.isalnum() for char in view.text[start:end])
        cut = len(number) < (length - _MOST_CUT if in_groups else _SHORTEST_IBAN)
        hidden = _HIDDEN.search(number[2:]) or _HIDDEN_END.match(view.text, end)
        if not (cut or hidden or iban.is_valid(number)):
            yield start, end


def written_iban(text: str, start: int) -> Span:
    """Give the whole of the IBAN that starts at a place, right or wrong, however it is grouped.

    It goes on over groups, cells and one end of a line for as long as its country's numbers have characters.

    >>> written_iban("DE88 3704 0044 0532 0130 00 BIC", 0)
    (0, 27)
    """
    longest = _length_of(text[start : start + 2])
    end, count = start, 0
    while True:
        gap = _GAP.match(text, end) if count else None
        at = gap.end() if gap else end
        group = _GROUP.match(text, at)
        if (count and not gap) or group is None:
            break
        length = len(group[0])
        is_word = count > _CODE_CHARS and not any(char.isdigit() for char in group[0])
        if count and (count + length > longest or is_word):
            break
        end, count = group.end(), count + length
    return start, end


def accounts(view: RuleInput) -> Iterator[Span]:
    """Find what has the check digits of an IBAN, and what is called one, a small l for a 1 too."""
    text = view.text[:_READ]
    found = list(ibans(text))
    yield from found
    misread = (match.span(1) for match in _MISREAD_IBAN.finditer(text) if "l" in match.group(1))
    yield from (span for span in misread if all(span[1] <= start or end <= span[0] for start, end in found))


def ibans(text: str) -> Iterator[Span]:
    """Find what has the check digits of an IBAN, and what is called one."""
    for match in _WRITTEN_IBAN.finditer(text):
        start = match.start()
        ends = [end for end in range(match.end(), start + 14, -1) if not text[end - 1].isspace()]
        valid = next((end for end in ends if iban.is_valid(text[start:end], check_country=False)), None)
        if valid:
            yield start, valid
            continue
        written = written_iban(text, start)  # which may go on in the next line
        called = _CALLED_IBAN.search(text[max(0, start - 30) : start])
        if called or iban.is_valid(_alphanumeric(text[slice(*written)]), check_country=False):
            yield written


@lru_cache(maxsize=100)
def _length_of(country: str) -> int:
    """Give the length of a country's IBAN; the longest of all for a country that has none."""
    for _, about in numdb.get("iban").info(country):
        if bban := about.get("bban"):
            return 4 + sum(map(int, re.findall(r"(\d+)!", bban)))
    return _LONGEST_IBAN


def _alphanumeric(written: str) -> str:
    return "".join(char for char in written if char.isalnum())


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
