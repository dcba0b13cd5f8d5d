"""The review in a real browser: a day's work by keyboard, hostile documents, long ones, and who cannot see.

``DOCASSAY_PICTURES=docs/pictures pytest -m browser -k pictures`` takes the pictures of docs/review.md anew.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from docassay.schemas.rows import Flag, Result, Segment
from docassay.storage.decisions.record import current_decisions, rows_of
from docassay.views import html
from docassay.views.review import guard
from docassay.views.review.serve import hand_over
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
WIDE, NARROW = (1280, 900), (390, 844)
FIRE = "document.documentElement.dataset.fired"
HOSTILE = (
    f"<script>{FIRE}='script'</script><img src=x onerror=\"{FIRE}='img'\"><svg onload=\"{FIRE}='svg'\"></svg>"
    f"<style>body{{display:none}}</style></mark></div><iframe srcdoc=\"<script>parent.{FIRE}='f'</script>\">"
    f'</iframe>" onmouseover="{FIRE}=\'attribute\'" x="\' {{{{ 7*7 }}}} \u202egro.live\u202c'
)


PATIENCE = 120.0
"""Seconds that a page may take on a machine with other work."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of the shipped samples."""
    place = tmp_path_factory.mktemp("samples")
    for words in (["samples", "in"], ["batch", str(place / "in"), "--out", "tables"]):
        subprocess.run([sys.executable, "-m", "docassay", *words], cwd=place, check=True, capture_output=True)
    return place / "tables"


class Tab:
    """A page of the browser that notes what goes wrong in it, and what it asks other hosts for."""

    def __init__(
        self, browser: Browser, server: Served, dark: bool = False, size: tuple[int, int] = WIDE
    ) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE * 1_000)
        self.faults: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda told: self.faults.append(told.text) if told.type == "error" else None)
        self.page.on("request", lambda asked: self._note(asked.url, server.port))
        self.page.goto(server.address)

    def _note(self, url: str, port: int) -> None:
        if not url.startswith((f"http://127.0.0.1:{port}/", "data:")):
            self.elsewhere.append(url)

    def close(self) -> None:
        self.context.close()
        assert not self.faults and not self.elsewhere


def _progress(page: Page) -> str:
    return page.inner_text("#progress")


def _until(page: Page, told: str) -> None:
    """Wait until an expression is true; the pages' policy forbids Playwright's own way, which evaluates."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(told):
        assert time.monotonic() < end, told
        time.sleep(0.01)


def _until_there(page: Page, told: str) -> None:
    """Wait likewise while pages come and go, of which one that goes cannot be asked."""
    end = time.monotonic() + PATIENCE
    while True:
        with suppress(Error):
            if page.evaluate(told):
                return
        assert time.monotonic() < end, told
        time.sleep(0.01)


def _press(page: Page, key: str) -> None:
    """Press a key that decides, and wait until its answer is on the page."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press(key)
    _until(page, "!underWay.size")


def _keep_notes(page: Page) -> None:
    """Keep what a page says, which goes after some seconds."""
    page.evaluate(
        "() => { window.notes = []; const keep = () => notes.push(document.getElementById('note').innerText);"
        " new MutationObserver(keep).observe(document.body, { childList: true, subtree: true }) }"
    )


def _until_said(page: Page, told: str) -> None:
    _until(page, f"notes.some((note) => note.startsWith('{told}'))")


def test_a_reviewer_clears_two_hundred_findings_of_three_domains(browser: Browser, tmp_path: Path) -> None:
    domains = ("legal", "financial", "medical")
    run(tmp_path, "run-1", *([document(n, domains[n % 3]) for n in range(k, 40, 4)] for k in range(4)))
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        assert "40 documents" in page.inner_text("h1") and "0 of 200" in page.inner_text("#overall")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        for _ in range(40):
            page.wait_for_selector("#entries")
            for n in range(5):
                assert _progress(page).startswith(f"{n} of 5")
                _press(page, "cds"[n % 3])
            assert _progress(page) == "5 of 5 decided"
            with page.expect_navigation():
                page.keyboard.press("n")
        assert "Nothing left" in page.inner_text("main") and "200 of 200" in page.inner_text("#overall")
        tab.close()
        assert server.review.progress.totals == (200, 200)
    standing = current_decisions(rows_of(str(tmp_path)).to_pylist())
    assert len(standing) == 200 and {row["reviewer"] for row in standing.values()} == {"Ann"}
    with served(tmp_path) as server:
        assert server.review.progress.totals == (200, 200), "all is there after a restart"


