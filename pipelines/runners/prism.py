"""Prism: Beam's runner for streams on one machine, a program of its own that docassay starts and stops.

It is built from Beam's Go module (`make prism`) and is not part of the wheel. It keeps no state on
disk: the tables are the checkpoint, and the position of the source is committed after them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apache_beam

from docassay.pipelines.runners.services import first_existing, free_port, running
from docassay.schemas.errors import MissingError

CACHE = Path("~/.cache/docassay/prism")
MODULE = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{apache_beam.__version__}"


def find(path: str | None = None) -> str:
    """Find the binary: the path given, `DOCASSAY_PRISM`, the one of `make prism`, or one on the PATH.

    Raises:
        MissingError: There is none, or the one named is none.
    """
    named = path or os.environ.get("DOCASSAY_PRISM")
    if named:
        if found := first_existing(named):
            return found
        raise MissingError(f"{named} is no program; name Beam's prism, or build it with: make prism")
    if found := first_existing(CACHE.expanduser(), shutil.which("prism")):
        return found
    build = f"GOBIN={CACHE.parent} go install {MODULE}"
    how = build if shutil.which("go") else f"install Go 1.25 or newer (https://go.dev/dl), then: {build}"
    raise MissingError(
        f"streaming on this machine needs Beam's runner Prism. To get it, {how}. A ready binary goes to"
        f" {CACHE}, on the PATH, or is named by --prism or DOCASSAY_PRISM"
    )


@contextmanager
def started(path: str | None = None) -> Iterator[str]:
    """Run Prism, and give the address of its job service.

    Raises:
        MissingError: There is none.
        ServiceError: It does not start.
    """
    binary = find(path)
    port = free_port()
    command = [binary, f"--job_port={port}", "--serve_http=false", "--log_level=error", "--log_kind=text"]
    with running("prism", command, port):
        yield f"127.0.0.1:{port}"
