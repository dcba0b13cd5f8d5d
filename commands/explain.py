"""The command `docassay explain`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from docassay.commands.options import EXIT_FAULT, epilog, errors, print_error, writable
from docassay.commands.reading import Reading, Root, below, with_options
from docassay.schemas.uris import local_path
from docassay.transforms.read import entries_of, locate

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
    epilog=epilog(
        "docassay explain contract.pdf · docassay explain mail.eml --html mail.html"
        " · docassay explain contract.pdf --pdf marked.pdf · docassay explain note.docx --json | jq .flags",
        "0 explained · 1 the document was rejected · 2 a wrong option, path, model or domain, before any work"
        " · 3 the page or PDF could not be written · 130 interrupted",
    )
)
@with_options()
def explain(
    *,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The document.")],
    reading: Reading,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each document: its rows and text.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(metavar="OUT.html", callback=writable, help="Write an HTML page instead of printing."),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.pdf",
            callback=writable,
            help="Write the pages of a PDF with the evidence highlighted.",
        ),
    ] = None,
    root: Root = None,
    tables: Annotated[
        str | None,
        typer.Option(metavar="TABLES", help="The tables that name FILE, with --root."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Show all of a long text, not only the parts around evidence.")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="Mark evidence with brackets instead of colours.")
    ] = False,
) -> None:
    """Show one document with its evidence marked in its text: signs of fraud, checks, labels, and why.

    The attachments of a mail or PDF follow it, each a document of its own; a batch scan gives each of its
    documents. A document in a file is named as in the tables: mail.eml#attachment-1, scan.pdf#part-2,
    notes.jsonl#line-7. A link is followed, since it is named.

    --html shows the pages of a PDF beside its text. --pdf writes these pages anew, each piece of evidence
    highlighted with its rule and source; whatever else is in the PDF stays.
    """
    with errors():
        file = below(file, root, tables, "--tables")
    file = _file(file)
    path = local_path(locate(file).file)
    for option, out in (("--html", html), ("--pdf", pdf)):
        if out is not None and path and os.path.exists(path) and out.exists() and out.samefile(path):
            raise typer.BadParameter(f"{out} is the document itself", param_hint=f"'{option}'")
    refused = None
    with errors():
        from docassay.commands import explain_outputs
        from docassay.models import encoder_group
        from docassay.models.catalog import DEFAULT_ENCODER
        from docassay.models.engine import default_threads
        from docassay.schemas.rows import Reject
        from docassay.schemas.uris import whole_of
        from docassay.transforms.context import Context
        from docassay.views import explain

        reading.check()
        encoder_group.check(DEFAULT_ENCODER)
        options = reading.options(default_threads())
        written: list[explain_outputs.Page | explain_outputs.MarkedPdf] = []
        if pdf is not None:
            written.append(explain_outputs.MarkedPdf(pdf, options.limits))
        if html is not None:
            written.append(explain_outputs.Page(html, options.limits, full))
        show = explain_outputs.printer(as_json, full, no_color) if as_json or not written else None
        kept: dict[str, bytes] = {}
        going: dict[str, list[dict[str, Any]]] | None = {} if reading.personal_data else None
        outcomes = explain.explain(file, Context(options), kept if written else None, going)
        for number, outcome in enumerate(outcomes):
            is_part = whole_of(outcome.uri) is not None and outcome.uri != file
            if not number and isinstance(outcome, Reject) and not is_part:
                refused = outcome  # which is said at the end
            content = kept.pop(outcome.uri, None)
            removed = going.pop(outcome.uri, None) if going else None
            if show and (as_json or outcome is not refused):
                show(outcome, removed)
            for output in written:
                output.take(outcome, content, removed)
        for output in written:
            output.end()
    if refused is not None:
        print_error(f"{file}: rejected in {refused.stage}: {refused.reason}, {refused.detail}")
        raise typer.Exit(EXIT_FAULT)
