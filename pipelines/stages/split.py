"""Split: cut each document into segments, each with the tasks to ask of it."""

from __future__ import annotations

import apache_beam as beam

from docassay.models import encoder_group
from docassay.models.catalog import DEFAULT_ENCODER, use_folders
from docassay.pipelines.stages import Options, counted
from docassay.schemas.rows import Reject
from docassay.transforms.document import Document
from docassay.transforms.split import split


class Split(beam.PTransform):  # type: ignore[misc]
    """`Document` of known language and domain to `Document`, or `Reject`; rejects pass."""

    def __init__(self, model: str = DEFAULT_ENCODER, model_folders: tuple[str, ...] = ()) -> None:
        """Name the encoder that will read the segments, whose card has its limits and tasks.

        Args:
            model: The encoder, by its name in the catalog.
            model_folders: Folders in which models are looked for, too.
        """
        super().__init__()
        self._model = model
        self._model_folders = model_folders

    @classmethod
    def of(cls, options: Options) -> Split:
        """Take from the options what it needs."""
        return cls(options.model, options.model_folders)

    def expand(self, documents: beam.PCollection[Document | Reject]) -> beam.PCollection[Document | Reject]:
        """Split one after the other."""
        return documents | "Each" >> beam.Map(_split, self._model, self._model_folders)


def _split(element: Document | Reject, model: str, model_folders: tuple[str, ...]) -> Document | Reject:
    use_folders(model_folders)
    return counted(element, "split", lambda document: split(document, encoder_group.card_of(model)))
