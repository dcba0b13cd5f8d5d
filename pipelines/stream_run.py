"""Stream run: run a stream on a runner, from its start to its end; on one machine with all services it needs.

On Prism the worker is this process, so it knows what is published and commits the source's position
afterwards. A stream ends by Ctrl-C or SIGTERM, by an error, or after `idle` seconds without documents.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import apache_beam as beam
import grpc
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.worker import sdk_worker

from docassay import domains
from docassay.observe import counters, log, prometheus
from docassay.pipelines import results
from docassay.pipelines.batch import hushed
from docassay.pipelines.graph import check_models, provenance
from docassay.pipelines.runners import jobs, services
from docassay.pipelines.runners.options import check_paths, pipeline_options, served, without_proxy
from docassay.pipelines.sources import Stream, StreamSource, open_source
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.stream_graph import build_stream
from docassay.schemas.errors import RunError
from docassay.schemas.runs import Run
from docassay.storage.tables.file_systems import is_local, need_folder
from docassay.storage.tables.manifest import table_paths
from docassay.storage.tables.runs import counts_of, new_run_id, row_of
from docassay.storage.transaction.append import Appended
from docassay.storage.transaction.locks import writer_lock
from docassay.storage.transaction.publish import commit_run, stage_empty_files
from docassay.storage.transaction.transaction import Transaction, recover
from docassay.transforms import context, temporary

if TYPE_CHECKING:
    from docassay.pipelines.lineage import Lineage

COMMIT_SECONDS = 0.5

STALLED_SECONDS = 300.0
"""Age of the oldest input under way from which on the process is unhealthy: a new one reads it again."""


@dataclass(frozen=True, slots=True)
class StreamRun:
    """The request to run a stream.

    Attributes:
        stream: The stream.
        runner: A name of `pipelines.RUNNERS`, except the local one, which cannot run streams.
        runner_args: Options of the runner, as on its own command line.
        prism: Path of Prism's binary, or None to look for it.
        idle: End after so many seconds in which nothing came and nothing was under way; None: never.
        verbose: Show the log of the runner and the workers, tracebacks included.
        metrics: Address and port of `observe.prometheus`, or None; on Prism only.
        service: Waits for the expansion service of Kafka's connector, where one has been started already.
    """

    stream: Stream
    runner: str = "prism"
    runner_args: tuple[str, ...] = ()
    prism: str | None = None
    idle: float | None = None
    verbose: bool = False
    metrics: tuple[str, int] | None = None
    service: Callable[[], str] | None = None


def run_stream(
    request: StreamRun,
    watch_counts: Callable[[int, int], None] | None = None,
    lineage: Lineage | None = None,
) -> Run | None:
    """Run a stream until it ends.

    Args:
        request: The stream, and how to run it.
        watch_counts: Called every `COMMIT_SECONDS` with the numbers of inputs done and received; on Prism.
        lineage: Is told of the run; on Prism.

    Returns:
        The row of `runs` that was published, or None where the runner's own workers publish.

    Raises:
        InputError, OutputError, TablesError, MissingError, RunnerError, ModelError: Before any work.
        DomainError: Likewise.
        RunError: The stream failed; what it published stays, and its position is committed no further.
    """
    stream = request.stream
    need_folder(stream.out, "a batch with --new-only every few minutes writes there")
    options = _options(request)
    FileSystems.set_options(options)
    source = open_source(stream)
    source.check()
    if stream.results:
        results.check(stream.results)
    for name in domains.names():
        domains.load(name)
    check_models(stream.options)
    if request.runner != "prism":
        _submit(request, options)
        return None
    temporary.sweep()
    temporary.check()
    with ExitStack() as stack:
        stack.enter_context(writer_lock(stream.out))
        stack.enter_context(without_proxy())
        recover(stream.out)
        stack.callback(source.close)
        return _run_on_prism(request, source, stack, watch_counts, lineage)


def _run_on_prism(
    request: StreamRun,
    source: StreamSource,
    stack: ExitStack,
    watch_counts: Callable[[int, int], None] | None,
    lineage: Lineage | None,
) -> Run:
    """Run on Prism, with the worker in this process."""
    LEDGER.reset()
    LEDGER.active = True
    counters.take()
    running = _serve_metrics(request, stack)
    stream = replace(request.stream, acknowledge=True)
    source.start(request.service)
    stopped = stack.enter_context(_interruptible())
    endpoint = stack.enter_context(services.prism(request.prism))
    options = _options(request, f"--job_endpoint={endpoint}")
    started = datetime.now(UTC)
    run_id = new_run_id(started)
    metadata = provenance(stream.options, run_id)
    with _written(stream.out):
        begin = Transaction(stream.out, f"{run_id}-begun")
        stage_empty_files(begin, table_paths(stream.out), metadata)
        if begin.rows:
            begin.commit()
    done: Callable[[Run], None] | None = None
    if lineage:
        inputs = (stream.source,)
        following = lineage.following(
            "stream", metadata, started, inputs, stream.out, "prism", stream.results
        )
        done = stack.enter_context(following)
    pipeline = beam.Pipeline(options=options)
    _add_idle_step(build_stream(pipeline, stream, source.read(), run_id))
    failure: Exception | None = None
    if not request.verbose:
        _silence_worker()
    with hushed(request.verbose):
        LEDGER.touched = time.monotonic()
        result = pipeline.run()
        running.set()
        log.event("started", run_id=run_id, source=stream.source, out=stream.out)
        try:
            _wait(result, stopped, request.idle, source, watch_counts)
        except Exception as error:
            failure = error
        finally:
            context.stop(run_id)
            with contextlib.suppress(Exception):
                result.cancel()
    with contextlib.suppress(Exception) if failure else contextlib.nullcontext():
        source.commit()
    if failure is not None:
        raise jobs.error_of(failure) from failure
    run = _publish_run(stream, metadata, started)
    if done:
        done(run)
    log.event("ended", run_id=run_id, documents=run.documents, rejects=run.rejects)
    return run


def _add_idle_step(appended: beam.PCollection[Appended]) -> None:
    """Add a step after the last one that never gets an element.

    Prism 2.77 waits for a bundle of a step without outputs in a busy loop, which takes a whole core while
    the bundle lasts (`select` on a channel that is closed from the start).
    """
    _ = (
        appended
        | "Nothing" >> beam.Filter(_never).with_output_types(Appended)
        | "Rest" >> beam.Reshuffle()
        | "End" >> beam.Map(_never)
    )


def _never(_: Appended) -> bool:
    return False


def _serve_metrics(request: StreamRun, stack: ExitStack) -> threading.Event:
    """Start the metrics server where one is asked for; set the event to report that the stream is ready."""
    running = threading.Event()

    def stalled() -> str | None:
        arrival = LEDGER.oldest
        age = 0.0 if arrival is None else time.time() - arrival
        return f"an input has been in progress for {age:.0f} s" if age > STALLED_SECONDS else None

    if request.metrics is not None:
        server = prometheus.start(
            port=request.metrics[1],
            host=request.metrics[0],
            healthy=stalled,
            ready=lambda: None if running.is_set() else "starting",
            oldest=lambda: LEDGER.oldest,
        )
        stack.callback(server.stop)
    return running


def _wait(
    result: Any,
    stopped: threading.Event,
    idle: float | None,
    source: StreamSource,
    watch_counts: Callable[[int, int], None] | None,
) -> None:
    """Wait for the end, and commit the source's position meanwhile.

    Raises:
        RuntimeError: The job failed.
    """
    outcomes: list[BaseException | str] = []

    def follow() -> None:
        try:
            outcomes.append(str(result.wait_until_finish()))
        except BaseException as error:
            outcomes.append(error)

    threading.Thread(target=follow, name="job", daemon=True).start()
    while not stopped.wait(COMMIT_SECONDS):
        if outcomes:
            if isinstance(outcomes[0], BaseException):
                raise outcomes[0]
            return
        source.commit()
        if watch_counts:
            watch_counts(LEDGER.settled, LEDGER.settled + LEDGER.under_way)
        quiet_seconds = time.monotonic() - LEDGER.touched
        is_idle = idle is not None and not LEDGER.under_way and quiet_seconds > idle
        if is_idle and source.caught_up():
            return


def _submit(request: StreamRun, options: PipelineOptions) -> None:
    """Submit the stream to a runner that has workers of its own, and wait for its end."""
    check_paths(request.runner, [request.stream.source, request.stream.out])
    with writer_lock(request.stream.out), served(request.runner, options):
        pipeline = beam.Pipeline(options=options)
        build_stream(pipeline, request.stream)
        try:
            pipeline.run().wait_until_finish()
        except Exception as error:
            raise RunError(jobs.cause(error)) from error


def _options(request: StreamRun, *flags: str) -> PipelineOptions:
    """Check the runner's options; for Prism, its binary is known and the worker is this process."""
    words = [*request.runner_args, *flags]
    if request.runner == "prism":
        location = f"--prism_location={services.find_prism(request.prism)}"
        words = [location, "--environment_type=LOOPBACK", *words]
    level = "INFO" if request.verbose else "CRITICAL"
    return pipeline_options(request.runner, words, level, streaming=True)


