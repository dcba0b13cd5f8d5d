"""Read a mail's headers, addresses and links as a fraud analyst does."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import idna
import re2
from rapidfuzz.distance import OSA

from docassay.domains import Span, View

if TYPE_CHECKING:
    from tldextract import TLDExtract

_LISTS = tomllib.loads((Path(__file__).parent / "known.toml").read_text(encoding="utf-8"))
_BRANDS = frozenset(_LISTS["brands"])
_MAILBOXES = frozenset(_LISTS["mailboxes"])
_SENDERS = re2.compile(rf"(?i)\b({'|'.join(re2.escape(name) for name in _LISTS['senders'])})\b")
_HEADER_LINE = re2.compile(r"[A-Z][A-Za-z0-9-]*:(?:[ \t].*)?$")
_ADDRESS = re2.compile(r"[A-Za-z0-9._%+-]+@((?:[\pL\d-]+\.)+[\pL][\pL\d-]+)")
_HOST = re2.compile(r"(?i)\b(?:https?://|www\.)((?:[\pL\d-]+\.)+[\pL][\pL\d-]+)")
# A name and an address in angle brackets, or an address alone (RFC 5322, section 3.4). Python's own
# reader differs between patch versions on exactly the hostile forms that matter here.
_MAILBOX = re2.compile(
    r"(?:\"([^\"]*)\"|([^<>,;\"]*))\s*<\s*([^<>\s]+@[^<>\s]+)\s*>|([^<>,;\s\"]+@[^<>,;\s\"]+)"
)
_LINK = re2.compile(
    r"\[([^\]\n]+)\]\(\s*<?(https?://[^)\s>]+)>?\s*\)"
    r"|\b((?:https?://)?(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/[^\s<(]*)?)\s?[<(](https?://[^)\s>]+)[>)]"
)
_SHOWN_HOST = re2.compile(
    r"(?i)^\W*(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:[/:][^\s?]*)?\W*$"
)
_VERDICT = re2.compile(r"(?i)\b(spf|dkim|dmarc)\s?=\s?([a-z]+)")
_FAILED_SPF = re2.compile(r"(?im)^Received-SPF:\s*(fail)\b")

# Characters that look like a Latin letter (Unicode Technical Standard 39, confusables), the ones that
# domain names are forged with.
_LOOKALIKES = str.maketrans(
    "асеорхуіјѕԁԛԝһӏηανοικτρωγ01357",
    "aceopxyijsdqwhlnavoiktpwyolest",
)


def header_block(text: str) -> int:
    r"""Give the offset behind the headers of a mail, or 0 where a text does not start with headers.

    >>> header_block("From: a@b.example\nSubject: x\n\nHello")
    29
    >>> header_block("Subject: to change\nis hard")
    0
    """
    position = 0
    names: set[str] = set()
    for line in text[:20_000].splitlines(keepends=True):
        if not line.strip():
            break
        if not _HEADER_LINE.match(line.rstrip()) and not (names and line[0] in " \t"):
            return 0
        names.add(line.partition(":")[0].lower())
        position += len(line)
    enough = "from" in names and names & {"to", "subject", "date", "reply-to"}
    return position if enough or names == {"subject"} else 0


def mail_opening(view: View) -> Iterable[Span]:
    """Find the headers that a mail's text starts with."""
    end = header_block(view.text)
    if end:
        yield (0, len(view.text[:end].rstrip()))


@dataclass(frozen=True, slots=True)
class _Address:
    """A mailbox of a header, and the span of its address.

    Attributes:
        owner: The organisational domain (RFC 7489, section 3.2).
    """

    name: str
    span: Span
    owner: str


def reply_to_mismatch(view: View) -> Iterable[Span]:
    """Find a Reply-To address of another organisation than the sender's, where that is suspect.

    Newsletters and ticket systems answer elsewhere for good reason. Such an address is suspect when it leads
    to a free mailbox, to a domain that looks like the sender's, or away from a mail about a payment.
    """
    replies = list(_addresses(view, "Reply-To"))
    senders = {one.owner for one in _addresses(view, "From")}
    if not senders:
        return
    for reply in replies:
        if reply.owner in senders:
            continue
        free = reply.owner in _MAILBOXES and not senders & _MAILBOXES
        if free or any(_alike(reply.owner, sender) for sender in senders) or _about_payment(view):
            yield reply.span


def display_name_spoof(view: View) -> Iterable[Span]:
    """Find a sender whose display name is an address of another organisation than the real one."""
    for sender in _addresses(view, "From"):
        for shown in _ADDRESS.finditer(sender.name):
            if owner(shown.group(1)) != sender.owner:
                start = view.text.find(shown.group(), 0, header_block(view.text))
                if start >= 0:
                    yield (start, start + len(shown.group()))


