"""A DAG for a nightly batch: all documents that are new go into the tables, once.

Copy this file into the folder of DAGs, and set the defaults of the parameters, or give them when the DAG
is triggered. docassay needs an environment of its own, since its dependencies conflict with Airflow's; the
parameter `docassay` names its program.

Retries are safe. A batch publishes all of a run or nothing, the next run sweeps what a killed one left,
and a document that is read again replaces its own rows. A wrong option or path fails the task at once
(exit code 2): no retry would help. On a local file system one run at a time may write to a folder.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

USAGE = 2
"""The exit code of docassay for a wrong option, path or model, before any work."""

STOP_SECONDS = 60.0
"""How long docassay may take to stop before it is killed."""


@dag(
    dag_id="docassay_nightly",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # a run reads whatever is there, so days that were missed need no runs of their own
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=12),
    params={
        "docassay": Param("docassay", type="string", minLength=1, description="The program, or its path."),
        "inputs": Param(
            ["/data/inbox"],
            type="array",
            minItems=1,
            items={"type": "string", "minLength": 1, "pattern": "^[^-]"},
            description="Files, folders, patterns; gs:// and s3:// too.",
        ),
        "out": Param("/data/tables", type="string", minLength=1, description="Folder for the tables."),
        "runner": Param(
            "local", enum=["local", "prism", "flink", "spark", "dataflow"], description="Where it runs."
        ),
        "runner_options": Param(
            [], type="array", items={"type": "string"}, description="The runner's own options."
        ),
        "ocr": Param(False, type="boolean", description="Read scanned pages and pictures."),
        "models": Param(
            [],
            type="array",
            items={"type": "string", "minLength": 1},
            description="Folders of models, used beside the shipped ones.",
        ),
        "mark_missing": Param(
            False, type="boolean", description="Add a reject for each document whose file is gone."
        ),
        "metrics": Param(
            None,
            type=["null", "string"],
            minLength=1,
            description="File for the run's metrics, FILE.prom, for the textfile collector.",
        ),
    },
    tags=["docassay"],
)
def docassay_nightly() -> None:
    """Read the new documents into the tables."""

    @task(
        retries=3,
        retry_delay=timedelta(minutes=5),
        retry_exponential_backoff=True,
        max_retry_delay=timedelta(hours=1),
        execution_timeout=timedelta(hours=4),
    )
    def batch(params: dict[str, Any]) -> None:
        run(arguments(params))

    batch()


def arguments(params: dict[str, Any]) -> list[str]:
    """Give the words of the command that the parameters ask for."""
    words = [params["docassay"], "batch", *params["inputs"], "--out", params["out"], "--new-only"]
    words += ["--runner", params["runner"]]
    if params["ocr"]:
        words.append("--ocr")
    if params["mark_missing"]:
        words.append("--mark-missing")
    words += [f"--models={folder}" for folder in params["models"]]
    if params["metrics"] is not None:
        words.append(f"--metrics={params['metrics']}")
    return [*words, "--", *params["runner_options"]]


def run(command: Sequence[str]) -> None:
    """Run docassay to its end; when the task is stopped or times out, all its processes are stopped.

    Raises:
        AirflowFailException: An option, a path or a model is wrong; no retry helps.
        AirflowException: The run failed; the next try reads what is not published.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        exit_code = process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        finally:
            _kill(process.pid)
        raise
    if exit_code == USAGE:
        raise AirflowFailException("invalid option or path; see the last line of the task log")
    if exit_code:
        raise AirflowException(f"docassay ended with exit code {exit_code}; see the task log")


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


docassay_nightly()
