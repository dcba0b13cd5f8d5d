"""Isolation: a document may hang, crash or fill its process; the next one is read."""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import wait
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.schemas.rows import Reject, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.child import packed, unpacked
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.isolation.worker import Worker
from docassay.transforms.parse import parse
from tests.families import quick_first
from tests.workers import kept_workers

HOSTILE = r"""
import ctypes, os, pickle, sys, time
from docassay.transforms.isolation.parse import parse_request

def parse(request):
    word, limits = request.asked["uri"], request.limits
    if word == "sleep":
        time.sleep(3600)
    if word == "spin":
        while True:
            pass
    if word == "fill":
        held = bytearray(limits.memory_bytes)  # at once, since touching as much takes a slow machine long
    if word == "fill like rust":
        print("memory allocation of 123 bytes failed", file=sys.stderr, flush=True)
        os.abort()
    if word == "segfault":
        ctypes.string_at(0)
    if word == "exit":
        os._exit(3)
    if word == "defect":
        raise KeyError("no such\nthing")
    if word == "print":
        print("x" * 100_000, flush=True)
        os.write(1, b"y" * 100_000)
    if word == "grandchild":
        if os.fork() == 0:
            time.sleep(3600)
        time.sleep(3600)
    if word == "another shape":
        return {"rows": 1}
    if word == "another row":
        return [["Run", {"uri": "x"}]]
    if word == "wrong field":
        return [["Reject", {"uri": "x", "path": "/etc/passwd"}]]
    if word == "wrong time":
        return [["Source", {"uri": "x", "event_time": 1, "content": b""}]]
    if word == "no block":
        return [["Source", {"uri": "x", "event_time": None, "content": {"bytes": 7}}]]
    if word == "no content":
        return [["Source", {"uri": "x", "event_time": None}]]
    if word == "nothing":
        return None
    if word == "cut short":
        fields = dict.fromkeys(("doc_id", "uri", "text", "media_type", "title", "parent_id", "event_time"))
        fields |= {"embedded_values": [], "boundary_candidates": [], "pages": b"x", "tables": b""}
        return [["Document", fields]]
    if word.startswith("frame "):
        import gc, io
        (pipe,) = (o for o in gc.get_objects() if isinstance(o, io.BufferedWriter) and o.fileno() > 2)
        pipe.write(b"" if word == "frame of a long part" else len(FRAMES[word]).to_bytes(8, "little"))
        pipe.write(FRAMES[word])
        pipe.flush()
        while word == "frame of a long part":
            pipe.write(bytes(10**8))
        time.sleep(3600)
    if word == "pickled":
        return [pickle.dumps(print).hex()]
    return parse_request(request)

FRAMES = {
    "frame of no part": b"\0\0\0\0",
    "frame of no JSON": b"\1\0\0\0\1\0\0\0{",
    "frame of a pickle": b"\1\0\0\0" + len(pickle.dumps(print)).to_bytes(4, "little") + pickle.dumps(print),
    "frame of deep JSON": b"\1\0\0\0\xa0\x86\1\0" + b"[" * 100_000,
    "frame of a number": b"\1\0\0\0\1\0\0\0" + b"1",
    "frame of another kind": b"\1\0\0\0\x0b\0\0\0" + b'["eval", 1]',
    "frame of a call": b"\1\0\0\0\x0b\0\0\0" + b'["call", 1]',
    "frame of very many parts": b"\xff\xff\xff\xff",
    "frame of a long part": b"\0\0\0\x60\0\0\0\0",
}
"""
PAGE = b"<html><p>Rent is due."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile")
    (path / "hostile_parser.py").write_text(HOSTILE)
    return path


@pytest.fixture
def hostile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))


@pytest.fixture
def parser(hostile: None) -> Iterator[Parser]:
    limits = Limits(seconds=1.0, memory_bytes=1024**3)
    with kept_workers(), Parser(limits, 1, function="hostile_parser:parse") as made:
        yield made


