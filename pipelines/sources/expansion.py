"""Expansion service: the Java side of Kafka's connector, with its worker, started on this machine.

It takes seconds to start, as the imports of this process do, so the command starts it first. Imports nothing
that takes time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from docassay.pipelines.runners import services
from docassay.schemas.errors import MissingError

JARS = Path("~/.cache/docassay/kafka-expansion")

_MAIN = "org.apache.beam.sdk.expansion.service.ExpansionService"
_JVM = ("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""The connector hands on only as many messages as the models read, so it need not be fast, only ready soon:
with the first compiler alone and the serial collector it starts in 5 processor seconds instead of 12."""


@contextmanager
def starting(jars: Path = JARS) -> Iterator[Callable[[], str]]:
    """Start the service, and stop it at the end.

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
    jar_paths = sorted(str(path) for path in jars.expanduser().glob("*.jar"))
    if not jar_paths:
        raise MissingError(
            f"Kafka needs the jars of Beam's connector in {jars}; to get them: make kafka-expansion"
        )
    port = services.free_port()
    # Without a file to stage, every pipeline would copy all jars, 138 MB.
    class_path = ":".join([*jar_paths, str(jars.expanduser() / "classes")])
    command = ["java", *_JVM, "-cp", class_path, _MAIN, str(port), *_options(jar_paths)]
    with services.starting("the expansion service", command, port) as ready:

        def address() -> str:
            ready()
            return f"127.0.0.1:{port}"

        yield address


def _options(jars: Iterable[str]) -> list[str]:
    smallest = min(jars, key=lambda path: Path(path).stat().st_size)
    return ["--javaClassLookupAllowlistFile=*", "--alsoStartLoopbackWorker", f"--filesToStage={smallest}"]
