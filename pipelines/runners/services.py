"""Services: processes that a stream starts on this machine, and that must not outlive it.

Prism is Beam's runner for streams on one machine. It is built from Beam's Go module (`make prism`) and is not
part of the wheel. It has no checkpoints: the tables tell what is published, and the position of the source is
committed after them. The expansion service is the Java side of Kafka's connector, with its worker; it takes
seconds to start, as the imports of this process do, so the command starts it first. So this module imports
nothing that takes time.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from docassay.schemas.errors import MissingError, ServiceError

PRISM = Path("~/.cache/docassay/prism")
JARS = Path("~/.cache/docassay/kafka-expansion")

_TIED = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL; execve keeps it
if os.getppid() == int(sys.argv[1]):  # else the parent died in between
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
"""

_EXPANSION_MAIN = "org.apache.beam.sdk.expansion.service.ExpansionService"
_JVM = ("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""The connector hands on only as many messages as the models read, so it need not be fast, only ready soon:
with the first compiler alone and the serial collector it starts in 5 processor seconds instead of 12."""


def find_prism(path: str | None = None) -> str:
    """Find the binary: the path given, `DOCASSAY_PRISM`, the one of `make prism`, or one on the PATH.

    Raises:
        MissingError: There is none, or the path named is no program.
    """
    configured = path or os.environ.get("DOCASSAY_PRISM")
    for candidate in [configured] if configured else [PRISM.expanduser(), shutil.which("prism")]:
        if candidate and os.access(candidate, os.X_OK) and Path(candidate).is_file():
            return str(candidate)
    if configured:
        raise MissingError(f"{configured} is not a program; name Beam's prism, or build it with: make prism")
    module = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{version('apache-beam')}"
    build = f"GOBIN={PRISM.parent} go install {module}"
    remedy = build if shutil.which("go") else f"install Go 1.25 or newer (https://go.dev/dl), then: {build}"
    raise MissingError(
        f"streaming on this machine needs Beam's runner Prism. To get it, {remedy}. A ready binary goes to"
        f" {PRISM}, on the PATH, or is named by --prism or DOCASSAY_PRISM"
    )


@contextmanager
def prism(path: str | None = None) -> Iterator[str]:
    """Run Prism, and give the address of its job service.

    Raises:
        MissingError: There is no binary.
        ServiceError: It does not start.
    """
    port = free_port()
    flags = [f"--job_port={port}", "--serve_http=false", "--log_level=error", "--log_kind=text"]
    with starting("prism", [find_prism(path), *flags], port) as ready:
        ready()
        yield f"127.0.0.1:{port}"


@contextmanager
def expansion(folder: Path = JARS) -> Iterator[Callable[[], str]]:
    """Start the expansion service from the jars in a folder, and stop it at the end.

    Yields:
        A function that waits until the service listens and gives its address, or raises `ServiceError`.

    Raises:
        MissingError: Java or the jars are missing.
    """
    if not shutil.which("java"):
        raise MissingError(
            "Kafka needs Java 17 or newer: apt-get install openjdk-17-jre-headless, brew install openjdk@17,"
            " or name a service: --expansion-service"
        )
    jars = sorted(folder.expanduser().glob("*.jar"))
    if not jars:
        raise MissingError(
            f"Kafka needs the jars of Beam's connector in {folder}; to get them: make kafka-expansion"
        )
    port = free_port()
    # Without a file to stage, every pipeline would copy all jars, 138 MB.
    smallest = min(jars, key=lambda path: path.stat().st_size)
    class_path = ":".join(map(str, [*jars, folder.expanduser() / "classes"]))
    flags = ["--javaClassLookupAllowlistFile=*", "--alsoStartLoopbackWorker", f"--filesToStage={smallest}"]
    command = ["java", *_JVM, "-cp", class_path, _EXPANSION_MAIN, str(port), *flags]
    with starting("the expansion service", command, port) as ready:

        def address() -> str:
            ready()
            return f"127.0.0.1:{port}"

        yield address


@contextmanager
def starting(
    name: str, command: Sequence[str], port: int, seconds: float = 60.0
) -> Iterator[Callable[[], None]]:
    """Start a service on the loopback, and stop it at the end.

    On Linux the kernel kills the service when this process dies, whatever the cause, or the thread that
    started it: this must be called from a thread that lives as long as the process.

    Yields:
        A function that waits until the service listens; raises `ServiceError` if it ends or is too late.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            tied_to_parent(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C goes to the stream, which stops its services in order
        )

        def wait() -> None:
            deadline = time.monotonic() + seconds
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ServiceError(f"{name} does not start: {_last_output(output.fileno())}")
                time.sleep(0.05)

        try:
            yield wait
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """Find a free port of the loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tied_to_parent(command: Sequence[str]) -> list[str]:
    """Give the command of a process that the kernel kills when this one dies; on Linux only.

    A small interpreter asks for that, then becomes the command. (A function that runs between fork and exec
    would do it, too, but is not safe beside the threads of gRPC, which write into the child's output there.)
    """
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *command]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _last_output(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, 2000, max(0, size - 2000)).decode("utf-8", "replace")
    return " ".join(text.split())[-400:] or "it said nothing"
