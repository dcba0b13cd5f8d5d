"""Detect: find the language, the domain and the kind of each document."""

from __future__ import annotations

import apache_beam as beam

from docassay.pipelines.stages import Options, counted
from docassay.schemas.rows import Parsed, Reject
from docassay.transforms.detect import detect


class Detect(beam.PTransform):  # type: ignore[misc]
    """`Parsed` to `Parsed` with language, domain and kind; rejects pass."""

    def __init__(self, domain: str | None = None) -> None:
        """Take the domain of every document, or None to detect it."""
        super().__init__()
        self._domain = domain

    @classmethod
    def of(cls, options: Options) -> Detect:
        """Take from the options what it needs."""
        return cls(options.domain)

    def expand(self, documents: beam.PCollection[Parsed | Reject]) -> beam.PCollection[Parsed | Reject]:
        """Detect one after the other."""
        return documents | "Each" >> beam.Map(_detect, self._domain)


def _detect(parsed: Parsed | Reject, domain: str | None) -> Parsed | Reject:
    return counted(parsed, "detect", lambda document: detect(document, domain))
