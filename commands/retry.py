"""The command `docassay retry`."""

from __future__ import annotations

from typing import Annotated

import typer

from docassay.commands.options import epilog, errors, print_plain
from docassay.commands.reading import RunReading, Workers, processes, with_options
from docassay.commands.running import progress, show_run
from docassay.pipelines.runners.worker import importing

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay retry tables · docassay retry tables --reason parse.timeout --reason parse.crashed",
        "0 done, or nothing to retry · 2 a wrong option, no tables, or another run writes, before any work"
        " · 3 the run failed and changed nothing · 130 interrupted, nothing changed",
    )
)
@with_options()
def retry(
    *,
    out: Annotated[
        str,
        typer.Argument(
            metavar="TABLES", help="The folder of the tables, or iceberg://..., or TABLES/rejects."
        ),
    ],
    reason: Annotated[
        list[str] | None,
        typer.Option(help="Only rejects of this stage and reason, as stage.reason; may be repeated."),
    ] = None,
    reading: RunReading,
    workers: Workers = 0,
) -> None:
    """Read the rejected inputs of a folder again; the new rows replace their rejects.

    An attachment is retried with its mail, a line or a part with its file; documents that TABLES already has
    are skipped. Run it where the batch ran: relative paths start from the working folder.
    """
    with errors(reading.verbose, "interrupted; nothing was changed", reading.log_format):
        reading.check()
        with importing():
            from docassay.models.engine import default_threads, spare_memory
            from docassay.pipelines.batch import Batch, run
            from docassay.pipelines.maintain import plan_retry

        parent, _, last = out.rstrip("/").rpartition("/")
        if parent and last == "rejects":
            out = parent
        plan = plan_retry(out, reason or (), reading.follow_links)
        if plan.absent:
            print_plain(f"{plan.absent:,} rejects remain: their inputs cannot be read from here")
        if not plan.inputs:
            left = ", ".join(f"{name} {number:,}" for name, number in plan.others.most_common())
            print_plain(f"nothing to retry{f'; other rejects: {left}' if left else ''}")
            return
        workers, threads = processes(workers, default_threads(), spare_memory())
        request = Batch(
            inputs=plan.inputs,
            out=out,
            new_only=True,
            workers=workers,
            verbose=reading.verbose,
            options=reading.options(threads),
            settled=plan.uris,
            follow_links=reading.follow_links,
            command="retry",
        )
        with (
            reading.lineage_session(out) as following,
            progress("reading again", log_format=reading.log_format) as watch,
        ):
            finished = run(request, watch, following)
    print_plain(f"{len(plan.uris):,} rejects read again")
    if finished is not None:
        show_run(finished, out)
