"""The documentation names what there is, and what it names is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from docassay.benchmarks import readme
from docassay.cli import app
from docassay.observe.prometheus import families
from docassay.schemas.rows import TABLES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_generated_tables_are_what_they_are_made_from() -> None:
    assert readme.written(README) == README, "run: python -m docassay.benchmarks.readme"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"docassay {command}" in README


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("docassay ")])
def test_documented_command_has_the_options_it_shows(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    words = words[: words.index("--")] if "--" in words else words  # what follows is a runner's own
    grouped = hasattr(get_command(app).commands[words[0]], "commands")  # type: ignore[attr-defined]
    command, options = words[: 2 if grouped else 1], [word for word in words if word.startswith("--")]
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"}).output
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


def _blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.slow
def test_operations_run_as_written(tmp_path: Path) -> None:
    """Run every block of the page, in order, in one empty folder; DuckDB's command is stood in for."""
    tools = tmp_path / "tools"
    tools.mkdir()
    query = "import sys, duckdb; print(duckdb.sql(sys.argv[2]))"
    commands = {"docassay": "-m docassay", "duckdb": f"-c {shlex.quote(query)}"}
    for name, code in commands.items():
        (tools / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {code} "$@"\n')
        (tools / name).chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        ["bash", "-euc", "\n".join(_blocks("operations.md", "sh"))],
        cwd=work,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert os.readlink(work / "current") == "tables-2"


def test_every_alert_is_explained_and_asks_for_a_metric_that_there_is() -> None:
    (block,) = _blocks("operations.md", "yaml")
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    totals = {"a.in": 1, "a.microseconds": 1, "reject.a.b": 1, "flag.high": 1, "rows.a": 1, "a.tokens": 1}
    gauges = dict.fromkeys(("oldest_unpublished_seconds", "up", "run_finished_timestamp_seconds"), 1.0)
    known = {sample.name for family in families(totals, gauges) for sample in family.samples}
    rules = yaml.safe_load(block)["groups"][0]["rules"]
    assert [rule["alert"] for rule in rules] == re.findall(r"^### (Docassay\w+)$", text, re.MULTILINE)
    for rule in rules:
        assert set(re.findall(r"docassay_\w+", rule["expr"])) <= known, rule["alert"]


def test_what_a_model_or_a_rule_fails_on_is_alerted() -> None:
    """Every stage that rejects what a model or a rule failed on stands in the alert of faults."""
    (block,) = _blocks("operations.md", "yaml")
    rules = {rule["alert"]: rule["expr"] for rule in yaml.safe_load(block)["groups"][0]["rules"]}
    (stages,) = re.findall(r'stage=~"([a-z|]+)"', rules["DocassayFault"])
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "transforms").glob("*.py"))
    assert set(re.findall(r'"([a-z]+)", "(?:model|rule)_failed"', code)) <= set(stages.split("|"))
