"""Search: words, phrases, prefixes, accents and characters without blanks; the index follows the tables."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.schemas.rows import Result
from docassay.storage.maintain.forget import forget
from docassay.storage.tables.write import SEARCH
from docassay.views.search.index import Index
from docassay.views.search.words import parse
from tests.storage.runs import run
from tests.tables import result

TEXTS = {
    "fee.txt": "The tenant pays a processing fee. Then the fee is paid back.",
    "naive.txt": "Na\u00efve Gr\u00fc\u00dfe aus M\u00fcnchen; cafe\u0301 au lait costs more.",
    "chinese.txt": "\u672c\u5408\u540c\u53d7\u4eba\u6c11\u5171\u548c\u56fd\u6cd5\u5f8b\u7ba1\u8f96\u3002",
    "russian.txt": "\u0420\u043e\u0441\u0441\u0438\u0439\u0441\u043a\u0438\u0439 \u0451\u0436",
    "greek.txt": "\u03a3\u03cd\u03bc\u03b2\u03b1\u03c3\u03b7, \u03c4\u03cc\u03c0\u03bf\u03c2",
    "iban.txt": "Pay to GB82 WEST 1234 5698 7654 32 by Friday.",
    "long.txt": "filler words here. " * 3_000 + "The needle, no zyzzyva, stands at the end.",
}


def documents() -> list[Result]:
    return [replace(result(text, name), flags=(), findings=()) for name, text in TEXTS.items()]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    run(tmp_path / "tables", "run-1", documents()[:3], documents()[3:])
    return tmp_path / "tables"


def found(index: Index, words: str) -> list[str]:
    count, hits = index.hits(parse(words), 100)
    assert count == len(hits)
    return sorted(hit.uri for hit in hits)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("fee", ["fee.txt"]),
        ("FEE tenant", ["fee.txt"]),
        ("fee needle", []),
        ('"processing fee"', ["fee.txt"]),
        ('"fee processing"', []),
        ("\u201cprocessing fee\u201d", ["fee.txt"]),
        ("process*", ["fee.txt"]),
        ("process", []),
        ('"a process*"', ["fee.txt"]),
        ("naive", ["naive.txt"]),
        ("MUNCHEN caf\u00e9", ["naive.txt"]),
        ("\u5408\u540c", ["chinese.txt"]),
        ("\u540c\u5408", []),
        ("\u6cd5\u5f8b \u5171\u548c", ["chinese.txt"]),
        ("\u0440\u043e\u0441\u0441\u0438\u0439\u0441\u043a\u0438\u0439 \u0415\u0416", ["russian.txt"]),
        ("\u03c3\u03c5\u03bc\u03b2\u03b1\u03c3\u03b7", ["greek.txt"]),
        ("\u03a4\u03cc\u03c0\u03bf\u03c3", ["greek.txt"]),
        ("GB82WEST12345698765432", []),  # written with blanks, and read as a fact by no one
        ("GB82 WEST 1234", ["iban.txt"]),
        ("needle", ["long.txt"]),
        ("fee.txt", ["fee.txt"]),
        ("AND", []),
        ("fee OR needle", []),
        ("fee) OR (needle", []),
        ("%", []),
        ("", []),
        ('"', []),
    ],
)
def test_words_phrases_and_prefixes(out: Path, words: str, expected: list[str]) -> None:
    index = Index(str(out))
    index.update()
    assert found(index, words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "fee",
        "naive gru\u00dfe",
        "cafe",
        "\u5408\u540c",
        "process*",
        "1234 west",
        "needle",
        "\u0415\u0416",
        "\u03c4\u03bf\u03c0\u03bf\u03c3",
    ],
)
def test_what_the_index_finds_is_marked_in_the_text(out: Path, words: str) -> None:
    index = Index(str(out))
    index.update()
    (hit,) = index.hits(parse(words), 10)[1]
    text = TEXTS[hit.uri]
    marked = [piece for piece, is_match in hit.pieces if is_match]
    assert (
        hit.start is not None
        and marked == [" ".join(text[a:b].split()) for a, b in hit.places][: len(marked)]
    )
    assert marked and len("".join(piece for piece, _ in hit.pieces)) < 400


def test_many_marks_on_a_letter_take_no_longer_than_a_text() -> None:
    """They would take minutes if each way to split them were tried."""
    assert parse('"a b"').matches("a" + "\u0300" * 50_000 + "c a\u0300. b") == [(50_003, 50_008)]


def test_the_index_follows_the_tables_and_is_mended(out: Path) -> None:
    index = Index(str(out))
    added: list[tuple[int, int]] = []
    index.update(lambda done, total: added.append((done, total)))
    assert added[-1] == (7, 7) and index.path == out / SEARCH / "words.sqlite"
    newer = replace(result("A different fee altogether", "fee.txt"), flags=(), findings=())
    run(out, "run-2", [newer], settled=("fee.txt",))
    added.clear()
    index.update(lambda done, total: added.append((done, total)))
    assert added == [(1, 1)], "only what is new is read"
    assert found(index, "altogether") == ["fee.txt"]
    index.path.write_bytes(b"this is no database" * 1_000)
    assert found(index, "needle") == ["long.txt"], "one that is damaged is made anew"
    with sqlite3.connect(index.path) as other:
        other.execute("pragma user_version = 99")
    index.update()
    assert found(index, "needle") == ["long.txt"]


def test_what_is_forgotten_is_gone_from_the_index(out: Path) -> None:
    index = Index(str(out))
    index.update()
    (doc_id,) = index.doc_ids(parse("needle"))
    forget(str(out), [doc_id], {"run_id": "forget-1", "version": "0", "models": "", "rules": ""}, "asked")
    assert not (out / SEARCH).exists()
    index.update()
    assert found(index, "needle") == [] and found(index, "fee") == ["fee.txt"]
    assert b"zyzzyva" not in index.path.read_bytes()


def test_an_index_on_another_disk_is_forgotten_too(out: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (out / SEARCH).symlink_to(tmp_path / "disk")
    index = Index(str(out))
    index.update()
    (doc_id,) = index.doc_ids(parse("needle"))
    forget(str(out), [doc_id], {"run_id": "forget-1", "version": "0", "models": "", "rules": ""}, "asked")
    assert not (tmp_path / "disk").exists() and not (out / SEARCH).is_symlink()


def test_what_is_replaced_leaves_no_words_behind(out: Path) -> None:
    index = Index(str(out))
    index.update()
    assert b"zyzzyva" in index.path.read_bytes()
    run(out, "run-2", [replace(result("short now", "long.txt"), flags=(), findings=())])
    index.update()
    assert found(index, "needle") == [] and b"zyzzyva" not in index.path.read_bytes()


def test_tables_that_can_only_be_read_are_searched(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    index = Index(str(out))
    index.update()
    assert found(index, "fee") == ["fee.txt"]
    assert not (out / SEARCH).exists() and index.path.exists()
    index.close()
    assert not index.folder.exists()


def test_an_index_that_can_only_be_read_is_used_while_it_is_of_these_tables(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Index(str(out)).update()
    monkeypatch.setattr(os, "access", lambda *_: False)
    index = Index(str(out))
    index.update()
    assert index.folder == out / SEARCH and not index.total and found(index, "needle") == ["long.txt"]
    monkeypatch.undo()
    run(out, "run-2", [result("one more needle", "more.txt")])
    monkeypatch.setattr(os, "access", lambda *_: False)
    index = Index(str(out))
    index.update()
    assert index.folder != out / SEARCH and found(index, "needle") == ["long.txt", "more.txt"]
    index.close()


def test_a_batch_goes_on_beside_an_index(out: Path) -> None:
    Index(str(out)).update()
    (out / SEARCH / "words.sqlite").write_bytes(b"damaged")
    run(out, "run-2", [result("one more", "more.txt")])
    index = Index(str(out))
    index.update()
    assert found(index, "more") == ["more.txt", "naive.txt"]


def test_near_searches_are_suggested(out: Path) -> None:
    index = Index(str(out))
    index.update()
    assert ("needle", 1) in index.near(parse("neeedle"))
    assert ("processing", 1) in index.near(parse("process"))
    assert index.near(parse("fee needle")) == [("fee", 1), ("needle", 1)]


def test_the_command_shows_places_and_prints_json(out: Path) -> None:
    call = CliRunner().invoke
    shown = call(app, ["search", str(out), "processing fee"])
    assert shown.exit_code == 0 and "fee.txt: 1 match" in shown.output
    assert "indexed 7 documents" in shown.output and "MB in" in shown.output
    row = json.loads(call(app, ["search", str(out), "fee", "tenant", "--json"]).stdout)
    assert row["uri"] == "fee.txt" and [TEXTS["fee.txt"][a:b] for a, b in row["places"]] == [
        "tenant",
        "fee",
        "fee",
    ]
    run(out, "run-2", [result("see :warning: [bold]signs[/bold]", "codes.txt")])
    assert "see :warning: [bold]signs[/bold]" in call(app, ["search", str(out), "signs"]).stdout
    nothing = call(app, ["search", str(out), "neeedle"])
    assert nothing.exit_code == 0 and "needle: 1 document" in nothing.output
    assert call(app, ["search", str(out), "§"]).exit_code == 2
    assert call(app, ["search", str(out / "none"), "fee"]).exit_code == 2
    assert call(app, ["search", str(out), *map(str, range(40))]).exit_code == 2


@pytest.mark.slow
def test_two_processes_make_one_index(out: Path) -> None:
    ask = [sys.executable, "-m", "docassay", "search", str(out), "needle", "--json"]
    both = [subprocess.Popen(ask, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [json.loads(one.communicate()[0])["uri"] for one in both] == ["long.txt"] * 2
