"""Reading: bytes from a path or an address, bounded, and a reject where there are none."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from docassay.schemas.errors import RunError
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.file_systems import open_file
from docassay.transforms.formats import REASONS, Limits
from docassay.transforms.read import read


def test_a_local_file_gets_its_content_and_time(tmp_path: Path) -> None:
    path = tmp_path / "lease.txt"
    path.write_bytes(b"Rent is due monthly.")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    source = read(Source(str(path)), Limits())
    assert isinstance(source, Source)
    assert source.content == b"Rent is due monthly."
    assert source.event_time == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_file_address_is_a_local_file(tmp_path: Path) -> None:
    path = tmp_path / "a lease.txt"
    path.write_bytes(b"x")
    source = read(Source(path.as_uri()), Limits())
    assert isinstance(source, Source)
    assert source.content == b"x"


def test_another_address_goes_through_beam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filesystem of our own stands for a bucket: what Beam opens is what is read, still compressed."""
    from apache_beam.io.filesystem import CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    opened = []

    def open_(path: str, compression_type: str = CompressionTypes.AUTO) -> object:
        opened.append((path, compression_type))
        return (tmp_path / "object").open("rb")

    (tmp_path / "object").write_bytes(b"x" * 3_000_000)
    monkeypatch.setattr(FileSystems, "open", staticmethod(open_))
    source = read(Source("bucket://in/lease.txt.gz"), Limits(), open_file)
    assert isinstance(source, Source)
    assert len(source.content or b"") == 3_000_000
    assert opened == [("bucket://in/lease.txt.gz", CompressionTypes.UNCOMPRESSED)]
    assert isinstance(read(Source("bucket://in/lease.txt.gz"), Limits(bytes=2_999_999), open_file), Reject)


def test_an_address_of_an_unknown_scheme_is_a_reject() -> None:
    reject = read(Source("gopher://somewhere/x"), Limits())
    assert isinstance(reject, Reject)
    assert (reject.stage, reject.reason) == ("read", "unreadable")
    assert "\n" not in reject.detail


def test_content_that_came_along_is_kept() -> None:
    source = Source("mail.eml#attachment-1", content=b"x")
    assert read(source, Limits()) == source


@pytest.mark.parametrize(
    ("size", "limit", "reason"),
    [
        (0, 10, "empty"),
        (11, 10, "too_large"),
    ],
)
def test_size_is_bounded(tmp_path: Path, size: int, limit: int, reason: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * size)
    reject = read(Source(str(path)), Limits(bytes=limit))
    assert isinstance(reject, Reject)
    assert reject.reason == reason
    assert reason in REASONS


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x" * 10)
    assert isinstance(read(Source(str(path)), Limits(bytes=10)), Source)


def test_what_is_not_a_file_is_unreadable(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe"):
        reject = read(Source(str(path)), Limits())
        assert isinstance(reject, Reject)
        assert reject.reason == "unreadable"
        assert reject.doc_id is None


def test_a_path_with_a_nul_is_unreadable() -> None:
    reject = read(Source("a\x00b"), Limits())
    assert isinstance(reject, Reject)
    assert reject.reason == "unreadable"


def test_reading_a_local_file_does_not_import_beam(tmp_path: Path) -> None:
    """`docassay explain` answers in seconds only while nothing on its way imports Beam."""
    path = tmp_path / "x.txt"
    path.write_bytes(b"x")
    code = (
        "import sys; from docassay.schemas.rows import Source\n"
        "from docassay.transforms.formats import Limits\n"
        "from docassay.transforms.read import read; from docassay.transforms.parse import parse\n"
        f"parse(read(Source({str(path)!r}), Limits()), Limits())\n"
        "print([m for m in ('apache_beam', 'rapidocr', 'pypdfium2', 'ctranslate2') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_process_that_may_open_no_more_files_blames_no_document(tmp_path: Path) -> None:
    def full(_: str) -> BinaryIO:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with pytest.raises(
        RunError, match=r"s3://b/a\.txt cannot be opened on this machine: Too many open files"
    ):
        read(Source("s3://b/a.txt"), Limits(), full)
