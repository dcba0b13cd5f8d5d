"""`docassay query` and `docassay views` as they are called."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.schemas.rows import TABLES
from docassay.views.shipped_views import BEFORE, VIEWS
from tests.families import quick_first
from tests.storage.runs import run
from tests.tables import result

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t"


def call(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "docassay", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def call_here(capfd: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Call a command in this process; what answers is in one of its own all the same."""
    with pytest.raises(SystemExit) as ended:
        app([*map(str, words)])
    code = ended.value.code
    assert isinstance(code, int)
    return code, *capfd.readouterr()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("query") / "it's"
    run(place, "run-1", [result("=odd it is", "a.txt"), result("\x1b[31modd", "c.txt")])
    return place


def test_a_pipe_gets_csv_and_a_table_on_request(
    out: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "select uri, evidence from flags_with_context order by uri"
    done = call("query", out, sql)
    assert (done.returncode, done.stdout) == (0, "uri,evidence\na.txt,'=odd\nc.txt,\x1b[31\n")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.stdin", io.StringIO(sql))
    _, printed, _ = call_here(capfd, "query", out, "-", "--format", "table")
    assert "a.txt │ =odd" in printed and "⟨U+001B⟩[31" in printed and "2 rows" in printed


@pytest.mark.parametrize("name", quick_first(1, ["a.parquet", "a.csv", "a.xlsx", "a.dat"]))
def test_a_file_is_written_whole_or_not_at_all(
    out: Path, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text("what was there")
    options = ["--format", "parquet"] if name == "a.dat" else []
    code, _, _ = call_here(capfd, "query", out, ENDLESS, "--out", path, "--timeout", "1", *options)
    assert (code, path.read_text(), os.listdir(tmp_path)) == (3, "what was there", [name])
    assert call_here(capfd, "query", out, "from flags", "--out", path, *options) == (
        0,
        "",
        "2 rows written\n",
    )
    assert os.listdir(tmp_path) == [name]
    if name in ("a.parquet", "a.dat"):
        assert pq.read_table(path)["evidence"].to_pylist() == ["=odd", "\x1b[31"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([ENDLESS, "--timeout", "1"], 3, "stopped after 1 seconds"),
        pytest.param(
            ["select levenshtein(repeat('a', 99999), repeat('b', 99999))", "--timeout", "1"],
            3,
            "stopped after 1",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["select length(repeat('a', 3000000000))"], 3, "more memory than", marks=pytest.mark.slow
        ),
        (["select len(range(1000000000))"], 3, "more memory than it is allowed"),
        (["drop view flags"], 2, "the SQL must be one SELECT"),
        pytest.param(
            ["from read_text('/etc/hostname')"], 2, "read_text() is not allowed", marks=pytest.mark.slow
        ),
        pytest.param(["from nothing"], 2, "the SQL cannot be answered", marks=pytest.mark.slow),
        (["from flags", "--format", "xlsx"], 2, "--format xlsx needs --out FILE"),
        (["from flags", "--format", "json"], 2, "there are table, csv, xlsx, parquet"),
        (["from flags", "--out", "a.json"], 2, "its name must end in .csv, .xlsx, .parquet"),
        (["from flags", "--out", "a.csv", "--format", "table"], 2, "is for a terminal"),
        (["from flags", "--out", "OUT/flags/a.parquet"], 2, "is inside the folder of the tables"),
        (["from flags", "--out", "no/such/folder/a.csv"], 2, "cannot be written"),
        (["from flags", "--at", "99"], 2, "has no manifest 99"),
    ],
)
def test_what_is_wrong_is_one_line_and_an_exit_code(
    out: Path, capfd: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    ended, printed, wrong = call_here(capfd, "query", out, *(word.replace("OUT", str(out)) for word in words))
    assert (ended, printed) == (code, ""), wrong
    assert told in wrong and wrong.count("\n") == 1


def test_a_folder_without_tables_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, _, wrong = call_here(capfd, "query", tmp_path, "select 1")
    assert code == 2 and "holds no tables" in wrong


@pytest.mark.parametrize("manifest", quick_first(1, [False, True]))
def test_the_views_that_are_printed_run_in_plain_duckdb(out: Path, manifest: bool) -> None:
    done = CliRunner().invoke(app, ["views", str(out), *["--manifest"] * manifest])
    connection = duckdb.connect()
    connection.execute(done.stdout)
    for name in (*TABLES, *VIEWS):
        connection.execute(f"from {name}").fetchall()
    query = "select uri, context from flags_with_context order by uri"
    assert [uri for uri, _ in connection.execute(query).fetchall()] == ["a.txt", "c.txt"]


def test_a_view_is_printed_with_what_it_reads(out: Path) -> None:
    done = CliRunner().invoke(app, ["views", str(out), "what_changed"])
    made = [line.split()[4] for line in done.stdout.splitlines() if line.startswith("create")]
    before = [*(f"{table}_before" for table in BEFORE), "state_before"]
    assert made == [*TABLES, *before, "document_states", "what_changed"]
    connection = duckdb.connect()
    connection.execute(done.stdout)
    assert len(connection.execute("from what_changed").fetchall()) == 2


def test_the_views_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, ["views"])
    assert done.exit_code == 0 and all(name in done.stdout for name in VIEWS)
    done = CliRunner().invoke(app, ["views", "tables", "nothing"])
    assert done.exit_code == 2 and "there is no view 'nothing'" in done.stderr


@pytest.mark.parametrize(
    "words", [("query", "iceberg:///lake/a", "select 1"), ("views", "iceberg:///lake/a")]
)
def test_tables_of_a_catalog_are_refused_with_what_to_use(
    capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, printed, wrong = call_here(capfd, *words)
    assert code == 2 and printed == "" and wrong.count("\n") == 1
    assert "iceberg:///lake/a: this works on a folder of tables" in wrong
    assert "iceberg_scan" in wrong
