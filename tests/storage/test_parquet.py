"""Files of tables that are damaged: the message names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from docassay.schemas.errors import TablesError
from docassay.schemas.rows import Reject
from docassay.storage.tables.parquet import read_table, write_table
from docassay.storage.tables.write import arrow
from tests.tables import STAMP


@pytest.mark.parametrize("place", ["footer", "page"])
def test_a_damaged_table_is_named_by_its_path(tmp_path: Path, place: str) -> None:
    path = tmp_path / "a.parquet"
    rows = [Reject(None, f"{n}.txt", "read", "empty", "no bytes at all") for n in range(500)]
    write_table(arrow("rejects", rows, STAMP), str(path), {})
    content = bytearray(path.read_bytes())
    damage = slice(-60, -8) if place == "footer" else slice(4, 600)
    content[damage] = b"\xff" * len(content[damage])
    path.write_bytes(content)
    with pytest.raises(TablesError, match=f"{path}") as raised:
        read_table("rejects", str(path))
    assert "Buffer" not in str(raised.value)
