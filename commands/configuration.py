"""A configuration file, which gives options of commands their values.

It is used only where it is named: one that merely lies in a folder may have come with documents, and would
say where texts go and which files are written. A table of it is a command, a key in it an option without its
dashes, or an argument by its name in Python:

    [batch]
    inputs = ["s3://in/**"]
    out = "tables"
    new-only = true
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from docassay.commands.options import EXIT_USAGE
from docassay.schemas.errors import RunError, UsageError, did_you_mean

VARIABLE = "DOCASSAY_CONFIG"
"""Names the file where no option does."""

_MOST_BYTES = 1_000_000


def defaults(ctx: typer.Context, file: Path) -> dict[str, Any]:
    """Read the values that a file gives to the command that is being run.

    Args:
        ctx: The context of the program, whose command is known by now.
        file: The configuration file.

    Returns:
        What click takes as its `default_map`: commands, with the values of their parameters by name.

    Raises:
        UsageError: The file cannot be read, or names an option that the command has not.
    """
    group: Any = ctx.command
    tables = read(file)
    invoked = ctx.invoked_subcommand or ""
    try:
        check_commands(ctx, tables, file)
        if invoked not in tables:
            return {}
        command = group.get_command(ctx, invoked)
        return {invoked: values_of(command, tables[invoked], f"{file}: [{invoked}]")}
    except UsageError as error:
        note_usage_error(tables.get(invoked, {}), str(error))
        raise


def check_commands(ctx: typer.Context, tables: Mapping[str, Any], file: Path) -> None:
    """Check that each table of a file is a command.

    Raises:
        UsageError: One is none.
    """
    group: Any = ctx.command
    for name in tables:
        if group.get_command(ctx, name) is None:
            raise UsageError(f"{file}: there is no command {name!r}{near(name, group.list_commands(ctx))}")


def note_usage_error(values: Mapping[str, Any], message: str) -> None:
    """Write a usage error to the summary of a batch, where one is named, in place of the last run's."""
    summary, out = values.get("summary"), values.get("out")
    if isinstance(summary, str | Path):
        from docassay.commands.running import write_summary

        with suppress(RunError):
            write_summary(Path(summary), EXIT_USAGE, None if out is None else str(out), error=message)


def read(file: Path) -> dict[str, Any]:
    """Read the tables of a file, one for each command.

    Raises:
        UsageError: It cannot be read, or something stands outside a table.
    """
    try:
        with file.open("rb") as content:
            text = content.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise UsageError(f"{file} is larger than {_MOST_BYTES:,} bytes")
        tables = tomllib.loads(text.decode())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from None
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(f"{file}: {name} is outside any table; put it under [batch], for example")
    return tables


def values_of(command: Any, table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Give the values of a table by the names of the command's parameters, each as on the command line."""
    if commands := getattr(command, "commands", None):
        if unknown := [name for name in table if name not in commands or not isinstance(table[name], dict)]:
            raise UsageError(f"{where} has no command {unknown[0]!r}{near(unknown[0], commands)}")
        return {
            name: values_of(commands[name], some, f"{where[:-1]}.{name}]") for name, some in table.items()
        }
    parameters = {key_of(parameter): parameter for parameter in command.params if parameter.name != "help"}
    values = {}
    for key, value in table.items():
        if key not in parameters:
            raise UsageError(f"{where} has no option {key!r}{near(key, parameters)}")
        values[parameters[key].name] = _value(parameters[key], value, f"{where} {key}")
    return values


def key_of(parameter: Any) -> str:
    """Give the key of a parameter: its option without dashes, or its name."""
    longest: str = max(parameter.opts, key=len)
    return longest.lstrip("-").replace("_", "-")


def _value(parameter: Any, value: Any, where: str) -> Any:
    if getattr(parameter, "is_flag", False):
        if not isinstance(value, bool):
            raise UsageError(f"{where} must be true or false")
        return value
    several = getattr(parameter, "multiple", False) or parameter.nargs == -1
    given = value if several and isinstance(value, list) else [value]
    if any(isinstance(one, bool) or not isinstance(one, str | int | float) for one in given):
        raise UsageError(f"{where} must be a text or a number{', or a list of them' if several else ''}")
    words = tuple(str(one) for one in given)
    return words if several else words[0]


def near(name: str, names: Any) -> str:
    """Say which name was probably meant, or which there are."""
    known = f"there are {', '.join(names)}"
    return f"; {did_you_mean(name, names, known)}"
