"""Read: fetch the bytes of each source; a block of a `.jsonl` or `.parquet` file gives its documents."""

from __future__ import annotations

from collections.abc import Iterator

import apache_beam as beam

from docassay.observe import counters
from docassay.pipelines.sources import lists
from docassay.pipelines.sources.ledger import LEDGER
from docassay.pipelines.stage import count_out
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.file_systems import open_file
from docassay.transforms.context import Options
from docassay.transforms.read import read


class Read(beam.PTransform):  # type: ignore[misc]
    """`Source` to `Source` with its content, or `Reject`."""

    def __init__(self, options: Options | None = None) -> None:
        """Take the options of the run: the limits of a document, and the column of texts in lists."""
        super().__init__()
        self._options = options or Options()

    def expand(self, sources: beam.PCollection[Source | Reject]) -> beam.PCollection[Source | Reject]:
        """Open one after the other."""
        return sources | "Open" >> beam.FlatMap(_documents, self._options)


def _documents(source: Source | Reject, options: Options) -> Iterator[Source | Reject]:
    limits, column = options.limits, options.text_column
    documents = [source] if isinstance(source, Reject) else lists.documents(source, column, limits)
    for document in documents:
        LEDGER.expect(source.uri)
        counters.count("read", "in")
        if isinstance(document, Source):
            with counters.timed("read"):
                document = read(document, limits, open_file)
        count_out("read", document)
        yield document
    LEDGER.settle([source.uri])  # its documents are counted in its place
