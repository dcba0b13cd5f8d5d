"""Mails that Outlook saved (.msg): made a message as RFC 5322 has them, then read as any mail is.

The file is a folder of properties in Microsoft's compound file format (MS-OXMSG, MS-CFB), which olefile
opens. A recipient, an attachment, and a mail within the mail are folders of their own.
"""

from __future__ import annotations

import base64
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import HeaderParser
from email.utils import format_datetime, formataddr
from io import BytesIO
from typing import TYPE_CHECKING

from docassay.transforms.formats import Limits, Read, Unusable, mail, plain
from docassay.transforms.formats.kinds import media_type as tell_media_type
from docassay.transforms.formats.media_types import MAIL, OUTLOOK

if TYPE_CHECKING:
    from olefile import OleFileIO

MEDIA_TYPES = frozenset({OUTLOOK})

# The properties that are read, by their numbers (MS-OXPROPS); of several the first that is there counts.
_SUBJECT, _BODY, _HTML, _HEADERS = 0x0037, 0x1000, 0x1013, 0x007D
_SENDER_NAMES, _SENDER_ADDRESSES = (0x0C1A, 0x0042), (0x5D01, 0x5D02, 0x0C1F, 0x0065)
_NAME, _ADDRESSES, _ROLE = 0x3001, (0x39FE, 0x3003), 0x0C15
_TIMES = (0x0039, 0x0E06)
_DATA, _FILE_NAMES, _MIME, _CONTENT_ID = 0x3701, (0x3707, 0x3704), 0x370E, 0x3712
_CODE_PAGES = (0x3FFD, 0x3FDE)
# The types of their values (MS-OXCDATA).
_UNICODE, _STRING, _BINARY, _FOLDER, _TIME, _NUMBER = 0x001F, 0x001E, 0x0102, 0x000D, 0x0040, 0x0003

_ROLES = {1: "To", 2: "Cc", 3: "Bcc"}
_OF_CONTENT = ("content-", "mime-version")
_BEFORE_ENTRIES = {"": 32, "__attach": 8, "__recip_": 8}
"""Bytes before the entries of a folder's list of properties, by how its name begins; 24 in a mail within."""
_CHARSETS = {65001: "utf-8", 20127: "ascii", 1200: "utf-16-le", 28591: "latin-1", 936: "gbk", 950: "big5"}
_LONGEST_LIST = 1_000_000
_DEEPEST = 10
_DAMAGED = (OSError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, struct.error)
"""What olefile raises for what is damaged; an `OverflowError` for an offset that no machine counts to."""

