"""Every page for those who cannot see, who enlarge it, and who have no mouse.

``DOCASSAY_PICTURES=docs/pictures pytest -m browser -k pictures`` takes the pictures of docs/review.md anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from starlette.routing import Route

from docassay.views.review.routes import make_app
from tests.families import quick_first
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served
from tests.views.test_review_browser import NARROW, WIDE, Tab, _seen, _until, browser, samples

__all__ = ["browser", "samples"]  # the fixtures

pytestmark = pytest.mark.browser

ZOOMED = (720, 450)
"""What a window of 1440 by 900 has at 200 %."""


def _of(server: Served, suffix: str) -> str:
    rows = server.review.snapshot.queue.to_pylist()
    row = next(row for row in rows if row["uri"].endswith(suffix) and (row["signs"] or suffix[0] != "."))
    return f"/documents/{row['doc_id']}"


def _open(address: str, wanted: str = "h1") -> Callable[[Page, Served, Path], None]:
    """Open a page of the server; else the first document of that ending that has signs, or of that name."""

    def opened(page: Page, server: Served, files: Path) -> None:
        of = address if address.startswith("/") else _of(server, address)
        page.goto(f"http://127.0.0.1:{server.port}{of}")
        page.wait_for_selector(wanted)

    return opened


def _decision(page: Page, server: Served, files: Path) -> None:
    _open(".pdf", ".sheet img")(page, server, files)
    page.keyboard.press("e")
    page.wait_for_selector("#panel-form")


def _pages(page: Page, server: Served, files: Path) -> None:
    _open(".pdf", ".sheet img")(page, server, files)
    page.evaluate("for (const one of document.images) one.loading = 'eager'")  # those far below, too
    page.evaluate("Promise.all([...document.images].map((one) => one.decode()))")


def _file(name: str) -> Callable[[Page, Served, Path], None]:
    """Open a file that a command has written."""

    def opened(page: Page, server: Served, files: Path) -> None:
        page.goto((files / name).as_uri())

    return opened


PAGES = {
    "queue": _open("/queue", "#queue"),
    "document": _open(".eml", "#entries"),
    "pages": _pages,
    "decision": _decision,
    "done": _open("/queue?search=nothing-has-this-name"),
    "found": _open("/queue?show=all&search=bank", ".around .hit"),
    "instead": _open("/queue?show=all&search=bannk", "#instead"),
    "personal": _open("visit_note.txt", "#spans"),
    "failed": _open("/no-such-page"),
    "help": _open("/help"),
    "assign": _open("/assign?show=all"),
    "tables": _open("/tables"),
    "answer": _open("/tables?question=15", "#answer"),
    "rules": _open("/rules"),
    "case": _file("case.html"),
    "explain": _file("mail.html"),
    "redaction": _file("note.html"),
    "report": _file("report.html"),
}
"""How each page is opened, by its name; `explain --html` and `report` write files."""

SHOWN = {"/queue", "/help", "/assign", "/tables", "/rules"}
"""Addresses of whole pages, each of which the list above opens, besides those of documents."""


@pytest.fixture(scope="module")
def files(samples: Path) -> Path:
    """The pages that commands write, in the folder of the tables of the samples."""
    place = samples.parent
    for words in (
        ["explain", "in/financial/changed-bank-details.eml", "--html", "mail.html"],
        ["explain", "in/medical/visit_note.txt", "--personal-data", "--html", "note.html"],
        ["report", "tables", "--out", "report.html", "--review", "http://127.0.0.1:8090"],
        ["show", "tables", "--filter", "kind=email&show=all", "--out", "case.html"],
    ):
        subprocess.run([sys.executable, "-m", "docassay", *words], cwd=place, check=True, capture_output=True)
    return place


def test_every_page_is_in_the_list(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1)])
    with served(tmp_path) as server:
        routes = [one for one in make_app(server.review).routes if isinstance(one, Route)]
        plain = [one.path for one in routes if "GET" in (one.methods or ()) and "{" not in one.path]
        whole = {path for path in plain if server.ask(path, HX_Request=None)[1].startswith("<!doctype html")}
    assert whole == SHOWN, "open a new page in PAGES, so that all that is tested here is tested of it"


@pytest.mark.parametrize(
    ("dark", "size"),
    quick_first(1, [(dark, size) for size in (WIDE, NARROW, ZOOMED) for dark in (False, True)]),
)
def test_all_pages_for_those_who_cannot_see_and_their_pictures(
    browser: Browser, samples: Path, files: Path, dark: bool, size: tuple[int, int], tmp_path: Path
) -> None:
    pictures = os.environ.get("DOCASSAY_PICTURES", "")
    faults: dict[str, Any] = {}
    with served(samples) as server:
        tab = Tab(browser, server, dark, size)
        for name, opened in PAGES.items():
            opened(tab.page, server, files)
            faults[name] = [*_seen(tab.page), *cut_off(tab.page)]
            if pictures and size == WIDE and name in ("queue", "document", "pages", "decision", "done"):
                shade = "dark" if dark else "light"
                tab.page.screenshot(path=tmp_path / f"{name}.png")
                _small(tmp_path / f"{name}.png", Path(pictures) / f"review-{name}-{shade}.webp")
        tab.faults = [one for one in tab.faults if "404" not in one]  # the page that is not there
        tab.elsewhere = [one for one in tab.elsewhere if not one.startswith(files.as_uri())]
        assert not any(faults.values()), json.dumps(faults, indent=1)
        tab.close()


def cut_off(page: Page) -> list[str]:
    """Say what is wider than the page, cut off, or covered by something else."""
    found: list[str] = page.evaluate(
        """() => {
        const faults = [], told = (what, one) => faults.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
        const root = document.documentElement;
        const wider = root.scrollWidth - root.clientWidth;
        if (wider > 0) faults.push(`${wider} px too wide`);
        const asked = { contentVisibilityAuto: true, visibilityProperty: true };
        const isShown = (one) => one.checkVisibility(asked);
        for (const one of document.querySelectorAll("body *")) {
          const style = getComputedStyle(one);
          if (one.closest("svg") || style.display.startsWith("inline") || !isShown(one)) continue;
          const hides = ["hidden", "clip"].includes(style.overflowX);
          if (one.scrollWidth > one.clientWidth + 1 && hides) told("cut off", one);
          if (one.matches("input[placeholder]")) {
            const probe = document.createElement("span");
            probe.style.cssText = `position:absolute;white-space:pre;font:${style.font}`;
            probe.textContent = one.placeholder;
            document.body.append(probe);
            const room = one.clientWidth - 2 * parseFloat(style.paddingLeft);
            if (probe.offsetWidth > room + 1) told("placeholder cut off", one);
            probe.remove();
          }
        }
        for (const one of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
          if (one.closest("svg, .skip") || !isShown(one) || one.type === "hidden") continue;
          if (document.querySelector("dialog[open]") && !one.closest("dialog")) continue;
          one.scrollIntoView({ block: "center" });
          const box = one.getClientRects()[0];
          const middle = box && [box.left + box.width / 2, box.top + box.height / 2];
          const top = box && document.elementFromPoint(...middle);
          const of = top?.closest("label")?.control;
          const same = top && (one.contains(top) || top.contains(one) || of === one);
          if (!same) told("covered", one);
        }
        return faults;
      }"""
    )
    return found


STOPS = 1_500
"""Presses of Tab after which a page counts as a trap."""

_STOP = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const stroke = one.querySelector?.("rect");
  const drawn = stroke && getComputedStyle(stroke).strokeWidth === "2px";
  one.dataset.stopped = "1";
  return [one.outerHTML.slice(0, 120), ring || Boolean(drawn), box.bottom > 0 && box.top < innerHeight];
}"""


