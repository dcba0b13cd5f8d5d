"""The command `docassay schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from docassay.commands.options import EXIT_USAGE, epilog, print_error, print_plain, stdout

app = typer.Typer()

CONDITIONS = {
    "exact": "the document's text from start_char to end_char is the evidence",
    "known": "the row's document is in the same group of files",
}
"""Conditions on a whole row, by the name of the column that stands for each while rows are validated."""


@app.command(epilog=epilog("docassay schema flags", "0 printed · 2 there is no such table"))
def schema(table: Annotated[str, typer.Argument(metavar="TABLE", help="A table's name.")]) -> None:
    """Print the columns of a table with types, meanings and constraints."""
    from docassay.schemas.arrow import meanings, text
    from docassay.schemas.expectations import NOT_NULL, expectations
    from docassay.schemas.rows import TABLES

    if table not in TABLES:
        print_error(f"there is no table {table!r}; there are {', '.join(TABLES)}")
        raise typer.Exit(EXIT_USAGE)
    for column, meaning in zip(text(table).splitlines(), meanings(table).values(), strict=True):
        print_plain(column)
        print_plain(f"    {meaning}", style="dim")
    stdout.print("every row:", highlight=False)
    for name, arguments in expectations(table):
        if name == NOT_NULL:
            continue  # said beside the column
        listed = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        condition = CONDITIONS.get(str(arguments.get("column")), f"{name}({listed})")
        print_plain(f"    {condition}", style="dim")
