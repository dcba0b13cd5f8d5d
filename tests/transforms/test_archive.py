"""The guard of zip files: what it refuses by the directory alone, and what it lets through."""

from __future__ import annotations

import functools
import inspect
import io
import zipfile
from types import ModuleType

import pytest

from docassay.transforms.formats import Unusable, archive, kinds, media_types, word


def packed(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return buffer.getvalue()


@functools.cache
def many() -> bytes:
    members = {f"word/{n}.xml": b"" for n in range(archive.MOST_MEMBERS + 1)}
    return packed(members, zipfile.ZIP_STORED)


def reason(content: bytes) -> str:
    with pytest.raises(Unusable) as caught, archive.opened(content, "DOCX") as opened:
        for name in opened.namelist():
            archive.read(opened, name)
    return caught.value.reason


def locked(content: bytes) -> bytes:
    """Set the bit that says that a member needs a password, in both of its headers."""
    made = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(signature) + offset] |= 1
    return bytes(made)


SMALL = packed({"a.xml": b"<a/>", "b.xml": b"<b/>"})
TABLE = [
    (SMALL[:-30], "malformed", "cut short in its directory"),
    (SMALL[: len(SMALL) // 3], "malformed", "cut short in a member"),
    (b"PK\x03\x04 and nothing that follows", "malformed", "only its first four bytes are a zip file's"),
    (locked(SMALL), "encrypted", "a member needs a password"),
]


@pytest.mark.parametrize(("content", "expected"), [row[:2] for row in TABLE], ids=[row[2] for row in TABLE])
def test_what_is_refused(content: bytes, expected: str) -> None:
    assert reason(content) == expected


def test_what_would_unpack_to_too_much_is_refused() -> None:
    """One member, a thousandfold; many, each small enough by itself; more than any document has."""
    assert reason(packed({"a": b" " * 60_000_000})) == "zip_bomb"
    assert reason(packed({f"{n}": b" " * 6_000_000 for n in range(10)})) == "zip_bomb"
    assert reason(many()) == "zip_bomb"


def test_a_member_with_a_wrong_checksum_is_damaged() -> None:
    content = packed({"a": b"what was written"}, zipfile.ZIP_STORED)
    assert reason(content.replace(b"what was written", b"what was changed")) == "malformed"


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_whose_packed_bytes_are_damaged_however_they_are_packed(method: int) -> None:
    content = bytearray(packed({"a": b"what was written, " * 50}, method))
    first = content.index(b"a", 30) + 1
    content[first + 12 : first + 24] = b"\xff" * 12
    assert reason(bytes(content)) == "malformed"


def test_white_space_that_packs_well_is_no_bomb_while_it_is_small() -> None:
    with archive.opened(packed({"a": b" " * 9_000_000}), "DOCX") as opened:
        assert archive.read(opened, "a") == b" " * 9_000_000


def test_a_member_that_is_not_there_is_none() -> None:
    with archive.opened(SMALL, "DOCX") as opened:
        assert (archive.read(opened, "a.xml"), archive.read(opened, "c.xml")) == (b"<a/>", None)


def test_no_more_is_read_than_the_directory_declares(monkeypatch: pytest.MonkeyPatch) -> None:
    content = packed({"a": b"x" * 5_000})
    lying = content.replace((5_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert reason(lying) == "malformed"
    monkeypatch.setattr(archive, "MOST_MEMBER", 4_999)
    assert reason(content) == "zip_bomb"


def test_the_message_names_the_format() -> None:
    with pytest.raises(Unusable) as caught, archive.opened(b"PK", "DOCX"):
        pass
    assert caught.value.detail == "the zip file of the DOCX is damaged or cut short"


def test_names_are_listed_without_unpacking() -> None:
    assert archive.names(SMALL) == {"a.xml", "b.xml"}
    assert archive.names(packed({"a": b" " * 60_000_000})) == {"a"}


def test_names_of_a_damaged_or_an_endless_directory_are_none() -> None:
    assert archive.names(SMALL[:-30]) is None
    assert archive.names(many()) is None


def test_a_document_of_too_many_members_is_still_told_as_what_it_is() -> None:
    """So its reject says that it is a bomb, not that its format is not read."""
    assert kinds.media_type(many(), "a.docx") == media_types.DOCX


@pytest.mark.parametrize("module", [word, kinds])
def test_zipped_formats_open_archives_here_alone(module: ModuleType) -> None:
    assert "ZipFile(" not in inspect.getsource(module)
