"""Shared parts of the commands: options, output streams, exit codes, one-line errors, progress."""

from __future__ import annotations

import getpass
import logging
import os
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
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

SWEPT = "interrupted; the next command finishes or cleans up what was begun"
"""What a command says when it is interrupted while it changes files of tables."""

MEGABYTE = 1_000_000

stderr = Console(stderr=True, emoji=False)
stdout = Console(emoji=False)


def epilog(example: str, exit_codes: str) -> str:
    """Format the end of a command's help: an example and the exit codes."""
    return f"Example: {example}\n\nExit codes: {exit_codes}"


Tables = Annotated[
    str, typer.Argument(metavar="TABLES", help="The folder of tables that `batch` or `stream` wrote.")
]
Reviewer = Annotated[
    str, typer.Option(metavar="NAME", help="The reviewer to record; default: your login name.")
]
Models = Annotated[
    list[Path] | None,
    typer.Option(
        exists=True,
        help="A model folder (as `docassay train` writes), or a folder of them, used beside the shipped ones;"
        " it replaces a shipped model of the same name.",
    ),
]
Limit = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT=N",
        help="A limit for each document: parse or rules (seconds); bytes, chars or pages; translate or assess"
        " (characters that are read); translate=60s (a time limit). Repeatable. `redact` takes parse, bytes,"
        " chars and pages (docs/operations.md).",
    ),
]
Ocr = Annotated[bool, typer.Option("--ocr", help="Read scanned pages and pictures.")]

LogFormat = Annotated[
    Literal["text", "json"] | None,
    typer.Option(
        help="Log each reject and step on standard error, one line each, never the text of a document."
    ),
]

PartitionBy = Annotated[
    Literal["month", "domain", "source"] | None,
    typer.Option(
        help="Keep the tables in folders by month of the document's own date, by domain, or by the folder of"
        " its file: files elsewhere are moved (docs/maintenance.md)."
    ),
]
LineageTarget = Annotated[
    str | None,
    typer.Option(
        "--lineage",
        metavar="URL|FILE",
        help="Send OpenLineage events of the run to an HTTP endpoint, or append them to a file.",
    ),
]


@contextmanager
def lineage_session(target: str | None, out: str, log_format: LogFormat = None) -> Iterator[Any]:
    """Yield the lineage client of `--lineage`, or None; warn at the end about events that were not sent."""
    if target is None:
        yield None
        return
    try:
        from docassay.pipelines.lineage import Lineage
    except ImportError:
        raise MissingError("--lineage needs the extra `lineage`: pip install '.[lineage]'") from None

    lineage = Lineage(target, out)
    try:
        yield lineage
    finally:
        if problem := lineage.close():
            _tell(f"warning: {problem}", log_format, print_warning)


def check_ocr(ocr: bool) -> None:
    """Refuse `--ocr` before any work where what it needs is not installed.

    Raises:
        MissingError: The extra is missing; the message names the command that installs it.
    """
    if ocr:
        from docassay.transforms.formats.ocr import lacking

        if what := lacking():
            raise MissingError(what)


_LIMITED = {
    "parse": ("seconds", 0.1),
    "bytes": ("bytes", 1),
    "chars": ("chars", 1),
    "pages": ("pages", 1),
    "translate": ("translate_chars", 0),
    "assess": ("assess_chars", 0),
    "rules": ("rule_seconds", 0.1),
}
"""What `--limit` limits: the field of `Limits` or `Budget`, and the least of it, whose type it has."""

_CLOCKED = {"translate": ("translate_seconds", 0.1)}
"""What it limits by a clock, too, where an ``s`` stands behind the number."""

_MOST_SECONDS = 1_000_000


def limited(given: Sequence[str] | None, *limits: Any) -> list[Any]:
    """Give `Limits`, and `Budget` where it is among them, with the limits of `--limit`.

    Raises:
        UsageError: One is none of these, or no number that it may be.
    """
    named = {field.name for one in limits for field in fields(one)}
    pairs = ",".join(given).split(",") if given else []
    clocks = {what for what, (name, _) in _CLOCKED.items() if name in named}
    clocked = [pair for pair in pairs if pair.endswith("s") and pair.partition("=")[0] in clocks]
    values: dict[str, float] = {}
    for fields_of, some in ((_LIMITED, [pair for pair in pairs if pair not in clocked]), (_CLOCKED, clocked)):
        least = {what: least for what, (name, least) in fields_of.items() if name in named}
        plain = [_without_unit(pair, least) for pair in some]
        for what, value in numbers("--limit", plain, least).items():
            values[fields_of[what][0]] = type(least[what])(value)
    for name, value in values.items():
        if name.endswith("seconds") and value > _MOST_SECONDS:
            raise UsageError(f"--limit: {value:g} seconds are more than {_MOST_SECONDS:,}")
    return [
        replace(one, **{field.name: values[field.name] for field in fields(one) if field.name in values})
        for one in limits
    ]


