"""What inputs name: every document is listed, and what cannot be is a reject."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.filesystems import FileSystems
from apache_beam.io.localfilesystem import LocalFileSystem
from apache_beam.options.pipeline_options import PipelineOptions

from docassay.pipelines.sources import walk
from docassay.pipelines.sources.files import check, documents, expand, names
from docassay.schemas.errors import InputError
from docassay.schemas.rows import Reject, Source
from docassay.transforms import lists


def opened(name: str, text_column: str = "text") -> list[Source | Reject]:
    return [
        document
        for found in expand(name, text_column)
        for document in ([found] if isinstance(found, Reject) else documents(found, text_column))
    ]


def test_folder_is_walked_to_the_bottom_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "deep/er/c.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    found = opened(str(tmp_path))
    assert [Path(source.uri).name for source in found] == ["a.txt", "b.txt", "c.pdf"]
    assert all(
        isinstance(source, Source) and source.content is None and source.event_time for source in found
    )


def test_pattern_and_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.md").write_text("b")
    assert [Path(s.uri).name for s in opened(f"{tmp_path}/*.md")] == ["b.md"]
    assert [Path(s.uri).name for s in opened(f"{tmp_path}/a.txt")] == ["a.txt"]


def test_jsonl_blocks_give_every_line_once_under_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "BLOCK_BYTES", 200)
    path = tmp_path / "many.jsonl"
    lines = [json.dumps({"text": f"document {n} é"}) for n in range(100)]
    lines[40] = '{"text": "broken'
    lines[41] = '{"body": "no text"}'
    lines[42] = "[1]"
    lines[43] = ""
    path.write_text("\n".join(lines), encoding="utf-8")
    assert len(list(expand(str(path)))) > 5
    found = {source.uri: source for source in opened(str(path))}
    assert len(found) == 99
    assert {number: found[f"{path}#line-{number}"] for number in (41, 42, 43)} == {
        41: Reject(None, f"{path}#line-41", "read", "broken_line", "not a JSON object"),
        42: Reject(None, f"{path}#line-42", "read", "no_text_column", "no text under 'text' (--text-column)"),
        43: Reject(None, f"{path}#line-43", "read", "broken_line", "not a JSON object"),
    }
    last = found[f"{path}#line-100"]
    assert isinstance(last, Source) and last.content == "document 99 é".encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"\xff\xfe{]\n", "broken_line"), (b'{"text": 5}', "no_text_column")],
)
def test_bad_jsonl_is_a_reject(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    (found,) = opened(str(path))
    assert isinstance(found, Reject) and found.reason == reason


def test_parquet_rows_are_documents(tmp_path: Path) -> None:
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.table({"body": ["a", None, "c"], "id": [1, 2, 3]}), path, row_group_size=2)
    found = opened(str(path), "body")
    assert [source.uri.rsplit("#")[1] for source in found] == ["row-1", "row-2", "row-3"]
    assert isinstance(found[1], Reject) and found[1].reason == "no_text_column"
    (reject,) = opened(str(path))
    assert isinstance(reject, Reject) and "there are body, id" in reject.detail


def test_file_that_is_no_parquet_is_a_reject(tmp_path: Path) -> None:
    path = tmp_path / "not.parquet"
    path.write_bytes(b"PAR0")
    (reject,) = opened(str(path))
    assert isinstance(reject, Reject) and reject.reason == "unreadable"


def test_folder_that_may_not_be_read_is_a_reject_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text("a")
    scandir = walk.os.scandir

    def refuse(path: Any) -> Any:  # tests run as root, whom no permission stops
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(walk.os, "scandir", refuse)
    found = opened(str(tmp_path))
    assert [type(source) for source in found] == [Reject, Source]
    assert isinstance(found[0], Reject) and "Permission denied" in found[0].detail


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/no/such/folder", "no such file or folder"),
        ("/tmp/*.nothing-like-it", "no file matches"),
        ("nothing://bucket/x", "cannot be listed"),
    ],
)
def test_input_that_names_nothing_is_an_error_before_any_work(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check([name])


def test_list_names_inputs_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_bytes(b"a.txt\n\n gs://bucket/b.pdf \r\n@c.txt\nd\xff.txt\n" + b"e" * 5_000 + b"\nf.txt")
    found = list(names(f"@{path}"))
    assert found[:3] == ["a.txt", "gs://bucket/b.pdf", "@c.txt"]
    assert isinstance(found[3], Reject) and isinstance(found[4], Reject)
    assert (found[3].uri, found[3].reason) == ("d\\udcff.txt", "bad_name")
    assert (found[4].uri, found[4].reason) == (f"{path}#line-6", "broken_line")
    assert found[5:] == ["f.txt"]
    assert list(names("a.txt")) == ["a.txt"]


def test_a_relative_name_in_a_list_is_a_reject_where_workers_have_a_folder_of_their_own(
    tmp_path: Path,
) -> None:
    path = tmp_path / "names"
    path.write_text("a.txt\n/in/b.txt\ns3://in/c.txt\n")
    reject, *found = names(f"@{path}", absolute=True)
    assert isinstance(reject, Reject)
    assert (reject.uri, reject.reason) == (f"{path}#line-1", "unreadable")
    assert found == ["/in/b.txt", "s3://in/c.txt"]


def test_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        check([f"@{tmp_path}/none"])
    (reject,) = names(f"@{tmp_path}/none")
    assert isinstance(reject, Reject) and reject.reason == "unreadable"


@pytest.mark.parametrize("name", ["/no/such/file.txt", "/no/such/*.txt", "nothing://bucket/x"])
def test_listed_name_that_nothing_bears_is_a_reject(name: str) -> None:
    (reject,) = opened(name)
    assert isinstance(reject, Reject) and (reject.uri, reject.reason) == (name, "unreadable")


def test_names_are_given_as_they_are_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    listed = 0

    class Endless(LocalFileSystem):  # type: ignore[misc]
        def has_dirs(self) -> bool:
            return False

        def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
            nonlocal listed
            for number in range(20_000):
                listed += 1
                yield FileMetadata(f"bucket://many/{number}.pdf", 1, 1_700_000_000)

    monkeypatch.setattr(FileSystems, "get_filesystem", lambda path: Endless(PipelineOptions()))
    taken = held = 0
    for _ in expand("bucket://many/*.pdf"):
        taken += 1
        held = max(held, listed - taken)
    assert (taken, held) == (20_000, 0)


def test_a_name_that_is_not_utf8_is_a_reject_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"M\xfcller.txt")).write_text("a")
    (tmp_path / "b.txt").write_text("b")
    reject, source = expand(str(tmp_path))
    assert isinstance(reject, Reject) and reject.reason == "bad_name"
    reject.uri.encode()
    assert source.uri == str(tmp_path / "b.txt")
    with pytest.raises(InputError, match="not UTF-8"):
        check([os.fsdecode(bytes(tmp_path) + b"/M\xfcller.txt")])


@pytest.mark.parametrize("pattern", ["", "/**"])
def test_the_output_is_no_input_where_it_lies_in_the_folder(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "tables" / "flags").mkdir(parents=True)
    (tmp_path / "tables" / "flags" / "run.parquet").write_bytes(b"")
    (tmp_path / "tables-of-others").mkdir()
    (tmp_path / "tables-of-others" / "b.txt").write_text("b")
    (tmp_path / "link").symlink_to(tmp_path / "tables")
    found = [source.uri for source in expand(f"{tmp_path}{pattern}", out=str(tmp_path / "link"))]
    assert sorted(found) == [str(tmp_path / "a.txt"), str(tmp_path / "tables-of-others" / "b.txt")]


def test_a_file_has_one_name_however_its_folder_is_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    monkeypatch.chdir(tmp_path)
    for name in ("in", "./in", "in/", ".", "./in/a.txt", "in//*"):
        assert [source.uri for source in expand(name)] == ["in/a.txt"], name


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**", ["a.txt", "x/b.txt", "x/y/c.txt"]),
        ("**/*", ["a.txt", "x/b.txt", "x/y/c.txt"]),
        ("*", ["a.txt", "x/b.txt", "x/y/c.txt"]),
        ("**/y", ["x/y/c.txt"]),
        ("**/*.txt", ["a.txt", "x/b.txt", "x/y/c.txt"]),
    ],
)
def test_a_pattern_gives_each_file_once(tmp_path: Path, pattern: str, found: list[str]) -> None:
    for name in ("a.txt", "x/b.txt", "x/y/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a")
    uris = sorted(source.uri for source in expand(f"{tmp_path}/{pattern}"))
    assert uris == [str(tmp_path / name) for name in found]


def test_ndjson_is_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "texts.ndjson"
    path.write_text('{"text": "a"}\n{"text": "b"}\n')
    assert [source.uri for source in opened(str(path))] == [f"{path}#line-1", f"{path}#line-2"]


@pytest.mark.parametrize("name", ["plan#block-3.txt", "x.jsonl#block-zz", "x.parquet#block-"])
def test_a_file_named_like_a_block_is_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a")
    assert [found.uri for found in opened(str(tmp_path))] == [str(tmp_path / name)]


def test_what_goes_or_breaks_after_it_was_listed_is_a_reject(tmp_path: Path) -> None:
    lines, rows = tmp_path / "a.jsonl", tmp_path / "b.parquet"
    lines.write_text('{"text": "a"}\n')
    pq.write_table(pa.table({"text": ["one", "two"] * 5_000}), rows, compression="none")
    blocks = [*expand(str(lines)), *expand(str(rows))]
    lines.unlink()
    content = bytearray(rows.read_bytes())
    content[20:2_000] = b"\xff" * 1_980
    rows.write_bytes(content)
    for block in blocks:
        assert isinstance(block, Source)
        found = list(documents(block))
        assert isinstance(found[-1], Reject) and found[-1].reason == "unreadable", block


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["a"], ["b"]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
        pa.array([2**53, 1], pa.timestamp("s")),
        pa.array([1, 2], pa.timestamp("s", "Nowhere/At_all")),
        pa.array([b"\xff", b"a"]),
        pa.nulls(2),
    ],
    ids=lambda column: str(column.type),
)
def test_rows_of_a_column_that_is_no_text_are_rejects_each(tmp_path: Path, column: pa.Array) -> None:
    pq.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    rejects = opened(str(tmp_path / "a.parquet"))
    assert [reject.uri.rpartition("#")[2] for reject in rejects] == ["row-1", "row-2"]
    assert {reject.reason for reject in rejects} == {"no_text_column"}


def test_a_value_that_is_not_utf8_costs_no_other_row(tmp_path: Path) -> None:
    offsets = pa.array(["ab", "cd"]).buffers()[1]
    broken = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"\xff\xfecd"))
    pq.write_table(pa.table({"text": broken}), tmp_path / "a.parquet")
    first, second = opened(str(tmp_path / "a.parquet"))
    assert first.reason == "broken_line"
    assert second.content == b"cd"


def test_text_that_is_not_utf8_in_parquet_is_a_reject(tmp_path: Path) -> None:
    broken = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\3\0\0\0"), pa.py_buffer(b"a\xff\xfe"))
    pq.write_table(pa.table({"text": broken}), tmp_path / "a.parquet")
    (found,) = opened(str(tmp_path / "a.parquet"))
    assert isinstance(found, Reject)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jsonl")
    os.mkfifo(tmp_path / "b.parquet")
    for found in expand(str(tmp_path)):
        assert isinstance(found, Reject) and "no regular file" in found.detail


def test_half_a_character_does_not_change_the_others(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    path.write_text('{"text": "M\u00fcller zahlt \\ud83d"}\n', encoding="utf-8")
    (found,) = opened(str(path))
    assert isinstance(found, Source) and found.content == "M\u00fcller zahlt \ufffd".encode()


@pytest.mark.parametrize("seconds", [4e11, -1.0, 1e300])
def test_a_time_beyond_the_calendar_is_none(seconds: float) -> None:
    assert walk.time_of(seconds) is None
