"""The task of docs/seats/fraud-analyst.md: its commands run as written, and its clicks in a real browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.test_docs import blocks, shell
from tests.views.reviewing import served
from tests.views.test_review_browser import Tab, _press, _seen, _until_there, browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["browser"]  # the fixture

BEFORE, *AFTER = blocks("seats/fraud-analyst.md", "sh")
NOTE = "Called the supplier on the old number: no new account."
SENDER = "accounts@lindqvist-stee1.example"


def test_a_fraud_analyst_hands_over_a_case(browser: Browser, tmp_path: Path) -> None:
    work = tmp_path / "work"
    run = partial(shell, work=work, tools=tmp_path / "tools")
    shown = run(BEFORE)
    assert "Re: Invoice LS-20871" in shown and "Re: Invoice LS-20902" in shown
    with served(work / "tables", reviewer="Ann Reed") as server:
        tab = Tab(browser, server)
        page = tab.page

        page.select_option("select[name=code]", label="Lookalike domain (2)")
        page.click("button:text-is('Filter')")
        assert page.inner_text("h1") == "2 documents to review"
        page.click("#queue a >> nth=0")
        page.wait_for_selector("#family h2")
        family = page.inner_text("#family")
        assert "LS-20871.pdf" in family and f"{SENDER}: 1 other" in family
        page.click("#family a:text-is('LS-20871.pdf')")
        page.wait_for_selector("#family h2")
        lies_in = page.inner_text("#family").partition("Beside")[0]
        assert "LS-20871 - upd" in lies_in and "LS-20902 - upd" in lies_in
        assert "GB82WEST12345698765432" in page.inner_text("dl.stating")
        page.go_back()
        page.wait_for_selector("#family h2")

        before = page.inner_text("#found")
        page.keyboard.press("j")
        for _ in range(5):
            _press(page, "c")
        assert page.inner_text("#progress").startswith("5 of ")
        assert page.inner_text("#found") != before and "5 of " in page.inner_text("#found")

        page.click("#remarks summary")
        page.fill("#remarks textarea", NOTE)
        page.click("button:text-is('Add note')")
        page.wait_for_selector("#remarks ol")
        assert not _seen(page)
        assert NOTE in page.inner_text("#remarks") and "Ann Reed" in page.inner_text("#remarks ol")

        page.click(f"#family a:text-is('{SENDER}')")
        assert page.inner_text("h1") == "2 documents"
        page.click("#assign")
        assert not _seen(page)
        assert page.locator("main ul li").count() == 2
        assert page.input_value("input[name=assignee]") == "Ann Reed"
        page.click("button:text-is('Assign')")
        _until_there(page, "document.querySelectorAll('#queue .row').length === 2")
        assert page.inner_text("#queue").count("assigned to Ann Reed") == 2

        page.click("a:text-is('Clear')")
        page.select_option("select[name=assigned]", "mine")
        page.select_option("select[name=show]", "all")
        page.click("button:text-is('Filter')")
        assert page.inner_text("h1") == "2 documents"
        assert "1 note" in page.inner_text("#queue")
        with page.expect_download() as saved:
            page.click("a:text-is('case file')")
        downloaded = Path(saved.value.path()).read_text(encoding="utf-8")
        tab.close()

    told = "".join(map(run, AFTER))
    assert NOTE in told and "no faults" in told and "changed-bank-details.eml#attachment-1" in told
    assert (work / "case.xlsx").stat().st_size > 5_000
    case = (work / "case.html").read_text(encoding="utf-8")
    for file in (downloaded, case):
        assert (
            "Case file: 3 documents, 1 of them contained in another" in file
            and NOTE in file
            and file.count("<b>Fraud</b>") == 5
        )
    alone = browser.new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto((work / "case.html").as_uri())
    assert alone.locator("mark").count() > 10 and len(asked) == 1
    assert not _seen(alone)
    alone.close()
