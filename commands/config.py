"""The command `docassay config`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from docassay.commands.configuration import VARIABLE, check_commands, key_of, near, read, values_of
from docassay.commands.options import epilog, errors, print_plain, stdout, table_of
from docassay.schemas.errors import UsageError

_EPILOG = epilog(
    "docassay config show batch · docassay --config docassay.toml config show batch",
    "0 shown · 2 no such command, or a fault in the file",
)

app = typer.Typer()
group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")
app.add_typer(
    group,
    name="config",
    help="Show which options a configuration file gives.",
    epilog=_EPILOG,
)


@group.command(epilog=_EPILOG)
def show(
    ctx: typer.Context,
    command: Annotated[
        str, typer.Argument(help="The command, such as batch; in a group, such as 'rules new'.")
    ],
) -> None:
    """List the options of a command, their values, and where each comes from."""
    with errors():
        root: Any = ctx.find_root()
        file: Any = root.params.get("config")
        found: Any = root.command
        for name in command.split():
            names = getattr(found, "list_commands", lambda _: ())(ctx)
            if name not in names:
                raise UsageError(f"there is no command {command!r}{near(name, names)}")
            found = found.get_command(ctx, name)
        if getattr(found, "commands", None):
            raise UsageError(f"{command} is a group of commands: {', '.join(found.commands)}")
        given: Mapping[str, Any] = read(file) if file else {}
        check_commands(root, given, file)
        for name in command.split():
            given = given.get(name, {})
        values = values_of(found, given, f"{file}: [{'.'.join(command.split())}]")
        with typer.Context(found, info_name=command) as running:
            for parameter in found.params:
                if parameter.name in values:
                    try:
                        parameter.process_value(running, values[parameter.name])
                    except typer.BadParameter as error:
                        raise UsageError(f"{file}: {error.format_message()}") from None
        print_plain(f"configuration file: {file or f'none; name one with --config or {VARIABLE}'}")
        table = table_of("option", "value", "from")
        for parameter in found.params:
            if parameter.name != "help":
                table.add_row(key_of(parameter), *_from(parameter, values, str(file)))
        stdout.print(table, highlight=False)


def _from(parameter: Any, values: Mapping[str, Any], file: str) -> tuple[str, str]:
    """Give the value that a parameter has unless the command line says otherwise, and its source."""
    variables = [parameter.envvar] if isinstance(parameter.envvar, str) else parameter.envvar or []
    for variable in variables:
        if value := os.environ.get(variable):
            return value, variable
    if parameter.name in values:
        value = values[parameter.name]
        return ", ".join(value) if isinstance(value, tuple) else str(value), file
    if parameter.required:
        return "", "required"
    default = parameter.default
    return "" if default is None or default == () else str(default), "default"
