"""The page *Tables*: each question is answered in a process of its own, which reads the tables alone."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import etree, html
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

from docassay.cli import app
from docassay.storage.decisions.record import Choice, decide
from docassay.transforms.isolation.worker import Worker
from docassay.views.questions import questions
from docassay.views.report import plots
from docassay.views.review import tables
from tests.families import quick_first
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served
from tests.views.test_review_browser import NARROW, WIDE, Tab, _seen, browser, samples

__all__ = ["browser", "samples"]  # the fixtures

ENDLESS = "select count(*) from range(1000000) a, range(10000000) b"
ZOOMED = (640, 450)
"""What a window of 1,280 pixels has room for at 200 per cent."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    out = tmp_path_factory.mktemp("asked") / "tables"
    run(out, "run-1", [document(n, ("legal", "financial", "medical")[n % 3]) for n in range(60)])
    (out.parent / "secret.txt").write_text("the secret")
    with served(out) as running:
        yield running


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Worker]:
    """The processes that have been started."""
    made: list[Worker] = []

    class Noted(Worker):
        def __init__(self, *about: object, **more: object) -> None:
            super().__init__(*about, **more)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(tables, "Worker", Noted)
    return made


def asked_at(server: Served, address: str) -> tuple[int, html.HtmlElement]:
    status, page, _ = server.ask(address)
    return status, html.document_fromstring(page)


def asked(server: Served, **query: str) -> tuple[int, html.HtmlElement]:
    return asked_at(server, f"/tables?{urlencode(query)}")


def cells(page: html.HtmlElement) -> list[list[str]]:
    return [
        [" ".join(cell.text_content().split()) for cell in row] for row in page.xpath("//main//table//tr")
    ]


def why(page: html.HtmlElement) -> str:
    return str(page.get_element_by_id("why").text_content())


def test_a_question_is_answered_and_leads_to_the_documents(server: Served) -> None:
    status, page = asked(server, question="1")
    assert status == 200 and page.find(".//h1").text == questions()[0].title
    assert cells(page)[0] == ["uri", "severity", "signs", "failed", "to_review"] and len(cells(page)) == 6
    assert page.find(".//textarea").text == questions()[0].sql
    (link, *_) = page.xpath("//main//td/a")
    assert server.ask(link.get("href"))[0] == 200 and link.text.endswith(".txt")
    assert [one.text for one in page.xpath("//ol[@class='questions']//a")] == [
        one.title for one in questions()
    ]
    assert page.xpath("//main//*[local-name()='svg']/*[local-name()='title']")[0].text == "signs by uri"


@pytest.mark.slow
@pytest.mark.parametrize("number", [one.number for one in questions()])
def test_every_shipped_question_is_answered(server: Served, number: int) -> None:
    assert asked(server, question=str(number))[0] == 200


def test_an_answer_is_paged_filtered_and_drawn_by_its_address(server: Served) -> None:
    sql = "select distinct uri, code, severity from flags join documents using (doc_id) order by uri; -- all"
    _, page = asked(server, sql=sql)
    assert "Rows 1 to 50 of 120" in page.get_element_by_id("answer").text_content()
    _, later = asked_at(server, page.xpath("//a[@rel='next']/@href")[0])
    assert "Rows 51 to 100 of 120" in later.get_element_by_id("answer").text_content()
    assert not {tuple(row) for row in cells(page)[1:]} & {tuple(row) for row in cells(later)[1:]}
    (facet,) = [one for one in page.xpath("//section[@class='facets']//li") if one[0].text == "high"]
    assert facet.find("small").text == "60"
    _, high = asked_at(server, facet[0].get("href"))
    assert "Rows 1 to 50 of 60" in high.get_element_by_id("answer").text_content()
    assert {row[2] for row in cells(high)[1:]} == {"high"}
    assert high.get_element_by_id("address").get("href") == facet[0].get("href")
    _, drawn = asked_at(server, f"{facet[0].get('href')}&chart=bar&x=code&y=number+of+rows")
    assert [text.text for text in drawn.xpath("//main//*[local-name()='text']")] == ["advance_fee", "60"]
    _, without = asked_at(server, drawn.xpath("//ul[@class='kept']//a/@href")[0])
    assert "of 120" in without.get_element_by_id("answer").text_content()


def test_values_that_break_out_of_a_filter_or_a_page_are_values(server: Served) -> None:
    odd = "it's <b>\"odd\"</b>') or true --"
    sql = f"select '{odd.replace(chr(39), chr(39) * 2)}' as \"a\"\" b\", 'x' as c union all select null, 'y'"
    _, page = asked(server, sql=sql)
    assert cells(page)[1][0] in (odd, "") and not page.xpath("//td//b")
    _, one = asked(server, sql=sql, **{'is.a" b': odd})
    assert cells(one)[1:] == [[odd, "x"]]
    _, none = asked(server, sql=sql, null='a" b')
    assert cells(none)[1:] == [["", "y"]]
    status, other = asked(server, sql=sql, **{"is.nowhere": "x"})
    assert status == 400 and why(other) == "the answer has no column nowhere; remove the filter"


