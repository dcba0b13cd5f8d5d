"""Infer: documents with their segments through one encoder pass, as a Beam model handler.

The handler is of use in any Beam pipeline that reads texts with a CTranslate2 encoder: give
`RunInference` elements with segments and tasks, get each back with one reading a segment.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.utils.windowed_value import WindowedValue

from docassay.models.catalog import DEFAULT_ENCODER, use_folders
from docassay.models.encoder_group import open_reader
from docassay.models.reading import Reader
from docassay.observe import counters
from docassay.schemas.rows import Reject
from docassay.transforms.assess import Assessed, SplitDocument, assess, signs
from docassay.transforms.lazy_imports import without

with without("torch"):
    from apache_beam.ml.inference.base import ModelHandler, PredictionResult, RunInference

BATCH_CHARS = 120_000
"""Characters an inference batch gathers: enough rows of each length, little enough to hold.

With twice as many the states of its tokens took 80 MB more and nothing was faster; with half as many neither.
"""


Outcomes = Future[tuple[list[Assessed | Reject], float]]
"""A batch that is being read: what becomes of its documents, in order, and the seconds that it took."""

SMALL = 4
"""A batch filled to less than one part in so many is read in its bundle's own thread: bundles are small while
little comes, and none should wait for another."""


class EncoderHandler(ModelHandler[SplitDocument | Reject, PredictionResult, Reader]):  # type: ignore[misc]
    """Run a CTranslate2 encoder in Beam's `RunInference`; the element is a document with its segments.

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
        """Name the model, the engine's calls at a time, and the size of a batch in characters.

        Args:
            model: The model's name in the catalog.
            threads: Calls of the engine at a time.
            batch_chars: Characters of a batch.
            model_folders: Folders in which models are looked for, too.
        """
        super().__init__()
        self._model = model
        self._model_folders = model_folders
        self._threads = threads
        self._batch_chars = batch_chars
        self._explain = signs()

    def load_model(self) -> Reader:
        """Open the model; once a process, shared by its threads."""
        use_folders(self._model_folders)
        return open_reader(self._model, self._threads)

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
            counted(element, outcome)
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

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Bound a batch by the characters of its segments."""
        return {
            "min_batch_size": self._batch_chars,
            "max_batch_size": self._batch_chars,
            "element_size_fn": _chars,
        }

    def get_num_bytes(self, batch: Sequence[SplitDocument | Reject]) -> int:
        """Count characters instead of pickling the batch, which is what Beam would do."""
        return sum(map(_chars, batch))

    def get_metrics_namespace(self) -> str:
        """Name the metrics after the stage."""
        return "assess"


class AsyncEncoderHandler(EncoderHandler):
    """Read a batch in a thread of its own, while the bundle's thread cuts and judges other documents.

    Each element gives a `PendingResult` of what `EncoderHandler` makes of it; `CollectFn` keeps it.
    """

    def run_inference(
        self,
        batch: Sequence[SplitDocument | Reject],
        model: Reader,
        inference_args: dict[str, Any] | None = None,
    ) -> Iterable[PendingResult]:
        """Hand a batch over, and promise its outcomes."""
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
        """Wait for the batch, and give what was promised."""
        return self.reading.result()[0][self.place]


class PendingResultCoder(beam.coders.Coder):  # type: ignore[misc]
    """Write a promise as what was promised, and say how large it is without waiting for that.

    Beam asks a few elements of every bundle for their size. Where it has to write them to know, the
    bundle's thread waits for each batch, and the engine for the next one.
    """

    def encode(self, promise: PendingResult) -> bytes:
        """Wait, and pickle."""
        return pickle.dumps((promise.element, promise.result()))

    def decode(self, encoded: bytes) -> PendingResult:
        """Make a promise of what is there already."""
        element, outcome = pickle.loads(encoded)
        return PendingResult(element, _read([outcome], 0.0), 0)

    def estimate_size(self, promise: PendingResult) -> int:
        """Count characters, as a batch is measured."""
        return _chars(promise.element)

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
    """Give what was promised, in order of arrival; an element leaves in the window that it came in."""

    AHEAD = 2
    """Batches of a bundle that are being read or wait for it, at most."""

    def start_bundle(self) -> None:
        """Begin with nothing promised."""
        self._promised: deque[tuple[PendingResult, WindowedValue]] = deque()

    def process(
        self,
        promise: PendingResult,
        window: Any = beam.DoFn.WindowParam,
        time: Any = beam.DoFn.TimestampParam,
    ) -> Iterator[WindowedValue]:
        """Take a promise; give what has been read meanwhile."""
        self._promised.append((promise, WindowedValue(None, time, (window,))))
        if promise.place == 0:
            while self._promised and (self._promised[0][0].reading.done() or self._batches() > self.AHEAD):
                yield self._collect()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Wait for what is still being read."""
        while self._promised:
            yield self._collect()

    def _batches(self) -> int:
        return sum(promise.place == 0 for promise, _ in self._promised)

    def _collect(self) -> WindowedValue:
        promise, place = self._promised.popleft()
        outcome = promise.result()
        if promise.place == 0:
            counters.spent("assess", promise.reading.result()[1])
        counted(promise.element, outcome)
        return place.with_value(outcome)


def counted(element: SplitDocument | Reject, outcome: Assessed | Reject) -> None:
    """Count what became of a document."""
    if isinstance(element, SplitDocument):
        counters.count("assess", "in")
        counters.count("assess", "segments", len(element.segments))
    if isinstance(outcome, Assessed):
        counters.count("assess", "out")
        counters.count("assess", "tokens", sum(reading.tokens for reading in outcome.readings))
    elif isinstance(element, SplitDocument):
        counters.count("assess", "rejected")


class Assess(beam.PTransform):  # type: ignore[misc]
    """`SplitDocument` elements to `Assessed` or `Reject`; rejects pass.

    With one thread a worker the model reads in it; with more, a batch is read while others are prepared.
    """

    def __init__(
        self,
        model: str,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        model_folders: tuple[str, ...] = (),
    ) -> None:
        """Take what `EncoderHandler` takes."""
        super().__init__()
        handler = AsyncEncoderHandler if threads > 1 else EncoderHandler
        self._handler = handler(model, threads, batch_chars, model_folders)

    def expand(self, splits: beam.PCollection[SplitDocument | Reject]) -> beam.PCollection[Assessed | Reject]:
        """Run the inference and unwrap its results."""
        if isinstance(self._handler, AsyncEncoderHandler):
            promised = splits | "Infer" >> RunInference(self._handler).with_output_types(PendingResult)
            return promised | "Unwrap" >> beam.ParDo(CollectFn())
        read = splits | "Infer" >> RunInference(self._handler)
        return read | "Unwrap" >> beam.Map(lambda result: result.inference)


_reading = ThreadPoolExecutor(2, thread_name_prefix="assess")
"""Reads the batches of all bundles of a process: while the heads answer for one, the engine has the next."""


def _chars(element: SplitDocument | Reject) -> int:
    return 1 + sum(map(len, element.texts)) if isinstance(element, SplitDocument) else 1
