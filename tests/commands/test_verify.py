"""`docassay verify` as an operator runs it, and damaged files as every other command tells of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.pipelines.batch import Batch, run
from docassay.public import read_tables
from docassay.schemas.errors import TablesError
from docassay.storage.decisions.chain import head_of
from docassay.storage.decisions.on_documents import noted
from docassay.storage.decisions.record import decide
from docassay.storage.tables.manifest import current
from docassay.storage.tables.write import STAGING
from tests.families import quick_first
from tests.mounts import succeeds
from tests.tables import tables, without_runs

TEXTS = {
    "a.txt": "Each party shall keep secret what the other discloses. Irish law governs this Agreement.",
    "b.txt": "Please note that our bank details have changed. Pay the invoice to the new account today.",
    "c.txt": "The tenant shall pay the rent on the first day of each month to the landlord's account.",
}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="module")
def batched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write three documents, each by a batch of its own; give the folder of inputs and tables."""
    place = tmp_path_factory.mktemp("verify")
    (place / "in").mkdir()
    for name, text in TEXTS.items():
        (place / "in" / name).write_text(text)
        run(Batch((f"{place}/in/{name}",), f"{place}/out"))
    (place / "in" / "empty.txt").write_bytes(b"")
    run(Batch((f"{place}/in/empty.txt",), f"{place}/out"))
    return place


@pytest.fixture
def out(batched: Path, tmp_path: Path) -> Path:
    """Copy the tables as an earlier release would have left them: the folders are all there is."""
    copied = Path(shutil.copytree(batched / "out", tmp_path / "out"))
    for folder in ("_manifests", "_data"):
        shutil.rmtree(copied / folder)
    return copied


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def spoil(out: Path, table: str, column: str = "processed_at") -> Path:
    """Change a bit in a column of the largest file of a table."""
    path = max((out / table).iterdir(), key=lambda path: path.stat().st_size)
    group = pq.ParquetFile(path).metadata.row_group(0)
    chunks = [group.column(n) for n in range(group.num_columns)]
    (chunk,) = [chunk for chunk in chunks if chunk.path_in_schema == column]
    content = bytearray(path.read_bytes())
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    content[begin + chunk.total_compressed_size - 2] ^= 1
    path.write_bytes(content)
    return path


def test_it_names_the_chain_of_decisions_and_its_last_digest(batched: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(batched / "out", tmp_path / "out"))
    doc_id = read_tables(out)["documents"].column("doc_id")[0].as_py()
    rows = decide(str(out), [noted(doc_id, "asked by telephone"), noted(doc_id, "no answer")], "Ann")
    head = head_of(str(out), current(str(out)))
    done = call("verify", out)
    assert done.exit_code == 0 and len(rows) == head.sequence == 2, done.output
    told = f"decisions: the chain of 2 decisions is intact; digest of the last: {head.digest}"
    assert told in done.stdout.splitlines()
    assert json.loads(call("verify", out, "--json").stdout)["decisions"] == {"rows": 2, "digest": head.digest}
    path = next((out / "decisions").iterdir())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "holds" not in call("verify", out).stdout


