"""Stream graph: the graph of `pipelines.graph` over an unbounded source, into the same tables.

Documents are put into event-time windows and sharded by `doc_id`; the panes that a runner hands over
together, mostly one, become one group of files (`transaction.append`). A pane fires half a window after
its first document came, whether its documents are on time or late. No watermark decides what is
dropped: what is too late is rejected where it is received, and windows stay open for `GRACE` beyond that.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.transforms import trigger
from apache_beam.transforms.window import FixedWindows, IntervalWindow
from apache_beam.utils.timestamp import Duration
from apache_beam.utils.windowed_value import WindowedValue

from docassay.observe import counters
from docassay.pipelines import results
from docassay.pipelines.graph import build, check_worker, provenance
from docassay.pipelines.sources import Stream, open_source
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.sources.message import GRACE
from docassay.schemas.rows import Reject, Result
from docassay.storage.tables.runs import new_run_id
from docassay.storage.transaction.append import Appended, Index, append, shard_of

GROUP_DOCUMENTS = 500
"""So many documents of a shard are published without waiting for the rest of a bundle."""

FULL_VALIDATION_SECONDS = 3600.0
"""So often a group of a shard is validated by Great Expectations itself, however well it looks."""

PANES = 2
"""Most panes of a window while its documents come: a row waits half a window for others."""


def build_stream(
    pipeline: beam.Pipeline,
    stream: Stream,
    received: beam.PTransform | None = None,
    run_id: str | None = None,
) -> beam.PCollection[Appended]:
    """Add the stream to a pipeline: receive, window, read, shard, append.

    The names of the steps are part of what an update of a running job must keep.

    Args:
        pipeline: The pipeline, of any runner that knows processing-time triggers.
        stream: What to do.
        received: A transform in place of the source that `stream.source` names: gives ``Source | Reject``,
            with the event time as the elements' timestamp.
        run_id: The run in the rows; None: a new id, which the job keeps over its restarts.

    Returns:
        What each group of files added to the tables.
    """
    # A folder has no position: after a restart every file comes again.
    replayed = "://" not in stream.source or stream.acknowledge
    metadata = provenance(stream.options, run_id or new_run_id(datetime.now(UTC)))
    options = replace(stream.options, again=stream.out) if replayed else stream.options
    options = replace(options, run_id=metadata["run_id"])
    windowed = (
        pipeline
        | "Receive" >> (received or open_source(stream).read())
        | "Window"
        >> beam.WindowInto(
            FixedWindows(stream.window),
            trigger=trigger.Repeatedly(AfterDelay(stream.window / PANES)),
            accumulation_mode=trigger.AccumulationMode.DISCARDING,
            allowed_lateness=Duration(stream.lateness + GRACE),
        )
    )
    return (
        build(windowed, options)
        | "Shard" >> beam.Map(_shard, stream.shards).with_output_types(tuple[int, Any])
        | "Gather" >> beam.GroupByKey()
        | "Append" >> beam.ParDo(AppendFn(stream, metadata)).with_output_types(Appended)
    )


class AfterDelay(trigger.AfterProcessingTime):  # type: ignore[misc]
    """Fire a time after the first document came; Beam's own class takes whole seconds only."""

    def to_runner_api(self, context: Any) -> Any:
        """Write the delay in milliseconds, as Beam's model has it."""
        proto = trigger.AfterProcessingTime(1).to_runner_api(context)
        transform = proto.after_processing_time.timestamp_transforms[0]
        transform.delay.delay_millis = round(self.delay * 1000)
        return proto