def _silence_worker() -> None:
    """Keep the worker in this process from printing tracebacks: the error has the cause in one line.

    This is not undone: threads may still work on a bundle after the job has been cancelled, and those with a
    connection to Prism fail when it has ended.
    """
    sdk_worker.print = lambda *_, **__: None
    threading.excepthook = _unless_disconnected


def _unless_disconnected(args: threading.ExceptHookArgs) -> None:
    if not issubclass(args.exc_type, grpc.RpcError):
        threading.__excepthook__(args)


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into an event, so that the stream ends in order."""
    stopped = threading.Event()
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            handlers[number] = signal.signal(number, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _publish_run(stream: Stream, metadata: Mapping[str, str], started: datetime) -> Run:
    """Write the row of `runs` for what this process has published."""
    totals = counters.take()
    counts = counts_of(totals)
    numbers: dict[str, dict[str, int]] = {"rows": {}, "reject": {}}
    for name, number in counts.items():
        namespace, _, what = name.partition(".")
        if namespace in numbers:
            numbers[namespace][what] = number
    documents, rejects = counts.get("append.documents", 0), counts.get("append.rejected", 0)
    skipped = counts.get("parse.skipped", 0) + counts.get("append.passed_over", 0)
    run = row_of(
        metadata,
        started,
        asdict(stream),
        totals,
        inputs=documents + rejects + skipped,
        documents=documents,
        rejects=rejects,
        skipped=skipped,
        rows=numbers["rows"],
        reasons={name.replace(".", " ", 1): number for name, number in numbers["reject"].items()},
    )
    if run.inputs:
        alone = is_local(stream.out)  # nobody else writes to a local folder
        with _written(stream.out):
            run, _ = commit_run(stream.out, run.run_id, metadata, [run], lambda *_: Counter(), alone)
    return run


@contextmanager
def _written(out: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"{out}: {error.strerror or error}; what was published stays") from error
