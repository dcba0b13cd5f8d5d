"""Facts of a document in a real browser: a click leads to their place, wherever the text has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.storage.runs import run
from tests.views.reviewing import served
from tests.views.test_review_browser import Tab, _until, browser
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
        assert "not sure, or 2024-04-03" in page.inner_text("dl.stating")
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
        assert page.inner_text("dl.stating").count("data of the file") == 3
        tab.close()
