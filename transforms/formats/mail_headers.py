"""Mail told by its headers (RFC 5322), however many a relay put before those that its sender wrote."""

from __future__ import annotations

import re

from docassay.transforms.formats.media_types import MAIL, MBOX

LONGEST = 1_000_000
"""Bytes of headers that are looked at; the longest of 6,000 mails has 40,000."""

_HEADER = re.compile(rb"([!-9;-~]{1,200})[ \t]{0,20}:[^\n]*\n?|[ \t]+[^\s][^\n]*\n?")
_BLANK = re.compile(rb"[ \t]*\r?\n")
_SEPARATOR = re.compile(rb"\n\r?\nFrom \S+ [^\n]{0,80}[0-9]{4}[^\n]{0,20}\r?\n[A-Za-z-]{2,40}:")
"""What stands before each message of an mbox but the first, and the first header of it (RFC 4155)."""

_MAIL_ONLY = frozenset(
    [b"received", b"message-id", b"mime-version", b"return-path", b"delivered-to", b"dkim-signature",
     b"arc-seal", b"arc-message-signature", b"arc-authentication-results", b"authentication-results",
     b"received-spf", b"x-received", b"domainkey-signature"]
)  # fmt: skip
_MAIL_ALSO = frozenset(
    [b"from", b"to", b"subject", b"date", b"content-type", b"reply-to", b"cc", b"sender", b"bcc", b"sent"]
)
_PRINTED = _MAIL_ALSO - {b"content-type", b"sender"}
"""The headers that mail programs print or save above a mail as text."""


def mail_type(content: bytes, named: bool = False) -> str | None:
    """Tell one mail, and a mailbox of several, from everything else, by the headers that it begins with.

    A mail has a header that only mails have with a common one, or four common ones. Where headers end in
    an empty line, fewer are enough: a sender with a recipient or a subject, or a subject alone, as mails
    that were saved as text have. A memo has them in capitals.

    Args:
        content: The document, in any charset that extends ASCII.
        named: It has a mail's name or was declared to be one: one common header is enough.
    """
    start = 0
    while content[start : start + 1] in (b"\r", b"\n"):
        start += 1
    mailbox = content.startswith(b"From ", start)
    if mailbox:
        start = content.find(b"\n", start, start + 1_000) + 1
    if not _is_mail(content, start, named):
        return None
    return MBOX if mailbox and separators(content) else MAIL


def separators(content: bytes) -> list[int]:
    """Give the offsets in an mbox at which a message ends and another begins."""
    return [match.start() + 1 for match in _SEPARATOR.finditer(content)]


def _is_mail(content: bytes, start: int, named: bool) -> bool:
    names: dict[bytes, bytes] = {}
    position, end = start, start + LONGEST
    while position < end and (match := _HEADER.match(content, position)):
        position = match.end()
        if not (name := match.group(1)):
            if not names:
                return False
            continue
        names.setdefault(name.lower(), name)
        sure = len(names.keys() & _MAIL_ONLY) if name.lower() in _MAIL_ONLY | _MAIL_ALSO else 0
        if sure > 1 or (sure and names.keys() & _MAIL_ALSO):
            return True
    common = names.keys() & _MAIL_ALSO
    if position >= end and (named or names.keys() & _MAIL_ONLY):
        return True
    if named and common:
        return True
    if all(names[name].isupper() for name in common):  # as memos and letters have them
        return False
    printed = [name for name in names if not name.startswith(b"x-")]
    if len(common) >= 4 or not _PRINTED.issuperset(printed) or not _BLANK.match(content, position):
        return len(common) >= 4
    return printed == [b"subject"] or (b"from" in names and bool(names.keys() & {b"to", b"subject"}))
