"""Streaming: the graph of `pipelines.graph` over a source that does not end, into the same tables.

Event-time windows, the shard of the document, one group of files for the panes that a runner hands
over together, mostly one (`storage.append`). A pane is handed over half a window's length after
its first document came, whether its documents are on time or late, and no watermark decides on what
is kept: what is too late is rejected where it is received, and the windows stay open for `GRACE`
beyond that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from docassay.pipelines.graph import build
from docassay.pipelines.provenance import check_here, provenance
from docassay.pipelines.sources import open_source
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.sources.message import GRACE
from docassay.pipelines.stages import Options
from docassay.schemas.rows import Reject, Result
from docassay.storage.append import Appended, Index, append, identity, place_of
from docassay.storage.runs import new_run_id

ENOUGH = 500
"""Documents of a shard that are published without waiting for the rest of a bundle."""

PANES = 2
"""Groups a window at most, while its documents come: a row waits half a window for others."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What a stream is asked to do.

    Attributes:
        source: A folder, ``kafka://BROKER/TOPIC`` or ``pubsub://PROJECT/SUBSCRIPTION``.
        out: The output folder.
        window: Length of an event-time window, in seconds; a row waits half of it for others.
        lateness: How far an event time may lie behind the latest of its partition, in seconds.
        shards: Groups of files a window; each document belongs to one, by its `doc_id`.
        allow: Beginnings of the URIs that a message may name.
        group: Consumer group of Kafka, which keeps the position.
        expansion: Address of Beam's Java expansion service, for Kafka.
        results: ``kafka://BROKER/TOPIC`` for flags, failed findings and rejects, or None.
        acknowledge: This process commits the position itself, once rows are published; otherwise
            the runner's checkpoints keep it.
    """

    source: str
    out: str
    window: float = 2.0
    lateness: float = 3600.0
    shards: int = 1
    allow: tuple[str, ...] = ()
    group: str = "docassay"
    expansion: str | None = None
    results: str | None = None
    acknowledge: bool = False
    options: Options = field(default_factory=Options)

    @property
    def text_column(self) -> str:
        """Column of `.jsonl` and `.parquet` files."""
        return self.options.text_column


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
        received: A source in place of the one that `stream.source` names: ``Source | Reject``, with
            the event time as the elements' timestamp.
        run_id: What the rows say that wrote them; None: a new name, which the job keeps over its restarts.

    Returns:
        What each group added to the tables.
    """
    folder = "://" not in stream.source
    # A folder has no position: after a restart every file comes again.
    options = replace(stream.options, again=stream.out) if folder or stream.acknowledge else stream.options
    metadata = provenance(stream.options, run_id or new_run_id(datetime.now(UTC)))
    placed = (
        pipeline
        | "Receive" >> (received or open_source(stream).read())
        | "Window"
        >> beam.WindowInto(
            FixedWindows(stream.window),
            trigger=trigger.Repeatedly(After(stream.window / PANES)),
            accumulation_mode=trigger.AccumulationMode.DISCARDING,
            allowed_lateness=Duration(stream.lateness + GRACE),
        )
    )
    return (
        build(placed, options)
        | "Shard" >> beam.Map(_shard, stream.shards).with_output_types(tuple[int, Any])
        | "Gather" >> beam.GroupByKey()
        | "Append" >> beam.ParDo(AppendFn(stream, metadata)).with_output_types(Appended)
    )


class After(trigger.AfterProcessingTime):  # type: ignore[misc]
    """Fire a time after the first document came; Beam's own class can say whole seconds only."""

    def to_runner_api(self, context: Any) -> Any:
        """Write the delay in milliseconds, as the model has it."""
        written = trigger.AfterProcessingTime(1).to_runner_api(context)
        transform = written.after_processing_time.timestamp_transforms[0]
        transform.delay.delay_millis = round(self.delay * 1000)
        return written