def test_undo_bulk_correction_and_the_back_button(browser: Browser, tmp_path: Path) -> None:
    run(tmp_path, "run-1", [document(n) for n in range(3)])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("#entries .entry")
        _press(page, "c")
        assert page.inner_text("#note") == "Fraud"
        _press(page, "u")
        _until(page, "document.getElementById('progress').innerText.startsWith('0 of 5')")
        assert page.inner_text("#note") == "Undone"
        assert page.get_attribute(".current", "id") == page.get_attribute(".entry >> nth=0", "id")
        # All with the same words in this document: it lists them first.
        page.click("text=Decide all 2 with these words")
        page.wait_for_selector("#panel-form")
        assert page.locator("#panel .alike li").count() == 2
        page.check("input[value=harmless]")
        page.click("#panel button.main")
        _until(page, "document.getElementById('progress').innerText.startsWith('2 of 5')")
        # The same words in the other documents, by the dialog and with a reason.
        page.locator(".entry", has_text="processing fee").locator(".more").click()
        page.wait_for_selector("#panel-form")
        assert "All 3 with these words from this rule, in 3 documents" in page.inner_text("#panel")
        assert page.locator("#panel .alike li").all_inner_texts()[0].startswith("Document ")
        page.check("input[value=not_sure]")
        page.check("input[name=alike]")
        page.fill("#panel textarea", "to be asked about")
        page.click("#panel button.main")
        _until(page, "document.getElementById('overall').innerText.includes('5 of 15')")
        # Another passage, by selecting it in the text.
        page.locator(".entry", has_text="Agreement").first.locator(".more").click()
        page.wait_for_selector("#panel-form")
        page.evaluate(
            "() => { const walk = document.createTreeWalker(document.getElementById('text'), 4);"
            " let node; do node = walk.nextNode(); while (!node.data.includes('ends after'));"
            " const at = node.data.indexOf('ends after');"
            " document.getSelection().setBaseAndExtent(node, at, node, at + 10); }"
        )
        _until(page, "document.querySelector('[name=corrected_start]').value !== ''")
        page.check("input[value=corrected]")
        page.click("#panel button.main")
        page.wait_for_selector("#entries .state.corrected")
        page.go_back()
        page.wait_for_selector("#queue")
        page.go_forward()
        page.wait_for_selector("#entries")
        # What was decided, not the page as the browser kept it: it is loaded again when it comes back.
        _until(page, "document.getElementById('progress')?.innerText.startsWith('4 of 5')")
        tab.close()
    rows = [row for row in rows_of(str(tmp_path)).to_pylist() if row["outcome"] == "corrected"]
    text = document(0).text
    assert text.replace("Agreement 0", "")  # the documents differ in their number alone
    assert rows[0]["corrected_end"] - rows[0]["corrected_start"] == len("ends after")
    assert text[rows[0]["corrected_start"] : rows[0]["corrected_end"]] == "ends after"


