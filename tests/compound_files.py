"""Write Microsoft's compound files (MS-CFB), such as Outlook's mails, since no library that is used does."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SECTOR, MINI, CUTOFF = 512, 64, 4096

Tree = Mapping[str, Any]
"""Names to bytes, or to a folder of the same kind."""


def compound_file(tree: Tree) -> bytes:
    """Write a file of these streams and folders."""
    entries: list[dict[str, Any]] = [{"name": "Root Entry", "kind": 5, "data": b""}]
    _add(entries, 0, tree)
    mini = bytearray()
    minis: list[int] = []
    sectors: list[bytes] = []
    fat: list[int] = []
    for entry in entries[1:]:
        data = entry["data"]
        entry["start"], entry["size"] = END, len(data)
        if data and len(data) < CUTOFF:
            count = -(-len(data) // MINI)
            entry["start"] = len(minis)
            minis += [*range(len(minis) + 1, len(minis) + count), END]
            mini += data.ljust(count * MINI, b"\0")
        elif data:
            entry["start"] = _store(sectors, fat, data)
    entries[0]["size"] = len(mini)
    entries[0]["start"] = _store(sectors, fat, bytes(mini)) if mini else END
    mini_fat = struct.pack(f"<{len(minis)}I", *minis)
    mini_fat_start = _store(sectors, fat, mini_fat, b"\xff") if minis else END
    directory = b"".join(map(_entry, entries))
    directory_start = _store(sectors, fat, directory)
    count = 1
    while count * (SECTOR // 4) < len(fat) + count:
        count += 1
    fat_starts = list(range(len(sectors), len(sectors) + count))
    table = fat + [FAT] * count
    packed = struct.pack(f"<{len(table)}I", *table).ljust(count * SECTOR, b"\xff")
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, count,
        directory_start, 0, CUTOFF, mini_fat_start, -(-len(mini_fat) // SECTOR), END, 0,
    )  # fmt: skip
    difat = struct.pack(f"<{count}I", *fat_starts).ljust(436, b"\xff")
    return header + difat + b"".join(sectors) + packed


def _add(entries: list[dict[str, Any]], parent: int, tree: Tree) -> None:
    first = len(entries)
    entries[parent]["child"] = first if tree else FREE
    for n, (name, value) in enumerate(tree.items()):
        folder = isinstance(value, Mapping)
        right = first + n + 1 if n + 1 < len(tree) else FREE
        entries.append(
            {"name": name, "kind": 1 if folder else 2, "data": b"" if folder else value, "right": right}
        )
    for n, value in enumerate(tree.values()):
        if isinstance(value, Mapping):
            _add(entries, first + n, value)


def _store(sectors: list[bytes], fat: list[int], data: bytes, fill: bytes = b"\0") -> int:
    count = -(-len(data) // SECTOR)
    start = len(sectors)
    padded = data.ljust(count * SECTOR, fill)
    sectors += [padded[n * SECTOR : (n + 1) * SECTOR] for n in range(count)]
    fat += [*range(start + 1, start + count), END]
    return start


def _entry(entry: dict[str, Any]) -> bytes:
    name = (entry["name"] + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16xI8x8xIQ", name, len(name), entry["kind"], 1, FREE, entry.get("right", FREE),
        entry.get("child", FREE), 0, entry["start"], entry["size"],
    )  # fmt: skip


def properties(before: int, values: Mapping[tuple[int, int], bytes]) -> bytes:
    """Write a folder's list of properties of fixed length: (number, type) to eight bytes (MS-OXMSG)."""
    entries = (struct.pack("<HH4x8s", kind, number, value) for (number, kind), value in values.items())
    return bytes(before) + b"".join(entries)


def text(number: int, value: str) -> tuple[str, bytes]:
    """Write a property that is a text."""
    return f"__substg1.0_{number:04X}001F", value.encode("utf-16-le")


def data(number: int, value: bytes) -> tuple[str, bytes]:
    """Write a property that is bytes."""
    return f"__substg1.0_{number:04X}0102", value
