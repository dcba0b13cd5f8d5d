"""docs/seats/clinical-coder.md: its commands run as they are written, and its clicks lead where it says."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.test_docs import blocks, shell
from tests.views.reviewing import served
from tests.views.test_review_browser import Tab, _until, _until_there, browser

__all__ = ["browser"]  # the fixture

pytestmark = pytest.mark.browser


def test_the_page_of_a_clinical_coder_is_done_from_an_empty_folder(browser: Browser, tmp_path: Path) -> None:
    work = tmp_path / "work"
    run = partial(shell, work=work, tools=tmp_path / "tools")
    reading, listing, redacting, taking = blocks("seats/clinical-coder.md", "sh")
    run(reading)
    with served(work / "tables", "Ann Reed") as server:
        tab = Tab(browser, server)
        page = tab.page
        page.fill("#search", "prednisone")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "No document matches the filter" in page.inner_text(".done")
        with page.expect_navigation():
            page.click("#others")
        with page.expect_navigation():
            page.click(".row:has-text('visit_note.txt') a")
        _until(page, "document.getSelection().toString().toLowerCase() === 'prednisone'")
        assert "line" in page.inner_text("dl.stating") and page.locator(".text .stated").count() > 5
        assert page.locator(".text .personal-data").count() > 5
        page.click("dl.stating a:has-text('138 mm[Hg]')")
        _until(page, "document.getSelection().toString() === '138'")
        page.click("button[aria-label='Decide: Medication Albuterol inhaler']")
        page.check("#panel-form label:has-text('Wrong') input")
        page.fill("#panel-form input[name=corrected_label]", "Albuterol")
        with page.expect_navigation():
            page.click("#panel-form button.main")
        _until_there(page, "!document.querySelector('[aria-label=\"Decide: Medication Albuterol inhaler\"]')")
        for words, said in (("40-118823", "Right"), ("1983", "Wrong")):
            entry = page.locator("#spans .entry", has_text=words)
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                entry.locator(f"button:has-text('{said}')").first.click()
            _until(page, "!underWay.size")
        tab.close()
    listed = run(listing)
    assert "40-118823" in listed and "Harold Nyquist" in listed
    assert "1983" not in listed and "Ruth Okafor" not in listed and '"2009"' in listed
    redacted = run(redacting)
    assert "Appendectomy in 1983" in redacted and "Provider: Ruth Okafor, MD" in redacted
    assert (
        "Patient: [PERSON]" in redacted and "MRN: [RECORD_NUMBER]" in redacted and "Nyquist" not in redacted
    )
    run(taking)
    drugs = (work / "drugs.csv").read_text("utf-8-sig")
    assert "Albuterol" in drugs and "Albuterol inhaler" not in drugs
