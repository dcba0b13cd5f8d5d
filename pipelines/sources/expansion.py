"""The Java side of Kafka's connector: Beam's expansion service with its worker, started on this machine.

It takes seconds to come up, as this process does to import what it needs, so the command starts it first.
Nothing is imported here that takes time.
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
"""The connector hands on as many messages as the models read, so it need not be fast, only ready soon: with
the first compiler alone and one thread that collects, it is there after 5 processor seconds and not 12."""


@contextmanager
def starting(jars: Path = JARS) -> Iterator[Callable[[], str]]:
    """Start the service, and stop it at the end.

    Yields:
        What waits until it listens and gives its address, or raises `ServiceError`.

    Raises:
        MissingError: Java, or the jars, are missing.
    """
    if not shutil.which("java"):
        raise MissingError(
            "Kafka needs Java 17 or newer: apt-get install openjdk-17-jre-headless, brew install openjdk@17,"
            " or name a service: --expansion-service"
        )
    found = sorted(str(path) for path in jars.expanduser().glob("*.jar"))
    if not found:
        raise MissingError(
            f"Kafka needs the jars of Beam's connector in {jars}; to get them: make kafka-expansion"
        )
    port = services.free_port()
    # Without a file to stage, the service would offer all its jars for copying, 138 MB a pipeline.
    paths = ":".join([*found, str(jars.expanduser() / "classes")])
    command = ["java", *_JVM, "-cp", paths, _MAIN, str(port), *_options(found)]
    with services.starting("the expansion service", command, port) as ready:

        def address() -> str:
            ready()
            return f"127.0.0.1:{port}"

        yield address


def _options(jars: Iterable[str]) -> list[str]:
    smallest = min(jars, key=lambda path: Path(path).stat().st_size)
    return ["--javaClassLookupAllowlistFile=*", "--alsoStartLoopbackWorker", f"--filesToStage={smallest}"]
