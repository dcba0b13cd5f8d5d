"""The configuration file: options by name, where each comes from, and what a file may not do."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from docassay.cli import app

TEXT = "Master Services Agreement\n\n1. Governing Law\n\nThe laws of the State of Ohio apply.\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCASSAY_CONFIG", "docassay.toml")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(TEXT)
    return tmp_path


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(app, list(words), env=environment)


def rows_of(done: Result) -> dict[str, tuple[str, str]]:
    """Read the table of `config show`: the value and the source of each option."""
    cells = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines() if "│" in line]
    return {name: (value, source) for name, value, source in cells}


def test_a_file_gives_arguments_and_options(here: Path) -> None:
    (here / "docassay.toml").write_text('[batch]\ninputs = ["in"]\nout = "tables"\ndomain = "legal"\n')
    done = run("batch")
    assert done.exit_code == 0, done.output
    assert (here / "tables" / "documents").is_dir()
    (path,) = (here / "tables" / "documents").glob("*.parquet")
    assert pq.read_table(path)["domain"].to_pylist() == ["legal"]


def test_the_command_line_comes_before_the_file_and_the_environment_between(here: Path) -> None:
    (here / "docassay.toml").write_text(
        '[explain]\nlimit = "pages=many"\n[batch]\nlimit = ["pages=5", "chars=9"]\neinvoice-rules = "there"\n'
    )
    assert "pages=many" in run("explain", "in/a.txt").stderr
    assert run("explain", "in/a.txt", "--limit", "pages=3").exit_code == 0
    rows = rows_of(run("config", "show", "batch", DOCASSAY_EINVOICE_RULES="elsewhere"))
    assert rows["limit"] == ("pages=5, chars=9", "docassay.toml")
    assert rows["einvoice-rules"] == ("elsewhere", "DOCASSAY_EINVOICE_RULES")
    assert rows["max-missing"] == ("0.5", "default")
    assert rows["out"] == ("", "required")


def test_a_file_is_named_by_an_option_or_a_variable(here: Path) -> None:
    (here / "night.toml").write_text("[batch]\nworkers = 3\n")
    named = run("--config", "night.toml", "config", "show", "batch")
    assert rows_of(named)["workers"] == ("3", "night.toml")
    from_variable = run("config", "show", "batch", DOCASSAY_CONFIG="night.toml")
    assert rows_of(from_variable)["workers"] == ("3", "night.toml")
    assert "none; name one with --config" in run("config", "show", "batch", DOCASSAY_CONFIG="").stdout


def test_groups_of_commands_have_tables_in_their_table(here: Path) -> None:
    (here / "docassay.toml").write_text('[rules.new]\nextends = "legal"\n')
    assert rows_of(run("config", "show", "rules new"))["extends"] == ("legal", "docassay.toml")
    assert run("rules", "new", "own").exit_code == 0
    assert run("config", "show", "rules").stderr.startswith("docassay: rules is a group of commands: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[batch]\nnew-onyl = true\n", "[batch] has no option 'new-onyl'; did you mean new-only?"),
        ("[bacth]\n", "there is no command 'bacth'; did you mean batch?"),
        ("[rules.nwe]\n", "there is no command"),
        ("workers = 1\n", "workers is outside any table"),
        ("[batch]\nnew-only = 1\n", "[batch] new-only must be true or false"),
        ("[batch]\nout = true\n", "[batch] out must be a text or a number"),
        ("[batch]\nout = ['a']\n", "[batch] out must be a text or a number"),
        ("[batch]\ninputs = [['a']]\n", "a text or a number, or a list of them"),
        ("[batch\n", "is not valid TOML"),
        ("[batch]\nout = '\udcff'\n", "is not valid TOML"),
        ("a" + ".a" * 5_000 + " = 1\n", "there is no command"),
        ("[batch]\nout = '" + "a" * 1_000_001 + "'\n", "is larger than 1,000,000 bytes"),
    ],
)
def test_a_fault_is_one_line(here: Path, content: str, said: str) -> None:
    (here / "docassay.toml").write_bytes(content.encode(errors="surrogateescape"))
    command = ["rules", "new", "own"] if "rules" in content else ["batch", "in", "--out", "tables"]
    done = run(*command)
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1
    assert said in done.stderr or "has no command 'nwe'; did you mean new?" in done.stderr
    assert not (here / "tables").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[bach]\n", "there is no command 'bach'; did you mean batch?"),
        ('[batch]\npartition-by = "moth"\n', "'moth' is not one of"),
        ('[batch]\nsummary = "none/a.json"\n', "none/a.json cannot be written"),
    ],
)
def test_what_a_command_refuses_its_configuration_does_not_show(here: Path, content: str, said: str) -> None:
    (here / "docassay.toml").write_text(content)
    done = run("config", "show", "batch")
    assert done.exit_code == 2 and said in done.stderr.replace("\n", " ") and not done.stdout


def test_a_file_that_merely_lies_there_is_not_used(here: Path) -> None:
    (here / "docassay.toml").write_text('[batch]\nlineage = "events.jsonl"\nsummary = "in/a.txt"\n')
    done = run("batch", "in", "--out", "tables", DOCASSAY_CONFIG="")
    assert done.exit_code == 0, done.output
    assert not (here / "events.jsonl").exists() and (here / "in" / "a.txt").read_text() == TEXT


def test_a_named_file_may_say_where_lineage_goes(here: Path) -> None:
    (here / "own.toml").write_text('[batch]\nlineage = "events.jsonl"\n')
    done = run("--config", "own.toml", "batch", "in", "--out", "tables")
    assert done.exit_code == 0, done.output
    assert (here / "events.jsonl").is_file()
