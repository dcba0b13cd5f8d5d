"""Lists: files that hold a document in every line or row, cut into blocks and read entry by entry.

Whatever is here works on an open file, and never holds more than a few megabytes of it beyond the longest
entry. Where an entry may be long or the format is one that unpacks, it runs in a child process
(`transforms.isolation.lists`).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from docassay.transforms.formats import Unusable
from docassay.transforms.formats.chat import written_message
from docassay.transforms.formats.plain import LONE_SURROGATES

BLOCK_BYTES = 1_000_000
"""A block of lines ends with the line that reaches this size."""

HARMLESS_BYTES = 1_250_000
"""A block of lines of no more bytes may be read in the calling process: no line in it is longer, and the
objects of a line take some thirty times its bytes at most, nested to Python's limit, in linear time."""

TEXT_BYTES = 50_000_000
"""Longest line that is read, and longest text of a row."""

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


def lines(file: BinaryIO, block: Block, text_column: str) -> Iterator[Entry]:
    """Read the lines of a block; empty ones give nothing, one longer than `TEXT_BYTES` a reason.

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
    """Read a line: the text of a JSON object, or of the short message that it is, or why it has none."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    except MemoryError:
        return Entry(number, None, "out_of_memory", f"a line of {len(line):,} bytes")
    if not isinstance(value, dict):
        return Entry(number, None, "broken_line", "not a JSON object")
    text = value.get(text_column)
    if text is None:  # it may be a backup of short messages
        text = written_message(value)
    if not isinstance(text, str):
        return no_text(number, text_column, None if text is None else type(text).__name__)
    return Entry(number, LONE_SURROGATES.sub("\ufffd", text).encode())


def no_text(number: int, text_column: str, kind: str | None = None) -> Entry:
    """Say that an entry has no text under a name, and what it has instead."""
    problem = f"no text but {kind[:100]}" if kind else "no text"
    return Entry(number, None, "no_text_column", f"{problem} under {text_column!r} (--text-column)")


BATCH_ROWS = 256
BATCH_BYTES = 8_000_000
"""A batch has so many rows, or fewer where they are long on average."""

READ_BYTES = 1 << 19
"""Bytes of a column that are read at a time."""

ALWAYS_ROWS = 2_000_000
"""Rows that a group may have whatever its size: nulls take no space."""
MOST_ROWS = 10**12
ROWS_A_BYTE = 8
ALWAYS_BYTES = 50_000_000
"""Bytes of text that a group may give whatever its size."""
RATIO = 200
"""Bytes of text that a byte of the file may give beyond that, as of a zip archive."""


def groups(file: BinaryIO, text_column: str) -> Iterator[Block]:
    """List the row groups of untrusted Parquet that have rows.

    This, and `rows`, run in a worker: a footer, a page or a dictionary may claim any size, and pages are
    unpacked whole before a value can be read. Rows and bytes out of all proportion to the file are refused.

    Raises:
        Unusable: It is not a Parquet file, has no row, or not one column of that name.
    """
    with _errors():
        table = _open(file)
        columns = table.schema_arrow.names
        if columns.count(text_column) != 1:
            there = ", ".join(name[:60] for name in columns[:20]) + (", ..." if len(columns) > 20 else "")
            number = "no column" if text_column not in columns else "more than one column"
            detail = f"{number} {text_column!r}; there are {there} (--text-column names another)"
            raise Unusable("no_text_column", detail[:500])
        first = 1
        for group in range(table.metadata.num_row_groups):
            rows = table.metadata.row_group(group).num_rows
            if not 0 <= rows <= MOST_ROWS:
                raise Unusable("malformed", f"row group {group} of {rows:,} rows")
            if rows:
                yield Block(group, first, rows)
            first += rows
        if first == 1:
            raise Unusable("empty", "a table without a row")


