"""The task of a data engineer: the commands of docs/seats/data-engineer.md, run as written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tables import tables
from tests.test_docs import blocks, shell


@pytest.mark.slow
def test_the_page_runs_as_written(tmp_path: Path) -> None:
    work = tmp_path / "work"
    printed = shell("\n".join(blocks("seats/data-engineer.md", "sh")), work, tmp_path / "tools")
    first, second, third = [line for line in printed.splitlines() if " inputs = " in line]
    assert " 0 skipped" in first and second.startswith("28 inputs = 0 documents + 3 rejects + 25 skipped")
    assert third.startswith("1 inputs = 1 documents + 0 rejects")
    assert "inbox/legal/addendum.txt,read,empty" in printed, "the reject is shown"
    assert "rejects\n0\n" in printed, "and gone after the retry"
    assert "partition-by" in printed and "nightly.toml" in printed
    assert "no faults" in printed and "moved to folders by month" in printed
    summary = json.loads((work / "last-run.json").read_text())
    assert (summary["exit_code"], summary["documents"], summary["skipped"]) == (0, 0, 25)
    assert 'docassay_rejects_total{reason="malformed",stage="parse"} 2.0' in printed
    assert len(tables(work / "tables")["documents"]) == 26
    folders = {path.parent.name for path in (work / "tables/documents").rglob("*.parquet")}
    assert "by_month=2026-03" in folders and all(name.startswith("by_month=") for name in folders)
