"""The words of a mail's headers, decoded as mail programs do it, broken ones too (RFC 2047, 5322, 6532)."""

from __future__ import annotations

import base64
import quopri
import re
from itertools import groupby

from docassay.transforms.formats import plain

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
