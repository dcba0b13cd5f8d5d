"""Pages of a PDF in the review: drawn when they are looked at, opened at the place, found if moved."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from docassay.schemas.rows import Result
from docassay.transforms.isolation import draw
from tests.storage.runs import run
from tests.views.reviewing import paper, served
from tests.views.test_review_browser import Tab, _until, browser

__all__ = ["browser"]  # the fixture

SEEN = (
    "((one) => { const box = one.getBoundingClientRect();"
    " return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight })"
)


@contextmanager
def opened(browser: Browser, folder: Path, made: Result, address: str) -> Iterator[Page]:
    """Publish a document in a folder, serve the review, and open an address of it."""
    run(folder / "out", "run-1", [made])
    with served(folder / "out") as server:
        tab = Tab(browser, server)
        tab.page.goto(f"http://127.0.0.1:{server.port}{address}")
        yield tab.page
        tab.close()


@pytest.mark.slow
def test_four_hundred_pages_are_drawn_as_they_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paper(tmp_path / "a.pdf", 400, 250)
    run(tmp_path / "out", "run-1", [made])
    asked: list[list[int]] = []
    drawing = draw.draw

    def noting(
        content: bytes, choose: Callable[[int], Sequence[int]], *limits: Any
    ) -> Iterator[draw.Picture]:
        asked.append(list(choose(400)))
        return drawing(content, choose, *limits)

    monkeypatch.setattr(draw, "draw", noting)
    with served(tmp_path / "out") as server:
        of = f"/documents/{made.doc_id}"
        sheets = server.ask(f"{of}/sheets")[1]
        assert sheets.count("<figure") == sheets.count('loading="lazy"') == 400 and not asked
        assert re.findall(r'<rect class="evidence high" x="50.0" y="300.0"', sheets), "its box is there"
        pages = server.review.pages(made.doc_id)
        assert (pages.picture(200) or b"").startswith(b"\x89PNG") and asked == [[200, 201, 202]]
        assert pages.picture(201) and len(asked) == 1, "what was drawn ahead is kept"
        assert pages.picture(401) is None
        assert server.ask(f"{of}/pages/401.png")[0] == 404
        os.utime(tmp_path / "a.pdf", (1, 1))
        assert pages.picture(300), "a newer date alone changes nothing"
        (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 another")
        assert pages.picture(310) is None and server.ask(f"{of}/pages/320.png")[0] == 404


@pytest.mark.slow
def test_files_are_found_from_another_folder_and_where_they_have_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = paper(tmp_path / "a.pdf", 2, 1, uri="in/legal/a.pdf")
    run(tmp_path / "project" / "tables", "run-1", [made])
    monkeypatch.chdir(tmp_path)
    of = f"/documents/{made.doc_id}/sheets"
    with served(tmp_path / "project" / "tables") as server:
        assert "in/legal/a.pdf cannot be opened" in server.ask(of)[1] and "--root FOLDER" in server.ask(of)[1]
        beside = tmp_path / "project" / "in" / "legal"
        beside.mkdir(parents=True)
        (tmp_path / "a.pdf").rename(beside / "a.pdf")
        server.review.reload()
        assert server.ask(of)[1].count("<figure") == 2, "relative to the folder of the tables"
    (tmp_path / "moved").mkdir()
    (beside / "a.pdf").rename(tmp_path / "moved" / "a.pdf")
    with served(tmp_path / "project" / "tables", root=str(tmp_path / "moved")) as server:
        assert server.ask(of)[1].count("<figure") == 2
        (tmp_path / "moved" / "a.pdf").write_bytes(b"other")
        server.review.reload()
        assert "has changed since it was read" in server.ask(of)[1]


@pytest.mark.browser
def test_an_item_opens_the_page_at_its_box_and_p_toggles(browser: Browser, tmp_path: Path) -> None:
    made = paper(tmp_path / "a.pdf", 400, 250)
    with opened(browser, tmp_path, made, f"/documents/{made.doc_id}") as page:
        box = 'document.querySelector(".sheet rect.current")'
        _until(page, f"{box} && {SEEN}({box})")
        assert page.evaluate(f"{box}.closest('.sheet').id") == "p250"
        image = "document.querySelector('#p250 img')"
        _until(page, f"{image}.complete && {image}.naturalWidth > 0")
        assert page.evaluate("[...document.images].filter((one) => one.naturalWidth).length") < 20
        page.keyboard.press("p")
        mark = 'document.querySelector("mark.current")'
        _until(page, f"{mark} && {SEEN}({mark})")
        assert page.get_attribute("[data-view=text][aria-pressed]", "aria-pressed") == "true"
        page.keyboard.press("j")  # stands on no page
        page.keyboard.press("p")
        _until(page, f"{mark} && {SEEN}({mark})")
        page.keyboard.press("k")
        _until(page, f"{box} && {SEEN}({box})")


@pytest.mark.browser
def test_a_changed_file_says_so_and_shows_the_text(browser: Browser, tmp_path: Path) -> None:
    made = paper(tmp_path / "a.pdf", 3, 2)
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 another")
    with opened(browser, tmp_path, made, f"/documents/{made.doc_id}") as page:
        mark = 'document.querySelector("mark.current")'
        _until(page, f"{mark} && {SEEN}({mark})")
        assert "has changed since it was read" in page.inner_text("#pages")


@pytest.mark.browser
def test_marks_are_toggled_by_keys_and_places_are_stepped_through(browser: Browser, tmp_path: Path) -> None:
    made = paper(tmp_path / "a.pdf", 3, 2)
    with opened(browser, tmp_path, made, "/queue?search=%22between+us%22") as page:
        with page.expect_navigation():
            page.keyboard.press("Enter")
        selected = "document.getSelection().toString()"
        _until(page, f"{selected} === 'between us'")
        assert "2 matches" in page.inner_text("#hits")
        first = page.evaluate("document.getSelection().getRangeAt(0).getBoundingClientRect().left")
        page.keyboard.press("f")
        _until(page, f"document.getSelection().getRangeAt(0).getBoundingClientRect().left !== {first}")
        colour = "getComputedStyle(document.querySelector('.personal-data')).backgroundColor"
        marked = page.evaluate(colour)
        page.keyboard.press("3")
        _until(page, f"{colour} !== {marked!r}")
        page.reload()
        _until(page, "document.querySelector('.show-personal').checked === false")
        page.keyboard.press("3")
        _until(page, f"{colour} === {marked!r}")
        page.keyboard.press("/")
        page.keyboard.type("fee")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        _until(page, f"{selected} === 'fee'")
