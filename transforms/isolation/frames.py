"""Frames: how values cross the pipes between a process and its worker. Nothing is pickled.

A value is anything that JSON can write, with bytes, times and the fields of dataclasses in it; arrays come
back as tuples. Packed, it is the number of its parts, the length of each, and the parts: the value in JSON,
then its bytes, which stand there as ``{"bytes": 0}`` and so on. Numbers have four bytes, lowest first. A
frame is the length of what is packed (`SIZE`), and that.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any

SIZE = struct.Struct("<Q")


def packed(value: Any) -> bytes:
    r"""Write a value as bytes, for `unpacked`; lone surrogates pass.

    >>> unpacked(packed({"a": [b"\0", "\udce9", None]}))
    {'a': (b'\x00', '\udce9', None)}

    Raises:
        TypeError: JSON cannot write it.
    """
    blocks: list[bytes] = []

    def named(thing: Any) -> Any:
        if isinstance(thing, bytes):
            blocks.append(thing)
            return {"bytes": len(blocks) - 1}
        if isinstance(thing, datetime):
            return {"time": thing.isoformat()}
        return [getattr(thing, field.name) for field in fields(thing)]

    head = json.dumps(value, ensure_ascii=False, default=named).encode("utf-8", "surrogatepass")
    numbers = [1 + len(blocks), len(head), *map(len, blocks)]
    return b"".join([struct.pack(f"<{len(numbers)}I", *numbers), head, *blocks])


def unpacked(content: bytes | bytearray) -> Any:
    """Read what `packed` wrote.

    Raises:
        LookupError, TypeError, ValueError, struct.error: It is nothing such.
        RecursionError: It is nested too deeply.
    """
    (number,) = struct.unpack_from("<I", content)
    sizes = struct.unpack_from(f"<{number}I", content, 4)
    view = memoryview(content)
    head, *blocks = (bytes(view[a:b]) for a, b in pairwise(accumulate(sizes, initial=4 + 4 * number)))
    return _read(json.loads(head), blocks)


def _read(value: Any, blocks: Sequence[bytes]) -> Any:
    if isinstance(value, list):
        return tuple(_read(one, blocks) for one in value)
    if not isinstance(value, dict):
        return value
    if value.keys() == {"bytes"}:
        return blocks[value["bytes"]]
    if value.keys() == {"time"}:
        return datetime.fromisoformat(value["time"])
    return {key: _read(one, blocks) for key, one in value.items()}
