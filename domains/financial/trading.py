"""Find who sells and who buys: behind a word for them, in the letterhead, in the address of a letter.

A name is a line, or the part of one before a comma or a bullet; an address, a number or a sentence is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.typography import plain
from docassay.domains.values import Habits, dates

_READ = 20_000
_MOST_LINES = 400
_LONGEST = 200
_NAME_CHARS = 100
_LINES_BELOW = 5
_MOST_WORDS = 8
_HEAD_LINES = 25
_TOP_LINES = 3

_SELLER = re2.compile(
    r"(?i)^\W*(?:verkäufer(?:in)?|lieferant|rechnungs(?:steller|ersteller)(?:in)?|leistungserbringer"
    r"|auftragnehmer|absender"
    r"|seller|supplier|vendor|sold by|bill(?:ed)? from|invoice from|from|issued by|issuer"
    r"|remit(?:tance)? to|remit address|pay to"
    r"|vendeur|fournisseur|émetteur|prestataire|émis par|de)(?: \(?(?:name|nom|details|daten|information"
    r"|address)\)?)?[ \t]*(?::[ \t]*|$)"
)
_PAYEE = re2.compile(r"(?i)\b(?:remit(?:tance)?|pay) (?:to|address)\W*$")
_BUYER = re2.compile(
    r"(?i)^\W*(?:(?:käufer(?:in)?|kund(?:e|in)|rechnungs(?:empfänger(?:in)?|adresse|anschrift)"
    r"|leistungsempfänger(?:in)?|auftraggeber(?:in)?|besteller(?:in)?|empfänger(?:in)?|rechnung an|buyer"
    r"|customer|client|bill(?:ed)?[ -]to|invoiced? to|sold to|purchaser|ordered by|issued to|acheteur"
    r"|cliente|destinataire|facturée? à|adresse de facturation|adressée? à)"
    r"(?:[/ ]+(?:leistungsempfänger|name|nom|details|daten|address|information))?[ \t]*(?::[ \t]*|$)"
    r"|(?:to|an|à)[ \t]*:[ \t]*)"
)
_OTHER_PARTY = re2.compile(
    r"(?i)^\W*(?:abweichende\w* |ship(?:ped)? to|deliver(?:ed)? to|delivery address|lieferadresse"
    r"|warenempfänger|livré à|adresse de livraison"
    r"|zahlungsempfänger|attn\b|attention\b|z\. ?hd|contact\b|ansprechpartner|steuervertreter)"
)
_ADDRESSED = re2.compile(r"(?i)^\W*(?:bill(?:ed)?|invoiced?|ship(?:ped)?|sold|deliver(?:ed)?)[ -]to\b")
_LABEL = re.compile(r"[ \t]*(?P<label>[^\W\d_][^\n:]{0,40}?)[ \t]*:[ \t]*(?P<value>[^\n]*)$")
_NAME_LABEL = re2.compile(
    r"(?i)^(?:(?:firmen|handels)?name|firma|company(?: name)?|raison sociale|nom|legal name|trading name"
    r"|unternehmen)$"
)
_FORMS = (
    r"(?:GmbH(?: & Co\.? ?(?:KG|KGaA))?|gGmbH|mbH|UG(?: \(haftungsbeschränkt\))?|AG|KG|KGaA|OHG|e\.? ?K\."
    r"|e\.? ?V\.|a\.? ?G\.|eG|SE|GbR|PartG(?: mbB)?"
    r"|Ltd\.?|Limited|LLC|L\.L\.C\.|LLP|L\.P\.|LP|Inc\.?|Incorporated|Corp\.?|Corporation|Company|Co\.|PLC"
    r"|plc|P\.C\.|Pty\.? Ltd\.?"
    r"|S\.?A\.?R\.?L\.?|SASU?|S\.A\.S\.?|S\.A\.|SA|EURL|SNC|SCI|B\.V\.|BV|N\.V\.|NV|S\.p\.A\.|S\.r\.l\."
    r"|S\.L\.|Oy|AB|A/S|ApS|AS)"
)
_FORMED = re.compile(rf"(?P<name>[^\n|•·;:]{{2,80}}?(?<![\w.]){_FORMS})(?![\w])")
_STREET = re.compile(
    r"(?i)(?:str(?:aße|asse|\.)|weg|platz|allee|gasse|ring|damm|ufer)\.?,? \d{1,4}\s?[a-z]?\b"
    r"|\b\d{1,5}[a-z]?,? (?:bis |ter )?(?:rue|avenue|av\.|boulevard|bd|place|chemin|route|impasse|quai"
    r"|allée)\b"
    r"|\b\d{1,6} (?:[NSEW]\.? )?[^\W\d_][\w.' -]{1,40}\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr"
    r"|boulevard|blvd|way|place|pl|court|ct|square|sq|parkway|pkwy|highway|hwy|row|close|terrace|crescent)\b"
    r"|\bP\.? ?O\.? box\b|\bpostfach\b"
)
_CITY = re.compile(
    r"(?:\b(?:[A-Z]{1,3}[ -])?\d{4,5}[ \t]+[^\W\d_]{2,}|\b[A-Z]{2}[ ,]+\d{5}(?:-\d{4})?\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b)"
)
_NO_NAME = re2.compile(
    r"(?i)^\W*(?:(?:tax |vat |pro ?forma |commercial )?invoice\b.*|rechnung(?:s\w*)?\b.*|gutschrift\b.*"
    r"|facture\b.*|avoir\b.*|credit note\b.*|bill\b|date\b.*|datum\b.*|page\b.*|seite\b.*"
    r"|tel\b.*|telefon\b.*|phone\b.*|fax\b.*|e-?mail\b.*|www\..*|https?:.*|iban\b.*|bic\b.*|ust\b.*"
    r"|vat\b.*|tva\b.*|n°.*|siren\b.*|siret\b.*|gln\b.*|(?:globale )?nummer\b.*|steuernummer\b.*"
    r"|\S+@\S+|herrn?|frau|firma|mr\.?|mrs\.?|madame|monsieur|dear\b.*|sehr\b.*|name|address|anschrift"
    r"|adresse\b.*|bill to|ship to|same\b.*|n/?a|original|copy|duplicata|description\b.*|beschreibung\b.*"
    r"|(?:(?:seller|buyer|vendor|supplier|customer|client|account|company|name|number|no|ship(?:ped)?"
    r"|bill(?:ed)?|sold|to|from|due|iban|bic|swift|domiciliation|[ée]ch[ée]ance|vendeur|acheteur"
    r"|fournisseur|verkäufer|käufer|kunde|lieferant)\b\W*)+"
    r"|bei allen\b.*|please\b.*|bitte\b.*|menge\b.*|qty\b.*|pos\b.*|total\b.*|ansprechpartner\b.*)\W*$"
)
_SALUTED = re.compile(r"(?i)(?:(?:an die|firma|fa\.|herrn?|frau|company|messrs\.?|société)\s+)(?=\S)")
_SENDER = re.compile(r"\s*(?:[•·∙▪*|]|\s[-–—]\s|,(?=\s))")
_SENDERS = re.compile(r"[•·∙▪|]|\s[-–—]\s")
_FOOT = re2.compile(
    r"(?i)\b(?:geschäftsführ\w+|amtsgericht|handelsregister|registergericht|HRB|HRA|USt-?\.?-?Id\w*"
    r"|umsatzsteuer-?id|steuernummer|IBAN|company reg|registered (?:in|office|number)|VAT (?:reg|no|number)"
    r"|R\.?C\.?S\.?|SIRET|SIREN|au capital de|vorstand|directors?)\b"
)
_REACHED = re2.compile(r"(?i)@|\b(?:tel|telefon|phone|fax|tél|téléphone|www|e-?mail|mobile?)\b")
_BLANK = re.compile(r"[\[\]{}<>]|_{3}|\.{4}|…")
"""A blank of a template."""

_WORD = re.compile(r"[^\W\d_]{2}")
_HABITS = Habits("", "")
_END = " \t,;:|*_-–=.•·"

Lines = tuple[tuple[int, str], ...]
"""Where lines start, and what they are without spaces around them."""


@lru_cache(maxsize=2)
def _lines(text: str) -> Lines:
    lines = []
    position = 0
    for raw in islice(text[:_READ].split("\n"), _MOST_LINES):
        bare = raw.strip()
        if bare:
            lines.append((position + raw.find(bare), bare[:_LONGEST]))
        position += len(raw) + 1
    return tuple(lines)


def seller(view: RuleInput) -> Iterator[Found]:
    """Find the seller's name: behind a word for the seller, else in the letterhead."""
    text = plain(view.text)
    if is_electronic(text):
        return
    lines = _lines(text)
    if span := _labelled(lines, _SELLER):
        # Whom to pay may be another, such as a factor.
        yield Found(*span, sure=not _PAYEE.search(text[max(0, span[0] - _LONGEST) : span[0]]))
        return
    yield from _letterhead(text, lines)