def brand_impersonation(view: View) -> Iterable[Span]:
    """Find a sender who bears the name of a well-known company or authority and writes from elsewhere.

    The name has to begin with the brand; ``Ada via DocuSign`` and ``Smith v. Amazon`` are left alone.
    """
    for sender in _addresses(view, "From"):
        shown = _SENDERS.search(sender.name)
        if not shown or any(c.isalpha() for c in sender.name[: shown.start()]) or " via " in sender.name:
            continue
        owner_words = _LISTS["senders"][" ".join(shown.group(1).lower().split())]
        if not any(word in sender.owner or word in sender.owner.replace("-", "") for word in owner_words):
            start = view.text.find(sender.name, 0, sender.span[0])
            if start >= 0:
                yield (start + shown.start(), start + shown.end())


def failed_authentication(view: View) -> Iterable[Span]:
    """Find results of SPF, DKIM and DMARC that say that the mail is not from whom it claims.

    A failed DMARC says so, unless SPF and DKIM both passed for another name, as with mailing services. A
    failed SPF or DKIM says so where nothing passed: forwarding breaks the one, mailing lists the other.
    A softfail alone says little (RFC 7208, section 8.5).
    """
    end = header_block(view.text)
    results: list[tuple[str, str, Span]] = []
    for start, stop in _header_spans(view.text, end, "Authentication-Results"):
        results += [
            (m.group(1).lower(), m.group(2).lower(), (start + m.start(), start + m.end()))
            for m in _VERDICT.finditer(view.text[start:stop])
        ]
    passed = {method for method, result, _ in results if result == "pass"}
    for method, result, span in results:
        aligned_only = method == "dmarc" and {"spf", "dkim"} <= passed
        if result == "fail" and not aligned_only and (method == "dmarc" or not passed):
            yield span
    if not results:
        for match in _FAILED_SPF.finditer(view.text[:end]):
            yield match.span(1)


def lookalike_domain(view: View) -> Iterable[Span]:
    """Find domains that imitate a well-known name, or another domain of the same text.

    The domains of addresses and links are compared by look (``rn`` for ``m``, ``1`` for ``l``, letters of
    other alphabets), and by one typing error in a name of six letters or more.
    """
    domains = list(_domains(view.text))
    owners = {name for name, _ in domains}
    if not domains:
        return
    sender_side = {one.owner for h in ("From", "Reply-To") for one in _addresses(view, h)}
    recipient_side = {one.owner for h in ("To", "Cc") for one in _addresses(view, h)}
    for name, span in domains:
        label = _label(name)
        if _imitates_brand(label) or any(
            _alike(name, other) and _forged_side(name, other, sender_side, recipient_side) for other in owners
        ):
            yield span


def punycode_domain(view: View) -> Iterable[Span]:
    """Find internationalised domains whose letters pass for Latin ones.

    A name in one script that does not look Latin, or in Latin with accents, is left alone.
    """
    for name, span in _domains(view.text):
        decoded = _decoded(name)
        if decoded.isascii():
            continue
        for label in decoded.split("."):
            scripts = {_script(c) for c in label if c.isalpha()}
            foreign = scripts & {"CYRILLIC", "GREEK"}
            if foreign and ("LATIN" in scripts or _skeleton(label).isascii()):
                yield span
                break


def link_mismatch(view: View) -> Iterable[Span]:
    """Find links whose text is the address of one organisation and whose target is another's.

    Mailing services count clicks through their own domains. So a target within the sender's organisation is
    left alone, and so is a mail of four links or more that all lead to one domain.
    """
    senders = {one.owner for one in _addresses(view, "From")}
    links = []
    for match in _LINK.finditer(view.text):
        text, target = (
            (match.group(1), match.group(2)) if match.group(1) else (match.group(3), match.group(4))
        )
        host = _HOST.match(target)
        if host:
            links.append((match.span(), text, owner(host.group(1))))
    targets = {target for _, _, target in links}
    for span, text, target in links:
        shown = _SHOWN_HOST.match(text.strip())
        if not shown or shown.group(1).count(".") == 0:
            continue
        claimed = owner(shown.group(1))
        counted = len(links) >= 4 and len(targets) == 1
        if claimed != target and target not in senders and not counted and _is_domain(claimed):
            yield span


def owner(domain: str) -> str:
    """Give the organisational domain of a host name, in lower case.

    >>> owner("mail.pay.acme.co.uk"), owner("billing.acme.example")
    ('acme.co.uk', 'acme.example')
    """
    name = domain.lower().strip(".")
    registered = _extract()(name).top_domain_under_public_suffix
    return registered or ".".join(name.split(".")[-2:])


