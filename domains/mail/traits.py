"""Traits of a mail that honest mail seldom has together: how it was sent, where it leads, how it is written.

None of them is fraud by itself; each has points, and the signs in `request_signs.py` and `sender_signs.py`
ask how many come together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from docassay.domains import Span
from docassay.domains.mail.brands import named_in_message, posed_as, signed_as, spoken_for
from docassay.domains.mail.message import MOST_OF_MESSAGE, Mailbox, Message, WebLink, message
from docassay.domains.mail.names import KNOWN, is_domain, label_of
from docassay.domains.mail.wording import near, phrase_matches
from docassay.domains.patterns import compiled
from docassay.domains.typography import unaccented

MAILBOXES = frozenset(KNOWN["mailboxes"])
"""Domains at which anybody gets an address."""

_SHORTENERS = frozenset(KNOWN["shorteners"])
_HOSTING = frozenset(KNOWN["hosting"])
_HOSTS = tuple(KNOWN["hosts"])
_CHEAP = frozenset(KNOWN["cheap"])
_TENANTS = tuple(KNOWN["tenants"])
_COMPANIONS = frozenset(KNOWN["companions"])
_ADDRESS = compiled(r"^\d{1,3}(?:\.\d{1,3}){3}$|^0x[0-9a-f]{6,}$|^\d{8,10}$|^0[0-7]{9,12}$")
_IPFS = compiled(r"(?i)/ipfs/|\.ipfs\.|/ipns/")
_REDIRECT = compiled(
    r"(?i)^https?://(?:www\.)?(?:google\.[a-z.]+/(?:url|amp)"
    r"|[^/]{1,80}/[^?]{0,200}\?[^#]{0,200}(?:url|redirect|redir|target|dest|goto|u)=(?:https?(?::|%3a)|//))"
)
_PADDED = compiled(r"(?im)^(?:from|sender|subject|reply-to):[^\n]*(?:_{12,}|={12,}| {20,})")
_NO_RECIPIENT = compiled(r"(?i)undisclosed|unlisted|recipients?\s*(?::|;|<)")
_GREETING = compiled(
    r"(?i)(?:dear|hello|hi|hey|hallo|guten tag|bonjour|cher|chère|hola|estimad[oa]|olá|ola|parabéns"
    r"|prezad[oa](?:\(a\))?|ciao|gentile|salve|buongiorno)[ ,:!]{1,3}(\S{5,80})"
)
_CAMEL = compiled(r"(?:[A-Z][a-z]+|[a-z]{2,}|[A-Z]{2,})(?:[A-Z][a-z]+|[A-Z]{1,3})*\d*")
_WORDLIKE = compiled(r"[a-z]{4}")
_NUMBERED = compiled(r"_\d{5}$")
_NEVER = frozenset(KNOWN["pairs"])
_STORED_PAGE = compiled(
    r"(?i)(?:storage\.googleapis\.com|core\.windows\.net|amazonaws\.com|digitaloceanspaces\.com|r2\.dev"
    r"|backblazeb2\.com)/[^?#]{1,200}\.html?\b"
)
_FREE_CONTACT = compiled(r"[A-Za-z0-9._%+-]{2,60}@([A-Za-z0-9.-]{4,40}\.[A-Za-z]{2,6})")
_BROKEN_NAME = compiled(r"\"<>[^<>,;\"]*$")  # From: "Parcel"<>63493<info@a.example>
_LONG_FRAGMENT = 12
MANY_OWNERS = 12
"""Organisations that the links of a mail lead to, from which on it is a digest."""
FEW_LETTERS = 250
"""Letters of a body, without its links, up to which it is nothing but links and pictures."""


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait of a mail.

    Attributes:
        points: How much it counts towards suspicion.
        span: Where it is seen.
    """

    name: str
    points: int
    span: Span


@lru_cache(maxsize=4)
def traits(text: str) -> tuple[Trait, ...]:
    """Find the traits of a mail, each at most once, in a fixed order."""
    mail = message(text)
    found: dict[str, Trait] = {}
    for source in (_sending, _leading, _writing):
        for trait in source(mail):
            found.setdefault(trait.name, trait)
    return tuple(found.values())


def points(text: str, *without: str) -> int:
    """Sum up the points of a mail's traits, but for some."""
    return sum(trait.points for trait in traits(text) if trait.name not in without)


def has(text: str, *names: str) -> bool:
    """Tell whether a mail has one of some traits."""
    return any(trait.name in names for trait in traits(text))


