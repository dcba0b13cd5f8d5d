"""What leaves the review as files: rows with decisions, and the case file, from the page and the shell."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.pipelines.maintain import verify_tables
from docassay.schemas.rows import Result
from docassay.storage.decisions.on_documents import assigned, noted
from docassay.storage.decisions.record import Choice, decide, rows_of, withdraw
from docassay.views.review import case, exports
from docassay.views.review.params import parse_address
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served

HOSTILE = "<script>alert(1)</script><img src=http://a.example/x onerror=alert(1)>"
MADE = [
    document(
        n,
        text=f"Agreement {n} of the parties. Pay a processing fee of {HOSTILE}.\nKeep this between us."
        " Keep this between us.\n",
    )
    for n in range(3)
]
ONE = MADE[0].doc_id


@pytest.fixture
def out(tmp_path: Path) -> str:
    place = tmp_path / "tables"
    run(place, "run-1", MADE)
    harmless = Choice(ONE, "flag", "advance_fee", "harmless", reason="=the notary's")
    decide(str(place), [harmless, noted(ONE, f"-1+1 {HOSTILE}"), assigned(ONE, "@Bea")], "=Ann")
    return str(place)


@pytest.fixture
def server(out: str) -> Iterator[Served]:
    with served(Path(out)) as one:
        yield one


class Loads(HTMLParser):
    """Lists what a page runs or loads, and the names of its places."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "link", "iframe", "object", "embed", "form") or any(
            name.startswith("on") or name == "src" for name in given
        ):
            self.runs.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def of(rows: list[dict[str, Any]], doc_id: str = ONE) -> list[tuple[Any, ...]]:
    return [(row["object"], row["code"], row["decision"] or "") for row in rows if row["doc_id"] == doc_id]


ITEMS = [
    ("flag", "advance_fee", "harmless"),
    ("flag", "urgency_and_secrecy", ""),
    ("flag", "urgency_and_secrecy", ""),
    ("finding", "governing_law", ""),
    ("finding", "nda_term", ""),
    ("document", "note", "noted"),
]


def test_the_rows_have_signs_checks_decisions_and_notes_in_the_order_of_the_queue(server: Served) -> None:
    status, text, headers = server.ask("/export/queue.csv")
    assert status == 200 and headers["Content-Disposition"].startswith("attachment")
    rows = read_csv(text)
    assert of(rows) == ITEMS
    queue = re.findall(r"/documents/([0-9a-f]{64})", server.ask("/queue")[1])
    assert list(dict.fromkeys(row["doc_id"] for row in rows)) == list(dict.fromkeys(queue))
    assert {row["reviewer"] for row in rows if row["decision"]} == {"'=Ann"}


def test_where_two_must_agree_a_file_says_what_the_page_says(out: str) -> None:
    with served(Path(out), four_eyes=True) as one:
        (row,) = [row for row in read_csv(one.ask("/export/queue.csv")[1]) if row["decision"] == "harmless"]
        assert row["state"] == "open"
        assert "a second reviewer must agree" in one.ask("/export/case.html")[1]
        decide(out, [Choice(ONE, "flag", "advance_fee", "harmless")], "Bea")
        (row,) = [row for row in read_csv(one.ask("/export/queue.csv")[1]) if row["decision"] == "harmless"]
        assert row["state"] == "decided"


def test_a_sign_whose_code_is_note_is_no_note(tmp_path: Path) -> None:
    flags = [replace(row, code="note") for row in MADE[0].flags if row.code == "advance_fee"]
    run(tmp_path, "run-1", [replace(MADE[0], flags=tuple(flags))])
    decide(str(tmp_path), [Choice(ONE, "flag", "note", "harmless")], "Ann")
    with served(tmp_path) as one:
        assert ("flag", "note", "harmless") in of(read_csv(one.ask("/export/queue.csv?show=all")[1]))
        assert "Note: <b>Harmless</b>" in one.ask("/export/case.html?show=all")[1]


def test_no_cell_of_a_sheet_is_a_formula(server: Served, out: str, tmp_path: Path) -> None:
    cells = [value for row in read_csv(server.ask("/export/queue.csv")[1]) for value in row.values()]
    assert not [value for value in cells if value[:1] in "=+-@" and value]
    assert {"'=the notary's", "'@Bea", f"'-1+1 {HOSTILE}"} <= set(cells)
    file = tmp_path / "queue.xlsx"
    done = CliRunner().invoke(app, ["show", out, "--out", str(file)])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(file) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and ">=the notary's</t>" in sheet and "HYPERLINK" not in sheet