def _without_unit(pair: str, least: Mapping[str, float]) -> str:
    """Take the ``s`` away that may stand behind seconds."""
    is_seconds = isinstance(least.get(pair.partition("=")[0]), float)
    return pair.removesuffix("s") if is_seconds else pair


def numbers(option: str, given: Sequence[str], least: Mapping[str, float]) -> dict[str, float]:
    """Read values of an option that are written as WHAT=N.

    Raises:
        UsageError: One is not, is less than the `least` of what it limits, or no whole number where that is.
    """
    values: dict[str, float] = {}
    for one in given:
        what, _, number = one.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1
        if what not in least or not 0 <= value < 1e12:
            raise UsageError(f"{option} {one}: give one of {', '.join(least)} as WHAT=N")
        if value < least[what] or (isinstance(least[what], int) and value != int(value)):
            whole = " as a whole number" if isinstance(least[what], int) else ""
            raise UsageError(f"{option} {one}: give {least[what]} or more{whole}")
        values[what] = value
    return values


def writable(value: Path | None) -> Path | None:
    """Refuse an output file that cannot be written, before any work; the callback of an option."""
    if value is not None and (value.is_dir() or not os.access(value.absolute().parent, os.W_OK)):
        raise typer.BadParameter(f"{value} cannot be written; name a file in a folder that exists")
    return value


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically.

    Raises:
        RunError: The file cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RunError(f"{path} could not be written: {error.strerror or error}") from None


def user() -> str:
    """Return the login name.

    Raises:
        UsageError: The system has none, as in a container.
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise UsageError("the system has no login name for you; give one with --reviewer NAME") from None


def check_outside(file: Path, out: str) -> None:
    """Refuse an output file inside the folder of the tables.

    Raises:
        UsageError: The file would lie there.
    """
    if "://" not in out and Path(out).resolve() in file.resolve().parents:
        raise UsageError(f"{file} is inside the folder of the tables; name a file elsewhere")


def domain_or(other: str) -> Callable[[str], str]:
    """Make the callback of an option that takes the name of a domain, or this word."""

    def check(value: str) -> str:
        from docassay import domains

        if value != other and value not in domains.names():
            names = ", ".join(filter(None, (other, *domains.names())))
            raise typer.BadParameter(f"there is no domain {value!r}; there are {names}")
        return value

    return check


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """Make the callback of an option that takes the name of one of these runners."""

    def check(value: str) -> str:
        if value not in names:
            raise typer.BadParameter(f"there is no runner {value!r}; there are {', '.join(names)}")
        return value

    return check


def use_models(models: list[Path] | None) -> tuple[str, ...]:
    """Prefer the models in these folders over the shipped ones in this process.

    Returns:
        The absolute paths, for `transforms.context.Options`, which hands them to the workers.
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
    verbose: bool = False,
    interrupted: str = "interrupted",
    log_format: LogFormat = None,
    failed: Callable[[int, str], None] = lambda *_: None,
) -> Iterator[None]:
    """Turn errors that a user can fix into one line and an exit code.

    Args:
        verbose: Leave warnings and logs on.
        interrupted: The message after Ctrl-C, which says whether the command left anything behind.
        log_format: Format of the log on standard error; with ``json`` the error is a JSON line, too.
        failed: Is told the exit code and the message of an error.
    """
    if not verbose:
        warnings.simplefilter("ignore")
    if log_format is not None:
        from docassay.observe.log import configure

        configure(log_format, everything=verbose)
    elif not verbose:
        logging.disable(logging.CRITICAL)
    try:
        yield
    except KeyboardInterrupt:
        failed(EXIT_INTERRUPTED, interrupted)
        _tell(interrupted, log_format, stderr.print)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except (UsageError, RunError) as error:
        code = EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
        failed(code, str(error))
        _tell(str(error), log_format, print_error)
        raise typer.Exit(code) from error


def _tell(message: str, log_format: LogFormat, show: Callable[[str], None]) -> None:
    """Write a message to standard error, as JSON where that is the format of the log."""
    if log_format == "json":
        from docassay.observe.log import LOGGER

        LOGGER.error(message)
    else:
        show(message)


def print_plain(text: str, console: Console = stdout, style: str | None = None) -> None:
    """Print a text as it is, on lines of any length."""
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


def table_of(*headings: str, right: Collection[str] = (), lines: bool = False) -> Table:
    """Begin a table with these columns; those of `right` are aligned there."""
    table = Table(show_edge=False, header_style="bold", show_lines=lines)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return table


def print_line(text: str) -> None:
    """Print a line on standard output; its indentation is kept."""
    indent = " " * (len(text) - len(text.lstrip(" ")))
    print_plain(f"{indent}{line(text, 1000)}")


def print_error(message: str) -> None:
    """Print a message in red on standard error."""
    print_plain(f"docassay: {line(message)}", stderr, style="red")


def print_warning(message: str) -> None:
    """Print a message in yellow on standard error."""
    print_plain(f"docassay: {line(message)}", stderr, style="yellow")
