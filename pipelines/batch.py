"""Batch: run the graph over files and publish the tables once; safe to run again."""

from __future__ import annotations

import ctypes
import gc
import os
import shlex
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import DirectOptions, GoogleCloudOptions, PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import SubprocessSDKEnvironment
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP
from apache_beam.utils.windowed_value import WindowedValue

from docassay import domains
from docassay.observe import counters, log
from docassay.pipelines import LOCAL
from docassay.pipelines.graph import build, check_worker, provenance
from docassay.pipelines.maintain import partition_published
from docassay.pipelines.progress import Watch, watched
from docassay.pipelines.runners import jobs
from docassay.pipelines.runners.options import CLUSTERS, check_paths, pipeline_options, served
from docassay.pipelines.runners.worker import all_local, provision
from docassay.pipelines.sources import files, missing_inputs
from docassay.schemas.errors import RunError
from docassay.schemas.rows import Reject, Result, Source
from docassay.schemas.runs import Run
from docassay.storage.catalogs import destination
from docassay.storage.tables.file_systems import is_catalog, need_folder
from docassay.storage.tables.runs import counts_of, new_run_id, row_of
from docassay.storage.tables.validate import DEPENDENT
from docassay.storage.tables.write import STAGING, Written, write
from docassay.transforms import context, temporary
from docassay.transforms.context import Options

if TYPE_CHECKING:
    from docassay.pipelines.lineage import Lineage

FURTHER = ("parse.attachments", "parse.further_parts")
"""The counters of inputs that are found in others."""

RECORDED = ("inputs", "new_only", "follow_links", "mark_missing", "workers", "runner")
"""The fields of a `Batch` that the row of `runs` has, besides the options of the stages."""

GROUP_DOCUMENTS = 1_000
GROUP_CHARS = 20_000_000
GROUP_ROWS = 100_000
"""A group of files ends at so many documents, characters of text, or rows of other tables, whichever comes
first: validating a row takes some two kilobytes."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The request for a batch.

    Attributes:
        inputs: Files, folders, patterns, `.jsonl` or `.parquet` files; any path of Beam's file systems.
        out: The output folder, or the address of a catalog's tables; see `storage.catalogs`.
        new_only: Pass over documents that are published in `out` already.
        workers: Processes that read documents on this machine; each holds a model.
        runner: A name of `pipelines.RUNNERS`.
        runner_args: Options of the runner, as on its own command line.
        verbose: Show the log of the runner and the workers, tracebacks included.
        settled: URIs whose earlier rejects are removed, whatever comes of them in this run.
        follow_links: Follow links to files that are found in a folder or match a pattern.
        command: What the lineage of the run calls its job.
        mark_missing: Mark what is published below the inputs and is not found any more, see
            `storage.maintain.tombstones`.
        max_missing: Largest share of what is published below an input that may be missing.
        partition_by: A key of `partitions.KEYS`: what is published is moved to its partitions afterwards.
    """

    inputs: tuple[str, ...]
    out: str
    new_only: bool = False
    workers: int = 1
    verbose: bool = False
    runner: str = LOCAL
    runner_args: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    settled: frozenset[str] = frozenset()
    follow_links: bool = False
    command: str = "batch"
    mark_missing: bool = False
    max_missing: float = 0.5
    partition_by: str | None = None


