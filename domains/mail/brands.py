"""Which well-known organisation a mail says it comes from, and whether its sender belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate, islice
from typing import Any

import re2
from rapidfuzz.distance import OSA

from docassay.domains import Span
from docassay.domains.mail.message import AROUND_NAMES, MOST_OF_MESSAGE, Message, header_spans, message
from docassay.domains.mail.names import KNOWN, label_of
from docassay.domains.outline import trim
from docassay.domains.patterns import compiled
from docassay.domains.typography import unaccented
from docassay.languages.chats import LINE

_BRANDS: dict[str, list[str]] = {unaccented(name): domains for name, domains in KNOWN["brands"].items()}
_WORDS = frozenset(unaccented(name) for name in KNOWN["words"])
GROUPS = frozenset(name[:-1] for names in _BRANDS.values() for name in names if name.endswith("-"))
"""Names of groups of banks, of which each has a domain of its own: sparkasse-ulm.de, ca-paris.fr."""

_SERVICE = frozenset(unaccented(word) for word in KNOWN["service"])
_WORD = compiled(r"[\pL\d'&+]+")
_ELSEWHERE = compiled(r"(?i)\bvia\b|\bv\.|\bvs\b|\bversus\b|\bagainst\b")
_MOST_OTHER_WORDS = 4
# A name of five letters or more, some of them figures or signs, or each apart from the next.
_DISGUISED = compiled(r"[A-Za-z0-9$@|!]{5,}|[A-Za-z0-9$@|!](?:[ ._*-][A-Za-z0-9$@|!])+")
_SPEAKS = compiled(r" ?(?:[:!|.\])-]|alert|support|security|bank|delivery|service|notice|info|cu\b)")
# A name whose letters a sign parts, or in which one stands for a letter.
_PARTED = compiled(r"[A-Za-z0-9]{1,12}(?:[#/!*$|~^]|[.-]{2,4})[A-Za-z0-9]{1,12}")
_LEAST_PARTED = 6
_LONGEST_NAME = 60
_LONGEST_SHOWN = 300
_MOST_NAMES = 20
_SEPARATORS = compiled(r"[ ._*-]")
_SIGNS = compiled(r"[^a-z0-9]")
_JOINED = {_SIGNS.sub("", name): name for name in set(_BRANDS) - _WORDS if name.isascii() and " " not in name}
_FIGURES = str.maketrans("01345$@!", "oleassai")
_OPENING_LINES = 6
_SIGNATURE = (
    r"\b(?:the|your|das|dein|ihr|l'equipe|equipe|equipo|il team|team|atenciosamente|sincerely)[ \n,]+"
    r"(?:de |do |del |di )?(%s)(?: (?:account|support|security|customer|service|billing))*"
    r" ?(?:team|support|service|kundenservice|kundendienst|bank)?\b"
    r"|\b(%s) (?:account |customer |security |support |billing )*(?:team|support|security|customer service"
    r"|kundenservice|kundendienst|service client|atendimento|s\.a\.|gmbh|inc\.|ltd)"
    r"|(?:©|\(c\)|copyright) ?(?:20\d\d )?(%s)\b"
)


@lru_cache(maxsize=4)
def posed_as(text: str) -> tuple[tuple[str, Span], ...]:
    """Find the organisations in whose name a mail's senders write from elsewhere, each with its place.

    Who forwards a mail of an organisation is not it, and a sender without an address is nobody.
    """
    mail = message(text)
    named = [
        (brand, span)
        for sender in mail.senders
        for brand, span in _named(sender.name, sender.name_span[0])
        if not is_own(brand, sender.host, sender.owner)
    ]
    for start, stop in header_spans(text, mail.body_start, "From"):
        if "@" not in text[start:stop]:
            first, last = trim(text, start, stop, AROUND_NAMES + "\n")
            named += _named(text[first:last], first)
    return tuple(named)


@lru_cache(maxsize=4)
def signed_as(text: str) -> tuple[tuple[str, Span], ...]:
    """Find the organisations that a mail's body is written for, though its sender's name is another.

    They stand alone in one of its first lines, or in its signature.
    """
    mail = message(text)
    found: list[tuple[str, Span]] = []
    for start, stop in _openings(mail):
        line = unaccented(text[start:stop])
        match = _brand().match(line.lower())
        alone = match and match.group(1) in _WORDS and len(_WORD.findall(line)) == 1
        if match and not alone and _speaks(line, match.span(1)):
            first, last = match.span(1)
            found.append((match.group(1), (start + first, start + last)))
    body = unaccented(text[mail.body_start : mail.body_start + 20_000])
    for match in _signature().finditer(body.lower()):
        group = next(n for n in (1, 2, 3) if match.group(n))
        first, last = match.span(group)
        found.append((match.group(group), (mail.body_start + first, mail.body_start + last)))
    return tuple((brand, span) for brand, span in found if not owns(brand, mail))


def spoken_for(text: str) -> Iterator[tuple[str, Span]]:
    """Find the organisation whose name begins a message, or a line of it, while no link is its own."""
    mail = message(text)
    lines = (len(line) for line in text[:MOST_OF_MESSAGE].splitlines(keepends=True))
    for at in accumulate(lines, initial=0):
        written = LINE.match(text, at)
        start = written.end() if written else at
        opening = unaccented(text[start : start + _LONGEST_NAME]).lower()
        match = _brand().match(opening)
        if not match or not _SPEAKS.match(opening, match.end(1)):
            continue
        brand = match.group(1)
        if not any(is_own(brand, link.host, link.owner) for link in mail.links):
            yield brand, (start + match.start(1), start + match.end(1))


def named_in_message(text: str) -> Iterator[tuple[str, Span]]:
    """Find the organisations that a message names outside of addresses, while no link is their own."""
    links = message(text).links
    for match in _brand().finditer(unaccented(text[:MOST_OF_MESSAGE]).lower()):
        brand = match.group(1)
        address = text[match.start() : match.start(1)] == "@"
        if brand in _WORDS or address or any(is_own(brand, link.host, link.owner) for link in links):
            continue
        yield brand, match.span(1)


def parted_in_message(text: str) -> Iterator[tuple[str, Span]]:
    """Find names that a message parts by a sign, or in which one stands for a letter, as no owner does."""
    links = message(text).links
    for match in _PARTED.finditer(text[:MOST_OF_MESSAGE]):
        plain, (start, stop) = _SIGNS.sub("", match.group().lower()), match.span()
        if len(plain) < _LEAST_PARTED or any(link.span[0] < stop and start < link.span[1] for link in links):
            continue
        for joined, brand in _JOINED.items():
            lacking = len(joined) == len(plain) + 1 and OSA.distance(plain, joined, score_cutoff=1) == 1
            if (plain == joined or lacking) and not any(is_own(brand, one.host, one.owner) for one in links):
                yield brand, (start, stop)


def owns(brand: str, mail: Message) -> bool:
    """Tell whether one of a mail's senders writes from a domain of a brand."""
    return any(is_own(brand, sender.host, sender.owner) for sender in mail.senders)