def rows(file: BinaryIO, block: Block, text_column: str) -> Iterator[Entry]:
    """Read the texts of a row group.

    Raises:
        Unusable: It is damaged, has changed since it was listed, or claims more rows than such a file has.
        MemoryError: A page or a dictionary of it unpacks to more than there is memory.
    """
    with _errors():
        table = _open(file)
        group, first, count = block
        metadata = table.metadata
        if group >= metadata.num_row_groups or metadata.row_group(group).num_rows != count:
            raise Unusable("unreadable", "the file has changed since it was listed")
        size = file.seek(0, os.SEEK_END)
        if count > ALWAYS_ROWS + ROWS_A_BYTE * size:
            raise Unusable("too_large", f"a row group of {count:,} rows in a file of {size:,} bytes")
        kind = table.schema_arrow.field(text_column).type
        if not _is_text(kind):
            for number in range(first, first + count):
                yield no_text(number, text_column, str(kind))
            return
        number, left = first, ALWAYS_BYTES + RATIO * size
        for value in _values(file, table, group, text_column):
            entry = _entry(number, value, text_column)
            left -= len(entry.text or b"")
            if left < 0:
                break
            yield entry
            number += 1
        if left < 0:  # reading on could go on for days
            for later in range(number, first + count):
                detail = f"the texts before it have used up {RATIO} times the bytes of the file"
                yield Entry(later, None, "too_large", detail)
            return
        if number != first + count:
            raise Unusable(
                "malformed", f"of {count:,} rows that the file claims there are {number - first:,}"
            )


def _values(file: BinaryIO, table: Any, group: int, text_column: str) -> Iterator[Any]:
    """Give the values in order, each a buffer that holds no copy, or None for a null.

    Where a batch does not fit in memory, they go on in smaller ones: a dictionary gives a long text to many
    rows. (Read as a dictionary, Arrow would keep all texts of a group, and copy them for each batch.)
    """
    done, size = 0, _batch_rows(table.metadata.row_group(group))
    while True:
        seen = 0
        try:
            reader = _open(file, metadata=table.metadata)
            batches = reader.iter_batches(size, row_groups=[group], columns=[text_column], use_threads=False)
            for batch in batches:
                column = batch.column(0)
                if seen + len(column) > done:
                    yield from _buffers(column[max(0, done - seen) :])
                seen += len(column)
                done = max(done, seen)
            return
        except MemoryError:
            if size == 1:
                raise
            size = max(1, size // 16)


def _buffers(column: Any) -> Iterator[Any]:
    import numpy
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        indices, values = column.indices.to_pylist(), column.dictionary
    else:
        indices = [n if valid else None for n, valid in enumerate(column.is_valid().to_pylist())]
        values = column
    if pa.types.is_string_view(values.type):
        values = values.cast(pa.large_string())
    wide = pa.types.is_large_string(values.type)
    _, offsets, content = values.buffers()
    bounds: Any = numpy.frombuffer(offsets, numpy.int64 if wide else numpy.int32) if offsets else ()
    for index in indices:
        if index is None:
            yield None
            continue
        start, end = int(bounds[values.offset + index]), int(bounds[values.offset + index + 1])
        yield content.slice(start, end - start) if content is not None else b""


def _batch_rows(group: Any) -> int:
    average = max(1, int(group.total_byte_size)) // max(1, int(group.num_rows))
    return max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, average)))


def _entry(number: int, value: Any, text_column: str) -> Entry:
    if value is None:
        return no_text(number, text_column)
    size = memoryview(value).nbytes
    if size > TEXT_BYTES:
        detail = f"a text of {size:,} bytes; at most {TEXT_BYTES:,} are read"
        return Entry(number, None, "too_large", detail)
    text = bytes(value)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return Entry(number, None, "broken_line", f"not UTF-8: {error.reason} at byte {error.start:,}")
    return Entry(number, text)


def _is_text(kind: Any) -> bool:
    """Tell whether values of an Arrow type are texts; those of others are never made into Python objects."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _open(file: BinaryIO, **options: Any) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # With a buffer, pages are read one after the other, and not a column of a whole group at once.
    return pq.ParquetFile(pa.PythonFile(file, mode="r"), pre_buffer=False, buffer_size=READ_BYTES, **options)


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except MemoryError:
        raise
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        line = " ".join(str(error).replace("'<Buffer>'", "").split())
        raise Unusable("unreadable", f"no readable Parquet: {line}"[:400]) from None
