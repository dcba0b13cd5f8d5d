"""Stages as Beam transforms: read and parse, then any stage of `transforms.stages` by one transform.

An element keeps its window and timestamp, and outcomes come in the order of the documents.
"""

from __future__ import annotations

import sys
import time as clock
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, Generic, TypeVar

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.utils.windowed_value import WindowedValue

from docassay.observe import counters
from docassay.pipelines.sources import files
from docassay.pipelines.sources.ledger import LEDGER
from docassay.schemas.rows import Reject, Result, Source
from docassay.schemas.uris import whole_of
from docassay.storage.catalogs import published_inputs
from docassay.storage.maintain.tombstones import KnownDocuments, known_documents, name_digest
from docassay.storage.tables.file_systems import open_file
from docassay.storage.transaction.publish import FURTHER_URIS, PASSED_OVER, note
from docassay.transforms.context import Options, shared
from docassay.transforms.document import Document
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.read import read
from docassay.transforms.stages import Outcome, Stage, chars, find_stage

SMALL_FRACTION = 4
"""A batch under a quarter of the limit runs in the bundle's thread, so that sparse documents do not wait."""

About = TypeVar("About")

_counter = cache(Metrics.counter)
_distribution = cache(Metrics.distribution)


class _BeamMetrics:
    """Beam's own counters and distributions, which every process that runs a stage feeds."""

    def count(self, stage: str, name: str, amount: int) -> None:
        _counter(stage, name).inc(amount)

    def spread(self, stage: str, name: str, value: int) -> None:
        _distribution(stage, name).update(value)


counters.plug_in(_BeamMetrics())


def Read(options: Options | None = None) -> beam.PTransform:  # named as Beam names transforms
    """Make the transform from `Source` to `Source` with its content, or `Reject`.

    A block of a `.jsonl` or `.parquet` file gives its documents.
    """
    return beam.FlatMap(_documents, options or Options())


def Parse(options: Options | None = None) -> beam.PTransform:
    """Make the transform from `Source` with content to `Document`, or `Reject`, or several of them.

    The attachments of a mail or PDF follow it. Documents or inputs that are published already are passed over
    where `Options.skip` or `Options.again` says so.
    """
    return beam.ParDo(ParseFn(options or Options()))


def RunStage(name: str, options: Options | None = None) -> beam.PTransform:
    """Make the transform that runs a stage: each document becomes a Document, Result or Reject.

    Elements that the stage does not take, such as rejects, pass at once; the others keep their order.

    Args:
        name: A name of `transforms.stages.STAGES`, such as ``detect``.
        options: The options of the run, the same for all of its stages.

    Raises:
        UsageError: There is no such stage.
    """
    return beam.ParDo(StageFn(find_stage(name).name, options or Options()))


class InFlight(Generic[About]):
    """A queue of futures that gives them back in the order in which they were added.

    >>> queue = InFlight[str](most=1)
    >>> queue.add(Future(), "first"), list(queue.done())
    (None, [])
    """

    def __init__(self, most: int, most_chars: int = sys.maxsize) -> None:
        """Begin with nothing under way.

        Args:
            most: Futures that may be under way, or wait for one before them.
            most_chars: Characters of these.
        """
        self._most = most
        self._most_chars = most_chars
        self._chars = 0
        self._queue: deque[tuple[About, Future[Any], int]] = deque()

    def add(self, future: Future[Any], about: About, chars: int = 0) -> None:
        """Add a future with what it is about, and the characters of that."""
        self._queue.append((about, future, chars))
        self._chars += chars

    def done(self, all_of_them: bool = False) -> Iterator[tuple[About, Future[Any]]]:
        """Yield the first futures as far as they have ended, or more are under way than may be; or all."""
        while self._queue and (
            all_of_them
            or self._queue[0][1].done()
            or len(self._queue) > self._most
            or self._chars > self._most_chars
        ):
            about, future, chars = self._queue.popleft()
            self._chars -= chars
            yield about, future


