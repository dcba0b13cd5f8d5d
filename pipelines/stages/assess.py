"""Assess: read documents with their segments in one encoder pass, in batches of documents."""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay.models.catalog import DEFAULT_ENCODER
from docassay.models.reading import Reader
from docassay.observe import counters
from docassay.pipelines.encoder_handler import BATCH_CHARS, BoundedHandler
from docassay.pipelines.stages import Options, count_in, count_out
from docassay.schemas.rows import Reject
from docassay.transforms.assess import assess, fraud_labels
from docassay.transforms.budget import ASSESS_CHARS
from docassay.transforms.document import Document
from docassay.transforms.lazy_imports import without

with without("torch"):
    from apache_beam.ml.inference.base import PredictionResult, RunInference

Outcomes = Future[tuple[list[Document | Reject], float]]
"""A batch that is being read: the outcomes of its documents, in order, and the seconds that it took."""

SMALL_FRACTION = 4
"""A batch filled to less than one part in so many is read in its bundle's own thread: bundles are small while
few documents come, and none should wait for another."""


class DocumentHandler(BoundedHandler[Document | Reject]):
    """A model handler that reads documents with their segments in one pass of the encoder.

    Batches are bounded in characters. Inside a batch, texts that repeat are computed once, and texts
    of the same length go through the engine together. A document that makes the model fail comes back
    as a `Reject`; the rest of its batch is read all the same.
    """

    def __init__(
        self,
        model: str = DEFAULT_ENCODER,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        model_folders: tuple[str, ...] = (),
        most_chars: int = ASSESS_CHARS,
    ) -> None:
        """Take what `BoundedHandler` takes, and bound the characters of a document that are read."""
        super().__init__(model, threads, batch_chars, model_folders)
        self._most_chars = most_chars
        self._fraud_labels = fraud_labels()

    def chars(self, element: Document | Reject) -> int:
        """Count the characters of the segments, plus one."""
        return _chars(element)

    def run_inference(
        self,
        batch: Sequence[Document | Reject],
        model: Reader,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[PredictionResult]:
        """Read a batch; each result's `inference` is an `Document` or a `Reject`."""
        self.count_fill(batch)
        with counters.timed("assess"):
            outcomes = self.outcomes(batch, model)
        for element, outcome in zip(batch, outcomes, strict=True):
            _count(element, outcome)
            yield PredictionResult(element, outcome)

    def outcomes(self, batch: Sequence[Document | Reject], model: Reader) -> list[Document | Reject]:
        """Read a batch, without counting."""
        return assess(batch, model, self._fraud_labels, self._most_chars)

    def count_fill(self, batch: Sequence[Document | Reject]) -> None:
        """Count how full a batch is."""
        splits = [element for element in batch if isinstance(element, Document)]
        if splits:
            counters.spread("assess", "fill_percent", 100 * sum(map(_chars, splits)) // self._batch_chars)
            counters.spread("assess", "batch_documents", len(splits))

    def get_metrics_namespace(self) -> str:
        """Name the metrics after the stage."""
        return "assess"


class AsyncEncoderHandler(DocumentHandler):
    """Read a batch in a thread of its own, while the bundle's thread runs the other stages.

    Each element gives a `PendingResult` instead of an outcome; `CollectFn` waits for it.
    """

    def run_inference(
        self,
        batch: Sequence[Document | Reject],
        model: Reader,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[PendingResult]:
        """Submit a batch; its outcomes are pending."""
        self.count_fill(batch)
        if self.get_num_bytes(batch) * SMALL_FRACTION < self._batch_chars:
            reading = _completed(*self._timed(batch, model))
        else:
            reading = _executor.submit(self._timed, tuple(batch), model)
        return [PendingResult(element, reading, index) for index, element in enumerate(batch)]

    def _timed(
        self, batch: Sequence[Document | Reject], model: Reader
    ) -> tuple[list[Document | Reject], float]:
        start = time.perf_counter()
        return self.outcomes(batch, model), time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class PendingResult:
    """A document in a batch that is being read, and its index there."""

    element: Document | Reject
    reading: Outcomes
    index: int

    def result(self) -> Document | Reject:
        """Wait for the batch, and give the outcome of the document."""
        return self.reading.result()[0][self.index]


class PendingResultCoder(beam.coders.Coder):  # type: ignore[misc]
    """A coder that writes a pending result as its outcome, and estimates its size without waiting for it.

    Beam asks for the size of a few elements of every bundle. If it had to encode them for that, the
    bundle's thread would wait for each batch, and the engine for the next one.
    """

    def encode(self, pending: PendingResult) -> bytes:
        """Wait, and pickle."""
        return pickle.dumps((pending.element, pending.result()))

    def decode(self, encoded: bytes) -> PendingResult:
        """Make a pending result that is complete."""
        element, outcome = pickle.loads(encoded)
        return PendingResult(element, _completed([outcome], 0.0), 0)

    def estimate_size(self, pending: PendingResult) -> int:
        """Count characters, as a batch is measured."""
        return _chars(pending.element)

    def is_deterministic(self) -> bool:
        """Say no: pickles of equal objects may differ."""
        return False


beam.coders.registry.register_coder(PendingResult, PendingResultCoder)


def _completed(outcomes: list[Document | Reject], seconds: float) -> Outcomes:
    """Make a future of a batch that has been read."""
    reading: Outcomes = Future()
    reading.set_result((outcomes, seconds))
    return reading


class CollectFn(beam.DoFn):  # type: ignore[misc]
    """Wait for the outcomes, in order of arrival; an element stays in its window."""

    AHEAD = 2
    """Most batches of a bundle that are being read or wait for it."""

    def start_bundle(self) -> None:
        """Begin with nothing pending."""
        self._pending: deque[tuple[PendingResult, WindowedValue]] = deque()

    def process(
        self,
        pending: PendingResult,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Take a pending result; give the outcomes that are complete."""
        self._pending.append((pending, WindowedValue(None, time, (window,))))
        if pending.index == 0:
            while self._pending and (self._pending[0][0].reading.done() or self._batches() > self.AHEAD):
                yield self._collect()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for the rest."""
        while self._pending:
            yield self._collect()

    def _batches(self) -> int:
        return sum(pending.index == 0 for pending, _ in self._pending)

    def _collect(self) -> WindowedValue:
        pending, windowed = self._pending.popleft()
        outcome = pending.result()
        if pending.index == 0:
            counters.spent("assess", pending.reading.result()[1])
        _count(pending.element, outcome)
        return windowed.with_value(outcome)


def _count(element: Document | Reject, outcome: Document | Reject) -> None:
    """Count the outcome of a document; a reject of an earlier stage was counted there."""
    if isinstance(element, Reject):
        return
    count_in("assess")
    count_out("assess", outcome)
    counters.count("assess", "segments", len(element.segments))
    if isinstance(outcome, Document):
        counters.count("assess", "tokens", sum(reading.tokens for reading in outcome.readings))


class Assess(beam.PTransform):  # type: ignore[misc]
    """`Document` elements to `Document` or `Reject`; rejects pass.

    With one thread, batches are read in the bundle's thread; with more, in threads of their own.
    """

    def __init__(
        self,
        model: str = DEFAULT_ENCODER,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        model_folders: tuple[str, ...] = (),
        most_chars: int = ASSESS_CHARS,
    ) -> None:
        """Take what `DocumentHandler` takes; more than one thread reads asynchronously."""
        super().__init__()
        handler_class = AsyncEncoderHandler if threads > 1 else DocumentHandler
        self._handler = handler_class(model, threads, batch_chars, model_folders, most_chars)

    @classmethod
    def of(cls, options: Options) -> Assess:
        """Take from the options what it needs."""
        return cls(
            options.model,
            options.threads,
            options.batch_chars,
            options.model_folders,
            options.budget.assess_chars,
        )

    def expand(self, splits: beam.PCollection[Document | Reject]) -> beam.PCollection[Document | Reject]:
        """Run the inference and unwrap its results."""
        if isinstance(self._handler, AsyncEncoderHandler):
            pending = splits | "Infer" >> RunInference(self._handler).with_output_types(PendingResult)
            return pending | "Unwrap" >> beam.ParDo(CollectFn())
        results = splits | "Infer" >> RunInference(self._handler)
        return results | "Unwrap" >> beam.Map(lambda result: result.inference)


_executor = ThreadPoolExecutor(2, thread_name_prefix="assess")
"""Reads the batches of all bundles of a process: while the heads run for one, the engine has the next."""


def _chars(element: Document | Reject) -> int:
    return 1 + sum(map(len, element.texts)) if isinstance(element, Document) else 1