_Path = tuple[str, ...]


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read a mail as Outlook saved it; a mail within it is an attachment, as other files are.

    Raises:
        Unusable: Damaged, no mail, nested without end, or longer than `Limits.chars`.
    """
    import olefile  # costs 20 ms, seldom needed

    try:
        with olefile.OleFileIO(BytesIO(content)) as ole:
            names: dict[_Path, list[str]] = defaultdict(list)
            for *folder, name in ole.listdir(streams=True, storages=True):
                names[tuple(folder)].append(name)
            message = _message(_Folder(ole, (), names))
    except _DAMAGED as error:
        raise Unusable(
            "malformed", f"not a readable Outlook mail: {' '.join(str(error).split())[:200]}"
        ) from None
    return replace(mail.read_message(message, limits), media_type=MAIL)


class _Folder:
    """A folder of properties: a mail, a recipient or an attachment."""

    def __init__(self, ole: OleFileIO, path: _Path, names: Mapping[_Path, Sequence[str]]) -> None:
        self.path = path
        self._ole = ole
        self._all_names = names
        self._names = frozenset(names.get(path, ()))
        self._fixed = self._values()

    def inner(self, prefix: str) -> Iterator[_Folder]:
        """Give the folders in it whose names begin so, in the order of their numbers."""
        for name in sorted(name for name in self._names if name.startswith(prefix)):
            yield _Folder(self._ole, (*self.path, name), self._all_names)

    def data(self, number: int, kind: int) -> bytes | None:
        """Give a value of any length; None where there is none."""
        name = f"__substg1.0_{number:04X}{kind:04X}"
        if name not in self._names:
            return None
        with self._ole.openstream([*self.path, name]) as stream:
            return bytes(stream.read())

    def text(self, *numbers: int) -> str:
        """Give the first of these values that is there, as text, or ``""``."""
        for number in numbers:
            if (wide := self.data(number, _UNICODE)) is not None:
                return wide.decode("utf-16-le", "replace").rstrip("\x00")
            if (narrow := self.data(number, _STRING)) is not None:
                return plain.decode(narrow.rstrip(b"\x00"), self.charset)
        return ""

    def number(self, *numbers: int) -> int | None:
        """Give the first of these values that is there, as a number."""
        values = (self._fixed.get((number, _NUMBER)) for number in numbers)
        return next((struct.unpack("<i", value[:4])[0] for value in values if value), None)

    def time(self, *numbers: int) -> datetime | None:
        """Give the first of these values that is there: hundreds of nanoseconds since 1601."""
        values = (self._fixed.get((number, _TIME)) for number in numbers)
        ticks = next((struct.unpack("<Q", value)[0] for value in values if value and any(value)), 0)
        try:
            return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    @property
    def charset(self) -> str | None:
        """The charset of its texts that are not Unicode."""
        page = self.number(*_CODE_PAGES)
        return None if page is None else _CHARSETS.get(page, f"cp{page}")

    def _values(self) -> dict[tuple[int, int], bytes]:
        name = "__properties_version1.0"
        if name not in self._names:
            return {}
        last = self.path[-1] if self.path else ""
        before = next((size for start, size in _BEFORE_ENTRIES.items() if start == last[:8]), 24)
        with self._ole.openstream([*self.path, name]) as stream:
            entries = bytes(stream.read(_LONGEST_LIST))[before:]
        usable = len(entries) // 16 * 16
        return {
            (number, kind): value for kind, number, value in struct.iter_unpack("<HH4x8s", entries[:usable])
        }


def _message(folder: _Folder, depth: int = 0) -> Message:
    """Make a message of a folder: the headers that it was received with, or what the folder says instead."""
    if depth > _DEEPEST:
        raise Unusable("too_deep", "mails within mails without end")
    message = Message()
    received = HeaderParser().parsestr(folder.text(_HEADERS).lstrip())
    for name, value in received.items():
        if not name.lower().startswith(_OF_CONTENT):
            message[name] = str(value)
    for name, value in _own_headers(folder):
        if name not in received and value:
            message[name] = " ".join(value.split())
    message["Content-Type"] = f'multipart/mixed; boundary="=_{"-".join(folder.path)}_mixed"'
    message.attach(_body(folder))
    for attached in folder.inner("__attach_version1.0_"):
        message.attach(_attachment(attached, depth))
    return message


def _own_headers(folder: _Folder) -> Iterator[tuple[str, str]]:
    yield "From", _address(folder.text(*_SENDER_NAMES), *map(folder.text, _SENDER_ADDRESSES))
    people: dict[str, list[str]] = {role: [] for role in _ROLES.values()}
    for person in folder.inner("__recip_version1.0_"):
        role = _ROLES.get(person.number(_ROLE) or 1, "To")
        people[role].append(_address(person.text(_NAME), *map(person.text, _ADDRESSES)))
    for role, addresses in people.items():
        yield role, ", ".join(filter(None, addresses))
    yield "Subject", folder.text(_SUBJECT)
    if sent := folder.time(*_TIMES):
        yield "Date", format_datetime(sent)


def _address(name: str, *addresses: str) -> str:
    """Write a person as headers do; an address of Exchange's own directory says nothing outside of it."""
    address = next((one.strip() for one in addresses if "@" in one), "")
    name = " ".join(name.split())
    if not address:
        return f'"{name}"' if "," in name and '"' not in name else name
    return formataddr((name if name != address else "", address))


def _body(folder: _Folder) -> Message:
    both = Message()
    both["Content-Type"] = f'multipart/alternative; boundary="=_{"-".join(folder.path)}_body"'
    page = folder.data(_HTML, _BINARY)
    markup = plain.decode(page, folder.charset) if page is not None else folder.text(_HTML)
    for kind, text in (("text/plain", folder.text(_BODY)), ("text/html", markup)):
        if text.strip():
            both.attach(_part(f"{kind}; charset=utf-8", text.encode("utf-8", "replace")))
    return both


def _attachment(folder: _Folder, depth: int) -> Message:
    for within in folder.inner(f"__substg1.0_{_DATA:04X}{_FOLDER:04X}"):
        part = Message()
        part["Content-Type"] = MAIL
        part.set_payload([_message(within, depth + 1)])
        return part
    content = folder.data(_DATA, _BINARY) or b""
    name = folder.text(*_FILE_NAMES)
    kind = folder.text(_MIME) or tell_media_type(content, name)
    part = _part(kind if "/" in kind else "application/octet-stream", content)
    part["Content-Disposition"] = "attachment"
    if name:
        part.set_param("filename", " ".join(name.split()), "Content-Disposition")
    if cid := folder.text(_CONTENT_ID):
        part["Content-ID"] = f"<{cid}>"
    return part


def _part(kind: str, content: bytes) -> Message:
    part = Message()
    part["Content-Type"] = " ".join(kind.split())
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(base64.encodebytes(content).decode("ascii"))
    return part
