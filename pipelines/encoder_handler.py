"""Encoder handler: an encoder of the catalog in Beam's `RunInference`, for any elements that have a text.

    texts | RunInference(EncoderHandler(tasks=["clause_type"]))
    rows | RunInference(EncoderHandler(text=itemgetter("body"), states=True))

The pipeline's own stage is `assess` of `transforms.stages`, whose elements are documents with all their
segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from docassay.models.catalog import DEFAULT_ENCODER, use_folders
from docassay.models.encoder_group import check, open_reader
from docassay.models.reading import Reader
from docassay.schemas.errors import UsageError
from docassay.transforms import faults
from docassay.transforms.context import BATCH_CHARS
from docassay.transforms.lazy_imports import without

with without("torch"):
    from apache_beam.ml.inference.base import ModelHandler, PredictionResult

Element = TypeVar("Element")


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction of an encoder for a text.

    Attributes:
        labels: By task: the calibrated probability of each label.
        state: The mean-pooled last hidden state, [width], where it was asked for.
        error: Why the text could not be read, or None; with an error there are neither labels nor state.
    """

    labels: Mapping[str, Mapping[str, float]]
    state: tuple[float, ...] | None = None
    error: str | None = None


class EncoderHandler(ModelHandler[Element, PredictionResult, Reader], Generic[Element]):  # type: ignore[misc]
    """A model handler that classifies the text of any element, or gives its pooled state.

    Inside a batch, texts that repeat are computed once, and texts of the same length go through the engine
    together, so a prediction does not depend on what else is in the batch. A text that makes the model
    fail gets a `Prediction` with the error; the rest of the batch is read all the same.
    """

    def __init__(
        self,
        tasks: Sequence[str] = (),
        text: Callable[[Element], str] = str,
        states: bool = False,
        model: str = DEFAULT_ENCODER,
        threads: int = 1,
        batch_chars: int = BATCH_CHARS,
        model_folders: tuple[str, ...] = (),
    ) -> None:
        """Choose the tasks, and where the text of an element is.

        Args:
            tasks: Names of the model's tasks (`docassay domains` lists them), such as ``clause_type``.
            text: Gives the text of an element; by default the element is the text.
            states: Give the mean-pooled state of each text, too.
            model: An encoder of the catalog.
            threads: Calls of the engine at a time.
            batch_chars: Characters of a batch.
            model_folders: Folders in which models are looked for, too.

        Raises:
            UsageError: Neither tasks nor states are asked for, or the model has no such task.
            ModelError: The model is not what its card says.
        """
        super().__init__()
        use_folders(model_folders)
        available = {task for card in check(model) for task in card.tasks}
        if unknown := sorted(set(tasks) - available):
            raise UsageError(
                f"{model} has no task {', '.join(unknown)}; there are {', '.join(sorted(available))}"
            )
        if not tasks and not states:
            raise UsageError("name tasks to ask, or states=True")
        self._model = model
        self._threads = threads
        self._batch_chars = batch_chars
        self._model_folders = model_folders
        self._tasks = tuple(tasks)
        self._text = text
        self._states = states

    def chars(self, element: Element) -> int:
        """Count the characters of the element's text, plus one."""
        return 1 + len(self._text(element))

    def load_model(self) -> Reader:
        """Open the model, which the threads of the process share."""
        use_folders(self._model_folders)
        return open_reader(self._model, self._threads)

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Bound a batch by characters instead of elements."""
        return {
            "min_batch_size": self._batch_chars,
            "max_batch_size": self._batch_chars,
            "element_size_fn": self.chars,
        }

    def get_num_bytes(self, batch: Sequence[Element]) -> int:
        """Count characters; Beam's default would pickle the batch."""
        return sum(map(self.chars, batch))

    def run_inference(
        self, batch: Sequence[Element], model: Reader, inference_args: dict[str, Any] | None = None
    ) -> Iterable[PredictionResult]:
        """Read a batch; each result's `inference` is a `Prediction`.

        Raises:
            DocassayError: The model's folder or the machine is at fault (`transforms.faults`), and no text.
        """
        texts = [self._text(element) for element in batch]
        for element, prediction in zip(batch, self._predictions(texts, model), strict=True):
            yield PredictionResult(element, prediction)

    def get_metrics_namespace(self) -> str:
        """Name Beam's metrics of the inference."""
        return "encoder"

    def _predictions(self, texts: Sequence[str], reader: Reader) -> list[Prediction]:
        try:
            readings = reader.read(texts, [self._tasks] * len(texts))
            states = reader.pooled(texts).tolist() if self._states else [None] * len(texts)
        except Exception as error:  # a model's failure on one text must not take the others with it
            faults.raise_if_not_of_document("encode", error)
            if len(texts) > 1:
                return [prediction for text in texts for prediction in self._predictions([text], reader)]
            return [Prediction({}, error=f"{type(error).__name__}: {error}"[:500])]
        labels = {task: reader.card.tasks[task].labels for task in self._tasks}
        return [
            Prediction(
                {
                    task: dict(zip(labels[task], probabilities, strict=True))
                    for task, probabilities in reading.probabilities.items()
                },
                None if state is None else tuple(state),
            )
            for reading, state in zip(readings, states, strict=True)
        ]
