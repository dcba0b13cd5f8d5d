"""The commands that look at what is there: `show`, `samples`, `check`, `domains`, `schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from docassay.commands.options import EXIT_FAULT, EXIT_USAGE, Models, ending, errors, paper, say, use_models
from docassay.observe.sanitize import line

app = typer.Typer()

CONDITIONS = {
    "exact": "the text of the document at start_char to end_char is the evidence",
    "known": "the document of the row is in the same group of files",
}
"""What must hold of a row as a whole, by the name that it has while rows are validated."""


@app.command(
    epilog=ending(
        "docassay show tables --top 5",
        "0 shown · 2 a wrong option, or a folder without tables",
    )
)
def show(
    out: Annotated[str, typer.Argument(metavar="OUT", help="The folder that `docassay batch` wrote.")],
    top: Annotated[int, typer.Option(min=1, max=1000, help="Documents to list, the riskiest first.")] = 10,
) -> None:
    """List the riskiest documents of a batch with their signs of fraud, and why inputs were rejected."""
    with errors():
        from docassay.views import show as showing

        for part in showing.show(showing.overview(out, top)):
            paper.print(part, highlight=False)


@app.command(
    epilog=ending(
        "docassay samples samples · then: docassay batch samples --out tables",
        "0 copied · 2 a file is there already, or the folder cannot be written; nothing was copied then",
    )
)
def samples(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to copy to; made where missing.")],
) -> None:
    """Copy the shipped sample documents of every domain into a folder, to try the rest on.

    They were written for docassay: clean and fraudulent ones, in several formats and languages, some broken.
    """
    with errors():
        from docassay.commands.samples import copy

        number = copy(folder)
    paper.print(f"{number} documents in {line(str(folder))}", highlight=False, markup=False, soft_wrap=True)


@app.command(
    epilog=ending(
        "docassay check · docassay check --models my-models/",
        "0 all is well · 1 a fault was found · 2 a wrong option or path",
    )
)
def check(models: Models = None) -> None:
    """Test the installation: versions, the digests of the models, and whether they answer as they should."""
    use_models(models)
    faults = 0
    with errors():
        from docassay.commands.check import checks

        table = Table(show_edge=False, header_style="bold")
        for heading in ("", "checked", "result"):
            table.add_column(heading, overflow="fold")
        for found in checks():
            faults += found.fault is not None
            word = Text("ok", "green") if found.fault is None else Text("fault", "bold red")
            table.add_row(word, Text(line(found.what)), Text(line(found.fault or found.detail)))
        paper.print(table)
    if faults:
        say(f"{faults} {'fault' if faults == 1 else 'faults'} found")
        raise typer.Exit(EXIT_FAULT)


@app.command("domains", epilog=ending("docassay domains", "0 listed · 2 a domain's folder is wrong"))
def list_domains() -> None:
    """List the domains, what each asks and how many rules it has."""
    from docassay import domains

    with errors():
        table = Table(show_edge=False, header_style="bold")
        for heading in ("domain", "title", "tasks", "kinds", "signs of fraud", "checks"):
            table.add_column(heading, overflow="fold")
        for name in domains.names():
            domain = domains.load(name)
            kinds = ", ".join(kind.name for kind in domain.kinds)
            tasks = ", ".join(domain.all_tasks)
            table.add_row(name, domain.title, tasks, kinds, str(domain.signs), str(len(domain.checks)))
        paper.print(table)


@app.command(epilog=ending("docassay schema flags", "0 printed · 2 there is no such table"))
def schema(table: Annotated[str, typer.Argument(help="A table's name.")]) -> None:
    """Print the columns of a table, their types, what they mean and what must hold of them."""
    from docassay.schemas.arrow import meanings, text
    from docassay.schemas.expectations import NOT_NULL, expectations
    from docassay.schemas.rows import TABLES

    if table not in TABLES:
        say(f"there is no table {table!r}; there are {', '.join(TABLES)}")
        raise typer.Exit(EXIT_USAGE)
    for column, meaning in zip(text(table).splitlines(), meanings(table).values(), strict=True):
        paper.print(column, highlight=False, markup=False, soft_wrap=True)
        paper.print(f"    {meaning}", style="dim", highlight=False, markup=False, soft_wrap=True)
    paper.print("every row:", highlight=False)
    for name, arguments in expectations(table):
        if name == NOT_NULL:
            continue  # said beside the column
        listed = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        condition = CONDITIONS.get(str(arguments.get("column")), f"{name}({listed})")
        paper.print(f"    {condition}", style="dim", highlight=False, markup=False, soft_wrap=True)
