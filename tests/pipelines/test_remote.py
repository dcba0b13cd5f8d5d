"""Inputs and outputs on a file system of Beam's that is not the local one, as a bucket is."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem
from apache_beam.options.pipeline_options import PipelineOptions

from docassay.observe import counters
from docassay.pipelines import stream_run
from docassay.pipelines.batch import Batch, run
from docassay.pipelines.graph import provenance
from docassay.pipelines.sources import Stream
from tests.tables import STAMPED

FILES: dict[str, bytes] = {}


class _Upload(io.BytesIO):
    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        if not self.closed:
            FILES[self._path] = self.getvalue()
        super().close()


class BucketFileSystem(FileSystem):  # type: ignore[misc]
    """An object store in memory: names, no folders, and no rename over a missing name."""

    def __init__(self, pipeline_options: PipelineOptions | None = None) -> None:
        super().__init__(pipeline_options)

    @classmethod
    def scheme(cls) -> str:
        return "bucket"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path: str) -> None:
        raise AssertionError("an object store has no folders to make")

    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        for path, content in sorted(FILES.items()):
            if path.startswith(dir_or_prefix):
                yield FileMetadata(path, len(content), 1_700_000_000)

    def create(self, path: str, *_: Any, **__: Any) -> io.BytesIO:
        return _Upload(path)

    def open(self, path: str, *_: Any, **__: Any) -> io.BytesIO:
        if path not in FILES:
            raise BeamIOError("not there", {path: KeyError(path)})
        return io.BytesIO(FILES[path])

    def copy(self, sources: list[str], targets: list[str]) -> None:
        for source, target in zip(sources, targets, strict=True):
            FILES[target] = FILES[source]

    def rename(self, sources: list[str], targets: list[str]) -> None:
        for source, target in zip(sources, targets, strict=True):
            FILES[target] = FILES.pop(source)

    def exists(self, path: str) -> bool:
        return any(name == path or name.startswith(path.rstrip("/") + "/") for name in FILES)

    def size(self, path: str) -> int:
        return len(FILES[path])

    def last_updated(self, path: str) -> float:
        return 1_700_000_000

    def checksum(self, path: str) -> str:
        return str(len(FILES[path]))

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, len(FILES[path]), 1_700_000_000)

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            for name in [n for n in FILES if n == path or n.startswith(path.rstrip("/") + "/")]:
                del FILES[name]


@pytest.fixture
def bucket() -> Iterator[dict[str, bytes]]:
    FILES.clear()
    FILES["bucket://in/a.txt"] = b"This Agreement shall be governed by the laws of the State of Delaware."
    FILES["bucket://in/b.html"] = (
        b"<html><title>B</title><body><p>The patient reports chest pain.</p></body></html>"
    )
    FILES["bucket://in/c.jsonl"] = b'{"text": "Net sales rose by 4 % in the third quarter."}\nbroken\n'
    yield FILES
    FILES.clear()


def rows(table: str) -> list[dict[str, Any]]:
    return [
        {column: value for column, value in row.items() if column not in STAMPED}
        for name, content in sorted(FILES.items())
        if name.startswith(f"bucket://out/{table}/")
        for row in pq.read_table(io.BytesIO(content)).to_pylist()
    ]


def test_bucket_is_read_and_written_and_written_again(bucket: dict[str, bytes]) -> None:
    first = run(Batch(("bucket://in/*",), "bucket://out"))
    assert (first.inputs, first.documents, first.rejects) == (4, 3, 1)
    before = {table: rows(table) for table in ("documents", "segments", "rejects")}
    assert [row["reason"] for row in before["rejects"]] == ["broken_line"]
    assert not [name for name in bucket if "_staging" in name]
    run(Batch(("bucket://in/*",), "bucket://out"))
    assert {table: rows(table) for table in before} == before
    assert len(rows("runs")) == 2


def test_a_stream_that_ends_there_is_no_later_than_its_documents(bucket: dict[str, bytes]) -> None:
    stream = Stream("bucket://in", "bucket://out")
    metadata = provenance(stream.options, "20261129T120000-abcdef01")
    counters.take()
    counters.count("append", "documents")
    stream_run._publish_run(stream, metadata, datetime.now(UTC))
    (row,) = rows("runs")
    assert row["documents"] == 1
    assert "commit.number" not in json.loads(row["counts"]), "others may have committed since"


def test_pattern_without_a_match_is_an_error(bucket: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="no file matches"):
        run(Batch(("bucket://in/*.pdf",), "bucket://out"))
