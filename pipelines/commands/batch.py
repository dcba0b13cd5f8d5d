"""The command `docassay batch`."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer
from rich.table import Table

from pipelines.terminal import Domain, Models, ending, errors, paper, progress, use_models

app = typer.Typer()


@app.command(
    epilog=ending(
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
    use_models(models)
    with errors(verbose, interrupted="interrupted; nothing was published"):
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
        with progress("reading") as watch:
            done = run(Batch(tuple(inputs), out, new_only, workers, verbose, options), watch)
    show_run(done, out)


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


def show_run(done: Any, out: str) -> None:
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