def buyer(view: RuleInput) -> Iterator[Found]:
    """Find the buyer's name: behind a word for the buyer, else the first line of the address of a letter."""
    text = plain(view.text)
    if is_electronic(text):
        return
    lines = _lines(text)
    if span := _labelled(lines, _BUYER):
        yield Found(*span)
        return
    if address := _buyers(_addresses(lines)):
        # The address may be that of the letterhead, or of a bank, where nobody else is the seller.
        sellers = {_folded(text[one.start : one.end]) for one in seller(view) if one.sure}
        is_another = bool(sellers - {_folded(text[slice(*address.name)])})
        yield Found(*address.name, sure=is_another and address.name[0] > lines[0][0])


def _labelled(lines: Lines, label: re2._Regexp) -> Span | None:
    """Find the name on the line of a label, or below it: named so, or the first line that may be one."""
    for place, (start, line) in enumerate(lines):
        match = label.match(line)
        if match is None or _OTHER_PARTY.match(line):
            continue
        if (rest := line[match.end() :].strip()) and (
            span := _name(start + match.end(), line[match.end() :])
        ):
            return span
        if rest:
            continue
        if span := _below(lines[place + 1 : place + 1 + _LINES_BELOW]):
            return span
    return None


def _below(lines: Sequence[tuple[int, str]]) -> Span | None:
    """Find a name in the lines below a label: behind a label of its own, or on a line without one."""
    for place, (start, line) in enumerate(lines):
        if _SELLER.match(line) or _BUYER.match(line) or _OTHER_PARTY.match(line):
            return None
        if match := _LABEL.match(line):
            if _NAME_LABEL.match(match["label"]):
                return _name(start + match.start("value"), match["value"])
            continue
        if span := _name(start, line):
            return _wrapped(span, lines[place + 1 : place + 2])
        if _STREET.search(line) or _CITY.search(line):
            return None
    return None