def run(batch: Batch, watch: Watch | None = None, lineage: Lineage | None = None) -> Run | None:
    """Run a batch to its end and publish it.

    Args:
        batch: What to do.
        watch: Called from another thread, a few times a second, with what is done.
        lineage: Is told of the run, unless that only writes a template.

    Returns:
        The run's row, as published; None where the runner was told to write a template only.

    Raises:
        RunnerError: The runner's options are wrong, or its workers could not reach the files.
        InputError: An input names nothing, or more is missing than may be. This and the next four come before
            any work.
        OutputError: The output folder is not one of ours, or another run is writing to it.
        TablesError: Its tables are of another version, or a file of them is damaged; nothing was changed.
        ModelError: The model is not what its card says.
        DomainError: A domain's folder is wrong.
        RunError: The run failed, on a full disk for instance.
    """
    options = pipeline_options(batch.runner, batch.runner_args, "INFO" if batch.verbose else "CRITICAL")
    is_template = bool(options.view_as(GoogleCloudOptions).template_location)
    check_paths(batch.runner, [*batch.inputs, batch.out])
    FileSystems.set_options(options)
    files.check(batch.inputs)
    for name in domains.names():
        domains.load(name)
    temporary.sweep()
    temporary.check()
    counters.take()  # drop the totals of a run that failed in this process
    started = datetime.now(UTC)
    run_id = new_run_id(started)
    metadata = provenance(batch.options, run_id)
    folder = f"{batch.out}/{STAGING}/{run_id}"
    tables = destination(batch.out)
    if batch.mark_missing:
        need_folder(batch.out, "--mark-missing needs one")
    if batch.partition_by:
        need_folder(batch.out, "--partition-by needs one; a catalog partitions its tables itself")
    # The workers of a cluster show that they have begun, where this process sees their folder.
    leaves_signs = batch.runner in CLUSTERS and not is_catalog(batch.out)
    with ExitStack() as stack:
        stack.enter_context(tables.write_access())
        stack.enter_context(served(batch.runner, options))
        for recovered_id in tables.recover():
            log.event("finished what a killed run had begun", run_id=recovered_id, out=batch.out)
        if batch.mark_missing:
            missing_inputs.check(batch.inputs, batch.out, batch.follow_links, batch.max_missing)
        log.event("started", run_id=run_id, out=batch.out, models=metadata["models"], rules=metadata["rules"])
        count = partial(files.count, batch.inputs, batch.options.text_column, batch.out, batch.follow_links)
        done: Callable[[Run], None] | None = None
        if lineage and not is_template:
            done = stack.enter_context(
                lineage.following(batch.command, metadata, started, batch.inputs, batch.out, batch.runner)
            )
        with hushed(batch.verbose), watched(watch, folder, count) if watch else nullcontext():
            try:
                job = _pipeline(batch, options, folder, metadata, started, leaves_signs).run()
                if is_template:
                    return None
                with jobs.begun(job, folder) if leaves_signs else nullcontext():
                    try:
                        job.wait_until_finish()
                    except KeyboardInterrupt:
                        job.cancel()  # it must not publish later
                        raise
            except Exception as error:  # the runner wraps whatever a worker raised
                if batch.runner == LOCAL:
                    with suppress(OSError):
                        tables.discard(run_id)
                if jobs.cause(error).startswith(KeyboardInterrupt.__name__):
                    raise KeyboardInterrupt from None
                raise jobs.error_of(error) from error
            finally:
                context.stop(run_id)
        run_row = tables.read_run(run_id)
        if done:
            done(run_row)
        if batch.partition_by:
            partition_published(batch.out, batch.partition_by)
    log.event("published", run_id=run_id, out=batch.out, documents=run_row.documents, rejects=run_row.rejects)
    return run_row


def _pipeline(
    batch: Batch,
    beam_options: PipelineOptions,
    folder: str,
    metadata: Mapping[str, str],
    started: datetime,
    leaves_signs: bool,
) -> beam.Pipeline:
    options = replace(
        batch.options,
        skip=batch.out if batch.new_only else None,
        notes=folder if batch.new_only and batch.mark_missing else None,
        names=folder if batch.new_only and not is_catalog(batch.out) else None,
        run_id=metadata["run_id"],
    )
    beam_options.view_as(DirectOptions).direct_num_workers = batch.workers
    # Names cross a shuffle twice, texts never: once so that all workers expand the names of a list,
    # once so that all workers read what a folder, a pattern or a large file holds. The local runner holds
    # what crosses one, 1.2 kB a name; a worker alone has nobody to share with, and reads as it lists.
    shared = batch.runner != LOCAL or batch.workers > 1
    runner = None if batch.runner != LOCAL else _runner(batch) if shared else FnApiRunner()
    pipeline = beam.Pipeline(runner=runner, options=beam_options)
    inputs = pipeline | "Inputs" >> beam.Create(list(batch.inputs))
    sources = inputs | "List" >> beam.FlatMap(_list, batch.runner, folder if leaves_signs else None)
    sources = sources | "Deal" >> beam.Reshuffle() if shared else sources
    sources = sources | "Expand" >> beam.FlatMap(
        _expand, options.text_column, folder, batch.out, batch.follow_links
    )
    sources = sources | "Spread" >> beam.Reshuffle() if shared else sources
    groups = build(sources, options) | "Write" >> beam.ParDo(WriteFn(batch.out, folder, metadata, options))
    # A run without any document is published, too, so the key must have a value.
    seed = pipeline | "Seed" >> beam.Create([(None, None)])
    _ = (
        (groups, seed)
        | "Collect" >> beam.Flatten()
        | "Gather" >> beam.GroupByKey()
        | "Publish" >> beam.Map(_publish, batch, metadata, started)
    )
    return pipeline


def _runner(batch: Batch) -> FnApiRunner:
    """Make the local runner of several worker processes, silent unless verbose.

    Their output must not go to a file in the output folder: on a full disk a worker that cannot
    write its error there never reports it, and the run would wait for ever.
    """
    # A worker gets this process's import path, so that it finds the same packages, and no others.
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; from docassay.pipelines.runners.worker import main;"
        f" main({log.current_style()!r}, {all_local([*batch.inputs, batch.out])})"
    )
    command = f"exec {shlex.join([sys.executable, '-P', '-c', code])} {log.FILE_NUMBER}>&2"
    if not batch.verbose:
        command += f" 2>{shlex.quote(os.devnull)}"
    environment = SubprocessSDKEnvironment.from_command_string(command)
    return FnApiRunner(default_environment=environment, provision_info=provision(batch.runner_args))


def _list(argument: str, runner: str, signs: str | None) -> Iterator[str | Reject]:
    if signs:
        jobs.begin(signs)
    yield from files.names(argument, absolute=runner in CLUSTERS)


