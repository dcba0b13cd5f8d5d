"""Run a stage of `transforms.stages` on the elements of a Beam pipeline: one transform for all stages."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

import docassay.pipelines.beam_metrics  # noqa: F401  # every process that runs a stage feeds them
from docassay.observe import counters
from docassay.pipelines.in_flight import InFlight
from docassay.schemas.rows import Reject, Result
from docassay.transforms.context import Options, shared
from docassay.transforms.document import Document
from docassay.transforms.stages import Outcome, Stage, chars, find_stage

SMALL_FRACTION = 4
"""A batch under a quarter of the limit runs in the bundle's thread, so that sparse documents do not wait."""


class RunStage(beam.PTransform):  # type: ignore[misc]
    """Run a stage on documents: each document becomes a Document, Result or Reject.

    Elements that the stage does not take, such as rejects, pass at once; the others keep their order.
    """

    def __init__(self, name: str, options: Options | None = None) -> None:
        """Name the stage.

        Args:
            name: A name of `transforms.stages.STAGES`, such as ``detect``.
            options: The options of the run, the same for all of its stages.

        Raises:
            UsageError: There is no such stage.
        """
        super().__init__()
        self._name = find_stage(name).name
        self._options = options or Options()

    def expand(self, elements: beam.PCollection[Document | Reject]) -> beam.PCollection[Outcome]:
        """Run the stage."""
        return elements | "Run" >> beam.ParDo(StageFn(self._name, self._options))


class StageFn(beam.DoFn):  # type: ignore[misc]
    """Gather documents as the stage wants them, work on them, and give their outcomes in order.

    An element keeps its window and timestamp.
    """

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
        if self._ahead:
            most_batches, most_chars = self._ahead.most_batches, self._ahead.most_chars
            self._in_flight = InFlight[Sequence[WindowedValue]](most_batches, most_chars)
        else:
            self._in_flight = InFlight[Sequence[WindowedValue]](0)

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
        for batch, future in self._in_flight.done():
            yield from self._outcomes(batch, future)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Work on the last batch, and wait for the rest."""
        if self._batch:
            self._begin()
        for batch, future in self._in_flight.rest():
            yield from self._outcomes(batch, future)

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

    def _outcomes(self, batch: Sequence[WindowedValue], future: Future[Any]) -> Iterator[WindowedValue]:
        """Wait for a batch; count and give its outcomes. Beam takes counts from the bundle's thread only."""
        outcomes, seconds = future.result()
        counters.spent(self._name, seconds)
        counters.count(self._name, "in", len(batch))
        if self._stage.count:
            self._stage.count([windowed.value for windowed in batch], outcomes, self._options)
        for windowed, outcome in zip(batch, outcomes, strict=True):
            count_out(self._name, outcome)
            yield windowed.with_value(outcome)


def count_out(name: str, outcome: Any) -> None:
    """Count the outcome of a stage for a document, as ``out`` or ``rejected``."""
    counters.count(name, "rejected" if isinstance(outcome, Reject) else "out")


def _timed(stage: Stage, documents: Sequence[Document], context: Any) -> tuple[list[Outcome], float]:
    start = clock.perf_counter()
    return stage.run(documents, context), clock.perf_counter() - start


@cache
def _threads(name: str, number: int) -> ThreadPoolExecutor:
    """Give the threads that work on the batches of all bundles of this process."""
    return ThreadPoolExecutor(number, thread_name_prefix=name)
