"""`explain --personal-data` lists exactly what `redact` removes with its default options."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docassay.cli import app
from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.redaction.spans import MASK, PersonalSpan
from docassay.views.redacted import Redacted, Redactor, Settings, mark
from docassay.views.redaction_preview import previewed
from tests.families import quick_first
from tests.pdfs import leaves
from tests.piles import BILL, INVOICE
from tests.workers import kept_workers

SAMPLES = sorted(
    path
    for path in (Path(__file__).parents[2] / "domains").glob("*/samples/*")
    if path.suffix != ".toml" and path.stem not in ("truncated", "not_a_zip")
)


def _name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", quick_first(1, SAMPLES), ids=_name)
def test_what_is_listed_of_a_sample_is_exactly_what_goes(path: Path) -> None:
    source = Source(str(path), content=path.read_bytes())
    outcomes = parse(source, Limits())
    listed = previewed(source, outcomes, Limits())
    document = next(one for one in outcomes if isinstance(one, Document))
    with Redactor(Settings("mask", b"")) as redactor:
        done = redactor.redact(str(path))
    assert isinstance(done, Redacted), done
    pages = document.pages
    counts = Counter(
        (pages.number(row["start"]) if pages else None, row["label"]) for row in listed[document.uri]
    )
    assert {(row["page"], row["class"]): row["spans"] for row in done.report["removed"]} == counts
    if done.report["pages"] is None:
        pieces, at = [], 0
        for row in listed[document.uri]:
            assert document.text[row["start"] : row["end"]] == row["text"]
            pieces += [document.text[at : row["start"]], MASK]
            at = row["end"]
        assert "".join([*pieces, document.text[at:]]) == done.content.decode()


def test_of_a_part_is_listed_what_goes_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "pile.pdf"
    named, bare = (
        BILL + "\nDear Mrs Smilla Wernicke,",
        INVOICE.format(number="A-1") + "\nas wernicke: Wernicke",
    )
    path.write_bytes(leaves(named, bare))
    source = Source(str(path), content=path.read_bytes())
    outcomes = parse(source, Limits())
    parts = {one.uri: one for one in outcomes if isinstance(one, Document)}
    listed = previewed(source, outcomes, Limits())
    assert list(listed) == [f"{path}#part-1", f"{path}#part-2"]
    for uri, rows in listed.items():
        for row in rows:
            assert parts[uri].text[row["start"] : row["end"]] == row["text"]
    assert "Wernicke" in {row["text"] for row in listed[f"{path}#part-2"]}, "told by the first part"
    with Redactor(Settings("mask", b"")) as redactor:
        rows = redactor.marks(str(path))
    assert isinstance(rows, list)
    assert [(row["label"], row["text"]) for row in rows] == [
        (row["label"], row["text"]) for of_part in listed.values() for row in of_part
    ]


def test_terminal_page_and_json_list_what_goes_beside_what_tables_have(tmp_path: Path) -> None:
    path, page = tmp_path / "note.txt", tmp_path / "note.html"
    path.write_text("Dear Mrs Smilla Wernicke,\n\nplease call <b> at 560-40-7851.\n\nWernicke was here.\n")
    asked = ["explain", str(path), "--personal-data"]
    with kept_workers():
        printed = CliRunner().invoke(app, [*asked, "--no-color"]).stdout
        (row,) = map(json.loads, CliRunner().invoke(app, [*asked, "--json"]).stdout.splitlines())
        assert CliRunner().invoke(app, [*asked, "--html", str(page)]).exit_code == 0
        without = json.loads(CliRunner().invoke(app, ["explain", str(path), "--json"]).stdout)
        marks = tmp_path / "marks.jsonl"
        assert CliRunner().invoke(app, ["redact", str(path), "--preview", str(marks)]).exit_code == 0
    assert "redaction" not in without
    listed = [{"file": str(path), **span} for span in row["redaction"]]
    assert listed == [json.loads(one) for one in marks.read_text().splitlines()] != []
    values = {span["text"] for span in row["redaction"]}
    shown = printed.partition(f"what redact removes by default: {len(listed)}")[2]
    assert shown and all(f"“{value}”" in shown for value in values)
    (written,) = re.findall(
        rf"<h2>What <code>docassay redact</code> removes by default: {len(listed)}</h2>\s*<ul(.*?)</ul>",
        page.read_text(),
        re.S,
    )
    assert set(map(html.unescape, re.findall("<q>(.*?)</q>", written))) == values
    assert "personal data in the tables" in printed and "Personal data in the tables" in page.read_text()


def test_where_looking_fails_the_document_is_shown_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("no such word")

    monkeypatch.setattr(Redactor, "going", fails)
    path = tmp_path / "note.txt"
    path.write_text("Dear Mrs Smilla Wernicke,\n\nplease call at 560-40-7851.\n")
    with kept_workers():
        done = CliRunner().invoke(app, ["explain", str(path), "--personal-data", "--json"])
    row = json.loads(done.stdout.splitlines()[-1])
    assert done.exit_code == 0 and row["entities"] and "redaction" not in row


def test_what_the_model_is_not_sure_of_says_so() -> None:
    sure, doubted = (mark("at 30", PersonalSpan(3, 5, "age", sure=sure)) for sure in (True, False))
    assert doubted == sure | {"sure": False} and "sure" not in sure
