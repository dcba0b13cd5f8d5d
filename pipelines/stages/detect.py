"""Detect: find the language, the domain and the kind of each document."""

from __future__ import annotations

import apache_beam as beam

from docassay.pipelines.stages import Options, counted
from docassay.schemas.rows import Reject
from docassay.transforms.detect import detect
from docassay.transforms.document import Document


class Detect(beam.PTransform):  # type: ignore[misc]
    """`Document` to `Document` with language, domain and kind; rejects pass."""

    def __init__(self, domain: str | None = None) -> None:
        """Take the domain of every document, or None to detect it."""
        super().__init__()
        self._domain = domain

    @classmethod
    def of(cls, options: Options) -> Detect:
        """Take from the options what it needs."""
        return cls(options.domain)

    def expand(self, documents: beam.PCollection[Document | Reject]) -> beam.PCollection[Document | Reject]:
        """Detect one after the other."""
        return documents | "Each" >> beam.Map(_detect, self._domain)


def _detect(element: Document | Reject, domain: str | None) -> Document | Reject:
    return counted(element, "detect", lambda document: detect(document, domain))
