"""Serve the review pages on 127.0.0.1."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from docassay.schemas.errors import RunError
from docassay.views.review.snapshot import Snapshot, opened

if TYPE_CHECKING:
    from docassay.views.review.app import Review
    from docassay.views.review.guard import Guard

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """Bind a port of this machine; 0 takes any free one.

    Raises:
        RunError: It is taken.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)  # who comes before the server has started waits
    except OSError as error:
        listening.close()
        why = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror
        raise RunError(f"port {port} cannot be used: {why}; leave --port away for a free one") from None
    return listening


def guarded(review: Review, port: int) -> Guard:
    """Wrap the application in the guard."""
    from docassay.views.review.guard import Guard
    from docassay.views.review.routes import make_app

    guard = Guard(make_app(review), port)
    review.csrf = guard.csrf
    return guard


def serve(out: str, reviewer: str, four_eyes: bool, port: int, ready: Callable[[str], None]) -> None:
    """Serve the pages of an output folder until the process is interrupted.

    Args:
        out: The output folder.
        reviewer: Who decides.
        four_eyes: A second reviewer must agree.
        port: Of this machine; 0: any that is free.
        ready: Is told the address, with the token, when the pages can be opened.

    Raises:
        TablesError: The folder holds no tables, or damaged ones.
        RunError: The port is taken.
    """
    with listen(port) as listening, ThreadPoolExecutor(1) as reading:
        snapshot = reading.submit(Snapshot, out, opened(out))  # while what writes pages is imported
        _warm()
        import uvicorn

        from docassay.views.review.app import Review

        taken = listening.getsockname()[1]
        guard = guarded(Review(out, reviewer, four_eyes, snapshot.result()), taken)
        config = uvicorn.Config(
            guard,
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            lifespan="off",
        )
        config.load()
        ready(f"http://{HOST}:{taken}/?token={guard.token}")
        uvicorn.Server(config).run(sockets=[listening])


def _warm() -> None:
    """Import modules and compile templates while the tables are read."""
    import anyio
    import pyarrow.compute  # noqa: F401
    from starlette.concurrency import run_in_threadpool

    import docassay.views.review.routes  # noqa: F401
    from docassay.views.html import environment

    for name in ("queue.html", "queue_rows.html", "base.html", "_overall.html"):
        environment().get_template(name)
    anyio.run(run_in_threadpool, int)
