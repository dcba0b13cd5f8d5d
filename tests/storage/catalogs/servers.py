"""Servers for the tests of catalogs: Iceberg's REST catalog, a server that is mute, and S3 by moto."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from docassay.pipelines.runners.services import free_port, tied_to_parent

JARS = Path("~/.cache/docassay/iceberg-catalog").expanduser()
KEY = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def rest_catalog(folder: Path) -> Iterator[str]:
    """Run a REST catalog whose warehouse is a folder; gives its address."""
    port = free_port()
    command = ["java", "-Xmx256m", "-cp", f"{JARS}/*", "org.apache.iceberg.rest.RESTCatalogServer"]
    settings = {
        "CATALOG_WAREHOUSE": f"file://{folder}/lake",
        "CATALOG_URI": f"jdbc:sqlite:{folder}/rest.db?busy_timeout=60000",
        "CATALOG_JDBC_SCHEMA__VERSION": "V1",
        "CATALOG_REST_PORT": str(port),
    }
    with _running(command, settings, port, folder / "rest.log") as address:
        yield address


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Run an S3 that anybody with `KEY` may use; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _running(command, KEY, port, folder / "s3.log") as address:
        yield address


@contextmanager
def mute_server() -> Iterator[str]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def _running(command: Sequence[str], settings: Mapping[str, str], port: int, path: Path) -> Iterator[str]:
    with path.open("wb") as log:  # a pipe that nobody reads would fill up, and stop it
        process = subprocess.Popen(
            tied_to_parent(command), env={**os.environ, **settings}, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 120
        while True:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            assert process.poll() is None and time.monotonic() < deadline, path.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
