"""The command line. Heavy imports wait inside the commands, so that help and `explain` are quick."""

from __future__ import annotations

import codecs
import io
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from pipelines.escape import line, plainer

EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_FAILED = 3

EXIT_CODES = """
Exit codes: 0 done (rejects are no failure) · 1 `check` found a fault, or the document to explain was
rejected · 2 a wrong option, path, model or
domain, before any work · 3 the run failed and published nothing · 130 interrupted, nothing published.
"""


class Commands(TyperGroup):
    """The commands; a wrong option or argument is one line on standard error, not a screen of usage."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and exit with the code that belongs to the outcome."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except typer.TyperException as error:
            message = error.format_message() if hasattr(error, "format_message") else str(error)
            command = getattr(getattr(error, "ctx", None), "command_path", self.name)
            if type(error).__name__ == "NoArgsIsHelpError":
                typer.echo(message, err=True)
            else:
                screen.print(
                    f"{command}: {line(message)} (see {command} --help)",
                    style="red",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )
            code = getattr(error, "exit_code", EXIT_USAGE)
        except typer.Abort:
            code = 130
        if standalone_mode:
            sys.exit(code or 0)
        return code


def _ending(example: str, exit_codes: str) -> str:
    """Write what a command's help ends with."""
    return f"Example: {example}\n\nExit codes: {exit_codes}"


app = typer.Typer(
    name="docassay",
    cls=Commands,
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
    codecs.register_error("docassay", plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="docassay")
    app()


def _domain(value: str) -> str:
    import domains

    if value != "auto" and value not in domains.names():
        raise typer.BadParameter(
            f"there is no domain {value!r}; there are auto, {', '.join(domains.names())}"
        )
    return value


Domain = Annotated[
    str,
    typer.Option(callback=_domain, help="auto, or the domain of every document (see `docassay domains`)."),
]
Models = Annotated[
    list[Path] | None,
    typer.Option(exists=True, help="A model folder, or a folder of them, that wins over the shipped ones."),
]


@app.command(
    epilog=_ending(
        "docassay batch contracts/ 'mail/*.eml' --out tables · then: docassay show tables"
        " · or: duckdb -c \"select * from 'tables/flags/*.parquet'\"",
        "0 published (rejects are no failure) · 2 a wrong option, path, model or domain, before any work"
        " · 3 the run failed and published nothing · 130 interrupted, nothing published",
    )
)
def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Files, folders, patterns, .jsonl or .parquet with a text column; gs:// and s3:// too.",
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder for the tables; a folder of earlier runs is added to.")],
    domain: Domain = "auto",
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Pass over documents that OUT already has.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Processes that read documents; 0: as many as pay.")
    ] = 0,
    text_column: Annotated[str, typer.Option(help="Column of .jsonl and .parquet inputs.")] = "text",
    ocr: Annotated[
        bool, typer.Option("--ocr", help="Read scanned pages with Tesseract, where present.")
    ] = False,
    models: Models = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log what the workers say, tracebacks too.")
    ] = False,
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
    _say(str(error))
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
    # In a log it would be noise, and an error must be the only line.
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
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
    for title, values in (
        ("rejects", json.loads(done.reasons)),
        ("seconds by stage", json.loads(done.seconds)),
    ):
        if values:
            listed = " · ".join(f"{name} {number:,}" for name, number in values.items())
            paper.print(f"{title}: {listed}", highlight=False, markup=False, soft_wrap=True)


def _file(value: str) -> str:
    if "://" not in value and not os.path.exists(value):
        raise typer.BadParameter(f"{value}: no such file")
    if os.path.isdir(value):
        raise typer.BadParameter(f"{value} is a folder; explain reads one document, batch reads folders")
    return value


def _page(value: Path | None) -> Path | None:
    if value is not None and (value.is_dir() or not os.access(value.absolute().parent, os.W_OK)):
        raise typer.BadParameter(f"{value} cannot be written; name a file in a folder that exists")
    return value


