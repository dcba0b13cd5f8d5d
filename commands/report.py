"""The command `docassay report`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docassay.commands.bounded import bounded, exit_code
from docassay.commands.options import (
    EXIT_FOUND,
    MEGABYTE,
    Tables,
    check_outside,
    epilog,
    errors,
    print_plain,
    stderr,
    writable,
    write_whole,
)
from docassay.schemas.errors import UsageError
from docassay.storage.tables.file_systems import need_folder

if TYPE_CHECKING:
    from docassay.transforms.isolation.child import Request

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay report tables --out report.html · docassay report tables --out report.html --fail-on-drift"
        " · docassay report tables --out report.html --review http://127.0.0.1:8090",
        "0 written · 2 a wrong option, no tables, or damaged ones · 3 it took longer than --timeout or more"
        " than --memory · 4 written, and --fail-on-drift found drift · 130 interrupted",
    )
)
def report(
    out: Tables,
    file: Annotated[
        Path, typer.Option("--out", metavar="FILE.html", callback=writable, help="Where to write the report.")
    ],
    metrics: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.prom",
            callback=writable,
            help="Also write drift for the textfile collector of Prometheus.",
        ),
    ] = None,
    review: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Address of `docassay review --port`, such as http://127.0.0.1:8090; numbers link to"
            " its queue.",
        ),
    ] = "",
    fail_on_drift: Annotated[
        bool, typer.Option("--fail-on-drift", help="Exit with code 4 if something has drifted.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=1, max=86_400, help="Limit in seconds.")] = 600,
    memory: Annotated[int, typer.Option(min=64, max=1_000_000, help="Limit in megabytes.")] = 2_000,
) -> None:
    """Write a report on tables as one HTML file: documents, findings, drift, runs.

    The file fetches nothing and runs nothing; it can be mailed, printed and kept. It quotes passages of the
    documents.
    """
    with errors():
        need_folder(out, "`docassay show` reads those")
        check_outside(file, out)
        server = server_of(review)
        written = [str(file), None if metrics is None else str(metrics)]
        asked = [out, *written, fail_on_drift, memory * MEGABYTE // 2, server]
        code = bounded("docassay.commands.report:write", asked, timeout, memory * MEGABYTE)
    raise typer.Exit(code)


def server_of(address: str) -> str:
    """Give the server of an address, without a token, which a report that is passed on must not have.

    >>> server_of("http://127.0.0.1:8090/?token=abc")
    'http://127.0.0.1:8090'

    Raises:
        UsageError: It is no address.
    """
    found = re.match(r"https?://[A-Za-z0-9.:\[\]-]+(?=[/?#]|$)", address)
    if address and not found:
        raise UsageError(f"--review {address[:100]!r} is not an address such as http://127.0.0.1:8090")
    return found[0] if found else ""


def write(request: Request) -> int:
    """Write the report; runs in a worker."""
    out, file, metrics, fail_on_drift, memory, server = request.asked

    def work(spill: str) -> int:
        from docassay.observe import prometheus
        from docassay.views.report import report as report_on
        from docassay.views.report.page import drift_said

        written = report_on(out, memory, spill, server)
        write_whole(Path(file), written.html.encode())
        if metrics is not None:
            judged = [one for one in written.comparisons if one.is_judged]
            prometheus.write_drift(
                [(one.about, one.task, one.index, one.chance) for one in judged], Path(metrics)
            )
        drifted = [one for one in written.comparisons if one.verdict == "drifted"]
        if drifted:
            print_plain(drift_said(drifted), stderr)
        return EXIT_FOUND if drifted and fail_on_drift else 0

    return exit_code(work)
