"""A mail taken apart: who sent it, to whom, where answers and links lead, and what proves it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from docassay.domains import Span
from docassay.domains.mail.names import host_of, is_domain, owner
from docassay.domains.mail.rewritten import unwrapped
from docassay.domains.outline import trim
from docassay.domains.patterns import compiled
from docassay.languages import headers

_HEADER_LINE = compiled(r"[A-Z][A-Za-z0-9-]*:(?:[ \t].*)?$")
_VERDICT = compiled(r"(?i)\b(spf|dkim|dmarc)\s?=\s?([a-z]+)")
_IN_BRACKETS = compiled(r"<\s*([^<>\s]*@[^<>]*?)\s*>")
_BARE = compiled(r"[^<>,;:\s\"()\[\]]+@[^<>,;\s\"()\[\]]+")
AROUND_NAMES = " \t\"'<>,;:()_\u00a0"
# A copied header as mail programs of each language write it above a forwarded or quoted message.
_FORWARDED = compiled(
    rf"(?im)^[\s>*_|]*(?:{'|'.join(sorted(headers('from')))})\s?:\*? ?([^\n]{{1,200}})\n"
    rf"(?:[^\n]{{0,200}}\n){{0,3}}?[\s>*_|]*(?:{'|'.join(sorted(headers('to', 'date', 'subject')))})\s?:"
)
_WHOLE_HEAD = 40_000
_LONGEST_VALUE = 4_000
_MOST_ADDRESSES = 20
_FORWARDED_WITHIN = 1_500
_FEW_WORDS = 30
_WEB = ("http:", "https:", "//")


def header_block(text: str) -> int:
    r"""Give the offset behind the headers of a mail, or 0 where a text does not start with headers.

    >>> header_block("From: a@b.example\nSubject: x\n\nHello")
    29
    >>> header_block("Subject: to change\nis hard")
    0
    """
    position = 0
    names: set[str] = set()
    for line in text[:_WHOLE_HEAD].splitlines(keepends=True):
        if not line.strip():
            break
        if not _HEADER_LINE.match(line.rstrip()) and not (names and line[0] in " \t"):
            return 0
        names.add(line.partition(":")[0].lower())
        position += len(line)
    enough = "from" in names and names & {"to", "subject", "date", "reply-to"}
    return position if enough or names == {"subject"} else 0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of a header.

    Attributes:
        name: The display name, without quotes and what else surrounds it.
        host: What stands behind the ``@``.
        owner: The organisational domain of the host (RFC 7489, section 3.2).
        span: Where the address stands in the mail.
        name_span: Where the name stands, or the address where there is no name.
    """

    name: str
    address: str
    host: str
    owner: str
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class WebLink:
    """A link to the web.

    Attributes:
        words: What the reader sees of it.
        target: The address that it leads to, as it was before a mail security service wrote it anew.
        bare: It is an address in the text itself, nothing to click on that hides one.
        owner: The organisational domain that it leads to.
    """

    words: str
    target: str
    host: str
    owner: str
    span: Span
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A mail.

    Attributes:
        body_start: Where the body begins; what stands before are headers.
        senders: The mailboxes of ``From``, and of a forwarded message's copied header at the top of the body.
        authors: Whom it is judged by: the senders of the forwarded message where it is one, else its own.
        submitter: Those of ``Sender``.
        replies: Those of ``Reply-To``.
        recipients: Those of ``To`` and ``Cc``.
        subject: Where the subject stands.
        verdicts: Results of SPF, DKIM and DMARC: method, result, where.
    """

    text: str
    body_start: int
    senders: tuple[Mailbox, ...]
    authors: tuple[Mailbox, ...]
    submitter: tuple[Mailbox, ...]
    replies: tuple[Mailbox, ...]
    recipients: tuple[Mailbox, ...]
    subject: Span | None
    links: tuple[WebLink, ...]
    verdicts: tuple[tuple[str, str, Span], ...]

    @property
    def sender_owners(self) -> frozenset[str]:
        """The organisational domains of its senders."""
        return frozenset(mailbox.owner for mailbox in self.senders)

    @property
    def is_forwarded(self) -> bool:
        """Whether it is a message that was forwarded as it came: who sent it is proven by nothing."""
        return self.authors != self.senders

    @property
    def passed(self) -> frozenset[str]:
        """The methods of authentication that the receiving server let pass."""
        return frozenset(method for method, result, _ in self.verdicts if result in ("pass", "bestguesspass"))


@lru_cache(maxsize=4)
def message(text: str) -> Message:
    """Take a mail's text apart; a text without headers has senders and links only if it names some."""
    end = header_block(text)
    authentication = [
        (match.group(1).lower(), match.group(2).lower(), (start + match.start(), start + match.end()))
        for start, stop in header_spans(text, end, "Authentication-Results")
        for match in _VERDICT.finditer(text[start:stop])
    ]
    own, inner = tuple(_mailboxes(text, end, "From")), tuple(_forwarded(text, end))
    return Message(
        text=text,
        body_start=end,
        senders=(*own, *inner),
        authors=inner or own,
        submitter=tuple(_mailboxes(text, end, "Sender")),
        replies=tuple(_mailboxes(text, end, "Reply-To")),
        recipients=(*_mailboxes(text, end, "To"), *_mailboxes(text, end, "Cc")),
        subject=next((trim(text, *span) for span in header_spans(text, end, "Subject")), None),
        links=tuple(_web_links(text)),
        verdicts=tuple(authentication),
    )