def _wrapped(name: Span, below: Sequence[tuple[int, str]]) -> Span:
    """Give a name with the line below it, where that is the rest of it and ends in the legal form."""
    for start, line in below:
        rest = _name(start, line)
        form = _FORMED.match(line)
        if rest and form and form.end() >= len(line) - 1 and not any(map(str.isdigit, line)):
            return name[0], rest[1]
    return name


def _name(start: int, line: str) -> Span | None:
    """Give the name that a line is, or begins with before an address; None where it is something else."""
    if (dated := next(dates(line, _HABITS), None)) and not _WORD.search(line[: dated.start]):
        return None
    if saluted := _SALUTED.match(line):
        start, line = start + saluted.end(), line[saluted.end() :]
    if cut := _SENDER.search(line, 2):
        rest = line[cut.end() :]
        if _STREET.search(rest) or _CITY.search(rest):
            line = line[: cut.start()]
    if (form := _FORMED.match(line)) and (
        any(map(str.isdigit, line[form.end() :]))
        or "," in line[form.end() :]
        or len(line.split()) > _MOST_WORDS
    ):
        line = form["name"]
    start += len(line) - len(line.lstrip(_END))
    line = line.strip(_END) + ("." if line.rstrip().endswith(".") and _FORMED.match(line) else "")
    is_name = 2 < len(line) <= _NAME_CHARS and _WORD.search(line) and not _NO_NAME.match(line)
    if _BLANK.search(line) or (line[:1].islower() and not _FORMED.match(line)):
        return None
    if not is_name or _STREET.search(line) or _CITY.search(line) or len(line.split()) > _MOST_WORDS:
        return None
    figures = sum(map(str.isdigit, line))
    return (start, start + len(line)) if figures * 3 < len(line) else None


