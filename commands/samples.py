"""The command `docassay samples`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from docassay.commands.options import epilog, errors, print_plain
from docassay.observe.sanitize import line

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay samples samples · then: docassay batch samples --out tables",
        "0 copied · 2 a file already exists, or the folder cannot be written; nothing was copied",
    )
)
def samples(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to copy to; created if missing.")],
) -> None:
    """Copy the shipped sample documents of every domain into a folder.

    They were written for docassay: clean and fraudulent ones, in several formats and languages, some broken.
    """
    with errors():
        from docassay.domains.samples import copy

        number = copy(folder)
    print_plain(f"{number} documents in {line(str(folder))}")
