"""Assess: documents with their segments through one encoder pass, some documents at a time."""

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
from docassay.pipelines.stages import Options, give, take
from docassay.schemas.rows import Reject
from docassay.transforms.assess import Assessed, assess, fraud_labels
from docassay.transforms.lazy_imports import without
from docassay.transforms.split import SplitDocument

with without("torch"):
    from apache_beam.ml.inference.base import PredictionResult, RunInference

Outcomes = Future[tuple[list[Assessed | Reject], float]]
"""A batch that is being read: what becomes of its documents, in order, and the seconds that it took."""

SMALL = 4
"""A batch filled to less than one part in so many is read in its bundle's own thread: bundles are small while
little comes, and none should wait for another."""


class DocumentHandler(BoundedHandler[SplitDocument | Reject]):
    """Read documents with their segments through one pass of the encoder.

    Batches are bounded in characters. Inside a batch texts that repeat are computed once and rows
    of one length go through the engine together. A document that makes the model fail comes back
    as a `Reject`; the rest of its batch is read all the same.
    """

    def __init__(
        self,
        model: str = DEFAULT_ENCODER,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        model_folders: tuple[str, ...] = (),
    ) -> None:
        """Take what `BoundedHandler` takes."""
        super().__init__(model, threads, batch_chars, model_folders)
        self._explain = fraud_labels()

    def chars(self, element: SplitDocument | Reject) -> int:
        """Count the characters of the segments, and one more."""
        return _chars(element)

    def run_inference(
        self,
        batch: Sequence[SplitDocument | Reject],
        model: Reader,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[PredictionResult]:
        """Read a batch; each result's `inference` is an `Assessed` or a `Reject`."""
        self.filled(batch)
        with counters.timed("assess"):
            outcomes = self.outcomes(batch, model)
        for element, outcome in zip(batch, outcomes, strict=True):
            _count(element, outcome)
            yield PredictionResult(element, outcome)

    def outcomes(self, batch: Sequence[SplitDocument | Reject], model: Reader) -> list[Assessed | Reject]:
        """Read a batch, uncounted."""
        return assess(batch, model, self._explain)

    def filled(self, batch: Sequence[SplitDocument | Reject]) -> None:
        """Note how full a batch is."""
        splits = [element for element in batch if isinstance(element, SplitDocument)]
        if splits:
            counters.spread("assess", "fill_percent", 100 * sum(map(_chars, splits)) // self._batch_chars)
            counters.spread("assess", "batch_documents", len(splits))

    def get_metrics_namespace(self) -> str:
        """Name the metrics after the stage."""
        return "assess"


class AsyncEncoderHandler(DocumentHandler):
    """Read a batch in a thread of its own, while the bundle's thread cuts and judges other documents.

    Each element gives a `PendingResult` of what `DocumentHandler` makes of it; `CollectFn` waits for it.
    """

    def run_inference(
        self,
        batch: Sequence[SplitDocument | Reject],
        model: Reader,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[PendingResult]:
        """Hand a batch over; its outcomes are pending."""
        self.filled(batch)
        if self.get_num_bytes(batch) * SMALL < self._batch_chars:
            reading = _read(*self._timed(batch, model))
        else:
            reading = _reading.submit(self._timed, tuple(batch), model)
        return [PendingResult(element, reading, n) for n, element in enumerate(batch)]

    def _timed(
        self, batch: Sequence[SplitDocument | Reject], model: Reader
    ) -> tuple[list[Assessed | Reject], float]:
        began = time.perf_counter()
        return self.outcomes(batch, model), time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class PendingResult:
    """A document in a batch that is being read, and its place there."""

    element: SplitDocument | Reject
    reading: Outcomes
    place: int

    def result(self) -> Assessed | Reject:
        """Wait for the batch, and give its outcome."""
        return self.reading.result()[0][self.place]


class PendingResultCoder(beam.coders.Coder):  # type: ignore[misc]
    """Write a pending result as the result, and say how large it is without waiting for that.

    Beam asks a few elements of every bundle for their size. Where it has to write them to know, the
    bundle's thread waits for each batch, and the engine for the next one.
    """

    def encode(self, pending: PendingResult) -> bytes:
        """Wait, and pickle."""
        return pickle.dumps((pending.element, pending.result()))

    def decode(self, encoded: bytes) -> PendingResult:
        """Make a pending result of what is there already."""
        element, outcome = pickle.loads(encoded)
        return PendingResult(element, _read([outcome], 0.0), 0)

    def estimate_size(self, pending: PendingResult) -> int:
        """Count characters, as a batch is measured."""
        return _chars(pending.element)

    def is_deterministic(self) -> bool:
        """Say no: pickles of equal objects may differ."""
        return False


beam.coders.registry.register_coder(PendingResult, PendingResultCoder)


def _read(outcomes: list[Assessed | Reject], seconds: float) -> Outcomes:
    """Make a batch that has been read already."""
    reading: Outcomes = Future()
    reading.set_result((outcomes, seconds))
    return reading


class CollectFn(beam.DoFn):  # type: ignore[misc]
    """Give the results, in order of arrival; an element leaves in the window that it came in."""

    AHEAD = 2
    """Batches of a bundle that are being read or wait for it, at most."""

    def start_bundle(self) -> None:
        """Begin with nothing pending."""
        self._pending: deque[tuple[PendingResult, WindowedValue]] = deque()

    def process(
        self,
        pending: PendingResult,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Take a pending result; give what has been read meanwhile."""
        self._pending.append((pending, WindowedValue(None, time, (window,))))
        if pending.place == 0:
            while self._pending and (self._pending[0][0].reading.done() or self._batches() > self.AHEAD):
                yield self._collect()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for what is still being read."""
        while self._pending:
            yield self._collect()

    def _batches(self) -> int:
        return sum(pending.place == 0 for pending, _ in self._pending)

    def _collect(self) -> WindowedValue:
        pending, place = self._pending.popleft()
        outcome = pending.result()
        if pending.place == 0:
            counters.spent("assess", pending.reading.result()[1])
        _count(pending.element, outcome)
        return place.with_value(outcome)


def _count(element: SplitDocument | Reject, outcome: Assessed | Reject) -> None:
    """Count what became of a document; what an earlier stage has rejected counts there."""
    if isinstance(element, Reject):
        return
    take("assess")
    give("assess", outcome)
    counters.count("assess", "segments", len(element.segments))
    if isinstance(outcome, Assessed):
        counters.count("assess", "tokens", sum(reading.tokens for reading in outcome.readings))


class Assess(beam.PTransform):  # type: ignore[misc]
    """`SplitDocument` elements to `Assessed` or `Reject`; rejects pass.

    With one thread a worker the model reads in it; with more, a batch is read while others are prepared.
    """

    def __init__(
        self,
        model: str = DEFAULT_ENCODER,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        model_folders: tuple[str, ...] = (),
    ) -> None:
        """Name the model, the engine's calls at a time, the characters of a batch, and folders of models."""
        super().__init__()
        handler = AsyncEncoderHandler if threads > 1 else DocumentHandler
        self._handler = handler(model, threads, batch_chars, model_folders)

    @classmethod
    def of(cls, options: Options) -> Assess:
        """Take from the options what it needs."""
        return cls(options.model, options.threads, options.batch_chars, options.model_folders)

    def expand(self, splits: beam.PCollection[SplitDocument | Reject]) -> beam.PCollection[Assessed | Reject]:
        """Run the inference and unwrap its results."""
        if isinstance(self._handler, AsyncEncoderHandler):
            pending = splits | "Infer" >> RunInference(self._handler).with_output_types(PendingResult)
            return pending | "Unwrap" >> beam.ParDo(CollectFn())
        read = splits | "Infer" >> RunInference(self._handler)
        return read | "Unwrap" >> beam.Map(lambda result: result.inference)


_reading = ThreadPoolExecutor(2, thread_name_prefix="assess")
"""Reads the batches of all bundles of a process: while the heads answer for one, the engine has the next."""


def _chars(element: SplitDocument | Reject) -> int:
    return 1 + sum(map(len, element.texts)) if isinstance(element, SplitDocument) else 1
