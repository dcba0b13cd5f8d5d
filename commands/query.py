"""The command `docassay query`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docassay.commands.bounded import bounded, exit_code
from docassay.commands.options import (
    MEGABYTE,
    Tables,
    check_outside,
    epilog,
    errors,
    print_plain,
    stderr,
    stdout,
    writable,
)
from docassay.schemas.errors import RunError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from docassay.transforms.isolation.child import Request

app = typer.Typer()

FORMATS = ("table", "csv", "xlsx", "parquet")
SUFFIXES = {f".{name}": name for name in FORMATS if name != "table"}

OutFile = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        callback=writable,
        help="Write all rows to a .csv, .xlsx or .parquet file.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(FORMATS),
        help="Default: by the file name; without --out, table on a terminal, csv in a pipe.",
    ),
]
Rows = Annotated[int, typer.Option(min=1, max=100_000, help="Rows shown on a terminal.")]
"""Options of a command that answers with rows: where they go, in which format, how many are shown."""


@app.command(
    epilog=epilog(
        'docassay query tables "select uri, severity, signs from review_queue"'
        ' · docassay query tables "from flags_with_context" --out flags.xlsx'
        " · docassay query tables --question 5",
        "0 answered · 2 a wrong option, no tables, or SQL that is wrong or does more than read"
        " · 3 it took longer than --timeout or more than --memory · 130 interrupted",
    )
)
def query(
    out: Tables,
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="SQL",
            help="One SELECT statement in DuckDB's SQL on the tables (documents, flags, ...) and the"
            " views that `docassay views` lists; - reads it from standard input.",
        ),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--question", metavar="N", help="Ask a shipped question instead (docs/analysts.md)."),
    ] = None,
    file: OutFile = None,
    format: Format = None,
    rows: Rows = 40,
    at: Annotated[
        int | None,
        typer.Option(min=1, help="Query the state after this commit, while its files are kept."),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=86_400, help="Limit in seconds.")] = 300,
    memory: Annotated[int, typer.Option(min=64, max=1_000_000, help="Limit in megabytes.")] = 2_000,
) -> None:
    """Query the tables in SQL, read-only.

    In CSV, text that a spreadsheet would take for a formula gets an apostrophe in front; .xlsx and .parquet
    keep it as it is.
    """
    with errors():
        chosen = format_of(file, format)
        if file is not None:
            check_outside(file, out)
        if (sql is None) == (number is None):
            raise UsageError("give either SQL or --question N")
        if number is not None:
            from docassay.views.questions import question

            sql = question(number).sql
        elif sql == "-":
            sql = sys.stdin.read()
        asked = [os.fspath(out), sql, at]
        code = answered("docassay.commands.query:answer", asked, file, chosen, rows, timeout, memory)
    raise typer.Exit(code)


def answer(request: Request) -> int:
    """Ask the tables and write the answer; runs in a worker."""
    out, sql, at, memory, chosen, part, rows = request.asked

    def work(spill: str) -> int:
        from docassay.views.query import ask

        found = ask(out, sql, at, memory, spill)
        write_answer(found.schema, found.batches(), chosen, part and Path(part), rows)
        return 0

    return exit_code(work)


def answered(
    function: str, asked: list[Any], file: Path | None, chosen: str, rows: int, timeout: float, memory: int
) -> int:
    """Answer with rows in a worker, and put the file that it wrote, if any, in its place.

    Args:
        function: ``module:name``; its request is `asked`, then the memory of the database in bytes, the
            format, the file to write or None, and the rows that are shown.
        asked: What it is asked.
        file: Where the rows go; None to print them.
        chosen: The format.
        rows: Rows that are shown on a terminal.
        timeout: Limit in seconds.
        memory: Limit in megabytes; the database has half of it.

    Returns:
        The exit code; the file is not written where that is not 0.
    """
    limit = memory * MEGABYTE
    with published(file) as part:
        code = bounded(function, [*asked, limit // 2, chosen, part and str(part), rows], timeout, limit)
        if code and part:
            part.unlink(missing_ok=True)
    return code


@contextmanager
def published(file: Path | None) -> Iterator[Path | None]:
    """Give the name under which a file is written before it takes its place; None where there is none."""
    part = None if file is None else file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield part
        if part is not None and file is not None and part.exists():
            os.replace(part, file)
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def format_of(file: Path | None, named: str | None) -> str:
    """Choose the format: as named, as the file's name ends, or as fits what the answer is written to.

    Raises:
        UsageError: There is none such, or it does not go with where the answer is written to.
    """
    if named is not None and named not in FORMATS:
        raise UsageError(f"--format {named}: there are {', '.join(FORMATS)}")
    if file is None:
        if named in ("xlsx", "parquet"):
            raise UsageError(f"--format {named} needs --out FILE")
        return named or ("table" if stdout.is_terminal else "csv")
    chosen = named or SUFFIXES.get(file.suffix.lower())
    if chosen is None:
        raise UsageError(f"{file}: its name must end in {', '.join(SUFFIXES)}, or --format must name it")
    if chosen == "table":
        raise UsageError("--format table is for a terminal; leave out --out, or use csv, xlsx or parquet")
    return chosen


def write_answer(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], chosen: str, part: Path | None, rows: int
) -> None:
    """Write rows in the format that was chosen: to a file, or to standard output.

    Raises:
        RunError: The file cannot be written.
    """
    from docassay.views import export

    if part is None:
        if chosen == "table":
            stdout.print(export.show(schema, batches, rows, stdout), highlight=False)
        else:
            export.write_csv(schema, batches, sys.stdout, sys.stdout.isatty())
        return
    number = cut = 0
    try:
        if chosen == "csv":
            with part.open("w", encoding="utf-8", newline="") as stream:
                number = export.write_csv(schema, batches, stream)
        elif chosen == "xlsx":
            number, cut = export.write_xlsx(schema, batches, part)
        else:
            number = export.write_parquet(schema, batches, part)
    except OSError as error:
        raise RunError(f"the file cannot be written: {error.strerror or error}") from error
    cut_note = f"; {cut:,} texts were cut, since a cell holds {export.EXCEL_CELL:,} characters" if cut else ""
    print_plain(f"{number:,} rows written{cut_note}", stderr)
