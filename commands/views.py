"""The command `docassay views`."""

from __future__ import annotations

from typing import Annotated

import typer

from docassay.commands.options import epilog, errors, stdout, table_of
from docassay.schemas.errors import UsageError

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay views · docassay views tables > views.sql && duckdb -init views.sql"
        " · docassay views tables review_queue --manifest",
        "0 printed · 2 a wrong option, or no such view",
    )
)
def views(
    out: Annotated[
        str | None,
        typer.Argument(metavar="TABLES", help="The folder of the tables; without it, list the views."),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="VIEW", help="Only these views and those they read; default: all."),
    ] = None,
    manifest: Annotated[
        bool,
        typer.Option(
            "--manifest",
            help="Read the files of the current manifest, all tables at one moment; default: by pattern.",
        ),
    ] = False,
) -> None:
    """Print the SQL of the shipped views for DuckDB, or list the views."""
    with errors():
        from docassay.storage.tables.file_systems import need_folder
        from docassay.views import shipped_views

        if unknown := sorted(set(names or ()) - set(shipped_views.VIEWS)):
            raise UsageError(f"there is no view {unknown[0]!r}; there are {', '.join(shipped_views.VIEWS)}")
        if out is None:
            _list()
            return
        need_folder(out, shipped_views.ASK)
        if manifest and "://" in out:
            raise UsageError(f"--manifest is for a local folder; leave it out for {out}")
        tables = shipped_views.by_manifest(out) if manifest else shipped_views.by_glob(out)
        print(shipped_views.script(tables, names or shipped_views.VIEWS), end="")


def _list() -> None:
    from docassay.views import shipped_views

    table = table_of("view", "what it gives", lines=True)
    for name in shipped_views.VIEWS:
        table.add_row(name, shipped_views.meaning(name).replace("`", ""))
    stdout.print(table, highlight=False)
