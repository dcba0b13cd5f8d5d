"""Airflow: its own parser reads the DAG, and its task runs, again without doubling anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from docassay.pipelines import RUNNERS
from tests.tables import tables

pytestmark = pytest.mark.airflow

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "build" / "airflow" / "bin" / "python"
DAGS = ROOT / "deploy" / "airflow"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing: run `make airflow`")
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
    subprocess.run(
        [str(PYTHON), "-m", "airflow", "db", "migrate"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=180,
    )
    return environment


def test_nightly_runs_again_without_doubling_and_a_wrong_path_fails(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("This Agreement is governed by the laws of Ireland.")
    good = {
        "docassay": str(Path(sys.executable).parent / "docassay"),
        "inputs": [str(tmp_path / "in")],
        "out": str(tmp_path / "tables"),
    }
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.txt").write_text("Either party may terminate on thirty days' notice.")
    metrics = tmp_path / "docassay.prom"
    more = {
        **good,
        "inputs": [str(tmp_path / "in"), str(tmp_path / "more")],
        "metrics": str(metrics),
        "mark_missing": True,
        "partition_by": "month",
        "summary": str(tmp_path / "run.json"),
        "config": str(tmp_path / "more.toml"),
    }
    (tmp_path / "more.toml").write_text("[batch]\npersonal-data = true\n")
    (tmp_path / "empty").mkdir()
    empty = {**good, "inputs": [str(tmp_path / "empty")]}
    (tmp_path / "records").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n')
    (tmp_path / "records").chmod(0o755)
    recorded = {
        **good,
        "docassay": str(tmp_path / "records"),
        "runner": "spark",
        "runner_options": ["--job_endpoint=jobs:8099"],
        "ocr": True,
        "models": ["/models/a", "/models/b"],
        "mark_missing": True,
        "metrics": "/metrics/docassay.prom",
        "fail_on_empty": False,
        "partition_by": "domain",
        "config": "/etc/docassay.toml",
    }
    wrong = {**good, "inputs": ["/no/such/folder"]}
    (tmp_path / "confs.json").write_text(json.dumps([good, good, more, wrong, empty, recorded]))
    done = subprocess.run(
        [str(PYTHON), str(ROOT / "tests/deploy/airflow_check.py"), str(DAGS), str(tmp_path / "confs.json")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (found["errors"], found["dags"]) == ({}, ["docassay_nightly"])
    assert (found["retries"], found["catchup"], found["max_active_runs"]) == (3, False, 1)
    assert found["runners"] == list(RUNNERS)
    log = done.stdout + done.stderr
    assert found["states"] == ["success", "success", "success", "failed", "failed", "success"], log[-3000:]
    assert "invalid option or path" in log and "no document was read; was the folder mounted?" in log
    assert "1 inputs = 1 documents + 0 rejects + 0 skipped" in log
    assert "1 inputs = 0 documents + 0 rejects + 1 skipped" in log
    assert "2 inputs = 1 documents + 0 rejects + 1 skipped" in log
    assert len(tables(tmp_path / "tables")["documents"]) == 2
    assert "docassay_run_finished_timestamp_seconds" in metrics.read_text()
    assert (
        json.loads((tmp_path / "run.json").read_text())["documents"] == found["returned"][2]["documents"] == 1
    )
    assert list((tmp_path / "tables" / "documents").glob("by_month=*"))
    (row,) = [r for r in tables(tmp_path / "tables")["runs"] if r["documents"] and r["skipped"]]
    assert json.loads(row["options"])["personal_data"], "of the configuration file"
    words = (tmp_path / "words").read_text().split()
    assert words[:2] == ["--config=/etc/docassay.toml", "batch"]
    assert words[words.index("--new-only") + 1 :] == [
        *("--runner", "spark", "--ocr", "--mark-missing", "--models=/models/a", "--models=/models/b"),
        *("--partition-by=domain", "--metrics=/metrics/docassay.prom", "--", "--job_endpoint=jobs:8099"),
    ]
