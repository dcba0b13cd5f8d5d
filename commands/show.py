"""The command `docassay show`."""

from __future__ import annotations

from typing import Annotated

import typer

from docassay.commands.options import epilog, errors, stdout

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay show tables --top 5",
        "0 shown · 2 a wrong option, or a folder without tables",
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
) -> None:
    """List the riskiest documents of a batch with their signs of fraud, and why inputs were rejected."""
    with errors():
        from docassay.views import show

        for part in show.show(show.overview(out, top, without_dismissed)):
            stdout.print(part, highlight=False)
