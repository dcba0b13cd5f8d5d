"""The command `docassay batch`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from pipelines.terminal import (
    Budget,
    Domain,
    Escalate,
    LogFormat,
    Models,
    ending,
    errors,
    paper,
    progress,
    use_models,
)

app = typer.Typer()

RUNNERS = ("local", "prism", "flink", "dataflow")


def _runner(value: str) -> str:
    if value not in RUNNERS:
        raise typer.BadParameter(f"there is no runner {value!r}; there are {', '.join(RUNNERS)}")
    return value


def _metrics(value: Path | None) -> Path | None:
    if value is not None and (value.is_dir() or not os.access(value.absolute().parent, os.W_OK)):
        raise typer.BadParameter(f"{value} cannot be written; name a file in a folder that exists")
    return value


@app.command(
    epilog=ending(
        "docassay batch contracts/ 'mail/*.eml' --out tables · then: docassay show tables"
        " · or: duckdb -c \"select * from 'tables/flags/*.parquet'\""
        " · elsewhere: docassay batch gs://b/in/** --out gs://b/tables --runner dataflow -- --project=P"
        " --region=R --temp_location=gs://b/temp --sdk_container_image=IMAGE",
        "0 published (rejects are no failure) · 2 a wrong option, path, model or domain, before any work"
        " · 3 the run failed and published nothing · 130 interrupted, nothing published",
    )
)
def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Files, folders, patterns, .jsonl or .parquet with a text column; gs:// and s3:// too;"
            " @LIST: a file of such names, one a line. What follows -- are the runner's own options.",
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder for the tables; a folder of earlier runs is added to.")],
    domain: Domain = "auto",
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Pass over documents that OUT already has.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Processes on this machine; 0: as many as pay.")
    ] = 0,
    text_column: Annotated[str, typer.Option(help="Column of .jsonl and .parquet inputs.")] = "text",
    ocr: Annotated[
        bool, typer.Option("--ocr", help="Read scanned pages with Tesseract, where present.")
    ] = False,
    models: Models = None,
    escalate: Escalate = None,
    escalate_budget: Budget = 100,
    runner: Annotated[
        str,
        typer.Option(
            metavar="|".join(RUNNERS),
            callback=_runner,
            help="Where it runs: on this machine, or by a Beam runner whose options follow after --.",
        ),
    ] = "local",
    metrics: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.prom", callback=_metrics, help="Write the run's numbers for Prometheus at its end."
        ),
    ] = None,
    log_format: LogFormat = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log what the workers say, tracebacks too.")
    ] = False,
) -> None:
    """Turn documents into validated Parquet, and say what was found."""
    inputs, further = _parted(inputs)
    if workers and runner != "local":
        raise typer.BadParameter(
            "is for --runner local; elsewhere the runner decides", param_hint="--workers"
        )
    use_models(models)
    with errors(verbose, "interrupted; nothing was published", log_format):
        from pipelines import runners
        from pipelines.batch import Batch, run
        from pipelines.graph import Options
        from transforms.parse import Limits

        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if runner == "local":
            workers = workers or _workers(inputs, cores)
            threads = max(1, cores // workers)
        else:
            threads = runners.threads(runners.pipeline_options(runner, further))
        options = Options(
            domain=None if domain == "auto" else domain,
            threads=threads,
            text_column=text_column,
            limits=Limits(ocr=ocr),
            escalate=escalate,
            escalate_budget=escalate_budget,
        )
        asked = Batch(tuple(inputs), out, new_only, max(1, workers), verbose, runner, further, options)
        with progress("reading") as watch:
            done = run(asked, watch)
        if done is not None and metrics is not None:
            from pipelines import prometheus

            prometheus.write(done, metrics)
    if done is None:
        paper.print("the template is written; nothing has run", highlight=False)
    else:
        show_run(done, out)


def _parted(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Part inputs from the runner's options: only after ``--`` can a word begin with two dashes."""
    first = next((n for n, word in enumerate(words) if word.startswith("--")), len(words))
    if not first:
        raise typer.BadParameter("missing: name at least one", param_hint="IN...")
    return words[:first], tuple(words[first:])


def _workers(inputs: list[str], cores: int) -> int:
    """Start a second process only where there is enough to read to pay for its start."""
    files = 0
    for name in inputs:
        if "://" in name or name.startswith("@") or name.endswith((".jsonl", ".parquet")):
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
