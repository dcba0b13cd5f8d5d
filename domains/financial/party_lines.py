"""Find names, addresses and labels of parties in the lines of an invoice.

A name is a line, or the part of one before a comma or a bullet; an address, a number or a sentence is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import re2

from docassay.domains import Span
from docassay.domains.entries import read_toml
from docassay.domains.financial.terms import role_of
from docassay.domains.patterns import compiled
from docassay.domains.values import Habits, dates

READ = 20_000
_MOST_LINES = 400
LONGEST = 200
_NAME_CHARS = 100
_LINES_BELOW = 5
_MOST_WORDS = 8
_WORDS_OF_NAME = 3
HEAD_LINES = 25
SELLER = compiled(
    r"(?i)^\W*(?:[^\n:/]{2,30} / )?"
    r"(?:verkäufer(?:in)?|lieferant|rechnungs(?:steller|ersteller)(?:in)?|leistungserbringer"
    r"|auftragnehmer|absender"
    r"|seller|supplier|vendor|sold by|bill(?:ed)? from|invoice from|from|issued by"
    r"|remit(?:tance)? to|remit address|pay to"
    r"|vendeur|fournisseur|émetteur|prestataire|émis par|de)(?: \(?(?:name|nom|details|daten|information"
    r"|address)\)?)?[ \t]*(?::[ \t]*|$)|^\W*von[ \t]*:[ \t]*"
)
LABELS = read_toml(Path(__file__).with_name("labels.toml"))
FURTHER = {
    name: compiled(rf"(?i)^\W*(?:{'|'.join(map(re2.escape, LABELS[name]))})[ \t]*(?::[ \t]*|$)")
    for name in ("seller", "buyer")
}
"""The labels of `labels.toml`."""

_OTHERS = frozenset(LABELS["no_name"])

BUYER = compiled(
    r"(?i)^\W*(?:(?:käufer(?:in)?|kund(?:e|in)|rechnungs(?:empfänger(?:in)?|adresse|anschrift)"
    r"|leistungsempfänger(?:in)?|auftraggeber(?:in)?|besteller(?:in)?|empfänger(?:in)?|rechnung an|buyer"
    r"|customer|client|bill(?:ed)?[ -]to|invoiced? to|sold to|purchaser|ordered by|issued to|acheteur"
    r"|cliente|destinataire|facturée? à|adresse de facturation|adressée? à)"
    r"(?:[/ ]+(?:leistungsempfänger|name|nom|details|daten|address|information))?[ \t]*(?::[ \t]*|$)"
    r"|(?:to|an|à)[ \t]*:[ \t]*)"
)
OTHER_PARTY = compiled(
    r"(?i)^\W*(?:abweichende\w* |ship(?:ped)? to|deliver(?:ed)? to|delivery address|lieferadresse"
    r"|warenempfänger|livré à|adresse de livraison"
    r"|zahlungsempfänger|attn\b|attention\b|z\. ?hd|contact\b|ansprechpartner|steuervertreter)"
)
LABEL = re.compile(r"[ \t]*(?P<label>[^\W\d_][^\n:]{0,40}?)[ \t]*:[ \t]*(?P<value>[^\n]*)$")
_NAME_LABEL = compiled(
    r"(?i)^(?:(?:firmen|handels)?name|firma|company(?: name)?|raison sociale|nom|legal name|trading name"
    r"|unternehmen)$"
)
_FORMS = (
    r"(?:GmbH(?: & Co\.? ?(?:KG|KGaA))?|gGmbH|mbH|UG(?: \(haftungsbeschränkt\))?|AG|KG|KGaA|OHG|e\.? ?K\."
    r"|e\.? ?V\.|a\.? ?G\.|eG|SE|GbR|PartG(?: mbB)?"
    r"|(?:P[Vv][Tt]\.? )?L(?:td|TD)\.?|L(?:imited|IMITED)|GMBH|INC\.?"
    r"|LLC|L\.L\.C\.|LLP|L\.P\.|LP|Inc\.?|Incorporated|Corp\.?|Corporation|Company|C[Oo]\.|PLC"
    r"|plc|P\.C\.|Pty\.? Ltd\.?"
    r"|S\.?A\.?R\.?L\.?|SASU?|S\.A\.S\.?|S\.A\.|SA|EURL|SNC|SCI|[Bb]\.[Vv]\.|BV|[Nn]\.[Vv]\.|NV|S\.p\.A\.|SpA|S\.r\.l\."
    r"|SpA|Srl|S\.A\.U\.|SLU|Lda\.?|Sp\. z o\.o\.|W\.?L\.?L\.?|FZ(?:E|CO|C)|S(?:dn|DN)\.? B(?:hd|HD)\.?"
    r"|s\.r\.o\.|d\.o\.o\.|Kft\.?|Ges\.?m\.?b\.?H\.?|SUARL|EIRL"
    r"|S\.L\.|Oy|AB|A/S|ApS|AS)"
)
FORMED = re.compile(rf"(?P<name>[^\n|•·;:]{{2,80}}?(?<![\w.]){_FORMS}(?:,? {_FORMS}){{0,2}})(?![\w])")
STREET = re.compile(
    r"(?i)(?:(?:str(?:aße|asse|\.)|weg|platz|allee|gasse|ring|damm|ufer)\.?,? |str\.)\d{1,4}\s?[a-z]?\b"
    r"|\b\d{1,5}[a-z]?,? (?:bis |ter )?(?:rue|avenue|av\.|boulevard|bd|place|chemin|route|impasse|quai"
    r"|allée)\b"
    r"|\b\d{1,6} (?:[NSEW]\.? )?[^\W\d_][\w.' -]{1,40}\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr"
    r"|boulevard|blvd|way|place|pl|court|ct|square|sq|parkway|pkwy|highway|hwy|row|close|terrace|crescent)\b"
    r"|\bP\.? ?O\.? box\b|\bpostfach\b"
)
CITY = re.compile(
    r"(?:\b(?:[A-Z]{1,3}[ -])?\d{4,5}[ \t]+[^\W\d_]{2,}|\b[A-Z]{2}[ ,]+\d{5}(?:-\d{4})?\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b"
    r"|\b(?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT)[ ,]+\d{4}\b|[^\W\d_]{3}[ ,–-]+\d{5,6}$)"
)
_NO_NAME = compiled(
    r"(?i)^\W*(?:(?:tax |vat |sales |pro ?forma |commercial )?invoice\b.*|rechnung(?:s\w*)?\b.*"
    r"|gutschrift\b.*"
    r"|fact(?:ure|uur\w*|ura)\b.*|fattura\b.*|soci[ée]t[ée] (?:anonyme|régie|par|à|au|en)\b.*|avoir\b.*"
    r"|credit note\b.*|bill\b|date\b.*"
    r"|datum\b.*|page\b.*|seite\b.*"
    r"|.*\b(?:information|details|daten|informationen|coordonnées)|port of\b.*"
    r"|.* invoice|.*\b(?:department|division|abteilung)|make\b.*"
    r"|authori[sz]ed\b.*|received\b.*|web(?:site)?\b.*|mail\b.*|mobile?\b.*"
    r"|tel\b.*|telefon\b.*|phone\b.*|fax\b.*|e-?mail\b.*|www\..*|https?:.*|iban\b.*|bic\b.*|ust\b.*"
    r"|vat\b.*|tva\b.*|n°.*|siren\b.*|siret\b.*|gln\b.*|(?:globale )?nummer\b.*|steuernummer\b.*"
    r"|\S+@\S+|herrn?|frau|firma|mr\.?|mrs\.?|madame|monsieur|dear\b.*|sehr\b.*|name|address|anschrift"
    r"|adresse\b.*|bill to|ship to|same\b.*|n/?a|original|copy|duplicata|description\b.*|beschreibung\b.*"
    r"|(?:(?:seller|buyer|vendor|supplier|customer|client|account|company|name|number|no|ship(?:ped)?"
    r"|description|price|qty|quantity|quantité|total|amount|montant|rate|items?|products?|services?|unit|hours?"
    r"|monthly|charges?|check|cash|method|prix|unitaire|désignation|véhicule|bill(?:ed)?|sold|to|from|due|iban|bic|swift|domiciliation|[ée]ch[ée]ance|vendeur|acheteur"
    r"|fournisseur|verkäufer|käufer|kunde|lieferant)\b\W*)+"
    r"|\d+(?:[.,]\d+)? ?(?:months?|years?|days?|weeks?|hours?|hrs?|pcs|nos|units?|kg|%|monate?|jahre?|tage?"
    r"|stunden?|mois|jours?|heures?|ans?)"
    r"|bei allen\b.*|please\b.*|bitte\b.*|menge\b.*|qty\b.*|pos\b.*|total\b.*|ansprechpartner\b.*)\W*$"
)
_SALUTED = re.compile(r"(?i)(?:(?:an die|firma|fa\.|herrn?|frau|company|messrs\.?|à la société)\s+)(?=\S)")
SALUTATION = compiled(r"(?i)(?:herrn?|frau|firma|familie|mr|mrs|ms|monsieur|madame|m|mme)\.?")
"""What stands above the name of whom a letter is addressed to."""

_SENDER = re.compile(r"\s*(?:[•·∙▪*|]|\s[-–—]\s|,(?=\s))")
_STATE = re.compile(r"\s*[A-Z]{2},? \d{5}(?:-\d{4})?\W*")
"""What stands behind a city in the United States, which is no name."""

SENDERS = re.compile(r"[•·∙▪|]|\s[-–—]\s")
FOOT = compiled(
    r"(?i)\b(?:geschäftsführ\w+|amtsgericht|handelsregister|registergericht|HRB|HRA|USt-?\.?-?Id\w*"
    r"|umsatzsteuer-?id|steuernummer|IBAN|company (?:reg|no)|registered (?:in|office|number)"
    r"|VAT (?:reg|no|number|id)|GSTIN|(?:GST|G\.S\.T\.?) (?:reg|no|number)|bank account|ABN|ACN|TIN"
    r"|R\.?C\.?S\.?|SIRET|SIREN|au capital de|vorstand|directors?)\b|\bVAT ?#"
)
REACHED = compiled(r"(?i)@|\b(?:tel|fon|telefon|phone|fax|tél|téléphone|www|e-?mail|mobile?)\b")
_PLACE = re.compile(r"[^\W\d_] \d{1,5}\w?,? ")
"""The number of a house behind its street."""

_TITLE = compiled(r"(?i)\W*(?:tax |sales |commercial )?(?:invoice|rechnung|facture|credit note)\W*")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{7,20}")
_FORM_BEHIND = re.compile(rf"[ ,]*{_FORMS}\.?$")
UNFINISHED = compiled(
    r"(?i)[ \t](?:of|the|and|for|with|und|der|die|das|für|mit|des|du|de la|les|et|pour|avec|&)$"
)
"""The end of a line that goes on below."""

_BLANK = re.compile(r"[\[\]{}<>]|_{3}|\.{4}|…")
"""A blank of a template."""

_WORD = re.compile(r"[^\W\d_]{2}")
_HABITS = Habits("", "")
_END = ' \t,;:|*_-–=.•·"“”„'
Lines = tuple[tuple[int, str], ...]
"""Where lines start, and what they are without spaces around them."""


@lru_cache(maxsize=2)
def head_of(text: str) -> Lines:
    """Give the lines of the part of a text in which parties are named, without blank ones."""
    lines = []
    position = 0
    for raw in islice(text[:READ].split("\n"), _MOST_LINES):
        bare = raw.strip()
        if bare:
            lines.append((position + raw.find(bare), bare[:LONGEST]))
        position += len(raw) + 1
    return tuple(lines)


def labelled_name(lines: Lines, label: re2._Regexp) -> Span | None:
    """Find the name on the line of a label, or below it: named so, or the first line that may be one."""
    for place, (start, line) in enumerate(lines):
        match = label.match(line)
        if match is None or OTHER_PARTY.match(line):
            continue
        if (rest := line[match.end() :].strip()) and (
            span := name_at(start + match.end(), line[match.end() :])
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
        if SELLER.match(line) or BUYER.match(line) or OTHER_PARTY.match(line):
            return None
        if match := LABEL.match(line):
            if _NAME_LABEL.match(match["label"]):
                return name_at(start + match.start("value"), match["value"])
            continue
        if span := name_at(start, line):
            return with_next(span, lines[place + 1 : place + 2])
        if STREET.search(line) or CITY.search(line):
            return None
    return None


def with_next(name: Span, below: Sequence[tuple[int, str]]) -> Span:
    """Give a name with the line below it, where that is the rest of it and ends in the legal form."""
    for start, line in below:
        rest = name_at(start, line)
        form = FORMED.match(line)
        if rest and form and form.end() >= len(line) - 1 and not any(map(str.isdigit, line)):
            return name[0], rest[1]
    return name


def name_at(start: int, line: str) -> Span | None:
    """Give the name that a line is, or begins with before an address; None where it is something else."""
    if (dated := next(dates(line, _HABITS), None)) and not _WORD.search(line[: dated.start]):
        return None
    if saluted := _SALUTED.match(line):
        start, line = start + saluted.end(), line[saluted.end() :]
    is_senders = False
    if cut := _SENDER.search(line, 2):
        rest = line[cut.end() :]
        if _STATE.fullmatch(rest):
            return None
        if is_senders := bool(STREET.search(rest) or CITY.search(rest) or _PLACE.search(rest)):
            line = line[: cut.start()]
    if (form := FORMED.match(line)) and (
        any(map(str.isdigit, line[form.end() :]))
        or "," in line[form.end() :]
        or len(line.split()) > _MOST_WORDS
    ):
        line = form["name"]
    start += len(line) - len(line.lstrip(_END))
    line = line.strip(_END) + ("." if line.rstrip().endswith(".") and FORMED.match(line) else "")
    is_name = 2 < len(line) <= _NAME_CHARS and _WORD.search(line) and not _NO_NAME.match(line)
    role = role_of(line)  # "Watersport" ends as a charge does
    is_sum = role and (role not in ("lowering", "raising") or len(line.split()) < _WORDS_OF_NAME)
    if folded(line) in _OTHERS or is_sum or line.startswith("("):
        return None
    if _BLANK.search(line) or ": " in line:
        return None
    if line[:1].islower() and not (FORMED.match(line) or is_senders):
        return None
    most = _MOST_WORDS + (4 if FORMED.fullmatch(line) else 0)
    if not is_name or STREET.search(line) or CITY.search(line) or len(line.split()) > most:
        return None
    figures = sum(map(str.isdigit, line))
    return (start, start + len(line)) if figures * 3 < len(line) else None


def bare_name(text: str, span: Span) -> str:
    """Write a name in small letters, without blanks and its legal form."""
    return squashed(_FORM_BEHIND.sub("", text[slice(*span)]))


def squashed(name: str) -> str:
    """Write words in small letters, without blanks and signs."""
    return "".join(char for char in name.casefold() if char.isalnum())


def folded(name: str) -> str:
    """Write a name in small letters, with single blanks and nothing around it."""
    return " ".join(name.casefold().split()).strip(_END)


class Address(NamedTuple):
    """An address in the head of a letter.

    Attributes:
        name: Its first line.
        has_contact: A number of a tax, a register or a telephone stands below it, as in a letterhead.
        others: Further lines above the street.
        has_phone: A number of a telephone alone stands below it.
    """

    name: Span
    has_contact: bool
    others: tuple[Span, ...] = ()
    has_phone: bool = False


def addresses_of(lines: Lines) -> list[Address]:
    """List the addresses above the title of a letter: names over a street and a city."""
    found: list[Address] = []
    for place in range(1, min(len(lines), HEAD_LINES)):
        line = lines[place][1]
        if not STREET.search(line) or len(SENDERS.findall(line)) >= 2 or FOOT.search(line):
            continue
        below = [line for _, line in lines[place + 1 : place + 5]]
        if not any(CITY.search(one) for one in (line, *below[:2])):
            continue
        first = place
        if first > 1 and _TITLE.fullmatch(lines[first - 1][1]):
            first -= 1  # the title stands beside the letterhead
            place = first
        while (
            first
            and place - first < 3
            and name_at(*lines[first - 1])
            and not (is_label(lines[first - 1][1]) or LABEL.match(lines[first - 1][1]))
        ):
            first -= 1
        if first < place and (name := name_at(*lines[first])):
            others = tuple(filter(None, (name_at(*line) for line in lines[first + 1 : place])))
            saluted = first > 0 and SALUTATION.fullmatch(lines[first - 1][1])
            reached = not saluted and any(FOOT.search(one) or REACHED.search(one) for one in below)
            found.append(Address(name, reached, others, any(_PHONE.fullmatch(one) for one in below)))
    return found


def is_label(line: str) -> bool:
    """Tell whether a line names a party by its part, or is that of a sender."""
    return bool(SELLER.match(line) or BUYER.match(line) or OTHER_PARTY.match(line) or SENDERS.search(line))


def buyers_of(addresses: Sequence[Address]) -> Address | None:
    """Choose the address of the buyer: the last of those without contacts."""
    return next((one for one in reversed(addresses) if not one.has_contact), None)
