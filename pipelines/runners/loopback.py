"""Loopback: processes of a run on this machine reach each other, whatever proxy the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

EXCEPTIONS = "no_grpc_proxy"
"""gRPC takes the variable `http_proxy` for every address, this machine's too, unless this one, or else
`no_proxy`, names it."""

HOSTS = ("localhost", "127.0.0.1", "::1")


@contextmanager
def direct() -> Iterator[None]:
    """Let gRPC ask no proxy for this machine; workers that are started meanwhile inherit that."""
    before = os.environ.get(EXCEPTIONS)
    named = before if before is not None else os.environ.get("no_proxy", "")
    os.environ[EXCEPTIONS] = ",".join(dict.fromkeys([*filter(None, named.split(",")), *HOSTS]))
    try:
        yield
    finally:
        if before is None:
            del os.environ[EXCEPTIONS]
        else:
            os.environ[EXCEPTIONS] = before