def header_spans(text: str, end: int, name: str) -> Iterator[Span]:
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


def _mailboxes(text: str, end: int, header: str) -> Iterator[Mailbox]:
    for start, stop in header_spans(text, end, header):
        yield from mailboxes_in(text, start, min(stop, start + _LONGEST_VALUE))


def mailboxes_in(text: str, start: int, stop: int) -> Iterator[Mailbox]:
    """Find the mailboxes of a header's value.

    The name is all that stands before the address in brackets: forgers write ``Bank, <a@b.example>`` and
    ``Bank ,_<a@b.example>``, which no grammar allows and every mail program shows.
    """
    value = text[start:stop]
    bracketed = list(islice(_IN_BRACKETS.finditer(value), _MOST_ADDRESSES))
    position = 0
    for match in bracketed or islice(_BARE.finditer(value), _MOST_ADDRESSES):
        name_start, name_stop = trim(value, position, match.start(), AROUND_NAMES) if bracketed else (0, 0)
        address = match.group(1) if bracketed else match.group()
        at = match.start(1) if bracketed else match.start()
        span = (start + at, start + at + len(address))
        name = value[name_start:name_stop]
        named = (start + name_start, start + name_stop) if name else span
        host = address.rpartition("@")[2].strip("> ")
        yield Mailbox(name, address, host, owner(host), span, named)
        position = match.end()


def _forwarded(text: str, end: int) -> Iterator[Mailbox]:
    """Find the sender of a message that is forwarded as it came, with little or nothing written above it."""
    match = _FORWARDED.search(text[end : end + _FORWARDED_WITHIN])
    if match and len(text[end : end + match.start()].split()) < _FEW_WORDS:
        yield from mailboxes_in(text, end + match.start(1), end + match.end(1))


def copied_below(text: str) -> int:
    """Give the offset of the older mail that is copied below what was written, or the end of the text."""
    start = message(text).body_start
    for match in _FORWARDED.finditer(text[start : start + _WHOLE_HEAD]):
        if len(text[start : start + match.start()].split()) >= _FEW_WORDS:
            return start + int(match.start())
    return len(text)


def _web_links(text: str) -> Iterator[WebLink]:
    """Find the links with words, then the addresses that stand in the text by themselves."""
    ends: list[Span] = []
    for link in links(text):
        if link.target.lower().startswith(_WEB):
            target = unwrapped(link.target)
            host = host_of(target)
            yield WebLink(link.text, target, host, owner(host), link.span)
            ends.append(link.span)
    taken = iter(ends)
    current = next(taken, None)
    for match in islice(_PLAIN.finditer(text), _MOST_PLAIN):
        while current and current[1] <= match.start():
            current = next(taken, None)
        if not current or match.end() <= current[0]:
            target = unwrapped(match.group())
            host = host_of(target)
            yield WebLink("", target, host, owner(host), match.span(), bare=True)
    if len(text) <= MOST_OF_MESSAGE and not header_block(text):
        yield from _without_scheme(text)


def _without_scheme(text: str) -> Iterator[WebLink]:
    """Find the links that a message has without the scheme of the web, but for names of gateways."""
    for match in islice(_INVITATION.finditer(text), _MOST_PLAIN):
        yield WebLink("", match.group(), "chat.whatsapp.com", "whatsapp.com", match.span(), bare=True)
    for match in islice(_WITHOUT_SCHEME.finditer(text), _MOST_PLAIN):
        before, address = text[: match.start(1)], match.group(1).replace(".-", ".", 1)
        host = host_of(f"//{address}")
        meant = "/" in address or _NAME_ALONE.search(host) or _LOWER_CASE.search(address)
        part = before.endswith(("/", "@", ".", "-")) and not _stands_alone(before, host)
        if meant and not part and is_domain(host) and host not in _GATEWAYS:
            yield WebLink("", address, host, owner(host), match.span(1), bare=True)


