"""Mutants: a document changed at random, in its bytes, its words or the members of its archive.

A mutant depends on (seed, number) alone, so a run can be taken up where it stopped, and one mutant made
again.
"""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import PurePath

Seed = tuple[str, bytes]
"""The name and the bytes of a document."""

MOST_BYTES = 2_000_000
"""A mutant is cut to so many bytes: what is larger is a matter of limits, which have tests of their own."""

SWAPPED_SUFFIX = 0.08
"""Share of the mutants whose name says that they are of another format."""

NUMBERS = (0, 1, 127, 128, 255, 256, 32_767, 65_535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)

TOKENS = tuple(
    token.encode("utf-8", "surrogatepass")
    for token in (
        "\0", "\n", "\r\n\r\n", "\t", "\x0c", "\x1b[31m", "\u202e", "\u0300" * 40, "\ufeff", "\ud800", "²",
        "٣", "𝟙", "9" * 400, "-1", "1e999", "NaN", "0x", "%", "%00", "%s", "{}", "{{", "}}", "[" * 200,
        "(" * 200, "\\", '"', "'", "<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", "&", "&#0;",
        "&#xD800;", "&#99999999;", "&amp", "&a;", '<!DOCTYPE a [<!ENTITY a "b">]>',
        "<?xml version='1.0' encoding='utf-7'?>", "<table>", "<tr>", "<script>", "From ", "From: ",
        "Subject: =?utf-8?b?", "?=", "=?x?q?", "Content-Type: multipart/mixed; boundary=",
        "Content-Transfer-Encoding: base64\n\n", "Content-Type: message/rfc822\n\n", "charset=utf-16", "--",
        ";", ",", "BEGIN:VEVENT", "END:VCALENDAR", "<DOCUMENT>\n<TYPE>", "<TEXT>", "</TEXT>",
        "<SEC-HEADER>", "endobj", "endstream", "stream\n", "obj", "<<", ">>", "/Length 99999999",
        "/Kids [1 0 R]", "/Filter /FlateDecode", "startxref\n0", "PK\x03\x04", "PK\x05\x06", "{\\rtf1",
        "\\u-10179", "\\bin99999 ", "{\\*\\", "null", "true",
    )
)  # fmt: skip
"""Words that readers of some format take for more than text."""


def mutant(seeds: Sequence[Seed], seed: int, number: int) -> Seed:
    """Make a mutant of one of the seeds.

    Args:
        seeds: Documents to start from.
        seed: Of the whole run.
        number: Of the mutant.

    Returns:
        Its name, which begins with its number, and its bytes.

    >>> mutant([("a.txt", b"abc")], 1, 7) == mutant([("a.txt", b"abc")], 1, 7)
    True
    """
    chance = random.Random(f"{seed}/{number}")
    name, content = chance.choice(seeds)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        content = _changed(chance, content, seeds)[:MOST_BYTES]
    suffix = PurePath(name).suffix
    if chance.random() < SWAPPED_SUFFIX:
        suffix = PurePath(chance.choice(seeds)[0]).suffix
    return f"{number:07d}{suffix}", content


def _changed(chance: random.Random, content: bytes, seeds: Sequence[Seed]) -> bytes:
    if (
        content.startswith(b"PK\x03\x04")
        and chance.random() < 0.7
        and (packed := _member(chance, content, seeds))
    ):
        return packed
    if chance.random() < 0.08:
        return _spliced(chance, content, chance.choice(seeds)[1])
    return chance.choice(CHANGES)(chance, content)


def _member(chance: random.Random, content: bytes, seeds: Sequence[Seed]) -> bytes | None:
    """Change one member of an archive, and pack it again; None where it cannot be unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [
                (info.filename, archive.read(info))
                for info in archive.infolist()
                if info.file_size < MOST_BYTES
            ]
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        EOFError,
        struct.error,
    ):
        return None
    except Exception as error:  # zlib's and lzma's own
        if type(error).__module__ in ("zlib", "lzma", "_lzma"):
            return None
        raise
    if not members:
        return None
    index = chance.randrange(len(members))
    name, data = members[index]
    kind = chance.random()
    if kind < 0.05:
        del members[index]
    elif kind < 0.1:
        members.append((chance.choice((name, f"../{name}", f"/{name}", "a" * 300)), data))
    else:
        members[index] = (name, _changed(chance, data, seeds))
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # two members of one name are what is wanted
        for member, data in members:
            archive.writestr(_untimed(member), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _untimed(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name.encode("utf-8", "replace").decode())


def _spliced(chance: random.Random, content: bytes, other: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other) + 1) :]


def _flipped(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 8, 32)) if content else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _part(chance: random.Random, content: bytes) -> tuple[int, int]:
    start = chance.randrange(len(content) + 1)
    return start, min(len(content), start + chance.choice((1, 2, 8, 64, 512, 4_096)))


def _deleted(chance: random.Random, content: bytes) -> bytes:
    start, end = _part(chance, content)
    return content[:start] + content[end:]


def _repeated(chance: random.Random, content: bytes) -> bytes:
    start, end = _part(chance, content)
    return content[:end] + content[start:end] * chance.choice((1, 3, 50, 1_000)) + content[end:]


def _moved(chance: random.Random, content: bytes) -> bytes:
    start, end = _part(chance, content)
    rest = content[:start] + content[end:]
    at = chance.randrange(len(rest) + 1)
    return rest[:at] + content[start:end] + rest[at:]


def _noise(chance: random.Random, content: bytes) -> bytes:
    start, end = _part(chance, content)
    return content[:start] + chance.randbytes(end - start) + content[end:]


def _word(chance: random.Random, content: bytes) -> bytes:
    start, end = _part(chance, content)
    kept = chance.choice((start, end))
    return content[:start] + chance.choice(TOKENS) * chance.choice((1, 1, 1, 100)) + content[kept:]


def _number(chance: random.Random, content: bytes) -> bytes:
    order = chance.choice("<>") + chance.choice("BHIQ")
    size = struct.calcsize(order)
    at = chance.randrange(max(1, len(content) - size + 1))
    return content[:at] + struct.pack(order, chance.choice(NUMBERS) % 256**size) + content[at + size :]


def _line(chance: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    line = chance.randrange(len(lines))
    kind = chance.randrange(4)
    if kind == 0:
        lines[line : line + 1] = [lines[line]] * chance.choice((2, 20, 500))
    elif kind == 1:
        other = chance.randrange(len(lines))
        lines[line], lines[other] = lines[other], lines[line]
    elif kind == 2:
        lines[line] = lines[line].replace(b" ", chance.choice(TOKENS))
    else:
        del lines[line]
    return b"\n".join(lines)


CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flipped, _cut, _deleted, _repeated, _moved, _noise, _word, _word, _number, _number, _line, _line,
)  # fmt: skip