def _sending(mail: Message) -> Iterator[Trait]:
    """How it was sent: by whom, to whom, answered where, proven by what."""
    for _, span in posed_as(mail.text):
        yield Trait("brand_in_name", 3, span)
    for sender in mail.authors:
        if is_quoted(sender) and not _exists(sender, mail):
            yield Trait("quoted_sender", 2, sender.span)
        elif is_impossible(sender) and not _exists(sender, mail):
            yield Trait("impossible_sender", 2, sender.span)
        elif _is_made_by_machine(sender):
            yield Trait("random_sender", 1, sender.span)
        if sender.owner in _HOSTING:
            yield Trait("hosted_sender", 1, sender.span)
        if sender.owner.rpartition(".")[2] in _CHEAP:
            yield Trait("cheap_sender", 1, sender.span)
        if sender.owner in MAILBOXES:
            yield Trait("free_sender", 1, sender.span)
    senders = mail.sender_owners
    for submitter in mail.submitter:
        if senders and submitter.owner not in senders and mail.verdicts and not mail.passed:
            yield Trait("other_submitter", 1, submitter.span)
    for reply in mail.replies:
        if senders and reply.owner not in senders:
            free = reply.owner in MAILBOXES
            yield Trait(
                "free_reply" if free else "other_reply",
                2 if free and not senders & MAILBOXES else 0,
                reply.span,
            )
    if mail.verdicts and not mail.passed:
        yield Trait("unproven", 1, mail.verdicts[0][2])
    yield from _receiving(mail)
    if padded := _PADDED.search(mail.text[: mail.body_start]):
        yield Trait("padded_header", 2, padded.span())


def _receiving(mail: Message) -> Iterator[Trait]:
    """Whether it says to whom it was sent."""
    end = mail.body_start
    if not mail.senders or not end:
        return
    hidden = _NO_RECIPIENT.search(mail.text[:end])
    own = {sender.address.lower() for sender in mail.senders}
    if hidden:
        yield Trait("hidden_recipients", 1, hidden.span())
    elif mail.recipients and all(recipient.address.lower() in own for recipient in mail.recipients):
        yield Trait("hidden_recipients", 1, mail.recipients[0].span)


def _leading(mail: Message) -> Iterator[Trait]:
    """Where its links lead; those of a digest, to many organisations, tell nothing."""
    senders = mail.sender_owners
    digest = len({link.owner for link in mail.links}) > MANY_OWNERS
    for link in mail.links:
        if link.owner in senders or digest:
            continue
        if link.owner in _SHORTENERS:
            yield Trait("short_link", 1, link.span)
            if len(link.target.partition("#")[2]) >= _LONG_FRAGMENT:
                yield Trait("marked_link", 1, link.span)
        if _ADDRESS.search(link.host) and not link.bare:
            yield Trait("numeric_link", 2, link.span)
        if _is_hosted(link) or _IPFS.search(link.target):
            yield Trait("hosted_link", 1, link.span)
            if _STORED_PAGE.search(link.target):
                yield Trait("stored_page", 1, link.span)
        if _REDIRECT.search(link.target):
            yield Trait("redirecting_link", 1, link.span)
        if link.owner.rpartition(".")[2] in _CHEAP:
            yield Trait("cheap_link", 1, link.span)
        if looks_random(label_of(link.owner)):
            yield Trait("random_link", 1, link.span)
    if not mail.body_start and mail.links and len(mail.text) <= MOST_OF_MESSAGE:
        named = [*spoken_for(mail.text), *named_in_message(mail.text)]
        yield Trait("message_link", 2 if named else 1, mail.links[0].span)
    clickable = [link for link in mail.links if not link.bare]
    owners = {link.owner for link in clickable}
    if owners and senders and not owners & senders and not senders & MAILBOXES:
        yield Trait("foreign_links", 0, clickable[0].span)
        if sum(c.isalpha() for c in _without_links(mail)) <= FEW_LETTERS:
            yield Trait("only_links", 1, mail.links[0].span)


def _is_hosted(link: WebLink) -> bool:
    return link.owner in _HOSTING or link.host.endswith(_HOSTS)


def is_anybodys(link: WebLink) -> bool:
    """Tell whether a link leads to where anybody may publish a page, or hides where it leads."""
    return _is_hosted(link) or link.owner in _SHORTENERS


def _without_links(mail: Message) -> str:
    pieces, position = [], mail.body_start
    for link in sorted(mail.links, key=lambda link: link.span):
        written = max(mail.text.rfind(mark, *link.span) for mark in ("<", "]("))
        address = max(position, link.span[0] if written < 0 else written)
        pieces.append(mail.text[position:address])
        position = max(position, link.span[1])
    return "".join([*pieces, mail.text[position:]])[:20_000]


def through_service(mail: Message) -> bool:
    """Tell whether a mail came from a service that sends for whoever has an account there."""
    return any(
        sender.host.lower() == name or sender.host.lower().endswith(f".{name}")
        for sender in mail.senders
        for name in _TENANTS
    )


def is_own_affair(mail: Message) -> bool:
    """Tell whether DMARC proves the sender, and the links of the mail stay with it.

    Whoever has a free mailbox is proven as well, and nothing is of who forwards. What comes through a service
    is judged by what it asks (`request_signs.abused_service`).
    """
    owners = {link.owner for link in mail.links} - _COMPANIONS
    return (
        "dmarc" in mail.passed
        and bool(owners)
        and owners <= mail.sender_owners
        and not mail.is_forwarded
        and not senders_free(mail)
    )


def senders_free(mail: Message) -> bool:
    """Tell whether nothing is known of a mail's senders, or one writes from a free mailbox."""
    return not mail.senders or bool(mail.sender_owners & MAILBOXES)


