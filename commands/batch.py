"""The command `docassay batch`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from docassay.commands.options import (
    EXIT_FOUND,
    PartitionBy,
    epilog,
    errors,
    one_of,
    print_error,
    stdout,
    writable,
)
from docassay.commands.reading import ESCALATE_EXAMPLE, RunReading, Workers, processes, with_options
from docassay.commands.running import progress, show_run, write_summary
from docassay.pipelines import LOCAL, RUNNERS
from docassay.pipelines.runners.worker import all_local, importing
from docassay.schemas.errors import RunError

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay batch contracts/ 'mail/*.eml' --out tables · then: docassay show tables"
        ' · or: docassay query tables "from flags"'
        " · elsewhere: docassay batch 'gs://b/in/**' --out gs://b/tables --runner dataflow -- --project=P"
        " --region=R --temp_location=gs://b/temp --sdk_container_image=IMAGE"
        f" · a larger model where the small one abstains: {ESCALATE_EXAMPLE}",
        "0 published (rejects are not failures) · 2 a wrong option, path, model or domain, before any work"
        " · 3 the run failed; a folder has none of its rows, and the next run finishes what was begun"
        " in a catalog"
        " · 4 with --fail-on-empty: no document was read · 130 interrupted, nothing published",
    )
)
@with_options()
def batch(
    *,
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Files, folders, patterns, .jsonl or .parquet with a text column; gs:// and s3:// too;"
            " @LIST: a file of such names, one per line. Anything after -- is passed to the runner.",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            metavar="TABLES",
            help="Folder for the tables, or iceberg://CATALOG/NAMESPACE; rows are added to existing tables.",
        ),
    ],
    reading: RunReading,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Skip documents that TABLES already has.")
    ] = False,
    mark_missing: Annotated[
        bool,
        typer.Option(
            "--mark-missing",
            help="Add a reject `read missing` for each document in TABLES whose file is gone from IN.",
        ),
    ] = False,
    max_missing: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="With --mark-missing: stop if more than this share would be missing."
        ),
    ] = 0.5,
    partition_by: PartitionBy = None,
    workers: Workers = 0,
    runner: Annotated[
        str,
        typer.Option(
            metavar="|".join(RUNNERS),
            callback=one_of(RUNNERS),
            help="Run on this machine, or on a Beam runner; its own options follow after --.",
        ),
    ] = LOCAL,
    metrics: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.prom",
            callback=writable,
            help="At the end, write the metrics of the run for Prometheus.",
        ),
    ] = None,
    summary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            callback=writable,
            is_eager=True,  # so that it is known when another option is wrong
            help="Write the outcome of the run as one line of JSON, even if it fails.",
        ),
    ] = None,
    fail_on_empty: Annotated[
        bool,
        typer.Option(
            "--fail-on-empty",
            help="Exit with code 4 if no document was read and --new-only skipped none.",
        ),
    ] = False,
) -> None:
    """Turn documents into validated Parquet tables."""
    inputs, runner_args = _separate(inputs)
    if workers and runner != LOCAL:
        raise typer.BadParameter(
            "is for --runner local; elsewhere the runner decides", param_hint="--workers"
        )

    def failed(exit_code: int, message: str) -> None:
        if summary is not None:
            with suppress(RunError):  # the error that is reported is the first one
                write_summary(summary, exit_code, out, error=message)

    with errors(reading.verbose, "interrupted; nothing was published", reading.log_format, failed):
        if summary is not None:
            write_summary(summary, None, out, error="the run has not ended")
        reading.check(here=runner in (LOCAL, "prism"))  # elsewhere the workers' machines read
        with importing(local=runner == LOCAL and all_local([*inputs, out])):
            from docassay.models.engine import default_threads, spare_memory
            from docassay.pipelines.batch import Batch, run
            from docassay.pipelines.runners.options import pipeline_options, threads

        if runner == LOCAL:
            workers, worker_threads = processes(workers, default_threads(), spare_memory())
        else:
            worker_threads = threads(pipeline_options(runner, runner_args))
        request = Batch(
            inputs=tuple(inputs),
            out=out,
            new_only=new_only,
            workers=max(1, workers),
            verbose=reading.verbose,
            runner=runner,
            runner_args=runner_args,
            options=reading.options(worker_threads),
            follow_links=reading.follow_links,
            mark_missing=mark_missing,
            max_missing=max_missing,
            partition_by=partition_by,
        )
        with (
            reading.lineage_session(out) as following,
            progress("reading", log_format=reading.log_format) as watch,
        ):
            finished = run(request, watch, following)
        if finished is None:
            if summary is not None:
                write_summary(summary, 0, out)
            stdout.print("the template is written; nothing has run", highlight=False)
            return
        is_empty = fail_on_empty and not (finished.documents or finished.skipped)
        if metrics is not None:
            from docassay.observe import prometheus

            prometheus.write(finished, metrics)
        if summary is not None:
            write_summary(summary, EXIT_FOUND if is_empty else 0, out, finished)
    show_run(finished, out)
    if is_empty:
        print_error(f"no document was read: {finished.inputs:,} inputs, {finished.rejects:,} rejects")
        raise typer.Exit(EXIT_FOUND)


def _separate(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Separate inputs from the runner's options: only after ``--`` can a word begin with two dashes."""
    first = next((n for n, word in enumerate(words) if word.startswith("--")), len(words))
    if not first:
        raise typer.BadParameter("missing: name at least one", param_hint="IN...")
    return words[:first], tuple(words[first:])
