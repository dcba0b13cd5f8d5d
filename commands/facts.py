"""The command `docassay facts`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docassay.commands.bounded import exit_code
from docassay.commands.options import EXIT_FAULT, check_outside, epilog, errors, print_error
from docassay.commands.query import Format, OutFile, Rows, answered, format_of, published, write_answer
from docassay.commands.reading import Reading, with_options
from docassay.schemas.errors import UsageError
from docassay.schemas.uris import local_path
from docassay.transforms.read import locate

if TYPE_CHECKING:
    from docassay.transforms.isolation.child import Request

app = typer.Typer()

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NOT_HERE = (
    "text_column", "translate", "personal_data", "escalate", "escalate_model", "escalate_least",
    "allow_send", "mask",
)  # fmt: skip


@app.command(
    epilog=epilog(
        "docassay facts tables --kind invoice --fields invoice_number,seller,gross --out invoices.xlsx"
        " · docassay facts rechnung.pdf",
        "0 shown · 1 the document was rejected · 2 a wrong option, path or field, or no tables"
        " · 3 it took longer than --timeout or more than --memory · 130 interrupted",
    )
)
@with_options(without=_NOT_HERE)
def facts(
    *,
    source: Annotated[
        str, typer.Argument(metavar="TABLES|FILE", help="The folder that `batch` wrote, or one document.")
    ],
    fields: Annotated[
        str,
        typer.Option(metavar="NAME,NAME", help="The fields to show, in this order; default: all."),
    ] = "",
    kind: Annotated[
        str | None, typer.Option(help="For tables only: documents of this type, such as invoice.")
    ] = None,
    reading: Reading,
    file: OutFile = None,
    format: Format = None,
    rows: Rows = 40,
    timeout: Annotated[float, typer.Option(min=0.1, max=86_400, help="For tables: limit in seconds.")] = 300,
    memory: Annotated[
        int, typer.Option(min=64, max=1_000_000, help="For tables: limit in megabytes.")
    ] = 2_000,
) -> None:
    """Show what documents state: a row for each document, with parties, dates, sums and accounts as columns.

    Values are normalised: dates as in ISO 8601, amounts with a point, accounts without blanks. What a file
    states as data comes before what was read in its text, and what is sure before hints. The table `facts`
    has each value as written, with its place.
    """
    path = local_path(locate(source).file)
    is_file = path is not None and os.path.isfile(path)
    with errors():
        names = list(dict.fromkeys(name.strip() for name in fields.split(",") if name.strip()))
        if wrong := next((name for name in names if not _NAME.fullmatch(name)), None):
            raise UsageError(f"--fields {wrong}: a field name has only lower-case letters, digits and _")
        chosen = format_of(file, format)
        if is_file:
            if kind is not None:
                raise UsageError("--kind filters the documents of tables; leave it out for a single file")
            refused = _of_file(source, reading, names, chosen, file, rows)
        else:
            if file is not None:
                check_outside(file, source)
            asked = [source, names, kind]
            code = answered("docassay.commands.facts:answer", asked, file, chosen, rows, timeout, memory)
            raise typer.Exit(code)
    if refused:
        print_error(refused)
        raise typer.Exit(EXIT_FAULT)


def answer(request: Request) -> int:
    """Ask the tables for their facts and write them; runs in a worker."""
    out, names, kind, memory, chosen, part, rows = request.asked

    def work(spill: str) -> int:
        from docassay.views import facts
        from docassay.views.query import ask

        there = facts.in_order(
            row["name"] for row in ask(out, facts.fields_query(kind), None, memory, spill).rows()
        )
        of_kind = f" for the document type {kind}" if kind else ""
        if not there and (kinds := kind and list(ask(out, facts.KINDS_QUERY, None, memory, spill).rows())):
            stated = ", ".join(row["kind"] or "no kind" for row in kinds)
            raise UsageError(f"{out} has no facts{of_kind}; there are some for {stated}")
        if not there:
            raise UsageError(
                f"{out} has no facts; read documents of an earlier release again, without --new-only"
            )
        if unknown := next((name for name in names if name not in there), None):
            raise UsageError(f"{out} has no fact {unknown}{of_kind}; there are {', '.join(there) or 'none'}")
        found = ask(out, facts.query(names or there, kind), None, memory, spill)
        write_answer(found.schema, found.batches(), chosen, part and Path(part), rows)
        return 0

    return exit_code(work)


def _of_file(
    source: str, reading: Reading, names: list[str], chosen: str, file: Path | None, rows: int
) -> str | None:
    """Read a document and show its facts, and those of its attachments; say why where it was rejected."""
    from docassay.models.engine import default_threads
    from docassay.schemas.rows import Result
    from docassay.transforms.context import Context
    from docassay.views import explain, facts

    reading.check()
    declared = facts.in_order(facts.titles())
    if unknown := next((name for name in names if name not in declared), None):
        raise UsageError(f"--fields {unknown}: no domain has such a fact; there are {', '.join(declared)}")
    outcomes = list(explain.explain(source, Context(reading.options(default_threads()))))
    results = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    table = facts.wide(results, names)
    if results:
        with published(file) as part:
            write_answer(table.schema, table.to_batches(), chosen, part, rows)
        return None
    refused = next(outcome for outcome in outcomes if not isinstance(outcome, Result))
    return f"{source}: rejected in {refused.stage}: {refused.reason}, {refused.detail}"
