"""The command `docassay review`."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from docassay.commands.options import Reviewer, Tables, epilog, errors, print_plain, stdout, user
from docassay.commands.reading import Root
from docassay.schemas.errors import UsageError

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay review tables · docassay review tables --reviewer 'Ann Reed' --four-eyes"
        " · docassay review tables --port 8090 --trust-header X-Remote-User",
        "0 ended by Ctrl-C · 2 a wrong option, or a folder without tables · 3 the port is taken",
    )
)
def review(
    out: Tables,
    reviewer: Reviewer = "",
    four_eyes: Annotated[
        bool, typer.Option("--four-eyes", help="An item counts as decided once two reviewers agree.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0: any free port.")] = 0,
    root: Root = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A folder of your own rules for the Rules page, in addition to those in"
            " DOCASSAY_DOMAINS. Repeatable.",
        ),
    ] = None,
    address: Annotated[
        str,
        typer.Option("--bind", metavar="ADDRESS", help="Listen on this address; needs --trust-header."),
    ] = "127.0.0.1",
    trust_header: Annotated[
        str,
        typer.Option(
            metavar="HEADER",
            help="Take the reviewer of each request from this header, such as X-Remote-User, which your proxy"
            " sets (docs/reviewers.md).",
        ),
    ] = "",
    browser: Annotated[bool, typer.Option("--open", help="Also open the page in the browser.")] = False,
) -> None:
    """Review the findings document by document, and decide on them, in a browser on this machine.

    The pages show what is in the tables; pages of a PDF are drawn if its file has not changed. The server
    listens on 127.0.0.1 and answers only a browser that opens the address with its token; nothing is fetched.
    In a read-only folder you can look, but not decide.
    """
    with errors():
        if "://" in out:
            raise UsageError(f"{out}: review shows a local folder; copy the tables to one")
        if rules or os.environ.get("DOCASSAY_DOMAINS"):  # what is wrong in them is told now, not on a page
            from docassay import domains

            for folder in rules or ():
                domains.overlay_in(folder)
            for one in domains.names():
                domains.load(one)
        _check_proxy(address, trust_header)
        name = reviewer.strip() or user()
        from docassay.views.review.serve import serve

        def ready(address: str) -> None:
            print_plain(f"review {address}")
            stdout.print("Press Ctrl-C to stop.", style="dim")

        serve(out, name, four_eyes, port, ready, browser, str(root or ""), address, trust_header)


def _check_proxy(address: str, trust_header: str) -> None:
    """Refuse to be reached from other machines without a proxy that says who asks.

    Raises:
        UsageError: It is so, or the address or the header is none.
    """
    try:
        local = ip_address(address).is_loopback
    except ValueError:
        raise UsageError(f"--bind {address}: give an IP address of this machine, such as 10.0.0.5") from None
    if ip_address(address).is_unspecified:
        raise UsageError(
            f"--bind {address}: name the one address that the proxy connects to, not all of them"
        )
    if not local and not trust_header:
        raise UsageError(
            "--bind needs --trust-header: without a proxy that identifies reviewers, stay on 127.0.0.1"
        )
    if trust_header and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}", trust_header):
        raise UsageError(f"--trust-header {trust_header[:100]!r} is not a header, such as X-Remote-User")
    if trust_header and trust_header.lower() in ("cookie", "host", "origin", "authorization"):
        raise UsageError(
            f"--trust-header {trust_header}: browsers send it; name one that only the proxy sets"
        )
