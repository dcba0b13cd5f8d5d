"""Lists: every row is a document or a reject, and none of them costs this process its memory."""

from __future__ import annotations

import errno
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docassay.pipelines.sources import files as sources_files
from docassay.pipelines.sources.files import documents, expand
from docassay.schemas.errors import RunError
from docassay.schemas.rows import Reject, Source
from docassay.transforms import lists
from docassay.transforms.formats import Limits
from docassay.transforms.isolation import lists as isolated_lists
from docassay.transforms.isolation import worker
from docassay.transforms.isolation.worker import Worker
from docassay.transforms.lists import Block
from tests.families import quick_first

ROOT = Path(__file__).parents[3]


def opened(path: Path, limits: Limits | None = None) -> Iterator[Source | Reject]:
    for found in expand(str(path)):
        yield from [found] if isinstance(found, Reject) else documents(found, "text", limits)


def write(path: Path, texts: object, **options: object) -> Path:
    pq.write_table(pa.table({"text": texts}), path, **options)
    return path


LIMITS = Limits(memory_bytes=1024**3, seconds=20)


def page_bomb(path: Path) -> Path:
    texts = pa.array(["x" * 30_000_000] * 50, pa.large_string())
    return write(path, texts, use_dictionary=False, compression="zstd", data_page_size=2**31 - 1)


def dictionary_bomb(path: Path) -> Path:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["y" * 4_000_000])
    return write(path, texts, compression="zstd")


def many_nulls(path: Path) -> Path:
    return write(path, pa.nulls(4_000_000, pa.string()), row_group_size=4_000_000)


def wide(path: Path) -> Path:
    nested = pa.array([{f"c{n}": n for n in range(10_000)}])
    pq.write_table(pa.table({"text": nested}), path)
    return path


def long_line(path: Path) -> Path:
    path.write_text('{"text": "a"}\n{"text": "b", "x": [' + "[]," * 8_000_000 + '1]}\n{"text": "c"}\n')
    return path


def hostile_line(path: Path) -> Path:
    path.write_text('{"text": "a"}\n[' + "[{}]," * 9_000_000 + '1]\n{"text": "c"}\n')
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (page_bomb, {"out_of_memory": 1}),
        (dictionary_bomb, {"document": 12, "too_large": 19_988}),
        (many_nulls, {"too_large": 1}),
        (wide, {"no_text_column": 1}),
        (long_line, {"document": 3}),
        (hostile_line, {"document": 2, "out_of_memory": 1}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bomb_takes_no_memory_of_this_process(
    tmp_path: Path, make: Callable[[Path], Path], expected: dict[str, int]
) -> None:
    """A process of its own reads the list, so that its peak is that of reading alone."""
    path = make(tmp_path / ("a.jsonl" if "line" in make.__name__ else "a.parquet"))
    code = (
        "import collections, resource, sys; from pathlib import Path\n"
        "from tests.pipelines.sources.test_lists import LIMITS, opened\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "rows = opened(Path(sys.argv[1]), LIMITS)\n"
        "found = collections.Counter(getattr(row, 'reason', 'document') for row in rows)\n"
        "print(dict(found)); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    counts, grown = done.stdout.strip().splitlines()
    assert counts == str(expected)
    assert int(grown) < 120_000, "kilobytes"


@given(
    st.lists(
        st.sampled_from([b"", b"{}", b'{"text": "a"}', b"x" * 30, b"\r", b'{"text": "\xc3\xa9"}', b"[" * 9])
    )
)
def test_blocks_are_all_lines_once(lines: list[bytes]) -> None:
    content = b"\n".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lists, "BLOCK_BYTES", 40)
        patch.setattr(lists, "_PIECE", 17)
        blocks = list(lists.line_blocks(io.BytesIO(content)))
        assert [block.first for block in blocks] == [0, *(block.second for block in blocks)][: len(blocks)]
        assert (blocks[-1].second if blocks else 0) == len(content)
        found = []
        for block, after in zip(blocks, [*blocks[1:], None], strict=False):
            assert block.third == content[: block.first].count(b"\n") + 1
            assert after is None or block.second - block.first >= 40
            entries = list(lists.lines(io.BytesIO(content), block, "text"))
            count = lists.count_lines(io.BytesIO(content), block)
            assert after is None or block.third + count == after.third
            found += entries
    assert [entry.number for entry in found] == [n for n, line in enumerate(lines, 1) if line.strip()]


def test_a_line_without_bound_is_refused_and_those_after_it_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "TEXT_BYTES", 100)
    content = b'{"text": "a"}\n{"text": "' + b"x" * 1000 + b'"}\n{"text": "b"}'
    entries = list(lists.lines(io.BytesIO(content), Block(0, len(content), 7), "text"))
    assert [(entry.number, entry.text, entry.reason) for entry in entries] == [
        (7, b"a", ""),
        (8, None, "too_large"),
        (9, b"b", ""),
    ]