@app.command(
    epilog=_ending(
        "docassay explain contract.pdf · docassay explain mail.eml --html mail.html"
        " · docassay explain note.docx --json | jq .flags",
        "0 explained · 1 the document was rejected · 2 a wrong option, path, model or domain, before any work"
        " · 3 the page could not be written · 130 interrupted",
    )
)
def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", callback=_file, help="The document.")],
    domain: Domain = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a document: its rows and its text.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="OUT.html", callback=_page, help="Write a page instead of printing."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Show all of a long text, not only what is around its evidence.")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="Mark evidence by brackets, as in a file.")
    ] = False,
    ocr: Annotated[
        bool, typer.Option("--ocr", help="Read scanned pages with Tesseract, where present.")
    ] = False,
    models: Models = None,
) -> None:
    """Show one document with its evidence marked in its text: signs of fraud, checks, labels, and why.

    The attachments of a mail follow it, each a document of its own.
    """
    if html is not None and os.path.exists(file) and html.exists() and html.samefile(file):
        raise typer.BadParameter(f"{html} is the document itself", param_hint="'--html'")
    _use(models)
    refused = None
    with _errors():
        from models.catalog import find
        from models.encoder import Encoder, default_threads
        from pipelines import explain as explaining
        from pipelines.page import page
        from pipelines.render import render
        from schemas.rows import Reject, Result
        from transforms.formats import Limits

        # The choice is checked before the document is opened.
        folder = find("minilm")
        console = Console(color_system=None) if no_color else Console()
        console.width = min(console.width, 110)
        outcomes: list[Result | Reject] = []
        for outcome in explaining.explain(
            file,
            lambda: Encoder(folder, default_threads()),
            None if domain == "auto" else domain,
            Limits(ocr=ocr),
        ):
            if not outcomes and isinstance(outcome, Reject):
                refused = outcome
            if as_json:
                print(explaining.as_json(outcome, ascii_only=not _unicode()))
            elif html is None and outcome is not refused:
                render(outcome, console, full)
            if html is not None or not outcomes:
                outcomes.append(outcome)
        if html is not None:
            _write_page(html, page(outcomes, full))
            screen.print(f"wrote {line(str(html))}", highlight=False, markup=False, soft_wrap=True)
    if refused is not None:
        _say(f"{file}: rejected in {refused.stage}: {refused.reason}, {refused.detail}")
        raise typer.Exit(EXIT_FAULT)


def _say(message: str) -> None:
    screen.print(f"docassay: {line(message)}", style="red", highlight=False, markup=False, soft_wrap=True)


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _write_page(path: Path, content: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(content, encoding="utf-8", errors="replace")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RuntimeError(f"{path} could not be written: {error.strerror or error}") from None


@app.command(
    epilog=_ending(
        "docassay show tables --top 5",
        "0 shown · 2 a wrong option, or a folder without tables",
    )
)
def show(
    out: Annotated[str, typer.Argument(metavar="OUT", help="The folder that `docassay batch` wrote.")],
    top: Annotated[int, typer.Option(min=1, max=1000, help="Documents to list, the riskiest first.")] = 10,
) -> None:
    """List the riskiest documents of a batch with their signs of fraud, and why inputs were rejected."""
    with _errors():
        from pipelines import show as showing

        for part in showing.show(showing.overview(out, top)):
            paper.print(part, highlight=False)


@app.command(
    epilog=_ending(
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
    with _errors():
        from pipelines.samples import copy

        number = copy(folder)
    paper.print(f"{number} documents in {line(str(folder))}", highlight=False, markup=False, soft_wrap=True)


@app.command(
    epilog=_ending(
        "docassay check · docassay check --models my-models/",
        "0 all is well · 1 a fault was found · 2 a wrong option or path",
    )
)
def check(models: Models = None) -> None:
    """Test the installation: versions, the digests of the models, and whether they answer as they should."""
    _use(models)
    faults = 0
    with _errors():
        from pipelines.selftest import checks

        table = Table(show_edge=False, header_style="bold")
        for heading in ("", "checked", "result"):
            table.add_column(heading, overflow="fold")
        for found in checks():
            faults += found.fault is not None
            word = Text("ok", "green") if found.fault is None else Text("fault", "bold red")
            table.add_row(word, Text(line(found.what)), Text(line(found.fault or found.detail)))
        paper.print(table)
    if faults:
        _say(f"{faults} {'fault' if faults == 1 else 'faults'} found")
        raise typer.Exit(EXIT_FAULT)


@app.command("domains", epilog=_ending("docassay domains", "0 listed · 2 a domain's folder is wrong"))
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


@app.command(epilog=_ending("docassay schema flags", "0 printed · 2 there is no such table"))
def schema(table: Annotated[str, typer.Argument(help="A table's name.")]) -> None:
    """Print the columns of a table, their types and what must hold of them."""
    from schemas.arrow import text
    from schemas.expectations import expectations
    from schemas.rows import TABLES

    if table not in TABLES:
        _say(f"there is no table {table!r}; there are {', '.join(TABLES)}")
        raise typer.Exit(EXIT_USAGE)
    paper.print(text(table), end="", highlight=False, markup=False)
    for name, arguments in expectations(table):
        listed = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        paper.print(f"{name}({listed})", style="dim", highlight=False, markup=False, soft_wrap=True)