def test_the_filter_holds_for_what_is_exported(server: Served) -> None:
    rows = read_csv(server.ask("/export/queue.csv?assigned=%40Bea")[1])
    assert {row["doc_id"] for row in rows} == {ONE}
    assert not read_csv(server.ask("/export/queue.csv?kind=invoice")[1])
    assert "Case file: 0 documents" in server.ask("/export/case.html?kind=invoice")[1]
    assert server.ask("/export/queue.exe")[0] == 404
    page = server.ask("/queue?assigned=%40Bea")[1]
    assert 'href="/export/case.html?assigned=%40Bea"' in page


def test_a_case_file_says_who_decided_what_and_when_and_loads_nothing(server: Served, out: str) -> None:
    page = server.ask("/export/case.html?show=all")[1]
    assert "Case file: 3 documents" in page
    last = rows_of(out).to_pylist()[-1]
    assert str(last["digest"]) in page and not verify_tables(out).faults
    assert "Harmless" in page and "=the notary&#39;s" in page and "Assigned to <bdi>@Bea</bdi>" in page
    assert f"{last['decided_at']:%Y-%m-%d %H:%M} UTC" in page
    assert "<mark" in page and "FBI, Advance Fee Schemes" in page
    read = Loads(page)
    assert not read.runs and len(read.ids) == len(set(read.ids))
    assert {link[1:] for link in read.links} <= set(read.ids)
    assert "default-src &#39;none&#39;" in page and "script-src" not in page


def test_what_was_taken_back_stays_in_the_case_file_as_such(server: Served, out: str) -> None:
    (note,) = [row for row in rows_of(out).to_pylist() if row["code"] == "note"]
    withdraw(out, [note["decision_id"]], "Ann")
    assert "<s>Note: <b>noted</b></s> withdrawn" in server.ask("/export/case.html")[1]


def test_a_case_file_is_bounded_and_says_what_is_left_out(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case, "MOST_DOCUMENTS", 2)
    assert (
        "this file holds at most 2: 1 more matching the filter or contained in a match"
        in server.ask("/export/case.html")[1]
    )
    monkeypatch.setattr(case, "MOST_CHARS", 10)
    page = server.ask("/export/case.html")[1]
    assert page.count("<article") == 1 and "the last 1 document of the list above is not in it" in page


def test_the_shell_writes_the_same_files(out: str, tmp_path: Path) -> None:
    for name in ("q.csv", "case.html"):
        file = tmp_path / name
        address = "http://127.0.0.1:8090/queue?assigned=mine&show=all"
        done = CliRunner().invoke(
            app, ["show", out, "--out", str(file), "--filter", address, "--reviewer", "@Bea"]
        )
        assert done.exit_code == 0, done.output
        text = file.read_text(encoding="utf-8")
        assert ("Case file: 1 document<" in text) if name == "case.html" else of(read_csv(text)) == ITEMS
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--filter", "cod=nda_term", "--out", "a.csv"], "did you mean code"),
        (["--filter", "since=May", "--out", "a.csv"], "no date"),
        (["--filter", "show=most", "--out", "a.csv"], "there are open, decided"),
        (["--filter", "verdict=failed", "--out", "a.csv"], "there are flag, fail, review, note"),
        (["--filter", "show:all", "--out", "a.csv"], "no filter 'show:all'"),
        (["--filter", "show=all"], "name a .csv, .xlsx or .html file"),
        (["--out", "a.pdf"], "must end in .csv, .xlsx, .html"),
    ],
)
def test_a_wrong_filter_is_named(
    out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["show", out, *options])
    assert done.exit_code == 2
    assert not [one.name for one in tmp_path.iterdir() if one.name.startswith(("a.", ".a."))]


def test_an_address_is_told_from_a_filter_with_a_question_mark() -> None:
    assert parse_address("search=what?")[1] == "search=what%3F"
    for address in ("http://[::1]:80/queue?code=x", "localhost:80/queue?code=x#queue", "/queue?code=x"):
        assert parse_address(address)[1] == "code=x"
    assert parse_address("http://127.0.0.1:8090/queue")[1] == ""


def test_a_damaged_table_is_told_and_no_half_file_is_sent(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> Result:
        raise FileNotFoundError("gone")

    monkeypatch.setattr(exports, "write", breaks)
    status, page, _ = server.ask("/export/case.html")
    assert status == 409 and "docassay verify" in page


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("/in/a b.txt", "docassay redact '/in/a b.txt' --decisions {} --out redacted --root /moved"),
        ("/in/a  b.txt", ""),
    ],
)
def test_a_command_to_redact_names_the_file_and_where_it_has_moved(
    tmp_path: Path, uri: str, shown: str
) -> None:
    run(tmp_path, "run-1", [replace(MADE[0], document=replace(MADE[0].document, uri=uri))])
    with served(tmp_path, root="/moved") as one:
        page = html.unescape(one.ask(f"/documents/{ONE}")[1])
    assert re.findall("docassay redact [^<]*", page) == [shown.format(tmp_path)] * bool(shown)
