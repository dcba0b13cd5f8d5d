"""The command `docassay verify`."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from docassay.commands.options import EXIT_FOUND, SWEPT, Tables, epilog, errors, print_line
from docassay.views.labels import counted

if TYPE_CHECKING:
    from docassay.storage.maintain.quarantine import SetAside
    from docassay.storage.maintain.verify import Report

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay verify tables · docassay verify tables --json | jq -r '.faults[].path'"
        " · docassay verify tables --quarantine",
        "0 nothing is wrong · 2 a wrong option, no tables, or another run writes · 3 the file system refused;"
        " nothing was changed · 4 something was found, even if --quarantine has repaired it · 130"
        " interrupted",
    )
)
def verify(
    out: Tables,
    quarantine: Annotated[
        bool,
        typer.Option(
            "--quarantine",
            help="Move damaged files and their groups to TABLES/.quarantine; list what to read again.",
        ),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Move them to this folder; implies --quarantine."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read every file of the tables; report what is damaged, missing, duplicated, orphaned or left over.

    A line for each fault says which file it is and what to do. Without --quarantine nothing is changed.
    """
    done = None
    with errors(interrupted=SWEPT):
        from docassay.pipelines.maintain import quarantine_tables, verify_tables

        if quarantine or to is not None:
            report, done = quarantine_tables(out, to)
        else:
            report = verify_tables(out)
    if as_json:
        print(json.dumps(_fields(report, done)))
    else:
        for words in _lines(report, done):
            print_line(words)
    if report.faults:
        raise typer.Exit(EXIT_FOUND)


def _fields(report: Report, done: SetAside | None) -> dict[str, object]:
    again = _again(report, done) if done else None
    return {
        "folder": report.out,
        "files": report.files,
        "rows": report.rows,
        "decisions": {"rows": report.head.sequence, "digest": report.head.digest},
        "faults": [fault._asdict() for fault in report.faults],
        "quarantine": None if done is None else {**asdict(done), "command": again},
    }


def _lines(report: Report, done: SetAside | None) -> list[str]:
    words = [
        f"{fault.kind} {report.out}/{fault.path}: {fault.detail}"
        + ("" if done and "--quarantine" in fault.remedy else f"; {fault.remedy}")
        for fault in report.faults
    ]
    read = f"{counted(report.files, 'file')}, {counted(report.rows, 'row')}"
    words.append(f"{read}: {counted(len(report.faults), 'fault') if report.faults else 'no faults'}")
    if report.head.sequence:
        of = counted(report.head.sequence, "decision")
        words.append(f"decisions: the chain of {of} is intact; digest of the last: {report.head.digest}")
    if report.pending:
        words.append(
            "rows were not compared: a killed run was only partly published; finish it and verify again"
        )
    if done is not None:
        words.append(f"set aside in {done.folder}: {counted(len(done.files), 'file')}")
        if again := _again(report, done):
            words.append(f"{done.inputs:,} inputs must be read again from where they were read: {again}")
        if done.unlisted:
            words.append(f"{done.unlisted:,} documents came as messages; have them sent again")
        words += [f"{name} can no longer be read; what it listed must be read again" for name in done.gone]
    return words


def _again(report: Report, done: SetAside) -> str | None:
    """Return the command that reads lost documents again."""
    if done.list_path is None:
        return None
    words = ["docassay", "batch", f"@{done.list_path}", "--out", report.out]
    return shlex.join(words if done.replaces else [*words, "--new-only"])
