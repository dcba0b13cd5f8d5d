"""A journal is checked before it is carried out: others may write to the folder that it lies in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docassay.schemas.errors import TablesError
from docassay.storage.tables.write import STAGING
from docassay.storage.transaction import journal
from docassay.storage.transaction.journal import Journal
from docassay.storage.transaction.transaction import recover

EMPTY: dict[str, Any] = {"moves": [], "rows": {}, "removed": [], "base": None}


def _staged(out: Path, content: bytes, run: str = "run-1") -> Path:
    folder = out / STAGING / run
    folder.mkdir(parents=True)
    (folder / journal.JOURNAL).write_bytes(content)
    return folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / STAGING / "run-1" / "flags").mkdir(parents=True)
    (tmp_path / STAGING / "run-1" / "flags" / "a.parquet").touch()
    written = Journal(str(tmp_path), "run-1", base=3)
    written.stage("flags/a.parquet", "flags/run-1-0.parquet", 7)
    written.remove(["flags/old run.parquet"])
    written.write()
    found = journal.read(str(tmp_path), "run-1")
    assert found == written
    assert found.moves == {"flags/run-1-0.parquet": "_staging/run-1/flags/a.parquet"}
    assert found.rows == {"flags/run-1-0.parquet": 7}


def test_what_it_names_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Journal(str(tmp_path), "run-1")
    staged = Path(written.folder, "flags", "a.parquet")
    staged.parent.mkdir(parents=True)
    staged.touch()
    written.stage("flags/a.parquet", "flags/run-1-0.parquet", 7)
    synced: list[str] = []

    def sync(*paths: str) -> None:
        synced.extend(Path(path).name for path in paths)
        assert not Path(written.folder, journal.JOURNAL).exists() or paths == (written.folder,)

    monkeypatch.setattr(journal, "sync", sync)
    written.write()
    assert synced == ["a.parquet", f"{journal.JOURNAL}.part", "run-1"]


@pytest.mark.parametrize(
    "change",
    [
        {"removed": ["../victim.parquet"]},
        {"removed": ["/etc/victim.parquet"]},
        {"removed": ["flags/../../victim.parquet"]},
        {"removed": ["flags/sub/victim.parquet"]},
        {"removed": ["flags"]},
        {"removed": ["flags/..parquet/../victim.parquet"]},
        {"removed": ["notes/victim.parquet"]},
        {"removed": ["flags/victim.txt"]},
        {"removed": ["flags\\..\\victim.parquet"]},
        {"removed": ["flags/victim.parquet\n"]},
        {"moves": [["../victim.parquet", "flags/a.parquet"]]},
        {"moves": [[f"{STAGING}/run-2/flags/a.parquet", "flags/a.parquet"]]},
        {"moves": [[f"{STAGING}/run-1/../../victim.parquet", "flags/a.parquet"]]},
        {"moves": [[f"{STAGING}/run-1/flags/a.parquet", "../victim.parquet"]]},
        {"moves": [["flags/a.parquet", "documents/a.parquet"]]},
        {"rows": {"flags/a.parquet": 1}},
        {"moves": [[f"{STAGING}/run-1/flags/a.parquet", "flags/a.parquet"]]},
        {"moves": [[f"{STAGING}/run-1/flags/a.parquet", "_manifests/a.parquet"]]},
        {"base": "x"},
        {"removed": 7},
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
