"""The command `docassay show`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docassay.commands.bounded import exit_code
from docassay.commands.options import (
    Reviewer,
    check_outside,
    epilog,
    errors,
    print_plain,
    stderr,
    stdout,
    user,
    writable,
)
from docassay.commands.query import answered
from docassay.schemas.errors import RunError, UsageError
from docassay.storage.tables.file_systems import need_folder

if TYPE_CHECKING:
    from docassay.transforms.isolation.child import Request

app = typer.Typer()

SUFFIXES = (".csv", ".xlsx", ".html")


@app.command(
    epilog=epilog(
        "docassay show tables --top 5"
        " · docassay show tables --filter 'code=advance_fee&show=all' --out case.html",
        "0 shown or written · 2 a wrong option, or a folder without tables · 3 --out took more than --timeout"
        " or --memory",
    )
)
def show(
    out: Annotated[
        str,
        typer.Argument(metavar="TABLES", help="The folder that `batch` or `stream` wrote, or iceberg://..."),
    ],
    top: Annotated[
        int, typer.Option(min=1, max=1000, help="Number of documents to list, the riskiest first.")
    ] = 10,
    without_dismissed: Annotated[
        bool,
        typer.Option(
            "--without-dismissed", help="Leave out what people found harmless (see `docassay decide`)."
        ),
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            callback=writable,
            help="Write the queue of `docassay review` with decisions and notes: rows to .csv or .xlsx, a"
            " case file to .html.",
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--filter",
            metavar="ADDRESS",
            help="With --out: only what this filter of `docassay review` shows, by its address or what stands"
            " after the ?.",
        ),
    ] = None,
    reviewer: Reviewer = "",
    timeout: Annotated[float, typer.Option(min=1, max=86_400, help="Limit for --out, in seconds.")] = 600,
    memory: Annotated[
        int, typer.Option(min=64, max=1_000_000, help="Limit for --out, in megabytes.")
    ] = 2_000,
) -> None:
    """List the riskiest documents of a batch with their signs of fraud, and why inputs were rejected.

    With --out it writes the documents to review, or those of --filter, to a file.
    """
    with errors():
        if file is not None:
            if file.suffix.lower() not in SUFFIXES:
                raise UsageError(f"{file}: its name must end in {', '.join(SUFFIXES)}")
            need_folder(out, "`docassay show` without --out reads those")
            check_outside(file, out)
            asked, suffix = [out, address or "", reviewer.strip() or user()], file.suffix.lower()
            code = answered("docassay.commands.show:write", asked, file, suffix, 0, timeout, memory)
            raise typer.Exit(code)
        if address is not None:
            raise UsageError("--filter chooses what --out FILE writes; name a .csv, .xlsx or .html file")
        from docassay.views import show

        for piece in show.show(show.overview(out, top, without_dismissed)):
            stdout.print(piece, highlight=False)


def write(request: Request) -> int:
    """Write the documents that a filter shows; runs in a worker."""
    out, address, reviewer, memory, suffix, part, _ = request.asked

    def work(spill: str) -> int:
        from docassay.views.review.app import Review
        from docassay.views.review.exports import write
        from docassay.views.review.params import parse_address

        filters, query = parse_address(address)
        review = Review(out, reviewer)
        made = Path(spill) / f"export{suffix}"
        try:
            said = write(review, filters, query, made, memory, spill)
            shutil.copyfile(made, part)
        except OSError as error:
            raise RunError(f"the file cannot be written: {error.strerror or error}") from error
        print_plain(said, stderr)
        return 0

    return exit_code(work)
