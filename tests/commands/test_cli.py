"""The command line: help that names everything, one line for what is wrong, exit codes as documented."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from filelock import FileLock
from typer.main import get_command
from typer.testing import CliRunner, Result

from docassay import domains
from docassay.cli import app
from docassay.commands.reading import Reading
from docassay.domains.samples import EXPECTED
from docassay.models import catalog
from docassay.models.catalog import SHIPPED, find
from docassay.schemas.arrow import schema
from docassay.storage.tables.parquet import write_table
from docassay.views import selftest, show
from tests.fakes import KeywordReader, card
from tests.pdfs import page as pdf_page
from tests.pdfs import placed
from tests.tables import STAMP

GROUP: Any = get_command(app)
COMMANDS = sorted(GROUP.list_commands(None))
TEXT = "Please note that our bank details have changed. Pay the invoice to the new account today."


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERMINAL_WIDTH", "100")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def plain(text: str) -> str:
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the shipped encoder in which one bit of the weights is flipped."""
    folder = tmp_path_factory.mktemp("models") / "minilm"
    shutil.copytree(find("minilm"), folder)
    weights = bytearray((folder / "model.bin").read_bytes())
    weights[len(weights) // 2] ^= 1
    (folder / "model.bin").write_bytes(weights)
    return folder


def test_a_command_imports_its_own_module_alone() -> None:
    code = (
        "import sys, docassay.cli as cli, typer.testing as testing\n"
        "assert testing.CliRunner().invoke(cli.app, ['verify', '--help']).exit_code == 0\n"
        "print(*sorted(name for name in cli.COMMANDS if 'docassay.commands.' + name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["verify"]


def test_the_version_is_that_of_the_package_and_is_told_without_a_command() -> None:
    code = (
        "import sys, docassay.cli as cli, typer.testing as testing\n"
        "done = testing.CliRunner().invoke(cli.app, ['--version'])\n"
        "assert done.exit_code == 0, done.output\n"
        "print(done.stdout, *sorted({'apache_beam', 'numpy', 'pyarrow'} & set(sys.modules)), sep='')\n"
        "print(*(name for name in cli.COMMANDS if 'docassay.commands.' + name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["docassay", version("docassay")], "and nothing heavy is imported for it"


def test_commands_of_other_packages_stand_beside_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a name they are a group, without one they are commands; ours are not replaced."""
    group, alone = typer.Typer(name="acme"), typer.Typer()

    @group.callback()
    def _group() -> None:
        pass

    @group.command()
    def go() -> None:
        typer.echo("acme goes")

    @alone.command()
    def lone() -> None:
        typer.echo("alone")

    @alone.command()
    def report() -> None:
        raise AssertionError("another's report")

    named = {"acme": group, "more": alone}
    entries = [SimpleNamespace(name=name, load=lambda some=some: some) for name, some in named.items()]
    entries.append(SimpleNamespace(name="train", load=lambda: pytest.fail("ours is not replaced")))
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    assert run("acme", "go").stdout == "acme goes\n"
    assert run("lone").stdout == "alone\n"
    shown = plain(run("--help").stdout)
    assert "acme" in shown and "Write a report on tables" in shown
    assert "Write a report on tables" in plain(run("report", "--help").stdout)


def test_a_wrong_name_is_told_with_what_is_near() -> None:
    done = run("trian")
    assert done.exit_code == 2
    assert "No such command 'trian'. Did you mean 'train'?" in plain(done.output)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option_with_an_example_and_exit_codes(command: str) -> None:
    done = run(command, "--help")
    assert done.exit_code == 0
    shown = plain(done.stdout)
    for parameter in GROUP.get_command(None, command).params:
        wanted = (
            parameter.opts if parameter.param_type_name == "option" else [parameter.metavar or parameter.name]
        )
        assert all(word in shown or word.upper() in shown for word in wanted)
        assert parameter.help
    assert f"Example: docassay {command}" in shown
    assert re.search(r"Exit codes: 0 ", shown)


def test_help_names_every_command_and_the_exit_codes() -> None:
    done = run("--help")
    assert done.exit_code == 0
    assert all(re.search(rf"\b{command}\b", done.stdout) for command in COMMANDS)
    assert all(f"{code} " in plain(done.stdout).partition("Exit codes:")[2] for code in (0, 1, 2, 3, 4, 130))
    codes = plain(done.stdout).partition("Exit codes:")[2]
    assert "3 the command failed while it worked" in codes
    assert "4 something was found: `verify`, `rules test`, `report --fail-on-drift`" in codes


READS_TABLES = ("show", "compact", "retry", "verify", "forget", "query", "report", "views")


@pytest.mark.parametrize("command", READS_TABLES)
def test_a_folder_of_tables_has_one_name(command: str) -> None:
    assert GROUP.get_command(None, command).params[0].metavar == "TABLES"


def test_domains_are_counted_and_one_is_told_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    legal = domains.load("legal")
    listed = run("domains")
    assert listed.exit_code == 0
    (row,) = [line for line in listed.stdout.splitlines() if line.split("│")[0].strip() == "legal"]
    numbers = [len(legal.all_tasks), len(legal.kinds), legal.signs, len(legal.checks)]
    assert [int(cell) for cell in row.split("│")[2:]] == numbers
    assert all(name in listed.stdout.split() for name in domains.names()), "no name is cut"
    told = run("domains", "legal")
    words = set(told.stdout.replace(",", " ").split())
    assert legal.title in told.stdout
    assert {kind.name for kind in legal.kinds} | set(legal.all_tasks) <= words, "whole words, on 80 columns"


def test_a_retry_starts_as_many_processes_as_a_batch(tmp_path: Path) -> None:
    batch, retry = (
        next(one for one in GROUP.get_command(None, command).params if one.name == "workers")
        for command in ("batch", "retry")
    )
    assert (retry.default, retry.help) == (batch.default, batch.help)
    assert "holds no tables" in _one_line(run("retry", tmp_path, "--workers", "0"))


def test_the_options_of_reading_commands_reach_the_stages_by_their_names() -> None:
    told = Reading(
        domain="legal", ocr=True, parts="off", text_column="body", personal_data=True, translate="all"
    ).options(3)
    assert (told.domain, told.limits.ocr, told.limits.parts, told.text_column) == (
        "legal",
        True,
        False,
        "body",
    )
    assert (told.model_folders, told.threads, told.personal_data, told.translate) == ((), 3, True, "all")
    told = Reading(models=[SHIPPED]).options(3)
    assert (told.domain, told.limits.ocr, told.limits.parts, told.text_column) == (None, False, True, "text")
    assert told.model_folders == (str(SHIPPED.resolve()),)
    catalog.use_folders(())


def test_without_a_command_help_is_shown() -> None:
    done = run()
    assert done.exit_code == 2
    assert "explain" in done.stderr + done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_prints_a_script(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    done = run("--show-completion", shell)
    assert done.exit_code == 0
    assert "_DOCASSAY_COMPLETE" in done.stdout


def _one_line(done: Result) -> str:
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("docassay")
    return line


@pytest.mark.parametrize(
    ("arguments", "says", "why"),
    [
        (["frob"], "No such command 'frob'", "an unknown command"),
        (["--frob"], "No such option: --frob", "an unknown option"),
        (["explain"], "Missing argument 'FILE'", "no file"),
        (["explain", "HERE/a.txt", "--frob"], "--frob", "an unknown option of a command"),
        (["explain", "HERE/none.txt"], "none.txt: no such file", "a file that does not exist"),
        (["explain", "HERE"], "is a folder; explain reads one document", "a folder"),
        (["explain", "HERE/a.txt", "--domain", "law"], "there is no domain 'law'", "an unknown domain"),
        (["explain", "HERE/a.txt", "--models", "HERE/none"], "does not exist", "no such model folder"),
        (["explain", "HERE/a.txt", "--html", "HERE/none/a.html"], "cannot be written", "no such folder"),
        (["explain", "HERE/a.txt", "--html", "HERE"], "cannot be written", "a folder in place of a file"),
        (["explain", "HERE/a.txt", "--html", "HERE/a.txt"], "is the document itself", "it would be lost"),
        (["explain", "HERE/a.txt", "--pdf", "HERE/a.txt"], "is the document itself", "it would be lost"),
        (["check", "--models", "HERE/none"], "does not exist", "no such model folder"),
        (["samples", "HERE/a.txt"], "cannot be written", "a file in place of a folder"),
        (["schema", "flag"], "there is no table 'flag'", "an unknown table"),
        (["show", "HERE/none"], "holds no tables; make some with: docassay batch", "no such folder"),
        (["show", "HERE"], "holds no tables", "a folder without tables"),
        (["show", "HERE", "--top", "0"], "--top", "no number of documents"),
        (["batch", "HERE/a.txt"], "Missing option '--out'", "nowhere to write"),
        (["batch", "--out", "HERE/out"], "Missing argument 'IN...'", "nothing to read"),
        (["batch", "HERE/none", "--out", "HERE/out"], "none: no such file or folder", "a missing input"),
        (["batch", "HERE/*.pdf", "--out", "HERE/out"], "no file matches it", "a pattern without match"),
        (
            ["batch", "HERE/a.txt", "--out", "HERE/out", "--domain", "law"],
            "no domain 'law'",
            "unknown domain",
        ),
        (["batch", "HERE/a.txt", "--out", "HERE"], "which is not docassay's", "a folder of other files"),
        (["batch", "HERE/a.txt", "--out", "HERE/a.txt"], "cannot be written", "a file in place of a folder"),
        (
            ["batch", "HERE/a.txt", "--out", "HERE/out", "--workers", "-1"],
            "--workers",
            "no number of workers",
        ),
        (["batch", "HERE/a.txt", "--out", "HERE/out", "--workers", "two"], "--workers", "no number at all"),
        (["batch", "HERE/a.txt", "--out", "HERE/out", "--models", "HERE/none"], "does not exist", "no model"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_2(
    tmp_path: Path, arguments: list[str], says: str, why: str
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    line = _one_line(run(*(argument.replace("HERE", str(tmp_path)) for argument in arguments)))
    assert says in line, why
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "a.txt").read_text() == TEXT


@pytest.mark.parametrize("command", ["batch", "explain"])
def test_a_corrupt_model_is_refused_before_any_work(tmp_path: Path, model: Path, command: str) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    out = ["--out", tmp_path / "out"] if command == "batch" else []
    line = _one_line(run(command, tmp_path / "a.txt", *out, "--models", model))
    assert "model.bin is not the file that model.toml describes" in line
    assert not (tmp_path / "out").exists()


def test_an_output_folder_is_left_to_the_run_that_holds_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    out = tmp_path / "out"
    out.mkdir()
    with FileLock(f"{out}/_staging.lock"):
        line = _one_line(run("batch", tmp_path / "a.txt", "--out", out))
    assert "another run is writing to" in line


def test_explain_marks_the_evidence_and_exits_0(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    done = run("explain", tmp_path / "a.txt", "--domain", "financial")
    assert done.exit_code == 0
    assert "⟦our bank details have changed⟧" in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
def test_a_terminal_without_unicode_gets_plain_signs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"Café. {TEXT}", encoding="utf-8")
    command = [sys.executable, "-m", "docassay", "explain", str(tmp_path / "a.txt"), "--domain", "financial"]
    encoding = os.environ | {"PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(command, env=encoding, capture_output=True, check=True).stdout.decode("ascii")
    assert re.search(r"\[\[our bank details have changed\]\]\d", shown) and "Caf?." in shown
    done = subprocess.run([*command, "--json"], env=encoding, capture_output=True, check=True)
    assert json.loads(done.stdout.decode("ascii"))["text"].startswith("Café.")


def test_explain_prints_json_that_parses(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    done = run("explain", tmp_path / "a.txt", "--json")
    assert done.exit_code == 0
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["text"] == TEXT


@pytest.mark.slow
def test_personal_data_are_found_in_any_document_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("MIETVERTRAG\n\nzwischen Frau Gudrun Lindner und Herrn Paul Wegner.\n")
    silent, asked = (
        run("explain", tmp_path / "a.txt", "--domain", "legal", "--json", *option)
        for option in ([], ["--personal-data"])
    )
    assert json.loads(silent.stdout)["entities"] == []
    assert [row["text"] for row in json.loads(asked.stdout)["entities"]] == ["Gudrun Lindner", "Paul Wegner"]
    done = run("batch", tmp_path / "a.txt", "--out", tmp_path / "tables", "--workers", "1", "--personal-data")
    assert done.exit_code == 0
    table = pq.read_table(tmp_path / "tables" / "entities")
    assert table["text"].to_pylist() == ["Gudrun Lindner", "Paul Wegner"]
    assert set(table["label"].to_pylist()) == {"person"}


def test_explain_writes_a_page_in_place_of_printing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    done = run("explain", tmp_path / "a.txt", "--html", tmp_path / "a.html")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "our bank details have changed" in (tmp_path / "a.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.txt"]


def test_explain_highlights_the_evidence_on_the_pages_of_a_pdf(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_page(placed((72, 700, TEXT))))
    done = run("explain", tmp_path / "a.pdf", "--pdf", tmp_path / "b.pdf", "--html", tmp_path / "b.html")
    assert (done.exit_code, done.stdout) == (0, "")
    assert b"bank_details" in (tmp_path / "b.pdf").read_bytes().replace(b"\0", b"")
    assert 'src="data:image/png;base64,' in (tmp_path / "b.html").read_text()
    (tmp_path / "a.txt").write_text(TEXT)
    refused = run("explain", tmp_path / "a.txt", "--pdf", tmp_path / "c.pdf")
    assert refused.exit_code == 3 and "only a PDF has pages to mark" in refused.stderr
    assert not (tmp_path / "c.pdf").exists()


def test_explain_of_a_rejected_document_exits_1_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    done = run("explain", tmp_path / "empty.pdf")
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith("empty.pdf: rejected in read: empty, no bytes at all")
    done = run("explain", tmp_path / "empty.pdf", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["reject"]["reason"] == "empty"


def test_samples_are_copied_once_and_nothing_is_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "samples"
    done = run("samples", target)
    assert done.exit_code == 0
    copied = {path.relative_to(target) for path in target.rglob("*") if path.is_file()}
    for name in domains.names():
        shipped = {p.name for p in (domains.load(name).folder / "samples").iterdir() if p.is_file()}
        assert {p.name for p in copied if p.parts[0] == name} == shipped - {EXPECTED}
    assert f"{len(copied)} documents" in done.stdout and copied
    first = target / sorted(copied)[-1]
    first.write_bytes(b"mine")
    for path in copied - {first.relative_to(target)}:
        (target / path).unlink()
    line = _one_line(run("samples", target))
    assert f"{first} already exists" in line
    assert first.read_bytes() == b"mine"
    assert [p for p in target.rglob("*") if p.is_file()] == [first]


def test_check_finds_all_well_and_names_every_model_and_domain() -> None:
    done = run("check")
    assert done.exit_code == 0, done.output
    shown = plain(done.stdout)
    assert "fault" not in shown and "1 file," in shown and "1 files" not in shown
    assert all(f"domain {name}" in shown for name in domains.names())
    assert "model minilm" in shown and "model detector" in shown and "int8" in shown


def test_check_finds_one_flipped_bit_and_exits_1(model: Path) -> None:
    done = run("check", "--models", model)
    assert done.exit_code == 1
    assert "fault" in done.stdout and "model.bin" in done.stdout
    assert done.stderr.strip() == "docassay: 1 fault found"


def test_a_broken_domain_is_a_fault_that_hides_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "insurance").mkdir()
    (tmp_path / "insurance" / "domain.toml").write_text("title = ")
    (tmp_path / "insurance" / "__init__.py").touch()
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(tmp_path))
    found = {check.what: check for check in selftest.checks()}
    assert "not valid TOML" in str(found["domain insurance"].fault)
    assert found["domain legal"].fault is None


class _Wrong(KeywordReader):
    """Spoils the probabilities that it gives."""

    def __init__(self, how: str) -> None:
        super().__init__(card({"sign": ["none", "law"]}))
        self.how = how

    def _read(self, text, names, explain):  # type: ignore[no-untyped-def]
        reading = super()._read(text, names, explain)
        spoilt = {
            "nan": (float("nan"), 0.5),
            "sum": (0.5, 0.6),
            "range": (1.5, -0.5),
            "few": (1.0,),
            "batch": (0.5, 0.5) if len(self.texts) > 2 else (0.4, 0.6),
        }
        return type(reading)({"sign": spoilt[self.how]}, reading.tokens)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("nan", "a value that is not a probability"),
        ("range", "a value that is not a probability"),
        ("sum", "add up to 1.1000"),
        ("few", "1 probabilities for 2 labels"),
        ("batch", "a text has different probabilities alone"),
    ],
)
def test_the_selftest_sees_wrong_answers(how: str, says: str) -> None:
    texts = ["the law of the land", "nothing"]
    assert says in str(selftest.reading_fault(_Wrong(how), texts))


def test_the_selftest_is_content_with_right_answers() -> None:
    reader = KeywordReader(card({"sign": ["none", "law"], "more": ["a_thing", "word"]}, multi=["more"]))
    assert selftest.reading_fault(reader, ["the law of the land", "nothing"]) is None


def _tables(out: Path) -> None:
    """Write the tables of three documents by hand, one of them with markup in its texts."""
    empty = dict.fromkeys(schema("documents").names)
    known = {"parent_id": None, "domain_probability": 0.9, "media_type": "text/plain", "language": "en"}
    known |= {"language_probability": 0.9, "chars": 9, "tokens": 9, "segments": 1, "event_time": None}
    documents = [
        empty | known | {"doc_id": doc_id, "uri": uri, "title": title, "domain": "legal", "kind": kind}
        | {"risk": risk, "status": status, "reasons": []}
        for doc_id, uri, title, kind, risk, status in (
            ("a", "a.txt", None, "", 0.0, "clear"),
            ("b", "b.txt", "[red]Lease[/red]\x1b[2J", "lease", 0.9, "flagged"),
            ("c", "c.txt", "Terms", "terms", 0.0, "review"),
        )
    ]  # fmt: skip
    flag = {
        "doc_id": "b",
        "severity": "high",
        "probability": None,
        "start_char": 0,
        "end_char": 4,
        "why": "w",
    }
    flag |= {"source": "s", "decided_by": "rule r"}
    flags = [
        flag | {"code": "small", "severity": "low", "evidence": "little"},
        flag | {"code": "advance_fee", "evidence": "a \x1b[31mfee[/] of " + "9" * 500},
        flag | {"code": "advance_fee", "evidence": "another fee", "start_char": 9},
    ]
    finding = {
        "severity": "high",
        "start_char": None,
        "end_char": None,
        "evidence": None,
        "searched": [],
        "why": "w",
    }
    finding |= {"source": "s", "decided_by": "rule r"}
    findings = [
        finding | {"doc_id": doc_id, "check_id": check, "verdict": verdict}
        for doc_id, check, verdict in (
            ("c", "one", "fail"),
            ("c", "one", "fail"),
            ("c", "two", "fail"),
            ("c", "three", "review"),
            ("a", "one", "pass"),
        )
    ]
    reject = {"doc_id": None, "detail": "d", "table_name": None, "stage": "parse"}
    rejects = [
        reject | {"uri": uri, "reason": reason}
        for uri, reason in (("x.pdf", "encrypted"), ("y.pdf", "encrypted"), ("[z].doc", "malformed"))
    ]
    for table, rows in (
        ("documents", documents),
        ("flags", flags),
        ("findings", findings),
        ("rejects", rejects),
    ):
        (out / table).mkdir(parents=True)
        stamped = [row | asdict(STAMP) for row in rows]
        write_table(pa.Table.from_pylist(stamped, schema(table)), f"{out}/{table}/r-00000.parquet", {})
    (out / "_staging").mkdir()


def test_show_lists_the_riskiest_first_with_signs_checks_and_rejects(tmp_path: Path) -> None:
    _tables(tmp_path)
    found = show.overview(str(tmp_path), 2)
    assert [row.uri for row in found.top] == ["b.txt", "c.txt"], "by risk, then by failed checks"
    lease, terms = found.top
    assert [flag[:2] for flag in lease.flags] == [("advance_fee", "high"), ("small", "low")]
    assert (terms.failed, terms.review) == (2, 1), "a check that fails in two places is one"
    assert found.rejects == {"parse encrypted": 2, "parse malformed": 1}
    assert found.documents == {"clear": 1, "flagged": 1, "review": 1}


def test_show_fits_80_columns_and_takes_no_text_for_markup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _tables(tmp_path)
    done = run("show", tmp_path)
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "[red]Lease[/red]" in done.stdout and "\x1b" not in done.stdout
    assert "3 documents: 1 clear · 1 flagged · 1 review" in done.stdout
    assert "checks: 2 failed, 1 to review" in done.stdout
    assert "[z].doc" in done.stdout


def test_show_of_a_run_without_documents_lists_its_rejects(tmp_path: Path) -> None:
    _tables(tmp_path)
    for table in ("documents", "flags", "findings"):
        shutil.rmtree(tmp_path / table)
    done = run("show", tmp_path)
    assert done.exit_code == 0
    assert "0 documents" in done.stdout and "parse encrypted" in done.stdout