@pytest.mark.parametrize(
    ("sql", "told"),
    quick_first(
        2,
        [
            ("from read_text('/etc/passwd')", "read_text() is not allowed"),
            ("copy flags to '/tmp/stolen.csv'", "nothing else is allowed"),
            ("attach '/tmp/stolen.db'", "nothing else is allowed"),
            ("from '/etc/passwd'", "/etc/passwd does not exist"),
            ("from contract", "Table with name contract does not exist; did you mean contracts?"),
            ("select 1; drop view flags", "nothing else is allowed"),
            ("set lock_configuration = false", "nothing else is allowed"),
            ("select 1) union all (select 2", "cannot be read"),
            ("select repeat('x', 1000000000) as a", "more memory than this page allows"),
            ("select nothing from flags", "cannot be answered"),
            ("selec", "cannot be read: syntax error"),
            ("select '" + "x" * 10_000 + "'", "more than 10,000 characters"),
        ],
    ),
)  # fmt: skip
def test_what_does_more_than_read_is_told_in_a_line(server: Served, sql: str, told: str) -> None:
    status, page = asked(server, sql=sql)
    assert status == 400 and told in why(page) and "\n" not in why(page)
    assert page.find(".//textarea").text.startswith(sql[:20]), "it is there to be mended"
    assert not Path("/tmp/stolen.csv").exists() and not Path("/tmp/stolen.db").exists()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "from (values ('2026-03', 2), (null, 3)) as t(month, documents)",
            "Not drawn, for lack of month: documents 3.",
        ),
        ("select null::varchar as a, 1 as n", "Nothing to draw: no row has both “a” and a number."),
    ],
)
def test_a_chart_says_what_it_leaves_out(server: Served, sql: str, told: str) -> None:
    _, page = asked(server, sql=sql, chart="bar")
    assert told in [one.text for one in page.xpath("//section[@aria-label='Chart']/p")]


def test_lists_of_numbers_and_days_are_no_numbers_and_days(server: Served) -> None:
    status, page = asked(server, sql="select 'a' as k, [1, 2] as n, [[3]] as m, [date '2026-01-02'] as d")
    assert status == 200 and cells(page)[1] == ["a", "1, 2", "[[3]]", "2026-01-02"]
    assert page.xpath("//select[@name='y']/option/@value") == ["number of rows"]


def test_a_billion_rows_are_cut(server: Served) -> None:
    _, page = asked(server, sql="from range(1000000000)")
    assert "Rows 1 to 50 of more than 100,000" in page.get_element_by_id("answer").text_content()


def test_sql_without_end_is_stopped(
    server: Served, monkeypatch: pytest.MonkeyPatch, started: list[Worker]
) -> None:
    monkeypatch.setattr(tables, "SECONDS", 1.0)
    for more in ({}, {"as": "csv"}):
        status, page = asked(server, sql=ENDLESS, **more)
        assert status == 400 and why(page) == "stopped after 1 seconds: ask for less, or use docassay query"
    assert len(started) == 2 and not any(one.is_running for one in started)


def test_it_ends_when_the_browser_goes_away(server: Served, started: list[Worker]) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in server.headers().items())
    address = f"/tables?{urlencode({'sql': ENDLESS})}"
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{head}\r\n".encode())
        while not started:
            time.sleep(0.01)
        time.sleep(0.3)
        assert started[0].is_running
    began = time.monotonic()
    while started[0].is_running:
        assert time.monotonic() - began < 10
        time.sleep(0.01)
    assert asked(server, sql="select 1")[0] == 200, "its turn is free again"


def test_it_ends_when_the_server_does(tmp_path: Path, started: list[Worker]) -> None:
    run(tmp_path / "tables", "run-1", [document(1)])
    told: list[int] = []
    with served(tmp_path / "tables") as running:
        asking = threading.Thread(target=lambda: told.append(asked(running, sql=ENDLESS)[0]))
        asking.start()
        while not started:
            time.sleep(0.01)
        time.sleep(0.3)
        began = time.monotonic()
    asking.join()
    assert time.monotonic() - began < 10 and told == [400] and not started[0].is_running


