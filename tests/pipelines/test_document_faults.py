"""Faults of documents: whatever stage raises on one, it alone is rejected, however docassay is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.trigger import AfterWatermark
from apache_beam.transforms.window import TimestampedValue
from typer.testing import CliRunner

from docassay.cli import app
from docassay.observe import counters
from docassay.pipelines import stream_graph
from docassay.pipelines.batch import Batch, run
from docassay.pipelines.sources import Stream
from docassay.pipelines.stream_graph import build_stream
from docassay.schemas.errors import RunError
from docassay.schemas.rows import Reject, Result, Source
from docassay.transforms.context import Context
from docassay.views import explain
from tests import poison
from tests.tables import Rows, tables, without_runs

ROOT = Path(__file__).parent.parent.parent

SITE = f"""
import sys
if "docassay.pipelines.runners.worker" in " ".join(sys.orig_argv):
    sys.path.insert(0, {str(ROOT)!r})
    from tests import poison
    poison.install(setattr)
"""
"""Runs first in each process of Python: makes the stages of workers fail."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return poison.fill(tmp_path_factory.mktemp("in") / "docs")


def assert_each_is_rejected_alone(found: Rows) -> None:
    """Documents + rejects = inputs: nothing is lost or doubled."""
    assert sorted(Path(row["uri"]).name for row in found["documents"]) == [f"good-{n}.txt" for n in range(2)]
    refused = sorted(
        (Path(row["uri"]).stem, row["stage"], row["reason"], row["table_name"]) for row in found["rejects"]
    )
    assert refused == [(stage, stage, "fault", None) for stage in sorted(poison.STAGES)]
    for row in found["rejects"]:
        assert row["detail"].startswith("ValueError at tests/poison.py:"), "the class, and the line"
        assert row["doc_id"]
    assert poison.SECRET not in str(found["rejects"]), "no word of a document"
    assert {row["doc_id"] for row in found["segments"]} == {row["doc_id"] for row in found["documents"]}


@pytest.fixture(scope="module")
def batch(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    out = tmp_path_factory.mktemp("batch")
    with pytest.MonkeyPatch.context() as patch:
        poison.install(patch.setattr)
        row = run(Batch((str(folder),), str(out)))
    assert row is not None and (row.inputs, row.documents, row.rejects) == (9, 2, 7)
    assert json.loads(row.reasons) == {f"{stage} fault": 1 for stage in poison.STAGES}
    counts = json.loads(row.counts)
    assert [counts[f"{stage}.fault"] for stage in poison.STAGES] == [1] * 7
    return tables(out)


def test_in_a_batch(batch: Rows) -> None:
    assert_each_is_rejected_alone(batch)


@pytest.mark.slow
def test_in_a_batch_of_two_workers(folder: Path, tmp_path: Path, batch: Rows) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "docassay", "batch", str(folder), "--out", str(tmp_path / "out")]
    command += ["--workers", "2", "--log-format", "json"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert without_runs(tables(tmp_path / "out")) == without_runs(batch)
    faults = [entry for entry in map(json.loads, done.stderr.splitlines()) if entry["message"] == "fault"]
    assert sorted(entry["stage"] for entry in faults) == sorted(poison.STAGES)
    for entry in faults:
        assert entry["error"] == "ValueError" and "tests/poison.py:" in entry["traceback"]
        assert entry["doc_id"] and entry["uri"].endswith(f"{entry['stage']}.txt")
    assert poison.SECRET not in done.stderr


def test_in_a_stream(folder: Path, tmp_path: Path, batch: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    poison.install(monkeypatch.setattr)
    # The runner in this process has no triggers of processing time.
    monkeypatch.setattr(stream_graph, "AfterDelay", lambda _: AfterWatermark())
    sources = [TimestampedValue(Source(str(path)), 0) for path in sorted(folder.iterdir())]
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        received = beam.Create(sources) | beam.Map(lambda timed: timed)
        build_stream(pipeline, Stream("kafka://b/t", str(tmp_path), acknowledge=True), received)
    found = tables(tmp_path)
    assert_each_is_rejected_alone(found)
    assert without_runs(found) == without_runs(batch)


def test_in_explain(folder: Path, batch: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    poison.install(monkeypatch.setattr)
    context = Context()
    rejects = {row["uri"]: row for row in batch["rejects"]}
    for path in sorted(folder.iterdir()):
        (outcome,) = explain.explain(str(path), context)
        stage = path.stem
        if stage in poison.STAGES and stage != "write":  # it writes nothing
            assert isinstance(outcome, Reject)
            assert (outcome.stage, outcome.reason) == (stage, "fault")
            assert outcome.detail == rejects[str(path)]["detail"]
        else:
            assert isinstance(outcome, Result)
    told = CliRunner().invoke(app, ["explain", str(folder / "conclude.txt")])
    assert told.exit_code == 1 and "rejected in conclude: fault" in told.output
    assert poison.SECRET not in told.output


def test_what_is_no_documents_fault_fails_the_run_and_rejects_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison.install(monkeypatch.setattr, lambda _: OSError(28, "No space left on device"))
    with pytest.raises(RunError, match="detect: No space left on device"):
        run(Batch((str(folder / "detect.txt"),), str(tmp_path)))
    assert not list(tmp_path.glob("*/*.parquet"))
    told = CliRunner().invoke(app, ["explain", str(folder / "detect.txt")])
    assert told.exit_code == 3 and "detect: No space left on device" in told.output
    counters.take()
