"""Read the head of a receipt: the seller's name, and the address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Found
from docassay.domains.financial.receipts import AMOUNT, DATE, LETTERS, Line, lines_of
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_HEAD_LINES = 14

_FORM = compiled(
    r"(?i)(?:\bsdn\W{0,3}b[hn]d\b|\bs/b\b|\bbhd\b|\benterprises?\b|\btrading\b|\bgmbh\b|\bmbh\b|\b(?:ltd"
    r"|limited|llc|inc|corp|co)\b\.?"
    r"|\be\.? ?k\.?\b|\bohg\b|\bkg\b|\bag\b|\bse\b|\bsarl\b|\bsasu?\b|\beurl\b|\bplc\b|\bholdings?\b)"
)
_TRADE = compiled(
    r"(?i)\b(?:restaurants?|restoran|cafe|café|kafe|bistro|hardware|mart|supermarket|hypermarket|store"
    r"|shop|stationery|books?|bakery|bäckerei|pharmacy"
    r"|apotheke|pharmacie|hotel|electrical|kitchen|confectionery|house|cuisine|market|markt|boutique"
    r"|boulangerie|brothers|services?|station|perniagaan|kedai|industries|supply|deco|machinery|garden"
    r"|florist|optical|clinic)\b"
)
_NO_NAME = compiled(
    r"(?i)^\W*(?:(?:simplified |sales |full )?tax\W{0,3}(?:invoice)?|(?:tax )?invoice|invoice no\b.*"
    r"|receipt|official receipt|cash(?: bill| sales?(?: counter)?)?|bill|welcome\b.*"
    r"|www\.\S+|https?:\S+|\S+@\S+|\S+\.(?:com|com\.my|de|fr)\b.*|copy|reprint|duplicate|original"
    r"|customer copy|kassenbon|quittung|rechnung|beleg|ticket|reçu|facture"
    r"|thank you\b.*|goods? (?:once )?sold\b.*|returnable\b.*|table\b.*|order\b.*|shopping hours\b.*)\W*$"
    r"|^\W*$"
)
_REGISTERED = compiled(
    r"(?i)^\W*(?:co(?:mpany)?\.?\W{0,2})?(?:reg(?:istration)?\.?|roc|gst|sst|tax|vat|ust|tva|id|siret"
    r"|siren)\b|^\W*\(?[A-Z]{0,3}\d{5,12}\W{0,3}[A-Z]{0,2}\W*$|\bgst (?:id|no|reg)|\breg\.? ?no\b"
    r"|^\W*(?:\(?co\.?)\W{0,2}(?:no|reg)"
)
_CONTACT = compiled(
    r"(?i)\b(?:tel|telephone|phone|fax|hp|mobile|whatsapps?|h/p|hotline|careline|tél|téléphone|telefon"
    r"|email|e-mail|outlet)\b\W|^\W*\+?\(?0\d[\d\s()/-]{6,16}\W*$"
)
_ADDRESS = compiled(
    r"(?i)^\W*(?:no\.?\W{0,3}\d|lot\b|\d{1,5}[A-Z]?[\s,&/-]|unit\b|level\b|block\b|blk\b"
    r"|[A-Z]?-?\d{1,4}[A-Z]?-\d|jalan\b|jln\b|g\.? ?floor|ground floor|\d(?:st|nd|rd|th) (?:floor|flr))"
    r"|\b(?:jalan|jln|lorong|taman|tmn|persiaran|lebuh|kampung|kg\.|bandar|seksyen|section|batu|plaza|mall"
    r"|street|road|avenue|ave|lane|drive|blvd|rue|boulevard|straße|strasse|platz|allee|weg)\b"
    r"|str\.? ?\d|straße ?\d|^\W*\d{5}\b|\b\d{5} [A-Z]{3}"
)
_OF_ANOTHER = compiled(
    r"(?i)\b(?:owned|own|operated|managed) by\b|\bdimiliki\b|\bbill(?:ed)? to\b|\bsold to\b|\bcustomer\b"
    r"|\bkunde\b|\bclient\b"
)
_BEFORE_NAME = re.compile(r"(?i)(?:(?:own(?:ed)?|operated|managed) by|dimiliki(?: oleh)?) ?:? *|#?\d{4,9} +")
_NUMBER_BEHIND = re.compile(
    r"(?i)\s*\(?\b(?:co\.? ?(?:no|reg)|reg|roc|gst)\b.*$"
    r"|\s*[(\[][A-Z]{0,3} ?\d[\d\s-]{3,14}[A-Z]?\d?[)\]]?.*$"
    r"|\s+\d{5,9}-?[A-Z]\b.*$"
)


@lru_cache(maxsize=2)
def _head(text: str) -> tuple[Span | None, Span | None]:
    """Find the seller's name and address in the first lines."""
    lines = [line for line in lines_of(text)[:_HEAD_LINES]]
    end = next(
        (n for n, line in enumerate(lines) if n and (DATE.search(line.text) or AMOUNT.search(line.text))),
        len(lines),
    )
    lines = lines[: max(end, 1)]
    names = [n for n, line in enumerate(lines) if _may_name(line.text)]
    first_address = next((n for n, line in enumerate(lines) if _is_address(line.text)), len(lines))
    return _name(lines, names, first_address), _address(lines, first_address)