def _stands_alone(before: str, host: str) -> bool:
    """Tell whether a host begins behind ``//``, a broken scheme or ``...``: "//a.io/x", "http:/a.io/x"."""
    if before.endswith(".."):
        return any(c.isdigit() or c == "-" for c in host)
    return bool(_NO_SCHEME.search(before[-8:]))


_PLAIN = compiled(r"(?i)\bhttps?://[^\s<>()\[\]\"']{4,300}")
_MOST_PLAIN = 300
# A message of a telephone writes links without a scheme, which its program makes links of.
# Who forges one may break it by a sign that the reader is to leave out: "//_a.io/x", "//@a.io/x", "a.-com/x".
_WITHOUT_SCHEME = compiled(
    r"(?i)(?:\b|//_)((?:[a-z0-9-]{1,40}\.){1,4}(?:-(?:com|net|org)|[a-z]{2,18})(?:/[^\s<>()\[\]\"']{0,200})?)"
)
_GIVEN_AWAY = "cfd|cyou|icu|online|sbs|site|vip|website|xyz"
"""Endings that are no words with which a sentence begins."""

# Who leaves out the space behind a full stop writes no name of a host: "see you later.lol".
_NAME_ALONE = compiled(
    r"^www\.|[a-z][\d-]|\d[a-z]{2}|\.(?:com?|net|org|info|biz|edu|gov)(?:\.[a-z]{2})?$"
    r"|\.(?:com|gov)\.[a-z0-9-]{3,40}\.[a-z]{2,18}$"
    rf"|\.[a-z]{{2}}\.[a-z0-9-]{{4,40}}\.(?:{_GIVEN_AWAY}|shop|top)$"
)
_LOWER_CASE = compiled(rf"^[a-z]{{8,}}\.(?:{_GIVEN_AWAY})$")
_NO_SCHEME = compiled(r"(?i)(?:^|[^:/])//@?$|\bhttps?:?/$")
_INVITATION = compiled(r"(?i)\bwhatsapp://[^\s<>]{4,300}")
_GATEWAYS = frozenset({"160by2.com", "fullonsms.com", "site2sms.com", "way2sms.com"})
"""Services that put their name below each message that is sent through them."""

MOST_OF_MESSAGE = 1_500
"""Most characters of a text without headers that is a message of a telephone, or a few, and no document."""


MOST_LINKS = 500
"""Most links that are looked at in one text."""

_SCHEME = r"(?:https?://|//|mailto:|data:)"
_LINKED = re.compile(
    rf"\[(?P<label>[^\]\[\n]{{1,300}})\]\(\s?<?(?P<bracketed>{_SCHEME}[^\s<>()]{{1,300}})>?\s?\)"
    rf"|[ ]?<(?P<angled>{_SCHEME}[^\s<>]{{1,300}})>",
    re.IGNORECASE,
)
_LONGEST_TEXT = 120
# What ends the words before a link's: another link, a cell, a sentence.
_BEFORE = re.compile(r"[>|)]|[.!?:;] ")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in a document's text.

    Attributes:
        text: The words before its target: those of the link, with what stands before them in the same
            sentence of the same line; ``""`` where the target stands alone.
        target: The address that it leads to: ``https:``, ``//``, ``mailto:`` or ``data:``.
        span: Its words and its target.
    """

    text: str
    target: str
    span: Span


def links(text: str) -> Iterator[Link]:
    """Find the links of a text, in order, at most `MOST_LINKS`.

    Mail and HTML are written with the target in angle brackets after the words of the link (of a button, the
    description of a picture, or a form, too); plain text mails and Markdown are read likewise.

    >>> [(link.text, link.target) for link in links("Hello. Log in here <https://a.example/x> now")]
    [('Log in here', 'https://a.example/x')]
    >>> [(link.text, link.target) for link in links("See [our terms](https://a.example/terms).")]
    [('our terms', 'https://a.example/terms')]
    """
    for match in islice(_LINKED.finditer(text), MOST_LINKS):
        if match["label"]:
            yield Link(match["label"].strip(), match["bracketed"], match.span())
            continue
        earliest = max(text.rfind("\n", 0, match.start()) + 1, match.start() - _LONGEST_TEXT)
        before = text[earliest : match.start()]
        ends = [end.end() for end in _BEFORE.finditer(before)]
        words = before[ends[-1] :] if ends else before
        start = match.start() - len(words.lstrip())
        yield Link(words.strip(), match["angled"], (start, match.end()))
