"""Frames: how messages cross the pipes between a process and its worker.

A frame is a number of parts, then each part after its length; numbers have four bytes, lowest first. The
first part is the message's head in JSON, the others are its blocks. Nothing is pickled.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

LENGTH = struct.Struct("<I")
MOST_PARTS = 100_000


class Message(NamedTuple):
    """What one process tells the other.

    Attributes:
        head: Anything that JSON can write.
        blocks: Bytes that belong to it.
    """

    head: Any = None
    blocks: Sequence[bytes] = ()


def parts_of(message: Message) -> list[bytes]:
    """Give the parts of a message; lone surrogates pass."""
    head = json.dumps(message.head, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return [head, *message.blocks]


def message_of(parts: Sequence[bytes]) -> Message:
    """Give the message of parts.

    Raises:
        ValueError: The first part is missing or no JSON.
        RecursionError: It is nested too deeply.
    """
    if not parts:
        raise ValueError("a message without a head")
    return Message(json.loads(parts[0]), parts[1:])


def packed(message: Message) -> bytes:
    """Write a message as a frame."""
    parts = parts_of(message)
    return LENGTH.pack(len(parts)) + b"".join(LENGTH.pack(len(part)) + part for part in parts)


def write(stream: IO[bytes], message: Message) -> None:
    """Write a message to a stream, without a copy of its blocks."""
    parts = parts_of(message)
    stream.write(LENGTH.pack(len(parts)))
    for part in parts:
        stream.write(LENGTH.pack(len(part)))
        stream.write(part)
    stream.flush()


def read(stream: IO[bytes]) -> Message | None:
    """Read a message from a stream; None where the stream has ended."""
    number = _read_number(stream)
    if number is None:
        return None
    parts = []
    for _ in range(number):
        size = _read_number(stream)
        part = b"" if size is None else stream.read(size)
        if size is None or len(part) < size:
            return None
        parts.append(part)
    return message_of(parts)


def _read_number(stream: IO[bytes]) -> int | None:
    content = stream.read(LENGTH.size)
    return LENGTH.unpack(content)[0] if len(content) == LENGTH.size else None


class Frame:
    """A frame that comes in pieces.

    Attributes:
        size: Bytes that have come.
        parts: Those that are whole.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.size = 0
        self.parts: list[bytes] = []
        self._number: int | None = None
        self._rest = bytearray()

    def add(self, piece: bytes) -> None:
        """Take some bytes.

        Raises:
            ValueError: It has more than `MOST_PARTS`.
        """
        self.size += len(piece)
        self._rest += piece
        at = 0
        while len(self._rest) >= at + LENGTH.size and not self.is_complete:
            (number,) = LENGTH.unpack_from(self._rest, at)
            start = at + LENGTH.size
            if self._number is None:
                self._number, at = number, start
                if number > MOST_PARTS:
                    raise ValueError(f"a frame of {number:,} parts")
            elif len(self._rest) >= start + number:
                self.parts.append(bytes(self._rest[start : start + number]))
                at = start + number
            else:
                break
        del self._rest[:at]

    @property
    def is_complete(self) -> bool:
        """Whether all parts have come."""
        return self._number == len(self.parts)