def _may_name(line: str) -> bool:
    return bool(LETTERS.search(line)) and not (
        _NO_NAME.search(line)
        or _REGISTERED.search(line)
        or _CONTACT.search(line)
        or (_is_address(line) and not _FORM.search(line))
    )


def _is_address(line: str) -> bool:
    return bool(_ADDRESS.search(line)) and not _CONTACT.search(line)


def _name(lines: Sequence[Line], names: Sequence[int], address: int) -> Span | None:
    """Choose the line of the name: with a legal form, else of a trade, else the first above the address."""
    owned = next((n for n, line in enumerate(lines) if _of_another(line.text)), len(lines))
    names = [n for n in names if n < owned] or list(names[:1])
    formed = next((n for n in names if _FORM.search(lines[n].text)), None)
    above = [n for n in names if n < address] or list(names[:1])
    if formed is None and not above:
        return None
    last = (
        formed if formed is not None else next((n for n in above if _TRADE.search(lines[n].text)), above[0])
    )
    first = last
    while first - 1 in names and _goes_on(lines[first - 1].text, lines[first].text):
        first -= 1
    while last + 1 in names and (
        _is_open(lines[last].text) or not LETTERS.search(_FORM.sub("", lines[last + 1].text))
    ):
        last += 1
    name = lines[last].text
    end = lines[last].start + len(name)
    if cut := _NUMBER_BEHIND.search(name, 3):
        end = lines[last].start + cut.start()
    before = _BEFORE_NAME.match(lines[first].text)
    return lines[first].start + (before.end() if before else 0), end


def _of_another(line: str) -> bool:
    """Tell whether the next lines name somebody else; an owner named on the line itself is the seller."""
    return bool(_OF_ANOTHER.search(line)) and not (_BEFORE_NAME.match(line) and _FORM.search(line))


def _goes_on(before: str, line: str) -> bool:
    """Tell whether a name began on the line before: that is open, or here is the rest of a name alone."""
    is_formed = _FORM.search(line)
    words = _FORM.sub("", line).split() if is_formed else LETTERS.findall(_TRADE.sub("", line))
    few = len(words) < (2 if is_formed else 1)
    return few or line.startswith("&") or _is_open(before) or line.count(")") > line.count("(")


def _is_open(line: str) -> bool:
    return line.rstrip().endswith(("&", "-", "AND", "and")) or line.count("(") > line.count(")")


def _address(lines: Sequence[Line], first: int) -> Span | None:
    """Give the lines from the first of an address to the one before a number, a contact or a title."""
    if first >= len(lines):
        return None
    last = first
    for n in range(first + 1, len(lines)):
        line = lines[n].text
        if (
            _REGISTERED.search(line)
            or _CONTACT.search(line)
            or _NO_NAME.search(line)
            or _FORM.search(line)
            or ":" in line
        ):
            break
        if not (
            _is_address(line)
            or lines[n - 1].text.endswith((",", "."))
            or n - first < 2
            or re.match(r"[A-Z .,'()-]{4,40}$", line)
        ):
            break
        last = n
    start, end = lines[first].start, lines[last].span[1]
    return start, end


def company(view: RuleInput) -> Iterator[Found]:
    """Find the seller's name; it is not sure where nothing but its place speaks for it."""
    name, place = _head(plain(view.text))
    if name:
        written = view.text[slice(*name)]
        yield Found(*name, sure=bool(place or _FORM.search(written) or _TRADE.search(written)))


def address(view: RuleInput) -> Iterator[Span]:
    """Find the seller's address."""
    if span := _head(plain(view.text))[1]:
        yield span
