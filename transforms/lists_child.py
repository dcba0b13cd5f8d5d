"""The child that reads lists, and the protocol that it speaks with its parent (`transforms.sandbox_lists`).

Frames are those of `transforms.sandbox_child`. The parent asks for the blocks of a list, or the entries of
a block; each answer is a head in JSON and the texts of its entries, one after the other. A head is one of

    {"read": [OFFSET, SIZE]}          bytes of the file, which the parent sends: the child opens nothing
    {"items": [...], "more": true}    some items; it waits until the parent wants the next
    {"items": [...], "more": false}   the last ones; "refused": [REASON, DETAIL] where something stopped it
    {"lack": WHAT}                    what the machine lacks to read any list

An item is a block's three numbers; or an entry's number and the size of its text, or its number, reason and
detail.
"""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import signal
from collections.abc import Iterable
from typing import IO, Any, BinaryIO, cast

from docassay.transforms import lists, parquet_rows
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.lists import Block, Entry
from docassay.transforms.sandbox_child import (
    begin,
    pack,
    receive,
    receive_setup,
    restrict,
    send,
    streams,
    too_much,
)
from docassay.transforms.temporary import lack_of

FRAME_BYTES = 1_000_000
"""An answer ends with the text that reaches this size."""

FRAME_ITEMS = 1_000
READ_BYTES = 4_000_000
"""Most bytes of the file that are asked for at once."""


def serve() -> None:
    """Answer requests on standard input until it ends: what a child runs."""
    requests, answers = streams()
    if (told := receive_setup(requests)) is None:
        return
    _, folder, limits = told
    gc.disable()  # an object of JSON has no cycles, and looking for them takes most of the time
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # Arrow's own pool reserves gigabytes of addresses
    restrict(limits)
    send(answers, [b""])
    while (request := receive(requests)) is not None:
        parent = _Parent(requests, answers, limits)
        begin(limits)
        try:
            _answer(json.loads(request), parent)
        except EOFError:
            break
        signal.setitimer(signal.ITIMER_REAL, 0)
    shutil.rmtree(folder, ignore_errors=True)  # the parent is gone, or closing


class _Parent:
    """The other side: what is asked of it, and given to it."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes], limits: Limits) -> None:
        self._requests = requests
        self._answers = answers
        self._limits = limits

    def give(self, head: dict[str, Any], content: bytes = b"") -> None:
        send(self._answers, [pack(head), content])

    def ask(self, head: dict[str, Any], content: bytes = b"") -> bytes:
        """Give an answer and wait for what follows; the wait does not count as time of this process."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.give(head, content)
        if (frame := receive(self._requests)) is None:
            raise EOFError
        if "read" in head:
            signal.setitimer(signal.ITIMER_REAL, self._limits.seconds + 10)
        else:
            begin(self._limits)
        return frame


class _File(io.RawIOBase):
    """The parent's file, read through it."""

    def __init__(self, parent: _Parent, size: int) -> None:
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
        piece = self._parent.ask({"read": [self._at, wanted]})
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _answer(asked: dict[str, Any], parent: _Parent) -> None:
    # Buffered by half a megabyte, so that a column that is read in small pieces does not ask for each.
    file = cast(BinaryIO, io.BufferedReader(_File(parent, asked["size"]), 1 << 19))
    column = asked["text_column"]
    head: dict[str, Any] = {"items": [], "more": True}
    texts: list[bytes] = []
    held = 0
    try:
        found: Iterable[Block | Entry]
        if asked["block"] is None:
            found = parquet_rows.groups(file, column)
        elif asked["entries"] == "rows":
            found = parquet_rows.rows(file, Block(*asked["block"]), column)
        else:
            found = lists.long_lines(file, Block(*asked["block"]), column)
        for item in found:
            if isinstance(item, Entry) and item.text is not None:
                head["items"].append((item.number, len(item.text)))
                texts.append(item.text)
                held += len(item.text)
            else:
                head["items"].append(
                    (item.number, item.reason, item.detail) if isinstance(item, Entry) else item
                )
            if held >= FRAME_BYTES or len(head["items"]) >= FRAME_ITEMS:
                content = b"".join(texts)
                texts.clear()
                parent.ask(head, content)
                head, held = {"items": [], "more": True}, 0
    except Unusable as unusable:
        head["refused"] = (unusable.reason, unusable.detail)
    except MemoryError:
        head["refused"] = ("out_of_memory", too_much(parent._limits))
    except EOFError:
        raise
    except Exception as error:
        if lack := lack_of(error):
            parent.give({"lack": lack})
            return
        # A defect: the rest of this block is lost, the next is not.
        line = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        head["refused"] = ("crashed", f"the reader failed: {line}")
    parent.give(head | {"more": False}, b"".join(texts))
