"""Prism: Beam's runner for streams on one machine, a program that docassay starts and stops.

It is built from Beam's Go module (`make prism`) and is not part of the wheel. It has no checkpoints: the
tables tell what is published, and the position of the source is committed after them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apache_beam

from docassay.pipelines.runners.services import first_executable, free_port, running
from docassay.schemas.errors import MissingError

CACHE = Path("~/.cache/docassay/prism")
MODULE = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{apache_beam.__version__}"


def find(path: str | None = None) -> str:
    """Find the binary: the path given, `DOCASSAY_PRISM`, the one of `make prism`, or one on the PATH.

    Raises:
        MissingError: There is none, or the path named is no program.
    """
    named = path or os.environ.get("DOCASSAY_PRISM")
    if named:
        if binary := first_executable(named):
            return binary
        raise MissingError(f"{named} is no program; name Beam's prism, or build it with: make prism")
    if binary := first_executable(CACHE.expanduser(), shutil.which("prism")):
        return binary
    build = f"GOBIN={CACHE.parent} go install {MODULE}"
    remedy = build if shutil.which("go") else f"install Go 1.25 or newer (https://go.dev/dl), then: {build}"
    raise MissingError(
        f"streaming on this machine needs Beam's runner Prism. To get it, {remedy}. A ready binary goes to"
        f" {CACHE}, on the PATH, or is named by --prism or DOCASSAY_PRISM"
    )


@contextmanager
def started(path: str | None = None) -> Iterator[str]:
    """Run Prism, and give the address of its job service.

    Raises:
        MissingError: There is no binary.
        ServiceError: It does not start.
    """
    binary = find(path)
    port = free_port()
    command = [binary, f"--job_port={port}", "--serve_http=false", "--log_level=error", "--log_kind=text"]
    with running("prism", command, port):
        yield f"127.0.0.1:{port}"
