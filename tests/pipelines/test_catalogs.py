"""A batch into a catalog: the rows of a folder; commands that know folders alone say so."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyiceberg")

from typer.testing import CliRunner

from docassay.cli import app
from docassay.pipelines.batch import Batch, run
from docassay.storage.catalogs import destination
from docassay.views.show import overview
from tests.pipelines.test_batch import fill, go
from tests.storage.catalogs.lakes import local, put, rows
from tests.tables import STAMPED, Rows, tables


def sorted_rows(found: Rows) -> Rows:
    """Leave out what differs from run to run, and the order of rows.

    PyIceberg reads a null list of structs as an empty one; in the files it is null.
    """
    return {
        table: sorted(
            (
                {
                    name: None if name == "boxes" and value == [] else value
                    for name, value in row.items()
                    if name not in STAMPED
                }
                for row in own
            ),
            key=str,
        )
        for table, own in found.items()
        if table not in ("runs", "decisions")  # no run decides
    }


@pytest.mark.slow
def test_a_batch_puts_the_same_rows_into_a_catalog_as_into_a_folder(tmp_path: Path) -> None:
    folder, out = fill(tmp_path / "in"), local(tmp_path)
    in_folder = go(folder, tmp_path / "out")
    in_catalog = run(Batch((str(folder),), out, workers=2))
    assert in_catalog is not None
    assert sorted_rows(rows(out)) == sorted_rows(tables(tmp_path / "out"))
    assert (in_catalog.inputs, in_catalog.documents, in_catalog.rejects) == (
        in_folder.inputs,
        in_folder.documents,
        in_folder.rejects,
    )
    assert overview(out, 3).documents == overview(str(tmp_path / "out"), 3).documents
    assert overview(out, 3).top == overview(str(tmp_path / "out"), 3).top
    again = run(Batch((str(folder),), out, new_only=True))
    assert again is not None and again.documents == 0
    assert again.skipped == in_catalog.documents + 1  # the twin, too
    assert sorted_rows(rows(out))["documents"] == sorted_rows(tables(tmp_path / "out"))["documents"]


@pytest.mark.slow
def test_a_run_that_fails_leaves_no_file_in_the_warehouse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = local(tmp_path)
    put(out, 1, ["a"])

    def publish(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("docassay.storage.catalogs.ordered.publish", publish)
    before = sorted((tmp_path / "lake").rglob("*.parquet"))
    asked = ["batch", str(fill(tmp_path / "in")), "--out", out, "--workers", "1"]  # the one that is patched
    assert CliRunner().invoke(app, asked).exit_code == 3
    assert sorted((tmp_path / "lake").rglob("*.parquet")) == before
    assert destination(out).recover() == []


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        (["compact", "OUT"], "such as Spark's rewrite_data_files"),
        (["verify", "OUT"], "with DuckDB or Spark"),
        (["verify", "OUT", "--quarantine"], "with DuckDB or Spark"),
        (["stream", "IN", "--out", "OUT"], "a batch with --new-only every few minutes"),
        (["stream", "IN", "--out", "OUT", "--runner", "flink"], "a batch with --new-only every few minutes"),
    ],
)
def test_a_command_for_folders_says_what_to_use_with_a_catalog(
    tmp_path: Path, command: list[str], instead: str
) -> None:
    (tmp_path / "in").mkdir()
    places = {"OUT": local(tmp_path), "IN": str(tmp_path / "in")}
    done = CliRunner(env={"COLUMNS": "500"}).invoke(app, [places.get(word, word) for word in command])
    assert done.exit_code == 2
    assert instead in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("command", ["show", "retry"])
def test_a_catalog_without_tables_says_how_to_make_some(tmp_path: Path, command: str) -> None:
    done = CliRunner(env={"COLUMNS": "500"}).invoke(app, [command, local(tmp_path)])
    assert done.exit_code == 2
    assert "holds no tables; make some with: docassay batch" in done.output
