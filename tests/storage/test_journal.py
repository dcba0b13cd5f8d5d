"""A journal is checked before it is carried out: others may write to the folder that it lies in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docassay.schemas.errors import TablesError
from docassay.storage import journal
from docassay.storage.journal import Journal
from docassay.storage.publish import recover
from docassay.storage.write import STAGING

EMPTY: dict[str, Any] = {"moves": [], "deletes": [], "swaps": []}


def _staged(out: Path, content: bytes, run: str = "run-1") -> Path:
    folder = out / STAGING / run
    folder.mkdir(parents=True)
    (folder / journal.JOURNAL).write_bytes(content)
    return folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / STAGING / "run-1").mkdir(parents=True)
    written = Journal(
        moves=((f"{STAGING}/run-1/flags/a.parquet", "flags/run-1-0.parquet"),),
        deletes=("flags/old run.parquet",),
        swaps=((f"{STAGING}/run-1/tables/flags", "flags", "run-1-0.parquet"),),
    )
    journal.write(str(tmp_path), "run-1", written)
    assert journal.read(str(tmp_path), "run-1") == written


@pytest.mark.parametrize(
    "change",
    [
        {"deletes": ["../victim.parquet"]},
        {"deletes": ["/etc/victim.parquet"]},
        {"deletes": ["flags/../../victim.parquet"]},
        {"deletes": ["flags/sub/victim.parquet"]},
        {"deletes": ["flags"]},
        {"deletes": ["flags/..parquet/../victim.parquet"]},
        {"deletes": ["notes/victim.parquet"]},
        {"deletes": ["flags/victim.txt"]},
        {"deletes": ["flags\\..\\victim.parquet"]},
        {"deletes": ["flags/victim.parquet\n"]},
        {"moves": [["../victim.parquet", "flags/a.parquet"]]},
        {"moves": [[f"{STAGING}/run-2/flags/a.parquet", "flags/a.parquet"]]},
        {"moves": [[f"{STAGING}/run-1/../../victim.parquet", "flags/a.parquet"]]},
        {"moves": [[f"{STAGING}/run-1/flags/a.parquet", "../victim.parquet"]]},
        {"moves": [["flags/a.parquet", "documents/a.parquet"]]},
        {"swaps": [["../victim", "flags", "a.parquet"]]},
        {"swaps": [[f"{STAGING}/run-1/tables/flags", "..", "a.parquet"]]},
        {"swaps": [[f"{STAGING}/run-1/tables/flags", "flags", "../a.parquet"]]},
        {"deletes": 7},
        {"moves": [["one"]]},
    ],
    ids=str,
)
def test_a_hostile_journal_is_named_and_changes_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    victim = tmp_path / "victim.parquet"
    victim.write_text("victim")
    out = tmp_path / "out"
    folder = _staged(out, json.dumps({**EMPTY, **change}).encode())
    with pytest.raises(TablesError, match=r"publish\.json is damaged .*; delete .*/run-1 "):
        recover(str(out))
    assert victim.read_text() == "victim"
    assert folder.is_dir(), "nothing is swept before somebody has looked"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000])
def test_a_damaged_journal_is_named(tmp_path: Path, content: bytes) -> None:
    _staged(tmp_path, content)
    with pytest.raises(TablesError, match=r"publish\.json is damaged"):
        recover(str(tmp_path))