def _expand(
    name: str | Reject, text_column: str, folder: str, out: str, follow_links: bool
) -> Iterator[Source | Reject]:
    for source in [name] if isinstance(name, Reject) else files.expand(name, text_column, out, follow_links):
        counters.report_progress(folder, "found")
        yield source
    counters.report_progress(folder, "found", 0, now=True)


class WriteFn(beam.DoFn):  # type: ignore[misc]
    """Write the documents of a bundle in groups of files; gives a `Written` for each group."""

    def __init__(self, out: str, folder: str, metadata: Mapping[str, str], options: Options) -> None:
        """Take where the tables are, the run's staging folder, its files' metadata, the stages' options."""
        self._out = out
        self._folder = folder
        self._metadata = metadata
        self._options = options

    def setup(self) -> None:
        """Check that this worker has the version, models and rules that the metadata names."""
        try:
            check_worker(self._metadata, self._options)
        except RunError as error:
            if not is_catalog(self._out):
                jobs.refuse(self._folder, str(error))
            raise

    def start_bundle(self) -> None:
        """Begin with an empty group."""
        self._results: list[Result] = []
        self._rejects: list[Reject] = []
        self._chars = 0
        self._rows = 0

    def process(self, element: Result | Reject) -> Iterator[tuple[None, Written]]:
        """Take a document into the group; write the group when it is full."""
        if isinstance(element, Reject):
            self._rejects.append(element)
        else:
            self._results.append(element)
            self._chars += len(element.text)
            self._rows += sum(len(getattr(element, table)) for table in DEPENDENT)
        counters.report_progress(self._folder, "done")
        if isinstance(element, Reject):
            counters.report_progress(self._folder, "rejected")
        documents = len(self._results) + len(self._rejects)
        if documents >= GROUP_DOCUMENTS or self._chars >= GROUP_CHARS or self._rows >= GROUP_ROWS:
            yield None, self._write()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Write the last group; where there is none, hand on the totals alone."""
        if self._results or self._rejects:
            yield WindowedValue((None, self._write()), MIN_TIMESTAMP, (GlobalWindow(),))
        elif totals := counters.take():
            yield WindowedValue((None, Written("", {}, {}, totals)), MIN_TIMESTAMP, (GlobalWindow(),))

    def _write(self) -> Written:
        with counters.timed("write"):
            stage = destination(self._out).stage
            written = write(
                self._results,
                self._rejects,
                self._folder,
                self._metadata,
                write_file=stage,
                full_validation=self._options.full_validation,
            )
        documents = written.rows.get("documents", 0)
        counters.count("write", "in", len(self._results))
        counters.count("write", "out", documents)
        counters.count("write", "passed_over", written.passed_over)
        counters.count("write", "rejected", len(self._results) - documents - written.passed_over)
        counters.rejects(written.reasons)
        self.start_bundle()
        _release()
        return replace(written, totals=counters.take())


def _release() -> None:
    """Release the memory of a group of documents: some 80 MB, which would pile up over many groups.

    The data frames of Great Expectations are reference cycles, which only the collector frees; where it has
    not run there are none. The C library keeps free pages between the arrays of the models; only glibc can
    be asked to return them.
    """
    if "great_expectations" in sys.modules:
        gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _publish(
    keyed_groups: tuple[None, Iterable[Written | None]],
    batch: Batch,
    metadata: Mapping[str, str],
    started: datetime,
) -> None:
    tables = destination(batch.out)
    if tables.is_published(metadata["run_id"]):
        return
    groups = [group for group in keyed_groups[1] if group is not None]
    totals: Counter[str] = Counter()
    absent = 0
    if batch.mark_missing:
        folder = f"{batch.out}/{STAGING}/{metadata['run_id']}"
        groups.append(missing_inputs.mark(batch.inputs, batch.out, folder, batch.max_missing, metadata))
        absent = groups[-1].rows.get("rejects", 0)
    for group in groups:
        totals.update(group.totals)

    options = {name: getattr(batch, name) for name in RECORDED} | asdict(batch.options)

    def row(rows: Mapping[str, int], reasons: Mapping[str, int], *inputs: int) -> Run:
        documents, rejects, passed_over = inputs
        counts = counts_of(totals)
        return row_of(
            metadata,
            started,
            options,
            totals,
            inputs=sum(counts.get(name, 0) for name in ("read.in", *FURTHER)) + absent,
            documents=documents,
            rejects=rejects,
            skipped=counts.get("parse.skipped", 0) + passed_over,
            rows=rows,
            reasons=reasons,
        )

    tables.publish(metadata["run_id"], groups, metadata, row, batch.settled)


@contextmanager
def hushed(verbose: bool) -> Iterator[None]:
    """Keep the runner's threads from printing a traceback when a worker dies, unless verbose."""
    before = threading.excepthook
    if not verbose:
        threading.excepthook = lambda _: None
    try:
        yield
    finally:
        threading.excepthook = before
