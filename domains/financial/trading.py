"""Find who sells and who buys: behind a word for them, in the letterhead, in the address of a letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from docassay.domains import RuleInput, Span
from docassay.domains.facts import Finder, Found
from docassay.domains.financial.arranged import in_columns, in_pairs, is_across
from docassay.domains.financial.electronic import is_electronic
from docassay.domains.financial.party_lines import (
    BUYER,
    CITY,
    FOOT,
    FORMED,
    FURTHER,
    HEAD_LINES,
    LABEL,
    LONGEST,
    OTHER_PARTY,
    REACHED,
    READ,
    SALUTATION,
    SELLER,
    SENDERS,
    STREET,
    UNFINISHED,
    Address,
    Lines,
    addresses_of,
    bare_name,
    buyers_of,
    folded,
    head_of,
    is_label,
    labelled_name,
    name_at,
    squashed,
    with_next,
)
from docassay.domains.patterns import compiled
from docassay.domains.typography import plain

_TOP_LINES, _OWN_LINES = 3, 6
_OWN = compiled(
    r"(?i)^\W*(?:société|entreprise|raison sociale|(?:company|business)(?: name)?"
    r"|firm(?:a|enname)?)[ \t]*:"
)
"""What names the company in the first lines, which is the seller there."""

_LINES_OF_ADDRESS = 3
_PAYEE = compiled(r"(?i)\b(?:remit(?:tance)?|pay) (?:to|address)\W*$")
_ADDRESSED = compiled(r"(?i)^\W*(?:bill(?:ed)?|invoiced?|ship(?:ped)?|sold|deliver(?:ed)?)[ -]to\b")
_SITE = re.compile(
    r"(?m)(?:@|\bwww\.|https?://|(?:^|(?<=[\s(]))(?=[\w.-]{4,50}\.(?:com|net|org|de|fr|ca|co\.[a-z]{2})(?:/|$)))(?:[\w-]{1,40}\.){0,3}?([\w-]{3,40})\.[a-z]{2,6}(?:\.[a-z]{2})?\b"
)
_WHOLE_SITE = re.compile(r"[\w-]{3,40}(?:\.[\w-]{2,20}){1,3}(?:/\S*)?")
_BOX = re.compile(r"\b([\w.-]{5,40})@")
"""Who writes a mail: a person's name may be that of the mailbox."""

_BESIDE = re.compile(
    r"(?i)(?:(?<!tax)(?<!vat)(?<!sales)[ \t]+(?:(?:tax )?invoice|rechnung|facture)[ \t]?"
    r"(?:#|no\b|number|nr|n°|date|:).*|[ \t]+à l[\x27’]attention\b.*)$"
)
"""What stands beside a name in its line: the number of the invoice, whom it is for."""

_SHIPPED = compiled(r"(?im)^\W*sender\b[^\n]{0,60}(?:\n[^\n]*){0,12}\brecipient\b")
"""Who sends a parcel pays the invoice of the carrier."""

_TOLD = compiled(r"(?i)^\W*(?:vendor|seller|supplier|vendeur|fournisseur|verkäufer|lieferant)[ \t]+")
"""A word for the seller before a company's name, without a colon."""

_INLINE = compiled(
    r"(?i)[ \t](?:aussteller|verkäufer|(?:seller|vendor)(?: name)?|sold by|vendeur|fournisseur):[ \t]*"
    r"(?P<name>\pL[^\n,:|]{2,60}?)[ \t]*(?:[,|\n]|[ \t]\pL+:|$)"
)
"""The same in the middle of a line, with its colon."""

_SHORTEST_SITE, _LONG_SITE, _MOST_SITES = 4, 6, 20
_SURE = 3
"""Points from which on a name is the seller's, if no other has as many."""

_CERTAIN = 3 * _SURE
"""Points from which on a name may be the seller's, though it stands behind a word for the buyer, too."""

