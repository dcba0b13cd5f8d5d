"""What all commands share: output streams, exit codes, errors as one line, progress."""

from __future__ import annotations

import getpass
import json
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from docassay.observe.sanitize import line
from docassay.schemas.errors import MissingError, ModelError, RunError, UsageError

EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_FAILED = 3
EXIT_FOUND = 4
EXIT_INTERRUPTED = 130

MEGABYTE = 1_000_000

CORES = 4
"""Cores that one process keeps busy: its Python code uses one at a time, for about a fifth of the time
that the engine takes on another."""

screen = Console(stderr=True)
paper = Console()


def ending(example: str, exit_codes: str) -> str:
    """Write the end of a command's help: an example, and its exit codes."""
    return f"Example: {example}\n\nExit codes: {exit_codes}"


def _domain(value: str) -> str:
    from docassay import domains

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
    typer.Option(
        exists=True,
        help="A model folder (of `docassay train`, say), or a folder of them, used beside the shipped ones;"
        " it replaces a shipped model of the same name.",
    ),
]
Ocr = Annotated[bool, typer.Option("--ocr", help="Read scanned pages with Tesseract.")]
Parts = Annotated[
    Literal["auto", "off"],
    typer.Option(help="auto: split a file that holds several documents; off: treat each file as one."),
]
PersonalData = Annotated[
    bool,
    typer.Option(
        "--personal-data", help="Find names, dates, addresses and numbers of people, whatever the kind."
    ),
]
TextColumn = Annotated[str, typer.Option(help="Column of .jsonl and .parquet inputs.")]
FollowLinks = Annotated[
    bool,
    typer.Option(
        "--follow-links",
        help="Follow links to files that are found in a folder or match a pattern; else each is a reject.",
    ),
]
Workers = Annotated[
    int, typer.Option(min=0, max=256, help="Processes on this machine; 0: one for every four cores.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Log what the workers say, tracebacks too.")]
LogFormat = Annotated[
    Literal["text", "json"] | None,
    typer.Option(help="Log each reject and step on standard error, a line each; never a document's text."),
]

LineageTarget = Annotated[
    str | None,
    typer.Option(
        "--lineage",
        metavar="URL|FILE",
        help="Send OpenLineage events of the run to an HTTP endpoint, or append them to a file.",
    ),
]


