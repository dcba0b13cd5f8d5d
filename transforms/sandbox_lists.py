"""The sandbox for lists: their blocks and entries, read in child processes that may be killed.

The parent opens the file and hands the child the bytes that it asks for; the child gives back entries, up to
`lists_child.FRAME_BYTES` and one text at a time, and goes on only when the parent wants more. What a child
says is checked against what was asked: numbers rise and lie in the block, so even one that was taken over by
a document can neither name another file nor give more than a text a row.
"""

from __future__ import annotations

import atexit
import json
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, BinaryIO

from docassay.schemas.errors import RunError
from docassay.transforms.formats import REASONS, Limits, Unusable
from docassay.transforms.lists import TEXT_BYTES, Block, Entry
from docassay.transforms.lists_child import FRAME_BYTES, READ_BYTES
from docassay.transforms.sandbox_child import pack
from docassay.transforms.sandbox_process import GRACE_SECONDS, Child, Dead

ENTRY_REASONS = frozenset({*REASONS, "broken_line", "no_text_column"})
"""Reasons that a child may give."""

ROWS_A_TURN = 10_000
"""A block has `Limits.seconds` in all for each so many of its rows."""

_MOST_ANSWER = FRAME_BYTES + TEXT_BYTES + 4_000_000


class Lists:
    """Reads lists in children, one for each call under way; an idle one is used again, by any thread."""

    def __init__(self, limits: Limits) -> None:
        """Start no process yet.

        Args:
            limits: `memory_bytes` of a child, and the `seconds` that it may take for an answer.
        """
        self._limits = limits
        self._idle: list[Child] = []
        self._lock = threading.Lock()

    def blocks(self, file: BinaryIO, size: int, text_column: str) -> Iterator[Block]:
        """Give the row groups of a Parquet file of so many bytes.

        Raises:
            Unusable: It has none with rows, or cannot be read: the reason and the detail of its reject.
        """
        request = {"block": None, "entries": "rows", "size": size, "text_column": text_column}
        for item in self._items(request, file, 1):
            group, first, rows = item
            if not all(type(number) is int and number >= 0 for number in item):
                raise Unusable("crashed", "the reader's process gave what is no block")
            yield Block(group, first, rows)

    def entries(
        self, file: BinaryIO, size: int, block: Block, what: str, text_column: str
    ) -> Iterator[Entry]:
        """Give the entries of a block in order.

        Args:
            file: The list, open.
            size: Its bytes.
            block: Which of its entries.
            what: ``lines`` or ``rows``.
            text_column: What a text is called.

        Raises:
            Unusable: The rest cannot be read: the reason and the detail of its reject.
        """
        request = {"block": block, "entries": what, "size": size, "text_column": text_column}
        after = block.third - 1 if what == "lines" else block.second - 1
        # A line has a byte at least.
        last = after + (block.second - block.first if what == "lines" else block.third)
        for item in self._items(request, file, 1 if what == "lines" else block.third):
            if not (isinstance(item, Entry) and after < item.number <= last):
                raise Unusable("crashed", "the reader's process gave what is no entry of the block")
            after = item.number
            yield item
        if what == "rows" and after != last:
            raise Unusable("malformed", f"of {block.third:,} rows there are {after - block.second + 1:,}")

    def close(self) -> None:
        """End the children that are idle."""
        with self._lock:
            while self._idle:
                self._idle.pop().kill()

    def _items(self, request: dict[str, Any], file: BinaryIO, rows: int) -> Iterator[Any]:
        child = self._take()
        whole = False
        try:
            for head, content in _answers(child, request, file, rows):
                yield from _parsed(head, content)
                if refused := head.get("refused"):
                    reason, detail = refused
                    # After these its heap is full of holes.
                    whole = not head["more"] and reason not in ("out_of_memory", "crashed")
                    raise Unusable(reason if reason in ENTRY_REASONS else "crashed", str(detail)[:500])
                whole = not head["more"]
        except Dead as dead:
            raise Unusable(dead.reason, dead.detail) from None
        except (LookupError, TypeError, ValueError, RecursionError):
            raise Unusable("crashed", "the reader's process gave no answer that can be read") from None
        finally:
            if whole:
                self._put_back(child)
            else:
                child.kill()

    def _take(self) -> Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.usable:
                    return child
                child.kill()
        return Child(self._limits, "docassay.transforms.lists_child:serve", [])

    def _put_back(self, child: Child) -> None:
        with self._lock:
            self._idle.append(child)


def lists_of(limits: Limits) -> Lists:
    """Give the reader of lists that this process shares; its children end with the process."""
    return _shared(limits.seconds, limits.memory_bytes)


@cache
def _shared(seconds: float, memory_bytes: int) -> Lists:
    lists = Lists(Limits(seconds=seconds, memory_bytes=memory_bytes))
    atexit.register(lists.close)
    return lists


def _answers(
    child: Child, request: dict[str, Any], file: BinaryIO, rows: int
) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Exchange frames until the last answer, serving the bytes that the child asks for.

    Raises:
        Dead: An answer, or all together, took too long, or the process ended.
        RunError: The machine lacks something.
    """
    child.requests += 1
    seconds, size = child.limits.seconds, request["size"]
    in_all = seconds * (1 + rows // ROWS_A_TURN)
    left = seconds
    frame = pack(request)
    while True:
        began = time.monotonic()
        head_frame, content = child.exchange([frame], began + min(left, in_all) + GRACE_SECONDS, _MOST_ANSWER)
        spent = time.monotonic() - began
        left, in_all = left - spent, in_all - spent
        head = json.loads(head_frame)
        if "lack" in head:
            raise RunError(f"lists cannot be read on this machine: {str(head['lack'])[:300]}")
        if "read" in head:
            offset, length = head["read"]
            if not (offset >= 0 and 0 < length <= READ_BYTES and offset + length <= size):
                raise ValueError("no such bytes")
            frame = _read(file, offset, length)
            continue
        more = head["more"] is True
        yield head | {"more": more}, content
        if not more:
            return
        frame, left = b"", seconds


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    pieces, left = [], length
    while left and (piece := file.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces) + bytes(left)  # a file that has become shorter is damaged, not endless


def _parsed(head: dict[str, Any], content: bytes) -> Iterator[Any]:
    at = 0
    for item in head["items"]:
        number, *rest = item
        if type(number) is not int:
            raise ValueError("no number")
        if len(rest) == 1:
            (size,) = rest
            if type(size) is not int or not 0 <= size <= len(content) - at:
                raise ValueError("no size of a text")
            yield Entry(number, content[at : at + size])
            at += size
        elif isinstance(rest[0], str):
            reason, detail = rest
            yield Entry(number, None, reason if reason in ENTRY_REASONS else "crashed", str(detail)[:500])
        else:
            yield Block(number, *rest)
