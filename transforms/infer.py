"""Infer: documents with their segments through one encoder pass, as a Beam model handler.

The handler is of use in any Beam pipeline that reads texts with a CTranslate2 encoder: give
`RunInference` elements with segments and tasks, get each back with one reading a segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import apache_beam as beam

from models.encoder import Reader
from models.panel import open_reader
from schemas.rows import Reject
from transforms import measure
from transforms.assess import Assessed, Split, assess, signs
from transforms.lean import without

with without("torch"):
    from apache_beam.ml.inference.base import ModelHandler, PredictionResult, RunInference

BATCH_CHARS = 120_000
"""Characters an inference batch gathers: enough rows of each length, little enough to hold."""


class EncoderHandler(ModelHandler[Split | Reject, PredictionResult, Reader]):  # type: ignore[misc]
    """Run a CTranslate2 encoder in Beam's `RunInference`; the element is a document with its segments.

    Batches are bounded in characters. Inside a batch texts that repeat are computed once and rows
    of one length go through the engine together. A document that makes the model fail comes back
    as a `Reject`; the rest of its batch is read all the same.
    """

    def __init__(self, model: str = "minilm", threads: int = 1, batch_chars: int = BATCH_CHARS) -> None:
        """Name the model, the engine's calls at a time, and the size of a batch in characters."""
        super().__init__()
        self._model = model
        self._threads = threads
        self._batch_chars = batch_chars
        self._explain = signs()

    def load_model(self) -> Reader:
        """Open the model; once a process, shared by its threads."""
        return open_reader(self._model, self._threads)

    def run_inference(
        self, batch: Sequence[Split | Reject], model: Reader, inference_args: dict[str, Any] | None = None
    ) -> Iterable[PredictionResult]:
        """Read a batch; each result's `inference` is an `Assessed` or a `Reject`."""
        splits = [element for element in batch if isinstance(element, Split)]
        if splits:
            filled = 100 * sum(map(_chars, splits)) // self._batch_chars
            measure.spread("assess", "fill_percent", filled)
            measure.spread("assess", "batch_documents", len(splits))
        with measure.timed("assess"):
            outcomes = assess(batch, model, self._explain)
        for element, outcome in zip(batch, outcomes, strict=True):
            if isinstance(element, Split):
                measure.count("assess", "in")
                measure.count("assess", "segments", len(element.segments))
            if isinstance(outcome, Assessed):
                measure.count("assess", "out")
                measure.count("assess", "tokens", sum(reading.tokens for reading in outcome.readings))
            elif isinstance(element, Split):
                measure.count("assess", "rejected")
            yield PredictionResult(element, outcome)

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Bound a batch by the characters of its segments."""
        return {
            "min_batch_size": self._batch_chars,
            "max_batch_size": self._batch_chars,
            "element_size_fn": _chars,
        }

    def get_num_bytes(self, batch: Sequence[Split | Reject]) -> int:
        """Count characters instead of pickling the batch, which is what Beam would do."""
        return sum(map(_chars, batch))

    def get_metrics_namespace(self) -> str:
        """Name the metrics after the stage."""
        return "assess"


class Assess(beam.PTransform):  # type: ignore[misc]
    """`Split` elements to `Assessed` or `Reject`, by `EncoderHandler`; rejects pass."""

    def __init__(self, handler: EncoderHandler) -> None:
        """Take the handler that reads the batches."""
        super().__init__()
        self._handler = handler

    def expand(self, splits: beam.PCollection[Split | Reject]) -> beam.PCollection[Assessed | Reject]:
        """Run the inference and unwrap its results."""
        return (
            splits
            | "Infer" >> RunInference(self._handler)
            | "Unwrap" >> beam.Map(lambda result: result.inference)
        )


def _chars(element: Split | Reject) -> int:
    return 1 + sum(map(len, element.texts)) if isinstance(element, Split) else 1
