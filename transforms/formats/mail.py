"""Mail to text: its headers one per line, an empty line, its body; attachments apart.

The standard library's parser never refuses a message, so broken MIME still gives what can be read
(https://docs.python.org/3/library/email.parser.html).
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from docassay.transforms.formats import Attachment, Limits, Read, Unusable, html, plain
from docassay.transforms.formats.media_types import MAIL

MEDIA_TYPES = frozenset({MAIL})

HEADERS = (
    "From",
    "Sender",
    "Reply-To",
    "Return-Path",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Received-SPF",
    "Authentication-Results",
)
"""The headers kept, in the order in which they are written: who, to whom, what, and what proves it."""

_LONGEST_HEADER = 2_000
_MOST_PARTS = 2_000
_SEPARATOR = re.compile(rb"\n\r?\nFrom \S+ [^\n]{0,80}[0-9]{4}[^\n]{0,20}\r?\n[A-Za-z-]{2,40}:")
"""What stands before each message of an mbox but the first."""
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a message.

    The body is its plain text, or its HTML where the plain text is missing, a mere notice, or does not name
    the host of each link of the HTML, which is what most programs show. Images that the HTML shows inline are
    decoration and are ignored; every other part is an attachment, whatever its type.

    Raises:
        Unusable: Nested without end, several messages in one file, or longer than `Limits.chars`.
    """
    if content.lstrip(b"\r\n").startswith(b"From ") and _SEPARATOR.search(content):
        raise Unusable("mailbox", "an mbox of several messages; split it into a file a message")
    try:
        message = email.message_from_bytes(content.lstrip(b"\r\n"), policy=email.policy.compat32)
        parts = list(_leaves(message))
    except RecursionError:
        raise Unusable("too_deep", "the parts of the mail are nested too deeply") from None
    body, rest = _body(parts, limits)
    lines = [f"{name}: {value}" for name in HEADERS for value in _header(message, name)]
    if message.get("DKIM-Signature"):
        lines.append("DKIM-Signature: present")
    text = plain.bounded("\n".join(lines) + "\n\n" + body.strip("\n"), limits)
    subject = _header(message, "Subject")
    return Read(
        text,
        title=subject[0] if subject else None,
        event_time=_time(message),
        attachments=tuple(rest[: limits.attachments]),
        left_out=tuple(rest[limits.attachments :]),
    )


def _leaves(message: Message) -> Iterator[tuple[Message, bool]]:
    """Walk the parts that hold content, in order; with each, whether it is one of several alternatives.

    A message within the message is one part. The walk is a loop, since nesting is the sender's choice.
    """
    stack = [(message, False)]
    count = 0
    while stack:
        part, alternative = stack.pop()
        count += 1
        if count > _MOST_PARTS:
            raise Unusable("too_many_attachments", f"the mail has more than {_MOST_PARTS:,} parts")
        payload = _payload(part)
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            inner = alternative or part.get_content_subtype() == "alternative"
            stack.extend((child, inner) for child in reversed(payload) if isinstance(child, Message))
        else:
            yield part, alternative


def _body(parts: list[tuple[Message, bool]], limits: Limits) -> tuple[str, list[Attachment]]:
    plains: list[str] = []
    pages: list[str] = []
    shown: set[str] = set()
    others: list[Message] = []
    hosts: set[str] = set()
    for part, alternative in parts:
        kind = part.get_content_type()
        if kind.startswith("multipart/"):  # its boundary is missing, so its parts are read as one text
            kind = "text/plain"
        attached = part.get_content_disposition() == "attachment" or _named(part) is not None
        if attached or kind not in ("text/plain", "text/html"):
            others.append(part)
        elif kind == "text/html":
            markup = plain.decode(_bytes(part), _charset(part))
            shown.update(cid.lower() for cid in _CID.findall(markup))
            page = html.convert(markup, limits, targets=True)
            hosts |= page.hosts
            pages.append(page.text)
            if not alternative:
                plains.append(pages[-1])
        else:
            plains.append(plain.clean(plain.decode(_bytes(part), _charset(part))))
    text, shown_page = "\n\n".join(plains).strip(), "\n\n".join(pages).strip()
    notice = len(text) < len(shown_page) / 4
    lower = text.lower()
    elsewhere = any(host not in lower for host in hosts)
    attachments = [
        Attachment(_bytes(part), part.get_content_type()) for part in others if not _decoration(part, shown)
    ]
    return (shown_page if shown_page and (notice or elsewhere) else text), attachments


def _decoration(part: Message, shown: set[str]) -> bool:
    """Tell whether a part is an image that the body shows, which is no document of its own."""
    cid = str(part.get("Content-ID") or "").strip().strip("<>").lower()
    return part.get_content_maintype() == "image" and bool(cid) and cid in shown


def _named(part: Message) -> str | None:
    try:
        return part.get_filename()
    except (LookupError, ValueError, TypeError):  # a broken RFC 2231 parameter
        return "attachment"


def _payload(part: Message) -> object:
    """Give what a part holds, undecoded; a charset that does not exist is removed."""
    try:
        return part.get_payload()
    except (LookupError, ValueError, TypeError):
        part.del_param("charset")
        return part.get_payload()


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError, TypeError):  # a broken RFC 2231 parameter
        return None


def _bytes(part: Message) -> bytes:
    """Give a part's content decoded from its transfer encoding; what is broken comes undecoded."""
    payload = _payload(part)
    if isinstance(payload, list):  # message/rfc822, message/delivery-status
        inner = [child.as_bytes() for child in payload if isinstance(child, Message)]
        return b"\n\n".join(inner)
    try:
        decoded = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError):
        decoded = None
    if isinstance(decoded, bytes):
        return decoded
    return str(payload or "").encode("utf-8", "surrogateescape")


def _header(message: Message, name: str) -> list[str]:
    """Give a header's values on one line each, encoded words decoded."""
    values = []
    for raw in message.get_all(name, [])[:10]:
        value = plain.clean(_decoded(str(raw)[: 4 * _LONGEST_HEADER]))
        line = " ".join(value.split())[:_LONGEST_HEADER]  # no encoded line end may end the headers
        if line:
            values.append(line)
    return values


def _decoded(raw: object) -> str:
    try:
        pieces = decode_header(str(raw)) if isinstance(raw, str) else decode_header(raw)  # type: ignore[arg-type]
    except (ValueError, LookupError, MessageError):
        return str(raw)
    return "".join(
        piece
        if isinstance(piece, str)
        else plain.decode(piece, None if charset == "unknown-8bit" else charset)
        for piece, charset in pieces
    )


def _time(message: Message) -> datetime | None:
    """Read the ``Date`` header in UTC; None where it is missing, unreadable or out of range."""
    try:
        time = parsedate_to_datetime(str(message.get("Date")))
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return time if 1970 <= time.year <= 2199 else None
