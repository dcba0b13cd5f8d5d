"""What is missing of the measurements' libraries is one line that says what brings it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from research.measure import command as measure


@pytest.mark.parametrize(
    ("hidden", "arguments"),
    [("matplotlib", ["--page", "page.md"]), ("sacrebleu", ["--translation"])],
)
def test_measuring_says_what_its_extra_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: str, arguments: list[str]
) -> None:
    monkeypatch.setitem(sys.modules, hidden, None)
    done = CliRunner().invoke(measure.app, ["--data", str(tmp_path), *arguments])
    assert done.exit_code == 2
    assert "make .venv/.research" in done.stderr and done.stderr.count("\n") == 1
