"""`docassay.batch`: a batch from Python, the rows it writes, and what it refuses before any work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import docassay
from docassay.models import catalog
from docassay.pipelines.batch import Batch, run
from docassay.schemas.errors import DomainError, InputError, ModelError, OutputError, UsageError
from tests.tables import tables, without_runs

TEXT = "The invoice is overdue. Please note that our bank details have changed; wire it to the new account."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    (place / "letter.txt").write_text(TEXT)
    (place / "empty.txt").write_bytes(b"")
    return place


def test_it_writes_the_rows_of_the_command_and_gives_the_run(folder: Path, tmp_path: Path) -> None:
    row = docassay.batch(folder, tmp_path / "out", domain="financial")
    assert (row.inputs, row.documents, row.rejects, row.skipped) == (2, 1, 1, 0)
    found = tables(tmp_path / "out")
    assert [one["domain"] for one in found["documents"]] == ["financial"]
    assert "changed_bank_details" in {one["code"] for one in found["flags"]}
    assert [one["run_id"] for one in found["runs"]] == [row.run_id]
    again = docassay.batch([str(folder / "letter.txt")], str(tmp_path / "out"), new_only=True)
    assert (again.inputs, again.documents, again.skipped) == (1, 0, 1)
    assert without_runs(tables(tmp_path / "out")) == without_runs(found)


def test_its_options_reach_the_stages(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Batch] = []

    def record(batch: Batch) -> Any:
        asked.append(batch)
        searched.append(catalog.search_key())
        return run(batch)

    searched: list[tuple[str, ...]] = []
    monkeypatch.setattr("docassay.pipelines.batch.run", record)
    before = catalog.search_key()
    (tmp_path / "lines.jsonl").write_text('{"body": "Frau Gudrun Lindner wohnt hier."}\n')
    models = catalog.find("minilm").parent
    docassay.batch(
        tmp_path / "lines.jsonl",
        tmp_path / "out",
        text_column="body",
        personal_data=True,
        models=[models],
        limits=docassay.Limits(seconds=7),
    )
    (batch,) = asked
    assert batch.options.limits.seconds == 7 and batch.options.model_folders == (str(models.resolve()),)
    assert str(models.resolve()) in searched[0] and catalog.search_key() == before
    found = tables(tmp_path / "out")
    assert [one["text"] for one in found["entities"]] == ["Gudrun Lindner"]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"inputs": "none.txt"}, InputError, "no such file"),
        ({"out": "in"}, OutputError, "which is not docassay's"),
        ({"domain": "law"}, DomainError, "law"),
        ({"models": ["in"]}, ModelError, "there is no model.toml"),
        ({"workers": 0}, UsageError, "1 or more"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    error: type[Exception],
    says: str,
) -> None:
    monkeypatch.chdir(folder.parent)
    with pytest.raises(error, match=says):
        docassay.batch(**{"inputs": "in", "out": "out", **options})
    assert not Path("out").exists()
