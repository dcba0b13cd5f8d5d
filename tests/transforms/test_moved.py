"""Files that have moved since the tables were made, and tables that are looked at from another folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.transforms.moved import places, under


def test_the_end_of_a_path_lies_below_the_root(tmp_path: Path) -> None:
    moved = tmp_path / "archive" / "2024" / "a.txt"
    moved.parent.mkdir(parents=True)
    moved.write_text("moved")
    assert under("/old/in/2024/a.txt", str(tmp_path / "archive")) == str(moved)
    assert under("/old/in/2024/a.txt#part-2", str(tmp_path / "archive")) == f"{moved}#part-2"
    assert under("/old/in/2023/b.txt", str(tmp_path)) == "/old/in/2023/b.txt", "none is there"
    assert under(str(moved), "/etc") == str(moved), "it has not moved"
    assert under("gs://b/a.txt", str(tmp_path)) == "gs://b/a.txt"


def test_nothing_above_the_root_is_looked_at() -> None:
    assert list(places("../../etc/passwd", "/moved")) == ["../../etc/passwd"]


@pytest.mark.parametrize("command", ["explain", "redact"])
def test_a_file_that_is_nowhere_is_told(command: str, tmp_path: Path) -> None:
    more = ["--out", str(tmp_path / "out")] if command == "redact" else []
    ran = CliRunner().invoke(app, [command, "in/none.txt", "--root", str(tmp_path), *more])
    assert ran.exit_code == 2 and "in/none.txt: no such file" in ran.output
