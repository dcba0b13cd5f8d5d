"""Watch: a file is given once, when it is complete."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from docassay.pipelines.sources import Stream, open_source
from docassay.pipelines.sources import folder as watch
from docassay.pipelines.sources.folder import Seen
from docassay.pipelines.sources.ledger import Ledger
from docassay.schemas.errors import InputError, RunError
from docassay.schemas.rows import Reject, Source

NOW = 1_760_000_000.0


def put(path: Path, text: str, age: float = 0.0) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (NOW - age, NOW - age))
    return str(path)


def test_a_file_being_written_is_given_when_it_has_stopped_growing(tmp_path: Path) -> None:
    seen = Seen(str(tmp_path))
    path = put(tmp_path / "a.txt", "one")
    assert seen.look(NOW) == []
    put(tmp_path / "a.txt", "one two")
    assert seen.look(NOW) == [], "it has grown"
    assert seen.look(NOW) == [path]
    assert seen.look(NOW) == [], "once"


def test_a_file_that_is_moved_in_is_given_at_once(tmp_path: Path) -> None:
    seen = Seen(str(tmp_path / "in"))
    (tmp_path / "in").mkdir()
    seen.look(NOW)
    put(tmp_path / "a.txt", "one", age=60)
    os.rename(tmp_path / "a.txt", tmp_path / "in" / "a.txt")
    assert seen.look(NOW) == [str(tmp_path / "in" / "a.txt")]


def test_what_was_there_before_is_given_and_a_changed_file_again(tmp_path: Path) -> None:
    paths = [put(tmp_path / "deep" / "b.txt", "b", 60), put(tmp_path / "a.txt", "a", 60)]
    seen = Seen(str(tmp_path))
    assert seen.look(NOW) == sorted(paths)
    put(tmp_path / "a.txt", "a, changed", 30)
    assert seen.look(NOW) == [paths[1]] or seen.look(NOW) == [paths[1]]


@pytest.mark.parametrize("name", [".hidden", "a.pdf.part", "a.PDF.TMP", "a.crdownload", ".git/config"])
def test_names_of_unfinished_files_are_passed_over(tmp_path: Path, name: str) -> None:
    put(tmp_path / name, "half", 60)
    assert Seen(str(tmp_path)).look(NOW) == []


def test_a_full_folder_is_given_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST_AT_ONCE", 3)
    for number in range(7):
        put(tmp_path / f"{number}.txt", "text", 60)
    seen = Seen(str(tmp_path))
    # What waits was seen before, unchanged, so it is as complete as what was given.
    assert [len(seen.look(NOW)) for _ in range(4)] == [3, 3, 1, 0]


def test_a_folder_that_disappears_is_an_error_that_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    put(folder / "a.txt", "a", 60)
    seen = Seen(str(folder))
    assert len(seen.look(NOW)) == 1
    shutil.rmtree(folder)
    with pytest.raises(RunError, match="is gone"):
        seen.look(NOW)


def test_a_source_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", Path(put(tmp_path / "a.txt", "a"))):
        with pytest.raises(InputError, match="no such folder"):
            open_source(Stream(str(path), "out")).check()


def test_idleness_counts_from_the_first_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Ledger()
    monkeypatch.setattr(watch, "LEDGER", fresh)
    fresh.touched = 0.0  # the stream started long ago; its imports took all the time
    assert not fresh.looked
    look = watch.LookFn(Stream(str(tmp_path), str(tmp_path / "out")))
    assert list(look.process(None)) == []
    assert fresh.looked and fresh.touched > 0.0
    fresh.touched = 0.0
    time.sleep(watch.LOOK_SECONDS)
    # Later looks that find nothing do not count.
    assert list(look.process(None)) == [] and fresh.touched == 0.0


def test_a_link_is_given_once_and_followed_only_on_request(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    target = put(tmp_path / "secret.txt", "secret", age=60)
    put(folder / "a.txt", "a", age=60)
    (folder / "link.txt").symlink_to(target)
    (folder / "up").symlink_to(tmp_path)
    for follow_links in (False, True):
        look = watch.LookFn(Stream(str(folder), str(tmp_path / "out"), follow_links=follow_links))
        found = {Path(row.uri).name: row for row in look.process(None)}
        time.sleep(watch.LOOK_SECONDS)
        found |= {Path(row.uri).name: row for row in look.process(None)}
        assert set(found) == {"a.txt", "link.txt", "up"}
        assert isinstance(found["a.txt"], Source) and found["a.txt"].beneath == str(folder)
        assert isinstance(found["up"], Reject) and found["up"].reason == "link"
        link = found["link.txt"]
        assert isinstance(link, Source) if follow_links else link.reason == "link"  # type: ignore[union-attr]
        time.sleep(watch.LOOK_SECONDS)
        assert list(look.process(None)) == [], "once"


def test_tables_that_lie_in_the_folder_are_not_looked_at(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "one", age=60)
    put(tmp_path / "tables" / "flags" / "run.parquet", "rows", age=60)
    assert Seen(str(tmp_path), str(tmp_path / "tables")).look(NOW) == [path]