_HOLDER = compiled(
    r"(?i)\b(?:konto(?:inhaber(?:in)?|name)|account (?:holder|name)|(?:titulaire|nom) du compte|titulaire"
    r"|titular(?: de la cuenta)?|intestatario|titular da conta|rekeninghouder|beneficiary|begünstigter"
    r"|(?:acc|a/c)\.? (?:holder(?:'s)? )?name|(?:cheques?|checks?) payable to)[ \t]*[:–-]?[ \t]+"
)
_CAPITAL = compiled(
    r"(?i)^(?P<name>[^\n]{2,60}?)[ ,–-]*"
    r"(?:(?:soci[ée]t[ée] anonyme|SASU?|S\.A\.S\.?|SA|S\.A\.|SARL|EURL)[ ,]*)?(?:au capital"
    r"|dont le capital|soci[ée]t[ée] anonyme au)\b"
)
"""What a French company says of itself at the foot of its letters."""

_COPYRIGHT = compiled(
    r"(?:©|\(c\)|(?i:copyright)) ?(?:19|20)\d\d,? (?P<name>[A-Z][\w&' -]{2,50}?)(?:\. | ?[|·]|[.]?$)"
)
_WITH_STREET = compiled(
    r"^(?P<name>[A-ZÄÖÜ][^\n,;:\d]{3,50}?),? "
    r"[A-ZÄÖÜ][\pL.-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer) \d{1,4} ?[a-z]?"
    r",? (?:D-)?\d{4,5} \pL"
)
"""A name before its address, in one line without signs between them."""

_ONLY_FORM = compiled(r"(?i)\W*(?:s\.?a\.?r\.?l|s\.?a\.?s\.?u?|s\.?a|eurl|soci[ée]t[ée].*)\W*")

_SIGNATURE = compiled(r"(?i)^\W*(?:for|pour|p\.p\.|für)[ \t]+(?P<name>\S[^\n]{2,60})$")
_SIGNATORY = compiled(r"(?i)^\W*\(?(?:authori[sz]ed sign(?:atory|ature)|signature|unterschrift|signatory)\b")
_ADDRESS = compiled(r",[^\n,]+,[^\n,]*\d[^\n]*,")
"""A street and a city behind a company's name, as at the foot of a page."""

_ONE_WORD = re.compile(r"[^\W_]+")
_FIGURES = re.compile(
    r"[\W\d_]*\d(?:[\W\d_]*)|[^\W\d_]{3,9}\.? \d\d?,? \d{4}|\d\d?\.? [^\W\d_]{3,9}\.? \d{4}"
)
"""A number, an amount or a date, behind whose label no party stands."""

_ABOVE_HEAD = compiled(
    r"(?i)^\W*(?:(?:tax |sales )?invoice|facture|rechnung|bill|receipt|(?:sub)?total|discount)\b"
)
"""Titles and sums."""

_BILLED = re.compile(r"\d[.,]\d\d\W{0,3}[A-Z]{0,3}$")
_REGISTERED = compiled(
    r"(?i)^\W*(?:siège social|sarl|sasu?|société|registered office|sitz der|au capital"
    r"|sede legale|domicilio social)\b"
)


def seller(view: RuleInput) -> Iterator[Found]:
    """Find the seller's name: behind a word for the seller, else in the letterhead of the page."""
    yield from _first(view, _labelled_seller, _letterhead)


def buyer(view: RuleInput) -> Iterator[Found]:
    """Find the buyer's name: behind a word for the buyer, else the first line of the address of a letter."""
    yield from _first(view, _labelled_buyer, _addressed)


