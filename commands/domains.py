"""The command `docassay domains`."""

from __future__ import annotations

import typer
from rich.table import Table

from docassay.commands.options import ending, errors, paper

app = typer.Typer()


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
