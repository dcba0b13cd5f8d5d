"""Processes of a cluster on this machine: started, waited for, and stopped by their ids.

What `deploy/flink/cluster.py` and `deploy/spark/cluster.py` share. A cluster is a folder with its
configuration, `logs`, `ports.json` and `pids.json`. It is shut in (`deploy/shut_in.py`) unless it is asked
to be open.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy import shut_in

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
"""Packages of the JDK that Flink 1.19, Spark 3.5 and Beam access by reflection, which Java 17 closes."""

START_SECONDS = 90.0
"""Timeout of the start."""

BEAM = ("job", "artifact", "pool")
"""The ports of Beam's job server and worker pool, which every cluster has."""

NETWORK = "network"
"""The name of the process that holds a cluster's network."""

_children: dict[int, subprocess.Popen[bytes]] = {}
"""The processes that this one started, by id; another process that stops them has only the ids."""


@contextmanager
def starting(
    folder: Path, names: Sequence[str], outside: Sequence[str], open_to_all: bool
) -> Iterator[dict[str, int]]:
    """Make the folder of a cluster, choose its ports and shut it in; stop what the block starts if it fails.

    At the end the worker pool is started, and the job server waited for, whose port is ``job``.

    Args:
        folder: The folder, as an absolute path.
        names: What needs a port, besides `BEAM`.
        outside: Those of them that this machine is to reach.
        open_to_all: Leave the processes in the machine's own network.

    Raises:
        RuntimeError: The folder has a cluster, the machine gives no network of its own, or a process ended
            or did not answer.
    """
    if (folder / "pids.json").exists():
        raise RuntimeError(f"{folder} holds a cluster that runs, or did not stop; stop it first")
    for subfolder in ("conf", "logs", "tmp"):
        (folder / subfolder).mkdir(parents=True, exist_ok=True)
    ports = dict(zip((*names, *BEAM), _free_ports(len(names) + len(BEAM)), strict=True))
    (folder / "ports.json").write_text(json.dumps(ports))
    (folder / "conf" / "log4j2.properties").write_text(
        "rootLogger.level = INFO\nrootLogger.appenderRef.out.ref = out\nappender.out.name = out\n"
        "appender.out.type = CONSOLE\nappender.out.layout.type = PatternLayout\n"
        "appender.out.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} %m%n\n"
    )
    if not open_to_all:
        ready = folder / "network.ready"
        ready.unlink(missing_ok=True)
        held = [str(ports[name]) for name in (*outside, "job", "artifact")]
        launch(folder, NETWORK, [sys.executable, shut_in.__file__, str(ready), *held])
        try:
            wait(folder, ready.exists)
        except RuntimeError as error:
            stop(folder)
            raise RuntimeError(
                f"{error}\nWithout it everybody who reaches this machine can run programs on it through the"
                " cluster's ports; with --open it starts all the same"
            ) from None
    try:
        yield ports
        start_pool(folder)
        for name in ("job", "pool"):
            wait(folder, lambda port=ports[name]: listens(folder, port))  # type: ignore[misc]
    except BaseException:
        stop(folder)
        raise


def java(folder: Path, *options: str) -> list[str]:
    """Give the words that begin the command of a Java process."""
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED]
    log = f"-Dlog4j.configurationFile=file:{folder}/conf/log4j2.properties"
    return ["java", *options, f"-Djava.io.tmpdir={folder}/tmp", log, *opened]


def launch(folder: Path, name: str, command: Sequence[str], **environment: str) -> None:
    """Start a process of a cluster, in the cluster's network; its output goes to a log."""
    # The pool starts "python" by name, which must be this one.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    holder = pids(folder).get(NETWORK)
    with (folder / "logs" / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [*(shut_in.inside(holder) if holder else []), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": path, **environment},
            start_new_session=True,
        )
    _children[process.pid] = process
    (folder / "pids.json").write_text(json.dumps({**pids(folder), name: process.pid}))


def start_pool(folder: Path) -> None:
    """Start the worker pool, which starts a Python worker for each executor and pipeline."""
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main"]
    launch(folder, "pool", [*command, f"--service_port={ports(folder)['pool']}"])


def options(folder: Path) -> list[str]:
    """Give the options of a pipeline that runs on the cluster.

    The runner's jars are on the cluster already, so a job stages only a tiny file.
    """
    return [
        f"--job_endpoint=127.0.0.1:{ports(folder)['job']}",
        "--environment_type=EXTERNAL",
        f"--environment_config=127.0.0.1:{ports(folder)['pool']}",
        f"--files_to_stage={folder.resolve()}/ports.json",
    ]


def ports(folder: Path) -> dict[str, int]:
    """Give the cluster's ports, by name."""
    return dict(json.loads((folder / "ports.json").read_text()))


def pids(folder: Path) -> dict[str, int]:
    """Give the ids of the running processes, by name."""
    path = folder / "pids.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def workers(folder: Path) -> list[int]:
    """Give the ids of the Python workers that the pool has started."""
    tasks = Path(f"/proc/{pids(folder)['pool']}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


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


def wait(folder: Path, ready: Callable[[], bool]) -> None:
    """Wait until something holds.

    Raises:
        RuntimeError: A process of the cluster ended, or it takes too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        for name, pid in pids(folder).items():
            if _ended(pid, 0):
                log = folder / "logs" / f"{name}.log"
                raise RuntimeError(f"{name} ended:\n{log.read_text(errors='replace')[-2000:]}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the cluster did not start within {START_SECONDS:g} s; see {folder}/logs")
        time.sleep(0.2)


def listens(folder: Path, port: int) -> bool:
    """Tell whether something listens on a port, in the cluster's network.

    A connection would not tell: where the cluster is shut in, the port is forwarded before anything listens.
    """
    lines: list[str] = []
    for name in ("tcp", "tcp6"):
        # A process's own view of its network, whichever that is.
        table = Path(f"/proc/{next(iter(pids(folder).values()))}/net/{name}")
        lines += table.read_text().splitlines()[1:] if table.exists() else []
    listening = "0A"
    return any(line.split()[3] == listening and int(line.split()[1][-4:], 16) == port for line in lines)


def check_jars(command: str, *folders: Path) -> None:
    """Check that the jars are there.

    Raises:
        RuntimeError: They are not; the message has the command that fetches them.
    """
    for folder in folders:
        if not folder.is_dir():
            raise RuntimeError(f"{folder} is missing: run `{command}`")


def _free_ports(number: int) -> list[int]:
    """Pick ports that are free now; the sockets are open together, so that no port comes twice."""
    sockets = [socket.socket() for _ in range(number)]
    for probe in sockets:
        probe.bind(("127.0.0.1", 0))
    chosen = [probe.getsockname()[1] for probe in sockets]
    for probe in sockets:
        probe.close()
    return chosen


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
