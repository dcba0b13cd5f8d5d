"""The task of a lawyer: docs/seats/lawyer.md, its commands as written and its clicks in a browser."""

from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from docassay.storage.decisions.record import current_decisions, rows_of
from tests.fresh import forget_domains
from tests.test_docs import blocks, shell
from tests.views.reviewing import served
from tests.views.test_review_browser import Tab, _press, _seen, _until, _until_there, browser

__all__ = ["browser"]  # the fixture

PAGE = "seats/lawyer.md"


def _steps() -> tuple[str, str, str, str]:
    """Give what the page has run to read, to write a rule, to ask it, and to hand over."""
    read, write, ask, hand_over = blocks(PAGE, "sh")
    return read, write, ask, hand_over


@pytest.mark.slow
def test_the_commands_run_as_written(tmp_path: Path) -> None:
    printed = shell("\n".join(_steps()), tmp_path / "work", tmp_path / "tools")
    assert "4 examples have the expected result" in printed and "house_term" in printed
    rows = dict(re.findall(r"(?m)^samples/legal/(\w+)\.\w+,(pass|review|fail)$", printed))
    assert rows["mutual_nda"] == rows["bail_habitation"] == "pass"
    assert rows["services_agreement"] == "review"
    case = (tmp_path / "work" / "case.html").read_text()
    assert "private placement trading program" in case and "<script" not in case


@pytest.mark.browser
@pytest.mark.slow
def test_the_clicks_lead_where_the_page_says(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write, *_ = _steps()
    work = tmp_path / "work"
    shell(read, work, tmp_path / "tools")
    monkeypatch.chdir(work)
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(work / "house"))
    forget_domains()
    with served(work / "tables") as server:
        began, keys = time.monotonic(), 0
        tab = Tab(browser, server)
        page = tab.page
        assert "prime bank" in page.inner_text(".row").lower()

        page.keyboard.press("/")
        page.keyboard.type('"power of attorney"')
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "power of attorney" in page.inner_text(".row .around").lower()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        _until(page, "document.getSelection().toString().toLowerCase() === 'power of attorney'")
        keys += 3 + len('"power of attorney"')

        page.keyboard.press("j")
        box = "document.querySelector('.sheet rect.current')"
        _until(page, f"{box} && {box}.getBoundingClientRect().top >= 0")
        page.keyboard.press("p")
        _until(page, "document.querySelector('.reading').dataset.view === 'text'")
        page.keyboard.press("p")
        _until(page, "document.querySelector('.reading').dataset.view === 'pages'")
        before = page.inner_text("#found")
        for key in "cdccd":
            _press(page, key)
        keys += 3 + 5
        assert page.inner_text("#found") != before
        assert len(current_decisions(rows_of(str(work / "tables")).to_pylist())) == 5
        page.keyboard.press("q")
        _until_there(page, "location.pathname === '/queue' && document.querySelector('.row')")

        page.click("text=Rules")
        entry = tomllib.loads(re.findall(r"(?s)\[\[check\]\]\n(.*?)END", write)[0])
        for name in ("title", "why", "source"):
            page.fill(f"[name={name}]", entry[name])
            keys += len(entry[name])
        page.select_option("[name=fact]", label="Term (duration)")
        page.select_option("[name=is]", label="at most")
        page.fill("[name=value]", "3 years")
        examples = re.findall(r'"text": "([^"]*)", "expect": "(\w+)"', write)
        assert len(examples) == 4
        for number, (text, gives) in enumerate(examples):
            page.fill(f"[name=text{number}]", text)
            page.select_option(f"[name=expect{number}]", gives)
            keys += len(text)
        page.click("text=Run over the tables")
        _until(page, "document.querySelector('#result table')")
        shown = page.inner_text("#result")
        assert "4 examples give the expected result" in shown and re.search(r"passed\s+0\s+2", shown), shown
        assert not _seen(page)
        page.click("#result summary:has-text('Passed')")
        assert page.locator("#result a[href^='/documents/']:visible").count() == 2

        page.select_option("[name=expect2]", "fail")
        page.click("text=Save to the folder")
        _until(page, "document.querySelector('#result').innerText.includes('Nothing was saved')")
        assert "expected fail, found pass" in page.inner_text("#result")
        page.select_option("[name=expect2]", "pass")
        page.click("text=Save to the folder")
        _until_there(page, "location.search.includes('saved=')")
        assert page.input_value("[name=value]") == "3 years"
        rules = tomllib.loads((work / "house" / "rules.toml").read_text())["check"]
        assert [one["expect"] for one in rules] == [entry["expect"]]

        page.click("text=docassay review")
        with page.expect_download() as saved:
            page.click("text=case file")
        assert "trading program" in Path(saved.value.path()).read_text()
        tab.close()
        print(f"the task took {keys} keys and {time.monotonic() - began:.0f} s")
    forget_domains()
