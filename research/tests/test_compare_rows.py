"""Rows of two runs are compared by document, without what a run stamps on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from research.compare_rows import differences

FLAG = {
    "doc_id": "a",
    "uri": "a.txt",
    "code": "iban",
    "severity": "high",
    "evidence": "DE12",
    "start_char": 3,
}


def written(folder: Path, run_id: str, *rows: dict[str, Any]) -> Path:
    (folder / "flags").mkdir(parents=True)
    table = pa.Table.from_pylist([{**row, "run_id": run_id} for row in rows])
    pq.write_table(table, folder / "flags" / "one.parquet")
    return folder


def test_rows_of_another_run_and_order_are_equal(tmp_path: Path) -> None:
    other = {**FLAG, "code": "urgency"}
    before = written(tmp_path / "before", "1", FLAG, other)
    after = written(tmp_path / "after", "2", other, FLAG)
    assert differences(before, after) == (2, {})


def test_what_changed_is_gone_or_new_is_listed_by_kind_and_column(tmp_path: Path) -> None:
    gone = {**FLAG, "doc_id": "b", "uri": "b.txt"}
    new = {**FLAG, "doc_id": "c", "uri": "c.txt"}
    before = written(tmp_path / "before", "1", FLAG, gone)
    after = written(tmp_path / "after", "2", {**FLAG, "severity": "low"}, new)
    equal, groups = differences(before, after)
    assert equal == 0
    assert {key: len(rows) for key, rows in groups.items()} == {
        ("flags", "'iban'", "changed severity"): 1,
        ("flags", "'iban'", "gone"): 1,
        ("flags", "'iban'", "new"): 1,
    }
    (changed,) = groups["flags", "'iban'", "changed severity"]
    assert "severity: 'high' -> 'low'" in changed
