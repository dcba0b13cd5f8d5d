"""The documentation names what there is, and what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from benchmarks import readme
from pipelines.cli import app
from schemas.rows import TABLES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_generated_tables_are_what_they_are_made_from() -> None:
    assert readme.written(README) == README, "run: python -m benchmarks.readme"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"docassay {command}" in README


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("docassay ")])
def test_documented_command_has_the_options_it_shows(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command, options = words[0], [word for word in words if word.startswith("--")]
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert all(option in shown for option in options)


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("make ")])
def test_documented_target_is_in_the_makefile(line: str) -> None:
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_documented(table: str) -> None:
    assert f"| `{table}` |" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in link or (page.parent / link).exists(), link


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))
