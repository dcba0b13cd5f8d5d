"""Start and stop a Flink cluster on this machine: JobManager, TaskManager, Beam's job server, worker pool.

    python deploy/flink/cluster.py start FOLDER     # returns when a pipeline can be submitted
    python deploy/flink/cluster.py stop FOLDER

Four processes, on loopback only; FOLDER gets their configuration, logs, checkpoints and `pids.json`.
The jars come from `make flink`. Needs Java 11 or 17 and this Python's Beam, nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

JARS = Path(__file__).parents[2] / "build" / "flink"

OPENED = (
    "java.io",
    "java.lang",
    "java.lang.invoke",
    "java.lang.reflect",
    "java.net",
    "java.nio",
    "java.security",
    "java.text",
    "java.time",
    "java.util",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "jdk.internal.misc",
    "sun.net.util",
    "sun.nio.ch",
)
"""Packages of the JDK that Flink 1.15 and Beam access by reflection, which Java 17 closes by default."""

HEAP = {"jobmanager": 512, "taskmanager": 768, "jobserver": 512}
"""Megabytes of heap."""

DIRECT, METASPACE, NETWORK = 448, 512, 256
"""Megabytes of the TaskManager. Each submission loads the runner's classes anew into the metaspace; with
256 MB the TaskManager died after eight submissions."""

START_SECONDS = 90.0
"""Timeout of the start."""

_children: dict[int, subprocess.Popen[bytes]] = {}
"""The processes that this one started, by id; another process that stops them has only the ids."""


def configuration(folder: Path, ports: Mapping[str, int], slots: int, restarts: int) -> str:
    """Give the lines of flink-conf.yaml.

    Every memory key is set: Flink's start scripts, which would compute them, are not used.
    """
    conf = {
        "jobmanager.rpc.address": "127.0.0.1",
        "jobmanager.rpc.port": ports["rpc"],
        "jobmanager.bind-host": "127.0.0.1",
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": ports["rest"],
        "blob.server.port": ports["blob"],
        "taskmanager.host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.numberOfTaskSlots": slots,
        "taskmanager.cpu.cores": slots,
        "taskmanager.memory.framework.heap.size": "128m",
        "taskmanager.memory.task.heap.size": f"{HEAP['taskmanager'] - 128}m",
        "taskmanager.memory.framework.off-heap.size": "128m",
        "taskmanager.memory.task.off-heap.size": "64m",
        "taskmanager.memory.managed.size": "256m",
        "taskmanager.memory.network.min": f"{NETWORK}m",
        "taskmanager.memory.network.max": f"{NETWORK}m",
        "taskmanager.memory.jvm-metaspace.size": f"{METASPACE}m",
        "taskmanager.memory.jvm-overhead.min": "192m",
        "taskmanager.memory.jvm-overhead.max": "192m",
        # By default a batch shuffle asks for 512 buffers a partition, more than there are.
        "taskmanager.network.sort-shuffle.min-buffers": 64,
        "heartbeat.interval": 2000,
        "heartbeat.timeout": 15000,
        "state.backend": "hashmap",
        "state.checkpoints.dir": f"file://{folder}/checkpoints",
        "state.savepoints.dir": f"file://{folder}/savepoints",
        # Few: with many, a batch that cannot succeed looks as if it ran for ever.
        "restart-strategy": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": restarts,
        "restart-strategy.fixed-delay.delay": "2 s",
        "web.submit.enable": "false",
    }
    return "".join(f"{key}: {value}\n" for key, value in conf.items())


def start(folder: Path, slots: int = 8, restarts: int = 3, jars: Path = JARS) -> dict[str, int]:
    """Start the four processes, and return their ports by name; a pipeline needs ``job`` and ``pool``.

    Raises:
        RuntimeError: The jars are missing, or a process ended or did not answer; the rest is stopped.
    """
    folder = folder.resolve()
    if (folder / "pids.json").exists():
        raise RuntimeError(f"{folder} holds a cluster that runs, or did not stop; stop it first")
    for jar_folder in (jars / "cluster" / "pyflink" / "lib", jars / "job-server"):
        if not jar_folder.is_dir():
            raise RuntimeError(f"{jar_folder} is missing: run `make flink`")
    conf, logs = folder / "conf", folder / "logs"
    for subfolder in (conf, logs, folder / "tmp"):
        subfolder.mkdir(parents=True, exist_ok=True)
    ports = dict(zip(("rpc", "rest", "blob", "job", "artifact", "pool"), _free_ports(6), strict=True))
    (conf / "flink-conf.yaml").write_text(configuration(folder, ports, slots, restarts))
    (conf / "log4j.properties").write_text(
        "rootLogger.level = INFO\nrootLogger.appenderRef.out.ref = out\nappender.out.name = out\n"
        "appender.out.type = CONSOLE\nappender.out.layout.type = PatternLayout\n"
        "appender.out.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} %m%n\n"
    )
    (folder / "ports.json").write_text(json.dumps(ports))
    try:
        _launch(folder, "jobmanager", jobmanager(folder, jars))
        _wait(folder, lambda: _answers(ports["rpc"]))
        start_taskmanager(folder, jars)
        _launch(folder, "jobserver", jobserver(folder, ports, jars))
        start_pool(folder)
        for name in ("job", "pool"):
            _wait(folder, lambda port=ports[name]: _answers(port))  # type: ignore[misc]
        _wait(folder, lambda: _slots(ports["rest"]) >= slots)
    except BaseException:
        stop(folder)
        raise
    return ports


def jobmanager(folder: Path, jars: Path) -> list[str]:
    """Give the command of the JobManager."""
    return [
        *_java(folder, f"-Xmx{HEAP['jobmanager']}m", "-XX:MaxMetaspaceSize=256m"),
        *("-cp", _classpath(jars)),
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        *("--configDir", f"{folder}/conf", "--executionMode", "cluster"),
    ]


def jobserver(folder: Path, ports: Mapping[str, int], jars: Path) -> list[str]:
    """Give the command of the job server, which turns Beam's pipelines into Flink's jobs."""
    return [
        *_java(folder, f"-Xmx{HEAP['jobserver']}m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
        *("-cp", f"{jars}/job-server/*"),
        "org.apache.beam.runners.flink.FlinkJobServerDriver",
        *("--job-host=127.0.0.1", f"--job-port={ports['job']}", f"--artifact-port={ports['artifact']}"),
        *(
            "--expansion-port=0",
            f"--flink-master=127.0.0.1:{ports['rest']}",
            f"--flink-conf-dir={folder}/conf",
        ),
        f"--artifacts-dir={folder}/artifacts",
    ]


def start_taskmanager(folder: Path, jars: Path = JARS) -> None:
    """Start the TaskManager; again, if it was killed."""
    _launch(
        folder,
        "taskmanager",
        [
            *_java(folder, f"-Xmx{HEAP['taskmanager']}m", f"-XX:MaxDirectMemorySize={DIRECT}m"),
            *(f"-XX:MaxMetaspaceSize={METASPACE}m", "-cp", _classpath(jars)),
            *("org.apache.flink.runtime.taskexecutor.TaskManagerRunner", "--configDir", f"{folder}/conf"),
        ],
    )


def start_pool(folder: Path) -> None:
    """Start the worker pool, which starts a Python worker for each TaskManager and pipeline."""
    ports = json.loads((folder / "ports.json").read_text())
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main"]
    _launch(folder, "pool", [*command, f"--service_port={ports['pool']}"])


def stop(folder: Path) -> None:
    """Stop the processes of a cluster, by process id, with the workers that the pool started."""
    for name, pid in reversed(pids(folder).items()):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(pid, number)
            except ProcessLookupError:
                break
            if _ended(pid, 5.0 if name != "pool" else 1.0):
                break
    (folder / "pids.json").unlink(missing_ok=True)


def _classpath(jars: Path) -> str:
    """Put the runner's jars beside Flink's, so that a job need not stage them: 154 MB, 30 s each time."""
    return f"{jars}/cluster/pyflink/lib/*{os.pathsep}{jars}/job-server/*"


def _java(folder: Path, *options: str) -> list[str]:
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
    log = f"-Dlog4j.configurationFile=file:{folder}/conf/log4j.properties"
    return ["java", *options, f"-Djava.io.tmpdir={folder}/tmp", log, *opened]


def _launch(folder: Path, name: str, command: Sequence[str]) -> None:
    # The pool starts "python" by name, which must be this one.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    with (folder / "logs" / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": path},
            start_new_session=True,
        )
    _children[process.pid] = process
    (folder / "pids.json").write_text(json.dumps({**pids(folder), name: process.pid}))


def options(folder: Path) -> list[str]:
    """Give the options of a pipeline that runs on the cluster.

    The runner's jars are on the cluster already, so a job stages only a tiny file.
    """
    ports = json.loads((folder / "ports.json").read_text())
    return [
        f"--job_endpoint=127.0.0.1:{ports['job']}",
        "--environment_type=EXTERNAL",
        f"--environment_config=127.0.0.1:{ports['pool']}",
        f"--files_to_stage={folder.resolve()}/ports.json",
    ]


def pids(folder: Path) -> dict[str, int]:
    """Give the ids of the running processes, by name."""
    path = folder / "pids.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _wait(folder: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        for name, pid in pids(folder).items():
            if _ended(pid, 0):
                log = folder / "logs" / f"{name}.log"
                raise RuntimeError(f"{name} ended:\n{log.read_text(errors='replace')[-2000:]}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the cluster did not start within {START_SECONDS:g} s; see {folder}/logs")
        time.sleep(0.2)


def _ended(pid: int, within: float) -> bool:
    """Tell whether a process has ended, or ends within so many seconds."""
    deadline = time.monotonic() + within
    while _runs(pid):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def _runs(pid: int) -> bool:
    if pid in _children:
        return _children[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _slots(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/overview", timeout=2) as answer:
            return int(json.load(answer)["slots-total"])
    except OSError:
        return 0


def _free_ports(number: int) -> list[int]:
    """Pick ports that are free now; the sockets are open together, so that no port comes twice."""
    sockets = [socket.socket() for _ in range(number)]
    for probe in sockets:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in sockets]
    for probe in sockets:
        probe.close()
    return ports


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--restarts", type=int, default=3)
    args = parser.parse_args()
    if args.action == "stop":
        stop(args.folder)
        return
    ports = start(args.folder, args.slots, args.restarts)
    print(f"Flink's page: http://127.0.0.1:{ports['rest']}  A pipeline's options, after --:")
    print("  " + " ".join([*options(args.folder), "--parallelism=2"]))


if __name__ == "__main__":
    main()
