"""Explain: rows shown where they stand in the text, and nothing that a document holds taken for markup."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from docassay.observe.sanitize import UNSEEN, line, visible
from docassay.schemas.pages import Box
from docassay.schemas.rows import DocumentRow, Finding, Flag, Reject, Result
from docassay.transforms.context import Context, Options
from docassay.transforms.isolation.draw import Picture
from docassay.views import explain, sheets
from docassay.views.explain import Mark
from docassay.views.html import explained as page
from docassay.views.page import Page
from docassay.views.terminal import render
from tests.fakes import KeywordReader, card
from tests.spoken import Shelf

MAIL = b"""From: Ann Reed <ann@reed.example>
To: Bo Aho <bo@harbor.example>
Subject: A new account
Date: Mon, 18 May 2026 09:41:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: text/plain

Please note that our bank details have changed. Pay the invoice to the new account today.

--B
Content-Type: text/html
Content-Disposition: attachment; filename="terms.html"

<p>The seller shall deliver the goods within thirty days of the order.</p>
--B
Content-Type: application/pdf
Content-Disposition: attachment; filename="broken.pdf"

%PDF-1.7 and then nothing
--B--
"""

HOSTILE = (
    "Dear Sir, [bold]please[/bold] [link=http://evil.example]read[/link] :smile: [red]this[/red].\n"
    "<script>alert('x')</script> & <img src=x onerror=alert(1)> \"quoted\"\n"
    "Clear \x1b[2J\x1b]0;title\x07 the \x9b31m screen, pay \u202egro.live\u202c now.\n"
)


def _explain(path: Path | str, **options: Any) -> list[Result | Reject]:
    reader = KeywordReader(card({"message_fraud": ["legitimate", "smishing"]}))
    return list(explain.explain(str(path), Context(Options(**options), reader=reader, translators=Shelf({}))))


def _flag(start: int, end: int, text: str, **changed: Any) -> Flag:
    fields = {
        "doc_id": "d",
        "code": "changed_bank_details",
        "severity": "high",
        "probability": None,
        "start_char": start,
        "end_char": end,
        "evidence": text[start:end],
        "why": "The usual opening.",
        "source": "FBI",
        "decided_by": "rule financial.changed_bank_details",
    }
    return Flag(**(fields | changed))


def _finding(verdict: str, span: tuple[int, int] | None, text: str, **changed: Any) -> Finding:
    fields = {
        "doc_id": "d",
        "check_id": "retention",
        "verdict": verdict,
        "severity": "medium",
        "start_char": span and span[0],
        "end_char": span and span[1],
        "evidence": span and text[span[0] : span[1]],
        "searched": () if span else ("1 Term", "2 Notice"),
        "why": "Data must not be kept for ever.",
        "source": "GDPR Art. 5(1)(e)",
        "decided_by": "rule legal.retention",
    }
    return Finding(**(fields | changed))


def _result(
    text: str, flags: tuple[Flag, ...] = (), findings: tuple[Finding, ...] = (), **changed: Any
) -> Result:
    fields = {
        "doc_id": "d",
        "uri": "mail.eml",
        "parent_id": None,
        "domain": "financial",
        "domain_probability": 0.97,
        "kind": "email",
        "media_type": "text/plain",
        "language": "en",
        "language_probability": 0.99,
        "title": None,
        "chars": len(text),
        "tokens": 9,
        "segments": 1,
        "event_time": None,
        "risk": 0.6,
        "status": "flagged",
        "reasons": ("flag:changed_bank_details",),
    }
    return Result(DocumentRow(**(fields | changed)), text, flags=flags, findings=findings)


def _printed(outcome: Result | Reject, colour: bool = False, full: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=100, force_terminal=colour, color_system="truecolor" if colour else None
    )
    render(outcome, console, full)
    return out.getvalue()


def test_a_mail_is_followed_by_its_attachments_and_each_names_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(MAIL)
    mail, terms, broken = _explain(path)
    assert isinstance(mail, Result) and isinstance(terms, Result) and isinstance(broken, Reject)
    assert terms.document.uri == f"{path}#attachment-1"
    assert terms.document.parent_id == mail.document.doc_id
    assert broken.uri == f"{path}#attachment-2" and broken.reason == "malformed"
    assert f"attachment1of{path}" in "".join(_printed(terms).split()), "broken anywhere, if the path is long"
    assert "changed_bank_details" in {flag.code for flag in mail.flags}
    for result in (mail, terms):
        for row in (*result.flags, *(f for f in result.findings if f.start_char is not None)):
            assert result.text[row.start_char : row.end_char] == row.evidence


@pytest.mark.slow
def test_a_document_in_a_file_is_explained_by_the_name_that_the_tables_have(tmp_path: Path) -> None:
    mail, lines, rows = tmp_path / "a.eml", tmp_path / "b.jsonl", tmp_path / "c.parquet"
    mail.write_bytes(MAIL)
    lines.write_text('{"text": "One."}\n{"body": "Two."}\n{"text": "The seller shall deliver the goods."}\n')
    pq.write_table(pa.table({"body": ["One.", "The buyer shall pay the price."]}), rows)
    (terms,) = _explain(f"{mail}#attachment-1")
    (line_of,) = _explain(f"{lines}#line-3")
    (row,) = _explain(f"{rows}#row-2", text_column="body")
    for result, name in (
        (terms, f"{mail}#attachment-1"),
        (line_of, f"{lines}#line-3"),
        (row, f"{rows}#row-2"),
    ):
        assert isinstance(result, Result) and result.document.uri == name
    assert isinstance(line_of, Result) and line_of.text == "The seller shall deliver the goods."
    for name, why in (
        (f"{lines}#line-2", "no text under 'text'"),
        (f"{lines}#line-9", "no such line"),
        (f"{mail}#attachment-9", "no such attachment"),
    ):
        (reject,) = _explain(name)
        assert isinstance(reject, Reject) and why in reject.detail, name


def test_the_domain_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The seller shall deliver the goods within thirty days of the order.")
    for domain in ("legal", "medical"):
        (result,) = _explain(path, domain=domain)
        assert isinstance(result, Result)
        assert (result.document.domain, result.document.domain_probability) == (domain, 1.0)


@pytest.mark.parametrize(
    ("content", "stage", "reason", "why"),
    [
        (b"", "read", "empty", "there is nothing to read"),
        (b" \n\t ", "parse", "only_whitespace", "white space is no text"),
        (b"%PDF-1.7\nbroken", "parse", "malformed", "a PDF that ends at once"),
    ],
)
def test_what_cannot_be_used_is_a_reject(
    tmp_path: Path, content: bytes, stage: str, reason: str, why: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    (reject,) = _explain(path)
    assert isinstance(reject, Reject), why
    assert (reject.stage, reject.reason) == (stage, reason)
    assert f"rejected in {stage}: {reason}" in _printed(reject)


def test_a_failing_rule_rejects_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The seller shall deliver the goods.")

    def fail(*_: object) -> None:
        raise KeyError("total")

    monkeypatch.setattr("docassay.transforms.ask.comply", fail)
    monkeypatch.setattr("docassay.transforms.conclude.flag", fail)
    (reject,) = _explain(path)
    assert isinstance(reject, Reject)
    assert (reject.stage, reject.reason) == ("conclude", "fault")
    assert reject.detail.startswith("KeyError at views/test_explain.py:")


@pytest.mark.slow
def test_nothing_heavy_is_imported() -> None:
    heavy = ["apache_beam", "great_expectations", "pandas", "pyarrow", "spacy", "torch", "transformers"]
    code = (
        "import sys; from pathlib import Path; from docassay.views import explain, terminal, html;"
        "from docassay.transforms.context import Context;"
        "import tempfile; path = Path(tempfile.mkdtemp(), 'a.txt');"
        "path.write_text('The seller shall deliver the goods within thirty days of the order.');"
        "assert len(list(explain.explain(str(path), Context()))) == 1;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(
    st.text(alphabet="ab \n", min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 59), st.integers(1, 20)), max_size=6),
)
def test_stretches_cover_a_text_once_with_the_right_marks(text: str, spans: list[tuple[int, int]]) -> None:
    found = []
    for number, (start, length) in enumerate(spans, start=1):
        start %= len(text)
        end = min(len(text), start + length)
        found.append(Mark(number, start, end, _flag(start, end, text)))
    cut = explain.stretches(0, len(text), found)
    assert "".join(text[s.start : s.end] for s in cut) == text
    for stretch in cut:
        for at in range(stretch.start, stretch.end):
            assert [m for m in found if m.start <= at < m.end] == list(stretch.marks)


def test_overlapping_evidence_is_bracketed_and_numbered_by_place() -> None:
    text = "our bank details have changed today"
    result = _result(
        text,
        flags=(_flag(0, 29, text), _flag(4, 16, text, code="bank", severity="low")),
        findings=(_finding("review", (17, 35), text), _finding("pass", (0, 3), text, check_id="other")),
    )
    assert "⟦our ⟦bank details⟧² ⟦have changed⟧¹ today⟧³" in _printed(result)
    assert [(m.number, m.row.evidence) for m in explain.marks(result)] == [
        (1, "our bank details have changed"),
        (2, "bank details"),
        (3, "have changed today"),
    ]


def test_with_colour_evidence_keeps_its_number_and_has_no_bracket() -> None:
    text = "our bank details have changed"
    shown = _printed(_result(text, flags=(_flag(4, 16, text),)), colour=True)
    assert "\x1b[" in shown and "⟦" not in shown
    assert "bank details¹" in re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_the_list_says_what_decided_how_sure_and_why() -> None:
    text = "our bank details have changed"
    by_model = _flag(0, 3, text, code="smishing", probability=0.8125, decided_by="model keywords@1")
    result = _result(
        text,
        flags=(_flag(4, 16, text), by_model),
        findings=(
            _finding("pass", (0, 8), text, check_id="passing"),
            _finding("review", None, text, check_id="unsure"),
            _finding("fail", None, text, severity="low"),
        ),
    )
    shown = _printed(result)
    assert "² rule   “bank details”" in shown and "¹ 0.812  “our”" in shown
    assert (
        "rule financial.changed_bank_details · accuracy not measured · FBI" in shown
        and "The usual opening." in shown
    )
    assert "searched: 1 Term; 2 Notice" in shown
    places = [
        shown.index(word)
        for word in (
            "failed 2 required statements not found",
            "failed  low  retention",
            "medium  unsure",
            "passed  passing",
        )
    ]
    assert places == sorted(places)
    assert "1 passed · 0 failed · 0 needs review · 2 not found" in shown
    assert shown.count("searched:") == 1, "what is absent is one thing to look at"


def test_the_page_lists_what_is_absent_as_one_group() -> None:
    text = "our bank details have changed"
    absent = [_finding("review", None, text, check_id=name) for name in ("one", "two", "three")]
    page = Page(
        _result(text, findings=(*absent, _finding("review", (0, 8), text), _finding("pass", None, text)))
    )
    groups = [(one.section, one.opens, one.alike) for one in page.listed()]
    assert groups == [
        ("open", True, 1),
        ("absent", True, 3),
        ("absent", False, 3),
        ("absent", False, 3),
        ("passed", True, 1),
    ]
    assert page.found == (
        "No signs of fraud. 1 check needs review, 1 passed. 3 required statements were not found."
    )


def test_a_long_text_is_shown_around_its_evidence_only() -> None:
    lines = [f"line {n} of the agreement says little" for n in range(1000)]
    lines[500] = "our bank details have changed"
    text = "\n".join(lines)
    at = text.index("bank details")
    result = _result(text, flags=(_flag(at, at + 12, text),))
    shown = _printed(result)
    assert "line 499 of" in shown and "line 501 of" in shown
    assert "line 400 of" not in shown and "characters not shown" in shown
    assert "line 400 of" in _printed(result, full=True)
    assert "line 400 of" not in page([result]) and "line 400 of" in page([result], full=True)


@given(
    st.text(alphabet="ab\n ", min_size=0, max_size=400).map(lambda piece: piece * 60),
    st.lists(st.floats(0, 1), max_size=5),
)
def test_passages_hold_all_evidence_in_order_without_overlap(text: str, places: list[float]) -> None:
    spans = sorted(
        (int(place * max(0, len(text) - 5)), int(place * max(0, len(text) - 5)) + 5) for place in places
    )
    found = [Mark(n, a, min(b, len(text)), _flag(a, b, text)) for n, (a, b) in enumerate(spans)]
    shown = explain.passages(text, [(mark.start, mark.end) for mark in found])
    assert all(any(a <= mark.start and mark.end <= b for a, b in shown) for mark in found)
    assert all(first[1] < second[0] for first, second in pairwise(shown))
    assert all(0 <= a <= b <= len(text) for a, b in shown)


def test_one_line_of_a_million_characters_is_shown_in_part() -> None:
    text = "x" * 1_000_000
    shown = _printed(_result(text, flags=(_flag(500_000, 500_010, text),)))
    assert shown.count("x") < 2_000


def _hostile() -> Result:
    start = HOSTILE.index("<script>")
    flag = _flag(start, start + 20, HOSTILE, why="[bold]why[/bold] <b>", source="\x1b[31mFBI")
    return _result(HOSTILE, flags=(flag,), uri="\x1b[31m<b>.eml", title="[red]Title[/red] <script>\u202e")


@pytest.mark.parametrize("colour", [False, True])
def test_a_terminal_gets_the_document_as_text(colour: bool) -> None:
    shown = _printed(_hostile(), colour)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown) if colour else shown
    for literal in ("[bold]please[/bold]", "[link=http://evil.example]", ":smile:", "[red]Title[/red]"):
        assert literal in plain
    assert not UNSEEN.search(plain.replace("\n", ""))
    assert "⟨U+001B⟩[2J" in plain and "⟨U+009B⟩31m" in plain and "⟨U+202E⟩gro.live⟨U+202C⟩" in plain


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_holds_the_document_as_text_and_fetches_nothing() -> None:
    written = page([_hostile(), Reject(None, "<b>&\u202e", "parse", "malformed", "<i>broken</i>")])
    parser = _Tags()
    parser.feed(written)
    tags = {tag for tag, _ in parser.tags}
    assert not tags & {"script", "img", "link", "iframe", "b", "i", "object"}
    assert not [name for _, attrs in parser.tags for name in attrs if name in ("src", "onerror", "style")]
    assert all(attrs["href"].startswith("#") for tag, attrs in parser.tags if tag == "a" and attrs["href"])
    assert not re.search(r"url\(|@import", written)
    assert not UNSEEN.search(written)
    assert "[bold]please[/bold]" in parser.text and "<img src=x onerror=alert(1)>" in parser.text
    assert "U+202E" in parser.text and "<i>broken</i>" in parser.text


def test_pages_stand_beside_the_text_with_the_evidence_drawn_on_them() -> None:
    flag = replace(
        _hostile().flags[0],
        code='x" onload="alert(1)',
        page=2,
        boxes=(Box(2, 60, 80, 300, 92), Box(2, 60, 94, 120, 106), Box(3, 60, 0, 120, 10)),
    )
    pictures = {"\x1b[31m<b>.eml": [Picture(2, 600, 800, b"\x89PNG two"), Picture(3, 600, 800, b"\x89PNG")]}
    written = page([replace(_hostile(), flags=(flag,))], pictures=pictures)
    parser = _Tags()
    parser.feed(written)
    shown = [attrs["src"] or "" for tag, attrs in parser.tags if tag == "img"]
    assert [source.partition(",")[0] for source in shown] == ["data:image/png;base64"] * 2
    places = [
        [attrs[name] for name in ("x", "y", "width", "height")] for tag, attrs in parser.tags if tag == "rect"
    ]
    assert places[0] == ["60", "80", "240", "12"] and len(places) == 3, "a box each, in points"
    assert [attrs["viewbox"] for tag, attrs in parser.tags if tag == "svg"] == ["0 0 600 800"] * 2
    assert sum(tag == "text" for tag, _ in parser.tags) == 2, "on each page the number in its margin"
    assert not [1 for _, attrs in parser.tags if "style" in attrs], "the policy allows none"
    names = {name for _, attrs in parser.tags for name in attrs}
    assert not names & {"onload", "onerror"}
    targets = {attrs["href"] for tag, attrs in parser.tags if tag == "a"}
    assert targets <= {f"#{attrs['id']}" for _, attrs in parser.tags if "id" in attrs}
    assert "#d1-p2" in targets and "img-src data:;" in written
    without = page([replace(_hostile(), flags=(flag,))])
    assert "<img" not in without and "page 2" in without


def test_of_many_pages_those_with_evidence_are_drawn() -> None:
    boxes = (Box(70, 1, 1, 2, 2), Box(90, 1, 1, 2, 2))
    found = explain.marks(_result("x", flags=(replace(_flag(0, 1, "x"), page=70, boxes=boxes),)))
    assert sheets.chosen(found, range(1, 81)) == [70]
    assert sheets.chosen(found, range(1, 4)) == [1, 2, 3] == sheets.chosen([], range(1, 4))
    assert sheets.chosen([], range(1, 81)) == []
    assert len(sheets.chosen([], range(1, 3_001), full=True)) == sheets.MOST
    assert sheets.chosen([], range(7, 10)) == [7, 8, 9], "a part's pages have the numbers of its file"


def test_a_note_says_the_rule_and_its_source() -> None:
    row = replace(_flag(0, 1, "x", why="Why\x00 so\n."), page=1, boxes=(Box(1, 1, 1, 2, 2),))
    absent = _finding("fail", None, "x")
    ((boxes, _, author, text),) = sheets.notes(explain.marks(_result("x", flags=(row,), findings=(absent,))))
    assert boxes == row.boxes and author == "docassay"
    assert text.splitlines()[0] == "1. changed_bank_details (high)"
    assert "Source: FBI" in text and "rule financial.changed_bank_details" in text and "\x00" not in text


def test_a_terminal_names_the_page() -> None:
    text = "our bank details have changed"
    assert "page 12" in _printed(_result(text, flags=(replace(_flag(0, 16, text), page=12),)))


def test_a_pages_links_lead_from_list_to_place_and_back() -> None:
    text = "our bank details have changed"
    written = page([_result(text, flags=(_flag(0, 16, text), _flag(4, 29, text, code="other")))] * 2)
    ids = re.findall(r'id="([^"]+)"', written)
    targets = re.findall(r'href="#([^"]+)"', written)
    assert sorted(ids) == sorted(targets) and len(set(ids)) == len(ids) == 8
    assert 'title="1 high: Changed bank details. The usual opening.' in written


def test_json_has_every_row_in_the_order_of_the_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(MAIL)
    outcomes = _explain(path)
    lines = [explain.as_json(outcome) for outcome in outcomes]
    first, _, last = (json.loads(written) for written in lines)
    assert list(first) == [
        "document", "text", "segments", "classifications", "flags", "findings", "translations", "entities",
        "facts",
    ]  # fmt: skip
    assert list(first["document"]) == list(DocumentRow.__dataclass_fields__)
    assert first["document"]["event_time"] == "2026-05-18T09:41:00+00:00"
    for flag in first["flags"]:
        assert first["text"][flag["start_char"] : flag["end_char"]] == flag["evidence"]
    assert list(last) == ["reject"] and list(last["reject"]) == list(Reject.__dataclass_fields__)
    assert lines == [explain.as_json(outcome) for outcome in _explain(path)]


@pytest.mark.parametrize("ascii_only", [False, True])
def test_json_does_a_terminal_no_harm_and_loses_nothing(ascii_only: bool) -> None:
    written = explain.as_json(_result(HOSTILE + "é\udcff"), ascii_only)
    assert not UNSEEN.search(written) and "\n" not in written
    assert json.loads(written)["text"] == HOSTILE + "é\udcff"
    assert ("é" in written) != ascii_only


@given(st.text())
def test_a_line_is_one_line_without_unseen_characters(text: str) -> None:
    assert not UNSEEN.search(visible(text))
    assert "\n" not in line(text) and not UNSEEN.search(line(text))
    assert len(line(text, 10)) <= 10