def test_what_is_not_recorded_is_said_and_nothing_that_was_asked_is_lost(
    browser: Browser, tmp_path: Path
) -> None:
    run(tmp_path, "run-1", [document(0)])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        page.goto(f"http://127.0.0.1:{server.port}/documents/{document(0).doc_id}")
        page.wait_for_selector("#entries .entry.current")
        first = page.get_attribute(".entry.current", "id")
        _keep_notes(page)
        # A form that is refused stays as it was filled in.
        page.keyboard.press("e")
        page.wait_for_selector("#panel-form")
        page.check("input[value=corrected]")
        page.fill("#panel textarea", "of another kind")
        page.click("#panel button.main")
        _until_said(page, "Give the correct label or passage")
        assert page.input_value("#panel textarea") == "of another kind"
        page.click("text=Cancel")
        # Neither a server that is gone nor one that was started anew has recorded anything.
        refusal = {"status": 403, "content_type": "text/plain", "body": "docassay review: reload it"}
        answers = [lambda route: route.abort(), lambda route: route.fulfill(**refusal)]
        page.route("**/decide", lambda route: answers.pop(0)(route))
        for told in ("The server is not responding", "docassay review: reload it"):
            page.keyboard.press("c")
            _until_said(page, told)
            _until(page, "!underWay.size")
            assert page.get_attribute(".entry.current", "id") == first
            assert _progress(page).startswith("0 of 5")
        page.unroute("**/decide")
        expected = "Failed to load resource", "Response Status Error", "htmx:sendError", "htmx:afterRequest"
        tab.faults = [fault for fault in tab.faults if not any(one in fault for one in expected)]
        # What is clicked while a decision is under way is decided next, and twice the same is once.
        page.evaluate(
            "for (const [n, what] of [[0, 'fraud'], [1, 'harmless'], [1, 'harmless']])"
            " document.querySelectorAll('#entries .entry')[n].querySelector(`[data-do=${what}]`).click()"
        )
        _until(page, "document.getElementById('progress').innerText.startsWith('2 of 5')")
        # A key that is held down decides once.
        page.evaluate(
            "for (const repeat of [false, true, true]) document.body.dispatchEvent("
            "new KeyboardEvent('keydown', { key: 'd', bubbles: true, repeat }))"
        )
        _until(page, "document.getElementById('progress').innerText.startsWith('3 of 5')")
        _until(page, "!acting && !underWay.size")
        assert _progress(page).startswith("3 of 5")
        # An undo in the queue counts anew what is left in its rows.
        page.goto(f"http://127.0.0.1:{server.port}/queue")
        page.wait_for_selector("text=3 of 5 decided")
        page.keyboard.press("u")
        _until_there(page, "document.querySelector('.counts')?.innerText.includes('2 of 5 decided')")
        tab.close()
    assert len(current_decisions(rows_of(str(tmp_path)).to_pylist())) == 2


def test_personal_data_by_keyboard_and_keys_that_come_before_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    first, second = document(0), document(1)
    (name,) = first.entities
    more = replace(name, label="place", start_char=12, end_char=26, text=first.text[12:26])
    first = replace(first, entities=(name, more))
    run(tmp_path, "run-1", [first, second])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        page.goto(f"http://127.0.0.1:{server.port}/documents/{first.doc_id}")
        page.wait_for_selector("#spans .entry")
        for _ in range(6):
            page.keyboard.press("j")
        _until(page, "document.querySelector('#span-e0.current') !== null")
        assert page.evaluate("document.getSelection().toString()") == name.text
        _press(page, "d")
        _until(page, "document.querySelector('#span-e1.current') !== null")
        assert page.evaluate("document.getSelection().toString()") == more.text
        page.keyboard.press("e")
        page.wait_for_selector("#panel-form")
        page.check("input[value=wrong]")
        page.select_option("[name=corrected_label]", "facility")
        page.click("#panel button.main")
        page.wait_for_selector("#span-e1 .state.corrected")
        # What is pressed while a page is being left is done on the next one, one after the other.
        page.evaluate(
            "for (const key of 'nccc')"
            " document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))"
        )
        _until_there(page, f"location.pathname.endsWith('{second.doc_id}')")
        _until_there(page, "document.getElementById('progress')?.innerText.startsWith('3 of 5')")
        # What is pressed before a page can act is done once it can.
        held: list[Any] = []
        page.route("**/static/review.js*", lambda route: held.append(route))
        page.goto(page.url, wait_until="commit")
        _until_there(page, "typeof waiting !== 'undefined' && document.getElementById('next') !== null")
        page.keyboard.press("d")
        _until_there(page, "waiting.length === 1")
        held[0].continue_()
        _until_there(page, "document.getElementById('progress')?.innerText.startsWith('4 of 5')")
        tab.close()
    rows = rows_of(str(tmp_path)).to_pylist()
    told = [(row["object"], row["code"], row["outcome"], row["corrected_label"]) for row in rows]
    assert told[:2] == [("entity", "person", "dismissed", None), ("entity", "place", "corrected", "facility")]
    assert [row["doc_id"] for row in rows[2:]] == [second.doc_id] * 4
    assert [row["outcome"] for row in rows[2:]] == ["confirmed"] * 3 + ["dismissed"]


