"""Messages: where each begins in a file that is nothing but several, below each other."""

from __future__ import annotations

import re
from itertools import islice

_HEADER = re.compile(rb"(?im)^(from|to|date|subject|message-id|reply-to|cc|mime-version): ?\S")
_COMPOSITE = re.compile(rb"(?i)multipart|message/")
_DATED = re.compile(rb"(?m)^Date: \w{3}, \d")
_QUOTES = re.compile(
    rb"(?i)original message|forwarded|weitergeleitet|nachricht|message d|_{5,}|-{20,}|^\s*[>|]|wrote:|:$"
)
_BLOCK = re.compile(rb"(?:\A|(?<=\n\n))(?=[A-Z][A-Za-z-]{1,30}: ?\S)")
_HEAD_BYTES = 4_000
_QUOTE_BYTES = 300
_MOST_BLOCKS = 20_000
_MOST_MESSAGES = 2_000


def messages(content: bytes) -> list[int]:
    r"""Find where the messages begin of a file that is nothing but messages, each with its headers.

    What a message quotes or forwards is a part of it. Gives no offsets where there is one message or none.

    Args:
        content: Bytes of a charset that extends ASCII, whose lines end in ``\n``.

    >>> message = b"From: a@b.example\nDate: Mon, 1 Jun 2026 10:00:00 +0000\nSubject: Hi\n\nWell?\n\n"
    >>> messages(message + message)
    [0, 75]
    >>> messages(message)
    []
    """
    starts: list[int] = []
    for match in islice(_BLOCK.finditer(content), _MOST_BLOCKS):
        start = match.start()
        head = content[start : start + _HEAD_BYTES].partition(b"\n\n")[0]
        names = {name.lower() for name in _HEADER.findall(head)}
        is_mail = {b"from", b"subject"} <= names and (
            b"message-id" in names or _DATED.search(head) is not None
        )
        if not starts and (not is_mail or _COMPOSITE.search(head) or content[:start].strip()):
            return []
        before = content[max(0, start - _QUOTE_BYTES) : start].rstrip().split(b"\n")[-2:]
        if is_mail and not any(map(_QUOTES.search, before)):
            starts.append(start)
        if len(starts) == _MOST_MESSAGES:
            break
    return starts if len(starts) > 1 else []