def workers(parser: Parser) -> list[Worker]:
    return [*parser._pool._idle, *parser._pool._working]


@pytest.mark.parametrize(
    ("what", "reason"),
    quick_first(
        5,
        [
            ("sleep", "timeout"),
            ("fill", "out_of_memory"),
            ("segfault", "crashed"),
            ("exit", "crashed"),
            ("defect", "crashed"),
            ("spin", "timeout"),
            ("grandchild", "timeout"),
            ("fill like rust", "out_of_memory"),
        ],
    ),
)
def test_a_bad_document_is_a_reject_and_the_next_is_read(parser: Parser, what: str, reason: str) -> None:
    started = time.monotonic()
    futures = [parser.submit(Source(uri, PAGE)) for uri in ("a", what, "b")]
    (before,), (bad,), (after,) = (future.result() for future in futures)
    assert isinstance(bad, Reject)
    assert (bad.stage, bad.reason) == ("parse", reason)
    assert "\n" not in bad.detail
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert after.text == "Rent is due."
    assert time.monotonic() - started < 60, "it sleeps and spins without end"


@pytest.mark.parametrize(
    "what",
    quick_first(
        4,
        [
            "another shape",
            "another row",
            "wrong field",
            "wrong time",
            "no block",
            "no content",
            "nothing",
            "cut short",
            "pickled",
            "frame of no part",
            "frame of no JSON",
            "frame of a pickle",
            "frame of deep JSON",
            "frame of a number",
            "frame of another kind",
            "frame of a call",
            "frame of very many parts",
            "frame of a long part",
        ],
    ),
)
def test_a_worker_that_lies_is_not_believed(parser: Parser, what: str) -> None:
    if what == "frame of a long part":
        parser.limits = parser._pool.limits = Limits(memory_bytes=400_000_000)
    (bad,), (after,) = (parser.parse(Source(uri, PAGE)) for uri in (what, "b"))
    assert isinstance(bad, Reject) and bad.reason == "crashed", bad
    assert "gave no answer that can be read" in bad.detail or "gave more than" in bad.detail
    assert isinstance(after, Document)
    assert len(workers(parser)) == 1, "the liar is gone"


def test_what_a_parser_prints_does_not_break_the_answer(parser: Parser) -> None:
    (row,) = parser.parse(Source("print", PAGE))
    assert isinstance(row, Document)


def test_rows_come_back_as_they_were_made() -> None:
    """Everything that `parse` may return crosses the pipe unchanged, surrogates and bytes too."""
    mail = (
        b"Message-ID: <1>\nFrom: a@b.c\nDate: Tue, 02 Jan 2024 03:04:05 +0100\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=B\n\n--B\n\n\xe2\x80\xae text\n--B\n"
        b'Content-Disposition: attachment; filename="x"\n'
        b"Content-Transfer-Encoding: base64\n\nAAECAw==\n--B--\n"
    )
    sources = [
        Source("in\udce9.eml", mail, parent_id="p", event_time=datetime(2024, 1, 1, tzinfo=UTC)),
        Source("a.html", PAGE, "text/html", "p", datetime(2024, 1, 1, 1, 2, 3, 4, tzinfo=UTC)),
        Source("b.bin", bytes(range(256)) * 4),
    ]
    with Parser() as parser:
        for source in sources:
            assert parser.parse(source) == parse(source, Limits())


def test_plain_text_needs_no_process() -> None:
    with Parser() as parser:
        (row,) = parser.parse(Source("a.txt", b"Rent is due."))
        assert isinstance(row, Document)
        assert workers(parser) == []


def test_documents_are_parsed_side_by_side(hostile: None) -> None:
    with Parser(Limits(seconds=120), 2, function="hostile_parser:parse") as parser:
        wait([parser.submit(Source("warm", PAGE)) for _ in range(2)])
        slow = parser.submit(Source("sleep", PAGE))
        assert isinstance(parser.parse(Source("b", PAGE))[0], Document)
        assert not slow.done()


