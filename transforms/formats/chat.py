r"""Short messages and chats exported from a phone: one conversation is one document.

Two forms are read. A chat as text (WhatsApp) has a line for each message, with its time and who wrote; a
message may continue on further lines. A backup of short messages as JSON lines (SMS Import / Export and
others) has an object for each, with an address, a date and a body; its conversations are the documents in it,
each written as a chat is. Where a list of documents is expected (`.jsonl` in a folder), each message is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docassay.languages.chats import LINE
from docassay.transforms.formats import Attachment, Limits, Read, Unusable, plain
from docassay.transforms.formats.media_types import CHAT, CHATS

MEDIA_TYPES = frozenset({CHAT, CHATS})

_BODIES = ("body", "text", "message")
_ADDRESSES = ("address", "number", "sender", "from")
_DATES = ("date", "timestamp", "time", "date_sent")
_SENT = frozenset({"2", "sent", "outgoing"})
_LOOKED_AT = 20
_LONGEST_LINE = 100_000
_MOST_OF_ADDRESS = 80
_NO_TIME = "0000-00-00, 00:00"
_LATEST = 4_102_444_800  # 2100: a larger number is in milliseconds


@dataclass(frozen=True, slots=True)
class _Message:
    address: str
    written_by: str
    time: datetime | None
    body: str


def chat_type(content: bytes) -> str | None:
    r"""Tell a chat, or a backup of short messages, from other text by its first lines.

    >>> chat_type(b"[28.11.26, 10:02:11] Ann: hello\n[28.11.26, 10:03:02] Ben: hi")
    'text/x-chat'
    >>> chat_type(b'{"address": "+15550100", "date": "1764300000000", "body": "hello"}')
    'application/x-short-messages'
    """
    lines = [line for line in content[:_LONGEST_LINE].splitlines() if line.strip()][:_LOOKED_AT]
    if not lines:
        return None
    if lines[0].lstrip(b"\xef\xbb\xbf").startswith(b"{"):
        return CHATS if _message_of(lines[0].decode("utf-8-sig", "replace")) else None
    shown = [line.decode("utf-8", "replace") for line in lines]
    written = sum(bool((match := LINE.match(line)) and match.group(1)) for line in shown)
    return CHAT if LINE.match(shown[0]) and (written >= 2 or written == len(shown)) else None


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a chat as it stands, or the conversations of a backup, each an attachment that is a chat.

    The text of a backup is the list of its conversations. Lines that are no message are skipped.

    Raises:
        Unusable: The text is longer than `Limits.chars`, or no line of a backup is a message.
    """
    text = plain.decode(content)
    if media_type == CHAT:
        return Read(plain.bounded(text, limits))
    plain.bounded(text, limits)
    conversations: dict[str, list[_Message]] = {}
    for message in _messages(text):
        conversations.setdefault(message.address, []).append(message)
    if not conversations:
        raise Unusable("malformed", "no line of it is a message with an address and a body")
    latest = max((m.time for found in conversations.values() for m in found if m.time), default=None)
    documents = tuple(
        Attachment(_written(found).encode("utf-8", "replace") if n <= limits.members else None, CHAT)
        for n, found in enumerate(conversations.values(), start=1)
    )
    shown = [f"{address}: {len(found)} messages" for address, found in conversations.items()]
    return Read("\n".join(shown), event_time=latest, attachments=documents)


def _messages(text: str) -> Iterator[_Message]:
    for line in text.split("\n"):
        if (message := _message_of(line)) is not None:
            yield message


def written_message(row: dict[str, Any]) -> str | None:
    """Write the object of a message in a backup as a chat of one message; None where it is none."""
    message = _message_in(row)
    return _written([message]) if message else None


def _message_of(line: str) -> _Message | None:
    """Read one line of a backup; None where it is no message."""
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return _message_in(row) if isinstance(row, dict) else None


def _message_in(row: dict[str, Any]) -> _Message | None:
    body, address = _value(row, _BODIES), _value(row, _ADDRESSES)
    if not body or not address or not any(name in row for name in _DATES):
        return None
    address = " ".join(address.split())[:_MOST_OF_ADDRESS]
    sent = str(row.get("type", row.get("direction", ""))).lower() in _SENT
    return _Message(address, "me" if sent else address, _time(_value(row, _DATES)), body)


def _value(row: dict[str, Any], names: tuple[str, ...]) -> str:
    found = (row[name] for name in names if isinstance(row.get(name), str | int | float))
    return str(next(found, ""))


def _time(value: str) -> datetime | None:
    """Read seconds or milliseconds since 1970, or an ISO 8601 time, in UTC unless it names another zone."""
    try:
        if value.isascii() and value.isdigit():
            seconds = int(value[:15])
            return datetime.fromtimestamp(seconds if seconds < _LATEST else seconds / 1000, UTC)
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _written(found: list[_Message]) -> str:
    """Write a conversation as a chat, in the order of its messages in the backup."""
    times = (f"{one.time:%Y-%m-%d, %H:%M}" if one.time else _NO_TIME for one in found)
    return "\n".join(
        f"[{time}] {one.written_by.replace(':', ' ')}: {one.body}"
        for time, one in zip(times, found, strict=True)
    )