def is_own(brand: str, host: str, owner: str) -> bool:
    """Tell whether a host is a brand's own.

    A name of a list is a label (``paypal`` stands for paypal.com, paypal.de), the beginning or the end of one
    (``ca-``, ``-volksbank``), or a domain (``gov.uk``).

    >>> is_own("paypal", "mail.paypal.de", "paypal.de"), is_own("hmrc", "hmrc.gov.uk", "hmrc.gov.uk")
    (True, True)
    >>> is_own("paypal", "paypal-help.com", "paypal-help.com")
    False
    """
    label = label_of(owner)
    host = host.lower()
    for name in _BRANDS[brand]:
        if "." in name and (host == name or host.endswith(f".{name}")):
            return True
        if label == name or (name[-1] == "-" and label.startswith(name)):
            return True
        if name[0] == "-" and label.endswith(name):
            return True
    return False


def is_known(host: str, owner: str) -> bool:
    """Tell whether a host is that of any known organisation."""
    return any(is_own(brand, host, owner) for brand in _BRANDS)


def without_brands(text: str) -> str:
    """Write ``brand`` for the names of organisations that are nothing else than names."""
    replaced: str = _certain().sub(" brand ", text)
    return replaced


def _named(shown: str, start: int) -> Iterator[tuple[str, Span]]:
    """Find the brand as which a sender poses by its display name, which stands at `start`.

    It may be written with signs that look like its letters, or with signs between them.
    """
    shown = shown[:_LONGEST_SHOWN]
    if not shown or _ELSEWHERE.search(shown):
        return
    name = unaccented(shown)
    for match in islice(_brand().finditer(name.lower()), _MOST_NAMES):
        if _speaks(name, match.span(1)):
            first, last = match.span(1)
            yield match.group(1), (start + first, start + last)
            return
    for match in _DISGUISED.finditer(name):
        plain = _SEPARATORS.sub("", match.group()).replace("I", "l").replace("|", "l").lower()
        meant = plain.translate(_FIGURES)
        if meant != match.group().lower() and meant in _BRANDS and meant not in _WORDS:
            yield meant, (start + match.start(), start + match.end())
            return


def _speaks(name: str, span: Span) -> bool:
    """Tell whether a name is that of a brand speaking: alone, beside words of service, or at its head."""
    brand = name[span[0] : span[1]].lower()
    others = [word.lower() for word in _WORD.findall(name[: span[0]] + " " + name[span[1] :])]
    strange = [word for word in others if word not in _SERVICE and not any(c.isdigit() for c in word)]
    if not strange:
        return True
    first = not any(c.isalnum() for c in name[: span[0]])
    return brand not in _WORDS and first and len(strange) < _MOST_OTHER_WORDS


def _openings(mail: Message) -> Iterator[Span]:
    """Yield the short ones of the first lines of the body, where an organisation writes its name."""
    text, count, position = mail.text, 0, mail.body_start
    for line in text[position : position + 2_000].splitlines(keepends=True):
        if line.strip():
            count += 1
            if len(line.split()) <= 4:
                yield position, position + len(line.rstrip())
        if count >= _OPENING_LINES:
            return
        position += len(line)


@cache
def _names() -> str:
    return "|".join(re2.escape(name) for name in sorted(_BRANDS, key=lambda name: (-len(name), name)))


@cache
def _brand() -> Any:
    return compiled(rf"(?:^|[^\pL\d])({_names()})(?:[^\pL\d]|$)")


@cache
def _certain() -> Any:
    certain = sorted(set(_BRANDS) - _WORDS, key=lambda name: (-len(name), name))
    names = "|".join(re2.escape(name) for name in certain)
    return compiled(rf"(?i)\b(?:{names})\b")


@cache
def _signature() -> Any:
    names = _names()
    return compiled(_SIGNATURE.replace("%s", names))
