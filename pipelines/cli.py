"""The command line. Heavy imports wait inside the commands, so that help and `explain` are quick."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

EXIT_USAGE = 2
EXIT_FAILED = 3

EXIT_CODES = """
Exit codes: 0 done (rejects are no failure) · 1 a check found a fault · 2 a wrong option, path, model or
domain, before any work · 3 the run failed and published nothing · 130 interrupted, nothing published.
"""

app = typer.Typer(
    name="docassay",
    help="Read legal, financial and medical documents into tables of evidence: labels, signs of fraud,"
    " compliance findings." + EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
screen = Console(stderr=True)
paper = Console()


def main() -> None:
    """Run the command line: the console script `docassay`."""
    app()


def _domain(value: str) -> str:
    import domains

    if value != "auto" and value not in domains.names():
        raise typer.BadParameter(f"there is no domain {value!r}; there are auto, {', '.join(domains.names())}")
    return value


Domain = Annotated[
    str, typer.Option(callback=_domain, help="auto, or the domain of every document (see `docassay domains`).")
]
Models = Annotated[
    list[Path] | None,
    typer.Option(exists=True, help="A model folder, or a folder of them, that wins over the shipped ones."),
]


@app.command(
    epilog="Example: docassay batch contracts/ 'mail/*.eml' --out tables"
    " · then: duckdb -c \"select * from 'tables/flags/*.parquet'\""
)
def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Files, folders, patterns, .jsonl or .parquet with a text column; also gs:// and s3:// paths.",
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder for the tables; a folder of earlier runs is added to.")],
    domain: Domain = "auto",
    new_only: Annotated[bool, typer.Option("--new-only", help="Pass over documents that OUT already has.")] = False,
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Processes that read documents; 0: as many as pay.")
    ] = 0,
    text_column: Annotated[str, typer.Option(help="Column of .jsonl and .parquet inputs.")] = "text",
    ocr: Annotated[bool, typer.Option("--ocr", help="Read scanned pages with Tesseract, where present.")] = False,
    models: Models = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what the workers say, tracebacks too.")] = False,
) -> None:
    """Turn documents into validated Parquet, and say what was found."""
    _use(models)
    with _errors(verbose):
        from pipelines.batch import Batch, run
        from pipelines.graph import Options
        from transforms.parse import Limits

        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        workers = workers or _workers(inputs, cores)
        options = Options(
            domain=None if domain == "auto" else domain,
            threads=max(1, cores // workers),
            text_column=text_column,
            limits=Limits(ocr=ocr),
        )
        with _progress("reading") as watch:
            done = run(Batch(tuple(inputs), out, new_only, workers, verbose, options), watch)
    _show(done, out)


def _workers(inputs: list[str], cores: int) -> int:
    """Start a second process only where there is enough to read to pay for its start."""
    files = 0
    for name in inputs:
        if "://" in name or name.endswith((".jsonl", ".parquet")):
            return cores
        for _, _, found in os.walk(name):
            files += len(found)
            if files > 200:
                return cores
    return 1


def _use(models: list[Path] | None) -> None:
    if models:
        further = [str(path.resolve()) for path in models]
        os.environ["DOCASSAY_MODELS"] = os.pathsep.join([*further, os.environ.get("DOCASSAY_MODELS", "")])


@contextmanager
def _errors(verbose: bool = False) -> Iterator[None]:
    """Turn the errors a user can mend into one line and an exit code."""
    if not verbose:
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
    try:
        yield
    except KeyboardInterrupt:
        screen.print("interrupted; nothing was published")
        raise typer.Exit(130) from None
    except ValueError as error:  # InputError, OutputError, ModelError, DomainError
        _fail(error, EXIT_USAGE)
    except RuntimeError as error:  # RunError
        _fail(error, EXIT_FAILED)


def _fail(error: Exception, code: int) -> None:
    screen.print(f"docassay: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(code) from error


@contextmanager
def _progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Show documents done and found, the rate and the time left."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]} documents/s"),
        TimeRemainingColumn(),
    )
    began = time.monotonic()
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(doing, total=None, rate="-")

        def watch(done: int, found: int) -> None:
            rate = f"{done / (time.monotonic() - began):.1f}"
            bar.update(task, completed=done, total=max(found, done) or None, rate=rate)

        yield watch


def _show(done: Any, out: str) -> None:
    """End a run with its table of counts."""
    seconds = (done.finished - done.started).total_seconds()
    paper.print(
        f"{done.inputs} inputs = {done.documents} documents + {done.rejects} rejects"
        f" + {done.skipped} passed over, in {seconds:.1f} s; tables in {out}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    table = Table(show_edge=False, header_style="bold")
    for heading in ("table", "rows"):
        table.add_column(heading, justify="right" if heading == "rows" else "left")
    for name, number in json.loads(done.rows).items():
        table.add_row(name, f"{number:,}")
    paper.print(table)
    for title, values in (("rejects", json.loads(done.reasons)), ("seconds by stage", json.loads(done.seconds))):
        if values:
            listed = " · ".join(f"{name} {number:,}" for name, number in values.items())
            paper.print(f"{title}: {listed}", highlight=False, markup=False, soft_wrap=True)




@app.command("domains", epilog="Example: docassay domains")
def list_domains() -> None:
    """List the domains, what each asks and how many rules it has."""
    import domains

    with _errors():
        table = Table(show_edge=False, header_style="bold")
        for heading in ("domain", "title", "tasks", "kinds", "signs of fraud", "checks"):
            table.add_column(heading)
        for name in domains.names():
            domain = domains.load(name)
            kinds = ", ".join(kind.name for kind in domain.kinds)
            tasks = ", ".join(domain.tasks)
            table.add_row(name, domain.title, tasks, kinds, str(len(domain.flags)), str(len(domain.checks)))
        paper.print(table)


@app.command(epilog="Example: docassay schema flags")
def schema(table: Annotated[str, typer.Argument(help="A table's name.")]) -> None:
    """Print the columns of a table, their types and what must hold of them."""
    from schemas.arrow import text
    from schemas.expectations import expectations
    from schemas.rows import TABLES

    if table not in TABLES:
        screen.print(f"docassay: there is no table {table!r}; there are {', '.join(TABLES)}", highlight=False)
        raise typer.Exit(EXIT_USAGE)
    paper.print(text(table), end="", highlight=False, markup=False)
    for name, arguments in expectations(table):
        listed = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        paper.print(f"{name}({listed})", style="dim", highlight=False, markup=False, soft_wrap=True)