def _first(view: RuleInput, labelled: Finder, otherwise: Finder) -> Iterator[Found]:
    """Give what has a label, unless it has words of two columns; else what columns give, or lines."""
    if is_electronic(plain(view.text)):
        return
    found = [Found(*one) for one in labelled(view)]
    if not found or any(is_across(view, one.start, one.end) for one in found):
        in_order = [Found(*one) for one in in_columns(labelled)(view)]
        in_order = in_order or [Found(*one) for one in in_pairs(labelled)(view)]
        found = in_order or found or [Found(*one) for one in in_columns(otherwise)(view)]
        if not any(one.sure for one in found):
            in_lines = [Found(*one) for one in otherwise(view)]
            if found and any(one.sure for one in in_lines):
                names = {bare_name(view.text, one[:2]) for one in found}
                found = [
                    one._replace(sure=one.sure and bare_name(view.text, one[:2]) in names) for one in in_lines
                ]
            found = found or in_lines
    yield from found


def _labelled_seller(view: RuleInput) -> Iterator[Found]:
    text = plain(view.text)
    lines = head_of(text)
    further = None if _SHIPPED.search(text[:READ]) else labelled_name(lines, FURTHER["seller"])
    if span := labelled_name(lines, SELLER) or further:
        # Whom to pay may be another, such as a factor, or a department of the seller.
        is_payee = _PAYEE.search(text[max(0, span[0] - LONGEST) : span[0]]) is not None
        in_head = [one for one in _letterhead(view) if one.sure] if is_payee else []
        is_another = any(bare_name(text, one[:2]) != bare_name(text, span) for one in in_head)
        yield from in_head if is_another else [Found(*span, sure=not is_payee)]
        return
    if match := _INLINE.search(text[:READ]):
        start, end = match.span(1)
        yield Found(start, end, sure=False)
        return
    for start, line in lines:
        if (match := _TOLD.match(line)) and (formed := FORMED.match(line[match.end() :])):
            yield Found(start + match.end(), start + match.end() + formed.end(), sure=False)
            return


def _labelled_buyer(view: RuleInput) -> Iterator[Found]:
    lines = head_of(plain(view.text))
    if span := labelled_name(lines, BUYER) or labelled_name(lines, FURTHER["buyer"]):
        yield Found(*span)


def _addressed(view: RuleInput) -> Iterator[Found]:
    text = plain(view.text)
    lines = head_of(text)
    if address := buyers_of(addresses_of(lines)):
        # The address may be that of the letterhead, or of a bank, where nobody else is the seller.
        sellers = {folded(text[one.start : one.end]) for one in _sellers(view) if one.sure}
        is_another = bool(sellers - {folded(text[slice(*address.name)])})
        yield Found(*address.name, sure=is_another and address.name[0] > lines[0][0])


def _sellers(view: RuleInput) -> list[Found]:
    return [*_labelled_seller(view)] or [*_letterhead(view)]


def _letterhead(view: RuleInput) -> Iterator[Found]:
    """Find the seller of a letter: on the line of the sender, or a company's name in the head or the foot."""
    text = plain(view.text)
    lines = tuple((start, _alone(line)) for start, line in head_of(text))
    billed = next((place for place, (_, line) in enumerate(lines) if BUYER.match(line)), HEAD_LINES)
    if own := labelled_name(lines[: min(billed, _OWN_LINES)], _OWN):
        yield Found(*own)
        return
    for start, line in lines[:HEAD_LINES]:
        is_senders = len(SENDERS.findall(line)) >= 2 and (STREET.search(line) or CITY.search(line))
        if is_senders and not OTHER_PARTY.match(line) and (span := name_at(start, line)):
            yield Found(*span)
            return
    buyer = labelled_name(lines, BUYER) or labelled_name(lines, FURTHER["buyer"])
    addresses = addresses_of(lines)
    addressed = buyers_of(addresses) if buyer is None else None
    points: Counter[str] = Counter()
    names: dict[str, Span] = {}
    for span, weight in (*_named(lines, addresses), *_signed(text, lines), *_headed(text, lines, addresses)):
        bare = bare_name(text, span)
        points[bare] += weight
        if bare not in names or (
            FORMED.match(text[slice(*span)]) and not FORMED.match(text[slice(*names[bare])])
        ):
            names[bare] = span
    if addressed:
        whole = bare_name(text, addressed.name)
        for bare in [bare for bare in points if bare and whole.startswith(bare)] or [whole]:
            points[bare] -= 2
    told = bare_name(text, buyer) if buyer else ""
    if points[told] < _CERTAIN:
        points.pop(told, None)
    _join(points, {bare for bare, span in names.items() if FORMED.match(text[slice(*span)])})
    best = [(bare, weight) for bare, weight in points.most_common() if bare in names]
    if best and best[0][1] > 0:
        bare, weight = best[0]
        is_doubtful = bare == told or any(other >= _SURE for _, other in best[1:])
        yield Found(*names[bare], sure=weight >= _SURE and not is_doubtful)