def test_a_child_is_replaced_after_so_many_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docassay.transforms.isolation.worker.REQUESTS_PER_WORKER", 2)
    with Parser() as parser:
        seen = set()
        for n in range(5):
            assert isinstance(parser.parse(Source(str(n), PAGE))[0], Document)
            seen.add(workers(parser)[0]._process.pid)
        assert len(seen) == 3
        assert len(workers(parser)) == 1


def test_closing_ends_the_children_and_what_waits(parser: Parser) -> None:
    slow = parser.submit(Source("sleep", PAGE))
    waiting = parser.submit(Source("b", PAGE))
    while not workers(parser):
        time.sleep(0.01)
    process = workers(parser)[0]._process
    threading.Timer(0.1, parser.close).start()
    assert slow.result(timeout=5)[0].reason == "crashed"  # type: ignore[union-attr]
    assert waiting.cancelled()
    assert process.returncode == -9
    with pytest.raises(RuntimeError):
        parser.submit(Source("c", PAGE))


def test_a_child_ends_when_its_parent_is_killed() -> None:
    code = (
        "import os, signal\nfrom docassay.schemas.rows import Source\n"
        "from docassay.transforms.isolation.parse import Parser\n"
        "parser = Parser()\nparser.parse(Source('a', b'<p>x'))\n"
        "(worker,) = parser._pool._idle\n"
        "print(worker._process.pid, worker._folder, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[2]
    died = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert died.returncode == -9
    pid, folder = died.stdout.split()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and _state(pid) != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists() or _state(pid) == "Z"
    assert not Path(folder).exists()


def _state(pid: str) -> str:
    """Give the state letter of a process; one that nobody waits for stays a zombie in a container."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_large_document_crosses_the_pipe() -> None:
    content = b"<html><pre>" + b"x" * 99 * 40_000
    with Parser() as parser:
        (row,) = parser.parse(Source("a.html", content))
        assert isinstance(row, Document)
        assert len(row.text) == 99 * 40_000


@pytest.mark.slow
def test_a_stream_that_inflates_without_end() -> None:
    """A PDF of 3 kB whose page, deflated twice, inflates to half a gigabyte of drawing."""
    page = zlib.compress(zlib.compress(b"BT (x) Tj ET\n" * 40_000_000, 9), 9)
    content = (
        b"%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>\nendobj\n"
        b"4 0 obj\n<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream\nendobj\n"
        b"trailer << /Root 1 0 R >>\n%%%%EOF\n" % (len(page), page)
    )
    with Parser(Limits(memory_bytes=1024**3, seconds=30)) as parser:
        (bad,) = parser.parse(Source("a.pdf", content))
        assert isinstance(bad, Reject)
        assert bad.reason == "out_of_memory"
        assert isinstance(parser.parse(Source("b.html", PAGE))[0], Document)


def test_temporary_files_go_with_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Parser() as parser:
        parser.parse(Source("a.html", PAGE))
        (folder,) = tmp_path.iterdir()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_the_limit_on_memory_leaves_room_for_a_real_document() -> None:
    """The readers' libraries reserve address space; the default limit must not stop them."""
    with Parser() as parser:
        (row,) = parser.parse(Source("a.rtf", rb"{\rtf1 Rent is due.}"))
        assert isinstance(row, Document), row


@given(st.lists(st.binary(max_size=30), max_size=6))
def test_a_value_comes_as_it_was_sent(blocks: list[bytes]) -> None:
    time = datetime(2024, 1, 1, 1, 2, 3, 4, tzinfo=UTC)
    value = {"a": ("\udce9", 1.5, None, time), "b": tuple(blocks)}
    assert unpacked(packed(value)) == value
    with pytest.raises((ValueError, struct.error)):
        unpacked(packed(value)[:40])
