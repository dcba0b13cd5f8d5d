"""A DAG for a nightly batch: all documents that are new go into the tables, once.

Copy this file into the folder of DAGs, and set the defaults of the parameters, or give them when the DAG
is triggered. docassay needs an environment of its own, since its dependencies conflict with Airflow's; the
parameter `docassay` names its program.

Retries are safe. A batch publishes all of a run or nothing, the next run sweeps what a killed one left,
and a document that is read again replaces its own rows. A wrong option or path fails the task at once
(exit code 2), and so does a night without any document (4): no retry would help. On a local file system
one run at a time may write to a folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

FINAL = {
    2: "invalid option or path; see the last line of the task log",
    4: "no document was read; was the folder mounted?",
}
"""The exit codes of docassay that no retry can change: a wrong option, path or model, and nothing to read."""

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
        "partition_by": Param(
            None,
            enum=[None, "month", "domain", "source"],
            description="Keep the tables in folders, for millions of documents.",
        ),
        "fail_on_empty": Param(
            True, type="boolean", description="Fail where no document was read, nor known already."
        ),
        "config": Param(
            None,
            type=["null", "string"],
            minLength=1,
            description="A configuration file of docassay, for every other option of its table `batch`.",
        ),
        "summary": Param(
            None,
            type=["null", "string"],
            minLength=1,
            description="File for what came of the run, FILE.json, which is the task's return value, too.",
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
    def batch(params: dict[str, Any]) -> dict[str, Any] | None:
        run(arguments(params))
        if params["summary"] is None:
            return None
        return dict(json.loads(Path(params["summary"]).read_text(encoding="utf-8")))

    batch()


def arguments(params: dict[str, Any]) -> list[str]:
    """Give the words of the command that the parameters ask for."""
    words = [params["docassay"]]
    if params["config"] is not None:
        words.append(f"--config={params['config']}")
    words += ["batch", *params["inputs"], "--out", params["out"], "--new-only"]
    words += ["--runner", params["runner"]]
    if params["ocr"]:
        words.append("--ocr")
    if params["mark_missing"]:
        words.append("--mark-missing")
    words += [f"--models={folder}" for folder in params["models"]]
    if params["fail_on_empty"]:
        words.append("--fail-on-empty")
    for name in ("partition_by", "metrics", "summary"):
        if params[name] is not None:
            words.append(f"--{name.replace('_', '-')}={params[name]}")
    return [*words, "--", *params["runner_options"]]


def run(command: Sequence[str]) -> None:
    """Run docassay to its end; when the task is stopped or times out, all its processes are stopped.

    Raises:
        AirflowFailException: An option, a path or a model is wrong, or nothing was read; no retry helps.
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
    if exit_code in FINAL:
        raise AirflowFailException(FINAL[exit_code])
    if exit_code:
        raise AirflowException(f"docassay ended with exit code {exit_code}; see the task log")


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


docassay_nightly()
