"""Paths: nothing that a message or a folder names leaves the folder that is allowed."""

from __future__ import annotations

import itertools
import os
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from docassay.pipelines.sources import files
from docassay.pipelines.sources.files import documents
from docassay.pipelines.sources.message import Latest, Message, receive
from docassay.schemas.rows import Reject, Source
from docassay.storage.tables.file_systems import open_file
from docassay.transforms import read as local
from docassay.transforms.formats import Limits
from docassay.transforms.read import read

SECRET = b"the secret that lies outside"
ALLOWED = "Café.in"

UPWARDS = [
    "..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "%25252e%25252e", "..%00", "%c0%ae%c0%ae", "\uff0e\uff0e",
    "\u2025", ".\u200b.", "..;", "...", ". .", "..\\", "%5c..", ".%09.", ".\t.", "link", "./link", "link/.",
    "l/l/l/link", "loop",
]  # fmt: skip
"""Ways to write the folder above."""

FILES = ["secret.txt", "secret%2Etxt", "SECRET.TXT", "secret.txt.", "secret.txt ", "secret.txt%00.pdf"]
HEADS = ["", "file://", "file://localhost", "FILE://LOCALHOST", "file://other", "file://127.0.0.1", "file:"]
ROOTS = ["{in}", "{IN}", "{nfd}", "{in}.", "{in} ", "{in}/", "//{in}", "{in}x/../{in}", "{quoted}", "{twice}"]
OTHERS = [
    "{out}/secret.txt", "{in}", "{in}/..", "{in}/link.txt", "{in}/link.jsonl",
    "{in}/link.jsonl#block-0-100-1",
    "{in}/link.jsonl%23block-0-100-1", "{in}/link.parquet#block-0-1-1", "{in}/link.txt#attachment-1",
    "{in}/link.jsonl#line-1", "{in}/to/link.txt", "{in}/pipe", "{in}/hidden/../../secret.txt", "secret.txt",
    "{in}\x00/../secret.txt", "{in}/\udcff/../../secret.txt", "{in}/~/secret.txt", "~/secret.txt",
    "{in}/$(cat)/../../secret.txt", "/proc/self/root{out}/secret.txt", "/dev/fd/0", "{in}?/../secret.txt",
    "{in}#/../secret.txt", "file://{in}?/../../secret.txt", "file://{in}#/../../secret.txt", "",
    "file://user@localhost{in}/a.txt", "file://localhost:80{in}/a.txt", "file://[::1]{in}/a.txt", "file://\\\\h\\a",
]  # fmt: skip


def ways() -> Iterator[str]:
    """Give about 300 texts; each names, or tries to name, what lies outside."""
    for up, head in itertools.product(UPWARDS, HEADS):
        yield f"{head}{{in}}/{up}/secret.txt"
    for file, up in itertools.product(FILES, ("..", "%2e%2e", "link", "%252e%252e")):
        yield f"{{in}}/{up}/{file}"
    for root, head in itertools.product(ROOTS, ("", "file://")):
        yield f"{head}{root}/../secret.txt"
        yield f"{head}{root}/link/secret.txt"
    for head in HEADS:
        yield f"{head}{{out}}/secret.txt"
    yield from OTHERS


