"""Airflow: its own parser reads the DAG, and its task runs, again without doubling anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
    wrong = {**good, "inputs": ["/no/such/folder"]}
    (tmp_path / "confs.json").write_text(json.dumps([good, good, wrong]))
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
    log = done.stdout + done.stderr
    assert found["states"] == ["success", "success", "failed"], log[-3000:]
    assert "invalid option or path" in log
    assert "1 inputs = 1 documents + 0 rejects + 0 skipped" in log
    assert "1 inputs = 0 documents + 0 rejects + 1 skipped" in log
    assert len(tables(tmp_path / "tables")["documents"]) == 1
