"""Files of documents: a zip file, a mailbox (mbox, RFC 4155). Nothing is written to a disk."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import replace

from docassay.transforms.formats import Attachment, Limits, Read, Unusable, archive, plain
from docassay.transforms.formats.kinds import declared_by_name
from docassay.transforms.formats.kinds import media_type as tell_media_type
from docassay.transforms.formats.mail_headers import separators
from docassay.transforms.formats.media_types import MAIL, MBOX, ZIP

MEDIA_TYPES = frozenset({MBOX, ZIP})

RATIO = 100
"""Bytes that one compressed byte of an archive of documents may unpack to, beyond `ALWAYS` bytes."""
ALWAYS = 10_000_000
MOST_TIMES = 4
"""How many times `Limits.bytes` the documents of one archive may unpack to."""

_LONGEST_NAME = 200
_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
"""What operating systems add to an archive."""
_PACKAGES = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF", "META-INF/container.xml")
"""Members that only the files of programs have, which are zip files by their format."""

_QUOTED = re.compile(rb"(?m)^>(>*From )")
"""A line of a mail that begins as a separator does is written with a ``>`` before it."""


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read an archive: its text is the names of its documents, one a line, which are its attachments.

    Raises:
        Unusable: Damaged, a zip bomb, a package of a program, or without a document.
    """
    if media_type == MBOX:
        return _read_mailbox(content, limits)
    with archive.opened(content, "archive") as opened:
        if _is_package(opened.namelist()):
            raise Unusable("unsupported_media_type", "a package of a program that is not read")
        members = [member for member in opened.infolist() if not _is_clutter(member)]
        if not members:
            raise Unusable("only_whitespace", "an archive without a document")
        _check(members, limits)
        attachments = tuple(
            replace(_attachment(opened, member, limits), name=_name(member))
            if n <= limits.members
            else Attachment(None, None)
            for n, member in enumerate(members, start=1)
        )
    shown = (" ".join(plain.clean(_name(member)).split())[:_LONGEST_NAME] or "-" for member in members)
    return Read(plain.bounded("\n".join(shown), limits), attachments=attachments)


def _read_mailbox(content: bytes, limits: Limits) -> Read:
    """Read a mailbox: its text is the separators before its mails, which are its attachments."""
    if b"From " not in content:
        raise Unusable("malformed", "no mail begins in it")
    starts = [len(content) - len(content.lstrip(b"\r\n")), *separators(content)]
    starts = [content.index(b"From ", start) for start in starts]
    mails = [content[start:end] for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]
    lines = [plain.decode(mail[:200].partition(b"\n")[0]).strip() for mail in mails]
    return Read(
        plain.bounded("\n".join(lines), limits),
        attachments=tuple(Attachment(_QUOTED.sub(rb"\1", mail), MAIL) for mail in mails),
    )


def _is_package(names: Iterable[str]) -> bool:
    return any(name in _PACKAGES or name.endswith(".iwa") for name in names)


def _name(member: zipfile.ZipInfo) -> str:
    """Give a member's name; many programs write UTF-8 without saying so (APPNOTE.TXT, appendix D)."""
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _is_clutter(member: zipfile.ZipInfo) -> bool:
    # A name may be empty, which `ZipInfo.is_dir` does not take.
    return member.filename.startswith(_CLUTTER[0]) or member.filename.endswith(("/", *_CLUTTER[1:]))


def _check(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    most = min(max(ALWAYS, RATIO * packed), MOST_TIMES * limits.bytes)
    if unpacked > most:
        raise Unusable("zip_bomb", f"{packed:,} bytes unpack to {unpacked:,}; at most {most:,} are read")


def _attachment(opened: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits) -> Attachment:
    """Unpack one document; what is wrong with it concerns only it."""
    declared = declared_by_name(member.filename)
    if member.flag_bits & 1:
        return Attachment(None, declared, ("encrypted", "a password is needed to unpack it"))
    if member.file_size > limits.bytes:
        detail = f"{member.file_size:,} bytes; at most {limits.bytes:,} are read"
        return Attachment(None, declared, ("too_large", detail))
    try:
        content = opened.read(member)
    except NotImplementedError:
        return Attachment(None, declared, ("unsupported_media_type", "packed by a method that is not read"))
    except archive.DAMAGED:
        return Attachment(None, declared, ("malformed", "damaged in the archive"))
    if tell_media_type(content) == ZIP and not _is_package(archive.names(content) or ()):
        return Attachment(content, declared, ("too_deep", "an archive within an archive; unpack it first"))
    return Attachment(content, declared)