def test_whole_tables_have_no_fault_and_nothing_is_changed(out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    done = call("verify", out)
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("rows: no faults\n") and len(done.stdout.splitlines()) == 1
    done = call("verify", out, "--quarantine")
    assert done.exit_code == 0, done.output
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")} == before
    assert not (out / ".quarantine").exists()


def test_a_damaged_file_is_set_aside_and_its_documents_are_read_again(out: Path) -> None:
    before = without_runs(tables(out))
    path = spoil(out, "segments")
    shown = call("verify", out)
    assert shown.exit_code == 4
    assert f"damaged {path}: " in shown.stdout
    assert f"; docassay verify {out} --quarantine" in shown.stdout.splitlines()[0]
    told = json.loads(call("verify", out, "--json").stdout)
    assert [(f["kind"], f["path"]) for f in told["faults"]] == [("damaged", f"segments/{path.name}")]
    assert told["quarantine"] is None and told["files"] > 10

    done = call("verify", out, "--quarantine", "--json")
    assert done.exit_code == 4
    aside = json.loads(done.stdout)["quarantine"]
    assert f"segments/{path.name}" in aside["files"] and f"documents/{path.name}" in aside["files"]
    (name,) = Path(aside["list_path"]).read_text().splitlines()
    assert Path(name).name in TEXTS
    assert call("verify", out).exit_code == 0
    program, *words = aside["command"].split()
    assert program == "docassay"
    assert call(*words).exit_code == 0
    assert without_runs(tables(out)) == before
    assert call("verify", out).exit_code == 0


def test_a_table_without_a_file_is_missing_until_the_next_run(out: Path, batched: Path) -> None:
    for path in (out / "translations").iterdir():
        path.unlink()
    done = call("verify", out)
    assert done.exit_code == 4 and f"missing {out}/translations: it has no file" in done.stdout
    assert call("batch", batched / "in", "--out", out).exit_code == 0
    assert call("verify", out).exit_code == 0


@pytest.mark.parametrize(
    ("command", "table", "column"),
    quick_first(
        4,
        [
            (["show", "OUT"], "flags", "code"),
            (["show", "OUT"], "documents", "uri"),
            (["compact", "OUT"], "findings", "processed_at"),
            (["retry", "OUT"], "rejects", "uri"),
            (["retry", "OUT"], "rejects", "processed_at"),
            (["batch", "IN", "--out", "OUT"], "documents", "doc_id"),
            (["batch", "IN", "--out", "OUT"], "segments", "text"),
            (["batch", "IN", "--out", "OUT", "--new-only"], "documents", "doc_id"),
        ],
    ),
)
def test_every_command_names_the_damaged_file_and_changes_nothing(
    batched: Path, out: Path, command: list[str], table: str, column: str
) -> None:
    path = spoil(out, table, column)
    before = {file: file.read_bytes() for file in out.rglob("*.parquet")}
    places = {"OUT": str(out), "IN": str(batched / "in")}
    done = call(*(places.get(word, word) for word in command))
    assert done.exit_code == 2, done.output
    assert str(path) in done.stderr and "<Buffer>" not in done.stderr
    assert f"docassay verify {out}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {file: file.read_bytes() for file in out.rglob("*.parquet")} == before
    assert not list((out / STAGING).glob("*")), "a run that fails takes its files along"


def test_queries_from_python_name_the_damaged_file(out: Path) -> None:
    path = spoil(out, "flags")
    with pytest.raises(TablesError, match=rf"{path} is .*docassay verify {out}"):
        read_tables(str(out), ["flags"])


def test_a_folder_that_is_written_to_or_holds_no_tables_is_refused(out: Path, tmp_path: Path) -> None:
    with FileLock(f"{out}/{STAGING}.lock"):
        done = call("verify", out)
    assert done.exit_code == 2 and "another run is writing to" in done.stderr
    (tmp_path / "none").mkdir()
    assert "holds no tables" in call("verify", tmp_path / "none").stderr
    assert call("verify", tmp_path / "absent").exit_code == 2
    assert not (tmp_path / "absent").exists()


def test_what_is_set_aside_among_the_tables_is_refused(out: Path) -> None:
    for place in (out / "flags", out, f"{out}/"):
        done = call("verify", out, "--to", place)
        assert done.exit_code == 2 and "is among the tables" in done.stderr


@pytest.mark.slow
def test_a_folder_that_may_only_be_read_is_verified(out: Path, tmp_path: Path) -> None:
    place = tmp_path / "mounted"
    place.mkdir()
    script = f'mount --bind -o ro {out} {place} && mount -o remount,ro,bind {place} && exec "$@"'
    command = ["unshare", "--mount", "bash", "-c", script, "bash", sys.executable, "-m", "docassay"]
    if not succeeds([*command[:5], "bash", "true"]):
        pytest.skip("only root may mount")
    spoil(out, "flags")
    done = subprocess.run([*command, "verify", place], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    done = subprocess.run(
        [*command, "verify", place, "--quarantine"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3 and "Read-only file system" in done.stderr, done.stderr
