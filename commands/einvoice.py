"""The command `docassay einvoice`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from docassay.commands.options import epilog, errors, print_plain
from docassay.observe.sanitize import line

app = typer.Typer()


@app.command(
    "einvoice",
    epilog=epilog(
        "docassay einvoice rules phive-rules-en16931-4.3.7.jar · docassay batch invoices/ --out tables"
        " --einvoice-rules rules",
        "0 made · 2 a file has no rules or cannot be read, or the folder has rules already · 3 it cannot be"
        " written",
    ),
)
def einvoice(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES",
            help="XSLT files of EN 16931's, XRechnung's, Peppol's or Factur-X's rules, or ZIP or JAR"
            " archives that hold some; the newest are taken.",
        ),
    ],
) -> None:
    """Make the folder of official rules that `--einvoice-rules` applies to electronic invoices.

    Nothing is fetched: docs/einvoices.md says what to download, and which digests to expect.
    """
    with errors():
        from docassay.transforms.einvoice.collect import collect
        from docassay.transforms.einvoice.rule_sets import read_rules

        sets = collect(folder, files)
        for one in sets:
            print_plain(f"{line(one.title)} {line(one.version)} ({one.syntax})  sha256 {one.sha256}")
        print_plain(f"{line(str(folder))}  sha256 {read_rules(str(folder)).digest}")