def _own_addresses(mail: Message) -> set[str]:
    return {one.address.lower() for one in (*mail.senders, *mail.recipients, *mail.replies)}


def _writing(mail: Message) -> Iterator[Trait]:
    """How it is written."""
    text, end = mail.text, mail.body_start
    for _, span in signed_as(text):
        yield Trait("brand_in_body", 1, span)
    broken = text.find("\ufffd", 0, end)
    if broken >= 0:
        yield Trait("broken_header", 1, (broken, broken + 1))
    for sender in mail.senders:
        if _BROKEN_NAME.search(sender.name):
            yield Trait("broken_header", 1, sender.name_span)
    for recipient in mail.recipients:
        place = named_by_address(mail, recipient)
        if place:
            yield Trait("named_by_address", 1, place)
    if not senders_free(mail):
        for match in _FREE_CONTACT.finditer(text[end : end + 10_000]):
            if match.group(1).lower() in MAILBOXES and match.group().lower() not in _own_addresses(mail):
                yield Trait("free_contact", 1, (end + match.start(), end + match.end()))
    locked = phrase_matches(text, "locked")
    if near(locked, phrase_matches(text, "attached"), 300):
        yield Trait("locked_attachment", 1, locked[0])
    if strangers := phrase_matches(text, "stranger"):
        yield Trait("stranger", 1, strangers[0])
    if pressing := phrase_matches(text, "pressure"):
        yield Trait("pressure", 1, pressing[0])


def named_by_address(mail: Message, recipient: Mailbox) -> Span | None:
    """Find where the subject or the greeting calls the recipient by the address, as a list allows it."""
    address = recipient.address.lower()
    local = address.rpartition("@")[0]
    names = [address] if len(address) >= 5 else []
    if len(local) >= 5 and any(c.isdigit() for c in local):  # not that of a mailing list
        names.append(local)
    if mail.subject:
        subject = unaccented(mail.text[slice(*mail.subject)]).lower()
        for name in names:
            if (at := subject.find(name)) >= 0:
                return mail.subject[0] + at, mail.subject[0] + at + len(name)
    for greeting in _GREETING.finditer(mail.text[mail.body_start : mail.body_start + 600]):
        for name in names:
            if greeting.group(1).lower().startswith(name):
                start = mail.body_start + greeting.start(1)
                return start, start + len(name)
    return None


def is_quoted(sender: Mailbox) -> bool:
    """Tell whether a sender's address is one quoted string, which is shown as if it had the domain in it.

    It has no domain of its own (RFC 5321, section 4.1.2).
    """
    return len(sender.address) > 2 and sender.address[0] == sender.address[-1] == '"'


def is_impossible(sender: Mailbox) -> bool:
    """Tell whether nobody can have an address: its domain has no suffix that exists, or forbidden signs.

    Names inside one's own network (``localhost``, ``server.local``) are left alone, and quoted strings.
    """
    if is_quoted(sender):
        return False
    host = sender.host.lower().lstrip(".").rstrip(".\"'")
    if not host or host.endswith(
        (".local", ".lan", ".internal", ".home", "localhost", ".localdomain", ".example", ".invalid", ".test")
    ):
        return False
    if not all(c.isalnum() or c in ".-" for c in host):
        return True
    return not is_domain(host)


def _exists(sender: Mailbox, mail: Message) -> bool:
    """Tell whether a sender's domain is proven by DMARC, or is the recipients' own."""
    own = {recipient.host.lower() for recipient in mail.recipients}
    return "dmarc" in mail.passed or sender.host.lower() in own


def looks_random(label: str) -> bool:
    """Tell whether a name was made by a machine: letters and figures in turn, upper and lower case in turn.

    >>> looks_random("lrnpd0axu1"), looks_random("GkBSOju"), looks_random("zlxwgyuqyrir")
    (True, True, True)
    >>> looks_random("northgate"), looks_random("DoNotReply"), looks_random("web24")
    (False, False, False)
    """
    if not 5 <= len(label) <= 64 or not label.isascii() or not label.isalnum():
        return False
    turns = sum(a.isdigit() != b.isdigit() for a, b in pairwise(label))
    if turns >= 3:
        return True
    upper, lower = sum(c.isupper() for c in label), sum(c.islower() for c in label)
    if len(label) >= 6 and upper >= 2 and lower >= 2:
        return not _CAMEL.fullmatch(label) or (upper >= 3 and not _WORDLIKE.search(label))
    letters = [c for c in label.lower() if c.isalpha()]
    vowels = sum(c in "aeiouy" for c in letters)
    rare = sum(a + b in _NEVER or (a == "q" and b != "u") for a, b in pairwise(letters))
    return rare >= 2 or (len(letters) >= 10 and vowels * 7 < len(letters))


def _is_made_by_machine(sender: Mailbox) -> bool:
    local = sender.address.rpartition("@")[0]
    return looks_random(local) or bool(_NUMBERED.search(local)) or looks_random(label_of(sender.owner))
