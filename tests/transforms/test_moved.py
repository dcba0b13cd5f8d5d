"""Files that have moved since the tables were made, and tables that are looked at from another folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.schemas.errors import UsageError
from docassay.transforms.moved import places, under
from tests.storage.runs import run
from tests.tables import result


def test_the_end_of_a_path_lies_below_the_root(tmp_path: Path) -> None:
    moved = tmp_path / "archive" / "2024" / "a.txt"
    moved.parent.mkdir(parents=True)
    moved.write_text("moved")
    digest = hashlib.sha256(b"moved").hexdigest()

    def below(uri: str, root: str | Path, known: str = digest) -> str:
        return under(uri, str(root), lambda file: {known})

    assert below("/old/in/2024/a.txt", tmp_path / "archive") == str(moved)
    assert below("/old/in/2024/a.txt#part-2", tmp_path / "archive") == f"{moved}#part-2"
    assert below("/old/in/2023/b.txt", tmp_path) == "/old/in/2023/b.txt", "none is there"
    assert below(str(moved), "/etc", "") == str(moved), "it has not moved"
    assert below("gs://b/a.txt", tmp_path) == "gs://b/a.txt"
    nearer = tmp_path / "archive" / "in" / "2024" / "a.txt"
    nearer.parent.mkdir(parents=True)
    nearer.write_text("another of that name")
    assert below("/old/in/2024/a.txt", tmp_path / "archive") == str(moved), "the one that was read"
    with pytest.raises(UsageError, match="has that name, but is not the file that was read"):
        below("/old/in/2024/a.txt", tmp_path / "archive", "0" * 64)


def test_nothing_above_the_root_is_looked_at() -> None:
    assert list(places("../../etc/passwd", "/moved")) == ["../../etc/passwd"]


@pytest.mark.parametrize("command", ["explain", "redact"])
def test_a_moved_file_is_taken_only_if_it_is_what_was_read(command: str, tmp_path: Path) -> None:
    (tmp_path / "moved").mkdir()
    run(tmp_path / "tables", "run-1", [result("Agreement of the parties.", "in/a.txt")])
    tables = ["--decisions" if command == "redact" else "--tables", str(tmp_path / "tables")]
    more = ["--preview", str(tmp_path / "marks.jsonl")] if command == "redact" else ["--json"]

    def ask(name: str, *options: str) -> tuple[int, str]:
        ran = CliRunner().invoke(app, [command, name, "--root", str(tmp_path / "moved"), *options, *more])
        return ran.exit_code, " ".join(ran.output.split())

    code, said = ask("in/a.txt")
    assert code == 2 and f"--root needs {tables[0]} TABLES" in said
    code, said = ask("in/a.txt", *tables)
    assert code == 2 and "in/a.txt: no such file" in said
    (tmp_path / "moved" / "a.txt").write_text("another of that name")
    code, said = ask("in/a.txt", *tables)
    assert code == 2 and "is not the file that was read" in said
    (tmp_path / "moved" / "a.txt").write_text("Agreement of the parties.")
    assert ask("in/a.txt", *tables)[0] == 0