def test_a_key_decides_only_what_is_framed_and_on_the_screen(browser: Browser, tmp_path: Path) -> None:
    one = document(0)
    run(tmp_path, "run-1", [one])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        page.goto(f"http://127.0.0.1:{server.port}/documents/{one.doc_id}")
        _until(page, "chosen !== null && !acting")
        assert page.evaluate("scrollY === 0 && isSeen(current())"), "it opens at its top"
        framed = "getComputedStyle(document.querySelector('#text mark.current')).outlineStyle"
        assert page.evaluate(framed) == "solid"
        _keep_notes(page)
        for _ in range(len(one.flags) + len(one.findings) + len(one.entities) + 1):
            page.keyboard.press("j")
        _until(page, "document.activeElement.id === 'next' && !acting")
        assert page.locator(".current").count() == 0
        for key in "cdos":
            page.keyboard.press(key)
        _until(page, "!waiting.length && !acting && !underWay.size")
        _until_said(page, "No item is selected")
        page.keyboard.press("k")
        _until(page, "document.querySelector('#span-e0.current') !== null")
        # What has been scrolled away is shown first.
        page.evaluate("document.body.style.paddingBottom = '9000px'; scrollTo(0, 6000)")
        page.keyboard.press("c")
        _until_said(page, "The selected item was off the screen")
        assert page.evaluate("isSeen(current())") and not rows_of(str(tmp_path)).num_rows
        _press(page, "c")
        tab.close()
    (row,) = rows_of(str(tmp_path)).to_pylist()
    assert (row["object"], row["outcome"]) == ("entity", "confirmed")


def _keys(page: Page, at: int, keys: str) -> None:
    """Choose a finding and press keys before anything that is under way can end."""
    page.evaluate(
        f"choose(things()[{at}], false); for (const key of '{keys}')"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))"
    )


def test_keys_wait_for_what_is_fetched_and_do_not_hang_on_it(browser: Browser, tmp_path: Path) -> None:
    line = "The parties keep what they have agreed on between themselves, and pay on time.\n"
    made = []
    for n in range(2):
        text = f"Document {n}\n" + line * 2_000
        one = document(n, text=text)
        flags = tuple(
            Flag(one.doc_id, "odd", "high", None, at, at + 7, text[at : at + 7], "Odd.", "", "rule legal.odd")
            for at in range(20, 250 * 600, 600)
        )
        made.append(replace(one, flags=flags, classifications=()))
    run(tmp_path, "run-1", made)
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page, base = tab.page, f"http://127.0.0.1:{server.port}/documents/"
        page.goto(base + made[0].doc_id)
        _until(page, "chosen !== null && !acting")
        _keys(page, 99, "jc")
        _until(page, "document.getElementById('progress').innerText.startsWith('1 of')")
        _until(page, "!acting")
        settled = "things().map((one, n) => one.matches('.settled') ? n : -1).filter((n) => n >= 0)"
        assert page.evaluate(settled) == [100], "j was waited for"
        assert page.evaluate("things().indexOf(current())") == 101
        page.goto(base + made[1].doc_id)
        _until(page, "chosen !== null && !acting")
        _keys(page, 99, "c")
        _until(page, "document.querySelector('.settled') !== null && !acting")
        assert page.evaluate("things().indexOf(current())") == 100, (
            "what is not loaded yet comes before another"
        )
        # A server that does not answer leaves the keys alive.
        for path in ("text", "entries"):
            page.route(f"**/{path}/*", lambda route: route.abort())
        page.reload()
        _until(page, "chosen !== null && !acting")
        for at, keys, then in ((97, "jk", 97), (99, "jk", 98)):
            assert page.evaluate(
                f"document.querySelector(`#piece-${{things()[{at}].dataset.piece}}.waiting`) !== null"
            )
            _keys(page, at, keys)
            _until(page, f"things().indexOf(current()) === {then} && !acting && !waiting.length")
        page.unroute_all()
        page.evaluate("leaving = true")
        with page.expect_navigation():
            page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        _until_there(page, "typeof leaving !== 'undefined' && !leaving && chosen !== null && !acting")
        tab.context.close()
        assert not tab.elsewhere


def _hostile() -> Result:
    head = f"From: {HOSTILE}\nTo: b\nSubject: {HOSTILE}\nDate: x\n\n"
    body = (
        f"{HOSTILE} processing fee.\nKeep this between us. Keep this between us. Agreement 7 of the parties"
    )
    made = document(7, text=head + body)
    text = made.text
    flag = Flag(
        made.doc_id,
        HOSTILE[:40],
        "critical",
        0.5,
        6,
        6 + len(HOSTILE),
        HOSTILE,
        HOSTILE,
        HOSTILE,
        f"rule x.{HOSTILE}",
    )
    about = replace(
        made.document, title=HOSTILE, uri=f"/nowhere/{HOSTILE.replace('/', '_')}.eml",
        media_type="message/rfc822", reasons=(f"kind_uncertain:{HOSTILE}", HOSTILE),
        not_asked=(f"no_model: {HOSTILE}",), language=HOSTILE,
    )  # fmt: skip
    segment = replace(made.segments[0], heading=(HOSTILE,))
    label = replace(made.classifications[0], label=HOSTILE, task=HOSTILE)
    assert text[6 : 6 + len(HOSTILE)] == HOSTILE
    return replace(
        made, document=about, flags=(flag, *made.flags), segments=(segment,), classifications=(label,)
    )


