"""Start and stop a Flink cluster on this machine: JobManager, TaskManager, Beam's job server, worker pool.

    python deploy/flink/cluster.py start FOLDER     # returns when a pipeline can be submitted
    python deploy/flink/cluster.py stop FOLDER

Four processes in a network of their own (`deploy/shut_in.py`), which forwards Flink's page and the job server
to this machine's loopback; FOLDER gets their configuration, logs, checkpoints and `pids.json`.
The jars come from `make flink`. Needs Linux, Java 11 or 17 and this Python's Beam, nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from string import Template

sys.path.append(str(Path(__file__).parents[2]))  # it is run as a file, too

from deploy.processes import check_jars, java, launch, listens, options, pids, starting, stop, wait

__all__ = ["jobmanager", "jobserver", "options", "pids", "start", "start_taskmanager", "stop"]

JARS = Path(__file__).parents[2] / "build" / "flink"

HEAP = {"jobmanager": 512, "taskmanager": 768, "jobserver": 512}
"""Megabytes of heap."""

DIRECT, METASPACE, NETWORK = 448, 512, 256
"""Megabytes of the TaskManager. Each submission loads the runner's classes anew into the metaspace; with
256 MB the TaskManager died after eight submissions."""


def configuration(folder: Path, ports: Mapping[str, int], slots: int, restarts: int) -> str:
    """Give the lines of flink-conf.yaml."""
    memory = {"heap": HEAP["taskmanager"] - 128, "network": NETWORK, "metaspace": METASPACE}
    conf = Template(Path(__file__).with_name("flink-conf.yaml").read_text())
    return conf.substitute(ports, **memory, folder=folder, slots=slots, restarts=restarts)


def start(folder: Path, slots: int = 8, restarts: int = 3, open_to_all: bool = False) -> dict[str, int]:
    """Start the four processes, and return their ports by name; a pipeline needs ``job`` and ``pool``.

    Raises:
        RuntimeError: The jars are missing, the machine gives no network of its own, or a process ended or did
            not answer; the rest is stopped.
    """
    folder = folder.resolve()
    check_jars("make flink", JARS / "cluster" / "pyflink" / "lib", JARS / "job-server")
    with starting(folder, ("rpc", "rest", "blob"), ("rest",), open_to_all) as ports:
        (folder / "conf" / "flink-conf.yaml").write_text(configuration(folder, ports, slots, restarts))
        launch(folder, "jobmanager", jobmanager(folder))
        wait(folder, lambda: listens(folder, ports["rpc"]))
        start_taskmanager(folder)
        launch(folder, "jobserver", jobserver(folder, ports))
        wait(folder, lambda: _slots(ports["rest"]) >= slots)
    return ports


def jobmanager(folder: Path) -> list[str]:
    """Give the command of the JobManager."""
    return [
        *java(folder, f"-Xmx{HEAP['jobmanager']}m", "-XX:MaxMetaspaceSize=256m"),
        *("-cp", _classpath()),
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        *("--configDir", f"{folder}/conf", "--executionMode", "cluster"),
    ]


def jobserver(folder: Path, ports: Mapping[str, int]) -> list[str]:
    """Give the command of the job server, which turns Beam's pipelines into Flink's jobs."""
    return [
        *java(folder, f"-Xmx{HEAP['jobserver']}m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
        *("-cp", f"{JARS}/job-server/*"),
        "org.apache.beam.runners.flink.FlinkJobServerDriver",
        *("--job-host=127.0.0.1", f"--job-port={ports['job']}", f"--artifact-port={ports['artifact']}"),
        *(
            "--expansion-port=0",
            f"--flink-master=127.0.0.1:{ports['rest']}",
            f"--flink-conf-dir={folder}/conf",
        ),
        f"--artifacts-dir={folder}/artifacts",
    ]


def start_taskmanager(folder: Path) -> None:
    """Start the TaskManager; again, if it was killed."""
    launch(
        folder,
        "taskmanager",
        [
            *java(folder, f"-Xmx{HEAP['taskmanager']}m", f"-XX:MaxDirectMemorySize={DIRECT}m"),
            *(f"-XX:MaxMetaspaceSize={METASPACE}m", "-cp", _classpath()),
            *("org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "--configDir", f"{folder}/conf"),
        ],
    )


def _classpath() -> str:
    """Put the runner's jars beside Flink's, so that a job need not stage them: 154 MB, 30 s each time."""
    return f"{JARS}/cluster/pyflink/lib/*{os.pathsep}{JARS}/job-server/*"


def _slots(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/overview", timeout=2) as answer:
            return int(json.load(answer)["slots-total"])
    except OSError:
        return 0


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--open", action="store_true", help="to all who reach this machine")
    args = parser.parse_args()
    if args.action == "stop":
        stop(args.folder)
        return
    try:
        ports = start(args.folder, args.slots, args.restarts, open_to_all=args.open)
    except RuntimeError as error:
        sys.exit(str(error))
    print(f"Flink's page: http://127.0.0.1:{ports['rest']}  A pipeline's options, after --:")
    print("  " + " ".join([*options(args.folder), "--parallelism=2"]))


if __name__ == "__main__":
    main()