def _alone(line: str) -> str:
    """Give a name of several words without what stands beside it in its line."""
    name = _BESIDE.sub("", line)
    return name if " " in name.strip() or "-" in name else line


def _join(points: Counter[str], formed: set[str]) -> None:
    """Give the points of a short name to the whole name of a company that begins with it."""
    for short in [bare for bare in points if len(bare) >= _LONG_SITE]:
        whole = [bare for bare in formed if bare in points and bare != short and bare.startswith(short)]
        if len(whole) == 1 and short not in formed:
            points[whole[0]] += points.pop(short)


def _named(lines: Lines, addresses: Sequence[Address]) -> Iterator[tuple[Span, int]]:
    """Give names above an address with contacts, and those of companies in the head and the foot."""
    for one in addresses:
        if one.has_contact:
            yield one.name, _SURE
            yield from ((name, _SURE - 1) for name in one.others)
    for place, (start, line) in enumerate(lines):
        match = None if place and _ADDRESSED.match(lines[place - 1][1]) else FORMED.match(line)
        beside = " ".join(line for _, line in lines[max(0, place - 2) : place + 5])
        in_foot = FOOT.search(beside) and not _is_anothers(lines, place)
        if match and (place < _TOP_LINES or in_foot) and (span := name_at(start, match["name"])):
            above = lines[place - 1] if 0 < place < _TOP_LINES else None
            before = (
                name_at(*above)
                if above
                and not (FORMED.match(above[1]) or is_label(above[1]) or any(map(str.isdigit, above[1])))
                and above[1][-1] != "."
                else None
            )
            yield with_next(before, lines[place : place + 1]) if before else span, _SURE


def _headed(text: str, lines: Lines, addresses: Sequence[Address]) -> Iterator[tuple[Span, int]]:
    """Give names of the head: more where they stand elsewhere, too, as in the foot or beside an account."""
    shown = _words("\n".join(line for _, line in lines if not _BILLED.search(line)))
    head = list(enumerate(lines[:HEAD_LINES]))
    repeated: set[str] = set()
    others = {folded(line) for place, (_, line) in head if _is_anothers(lines, place)}
    named = 0
    for place, (start, line) in head:
        is_none = is_label(line) or LABEL.match(line) or folded(line) in others
        is_place = place and STREET.search(lines[place - 1][1])
        is_none = is_none or is_place or UNFINISHED.search(line)
        span = None if is_none else name_at(start, line)
        bare = bare_name(text, span) if span else ""
        if span and named < _TOP_LINES and not any(map(str.isdigit, line)):
            yield span, 1
        # Lines with a label, a title or an amount stand above the letterhead in some texts.
        named += not (LABEL.match(line) or _BILLED.search(line) or _ABOVE_HEAD.match(line))
        is_new = bare not in repeated
        if span and is_new and len(bare) >= _SHORTEST_SITE and shown.count(_words(text[slice(*span)])) > 1:
            repeated.add(bare)
            yield span, 2
    if len(addresses) > 1:
        yield addresses[0].name, 1
    if addresses and addresses[0].has_phone:
        yield addresses[0].name, 2