@cache
def _extract() -> TLDExtract:
    # Imported late, since it costs 0.15 s and most documents have no address. Without suffix_list_urls
    # it reads the list that it was shipped with and asks no server.
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def _is_domain(name: str) -> bool:
    """Tell a domain under a known suffix from a file name such as ``report.txt``."""
    return bool(_extract()(name).suffix) or name.endswith((".example", ".test", ".invalid"))


def _header_spans(text: str, end: int, name: str) -> Iterator[Span]:
    """Find the values of a header, with their folded lines."""
    position, inside, start = 0, False, 0
    for line in [*text[:end].splitlines(keepends=True), ""]:
        folded = line[:1] in {" ", "\t"}
        if inside and not folded:
            yield (start, position)
            inside = False
        if line.lower().startswith(f"{name.lower()}:"):
            inside, start = True, position + len(name) + 1
        position += len(line)


def _addresses(view: View, header: str) -> Iterator[_Address]:
    end = header_block(view.text)
    for start, stop in _header_spans(view.text, end, header):
        for match in islice(_MAILBOX.finditer(view.text[start : min(stop, start + 4_000)]), 20):
            group = 3 if match.group(3) else 4
            address = match.group(group)
            name = (match.group(1) or match.group(2) or "").strip()
            span = (start + match.start(group), start + match.end(group))
            yield _Address(name, span, owner(address.rpartition("@")[2]))


def _domains(text: str) -> Iterator[tuple[str, Span]]:
    """Find the organisational domains of addresses and links, first mentions only, at most 200."""
    seen: set[str] = set()
    if "@" not in text and "://" not in text and "www." not in text:
        return
    for pattern in (_ADDRESS, _HOST):
        for match in pattern.finditer(text):
            name = match.group(1).lower()
            if name in seen:
                continue
            seen.add(name)
            if len(seen) > 200:
                return
            yield owner(name), match.span(1)


def _label(domain: str) -> str:
    return _decoded(domain).split(".")[0]


def _decoded(domain: str) -> str:
    if "xn--" not in domain:
        return domain
    try:
        return str(idna.decode(domain))
    except idna.IDNAError:
        return domain


def _skeleton(label: str) -> str:
    r"""Write a label as it looks to a hasty reader.

    >>> _skeleton("rnicr0soft"), _skeleton("\u0440\u0430yp\u00e1l")
    ('microsoft', 'paypal')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", label.lower()) if not unicodedata.combining(c))
    return plain.translate(_LOOKALIKES).replace("rn", "m").replace("vv", "w").replace("-", "")


def _script(char: str) -> str:
    return unicodedata.name(char, "UNKNOWN").split()[0]


_BAIT = re2.compile(
    r"(?:^|-)(?:secure|login|logon|verify|verification|account|accounts|support|update|billing|"
    r"alert|alerts|unlock|refund|payment|payments)(?:-|$)"
)


def _imitates_brand(label: str) -> bool:
    if label in _BRANDS or len(label) < 4:
        return False
    skeleton = _skeleton(label)
    if label != skeleton and skeleton in _BRANDS and skeleton != label.replace("-", ""):
        return True
    if _BAIT.search(label) and any(word in _BRANDS for word in label.split("-")):
        return True
    return len(label) >= 6 and any(
        len(brand) >= 6 and brand[0] == label[0] and OSA.distance(label, brand, score_cutoff=1) == 1
        for brand in _BRANDS
    ) and not label.endswith("s")  # fmt: skip


def _alike(one: str, other: str) -> bool:
    """Tell two different domains that a hasty reader takes for the same."""
    a, b = _label(one), _label(other)
    if a == b or min(len(a), len(b)) < 6:
        return False
    if _skeleton(a) == _skeleton(b):
        return True
    differ = OSA.distance(a, b, score_cutoff=1) == 1
    # acme1 and acme2 are two machines, not a forgery.
    return differ and a.rstrip("0123456789") != b.rstrip("0123456789")


def _forged_side(name: str, other: str, sender_side: set[str], recipient_side: set[str]) -> bool:
    """Tell whether `name`, one of two domains that look alike, is forged: the sender's, or the disguised."""
    if name in recipient_side:
        return False
    if name in sender_side and other not in sender_side:
        return True
    if other in sender_side and name not in sender_side:
        return other in recipient_side
    return _skeleton(_label(name)) != _label(name).replace("-", "") or name > other


_PAYMENT = re2.compile(
    r"(?i)\b(?:invoice|payment|wire|bank (?:details|account)|remit(?:tance)?|"
    r"transfer (?:of )?(?:funds|the)|IBAN|beneficiary|inheritance|compensation fund)\b"
)


def _about_payment(view: View) -> bool:
    body = view.text[header_block(view.text) :][:20_000]
    return sum(1 for _ in _PAYMENT.finditer(body)) >= 2
