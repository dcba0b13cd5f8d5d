"""What a document was not asked is shown, in a terminal, on a page and in the overview of a folder."""

from __future__ import annotations

import io
from collections import Counter

from rich.console import Console

from docassay.schemas.rows import DocumentRow, Result
from docassay.views.html import explained as page
from docassay.views.show import Overview, show
from docassay.views.terminal import render

WHY = "kind_unknown: nda_term, <b>lease_deposit</b>"


def result(not_asked: tuple[str, ...] | None) -> Result:
    document = DocumentRow(
        doc_id="0" * 64,
        uri="a.txt",
        parent_id=None,
        domain="legal",
        domain_probability=0.9,
        kind="",
        media_type="text/plain",
        language="en",
        language_probability=1.0,
        title=None,
        chars=5,
        tokens=1,
        segments=0,
        event_time=None,
        risk=0.0,
        status="review",
        reasons=(),
        not_asked=not_asked,
    )
    return Result(document, "Hello", (), (), (), (), (), ())


def printed(outcome: Result) -> str:
    console = Console(file=io.StringIO(), width=120, no_color=True)
    render(outcome, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_shows_it() -> None:
    assert "skipped" in printed(result((WHY,))) and WHY in printed(result((WHY,)))
    assert "skipped" not in printed(result(()))
    assert "skipped" not in printed(result(None))


def test_a_page_shows_it_as_text() -> None:
    written = page([result((WHY,))])
    assert "Skipped" in written and "&lt;b&gt;lease deposit" in written and "<b>lease" not in written
    assert "Skipped" not in page([result(())])


def test_the_overview_counts_documents_by_why() -> None:
    console = Console(file=io.StringIO(), width=120, no_color=True)
    console.print(*show(Overview(Counter({"review": 3}), (), not_asked=Counter({"kind_unknown": 2}))))
    assert isinstance(console.file, io.StringIO)
    assert "with skipped checks: kind_unknown 2" in console.file.getvalue()