class AppendFn(beam.DoFn):  # type: ignore[misc]
    """Append panes to the tables, and settle their inputs once they are visible.

    The panes that a runner hands over at once are published together, and so are those of bundles that
    wait for one another: validation and files cost about the same however few the rows, so a stream that is
    behind catches up.
    """

    def __init__(self, stream: Stream, metadata: Mapping[str, str]) -> None:
        """Take the output folder and the metadata of its files."""
        self._stream = stream
        self._metadata = metadata
        self._announce = partial(results.send, stream.results) if stream.results else None

    def setup(self) -> None:
        """Make sure that a worker elsewhere has what the files will say that they were made with."""
        if not self._stream.acknowledge:  # else it is the process that wrote the metadata
            check_here(self._metadata, self._stream.options)

    def start_bundle(self) -> None:
        """Begin with nothing held back."""
        self._rows: dict[int, list[Result | Reject]] = {}
        self._windows: dict[int, list[IntervalWindow]] = {}

    def process(
        self,
        shard: tuple[int, Iterable[Result | Reject]],
        window: IntervalWindow = beam.DoFn.WindowParam,
    ) -> Iterator[WindowedValue]:
        """Hold a pane of one shard until the others of the bundle are there, or until it is enough."""
        number, rows = shard[0], self._rows.setdefault(shard[0], [])
        rows.extend(shard[1])
        self._windows.setdefault(number, []).append(window)
        if len(rows) >= ENOUGH:
            yield from self._publish(number)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Publish what is held."""
        for number in list(self._rows):
            yield from self._publish(number)

    def _publish(self, number: int) -> Iterator[WindowedValue]:
        rows, windows = self._rows.pop(number), self._windows.pop(number)
        if not rows:
            return
        pane = _Pane(rows, min(windows, key=lambda window: window.start))
        with counters.timed("append"):
            shard = _shard_of(self._stream.out, number, self._stream.shards)
            added = shard.publish(pane, self._metadata, self._announce)
        LEDGER.settle(identity(row)[1] for row in rows)
        if added is None:
            return
        counters.count("append", "documents", added.documents)
        counters.count("append", "rejected", added.rejects)
        counters.count("append", "passed_over", added.passed_over)
        for reason, amount in added.reasons.items():
            counters.count("reject", reason.replace(" ", "."), amount)
        for table, amount in added.rows.items():
            counters.count("rows", table, amount)
        yield WindowedValue(added, pane.window.max_timestamp(), [pane.window])


def name(window: IntervalWindow) -> str:
    """Name a window by its start, in UTC.

    >>> name(IntervalWindow(1_700_000_000.5, 1_700_000_001))
    '20231114T221320.500'
    """
    return str(window.start.to_utc_datetime().strftime("%Y%m%dT%H%M%S.%f"))[:-3]


def _shard(row: Result | Reject, shards: int) -> tuple[int, Result | Reject]:
    return place_of(*identity(row), shards), row


@dataclass(slots=True, eq=False)
class _Pane:
    """What a bundle has of a shard, the earliest of its windows, and what became of it."""

    rows: list[Result | Reject]
    window: IntervalWindow
    done: bool = False
    failure: Exception | None = None


class _Shard:
    """One shard's index, and the panes that wait for it in this process."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._turn = threading.Lock()
        self._queue = threading.Lock()
        self._waiting: list[_Pane] = []

    def publish(
        self, pane: _Pane, metadata: Mapping[str, str], announce: Callable[..., None] | None
    ) -> Appended | None:
        """Append a pane and all that wait with it; None where another thread has appended this one."""
        with self._queue:
            self._waiting.append(pane)
        with self._turn:
            if not pane.done:
                with self._queue:
                    group, self._waiting = self._waiting, []
                first = min(group, key=lambda waiting: waiting.window.start)
                rows = [row for waiting in group for row in waiting.rows]
                try:
                    return append(rows, self._index, name(first.window), metadata, announce)
                except Exception as error:
                    for waiting in group:
                        waiting.failure = error
                    raise
                finally:
                    for waiting in group:
                        waiting.done = True
        if pane.failure is not None:
            raise pane.failure
        return None


_lock = threading.Lock()
_shards: dict[tuple[str, int, int], _Shard] = {}


def _shard_of(out: str, shard: int, shards: int) -> _Shard:
    """Give this process's shard."""
    with _lock:
        return _shards.setdefault((out, shard, shards), _Shard(Index(out, shard, shards)))