def _is_anothers(lines: Lines, place: int) -> bool:
    """Tell whether a line is in the address below a word for the buyer, or for whom else there is."""
    for _, above in reversed(lines[max(0, place - _LINES_OF_ADDRESS) : place]):
        label = LABEL.match(above)
        if FOOT.search(above) or REACHED.search(above) or (label and _FIGURES.fullmatch(label["value"])):
            continue
        if LABEL.match(above) or _ADDRESSED.match(above) or is_label(above) or FURTHER["buyer"].match(above):
            return not SELLER.match(above)
    return bool(place and SALUTATION.fullmatch(lines[place - 1][1]))


def _words(text: str) -> str:
    """Write the words of a text in small letters between blanks, so that only whole ones are found."""
    return " " + "  ".join(_ONE_WORD.findall(text.casefold())) + " "


def _signed(text: str, lines: Lines) -> Iterator[tuple[Span, int]]:
    """Find names that something else says is the seller's: its mails and pages, its account, its register."""
    sites = {squashed(match[1]) for match in islice(_SITE.finditer(text[:READ]), _MOST_SITES)}
    begun: set[str] = set()
    billed = next((start for start, line in lines if BUYER.match(line)), READ)
    boxes = {
        squashed(match[1]).rstrip("0123456789") for match in islice(_BOX.finditer(text[:billed]), _MOST_SITES)
    }
    for start, line in lines:
        span = None if _WHOLE_SITE.fullmatch(line) else name_at(start, line)
        bare = bare_name(text, span) if span else ""
        if not span and line[:1].islower() and squashed(line) in sites | boxes and "." not in line:
            span = start, start + len(line)
            bare = squashed(line)
        if span and len(bare) >= _SHORTEST_SITE and bare in sites and "@" not in line:
            yield span, _SURE
        elif span and (
            bare in boxes or any(bare.endswith(site) for site in sites if len(site) >= _LONG_SITE)
        ):
            yield span, _SURE - 1
        elif (
            span
            and bare not in begun
            and FORMED.fullmatch(text[slice(*span)])
            and any(bare.startswith(site) for site in sites if len(site) >= _LONG_SITE)
        ):
            begun.add(bare)
            yield span, _SURE - 1
    yield from ((span, 1) for span in holders(lines))
    for place, (start, line) in enumerate(lines):
        if match := _COPYRIGHT.search(line):
            yield (start + match.start(1), start + match.end(1)), _SURE - 1
        if place < HEAD_LINES and (match := _WITH_STREET.match(line)):
            yield (start + match.start(1), start + match.end(1)), _SURE - 1
        match = _CAPITAL.match(line)
        if match and not _ONLY_FORM.fullmatch(match["name"]) and (span := name_at(start, match["name"])):
            yield span, _SURE
        elif (match := FORMED.match(line)) and _ADDRESS.match(line[match.end() :]):
            yield (start, start + match.end()), _SURE - 1
        elif (
            STREET.search(line)
            and CITY.search(line)
            and (SENDERS.search(line) or line.count(", ") > 1)
            and not _ADDRESSED.match(line)
            and (span := name_at(start, line))
        ):
            yield span, _SURE
    for (start, line), (_, below) in pairwise(lines):
        match = _SIGNATURE.match(line)
        if match and _SIGNATORY.match(below) and (span := name_at(start + match.start(1), match["name"])):
            yield span, _SURE
    for place, (_, line) in enumerate(lines[1:]):
        if _REGISTERED.search(line) and (span := name_at(*lines[place])) and not is_label(lines[place][1]):
            yield span, _SURE


def holders(lines: Lines) -> Iterator[Span]:
    """Find names behind, or below, a word for the holder of an account."""
    for place, (start, line) in enumerate(lines):
        if match := _HOLDER.search(f"{line} "):
            is_below = len(line) < match.end() and place + 1 < len(lines)
            span = (
                name_at(*lines[place + 1]) if is_below else name_at(start + match.end(), line[match.end() :])
            )
            if span:
                yield span
