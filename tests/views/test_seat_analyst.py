"""docs/seats/analyst.md: its commands run as they are written, and its clicks lead where it says."""

from __future__ import annotations

import csv
import re
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from docassay.views.questions import questions
from tests.test_docs import DOCS, TEXTS, blocks, shell
from tests.views.reviewing import served
from tests.views.test_review_browser import Tab, _press, _until, browser

__all__ = ["browser"]  # the fixture

pytestmark = pytest.mark.browser

PAGE = "seats/analyst.md"
CRITICAL = 2
"""The question that is asked again after a decision."""


def _ask(page: Page, number: int) -> list[list[str]]:
    """Choose a question as a reader does, and read its answer."""
    if page.locator(".questions").is_hidden():
        page.click("summary:has-text('Questions')")
    with page.expect_navigation():
        page.click(f".questions li:nth-child({number}) a")
    assert page.inner_text("h1") == questions()[number - 1].title
    return [row.inner_text().split("\t") for row in page.locator(".answer tbody tr").all()]


def test_the_page_of_an_analyst_is_done_from_an_empty_folder(browser: Browser, tmp_path: Path) -> None:
    work = tmp_path / "work"
    run = partial(shell, work=work, tools=tmp_path / "tools")
    reading, asking, leaving, reporting = blocks(PAGE, "sh")
    (sql,) = blocks(PAGE, "sql")
    numbers = re.search(r"\*\*Ask ten:\*\* (.*?)\. You", TEXTS[DOCS / PAGE])[1]  # type: ignore[index]
    ten = [int(one) for one in re.findall(r"\d+", numbers)]
    assert len(ten) == 10 and f"for n in {' '.join(map(str, ten))}; do" in asking
    run(reading)
    with served(work / "tables", "Ann Reed") as server:
        tab = Tab(browser, server)
        page = tab.page
        with page.expect_navigation():
            page.click("nav a:has-text('Tables')")
        assert page.locator(".questions li").count() == 20
        for number in ten:
            assert _ask(page, number), number
        assert page.locator("main polyline").count() == 1, "by month"

        page.fill("#sql", sql)
        with page.expect_navigation():
            page.click("button:has-text('Run')")
        every = int(re.search(r"of (\d+)", page.inner_text("#answer"))[1])  # type: ignore[index]
        with page.expect_navigation():
            page.click(".facets a:text-is('flagged')")
        left = int(re.search(r"of (\d+)", page.inner_text("#answer"))[1])  # type: ignore[index]
        assert 0 < left < every
        page.select_option("select[name=chart]", "bar")
        page.select_option("select[name=x]", "kind")
        page.select_option("select[name=y]", "number of rows")
        with page.expect_navigation():
            page.click("button:has-text('Draw')")
        assert page.locator("main svg rect").count() > 2
        with page.expect_download() as downloading:
            page.click("a:has-text('Download as CSV')")
        rows = [*csv.DictReader(downloading.value.path().read_text("utf-8").splitlines())]
        assert len(rows) == left and {row["decided_status"] for row in rows} == {"flagged"}
        kept = page.get_attribute("#address", "href") or ""
        page.goto(f"http://127.0.0.1:{server.port}/tables")
        page.goto(f"http://127.0.0.1:{server.port}{kept}")
        assert page.locator("main svg").count() == 1 and f"of {left}" in page.inner_text("#answer")

        before = _ask(page, CRITICAL)
        with page.expect_navigation():
            page.click(".answer a:has-text('.eml')")
        chosen = "document.querySelector('.entry.current')?.closest('.group').innerText"
        _until(page, f"{chosen}?.includes('Lookalike domain')")
        _press(page, "d")
        with page.expect_navigation():
            page.click("nav a:has-text('Tables')")
        after = _ask(page, CRITICAL)
        assert [row for row in before if row not in after] == [
            row for row in before if row[1] == "lookalike_domain"
        ]
        tab.close()
    assert run(asking).split() == ["decisions", "1"]
    for number in ten:
        assert len((work / f"question-{number}.csv").read_text("utf-8").splitlines()) > 1, number
    assert (work / "invoices.xlsx").read_bytes().startswith(b"PK")
    told = run(leaving)
    assert re.search(r"critical +2\n", told) and re.search(r"critical +1\n", told)
    run(reporting)
    assert "http://127.0.0.1:8090/queue?show=open" in (work / "report.html").read_text("utf-8")
