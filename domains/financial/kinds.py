"""Tell kinds of documents that wording alone does not give away."""

from __future__ import annotations

from collections.abc import Iterable

import re2

from docassay.domains import Span, View
from docassay.domains.mail.message import header_block

_LONGEST_MESSAGE = 640
"""Four concatenated text messages of 160 characters (3GPP TS 23.040)."""

_SENT = re2.compile(r"(?im)^(?:Date|Sent):[^\n]{0,60}?\b((?:19|20)\d\d)\b")
_CAN_SPAM = 2004


def mail_opening(view: View) -> Iterable[Span]:
    """Find the headers that a mail's text starts with."""
    end = header_block(view.text)
    if end:
        yield (0, len(view.text[:end].rstrip()))


def commercial_mail_asked(view: View) -> Iterable[Span]:
    """Find something unless the mail is known to be of before 2004, when the CAN-SPAM Act came into force."""
    end = header_block(view.text)
    sent = _SENT.search(view.text[:end])
    if sent is None:
        yield (0, len(view.text))
    elif int(sent.group(1)) >= _CAN_SPAM:
        yield sent.span()


def short_message(view: View) -> Iterable[Span]:
    r"""Find a text that is as short as a text message and is one paragraph: the whole of it, or nothing.

    >>> list(short_message(View("Your parcel is held, pay 1.99 here: http://parcel.example")))
    [(0, 57)]
    >>> list(short_message(View("Deposit\n\nBalance\n\nTotal")))
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


def complaint_narrative(view: View) -> Iterable[Span]:
    """Find what a customer tells a regulator about a bank, by two signs in a text of a few pages.

    A filing of a hundred pages has all of the signs somewhere.
    """
    if len(view.text) > _LONGEST_COMPLAINT:
        return
    signs = [match.span() for pattern in _COMPLAINED if (match := pattern.search(view.text))]
    if len(signs) >= 2:
        yield from signs