def test_no_more_than_some_are_answered_at_once(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "WAITS", 0.01)
    with tables._turns, tables._turns:
        status, page = asked(server, sql="select 1")
    assert status == 400 and why(page) == "2 questions are already being answered: wait until one is done"
    assert asked(server, sql="select 1")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Cookie": None}, 403), ({"Sec_Fetch_Site": "cross-site"}, 403), ({"Host": "evil.example"}, 421)],
)
def test_another_site_asks_nothing(
    server: Served, started: list[Worker], headers: dict[str, str | None], status: int
) -> None:
    for more in ("", "&as=csv"):
        assert server.ask(f"/tables?sql=select+1{more}", None, "", **headers)[0] == status
    assert not started


def test_the_file_is_what_the_command_gives(server: Served) -> None:
    sql = "select '=1+1' as a, ['x', 'y'] as b, null as c union all select 'é', [], null"
    status, content, headers = server.ask(f"/tables?{urlencode({'sql': sql, 'as': 'csv'})}")
    assert status == 200 and headers["content-type"].startswith("text/csv")
    assert headers["content-disposition"] == 'attachment; filename="answer.csv"'
    assert content.splitlines()[0] == "a,b,c" and '\'=1+1,"[""x"", ""y""]",' in content.splitlines()
    kept = urlencode({"question": "5", "is.code": "advance_fee", "as": "csv"})
    assert len(server.ask(f"/tables?{kept}")[1].splitlines()) == 2


@pytest.mark.slow
def test_a_file_of_a_gigabyte_is_not_made(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SECONDS", 300.0)
    status, page = asked(server, sql="select repeat('x', 1000) as a from range(1000000)", **{"as": "csv"})
    told = "the file cannot be written: it would have more than 500,000,000 bytes"
    assert status == 400 and why(page).startswith(told)


@pytest.mark.slow
def test_what_people_decided_counts(tmp_path: Path) -> None:
    made = document(1)
    run(tmp_path, "run-1", [made])
    with served(tmp_path) as server:
        assert [row[0] for row in cells(asked(server, question="5")[1])[1:]] == [
            "urgency_and_secrecy",
            "advance_fee",
        ]
        decide(str(tmp_path), [Choice(made.doc_id, "flag", "advance_fee", "dismissed")], "ann")
        assert [row[0] for row in cells(asked(server, question="5")[1])[1:]] == ["urgency_and_secrecy"]


def test_a_line_is_drawn_by_days_and_below_zero() -> None:
    drawn = plots.lines(
        "A", ["2026-01", "2026-02", "2026-12"], [plots.Series("a", "link", [3, -1, 1])], [0, 31, 334]
    )
    (line,) = etree.fromstring(drawn).iterfind("{*}polyline")
    (x0, y0), (x1, y1), (x2, y2) = [tuple(map(float, one.split(","))) for one in line.get("points").split()]
    assert y0 < y2 < y1 and (x1 - x0) / (x2 - x0) == pytest.approx(31 / 334, abs=0.01)
    assert plots.lines("A", ["x"], [plots.Series("a", "link", [0])]).count("polyline") == 1


@pytest.mark.browser
@pytest.mark.parametrize("size", [WIDE, NARROW, ZOOMED], ids=["wide", "narrow", "zoomed"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_tables_for_those_who_cannot_see(
    browser: Browser, samples: Path, dark: bool, size: tuple[int, int]
) -> None:
    with served(samples) as server:
        tab = Tab(browser, server, dark, size)
        for query in (
            {},
            {"question": "15"},
            {"sql": "from flags_decided", "is.severity": "high", "chart": "bar"},
        ):
            tab.page.goto(f"http://127.0.0.1:{server.port}/tables?{urlencode(query)}")
            assert not _seen(tab.page), query
            assert _fits(tab.page), query
        tab.close()


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.browser
def test_a_question_is_asked_by_the_keyboard_alone(browser: Browser, samples: Path) -> None:
    def tab_to(page: Page, selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({selector!r})"):
                return
        raise AssertionError(f"{selector} is not reached")

    with served(samples) as server:
        tab = Tab(browser, server)
        page = tab.page
        tab_to(page, "nav a[href='/tables']")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        tab_to(page, "#sql")
        page.keyboard.type("select kind, count(*) as n from documents group by 1 -- q / j")
        tab_to(page, "button.main")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert re.search(r"Rows 1 to \d+ of \d+", page.inner_text("#answer"))
        tab_to(page, "select[name=chart]")
        page.keyboard.press("ArrowDown")
        tab_to(page, ".filters button")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "chart=" in page.url and page.locator("main svg").count() <= 1
        assert unescape(page.input_value("#sql")).endswith("-- q / j")
        tab.close()


def test_a_shipped_question_is_asked_in_the_shell(server: Served) -> None:
    out = server.review.snapshot.out
    done = CliRunner().invoke(app, ["query", out, "--question", "5", "--format", "csv"])
    assert done.exit_code == 0
    for words in ([], ["select 1", "--question", "5"], ["--question", "21"]):
        assert CliRunner().invoke(app, ["query", out, *words]).exit_code == 2
