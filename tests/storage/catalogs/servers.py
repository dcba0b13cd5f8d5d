"""Servers for the tests of catalogs: Iceberg's REST catalog, a server that is mute, and S3 by moto."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docassay.pipelines.runners.services import die_with_parent, free_port

JARS = Path("~/.cache/docassay/iceberg-catalog").expanduser()


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
    with (folder / "rest.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=log, stderr=log, preexec_fn=die_with_parent
        )
    try:
        deadline = time.monotonic() + 60
        with socket.socket() as probe:
            while probe.connect_ex(("127.0.0.1", port)):
                assert process.poll() is None and time.monotonic() < deadline, "it does not start"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def mute_server() -> Iterator[str]:
    """Listen, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
