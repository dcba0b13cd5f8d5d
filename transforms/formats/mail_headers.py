"""Mail told by its headers, however many a relay put before the sender's; their words (RFC 5322, 2047)."""

from __future__ import annotations

import base64
import quopri
import re
from itertools import groupby

from docassay.transforms.formats import plain
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


_ENCODED = r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]{0,1000})\?="
_WORD = re.compile(_ENCODED)
_WORDS = re.compile(rf"{_ENCODED}(?:\s{{0,20}}{_ENCODED})*")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_SPECIAL = re.compile(r"[,;:<>@()\[\]\\\"]")


def decoded(raw: str) -> str:
    r"""Decode the encoded words of a header, and the bytes beyond ASCII that stand in it undeclared.

    >>> decoded("Your =?utf-8?q?caf=C3?= =?utf-8?q?=A9?= bill"), decoded("=?utf-8?b?w7xi!ZXI?=")
    ('Your café bill', 'über')
    """
    return _WORDS.sub(lambda words: _run(words.group()), _undeclared(raw))


def decoded_addresses(raw: str) -> str:
    """Decode the names of a header of addresses; one that holds a comma or an address is quoted.

    A comma in an encoded name separates nothing, and an address in it is only a name.

    >>> decoded_addresses("=?utf-8?q?Doe=2C_J=C3=B6rg?= <joerg@corp.example>")
    '"Doe, Jörg" <joerg@corp.example>'
    """
    text = _undeclared(raw)

    def name(words: re.Match[str]) -> str:
        shown = _run(words.group()).replace('"', "'")
        quoted = text.count('"', 0, words.start()) % 2 == 1
        return f'"{shown}"' if _SPECIAL.search(shown) and not quoted else shown

    return _WORDS.sub(name, text)


def _undeclared(raw: str) -> str:
    """Decode what Python's parser keeps as surrogates: bytes beyond ASCII."""
    if raw.isascii():
        return raw
    return plain.decode(raw.encode("utf-8", "surrogateescape"))


def _run(words: str) -> str:
    """Decode encoded words that follow each other; a character may be split between two."""
    pieces = [
        (charset.partition("*")[0].lower(), _bytes(how, data)) for charset, how, data in _WORD.findall(words)
    ]
    runs = groupby(pieces, key=lambda piece: piece[0])
    return "".join(plain.decode(b"".join(data for _, data in run), charset) for charset, run in runs)


def _bytes(how: str, data: str) -> bytes:
    if how in "qQ":
        return quopri.decodestring(data.encode("utf-8", "replace"), header=True)
    return from_base64(data)


def from_base64(data: str) -> bytes:
    """Decode base 64, whatever stands between its letters, and padded or not."""
    letters = _NOT_BASE64.sub("", data)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + "=" * (-len(letters) % 4))
