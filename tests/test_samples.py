"""The shipped samples through the whole pipeline give what their folders say."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from docassay import domains
from docassay.pipelines.batch import Batch, run
from docassay.transforms.context import Options


def _expected() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in domains.names():
        folder = domains.load(name).folder / "samples"
        found |= tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    out = tmp_path_factory.mktemp("samples") / "out"
    folders = [str(domains.load(name).folder / "samples") for name in domains.names()]
    files = [
        str(path) for folder in folders for path in Path(folder).iterdir() if path.name != "expected.toml"
    ]
    run(Batch(tuple(sorted(files)), str(out), options=Options(threads=2)))
    return {
        path.name: pq.read_table(path).to_pylist() for path in out.iterdir() if not path.name.startswith("_")
    }


def test_samples_are_the_ones_promised() -> None:
    expected = _expected()
    for domain in domains.document_domains():
        samples = [path for path in (domain.folder / "samples").iterdir() if path.suffix != ".toml"]
        assert len(samples) >= 6
        assert len({path.suffix for path in samples}) >= 4
    assert sum(bool(entry.get("reject")) for entry in expected.values()) == 2
    assert {"fr", "de"} <= {entry.get("language") for entry in expected.values()}


@pytest.mark.parametrize("name", sorted(_expected()))
def test_sample_gives_what_its_folder_expects(name: str, tables: dict[str, list[dict[str, Any]]]) -> None:
    expected = _expected()[name]
    if expected.get("reject"):
        assert [row for row in tables["rejects"] if row["uri"].endswith(f"/{name}")]
        return
    (document,) = [row for row in tables["documents"] if row["uri"].endswith(f"/{name}")]
    for column in ("domain", "kind", "language", "media_type"):
        assert document[column] == expected[column], column
    by_rule = [row for row in tables.get("flags", []) if row["decided_by"].startswith("rule ")]
    assert {row["code"] for row in by_rule if row["doc_id"] == document["doc_id"]} == set(expected["flags"])
    open_rows = [
        row for row in tables["findings"] if row["doc_id"] == document["doc_id"] and row["verdict"] != "pass"
    ]
    absent = {row["check_id"] for row in open_rows if row["start_char"] is None}
    failed = {row["check_id"] for row in open_rows if row["verdict"] == "fail"}
    assert not failed & absent, "no absences were judged often enough to fail a document"
    fails = {
        rule.id for name in domains.names() for rule in domains.load(name).checks if rule.absent == "fail"
    }
    failed |= absent & fails
    assert failed == set(expected["failed"])