def _documents(source: Source | Reject, options: Options) -> Iterator[Source | Reject]:
    """Open a source, or each document of a block."""
    limits, column = options.limits, options.text_column
    documents = [source] if isinstance(source, Reject) else files.documents(source, column, limits)
    for document in documents:
        LEDGER.expect(source.uri)
        counters.count("read", "in")
        if isinstance(document, Source):
            with counters.timed("read"):
                document = read(document, limits, open_file)
        _count_out("read", document)
        yield document
    LEDGER.settle([source.uri])  # its documents are counted in its place


class ParseFn(beam.DoFn):  # type: ignore[misc]
    """Parse in workers, a few documents ahead: while the model reads one, the next ones are being parsed."""

    AHEAD = 4
    """Documents being parsed at a time."""

    def __init__(self, options: Options) -> None:
        """Take the options of the run."""
        self._options = options

    def setup(self) -> None:
        """Prepare the workers, and list the documents to pass over."""
        skip, again = self._options.skip, self._options.again
        self._parser = Parser(self._options.limits, workers=1)
        self._known = known_documents(skip) if skip else KnownDocuments()
        self._again = published_inputs(again) if again else frozenset()

    def start_bundle(self) -> None:
        """Begin with nothing under way."""
        self._noted: set[str] = set()
        self._further: set[tuple[str, str]] = set()
        self._in_flight = InFlight[tuple[Source, WindowedValue]](self.AHEAD)

    def process(
        self,
        source: Source | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Submit a source; give what has been parsed meanwhile, in order of arrival."""
        windowed = WindowedValue(None, time, (window,))  # without the content, which attachments need no more
        if isinstance(source, Reject):
            yield windowed.with_value(source)
            return
        self._submit(source, windowed)
        yield from self._outcomes()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for the documents that are still being parsed."""
        yield from self._outcomes(all_of_them=True)
        if self._noted and self._options.notes:
            note(self._options.notes, PASSED_OVER, self._noted)
        if self._further and self._options.names:
            note(self._options.names, FURTHER_URIS, self._further)

    def teardown(self) -> None:
        """End the processes."""
        self._parser.close()

    def _submit(self, source: Source, windowed: WindowedValue) -> None:
        counters.count("parse", "in")
        self._in_flight.add(self._parser.submit(source), (source, windowed))

    def _outcomes(self, all_of_them: bool = False) -> Iterator[WindowedValue]:
        for (source, windowed), future in self._in_flight.done(all_of_them):
            with counters.timed("parse"):
                outcomes = future.result()
            # Before the mail itself is settled, so that it does not count as published without its
            # attachments.
            LEDGER.expect(source.uri, sum(outcome.uri != source.uri for outcome in outcomes))
            parts = sum(whole_of(outcome.uri) == source.uri for outcome in outcomes)
            if parts:
                counters.count(
                    "parse", "in", sum(not isinstance(outcome, Source) for outcome in outcomes) - 1
                )
                counters.count("parse", "further_parts", parts - 1)
                LEDGER.settle([source.uri])  # its parts are counted in its place
            for outcome in outcomes:
                if whole_of(outcome.uri) is None and outcome.uri != source.uri:
                    counters.count("parse", "attachments")
                if isinstance(outcome, Source):
                    self._submit(outcome, windowed)
                elif self._is_published(outcome):
                    counters.count("parse", "skipped")
                    if self._options.notes:
                        self._noted.add(outcome.uri)
                    if self._options.names:
                        counters.report_progress(self._options.names, "done")
                        if isinstance(outcome, Document):
                            self._note_name(outcome)
                    LEDGER.settle([outcome.uri])
                else:
                    _count_out("parse", outcome)
                    yield windowed.with_value(outcome)

    def _note_name(self, document: Document) -> None:
        """Note where a document lies that is published under other URIs."""
        known = name_digest(document.doc_id, document.uri) in self._known.names
        if document.doc_id in self._known.doc_ids and not known:
            self._further.add((document.doc_id, document.uri))

    def _is_published(self, outcome: Document | Reject) -> bool:
        if (outcome.doc_id, outcome.uri) in self._again:
            return True
        if not isinstance(outcome, Document):
            return False
        whole = whole_of(outcome.uri)  # what it is a part of may be published as one document
        if whole is not None and (
            outcome.parent_id in self._known.doc_ids or (outcome.parent_id, whole) in self._again
        ):
            return True
        place = (outcome.doc_id, outcome.uri)
        return outcome.doc_id in self._known.doc_ids and place not in self._known.missing


class StageFn(beam.DoFn):  # type: ignore[misc]
    """Gather documents as the stage wants them, work on them, and give their outcomes in order."""

    def __init__(self, name: str, options: Options) -> None:
        """Take what `RunStage` was given."""
        self._name = name
        self._options = options

    def start_bundle(self) -> None:
        """Begin with nothing gathered and nothing under way."""
        self._stage = find_stage(self._name)
        self._context = shared(self._options)
        self._ahead = self._stage.ahead(self._options)
        self._most_chars = self._options.batch_chars if self._stage.batched else 0
        self._batch: list[WindowedValue] = []
        self._chars = 0
        most = (self._ahead.most_batches, self._ahead.most_chars) if self._ahead else (0,)
        self._in_flight = InFlight[Sequence[WindowedValue]](*most)

    def process(
        self,
        element: Document | Result | Reject,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Take an element; give what is done."""
        windowed = WindowedValue(element, time, (window,))
        if not isinstance(element, Document) or not self._stage.takes(element, self._context):
            yield windowed
            return
        size = chars(element)
        if self._batch and self._chars + size > self._most_chars:
            self._begin()
        self._batch.append(windowed)
        self._chars += size
        if self._chars >= self._most_chars:
            self._begin()
        yield from self._outcomes()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Work on the last batch, and wait for the rest."""
        if self._batch:
            self._begin()
        yield from self._outcomes(all_of_them=True)

    def _begin(self) -> None:
        """Begin to work on the batch: in a thread of the stage, or at once."""
        documents = [windowed.value for windowed in self._batch]
        is_small = self._stage.batched and self._chars * SMALL_FRACTION < self._most_chars
        if self._ahead and not is_small:
            pool = _threads(self._name, self._ahead.threads)
            future = pool.submit(_timed, self._stage, documents, self._context)
        else:
            future = Future()
            future.set_result(_timed(self._stage, documents, self._context))
        self._in_flight.add(future, self._batch, self._chars)
        self._batch, self._chars = [], 0

    def _outcomes(self, all_of_them: bool = False) -> Iterator[WindowedValue]:
        """Count and give the outcomes of batches. Beam takes counts from the bundle's thread only."""
        for batch, future in self._in_flight.done(all_of_them):
            outcomes, seconds = future.result()
            counters.spent(self._name, seconds)
            counters.count(self._name, "in", len(batch))
            if self._stage.count:
                self._stage.count([windowed.value for windowed in batch], outcomes, self._options)
            for windowed, outcome in zip(batch, outcomes, strict=True):
                _count_out(self._name, outcome)
                yield windowed.with_value(outcome)


def _count_out(name: str, outcome: Any) -> None:
    """Count the outcome of a stage for a document, as ``out`` or ``rejected``."""
    counters.count(name, "rejected" if isinstance(outcome, Reject) else "out")


def _timed(stage: Stage, documents: Sequence[Document], context: Any) -> tuple[list[Outcome], float]:
    start = clock.perf_counter()
    return stage.run(documents, context), clock.perf_counter() - start


@cache
def _threads(name: str, number: int) -> ThreadPoolExecutor:
    """Give the threads that work on the batches of all bundles of this process."""
    return ThreadPoolExecutor(number, thread_name_prefix=name)
