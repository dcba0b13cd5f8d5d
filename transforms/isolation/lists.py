"""Read lists in workers: the blocks of a file, and the entries of a block.

The parent opens the file and hands a worker the bytes that it asks for; the worker gives entries, up to
`FRAME_BYTES` and one text at a time, when the parent wants more. What it says is checked against what was
asked: numbers rise and lie in the block, so even one that was taken over by a document can neither name
another file nor give more than a text a row.
"""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, cast

from docassay.transforms import lists
from docassay.transforms.formats import REASONS, Limits, Unusable
from docassay.transforms.isolation.child import Parent, Request
from docassay.transforms.isolation.worker import shared_pool
from docassay.transforms.lists import TEXT_BYTES, Block, Entry

ENTRY_REASONS = frozenset({*REASONS, "broken_line", "no_text_column"})
"""Reasons that a worker may give."""

FRAME_BYTES = 1_000_000
"""A response ends with the text that reaches this size."""

FRAME_ITEMS = 1_000
READ_BYTES = 4_000_000
"""Most bytes of the file that are asked for at once."""

ROWS_A_TURN = 10_000
"""A block has `Limits.seconds` in all for each so many of its rows."""

FUNCTION = "docassay.transforms.isolation.lists:read_list"
_MOST_RESPONSE = FRAME_BYTES + TEXT_BYTES + 4_000_000


def blocks(file: BinaryIO, size: int, text_column: str, limits: Limits) -> Iterator[Block]:
    """Give the row groups of a Parquet file of so many bytes.

    Raises:
        Unusable: It has none with rows, or cannot be read: the reason and the detail of its reject.
    """
    request = {"block": None, "entries": "rows", "size": size, "text_column": text_column}
    for item in _items(request, file, 1, limits):
        group, first, rows = item
        if not all(type(number) is int and number >= 0 for number in item):
            raise Unusable("crashed", "the reader's process gave what is no block")
        yield Block(group, first, rows)


def entries(
    file: BinaryIO, size: int, block: Block, what: str, text_column: str, limits: Limits
) -> Iterator[Entry]:
    """Give the entries of a block in order.

    Raises:
        Unusable: The rest cannot be read: the reason and the detail of its reject.
    """
    request = {"block": block, "entries": what, "size": size, "text_column": text_column}
    after = block.third - 1 if what == "lines" else block.second - 1
    # A line has a byte at least.
    last = after + (block.second - block.first if what == "lines" else block.third)
    for item in _items(request, file, 1 if what == "lines" else block.third, limits):
        if not (isinstance(item, Entry) and after < item.number <= last):
            raise Unusable("crashed", "the reader's process gave what is no entry of the block")
        after = item.number
        yield item
    if what == "rows" and after != last:
        raise Unusable("malformed", f"of {block.third:,} rows there are {after - block.second + 1:,}")


def _items(request: dict[str, Any], file: BinaryIO, rows: int, limits: Limits) -> Iterator[Any]:
    seconds = limits.seconds * (1 + rows // ROWS_A_TURN)
    pool = shared_pool(FUNCTION, limits, ENTRY_REASONS)
    for items in pool.stream(request, _parsed, _pieces(file, request["size"]), seconds, _MOST_RESPONSE):
        yield from items


def _pieces(file: BinaryIO, size: int) -> Callable[[Any], bytes]:
    def piece(asked: Any) -> bytes:
        offset, length = asked
        if not (offset >= 0 and 0 < length <= READ_BYTES and offset + length <= size):
            raise ValueError("no such bytes")
        file.seek(offset)
        pieces, left = [], length
        while left and (read := file.read(left)):
            pieces.append(read)
            left -= len(read)
        # A file that has become shorter is damaged, not endless.
        return b"".join(pieces) + bytes(left)

    return piece


def _parsed(response: Any) -> list[Block | Entry]:
    found: list[Block | Entry] = []
    for number, *rest in response:
        if type(number) is not int:
            raise ValueError("no number")
        if len(rest) == 2:
            found.append(Block(number, *rest))
            continue
        text, reason, detail = rest
        if not isinstance(text, bytes | None):
            raise ValueError("no text")
        known = text is not None or reason in ENTRY_REASONS
        found.append(Entry(number, text, reason if known else "crashed", str(detail)[:500]))
    return found


def read_list(request: Request) -> Iterator[list[Block | Entry]]:
    """Read the blocks of a list, or the entries of a block, some at a time; runs in a worker."""
    gc.disable()  # an object of JSON has no cycles, and looking for them takes most of the time
    asked = request.asked
    # Buffered by half a megabyte, so that a column that is read in small pieces does not ask for each.
    file = cast(BinaryIO, io.BufferedReader(_File(request.parent, asked["size"]), 1 << 19))
    column = asked["text_column"]
    found: Iterable[Block | Entry]
    if asked["block"] is None:
        found = lists.groups(file, column)
    elif asked["entries"] == "rows":
        found = lists.rows(file, Block(*asked["block"]), column)
    else:
        found = lists.lines(file, Block(*asked["block"]), column)
    items: list[Block | Entry] = []
    held = 0
    try:
        for item in found:
            items.append(item)
            held += len(item.text or b"") if isinstance(item, Entry) else 0
            if held >= FRAME_BYTES or len(items) >= FRAME_ITEMS:
                yield items
                items, held = [], 0
    except Exception:
        yield items  # what was read before counts
        raise
    yield items


class _File(io.RawIOBase):
    """The parent's file, read through it."""

    def __init__(self, parent: Parent, size: int) -> None:
        self._parent = parent
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if self._at < 0:
            raise ValueError("before the beginning of the file")
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), max(0, self._size - self._at), READ_BYTES)
        if not wanted:
            return 0
        piece = self._parent.call([self._at, wanted])
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
