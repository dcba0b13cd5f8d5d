"""An encoder of the catalog in Beam's `RunInference`, for elements of any kind that have a text.

    texts | RunInference(EncoderHandler(tasks=["clause_type"]))
    rows | RunInference(EncoderHandler(text=itemgetter("body"), states=True))

The pipeline's own stage is `pipelines.stages.assess`, whose elements are documents with all their segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from docassay.models.catalog import DEFAULT_ENCODER, use_folders
from docassay.models.encoder_group import check, open_reader
from docassay.models.reading import Reader
from docassay.schemas.errors import UsageError
from docassay.transforms.lazy_imports import without

with without("torch"):
    from apache_beam.ml.inference.base import ModelHandler, PredictionResult

BATCH_CHARS = 120_000
"""Characters an inference batch gathers: enough rows of each length, little enough to hold.

With twice as many the states of its tokens took 80 MB more and nothing was faster; with half as many neither.
"""

Element = TypeVar("Element")


@dataclass(frozen=True, slots=True)
class Prediction:
    """What an encoder makes of a text.

    Attributes:
        labels: By task: the calibrated probability of each label.
        state: The mean-pooled last hidden state, [width], where it was asked for.
        error: Why the text could not be read, or None; it has neither labels nor state then.
    """

    labels: Mapping[str, Mapping[str, float]]
    state: tuple[float, ...] | None = None
    error: str | None = None


class BoundedHandler(ModelHandler[Element, PredictionResult, Reader], Generic[Element]):  # type: ignore[misc]
    """Open an encoder once a process, and bound batches by the characters of their elements."""

    def __init__(
        self, model: str, threads: int, batch_chars: int, model_folders: tuple[str, ...] = ()
    ) -> None:
        """Name what is opened, and bound it.

        Args:
            model: The model, by its name in the catalog.
            threads: Calls of the engine at a time.
            batch_chars: Characters of a batch.
            model_folders: Folders in which models are looked for, too.
        """
        super().__init__()
        self._model = model
        self._model_folders = model_folders
        self._threads = threads
        self._batch_chars = batch_chars

    def chars(self, element: Element) -> int:
        """Count the characters of an element, and one more."""
        raise NotImplementedError

    def load_model(self) -> Reader:
        """Open the model; its threads share it."""
        use_folders(self._model_folders)
        return open_reader(self._model, self._threads)

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        """Bound a batch by characters."""
        return {
            "min_batch_size": self._batch_chars,
            "max_batch_size": self._batch_chars,
            "element_size_fn": self.chars,
        }

    def get_num_bytes(self, batch: Sequence[Element]) -> int:
        """Count characters instead of pickling the batch, which is what Beam would do."""
        return sum(map(self.chars, batch))


class EncoderHandler(BoundedHandler[Element], Generic[Element]):
    """Ask heads of the catalog about the text of any element, or give the text's state.

    Inside a batch texts that repeat are computed once, and rows of one length go through the engine
    together, so a text's answer does not depend on what else is in its batch. A text that makes the model
    fail gets a `Prediction` with the error; the rest of its batch is read all the same.
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
        """Say what is asked of which text.

        Args:
            tasks: Names of the model's tasks (`docassay domains` lists them), such as ``clause_type``.
            text: Gives the text of an element; without it the element is the text.
            states: Give the mean-pooled state of each text, too.
            model: An encoder of the catalog.
            threads: Calls of the engine at a time.
            batch_chars: Characters of a batch.
            model_folders: Folders of models of one's own.

        Raises:
            UsageError: Nothing is asked for, or the model has no such task.
            ModelError: The model is not what its card says.
        """
        super().__init__(model, threads, batch_chars, model_folders)
        use_folders(model_folders)
        known = {task for card in check(model) for task in card.tasks}
        if strangers := sorted(set(tasks) - known):
            raise UsageError(
                f"{model} has no task {', '.join(strangers)}; there are {', '.join(sorted(known))}"
            )
        if not tasks and not states:
            raise UsageError("name tasks to ask, or states=True")
        self._tasks = tuple(tasks)
        self._text = text
        self._states = states

    def chars(self, element: Element) -> int:
        """Count the characters of the element's text, and one more."""
        return 1 + len(self._text(element))

    def run_inference(
        self, batch: Sequence[Element], model: Reader, inference_args: dict[str, Any] | None = None
    ) -> Iterable[PredictionResult]:
        """Read a batch; each result's `inference` is a `Prediction`."""
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
