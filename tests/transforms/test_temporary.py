"""Temporary folders: those of dead processes go, the living keep theirs; a full disk is nobody's fault."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from docassay.schemas.errors import RunError
from docassay.schemas.rows import Reject, Source
from docassay.transforms import temporary
from docassay.transforms.document import Document
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.temporary import LOCK, lack_of, make_folder, remove_folder, sweep
from tests.families import quick_first

ROOT = Path(__file__).parents[2]
PAGE = b"<html><p>Rent is due."
KEPT = """
import sys, tempfile, time
tempfile.tempdir = sys.argv[1]
from docassay.transforms.temporary import make_folder
print(make_folder(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def other(place: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", KEPT, str(place)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_the_folder_of_a_killed_process_is_swept_and_that_of_a_living_one_is_not(
    place: Path, other: subprocess.Popen[str]
) -> None:
    assert other.stdout
    theirs = other.stdout.readline().strip()
    own = make_folder()
    Path(theirs, "unpacked").mkdir()
    assert sweep() == []
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert sweep() == [theirs]
    assert [str(path) for path in place.iterdir()] == [own]
    remove_folder(own)
    assert not list(place.iterdir())


def test_what_is_not_known_to_be_a_dead_process_s_is_left_alone(place: Path, tmp_path: Path) -> None:
    (place / "docassay-of-an-earlier-release").mkdir()
    (place / "docassay-file").write_text("no folder")
    (place / "another").mkdir()
    (place / "another" / LOCK).touch()
    (place / "docassay-link").symlink_to(place / "another")
    (place / "docassay-linked-lock").mkdir()
    (place / "docassay-linked-lock" / LOCK).symlink_to(place / "another" / LOCK)
    before = sorted(place.rglob("*"))
    assert sweep() == []
    assert sorted(place.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_the_folder_of_another_user_is_left_alone(place: Path) -> None:
    theirs = place / "docassay-theirs"
    theirs.mkdir()
    (theirs / LOCK).touch()
    os.chown(theirs, 12345, 12345)
    assert sweep() == []
    os.chown(theirs, 0, 0)
    assert sweep() == [str(theirs)]


def test_a_folder_that_takes_nothing_is_told_before_any_work(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    temporary.check()
    monkeypatch.setattr(temporary.Path, "write_bytes", full)
    with pytest.raises(RunError, match=rf"temporary folder {place} cannot be used: No space left .* TMPDIR"):
        temporary.check()
    assert not list(place.iterdir())
    monkeypatch.setattr(tempfile, "tempdir", str(place / "absent"))
    with pytest.raises(RunError, match="absent cannot be used: No such file"):
        make_folder()


def test_a_library_s_words_are_believed_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    quoted = ValueError("unknown element <No space left on device>")
    assert lack_of(quoted) is None
    monkeypatch.setattr(temporary, "_is_full", lambda: True)
    assert lack_of(quoted) == "No space left on device"


PARSER = """
import errno
from docassay.transforms.formats import Unusable, html
from docassay.transforms.isolation.parse import parse_request

def fail(content, limits, media_type):
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError as error:
        raise Unusable("malformed", str(error)) from None

def parse(request):
    uri = request.asked["uri"]
    if uri == "disk":
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")
    if uri == "files":
        raise OSError(errno.EMFILE, "Too many open files")
    if uri == "library":
        import a_library_that_is_not_here
    if uri == "blamed":
        html.read = fail
    if uri == "mapped":
        raise ImportError("lib.so: failed to map segment from shared object")
    if uri == "io":
        raise OSError("cannot seek in what the document says")
    return parse_request(request)
"""


@pytest.fixture
def parsers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lacking_parser.py").write_text(PARSER)
    (tmp_path / "broken_parser.py").write_text("import a_library_that_is_not_here")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("what", "says"),
    quick_first(
        2,
        [
            ("disk", "No space left on device"),
            ("files", "Too many open files"),
            ("library", "a library is missing or damaged: No module named 'a_library_that_is_not_here'"),
            ("blamed", "No space left on device"),
        ],
    ),
)
def test_what_the_machine_lacks_is_no_reject(parsers: None, what: str, says: str) -> None:
    with Parser(function="lacking_parser:parse") as parser:
        assert isinstance(parser.parse(Source("a", PAGE))[0], Document)
        with pytest.raises(RunError, match=f"documents cannot be read on this machine: {says}"):
            parser.parse(Source(what, PAGE))


@pytest.mark.parametrize("what", ["mapped", "io"])
def test_what_a_document_causes_stays_a_reject(parsers: None, what: str) -> None:
    with Parser(function="lacking_parser:parse") as parser:
        (row,) = parser.parse(Source(what, PAGE))
        assert isinstance(row, Reject) and row.reason == "crashed"


def test_readers_that_do_not_start_are_no_reject(parsers: None) -> None:
    with (
        Parser(function="broken_parser:parse") as parser,
        pytest.raises(RunError, match="the readers do not start: ModuleNotFoundError: No module named"),
    ):
        parser.parse(Source("a", PAGE))
