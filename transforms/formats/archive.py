"""Zip archives: opened only if what they declare is bounded, and read member by member.

Every format that is a zip file (DOCX, XLSX, archives of documents) goes through here, and so does whatever
looks into one. The checks are made on the archive's directory, before anything is unpacked: a bomb costs only
its own bytes.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from docassay.transforms.formats import Unusable

MOST_MEMBERS = 10_000
"""Members of an archive; a document has tens, one with many pictures hundreds."""
MOST_UNPACKED = 500_000_000
"""Bytes that all members unpack to."""
MOST_MEMBER = 200_000_000
"""Bytes that one member unpacks to, where it is read."""
RATIO = 200
"""Bytes that one compressed byte may unpack to; deflate reaches 1,032, text 20."""
SMALL_MEMBER = 10_000_000
SMALL_ARCHIVE = 50_000_000
"""Below these sizes the ratio is not checked: white space compresses well, and does no harm."""

_ENTRY = b"PK\x01\x02"
"""What each entry of the directory begins with (APPNOTE.TXT, 4.3.12)."""
DAMAGED = (zipfile.BadZipFile, EOFError, ValueError, OSError, NotImplementedError, zlib.error, lzma.LZMAError)
"""What `zipfile` raises for what is damaged, or packed as it cannot unpack."""


@contextmanager
def opened(content: bytes, what: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose directory passes `check`; errors inside the block are translated, too.

    Raises:
        Unusable: Damaged or cut short, a zip bomb, or a password is needed.
    """
    try:
        _count(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check(archive)
            yield archive
    except DAMAGED:
        raise Unusable("malformed", f"the zip file of the {what} is damaged or cut short") from None
    except RuntimeError:  # what zipfile raises for a password
        raise Unusable("encrypted", "a password is needed to open it; save it without one") from None


def check(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that would unpack to too much, by what its directory declares.

    The declared sizes bind: `zipfile` reads no more of a member than its declared size.

    Raises:
        Unusable: With the reason ``zip_bomb``.
    """
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED:
        raise Unusable("zip_bomb", f"{len(members):,} members unpack to {unpacked:,} bytes")
    for member in members:
        if member.file_size > SMALL_MEMBER and member.file_size > RATIO * max(1, member.compress_size):
            raise Unusable("zip_bomb", f"{member.filename[:80]} unpacks to {member.file_size:,} bytes")
    if unpacked > SMALL_ARCHIVE and unpacked > RATIO * max(1, packed):
        raise Unusable("zip_bomb", f"{packed:,} bytes unpack to {unpacked:,}")


def read(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """Unpack a member; None where there is no such member.

    Raises:
        Unusable: It declares more than `MOST_MEMBER` bytes.
    """
    try:
        member = archive.getinfo(name)
    except KeyError:
        return None
    if member.file_size > MOST_MEMBER:
        raise Unusable("zip_bomb", f"{name} unpacks to {member.file_size:,} bytes")
    with archive.open(member) as stream:
        return stream.read(MOST_MEMBER + 1)


def names(content: bytes) -> frozenset[str] | None:
    """List the members of a zip file without unpacking any; None where its directory is unusable.

    The directory is at the end, so a file that was cut short has lost it. One of more than `MOST_MEMBERS`
    entries is not read: each would become an object of half a kilobyte.
    """
    try:
        _count(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return frozenset(archive.namelist())
    except (*DAMAGED, Unusable):
        return None


def _count(content: bytes) -> None:
    entries = content.count(_ENTRY)
    if entries > MOST_MEMBERS:
        raise Unusable("zip_bomb", f"a directory of {entries:,} members")
