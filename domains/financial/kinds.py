"""Tell kinds of documents that wording alone does not give away."""

from __future__ import annotations

from collections.abc import Iterable

import re2

from docassay.domains import RuleInput, Span
from docassay.domains.mail.message import header_block, message
from docassay.domains.mail.names import label_of
from docassay.domains.mail.traits import points

_LONGEST_MESSAGE = 640
"""Four concatenated text messages of 160 characters (3GPP TS 23.040)."""

_SENT = re2.compile(r"(?im)^(?:Date|Sent):[^\n]{0,60}?\b((?:19|20)\d\d)\b")
_CAN_SPAM = 2004

_ADDRESS = re2.compile(
    r"\bP\.?[Oo]\.? ?[Bb][Oo][Xx] \d+[^\n]{0,60}|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b"
    r"|\b\d{1,5}[A-Z]? (?:[A-Z][\w.]+ ){1,4}(?i:street|st\.?|avenue|ave\.?|road|rd\.?|boulevard|blvd\.?"
    r"|drive|dr\.?"
    r"|lane|ln\.?|way|court|square|suite|parkway|pkwy|broadway)\b[^\n]{0,60}"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
    r"|(?i)\b[\w-]+(?:straße|strasse|str\.|weg|platz|gasse) \d{1,4}[a-z]?\b"
    r"|\b\d{1,4},? (?:rue|avenue|boulevard|place) [^\n]{3,40}"
)
_NAMED_WITHIN = 250
"""Most characters between a postal address and the name of whose it is."""
_HIDES = 2
"""Points of traits from which on nobody can say whose address a mail gives."""
_NAME = re2.compile(r"\pL{4,}")
_NO_NAME = frozenset(
    ("news", "newsletter", "email", "mail", "info", "team", "support", "service", "customer")
)


def mail_opening(view: RuleInput) -> Iterable[Span]:
    """Find the headers that a mail's text starts with."""
    end = header_block(view.text)
    if end:
        yield (0, len(view.text[:end].rstrip()))


def commercial_mail_asked(view: RuleInput) -> Iterable[Span]:
    """Find something unless the mail is known to be of before 2004, when the CAN-SPAM Act came into force."""
    end = header_block(view.text)
    sent = _SENT.search(view.text[:end])
    if sent is None:
        yield (0, len(view.text))
    elif int(sent.group(1)) >= _CAN_SPAM:
        yield sent.span()


def senders_postal_address(view: RuleInput) -> Iterable[Span]:
    """Find a postal address beside the name of the sender, unless there is cause to doubt who that is."""
    text = view.text
    if points(text) >= _HIDES:
        return
    names = {label_of(sender.owner).lower() for sender in message(text).senders}
    names |= {word.lower() for sender in message(text).senders for word in _NAME.findall(sender.name)}
    names = {name for name in names - _NO_NAME if len(name) > 3}
    for start, end in postal_address(view):
        around = text[max(message(text).body_start, start - _NAMED_WITHIN) : end + _NAMED_WITHIN].lower()
        if any(name in around.replace(" ", "") or name in around for name in names):
            yield start, end


def postal_address(view: RuleInput) -> Iterable[Span]:
    """Find a postal address in the body of a mail."""
    start = message(view.text).body_start
    return (match.span() for match in _ADDRESS.finditer(view.text) if match.start() >= start)


def short_message(view: RuleInput) -> Iterable[Span]:
    r"""Find a text that is as short as a text message and is one paragraph: the whole of it, or nothing.

    >>> list(short_message(RuleInput("Your parcel is held, pay 1.99 here: http://parcel.example")))
    [(0, 57)]
    >>> list(short_message(RuleInput("Deposit\n\nBalance\n\nTotal")))
    []
    """
    body = view.text.strip()
    if body.startswith(("#", "|", "Subject:")):
        return
    if 0 < len(body) <= _LONGEST_MESSAGE and body.count("\n\n") <= 1 and body.count("\n") <= 6:
        yield (0, len(view.text))


_COMPLAINED = [
    re2.compile(r"\bX{2,4}(?:/X{2,4})+|\bXXXX\b"),
    re2.compile(
        r"(?i)\b(?:I|we) (?:have |had )?(?:disputed|complained|never authorized|did not authorize|"
        r"filed a (?:complaint|dispute|police report))\b"
    ),
    re2.compile(
        r"(?i)\b(?:credit (?:report|bureau|card|union)|debt collector|identity theft|fraudulent|"
        r"unauthorized)\b"
    ),
    re2.compile(r"(?i)\b(?:Equifax|Experian|TransUnion|CFPB)\b"),
    re2.compile(
        r"(?i)\b(?:customer service|representative|supervisor|they|the bank|this company)\b.{0,60}"
        r"\b(?:told me|said|refused|hung up|informed me|denied|will not|won.t)\b"
    ),
    re2.compile(r"(?i)\bmy (?:account|loan|mortgage|payments?|credit (?:report|score|card)|debt|money)\b"),
]
_LONGEST_COMPLAINT = 15_000


def complaint_narrative(view: RuleInput) -> Iterable[Span]:
    """Find what a customer tells a regulator about a bank, by two signs in a text of a few pages.

    A filing of a hundred pages has all of the signs somewhere.
    """
    if len(view.text) > _LONGEST_COMPLAINT:
        return
    signs = [match.span() for pattern in _COMPLAINED if (match := pattern.search(view.text))]
    if len(signs) >= 2:
        yield from signs
