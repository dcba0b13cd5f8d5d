"""What the test runs in Airflow's own environment: read the DAG by Airflow's parser, and run its task.

python airflow_check.py FOLDER_OF_DAGS CONF.json     # prints one line of JSON
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag


def main() -> None:
    """Parse, run, and print the state that each run ended in."""
    bag = DagBag(dag_folder=sys.argv[1])
    found: dict[str, object] = {
        "errors": {str(k): v for k, v in bag.import_errors.items()},
        "dags": sorted(bag.dags),
    }
    if bag.dags:
        dag = bag.dags["docassay_nightly"]
        (batch,) = dag.tasks
        found["retries"] = batch.retries
        found["runners"] = dag.params.get_param("runner").schema["enum"]
        found["catchup"], found["max_active_runs"] = dag.catchup, dag.max_active_runs
        confs = json.loads(Path(sys.argv[2]).read_text())
        # A DAG keeps the parameters of a test for the next, so each has its own.
        dags = [DagBag(dag_folder=sys.argv[1]).dags["docassay_nightly"] for _ in confs]
        runs = [dag.test(run_conf=conf) for dag, conf in zip(dags, confs, strict=True)]
        found["states"] = [str(run.state) for run in runs]
        found["returned"] = [run.get_task_instance("batch").xcom_pull(task_ids="batch") for run in runs]
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