def _letterhead(text: str, lines: Lines) -> Iterator[Found]:
    """Find the seller of a letter: on the line of the sender, or a company's name in the head or the foot."""
    for start, line in lines[:_HEAD_LINES]:
        is_senders = len(_SENDERS.findall(line)) >= 2 and (_STREET.search(line) or _CITY.search(line))
        if is_senders and (span := _name(start, line)):
            yield Found(*span)
            return
    buyer = _labelled(lines, _BUYER)
    addresses = _addresses(lines)
    if buyer is None and (addressed := _buyers(addresses)):
        buyer = addressed.name
    written = _folded(text[slice(*buyer)]) if buyer else ""
    named = [one.name for one in addresses if one.has_contact]
    for place, (start, line) in enumerate(lines):
        match = None if place and _ADDRESSED.match(lines[place - 1][1]) else _FORMED.match(line)
        beside = " ".join(line for _, line in lines[max(0, place - 2) : place + 4])
        if match and (place < _TOP_LINES or _FOOT.search(beside)) and (span := _name(start, match["name"])):
            above = lines[place - 1] if 0 < place < _TOP_LINES else None
            before = (
                _name(*above) if above and not _FORMED.match(above[1]) and not _is_label(above[1]) else None
            )
            named.append(_wrapped(before, lines[place : place + 1]) if before else span)
    named = [span for span in sorted(named) if not written or _folded(text[slice(*span)]) != written]
    if named:
        yield Found(*named[0], sure=len({_folded(text[slice(*span)]) for span in named}) == 1)
    elif len(addresses) > 1 and addresses[0].name != buyer:
        yield Found(*addresses[0].name, sure=False)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split()).strip(_END)


class _Address(NamedTuple):
    """An address in the head of a letter.

    Attributes:
        name: Its first line.
        has_contact: A number of a tax, a register or a telephone stands below it, as in a letterhead.
    """

    name: Span
    has_contact: bool


def _addresses(lines: Lines) -> list[_Address]:
    """List the addresses above the title of a letter: names over a street and a city."""
    found: list[_Address] = []
    for place in range(1, min(len(lines), _HEAD_LINES)):
        line = lines[place][1]
        if not _STREET.search(line) or len(_SENDERS.findall(line)) >= 2 or _FOOT.search(line):
            continue
        below = [line for _, line in lines[place + 1 : place + 5]]
        if not any(_CITY.search(one) for one in (line, *below[:2])):
            continue
        first = place
        while first and place - first < 3 and _name(*lines[first - 1]) and not _is_label(lines[first - 1][1]):
            first -= 1
        if first < place and (name := _name(*lines[first])):
            found.append(_Address(name, any(_FOOT.search(one) or _REACHED.search(one) for one in below)))
    return found


def _is_label(line: str) -> bool:
    return bool(
        _SELLER.match(line) or _BUYER.match(line) or _OTHER_PARTY.match(line) or _SENDERS.search(line)
    )


def _buyers(addresses: Sequence[_Address]) -> _Address | None:
    """Choose the address of the buyer: the last of those without contacts."""
    return next((one for one in reversed(addresses) if not one.has_contact), None)