_FROM_THE_TOP = """() => {
  const first = document.createElement("span");
  first.tabIndex = -1;
  document.body.prepend(first);
  first.focus();
  first.remove();
}"""

_NOT_REACHED = """() => {
  const able = "a[href], button, input:not([type=hidden], [type=radio]), select, textarea, summary";
  return [...document.querySelectorAll(able)]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.dataset.stopped)
    .map((one) => `not reached: ${one.outerHTML.slice(0, 120)}`);
}"""


@pytest.mark.parametrize("name", quick_first(1, PAGES))
def test_each_action_is_reached_by_tab_with_a_visible_focus_and_nothing_holds_it(
    browser: Browser, samples: Path, files: Path, name: str
) -> None:
    with served(samples) as server:
        tab = Tab(browser, server)
        page = tab.page
        PAGES[name](page, server, files)
        page.evaluate(_FROM_THE_TOP)
        faults = []
        for _ in range(STOPS):
            page.keyboard.press("Tab")
            stop = page.evaluate(_STOP)
            if stop is None:
                break
            what, ring, in_view = stop
            faults += [f"no visible focus: {what}"] * (not ring) + [f"out of view: {what}"] * (not in_view)
        else:
            faults.append("the focus does not leave the page")
        faults += page.evaluate(_NOT_REACHED)
        assert not faults, json.dumps(faults[:20], indent=1)


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element that fits has the focus."""
    for _ in range(STOPS):
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached")


def test_single_keys_can_be_switched_off(browser: Browser, tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1), document(2)])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        chosen = "document.querySelector('.row.current').id"
        first = page.evaluate(chosen)
        page.goto(f"http://127.0.0.1:{server.port}/help")
        page.uncheck("#keys-on")
        page.goto(f"http://127.0.0.1:{server.port}/queue")
        _until(page, f"{chosen} === {first!r}")
        page.keyboard.press("j")
        assert page.evaluate(chosen) == first
        page.goto(f"http://127.0.0.1:{server.port}/help")
        page.check("#keys-on")
        page.goto(f"http://127.0.0.1:{server.port}/queue")
        _until(page, f"{chosen} === {first!r}")
        page.keyboard.press("j")
        _until(page, f"{chosen} !== {first!r}")
        tab.close()


def test_a_document_is_decided_by_tab_and_enter_alone(browser: Browser, tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(1), document(2)])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        _tab_to(page, ".row a")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("#entries")
        for decided in range(1, 6):
            _tab_to(page, ".entry[data-open='1'] button[aria-keyshortcuts='c']")
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                page.keyboard.press("Enter")
            _until(page, f"document.getElementById('progress').innerText.startsWith('{decided} of 5')")
            _until(page, "!underWay.size")
        _tab_to(page, "#next")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.inner_text("h1") == "Document 2"
        tab.close()


def _small(png: Path, webp: Path) -> None:
    from PIL import Image

    with Image.open(png) as picture:
        picture.convert("RGB").save(webp, quality=82, method=6)
