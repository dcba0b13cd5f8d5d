"""Mail to text: its headers one per line, an empty line, its body; attachments apart.

The standard library's parser never refuses a message, so broken MIME still gives what can be read
(https://docs.python.org/3/library/email.parser.html).
"""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from typing import Any

from docassay.transforms.formats import Attachment, Limits, Read, Unusable, calendar, plain
from docassay.transforms.formats.mail_headers import LONGEST, decoded, decoded_addresses, from_base64
from docassay.transforms.formats.media_types import CALENDAR, HTML, MAIL

MEDIA_TYPES = frozenset({MAIL})

HEADERS = (
    "From",
    "Sender",
    "Reply-To",
    "Return-Path",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Sent",
    "Message-ID",
    "Received-SPF",
    "Authentication-Results",
)
"""The headers kept, in the order in which they are written: who, to whom, what, and what proves it."""

_ADDRESSES = frozenset({"From", "Sender", "Reply-To", "To", "Cc", "Bcc"})
_LONGEST_HEADER = 2_000
_LONGEST_RAW = 20_000
_MOST_LINES = 500
_MOST_PARTS = 2_000
_MOST_HEADERS = 200_000
_SIGNATURES = frozenset(
    ["application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"]
)
_HEADERS_END = re.compile(rb"\n\r?\n")
_LONG_LINE = re.compile(rb"([^\n]{%d})[^\n]+" % _LONGEST_RAW)
_NEXT_HEADER = re.compile(rb"\n[!-9;-~]+:")
_CID = re.compile(r"cid:([^\"'\s>)]+)", re.IGNORECASE)
_BROKEN = (LookupError, ValueError, TypeError, AttributeError, MessageError)
"""What Python's parser raises for some broken mails where it should not."""


class _Policy(Compat32):
    """Python's policy for mails of every kind; a header is cut, since some are parsed in quadratic time."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Give a header's name and value."""
        name, value = super().header_source_parse(sourcelines[:_MOST_LINES])
        return name, value[:_LONGEST_RAW]

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Keep bytes beyond ASCII as surrogates, which `mail_headers.decoded` decodes."""
        return value


class _Message(Message):
    """A message or a part, with a bounded number of headers."""

    def set_raw(self, name: str, value: Any) -> None:
        """Keep a header as the parser found it."""
        if len(self) < _MOST_HEADERS:
            super().set_raw(name, value)


_POLICY = _Policy(message_factory=_Message)


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a message.

    The body is its plain text, or its HTML where the plain text is missing, a mere notice, or does not name
    the host of each link of the HTML, which is what most programs show; then what an invitation says beyond
    it. Images that the HTML shows inline are decoration and are ignored, as signatures are, unless it has no
    words beside them; every other part is an attachment, whatever its type.

    Raises:
        Unusable: Nested without end, or longer than `Limits.chars`.
    """
    try:
        message = email.message_from_bytes(_trimmed(plain.as_utf8(content, len(content))), policy=_POLICY)
        return read_message(message, limits)
    except RecursionError:
        raise Unusable("too_deep", "the parts of the mail are nested too deeply") from None


def read_message(message: Message, limits: Limits) -> Read:
    """Read a message that was parsed; see `read`."""
    body, rest = _body(list(_leaves(message)), limits)
    subject = _header(message, "Subject")
    title = subject[0] if subject else None
    if _is_saved_page(message):
        return Read(plain.bounded(body, limits), title=title, event_time=_time(message), media_type=HTML)
    lines = [f"{name}: {value}" for name in HEADERS for value in _header(message, name)]
    if message.get("DKIM-Signature"):
        lines.append("DKIM-Signature: present")
    text = plain.bounded("\n".join(lines) + "\n\n" + body.strip("\n"), limits)
    return Read(text, title=title, event_time=_time(message), attachments=tuple(rest))


def _is_saved_page(message: Message) -> bool:
    """Tell a page that a browser saved with its pictures from a mail (MHTML, RFC 2557)."""
    sender = str(message.get("From") or "<Saved by")
    return message.get_content_type() == "multipart/related" and sender.startswith("<Saved by")