class AppendFn(beam.DoFn):  # type: ignore[misc]
    """Append panes to the tables, and settle their inputs in the ledger once they are visible.

    The panes of a bundle are published together, and so are those of bundles that wait for the same shard:
    validation and files cost about the same however few the rows, so a stream that is behind catches up.
    """

    def __init__(self, stream: Stream, metadata: Mapping[str, str]) -> None:
        """Take the stream and the metadata of its files."""
        self._stream = stream
        self._metadata = metadata
        self._announce = partial(results.send, stream.results) if stream.results else None

    def setup(self) -> None:
        """Check that a worker elsewhere has the version, models and rules that the metadata names."""
        if not self._stream.acknowledge:  # else it is the process that wrote the metadata
            check_worker(self._metadata, self._stream.options)

    def start_bundle(self) -> None:
        """Begin with no pane."""
        self._rows: dict[int, list[Result | Reject]] = {}
        self._windows: dict[int, list[IntervalWindow]] = {}

    def process(
        self,
        element: tuple[int, Iterable[Result | Reject]],
        window: IntervalWindow = beam.DoFn.WindowParam,
    ) -> Iterator[WindowedValue]:
        """Hold a pane of one shard until the bundle ends or `GROUP_DOCUMENTS` have come."""
        shard, pane_rows = element
        rows = self._rows.setdefault(shard, [])
        rows.extend(pane_rows)
        self._windows.setdefault(shard, []).append(window)
        if len(rows) >= GROUP_DOCUMENTS:
            yield from self._publish(shard)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Publish the panes that are held."""
        for shard in list(self._rows):
            yield from self._publish(shard)

    def _publish(self, shard: int) -> Iterator[WindowedValue]:
        rows, windows = self._rows.pop(shard), self._windows.pop(shard)
        if not rows:
            return
        pane = _Pane(rows, min(windows, key=lambda window: window.start))
        with counters.timed("append"):
            writer = _writer_of(self._stream.out, shard, self._stream.shards)
            appended = writer.publish(
                pane, self._metadata, self._announce, self._stream.options.full_validation
            )
        LEDGER.settle(row.uri for row in rows)
        if appended is None:
            return
        counters.count("append", "documents", appended.documents)
        counters.count("append", "rejected", appended.rejects)
        counters.count("append", "passed_over", appended.passed_over)
        counters.rejects(appended.reasons)
        for table, amount in appended.rows.items():
            counters.count("rows", table, amount)
        yield WindowedValue(appended, pane.window.max_timestamp(), [pane.window])


def window_name(window: IntervalWindow) -> str:
    """Name a window after its start, in UTC.

    >>> window_name(IntervalWindow(1_700_000_000.5, 1_700_000_001))
    '20231114T221320.500'
    """
    return str(window.start.to_utc_datetime().strftime("%Y%m%dT%H%M%S.%f"))[:-3]


def _shard(row: Result | Reject, shards: int) -> tuple[int, Result | Reject]:
    return shard_of(row.doc_id, row.uri, shards), row


@dataclass(slots=True, eq=False)
class _Pane:
    """The rows that a bundle has for a shard, their earliest window, and what becomes of them."""

    rows: list[Result | Reject]
    window: IntervalWindow
    outcome: Future[None] = field(default_factory=Future)


class _ShardWriter:
    """The only writer of a shard in this process: its index, and the panes that wait for their turn."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._turn = threading.Lock()
        self._waiting: deque[_Pane] = deque()
        self._last_full = time.monotonic()

    def publish(
        self,
        pane: _Pane,
        metadata: Mapping[str, str],
        announce: Callable[..., None] | None,
        full_validation: bool = False,
    ) -> Appended | None:
        """Append a pane and all that wait, too; gives None where another thread has appended this one.

        Where it is not asked for, Great Expectations runs on a group every `FULL_VALIDATION_SECONDS`.
        """
        self._waiting.append(pane)
        with self._turn:
            if pane.outcome.done():
                pane.outcome.result()  # raises what the thread that appended it met
                return None
            group = [self._waiting.popleft() for _ in range(len(self._waiting))]
            first = min(group, key=lambda member: member.window.start)
            rows = [row for member in group for row in member.rows]
            full = full_validation or self._full_is_due()
            try:
                appended = append(rows, self._index, window_name(first.window), metadata, announce, full)
            except BaseException as error:
                for member in group:
                    member.outcome.set_exception(error)
                raise
            for member in group:
                member.outcome.set_result(None)
            return appended

    def _full_is_due(self) -> bool:
        now = time.monotonic()
        if now - self._last_full < FULL_VALIDATION_SECONDS:
            return False
        self._last_full = now
        return True


_lock = threading.Lock()
_writers: dict[tuple[str, int, int], _ShardWriter] = {}


def _writer_of(out: str, shard: int, shards: int) -> _ShardWriter:
    """Give this process's writer of a shard."""
    with _lock:
        return _writers.setdefault((out, shard, shards), _ShardWriter(Index(out, shard, shards)))
