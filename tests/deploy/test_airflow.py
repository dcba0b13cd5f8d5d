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


def nightly(environment: dict[str, str], folder: Path, **conf: Any) -> dict[str, Any]:
    path = folder / "conf.json"
    path.write_text(json.dumps({"docassay": str(Path(sys.executable).parent / "docassay"), **conf}))
    done = subprocess.run(
        [str(PYTHON), str(Path(__file__).parent / "airflow_check.py"), str(DAGS), str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "log": done.stdout + done.stderr}


def test_nightly_runs_and_runs_again(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("This Agreement is governed by the laws of Ireland.")
    asked = {"inputs": [str(tmp_path / "in")], "out": str(tmp_path / "tables")}
    first = nightly(environment, tmp_path, **asked)
    assert (first["errors"], first["dags"]) == ({}, ["docassay_nightly"])
    assert (first["retries"], first["catchup"], first["max_active_runs"]) == (3, False, 1)
    assert first["state"] == "success", first["log"][-3000:]
    before = tables(tmp_path / "tables")["documents"]
    assert len(before) == 1
    assert nightly(environment, tmp_path, **asked)["state"] == "success"
    assert tables(tmp_path / "tables")["documents"] == before


def test_wrong_path_fails_without_a_retry(environment: dict[str, str], tmp_path: Path) -> None:
    found = nightly(environment, tmp_path, inputs=["/no/such/folder"], out=str(tmp_path / "tables"))
    assert found["state"] == "failed"
    assert "asked for what it cannot do" in found["log"]