def test_a_long_line_is_read_in_a_worker_under_its_number(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    long = "x" * 2_000_000
    path.write_text("\n".join(json.dumps({"text": text}) for text in ("a", long, "b")) + "\n[\n")
    found = list(opened(path))
    assert [row.uri.rpartition("#")[2] for row in found] == ["line-1", "line-2", "line-3", "line-4"]
    assert [row.content for row in found if isinstance(row, Source)] == [b"a", long.encode(), b"b"]


def test_rows_come_in_order_however_they_are_stored(tmp_path: Path) -> None:
    texts = [None if n % 7 == 3 else f"text {n % 50} \u00e9" * (n % 5) for n in range(3_000)]
    for number, kind in enumerate(
        [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
    ):
        column = pa.array(texts).cast(kind) if number < 3 else pa.array(texts).dictionary_encode()
        try:
            path = write(
                tmp_path / f"{number}.parquet", column, row_group_size=1_100, use_dictionary=number != 1
            )
        except pa.ArrowNotImplementedError:  # PyArrow 18 writes no views
            continue
        found = list(opened(path))
        assert [row.uri for row in found] == [f"{path}#row-{n}" for n in range(1, 3_001)]
        contents = [
            row.content.decode() if isinstance(row, Source) and row.content is not None else None
            for row in found
        ]
        assert contents == texts
        assert {row.reason for row in found if isinstance(row, Reject)} == {"no_text_column"}


def test_a_list_without_a_row_is_a_reject(tmp_path: Path) -> None:
    (found,) = opened(write(tmp_path / "a.parquet", pa.array([], pa.string())))
    assert isinstance(found, Reject) and (found.uri, found.reason) == (str(tmp_path / "a.parquet"), "empty")


def test_a_damaged_list_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"\xff" * 100 + b"PAR1")
    (found,) = opened(tmp_path / "a.parquet")
    assert isinstance(found, Reject) and found.reason == "unreadable"
    assert found.uri == str(tmp_path / "a.parquet") and "Buffer" not in found.detail


@pytest.mark.slow
def test_a_table_of_very_many_columns(tmp_path: Path) -> None:
    columns = {f"c{n}": [1] for n in range(10_000)}
    pq.write_table(pa.table(columns | {"text": ["a"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table(columns), tmp_path / "b.parquet")
    (row,) = opened(tmp_path / "a.parquet")
    assert isinstance(row, Source) and row.content == b"a"
    (reject,) = opened(tmp_path / "b.parquet")
    assert isinstance(reject, Reject) and reject.reason == "no_text_column" and len(reject.detail) <= 500


def test_two_columns_of_one_name_are_none(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    (reject,) = opened(tmp_path / "a.parquet")
    assert isinstance(reject, Reject) and "more than one column" in reject.detail


def test_a_damaged_byte_anywhere_loses_no_row_silently(tmp_path: Path) -> None:
    """Rows that are read and those that a reject names are all of them, whatever the footer says."""
    path = write(
        tmp_path / "a.parquet", [f"text {n}" for n in range(40)], row_group_size=20, compression="none"
    )
    whole, chance = path.read_bytes(), random.Random(7)
    for _ in range(60):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        found = list(opened(path, Limits(seconds=10)))
        rejects = [row for row in found if isinstance(row, Reject)]
        assert len(found) == 40 or rejects, "a row that is missing has a reject"
        assert all("Buffer" not in row.detail and row.stage == "read" for row in rejects)


HOSTILE = """
import gc, io, os, time
from docassay.transforms.isolation.child import SIZE, packed

def send(pipe, content):
    pipe.write(SIZE.pack(len(content)) + content)

def entry(number, text):
    return (number, text, "", "")

def read_list(request):
    what = request.asked["text_column"]
    if what != "first":
        yield [entry(1, b"a"), entry(2, b"b")]
    if what in ("first", "exit"):
        os._exit(3)
    if what == "sleep":
        time.sleep(3600)
    if what == "again":
        yield [entry(2, b"a")]
    if what == "beyond":
        yield [entry(9, b"a")]
    if what == "block":
        yield [(0, 1, 5)]
    if what == "size":
        yield [entry(3, 10**9)]
    if what == "endless":
        yield [entry(3, b"x" * 10**8)]
    if what == "read":
        request.parent.call([0, 10**12])
    (pipe,) = (one for one in gc.get_objects() if isinstance(one, io.BufferedWriter) and one.fileno() > 2)
    if what == "no json":
        send(pipe, b"\\1\\0\\0\\0\\1\\0\\0\\0{")
    if what == "deep":
        send(pipe, b"\\1\\0\\0\\0\\xa0\\x86\\1\\0" + b"[" * 100_000)
    if what == "no items":
        send(pipe, packed([]))
    if what == "no number":
        yield [[]]
    if what == "no reason":
        send(pipe, packed(["refused", ["x"]]))
    if what == "type":
        yield [entry("3", b"a")]
    if what == "reason":
        send(pipe, packed(["refused", ["<b>", "x" * 9_999]]))
    if what != "few":
        pipe.flush()
        time.sleep(3600)
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    """Collect the workers that are started."""
    made: list[Worker] = []

    def start(function: str, limits: Limits, memory: str) -> Worker:
        made.append(Worker(function, limits, memory))
        return made[-1]

    monkeypatch.setattr(worker, "Worker", start)
    return made


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a module of its own run in the workers."""
    (tmp_path / "hostile_lists.py").write_text(HOSTILE)
    runs(tmp_path, monkeypatch, "hostile_lists:read_list")


def runs(folder: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(isolated_lists, "FUNCTION", function)


@pytest.mark.parametrize(
    ("what", "reason", "said"),
    quick_first(
        8,
        [
            ("first", "crashed", "rows 1 to 5 are not read (5)"),
            ("exit", "crashed", "rows 3 to 5 are not read (3)"),
            ("sleep", "timeout", "rows 3 to 5"),
            ("again", "crashed", "no entry of the block"),
            ("beyond", "crashed", "no entry of the block"),
            ("block", "crashed", "no entry of the block"),
            ("size", "crashed", "rows 3 to 5"),
            ("endless", "crashed", "gave more than"),
            ("read", "crashed", "rows 3 to 5"),
            ("no json", "crashed", "rows 3 to 5"),
            ("deep", "crashed", "rows 3 to 5"),
            ("no items", "crashed", "rows 3 to 5"),
            ("no number", "crashed", "rows 3 to 5"),
            ("no reason", "crashed", "rows 3 to 5"),
            ("type", "crashed", "rows 3 to 5"),
            ("reason", "crashed", "rows 3 to 5"),
            ("few", "malformed", "rows 3 to 5"),
        ],
    ),
)
def test_a_reader_that_dies_or_lies_costs_the_rest_of_its_block_and_says_which(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    started: list[Worker],
    what: str,
    reason: str,
    said: str,
) -> None:
    path = write(tmp_path / "a.parquet", list("abcde"))
    (block,) = expand(str(path))
    assert isinstance(block, Source)
    (tmp_path / "hostile_lists.py").write_text(HOSTILE)
    runs(tmp_path, monkeypatch, "hostile_lists:read_list")
    worker.shared_pool.cache_clear()
    started.clear()
    limits = Limits(seconds=1.0 if what == "sleep" else 30.0)
    workers = worker.shared_pool(isolated_lists.FUNCTION, limits, isolated_lists.ENTRY_REASONS)
    found = list(documents(block, what, limits))
    workers.close()
    *read, reject = found
    assert [row.content for row in read if isinstance(row, Source)] == (
        [] if what == "first" else [b"a", b"b"]
    )
    assert isinstance(reject, Reject) and len(read) == (0 if what == "first" else 2)
    assert (reject.uri, reject.reason) == (block.uri, reason) and said in reject.detail
    assert len(reject.detail) < 1_000
    assert [one._process.returncode is not None for one in started] == [True], "none is left"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
        RunError("temporary folder /tmp cannot be used"),
    ],
)
def test_what_the_machine_lacks_is_no_fault_of_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = write(tmp_path / "a.parquet", list("abcde"))
    (block,) = expand(str(path))

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(sources_files, "open_regular", fail)
    with pytest.raises(RunError):
        list(expand(str(path)))
    with pytest.raises(RunError):
        list(documents(block, "text", Limits()))


def test_a_library_that_is_missing_is_no_fault_of_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "from docassay.transforms import lists\n"
    script += "from docassay.transforms.isolation.lists import read_list\n"
    script += "def rows(*_):\n    raise ImportError('libarrow.so: cannot open shared object file')\n"
    script += "lists.rows = rows\n"
    (tmp_path / "lacking_lists.py").write_text(script)
    path = write(tmp_path / "a.parquet", list("abcde"))
    (block,) = expand(str(path))
    runs(tmp_path, monkeypatch, "lacking_lists:read_list")
    with pytest.raises(RunError, match=r"cannot be read on this machine: .*libarrow"):
        list(documents(block, "text"))


def test_a_name_in_a_list_may_be_an_address_that_reads_as_a_part(tmp_path: Path) -> None:
    (gone,) = expand(f"file://{tmp_path}/b.txt#line-1")
    assert isinstance(gone, Reject) and gone.uri.endswith("/b.txt%23line-1")


def test_lines_that_are_not_read_are_counted(tmp_path: Path, hostile: None) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": "x" * 2_000_000}) + "\n\n{}\n{}")
    blocks = list(expand(str(path)))
    (reject,) = documents(blocks[0], "first", Limits(seconds=2.0))
    assert isinstance(reject, Reject) and "lines 1 to 1 are not read (1)" in reject.detail


def test_a_consumer_that_stops_leaves_no_process(tmp_path: Path, started: list[Worker]) -> None:
    path = write(tmp_path / "a.parquet", ["x" * 1_000] * 5_000)
    limits = Limits(seconds=30.0)
    (block,) = expand(str(path))
    assert isinstance(block, Source)
    started.clear()
    rows = documents(block, "text", limits)
    assert isinstance(next(rows), Source)
    rows.close()  # type: ignore[attr-defined]
    assert [one._process.returncode for one in started] == [-9]


def test_a_reader_is_used_again(tmp_path: Path, started: list[Worker]) -> None:
    path = write(tmp_path / "a.parquet", ["a", "b", "c"], row_group_size=1)
    limits = Limits(seconds=31.0)
    for block in expand(str(path)):
        assert isinstance(block, Source)
        assert [type(row) for row in documents(block, "text", limits)] == [Source]
    assert len(started) <= 2, "one that lists, and one with the limits of this test"


def test_what_was_replaced_since_it_was_listed_is_a_reject(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", ["a", "b"])
    (block,) = expand(str(path))
    write(path, ["a", "b", "c"])
    assert isinstance(block, Source)
    (reject,) = documents(block)
    assert isinstance(reject, Reject) and "has changed" in reject.detail and "rows 1 to 2" in reject.detail
