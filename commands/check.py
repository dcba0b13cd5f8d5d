"""The command `docassay check`."""

from __future__ import annotations

import typer
from rich.text import Text

from docassay.commands.options import (
    EXIT_FAULT,
    Models,
    epilog,
    errors,
    print_error,
    stdout,
    table_of,
    use_models,
)
from docassay.observe.sanitize import line

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay check · docassay check --models my-models/",
        "0 all is well · 1 a fault was found · 2 a wrong option or path",
    )
)
def check(models: Models = None) -> None:
    """Test the installation: versions, the digests of the models, and their answers to known texts."""
    use_models(models)
    faults = 0
    with errors():
        from docassay.views.selftest import checks

        table = table_of("", "checked", "result")
        for result in checks():
            faults += result.fault is not None
            word = Text("ok", "green") if result.fault is None else Text("fault", "bold red")
            table.add_row(word, Text(line(result.what)), Text(line(result.fault or result.detail)))
        stdout.print(table)
    if faults:
        print_error(f"{faults} {'fault' if faults == 1 else 'faults'} found")
        raise typer.Exit(EXIT_FAULT)
