"""Serve the review pages on 127.0.0.1."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from docassay.schemas.errors import RunError
from docassay.views.review.snapshot import Snapshot, opened

if TYPE_CHECKING:
    import uvicorn

    from docassay.views.review.app import Review
    from docassay.views.review.guard import Guard

HOST = "127.0.0.1"


def listen(port: int, address: str = HOST) -> socket.socket:
    """Bind a port of an address of this machine; 0 takes any free one.

    Raises:
        RunError: It is taken, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen(128)  # who comes before the server has started waits
    except OSError as error:
        listening.close()
        why = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror
        if error.errno == errno.EADDRNOTAVAIL:
            raise RunError(f"{address} is not an address of this machine; see --bind") from None
        raise RunError(f"port {port} cannot be used: {why}; leave out --port to get a free one") from None
    return listening


def guarded(review: Review, port: int, address: str = HOST, trust_header: str = "") -> Guard:
    """Wrap the application in the guard; see there for what is given."""
    from docassay.views.review.guard import Guard
    from docassay.views.review.routes import make_app

    guard = Guard(make_app(review), port, f"[{address}]" if ":" in address else address, trust_header)
    review.csrf = guard.csrf
    return guard


def make_server(guard: Guard) -> uvicorn.Server:
    """Create the server of a guarded application."""
    import uvicorn

    from docassay.views.review.connection import MOST_CONNECTIONS, Connection
    from docassay.views.review.tables import Asking

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for asking in list(Asking.under_way):  # for which it would wait
                asking.end()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        guard,
        http=Connection,
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="off",
        backlog=MOST_CONNECTIONS,
    )
    config.load()
    return Server(config)


def hand_over(address: str, folder: str) -> None:
    """Open an address in the browser by a file that only this user can read.

    A command line, which would name the address itself, can be read by every user of the machine.

    Args:
        address: The address, with the token.
        folder: A folder that only this user can read, such as `tempfile` makes.
    """
    import webbrowser

    page = Path(folder) / "review.html"
    with open(os.open(page, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(
            '<!doctype html><meta charset="utf-8"><title>docassay review</title>'
            f'<meta http-equiv="refresh" content="0;url={escape(address)}">'
        )
    webbrowser.open(page.as_uri())


def serve(
    out: str,
    reviewer: str,
    four_eyes: bool,
    port: int,
    ready: Callable[[str], None],
    browser: bool = False,
    root: str = "",
    address: str = HOST,
    trust_header: str = "",
) -> None:
    """Serve the pages of an output folder until the process is interrupted.

    Args:
        out: The output folder.
        reviewer: Who decides.
        four_eyes: A second reviewer must agree.
        port: Of this machine; 0: any that is free.
        ready: Is told the address, with the token, when the pages can be opened.
        browser: Open it in the browser, too.
        address: On which it listens.
        trust_header: The header in which a proxy names the reviewer of each request.
        root: The folder to which the files of the documents have moved.

    Raises:
        TablesError: The folder holds no tables, or damaged ones.
        RunError: The port is taken.
    """
    with listen(port, address) as listening, ThreadPoolExecutor(1) as reading, ExitStack() as ending:
        snapshot = reading.submit(Snapshot, out, opened(out))  # while what writes pages is imported
        _warm()
        from docassay.views.review.app import Review

        taken = listening.getsockname()[1]
        review = Review(out, reviewer, four_eyes, snapshot.result(), root)
        ending.callback(lambda: review.snapshot.searching.close())
        ending.callback(_stop_trial, review)
        guard = guarded(review, taken, address, trust_header)
        server = make_server(guard)
        entry = f"http://{guard.name}:{taken}/?token={guard.token}"
        ready(entry)
        if browser:
            handed = TemporaryDirectory(prefix="docassay-review-", ignore_cleanup_errors=True)
            guard.on_entry = handed.cleanup
            ending.callback(handed.cleanup)
            hand_over(entry, handed.name)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def _stop_trial(review: Review) -> None:
    if review.trial:
        review.trial.stop()


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
