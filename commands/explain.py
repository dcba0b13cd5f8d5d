"""The command `docassay explain`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from docassay.commands.options import (
    EXIT_FAULT,
    Domain,
    Models,
    Ocr,
    Parts,
    PersonalData,
    TextColumn,
    check_ocr,
    ending,
    errors,
    say,
    screen,
    use_models,
    writable,
)
from docassay.observe.sanitize import line
from docassay.schemas.errors import RunError
from docassay.schemas.uris import local_path
from docassay.transforms.lists import entries_of
from docassay.transforms.local import locate

app = typer.Typer()


def _file(value: str) -> str:
    named = locate(value)
    path = local_path(named.file)
    if path is not None and not os.path.exists(path):
        raise typer.BadParameter(f"{value}: no such file")
    if path is not None and os.path.isdir(path):
        raise typer.BadParameter(f"{value} is a folder; explain reads one document, batch reads folders")
    if not named.marks and (entries := entries_of(named.file)):
        raise typer.BadParameter(
            f"{value} holds many documents; name one of them: '{value}#{entries.removesuffix('s')}-1'"
        )
    return value


@app.command(
    epilog=ending(
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
        typer.Option(metavar="OUT.html", callback=writable, help="Write a page instead of printing."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Show all of a long text, not only what is around its evidence.")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="Mark evidence by brackets, as in a file.")
    ] = False,
    ocr: Ocr = False,
    parts: Parts = "auto",
    personal_data: PersonalData = False,
    text_column: TextColumn = "text",
    models: Models = None,
) -> None:
    """Show one document with its evidence marked in its text: signs of fraud, checks, labels, and why.

    The attachments of a mail or PDF follow it, each a document of its own; a scan of a pile gives each of its
    documents. A document in a file is named as in the tables: mail.eml#attachment-1, scan.pdf#part-2,
    notes.jsonl#line-7. A link is followed, since it is named.
    """
    path = local_path(locate(file).file)
    if html is not None and path and os.path.exists(path) and html.exists() and html.samefile(path):
        raise typer.BadParameter(f"{html} is the document itself", param_hint="'--html'")
    use_models(models)
    refused = None
    with errors():
        from docassay.models import encoder_group
        from docassay.models.catalog import DEFAULT_ENCODER
        from docassay.models.engine import default_threads
        from docassay.models.translators import CatalogTranslators
        from docassay.schemas.rows import Reject, Result
        from docassay.transforms.formats import Limits
        from docassay.views import explain
        from docassay.views.html import page
        from docassay.views.terminal import render

        # The choices are checked before the document is opened.
        check_ocr(ocr)
        encoder_group.check(DEFAULT_ENCODER)
        console = Console(color_system=None) if no_color else Console()
        console.width = min(console.width, 110)
        outcomes: list[Result | Reject] = []
        for outcome in explain.explain(
            file,
            lambda: encoder_group.open_reader(DEFAULT_ENCODER, default_threads()),
            None if domain == "auto" else domain,
            Limits(ocr=ocr, parts=parts == "auto"),
            CatalogTranslators(default_threads()),
            text_column,
            personal_data,
        ):
            if not outcomes and isinstance(outcome, Reject):
                refused = outcome
            if as_json:
                print(explain.as_json(outcome, ascii_only=not _unicode()))
            elif html is None and outcome is not refused:
                render(outcome, console, full)
            if html is not None or not outcomes:
                outcomes.append(outcome)
        if html is not None:
            _write_page(html, page(outcomes, full))
            screen.print(f"wrote {line(str(html))}", highlight=False, markup=False, soft_wrap=True)
    if refused is not None:
        say(f"{file}: rejected in {refused.stage}: {refused.reason}, {refused.detail}")
        raise typer.Exit(EXIT_FAULT)


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _write_page(path: Path, content: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(content, encoding="utf-8", errors="replace")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RunError(f"{path} could not be written: {error.strerror or error}") from None