@pytest.mark.parametrize(
    ("escaped", "policy", "fires"),
    [
        (True, True, False),
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ],
    ids=["both", "escaped alone", "policy alone", "neither, so the canary can fire"],
)
def test_nothing_in_a_document_is_executed(
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    escaped: bool,
    policy: bool,
    fires: bool,
) -> None:
    if not escaped:
        unsafe = html.environment.__wrapped__()
        unsafe.autoescape = False
        monkeypatch.setattr(html, "environment", lambda: unsafe)
    if not policy:
        monkeypatch.delitem(guard.HEADERS, "Content-Security-Policy")
    run(tmp_path, "run-1", [_hostile()])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        fired = [page.evaluate(FIRE)]
        page.goto(f"http://127.0.0.1:{server.port}/documents/{_hostile().doc_id}")
        fired.append(page.evaluate(FIRE))
        if escaped:
            assert page.locator("main :is(script, img, svg, iframe, style)").count() == 0
            assert page.locator("[onmouseover], [onerror]").count() == 0
            assert "{{ 7*7 }}" in page.inner_text("#text") and "U+202E" in page.inner_text("#text")
            page.hover("mark")
            page.keyboard.press("e")
            page.wait_for_selector("#panel-form")
            fired.append(page.evaluate(FIRE))
            assert page.locator("#panel :is(script, img, svg, iframe, style)").count() == 0
            assert not tab.elsewhere
        assert any(fired) == fires
        tab.context.close()


def test_a_document_of_five_million_characters_and_ten_thousand_flags(
    browser: Browser, tmp_path: Path
) -> None:
    line = "The parties keep what they have agreed on between themselves, and pay on time.\n"
    text = line * (5_000_000 // len(line))
    made = document(1, text=text)
    size = 1_000 * len(line)
    segments = tuple(
        Segment(made.doc_id, n, start, min(len(text), start + size), (), text[start : start + size], "en")
        for n, start in enumerate(range(0, len(text), size))
    )
    flags = tuple(
        Flag(
            made.doc_id,
            "odd",
            "high",
            None,
            at,
            at + 7,
            text[at : at + 7],
            "It is odd.",
            "a handbook",
            "rule legal.odd",
        )
        for at in range(4, 10_000 * 480, 480)
    )
    run(tmp_path, "run-1", [replace(made, segments=segments, flags=flags, classifications=())])
    with served(tmp_path) as server:
        tab = Tab(browser, server)
        page = tab.page
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.wait_for_selector("#entries .entry")
        assert page.locator("#entries .entry").count() == 100, "the first of ten thousand"
        assert len(page.content()) < 1_000_000
        page.evaluate("document.querySelectorAll('.piece')[200].scrollIntoView()")
        page.wait_for_selector("#piece-200:not(.waiting) mark")
        for _ in range(3):
            page.keyboard.press("k")  # from the first to the last that is here
        page.evaluate("choose([...document.querySelectorAll('.entry')].at(-1))")
        page.keyboard.press("j")
        _until(page, "document.querySelectorAll('#entries .entry').length === 200")
        _press(page, "d")
        assert "1 of 10001" in _progress(page)
        tab.close()


def _seen(page: Page) -> list[str]:
    """Say what axe-core finds."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {json.dumps([node['html'][:120] for node in one['nodes'][:3]])}"
        for one in found
    ]


def test_the_file_that_hands_the_token_over_leads_to_the_queue(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "tables", "run-1", [document(1)])
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    with served(tmp_path / "tables") as server:
        hand_over(server.address, str(tmp_path))
        context = browser.new_context()
        page = context.new_page()
        page.goto(opened[0])
        page.wait_for_url(f"http://127.0.0.1:{server.port}/queue", timeout=PATIENCE * 1_000)
        assert page.locator(".row").count() == 1
        context.close()
