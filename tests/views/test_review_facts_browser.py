"""Facts of a document in a real browser: a click leads to their place, wherever the text has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.storage.runs import run
from tests.views.reviewing import document, served
from tests.views.test_review_browser import Tab, _press, _until, _until_there, browser
from tests.views.test_review_facts import BILL, NDA, stating

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture

SELECTED = "document.getSelection().toString()"


def test_a_click_on_a_fact_leads_to_its_place(browser: Browser, tmp_path: Path) -> None:
    text = "\U0001f4dc word " * 6_000 + "between Bell <Ltd> and others " + "word " * 4_000
    late = stating(text, "late.txt", "legal.nda", ("party", "Bell <Ltd>", {}))
    run(tmp_path, "run-1", [NDA, BILL, late])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        page.fill("#search", '"discloser island"')  # no such words beside each other
        page.press("#search", "Enter")
        assert "No document matches" in page.inner_text("main")
        page.fill("#search", "lost island")
        page.press("#search", "Enter")
        page.click("text=Bell & Co · Acme GmbH")
        assert "not sure; could be 2024-04-03" in page.inner_text("dl.stating")
        page.click("dl.stating a:text-is('2024-03-04')")
        _until(page, f"{SELECTED} === '03/04/2024'")
        page.goto(f"http://127.0.0.1:{server.port}/documents/{late.doc_id}")
        assert "waiting" in (page.get_attribute("#piece-2", "class") or "")
        page.click("dl.stating a")
        _until(page, f"{SELECTED} === 'Bell <Ltd>'")
        assert page.evaluate(
            "document.getSelection().getRangeAt(0).getBoundingClientRect().top < innerHeight"
        )
        page.goto(f"http://127.0.0.1:{server.port}/documents/{BILL.doc_id}")
        assert page.inner_text("dl.stating").count("structured data") == 3
        tab.close()


def test_a_corrected_fact_says_so_until_it_is_taken_back(browser: Browser, tmp_path: Path) -> None:
    run(tmp_path, "run-1", [NDA])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        page.goto(f"http://127.0.0.1:{server.port}/documents/{NDA.doc_id}")
        _until(page, "!acting")
        before = page.inner_text("dl.stating dd >> nth=0")
        page.click("dl.stating button.more >> nth=0")
        page.wait_for_selector("#panel-form")
        page.check("input[value=wrong]")
        page.fill("[name=corrected_label]", "Gamma")
        page.click("#panel button.main")
        _until_there(page, "document.querySelector('dl.stating .state.corrected') !== null")
        _until_there(page, "document.getElementById('note').innerText === 'Wrong: Gamma'")
        told = page.inner_text("dl.stating dd >> nth=0")
        assert "Gamma" in told and "Wrong: Gamma, Ann" in told and " UTC" in told
        page.keyboard.press("u")
        _until_there(page, "document.querySelector('dl.stating .state.corrected') === null")
        _until_there(page, "document.getElementById('note').innerText === 'Undone'")
        assert page.inner_text("dl.stating dd >> nth=0") == before
        tab.close()


def test_what_was_decided_to_be_no_personal_data_is_not_marked(browser: Browser, tmp_path: Path) -> None:
    one = document(0)
    run(tmp_path, "run-1", [one])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        page.goto(f"http://127.0.0.1:{server.port}/documents/{one.doc_id}")
        _until(page, "chosen !== null && !acting")
        for _ in range(6):
            page.keyboard.press("j")
        _until(page, "document.querySelector('#span-e0.current') !== null && !acting")
        assert page.locator("#text .personal-data").count() == 1
        _press(page, "d")
        assert page.locator("#text .personal-data").count() == 0 and page.inner_text("#note") == "Wrong"
        page.reload()
        _until(page, "!acting && document.querySelector('#text .personal-data') === null")
        page.keyboard.press("u")
        _until(page, "document.querySelector('#text .personal-data') !== null")
        _until(page, "document.querySelector('#span-e0.current:not(.settled)') !== null")
        tab.close()