WAYS = sorted(set(ways()))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Make a folder that is allowed, beside a secret; links in it lead out."""
    inside = tmp_path / ALLOWED
    (inside / "hidden").mkdir(parents=True)
    (inside / "l" / "l" / "l").mkdir(parents=True)
    (tmp_path / "secret.txt").write_bytes(SECRET)
    (tmp_path / "secret.jsonl").write_bytes(b'{"text": "' + SECRET + b'"}\n')
    (inside / "a.txt").write_bytes(b"inside")
    for name, target in (
        ("link", tmp_path), ("l/l/l/link", tmp_path), ("to", inside), ("loop", inside / "loop"),
        ("link.txt", tmp_path / "secret.txt"), ("link.jsonl", tmp_path / "secret.jsonl"),
        ("link.parquet", tmp_path / "secret.jsonl"), (".\u200b.", tmp_path), ("...", tmp_path),
    ):  # fmt: skip
        (inside / name).symlink_to(target)
    os.mkfifo(inside / "pipe")
    return tmp_path


def taken(uri: str, allow: str) -> Source | Reject:
    """Take a message that names a URI, and read what it names."""
    message = Message("kafka://mail/0/7", "mail/0", 7, b"", {"uri": uri}, 1_760_000_000.0)
    found = receive(message, (allow,), 3600.0, Latest())[0]
    return found if isinstance(found, Reject) else read(found, Limits(), open_file)


def spelt(way: str, place: Path) -> str:
    inside = str(place / ALLOWED)
    return way.format_map(
        {
            "in": inside,
            "out": str(place),
            "IN": inside.upper(),
            "nfd": unicodedata.normalize("NFD", inside),
            "quoted": quote(inside),
            "twice": quote(quote(inside)),
        }
    )


def test_there_are_enough_ways() -> None:
    assert len(WAYS) >= 200


def test_no_way_leads_out_of_the_folder(place: Path) -> None:
    for way in WAYS:
        found = taken(spelt(way, place), str(place / ALLOWED))
        assert isinstance(found, Reject), way
        assert SECRET.decode() not in found.detail, way


@pytest.mark.parametrize(
    "way", ["{in}/a.txt", "{in}//./a.txt", "file://{quoted}/a.txt", "FILE://localhost{quoted}/%61.txt"]
)
def test_what_lies_in_the_folder_is_read(place: Path, way: str) -> None:
    found = taken(spelt(way, place), str(place / ALLOWED))
    assert isinstance(found, Source) and found.content == b"inside"


def test_the_folder_may_be_named_through_a_link_of_the_users_own(place: Path) -> None:
    (place / "mine").symlink_to(place / ALLOWED)
    for uri in (place / "mine" / "a.txt", place / ALLOWED / "a.txt"):
        assert isinstance(taken(str(uri), str(place / "mine")), Source)


def swaps(place: Path) -> list[tuple[str, Callable[[], None]]]:
    """List what may be put in the place of a component of ``IN/x/y/a.txt``."""
    inside = place / ALLOWED

    def swap(name: str, target: Path) -> Callable[[], None]:
        def now() -> None:
            (inside / name).rename(place / "away")
            (inside / name).symlink_to(target)

        return now

    outside = place / "outside"
    return [
        ("x", swap("x", outside / "x")),
        ("x/y", swap("x/y", outside / "x" / "y")),
        ("x/y/a.txt", swap("x/y/a.txt", place / "secret.txt")),
    ]


@pytest.mark.parametrize("what", range(3))
@pytest.mark.parametrize("when", range(8))
@pytest.mark.parametrize("how", ["message", "folder"])
def test_a_link_that_appears_while_a_file_is_opened_is_not_followed(
    place: Path, monkeypatch: pytest.MonkeyPatch, what: int, when: int, how: str
) -> None:
    """Change a component after it was judged: before each call that looks at a path or opens one."""
    for folder in (place / ALLOWED, place / "outside"):
        (folder / "x" / "y").mkdir(parents=True)
        (folder / "x" / "y" / "a.txt").write_bytes(SECRET if folder.name == "outside" else b"inside")
    inside = place / ALLOWED
    uri = str(inside / "x" / "y" / "a.txt")
    if how == "message":
        message = Message("kafka://mail/0/7", "mail/0", 7, b"", {"uri": uri}, 1_760_000_000.0)
        source = receive(message, (str(inside),), 3600.0, Latest())[0]
    else:
        (source,) = (found for found in files.expand(str(inside)) if found.uri == uri)
    calls = itertools.count()
    _, swap = swaps(place)[what]

    class Changing:
        """The module `os`, under which the folder changes before one of the calls."""

        def __getattr__(self, name: str) -> Any:
            if name in ("open", "stat", "fstat") and next(calls) == when:
                swap()
            return getattr(os, name)

    assert isinstance(source, Source)
    monkeypatch.setattr(local, "os", Changing())
    found = read(source, Limits())
    if isinstance(found, Source):
        assert found.content == b"inside"
    else:
        assert found.reason in ("link", "unreadable") and SECRET.decode() not in found.detail


@pytest.mark.parametrize("pattern", ["", "/*", "/**", "/*.txt", "/*/*.txt", "/**/*"])
def test_links_that_are_found_are_rejects(place: Path, pattern: str) -> None:
    found = list(files.expand(f"{place / ALLOWED}{pattern}"))
    opened = [
        read(document, Limits())
        for source in found
        if isinstance(source, Source)
        for document in documents(source)
        if isinstance(document, Source)
    ]
    assert not any(isinstance(row, Source) and SECRET in (row.content or b"") for row in opened)
    links = {row.uri for row in found if isinstance(row, Reject) and row.reason == "link"}
    assert len(links) == len([row for row in found if isinstance(row, Reject) and row.reason == "link"])
    if pattern in ("", "/*", "/**"):
        inside = [path for path in (place / ALLOWED).iterdir() if path.is_symlink()]
        # As in a shell, a pattern leaves hidden names out.
        assert {str(path) for path in inside if not (pattern and path.name.startswith("."))} <= links


def test_links_to_files_are_followed_on_request_and_where_they_are_named(place: Path) -> None:
    link = str(place / ALLOWED / "link.txt")
    for found in (
        *files.expand(link),
        *files.expand(f"{place / ALLOWED}/*.txt", follow_links=True),
        *files.expand(str(place / ALLOWED), follow_links=True),
    ):
        if found.uri == link:
            assert isinstance(found, Source)
            followed = read(found, Limits())
            assert isinstance(followed, Source) and followed.content == SECRET
    refused = {
        row.uri: row.reason
        for row in files.expand(str(place / ALLOWED), follow_links=True)
        if isinstance(row, Reject)
    }
    assert refused[str(place / ALLOWED / "link")] == "link", "a link to a folder might lead in circles"
    assert link not in refused
    (lines,) = (
        row for row in files.expand(str(place / ALLOWED), follow_links=True) if "link.jsonl" in row.uri
    )
    assert isinstance(lines, Source)
    assert [row.content for row in documents(lines) if isinstance(row, Source)] == [SECRET]


def test_a_link_to_nothing_that_is_named_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "none")
    (source,) = files.expand(str(tmp_path / "a.txt"))
    assert isinstance(source, Source)
    found = read(source, Limits())
    assert isinstance(found, Reject) and found.reason == "unreadable"


NAMES = [
    "a.jsonl#block-0-100-1", "m.eml#attachment-1", "a.parquet#row-1", "a.jsonl#line-1",
    "m.eml%23attachment-1",
    "m.eml%2523attachment-1", "a b\nc.txt", "é" * 127 + "x", "-rf.txt", "*.txt", "[a].txt", " ", "a\\b.txt",
    "\\udcff.txt", "\\\\udcff.txt",
    "\u202etxt.exe", "file:.txt", "@list.txt", "%00.txt", "...",
]  # fmt: skip


def test_every_name_of_a_file_is_read_as_that_file_and_has_a_uri_of_its_own(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_text(f"text of {name!r}")
    mail = b"From: a@b.c\nContent-Type: text/plain\n\nHello.\n"
    (tmp_path / "m.eml").write_bytes(mail)
    (tmp_path / "a.jsonl").write_text('{"text": "of a line"}\n')
    (tmp_path / os.fsdecode(b"M\xfcller.txt")).write_text("a")
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("a")
    found = [
        row if isinstance(row, Reject) else read(row, Limits())
        for source in files.expand(str(tmp_path))
        for row in ([source] if isinstance(source, Reject) else documents(source))
    ]
    uris = {row.uri for row in found}
    assert len(uris) == len(found) == len(NAMES) + 4
    contents = {row.content.decode() for row in found if isinstance(row, Source) and row.content}
    assert {f"text of {name!r}" for name in NAMES} <= contents
    assert [row.reason for row in found if isinstance(row, Reject)] == ["bad_name"] * 2
    assert not uris & {f"{tmp_path}/a.jsonl#block-0-100-1", f"{tmp_path}/m.eml#attachment-1"}
    assert f"{tmp_path}/a.jsonl#line-1" in uris, "the line, and not the file of that name"
    # What is found again by its URI is the same file.
    for row in found:
        if isinstance(row, Source):
            again = files.find(row.uri)
            assert isinstance(again, Source)
            assert isinstance(again := read(again, Limits()), Source) and again.content == row.content


def test_a_path_that_is_typed_is_the_file_where_its_uri_names_none(tmp_path: Path) -> None:
    path = tmp_path / "m.eml#attachment-1"
    path.write_text("a file")
    found = files.find(str(path))
    assert found == Source(f"{tmp_path}/m.eml%23attachment-1")
    assert isinstance(found, Source) and isinstance(read(found, Limits()), Source)


@pytest.mark.parametrize("number", [5_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_folder_of_very_many_files(tmp_path: Path, number: int) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        for n in range(number):
            os.close(os.open(str(n), os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    finally:
        os.close(folder)
    assert sum(1 for found in files.expand(str(tmp_path)) if isinstance(found, Source)) == number