def _trimmed(content: bytes) -> bytes:
    """Cut headers that are longer than any mail's: each long line, then the middle."""
    content = content.lstrip(b"\r\n")
    end = _HEADERS_END.search(content)
    length = end.start() if end else len(content)
    if length <= LONGEST:
        return content
    headers = _LONG_LINE.sub(rb"\1", content[:length])
    if len(headers) > LONGEST:
        head = headers[: LONGEST // 2].rpartition(b"\n")[0]
        tail = _NEXT_HEADER.search(headers, len(headers) - LONGEST // 2)
        headers = head + (headers[tail.start() :] if tail else b"")
    return headers + content[length:]


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
    events: list[str] = []
    shown: set[str] = set()
    hosts: set[str] = set()
    others: list[Message] = []
    for part, alternative in parts:
        kind = part.get_content_type()
        if kind.startswith("multipart/"):  # its boundary is missing, so its parts are read as one text
            kind = "text/plain"
        named = _parameter(part.get_filename, "attachment") is not None
        attached = named or part.get_content_disposition() == "attachment"
        if attached or kind not in ("text/plain", "text/html", CALENDAR):
            others.append(part)
            continue
        content = _bytes(part)
        declared = _parameter(part.get_content_charset)
        if kind == "text/html":
            from docassay.transforms.formats import html  # imports lxml

            declared = declared or html.declared_charset(content)
        text = plain.clean(plain.decode(content, declared))
        if kind == "text/html":
            shown.update(cid.lower() for cid in _CID.findall(text))
            page, leads_to = html.convert(text, limits, targets=True)
            hosts |= leads_to
            pages.append(page.text)
            if not alternative:
                plains.append(pages[-1])
        elif kind == CALENDAR:
            events += calendar.shown_events(text)
        else:
            plains.append(text)
    body = _shown_body("\n\n".join(plains).strip(), "\n\n".join(pages).strip(), hosts)
    body = "\n\n".join(filter(None, [body, *_told_beyond(body, events)]))
    if not any(map(str.isalnum, body)):  # the images are what it says
        shown.clear()
    attachments = [
        Attachment(_bytes(part), part.get_content_type(), name=_file_name(part))
        for part in others
        if not _decoration(part, shown)
    ]
    return body, attachments


def _shown_body(text: str, page: str, hosts: set[str]) -> str:
    """Choose what a person sees, the plain text or the HTML; the links' hosts are in either."""
    lower = text.lower()
    notice = len(text) < len(page) / 4
    return page if page and (notice or any(host not in lower for host in hosts)) else text


def _told_beyond(body: str, events: list[str]) -> list[str]:
    """Leave out of invitations the lines that the body has."""
    lines = {line.strip() for line in body.split("\n")}
    texts = ("\n".join(line for line in event.split("\n") if line.strip() not in lines) for event in events)
    return list(dict.fromkeys(texts))


def _decoration(part: Message, shown: set[str]) -> bool:
    """Tell whether a part is an image that the body shows, or a signature: no document of its own."""
    if part.get_content_type() in _SIGNATURES:
        return True
    cid = str(part.get("Content-ID") or "").strip().strip("<>").lower()
    return part.get_content_maintype() == "image" and bool(cid) and cid in shown


def _payload(part: Message) -> object:
    """Give what a part holds, undecoded; a charset that does not exist is removed."""
    try:
        return part.get_payload()
    except _BROKEN:
        _remove_charset(part)
        return part.get_payload()


def _remove_charset(part: Message) -> None:
    kind = part.get_content_type()
    try:
        part.del_param("charset")
    except _BROKEN:  # another parameter cannot be written again, so none is kept
        del part["Content-Type"]
        part["Content-Type"] = kind


def _parameter(get: Callable[[], str | None], default: str | None = None) -> str | None:
    try:
        return get()
    except _BROKEN:  # a broken RFC 2231 parameter
        return default


def _file_name(part: Message) -> str | None:
    name = _parameter(part.get_filename)
    return decoded(name) if name else None


def _bytes(part: Message) -> bytes:
    """Give a part's content decoded from its transfer encoding; what is broken comes undecoded."""
    payload = _payload(part)
    if isinstance(payload, list):  # message/rfc822, message/delivery-status
        return b"\n\n".join(_inner(part, child) for child in payload if isinstance(child, Message))
    try:
        decoded_payload = part.get_payload(decode=True)
    except (*_BROKEN, AssertionError):
        decoded_payload = None
    if isinstance(decoded_payload, bytes):
        return decoded_payload
    return str(payload or "").encode("utf-8", "surrogateescape")


def _inner(part: Message, message: Message) -> bytes:
    """Give the bytes of a message within a message, which some programs encode though none may."""
    if str(part.get("Content-Transfer-Encoding") or "").strip().lower() == "base64" and not message.keys():
        return from_base64(str(message.get_payload()))
    try:
        return message.as_bytes()
    except _BROKEN:
        return str(message.get_payload()).encode("utf-8", "surrogateescape")


def _header(message: Message, name: str) -> list[str]:
    """Give a header's values on one line each, encoded words decoded."""
    values = []
    for raw in message.get_all(name, [])[:10]:
        cut = str(raw)[: 4 * _LONGEST_HEADER]
        value = plain.clean(decoded_addresses(cut) if name in _ADDRESSES else decoded(cut))
        line = " ".join(value.split())[:_LONGEST_HEADER]  # no encoded line end may end the headers
        if line:
            values.append(line)
    return values


def _time(message: Message) -> datetime | None:
    """Read the ``Date`` header in UTC; None where it is missing, unreadable or out of range."""
    try:
        time = parsedate_to_datetime(str(message.get("Date")))
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return time if 1970 <= time.year <= 2199 else None
