"""Domains that imitate others: by look, by a typing error, by letters of another alphabet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA

from docassay.domains import RuleInput, Span
from docassay.domains.mail.brands import GROUPS, is_known
from docassay.domains.mail.message import message
from docassay.domains.mail.names import KNOWN, decoded, label_of, owner, script, skeleton
from docassay.domains.patterns import compiled

MANY = 20
"""Organisations whose domains a text names, from which on it is a digest of links."""

_IMITATED = frozenset(KNOWN["imitated"])
_WORDS = frozenset(KNOWN["words"])
_NAMES_ALONE = _IMITATED - _WORDS
_CHEAP = frozenset(KNOWN["cheap"])
_NEIGHBOURS = frozenset(KNOWN["neighbours"])
_TRUE = frozenset(name for names in KNOWN["brands"].values() for name in names)
ADDRESS = compiled(r"[A-Za-z0-9._%+-]+@((?:[\pL\d-]+\.)+[\pL][\pL\d-]+)")
_WITHIN = compiled(r"[a-z][29][a-z]")
"""A figure within a word that readers of pictures take for a letter."""

_FORGED = {"2": "z", "9": "gq"}
"""What forgers write these figures for."""

_DIGITS = "0123456789"

_TECHNICAL = compiled(
    r"(?im)^(?:message-id|references|in-reply-to|received(?:-spf)?|authentication-results|arc-[a-z-]+"
    r"|dkim-signature"
    r"|list-[a-z-]+|x-[a-z-]+):[^\n]*(?:\n[ \t][^\n]*)*"
)
_HOST = compiled(r"(?i)\b(?:https?://|www\.)((?:[\pL\d-]+\.)+[\pL][\pL\d-]+)")


def lookalike_domain(view: RuleInput) -> Iterable[Span]:
    """Find domains that imitate a well-known name, or another domain of the same text.

    The domains of addresses and links are compared by look (``rn`` for ``m``, ``1`` for ``l``, letters of
    other alphabets), and by one typing error in a name of six letters or more.
    """
    yield from (link.span for link in message(view.text).links if _borrows(link.host, link.owner))
    domains = list(_domains(_without_technical_headers(view.text)))
    owners = {name for name, _ in domains}
    if not domains:
        return
    mail = message(view.text)
    sender_side = {one.owner for one in (*mail.senders, *mail.replies)}
    recipient_side = {one.owner for one in mail.recipients}
    many = len(owners) > MANY
    if many:  # of so many names two are alike by chance: only who writes and who reads are compared
        owners &= sender_side | recipient_side
    for name, span in domains:
        label = label_of(name)
        if many and name not in owners:
            continue
        if _imitates_brand(label) or any(
            alike(name, other) and _forged_side(name, other, sender_side, recipient_side) for other in owners
        ):
            yield span


def punycode_domain(view: RuleInput) -> Iterable[Span]:
    """Find internationalised domains whose letters pass for Latin ones.

    A name in one script that does not look Latin, or in Latin with accents, is left alone.
    """
    for name, span in _domains(view.text):
        shown = decoded(name)
        if shown.isascii():
            continue
        for label in shown.split("."):
            scripts = {script(c) for c in label if c.isalpha()}
            foreign = scripts & {"CYRILLIC", "GREEK"}
            if foreign and ("LATIN" in scripts or skeleton(label).isascii()):
                yield span
                break


def _without_technical_headers(text: str) -> str:
    """Blank the headers that machines write for machines, whose names nobody reads."""
    end = message(text).body_start
    return str(_TECHNICAL.sub(lambda match: " " * len(match.group()), text[:end])) + text[end:]


def _domains(text: str) -> Iterator[tuple[str, Span]]:
    """Find the organisational domains of addresses and links, first mentions only, at most 200."""
    seen: set[str] = set()
    if "@" not in text and "://" not in text and "www." not in text:
        return
    for pattern in (ADDRESS, _HOST):
        for match in pattern.finditer(text):
            name = match.group(1).lower()
            if name in seen:
                continue
            seen.add(name)
            if len(seen) > 200:
                return
            yield owner(name), match.span(1)


_BAIT_WORD = (
    r"(?:my|your)?(?:secure|login|logon|verify|verification|account|accounts|support|update|billing|"
    r"alert|alerts|unlock|refund|payment|payments|validation|debit)"
)
_BAIT = compiled(rf"(?:^|[-\d]){_BAIT_WORD}(?:[-\d]|$)")
_BAIT_ALONE = compiled(rf"^[-\d]*(?:{_BAIT_WORD}[-\d]*)+$")
_LEAST_JOINED = 6
_IN_FRONT = compiled(r"(?:^|\.)([a-z0-9-]{2,40}\.(?:com|gov))[.-]")
_COUNTRYS = compiled(
    r"^(?:www\.)?((?:[a-z0-9-]{2,40}\.)?(?:com?|go[bv]|gouv)\.[a-z]{2}|[a-z0-9-]{3,40}\.[a-z]{2})\."
)
# Libraries and watched networks open every page under a name of their own.
_PROXY = compiled(r"proxy|ezp|vpn|\.mcas$|\bidm\.oclc$")


def _imitates_brand(label: str) -> bool:
    if label in _IMITATED or label in _TRUE or len(label) < 4:
        return False
    looks = skeleton(label)
    if label != looks and looks in _IMITATED and looks != label.replace("-", ""):
        return True
    if _BAIT.search(label) and _names_another(label, _IMITATED):
        return True
    long = (brand for brand in _NAMES_ALONE if len(brand) >= _LEAST_JOINED and brand in label)
    if any(_BAIT_ALONE.search(label.replace(brand, "-")) for brand in long):
        return True
    return len(label) >= 6 and any(
        len(brand) >= 6 and brand[0] == label[0] and OSA.distance(label, brand, score_cutoff=1) == 1
        for brand in _IMITATED
    ) and not label.endswith("s")  # fmt: skip


def poses(owner: str) -> bool:
    """Tell whether a domain, cheaply had, joins a well-known name to something by a hyphen."""
    name, _, suffix = owner.rpartition(".")
    return "-" in name and suffix in _CHEAP and _names_another(label_of(owner), _NAMES_ALONE - GROUPS)


def _names_another(label: str, names: frozenset[str]) -> bool:
    """Tell whether a label has a well-known name joined to something by a hyphen or figures."""
    words = label.split("-")
    return label not in _TRUE and any(not {word, word.strip(_DIGITS)}.isdisjoint(names) for word in words)


def _borrows(host: str, holder: str) -> bool:
    """Tell whether a host shows the domain of a known organisation in front of another's.

    That of a country counts in front of a cheap domain alone: an office may be called visa.de.acme.example.
    """
    cheap = holder.rpartition(".")[2] in _CHEAP
    if is_known(host, holder) or (not cheap and _PROXY.search(host.rpartition(".")[0])):
        return False
    shown = [match.group(1) for match in _IN_FRONT.finditer(host)]
    countrys = [match.group(1) for match in _COUNTRYS.finditer(host)] if cheap else []
    shown += (name for name in countrys if label_of(name) not in _WORDS)
    return any(is_known(name, name) for name in shown)


def alike(one: str, other: str) -> bool:
    """Tell two different domains that a hasty reader takes for the same."""
    a, b = label_of(one), label_of(other)
    if a == b or min(len(a), len(b)) < 6 or {a, b} <= _NEIGHBOURS:
        return False
    if skeleton(a) == skeleton(b):
        return True
    differ = OSA.distance(a, b, score_cutoff=1) == 1
    # acme1 and acme2 are two machines, not a forgery; ac2me was misread where acme was printed.
    misread = bool(_WITHIN.search(a)) is not bool(_WITHIN.search(b)) and not _forged_figure(a, b)
    return differ and not misread and a.rstrip(_DIGITS) != b.rstrip(_DIGITS)


def _forged_figure(a: str, b: str) -> bool:
    """Tell whether two labels of one length differ in a figure that stands for the letter it resembles."""
    if len(a) != len(b):
        return False
    pairs = [pair for pair in zip(a, b, strict=True) if pair[0] != pair[1]]
    return any(one in _FORGED.get(other, "") or other in _FORGED.get(one, "") for one, other in pairs)


def _forged_side(name: str, other: str, sender_side: set[str], recipient_side: set[str]) -> bool:
    """Tell whether `name`, one of two domains that look alike, is forged: the sender's, or the disguised."""
    if name in recipient_side:
        return False
    if name in sender_side and other not in sender_side:
        return True
    if other in sender_side and name not in sender_side:
        return other in recipient_side
    return skeleton(label_of(name)) != label_of(name).replace("-", "") or name > other
