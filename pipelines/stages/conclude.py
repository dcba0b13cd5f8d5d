"""Conclude: make all the rows of each document from its readings."""

from __future__ import annotations

import apache_beam as beam

from docassay.models import encoder_group
from docassay.models.catalog import DEFAULT_ENCODER, use_folders
from docassay.observe import counters
from docassay.pipelines.stages import Options, counted
from docassay.schemas.rows import Reject, Result
from docassay.transforms.budget import RULE_CHARS, RULE_SECONDS
from docassay.transforms.conclude import conclude
from docassay.transforms.document import Document


class Conclude(beam.PTransform):  # type: ignore[misc]
    """`Document` to `Result`, or `Reject`; rejects pass."""

    def __init__(
        self,
        model: str = DEFAULT_ENCODER,
        model_folders: tuple[str, ...] = (),
        personal_data: bool = False,
        most_chars: int = RULE_CHARS,
        most_seconds: float = RULE_SECONDS,
    ) -> None:
        """Name the encoder that has read the segments.

        Args:
            model: The encoder, by its name in the catalog.
            model_folders: Folders in which models are looked for, too.
            personal_data: Find personal data in every document, not only of the kinds that ask for it.
            most_chars: Characters of a document that rules read.
            most_seconds: Processor time of the rules on a document, after which it is rejected.
        """
        super().__init__()
        self._model = model
        self._model_folders = model_folders
        self._personal_data = personal_data
        self._most = most_chars, most_seconds

    @classmethod
    def of(cls, options: Options) -> Conclude:
        """Take from the options what it needs."""
        budget = options.budget
        return cls(
            options.model,
            options.model_folders,
            options.personal_data,
            budget.rule_chars,
            budget.rule_seconds,
        )

    def expand(self, documents: beam.PCollection[Document | Reject]) -> beam.PCollection[Result | Reject]:
        """Conclude one after the other."""
        return documents | "Each" >> beam.Map(
            _conclude, self._model, self._model_folders, self._personal_data, *self._most
        )


def _conclude(
    element: Document | Reject,
    model: str,
    model_folders: tuple[str, ...],
    personal_data: bool,
    most_chars: int,
    most_seconds: float,
) -> Result | Reject:
    use_folders(model_folders)
    card = encoder_group.card_of(model)
    rows = counted(
        element,
        "conclude",
        lambda document: conclude(document, card, personal_data, most_chars, most_seconds),
    )
    for flag in () if isinstance(rows, Reject) else rows.flags:
        counters.count("flag", flag.severity)
    return rows
