"""Start and stop Spark on this machine: master, Spark worker, Beam's job server, pool of Python workers.

    python deploy/spark/cluster.py start FOLDER             # returns when a pipeline can be submitted
    python deploy/spark/cluster.py start FOLDER --embedded  # Spark in the job server's process: two processes
    python deploy/spark/cluster.py stop FOLDER

The processes have a network of their own (`deploy/shut_in.py`), which forwards the job server and Spark's
pages to this machine's loopback; FOLDER gets their configuration, logs and `pids.json`. The jars come from
`make spark`. Needs Linux, Java 11 or 17 and this Python's Beam, nothing else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # it is run as a file, too

from deploy.processes import (
    check_jars,
    java,
    launch,
    listens,
    options,
    pids,
    ports,
    starting,
    stop,
    wait,
)

__all__ = ["jobserver", "options", "pids", "start", "start_worker", "stop"]

JARS = Path(__file__).parents[2] / "build" / "spark" / "jars"

HEAP = {"master": 256, "worker": 256, "jobserver": 768, "executor": 768}
"""Megabytes of heap; With `embedded` the job server has the executor's, too."""

LOOPBACK = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost", "SPARK_NO_DAEMONIZE": "1"}
"""Where Spark's own ports listen; Beam's listen on all addresses whatever they are told."""


def start(folder: Path, cores: int = 2, embedded: bool = False, open_to_all: bool = False) -> dict[str, int]:
    """Start the processes, and return their ports by name; a pipeline needs ``job`` and ``pool``.

    Args:
        folder: The folder of the cluster.
        cores: Tasks that run at a time; each has a Python worker's thread.
        embedded: Run Spark in the job server's process, without master and executor.
        open_to_all: Leave the processes in the machine's own network.

    Raises:
        RuntimeError: The jars are missing, the machine gives no network of its own, or a process ended or did
            not answer; the rest is stopped.
    """
    folder = folder.resolve()
    check_jars("make spark", JARS)
    names = ("master", "masterui", "worker", "workerui", "ui")
    with starting(folder, names, ("masterui", "ui"), open_to_all) as chosen:
        if not embedded:
            launch(folder, "master", master(folder, chosen), **LOOPBACK)
            wait(folder, lambda: listens(folder, chosen["master"]))
            start_worker(folder, cores)
            wait(folder, lambda: listens(folder, chosen["worker"]))
        # Spark in one process tries a task once; the second number says how often.
        url = f"local[{cores},4]" if embedded else f"spark://127.0.0.1:{chosen['master']}"
        launch(folder, "jobserver", jobserver(folder, chosen, url), **LOOPBACK)
    return chosen


def configuration(folder: Path, ports: Mapping[str, int]) -> dict[str, object]:
    """Give the properties of Spark's driver, which is the job server."""
    return {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.port": ports["ui"],
        "spark.local.dir": f"{folder}/tmp",
        "spark.executor.memory": f"{HEAP['executor']}m",
        "spark.executor.extraJavaOptions": " ".join(java(folder)[1:]),
    }


def master(folder: Path, ports: Mapping[str, int]) -> list[str]:
    """Give the command of the master."""
    return [
        *java(folder, f"-Xmx{HEAP['master']}m", "-cp", f"{JARS}/*"),
        "org.apache.spark.deploy.master.Master",
        *("--host", "127.0.0.1", "--port", str(ports["master"]), "--webui-port", str(ports["masterui"])),
    ]


def start_worker(folder: Path, cores: int) -> None:
    """Start the Spark worker, which starts an executor for each job; again, if it was killed."""
    chosen = ports(folder)
    home = folder / "home"  # a Spark worker looks for the jars in the folder of an installation
    home.mkdir(exist_ok=True)
    if not (home / "jars").is_symlink():
        (home / "jars").symlink_to(JARS.resolve())
    command = [
        *java(folder, f"-Xmx{HEAP['worker']}m", "-cp", f"{JARS}/*"),
        "org.apache.spark.deploy.worker.Worker",
        *("--host", "127.0.0.1", "--port", str(chosen["worker"]), "--webui-port", str(chosen["workerui"])),
        *("--cores", str(cores), "--memory", f"{HEAP['executor'] + 256}m", "--work-dir", f"{folder}/work"),
        f"spark://127.0.0.1:{chosen['master']}",
    ]
    launch(folder, "worker", command, SPARK_HOME=str(home), SPARK_SCALA_VERSION="2.12", **LOOPBACK)


def jobserver(folder: Path, ports: Mapping[str, int], master_url: str) -> list[str]:
    """Give the command of the job server, which is the driver of each job, and runs one at a time."""
    heap = HEAP["jobserver"] + (0 if master_url.startswith("spark:") else HEAP["executor"])
    properties = [f"-D{name}={value}" for name, value in configuration(folder, ports).items()]
    return [
        *java(folder, f"-Xmx{heap}m", *properties, "-cp", f"{JARS}/*"),
        "org.apache.beam.runners.spark.SparkJobServerDriver",
        *("--job-host=127.0.0.1", f"--job-port={ports['job']}", f"--artifact-port={ports['artifact']}"),
        *("--expansion-port=0", f"--spark-master-url={master_url}", f"--artifacts-dir={folder}/artifacts"),
    ]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--embedded", action="store_true", help="without master and executor")
    parser.add_argument("--open", action="store_true", help="to all who reach this machine")
    args = parser.parse_args()
    if args.action == "stop":
        stop(args.folder)
        return
    try:
        chosen = start(args.folder, args.cores, args.embedded, open_to_all=args.open)
    except RuntimeError as error:
        sys.exit(str(error))
    page = "ui" if args.embedded else "masterui"
    print(f"Spark's page: http://127.0.0.1:{chosen[page]}  A pipeline's options, after --:")
    print("  " + " ".join(options(args.folder)))


if __name__ == "__main__":
    main()