def processes(workers: int, cores: int) -> tuple[int, int]:
    """Choose how many processes read on this machine, and how many cores each has for its engine.

    Args:
        workers: What `--workers` asks for; 0 leaves it to the cores, since each process costs memory and a
            start of some seconds.
        cores: Cores of the machine.

    >>> processes(0, 16), processes(0, 2), processes(3, 2)
    ((4, 4), (1, 2), (3, 1))
    """
    workers = workers or max(1, cores // CORES)
    return workers, max(1, cores // workers)


@contextmanager
def told(target: str | None, out: str, log_format: LogFormat = None) -> Iterator[Any]:
    """Give the lineage that `--lineage` asks for, or None; say at the end what it did not get."""
    if target is None:
        yield None
        return
    from docassay.pipelines.lineage import Lineage

    lineage = Lineage(target, out)
    try:
        yield lineage
    finally:
        if problem := lineage.close():
            _tell(f"warning: {problem}", log_format, warn)


def check_ocr(ocr: bool) -> None:
    """Refuse `--ocr` where this machine reads and Tesseract is not there, before any work.

    Raises:
        MissingError: The message has the command that brings it.
    """
    from docassay.transforms.formats import ocr as recognition

    if ocr and not recognition.has_tesseract():
        raise MissingError(recognition.NO_TESSERACT)


def writable(value: Path | None) -> Path | None:
    """Refuse a file that cannot be written, before any work: for the callback of an option."""
    if value is not None and (value.is_dir() or not os.access(value.absolute().parent, os.W_OK)):
        raise typer.BadParameter(f"{value} cannot be written; name a file in a folder that exists")
    return value


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, all of it or nothing.

    Raises:
        RunError: It cannot be.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RunError(f"{path} could not be written: {error.strerror or error}") from None


def user() -> str:
    """Name the system's user.

    Raises:
        UsageError: The system does not know one, as in a container.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise UsageError("the system does not know who you are; say --reviewer NAME") from None


def check_outside(file: Path, out: str) -> None:
    """Refuse to write a file among the tables.

    Raises:
        UsageError: It would lie there.
    """
    if "://" not in out and Path(out).resolve() in file.resolve().parents:
        raise UsageError(f"{file} would lie among the tables; name a file elsewhere")


def bounded(work: Callable[[str], int], timeout: float, memory: int) -> int:
    """Do a command's work in a process of its own, bounded in time and memory, and give its exit code.

    Args:
        work: Gives the exit code; is told a folder for what does not fit into memory, which goes afterwards.
        timeout: Seconds that it may take.
        memory: Bytes that it may take.
    """
    from docassay.transforms import temporary
    from docassay.views import confined

    spill = temporary.make_folder()

    def coded() -> int:
        try:
            with errors():
                return work(spill)
        except typer.Exit as end:
            return end.exit_code

    try:
        return confined.run(coded, timeout, memory)
    finally:
        temporary.remove_folder(spill)


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """Make the callback of an option that names a runner, one of these."""

    def check(value: str) -> str:
        if value not in names:
            raise typer.BadParameter(f"there is no runner {value!r}; there are {', '.join(names)}")
        return value

    return check


def use_models(models: list[Path] | None) -> tuple[str, ...]:
    """Let the models of these folders win over the shipped ones in this process.

    Returns:
        The folders' full paths, for `pipelines.stages.Options`, which tells the workers.
    """
    from docassay.models.catalog import named_folders, use_folders

    try:
        folders = named_folders(models or ())
    except ModelError as error:
        raise typer.BadParameter(str(error), param_hint="'--models'") from None
    use_folders(folders)
    return folders


@contextmanager
def errors(
    verbose: bool = False, interrupted: str = "interrupted", log_format: LogFormat = None
) -> Iterator[None]:
    """Turn the errors a user can mend into one line and an exit code.

    Args:
        verbose: Leave warnings and logs on.
        interrupted: What is printed after Ctrl-C: whether the command has left anything behind.
        log_format: Log to standard error in this format; where it is ``json``, the error too.
    """
    if not verbose:
        warnings.simplefilter("ignore")
    if log_format is not None:
        from docassay.observe.logging import configure

        configure(log_format, everything=verbose)
    elif not verbose:
        logging.disable(logging.CRITICAL)
    try:
        yield
    except KeyboardInterrupt:
        _tell(interrupted, log_format, screen.print)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except UsageError as error:
        _fail(error, EXIT_USAGE, log_format)
    except RunError as error:
        _fail(error, EXIT_FAILED, log_format)


def _tell(message: str, log_format: LogFormat, show: Callable[[str], None]) -> None:
    """Write a message on standard error, in the format of the log where that is JSON."""
    if log_format == "json":
        from docassay.observe.log import LOGGER

        LOGGER.error(message)
    else:
        show(message)


def _fail(error: Exception, code: int, log_format: LogFormat) -> None:
    _tell(str(error), log_format, say)
    raise typer.Exit(code) from error


def put(text: str) -> None:
    """Print a line on standard output, as far in as it begins."""
    indent = " " * (len(text) - len(text.lstrip(" ")))
    paper.print(f"{indent}{line(text, 1000)}", highlight=False, markup=False, soft_wrap=True)


def say(message: str) -> None:
    """Print one red line on standard error."""
    screen.print(f"docassay: {line(message)}", style="red", highlight=False, markup=False, soft_wrap=True)


def warn(message: str) -> None:
    """Print one yellow line on standard error."""
    screen.print(f"docassay: {line(message)}", style="yellow", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many documents are done and how many there are, the rate and the time left."""
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

        def watch(done: int, total: int) -> None:
            rate = f"{done / (time.monotonic() - began):.1f}"
            bar.update(task, completed=done, total=max(total, done) or None, rate=rate)

        yield watch


def show_run(run: Any, out: str) -> None:
    """Print the counts of a finished run: a row of the table `runs`."""
    seconds = (run.finished - run.started).total_seconds()
    paper.print(
        f"{run.inputs} inputs = {run.documents} documents + {run.rejects} rejects"
        f" + {run.skipped} passed over, in {seconds:.1f} s; tables in {out}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    table = Table(show_edge=False, header_style="bold")
    for heading in ("table", "rows"):
        table.add_column(heading, justify="right" if heading == "rows" else "left")
    for name, number in json.loads(run.table_rows).items():
        table.add_row(name, f"{number:,}")
    paper.print(table)
    for title, values in (
        ("rejects", json.loads(run.reasons)),
        ("seconds by stage", json.loads(run.seconds)),
    ):
        if values:
            listed = " · ".join(f"{name} {number:,}" for name, number in values.items())
            paper.print(f"{title}: {listed}", highlight=False, markup=False, soft_wrap=True)
