"""The command `docassay stream`."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Annotated

import typer

from docassay.commands.options import epilog, errors, one_of
from docassay.commands.reading import RunReading, with_options
from docassay.commands.running import progress, show_run
from docassay.pipelines import RUNNERS
from docassay.pipelines.runners.worker import importing

app = typer.Typer()

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: str) -> float:
    """Read a duration such as ``2s``, ``500ms``, ``1h`` or ``90``.

    >>> seconds("1.5m")
    90.0
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|)", value.strip())
    if not match:
        raise typer.BadParameter(f"{value!r} is not a duration; write 2s, 500ms, 10m or 1h")
    return float(match[1]) * _UNITS[match[2] or "s"]


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": False},
    epilog=epilog(
        "docassay stream inbox/ --out tables · docassay stream kafka://broker:9092/mail --out tables"
        " · docassay stream pubsub://project/mail --out gs://bucket/tables --runner dataflow --"
        " --project project --region europe-west1",
        "0 ended by --until-idle or Ctrl-C, what was read is published, or its position is not committed"
        " · 2 a wrong option, path, model or runner, before any work · 3 the stream failed; what it had"
        " published stays, and the next start continues",
    ),
)
@with_options(without=["text_column"])
def stream(
    *,
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A folder to watch, kafka://BROKER/TOPIC or pubsub://PROJECT/SUBSCRIPTION.",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(metavar="TABLES", help="Folder for the tables; rows are added to existing tables."),
    ],
    window: Annotated[
        str, typer.Option(help="Event-time window, in whole seconds; a row waits half of it for others.")
    ] = "2s",
    lateness: Annotated[
        str, typer.Option(help="Maximum lateness of a message; a later one is rejected as too_late.")
    ] = "1h",
    shards: Annotated[
        int, typer.Option(min=1, max=1024, help="Groups of files per window; use more for more workers.")
    ] = 1,
    allow_uri: Annotated[
        list[str] | None,
        typer.Option(help="URI prefix that messages may name (repeatable); by default none."),
    ] = None,
    group: Annotated[
        str, typer.Option(help="Consumer group of Kafka, whose position is committed after the rows.")
    ] = "docassay",
    results: Annotated[
        str | None,
        typer.Option(help="kafka://BROKER/TOPIC for flags, findings that did not pass and rejects, as JSON."),
    ] = None,
    expansion_service: Annotated[
        str | None,
        typer.Option(
            help="HOST:PORT of a running Java expansion service, for Kafka; otherwise one is started."
        ),
    ] = None,
    runner: Annotated[
        str,
        typer.Option(
            callback=one_of(RUNNERS[1:]), help="prism, flink or dataflow; its own options follow after --."
        ),
    ] = "prism",
    prism: Annotated[
        str | None, typer.Option(help="Path of Beam's Prism, unless `make prism` built it.")
    ] = None,
    until_idle: Annotated[
        str | None, typer.Option(help="Stop after this long without input, such as 10s.")
    ] = None,
    reading: RunReading,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Serve /metrics (Prometheus), /healthz and /readyz on this port."
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option(help="Address to serve them on; 0.0.0.0 admits other machines.")
    ] = "127.0.0.1",
) -> None:
    """Turn documents from a folder, Kafka or Pub/Sub into validated Parquet as they arrive."""
    window_s, lateness_s = seconds(window), seconds(lateness)
    idle_s = None if until_idle is None else seconds(until_idle)
    if window_s < 1 or window_s != round(window_s):
        raise typer.BadParameter("a window is one or more whole seconds", param_hint="'--window'")
    if metrics_port is not None and runner != "prism":
        raise typer.BadParameter(
            "is for --runner prism; elsewhere the runner shows the metrics", param_hint="'--metrics-port'"
        )
    if reading.lineage is not None and runner != "prism":
        raise typer.BadParameter(
            "is for --runner prism; elsewhere the runner's own integration sends it",
            param_hint="'--lineage'",
        )
    with errors(reading.verbose, log_format=reading.log_format), ExitStack() as stack:
        reading.check(here=runner == "prism")  # elsewhere the workers' machines read
        service = None
        if source.startswith("kafka://") and runner == "prism" and not expansion_service:
            from docassay.pipelines.runners import services
            from docassay.pipelines.sources import kafka_address

            kafka_address(source)
            service = stack.enter_context(services.expansion())  # it comes up while this process imports
        with importing():
            from docassay.models.engine import default_threads
            from docassay.pipelines.sources import Stream
            from docassay.pipelines.stream_run import StreamRun, run_stream

        request = Stream(
            source=source,
            out=out,
            window=window_s,
            lateness=lateness_s,
            shards=shards,
            allow=tuple(allow_uri or ()),
            group=group,
            expansion=expansion_service,
            follow_links=reading.follow_links,
            results=results,
            options=reading.options(default_threads()),
        )
        with (
            reading.lineage_session(out) as following,
            progress("reading", log_format=reading.log_format) as watch,
        ):
            address = None if metrics_port is None else (metrics_host, metrics_port)
            runner_args = tuple(context.args)
            finished = run_stream(
                StreamRun(request, runner, runner_args, prism, idle_s, reading.verbose, address, service),
                watch,
                following,
            )
    if finished is not None:
        show_run(finished, out)
