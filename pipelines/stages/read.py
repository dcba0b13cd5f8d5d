"""Read: fetch the bytes of each source; a block of a `.jsonl` or `.parquet` file gives its documents."""

from __future__ import annotations

from collections.abc import Iterator

import apache_beam as beam

from docassay.observe import counters
from docassay.pipelines.sources import lists
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.stages import Options, count_in, count_out
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.file_systems import open_file
from docassay.transforms.formats import Limits
from docassay.transforms.read import read


class Read(beam.PTransform):  # type: ignore[misc]
    """`Source` to `Source` with its content, or `Reject`."""

    def __init__(self, limits: Limits | None = None, text_column: str = "text") -> None:
        """Take the bounds of a document, and the column of `.jsonl` and `.parquet` files with the text."""
        super().__init__()
        self._limits = limits or Limits()
        self._text_column = text_column

    @classmethod
    def of(cls, options: Options) -> Read:
        """Take from the options what it needs."""
        return cls(options.limits, options.text_column)

    def expand(self, sources: beam.PCollection[Source | Reject]) -> beam.PCollection[Source | Reject]:
        """Open one after the other."""
        return sources | "Open" >> beam.FlatMap(_documents, self._limits, self._text_column)


def _documents(source: Source | Reject, limits: Limits, text_column: str) -> Iterator[Source | Reject]:
    documents = [source] if isinstance(source, Reject) else lists.documents(source, text_column, limits)
    for document in documents:
        LEDGER.expect(source.uri)
        count_in("read")
        if isinstance(document, Source):
            with counters.timed("read"):
                document = read(document, limits, open_file)
        count_out("read", document)
        yield document
    LEDGER.settle([source.uri])  # its documents are counted in its place
