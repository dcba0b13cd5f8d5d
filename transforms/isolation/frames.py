"""Frames: how messages cross the pipes between a process and its worker.

A frame is the number of its parts, the length of each, and the parts; numbers have four bytes, lowest first.
The first part is the message's head in JSON, the others are its blocks. Nothing is pickled.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

MOST_PARTS = 100_000

_SIZE = struct.calcsize("<I")


class Message(NamedTuple):
    """What one process tells the other.

    Attributes:
        head: Anything that JSON can write.
        blocks: Bytes that belong to it.
    """

    head: Any = None
    blocks: Sequence[bytes] = ()


def pieces(message: Message) -> list[bytes]:
    """Give the pieces of a message's frame, its blocks as they are; lone surrogates pass."""
    head = json.dumps(message.head, ensure_ascii=False).encode("utf-8", "surrogatepass")
    parts = [head, *message.blocks]
    numbers = [len(parts), *map(len, parts)]
    return [struct.pack(f"<{len(numbers)}I", *numbers), *parts]


def read(take: Callable[[int], bytes], most: int | None = None) -> Message:
    """Read a message.

    Args:
        take: Gives so many of the next bytes.
        most: Bytes that the frame may have; None: any number.

    Raises:
        ValueError: It has no part or too many, is too long, or its head is no JSON.
        RecursionError: Its head is nested too deeply.
    """
    (number,) = struct.unpack("<I", take(_SIZE))
    if not 0 < number <= MOST_PARTS:
        raise ValueError(f"a frame of {number:,} parts")
    sizes = struct.unpack(f"<{number}I", take(number * _SIZE))
    if most is not None and sum(sizes) > most:
        raise TooLongError
    head, *blocks = map(take, sizes)
    return Message(json.loads(head), blocks)


class TooLongError(ValueError):
    """A frame is longer than it may be."""
