"""The command `docassay domains`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from docassay.commands.options import ending, errors, paper

if TYPE_CHECKING:
    from docassay.domains import Domain

app = typer.Typer()


@app.command("domains", epilog=ending("docassay domains legal", "0 listed · 2 a domain's folder is wrong"))
def list_domains(
    name: Annotated[
        str | None, typer.Argument(help="Show the rules of this domain, and how often each was right.")
    ] = None,
) -> None:
    """List the domains, what each asks and how many rules it has; or the rules of one."""
    from docassay import domains

    with errors():
        paper.print(_domains() if name is None else _rules(domains.load(name)))


def _table(*headings: str) -> Table:
    table = Table(show_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _domains() -> Table:
    from docassay import domains

    table = _table("domain", "title", "tasks", "kinds", "signs of fraud", "checks")
    for name in domains.names():
        domain = domains.load(name)
        kinds = ", ".join(kind.name for kind in domain.kinds)
        tasks = ", ".join(domain.all_tasks)
        table.add_row(name, domain.title, tasks, kinds, str(domain.signs), str(len(domain.checks)))
    return table


def _rules(domain: Domain) -> Table:
    """List a domain's rules, with what people who saw neither rule nor verdict made of their rows."""
    from docassay.domains.precision import precision

    judged = precision(domain.name)
    table = _table("rule", "severity", "what it says", "judged")
    for flag in domain.flags:
        table.add_row(
            f"flag {flag.id}", flag.severity, flag.why, str(judged.get((flag.id, ""), "never judged"))
        )
    for check in domain.checks:
        verdicts = [
            f"{verdict}: {judged[check.id, verdict]}"
            for verdict in ("pass", "review", "fail")
            if (check.id, verdict) in judged
        ]
        table.add_row(f"check {check.id}", check.severity, check.why, "\n".join(verdicts) or "never judged")
    return table
