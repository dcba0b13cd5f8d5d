"""The command line: one name for all commands, errors as one line, exit codes.

Other packages add commands by an entry point of the group `docassay.commands` that names a `typer.Typer`.
Heavy imports stand inside the commands, so that help and `explain` are quick.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup

from docassay.commands import (
    batch,
    check,
    compact,
    decide,
    domains,
    explain,
    forget,
    query,
    redact,
    report,
    retry,
    review,
    rules,
    samples,
    schema,
    show,
    stream,
    verify,
    views,
)
from docassay.commands.options import EXIT_INTERRUPTED, EXIT_USAGE, screen
from docassay.observe.sanitize import line, replace_with_ascii

EXIT_CODES = """
Exit codes: 0 done (rejects are no failure) · 1 `check` found a fault, or a document to explain or redact was
rejected · 2 a wrong option, path, model or domain, before any work · 3 the run failed and published
nothing · 4 `verify` found a fault, or `rules test` an example that does not hold · 130 interrupted, nothing
published.
"""


WINDOWS = (
    "docassay: Windows cannot bound what a hostile document does; use Linux, macOS, or WSL: wsl --install"
)


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
            code = EXIT_INTERRUPTED
        if standalone_mode:
            sys.exit(code or 0)
        return code


app = typer.Typer(
    name="docassay",
    cls=Commands,
    help="Read legal, financial and medical documents into tables of evidence: labels, signs of fraud,"
    " compliance findings." + EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for _commands in (
    batch,
    stream,
    explain,
    redact,
    show,
    query,
    views,
    report,
    samples,
    check,
    domains,
    rules,
    schema,
    compact,
    retry,
    review,
    verify,
    forget,
    decide,
):
    app.add_typer(_commands.app)
for _entry in entry_points(group="docassay.commands"):
    app.add_typer(_entry.load())


def main() -> None:
    """Run the command line: the console script `docassay`.

    Linux is supported in full, macOS for `explain`, `show`, and `batch` on the machine itself. Windows lacks
    what bounds a hostile document: process groups, limits on memory and processor time.
    """
    if sys.platform in ("win32", "cygwin"):
        print(WINDOWS, file=sys.stderr)
        sys.exit(EXIT_USAGE)
    codecs.register_error("docassay", replace_with_ascii)
    for terminal in (sys.stdout, sys.stderr):
        if isinstance(terminal, io.TextIOWrapper):
            terminal.reconfigure(errors="docassay")
    try:
        app()
    except KeyboardInterrupt:  # before anything was begun, or after all was done
        _leave(EXIT_INTERRUPTED)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            _leave(end.code or 0)
        raise


def _leave(code: int) -> None:
    """End the process at once.

    Everything is done and closed by now. An orderly end tears down engines whose threads still run, which
    at times aborted the process after a good run, and lost its exit code.
    """
    logging.shutdown()
    for terminal in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            terminal.flush()
    os._exit(code)
