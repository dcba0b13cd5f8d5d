"""Lists: files that hold a document in every line or row, cut into blocks and read entry by entry.

Whatever is here works on an open file, and never holds more than a few megabytes of it beyond the longest
entry. Where an entry may be long or the format is one that unpacks, it runs in a child process
(`transforms.isolation.lists`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from docassay.transforms.formats import Unusable
from docassay.transforms.formats.plain import LONE_SURROGATES

BLOCK_BYTES = 1_000_000
"""A block of lines ends with the line that reaches this size."""

HARMLESS_BYTES = 1_250_000
"""A block of lines of no more bytes may be read in the calling process: no line in it is longer, and the
objects of a line take some thirty times its bytes at most, nested to Python's limit, in linear time."""

TEXT_BYTES = 50_000_000
"""Longest line that is read, and longest text of a row."""

SUFFIXES = {".jsonl": "lines", ".ndjson": "lines", ".parquet": "rows"}
"""Of files that are lists: what their entries are called."""

_PIECE = 1 << 20


class Block(NamedTuple):
    """Some entries of a list.

    Of lines: the first byte, the byte after the last, the number of the first line. Of rows: the row group,
    the number of its first row, how many rows it has.
    """

    first: int
    second: int
    third: int


class Entry(NamedTuple):
    """An entry of a list: its number, and its text in UTF-8, or why there is none."""

    number: int
    text: bytes | None
    reason: str = ""
    detail: str = ""


def entries_of(path: str) -> str | None:
    """Tell by a file's name what its entries are called; None where it is no list.

    >>> entries_of("a.JSONL"), entries_of("a.parquet"), entries_of("a.txt")
    ('lines', 'rows', None)
    """
    lower = path.lower()
    return next((what for suffix, what in SUFFIXES.items() if lower.endswith(suffix)), None)


def line_blocks(file: BinaryIO) -> Iterator[Block]:
    """Cut lines into blocks; a file without a byte has none."""
    start = position = 0
    first = number = 1
    piece = b""
    while piece := file.read(_PIECE):
        at = 0
        while True:
            # The line that reaches the size of a block ends at the next line feed from there on.
            end = piece.find(b"\n", max(at, start + BLOCK_BYTES - 1 - position))
            number += piece.count(b"\n", at, len(piece) if end < 0 else end + 1)
            if end < 0:
                break
            at = end + 1
            yield Block(start, position + at, first)
            start, first = position + at, number
        position += len(piece)
    if position > start:
        yield Block(start, position, first)


def count_lines(file: BinaryIO, block: Block) -> int:
    """Count the lines of a block, the empty ones too."""
    file.seek(block.first)
    left, count, piece = block.second - block.first, 0, b"\n"
    while left > 0 and (read := file.read(min(left, _PIECE))):
        left, piece = left - len(read), read
        count += piece.count(b"\n")
    return count + (not piece.endswith(b"\n"))


def small_lines(file: BinaryIO, block: Block, text_column: str) -> Iterator[Entry]:
    """Read the lines of a block of at most `HARMLESS_BYTES`; empty ones give nothing.

    Raises:
        Unusable: The file is shorter than when it was listed.
    """
    size = block.second - block.first
    file.seek(block.first)
    content = file.read(size)
    if len(content) < size:
        raise Unusable("unreadable", "the file has changed since it was listed")
    lines = content.split(b"\n")
    for number, line in enumerate(lines, block.third):
        if line.strip():
            yield line_entry(number, line, text_column)


def long_lines(file: BinaryIO, block: Block, text_column: str) -> Iterator[Entry]:
    """Read the lines of any block; of one that is longer than `TEXT_BYTES` only the end is looked for.

    Raises:
        Unusable: The file is shorter than when it was listed.
    """
    file.seek(block.first)
    left, number = block.second - block.first, block.third
    while left > 0:
        line = piece = file.readline(min(left, TEXT_BYTES))
        if not piece:
            raise Unusable("unreadable", "the file has changed since it was listed")
        size = len(line)
        while size < left and not piece.endswith(b"\n"):
            line = b""  # it is too long, so it is not kept
            if not (piece := file.readline(min(left - size, _PIECE))):
                raise Unusable("unreadable", "the file has changed since it was listed")
            size += len(piece)
        left -= size
        if size > TEXT_BYTES:
            yield Entry(
                number, None, "too_large", f"a line of {size:,} bytes; at most {TEXT_BYTES:,} are read"
            )
        elif line.strip():
            yield line_entry(number, line, text_column)
        number += 1


def line_entry(number: int, line: bytes, text_column: str) -> Entry:
    """Read a line: the text of a JSON object, or why it has none."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    except MemoryError:
        return Entry(number, None, "out_of_memory", f"a line of {len(line):,} bytes")
    if not isinstance(value, dict):
        return Entry(number, None, "broken_line", "not a JSON object")
    text = value.get(text_column)
    if not isinstance(text, str):
        return no_text(number, text_column, None if text is None else type(text).__name__)
    return Entry(number, LONE_SURROGATES.sub("\ufffd", text).encode())


def no_text(number: int, text_column: str, kind: str | None = None) -> Entry:
    """Say that an entry has no text under a name, and what it has instead."""
    problem = f"no text but {kind[:100]}" if kind else "no text"
    return Entry(number, None, "no_text_column", f"{problem} under {text_column!r} (--text-column)")
