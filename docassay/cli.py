"""The command line: one name for all commands, errors as one line, exit codes.

Other packages add commands by an entry point of the group `docassay.commands` that names a `typer.Typer`; one
with the name of a command of docassay is not added. A command's module is imported when the command is asked
for, and heavy imports stand inside the commands, so that each begins quickly.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import io
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from docassay.commands.configuration import VARIABLE, defaults, note_usage_error
from docassay.commands.options import EXIT_INTERRUPTED, EXIT_USAGE, print_error, stderr
from docassay.observe.sanitize import line, replace_with_ascii
from docassay.schemas.errors import UsageError

COMMANDS = (
    "batch",
    "stream",
    "explain",
    "redact",
    "show",
    "query",
    "search",
    "facts",
    "views",
    "report",
    "samples",
    "check",
    "domains",
    "einvoice",
    "rules",
    "schema",
    "compact",
    "retry",
    "review",
    "verify",
    "forget",
    "decide",
    "train",
    "models",
    "config",
)
"""The commands that come with docassay, as help lists them: each a module of `docassay.commands`."""

EXIT_CODES = """
Exit codes: 0 done (rejects are not failures) · 1 `check` found a fault, or a document to explain or redact
was rejected · 2 a wrong option, path, model or domain, before any work · 3 the command failed while it
worked; a batch to a folder has then published nothing · 4 something was found: `verify`, `rules test`,
`report --fail-on-drift`, `batch --fail-on-empty` · 130 interrupted; a batch has then published nothing.
"""


WINDOWS = "docassay: Windows cannot contain a hostile document; use Linux, macOS, or WSL: wsl --install"


_typed = getattr(typer.core, "build_runtime_param", None)


class _AsGiven:
    """Takes texts and defaults as they are; to take any value typer imports Pydantic, which is 0.1 s."""

    def __init__(self, descriptor: Any) -> None:
        self._descriptor = descriptor

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        is_text = self._descriptor.annotation is str and isinstance(value, str)
        if is_text or (value is not None and value is param.default):
            return value
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        return _typed(self._descriptor).coerce(value, param=param, ctx=ctx) if _typed else value


if _typed:
    vars(typer.core)["build_runtime_param"] = _AsGiven


class Commands(TyperGroup):
    """The commands; a wrong option or argument is one line on standard error, not a screen of usage."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Name all commands, in the order of help."""
        self._load_all()
        return list(self.commands)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """Return a command, importing only its module; for a name of another package, all modules."""
        if cmd_name in COMMANDS:
            self._load(cmd_name)
        elif cmd_name not in self.commands:
            self._load_all()
        return self.commands.get(cmd_name)

    def _load(self, name: str) -> None:
        if name not in self.commands:
            self._add(import_module(f"docassay.commands.{name}").app)

    def _load_all(self) -> None:
        from importlib.metadata import entry_points

        for name in COMMANDS:
            self._load(name)
        self.commands = {name: self.commands[name] for name in (*COMMANDS, *self.commands)}
        for entry in entry_points(group="docassay.commands"):
            if entry.name not in COMMANDS:
                self._add(entry.load())

    def _add(self, some: typer.Typer) -> None:
        holder = typer.Typer()
        holder.add_typer(some)  # one with a name is a group of commands
        for name, command in typer.main.get_group(holder).commands.items():
            self.commands.setdefault(name, command)

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
                stderr.print(
                    f"{command}: {line(message)} (see {command} --help)",
                    style="red",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )
                if (failed := getattr(error, "ctx", None)) is not None:
                    note_usage_error((failed.default_map or {}) | failed.params, line(message))
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


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"docassay {version('docassay')}")
        raise typer.Exit


@app.callback()
def _one_name(  # without it or a command there would be no group
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            envvar=VARIABLE,
            help="Read command options from this file (docs/nightly.md).",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    if config is not None and ctx.invoked_subcommand != "config":
        try:
            ctx.default_map = defaults(ctx, config)
        except UsageError as error:
            print_error(str(error))
            raise typer.Exit(EXIT_USAGE) from None


def main() -> None:
    """Run the command line: the console script `docassay`.

    Linux is supported in full, macOS for `explain`, `show`, and `batch` on the machine itself. Windows lacks
    what bounds a hostile document: process groups, limits on memory and processor time.
    """
    if sys.platform in ("win32", "cygwin"):
        print(WINDOWS, file=sys.stderr)
        sys.exit(EXIT_USAGE)
    gc.set_threshold(200_000, 20, 20)  # modules and rules are many objects that stay
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
