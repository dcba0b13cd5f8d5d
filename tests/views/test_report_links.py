"""Numbers of the report lead to as many documents in the queue, also from a file on the disk."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from lxml import html
from playwright.sync_api import Browser
from typer.testing import CliRunner

from docassay.cli import app
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Result
from docassay.storage.decisions.record import Choice, decide
from docassay.views.query import rows_of
from docassay.views.report import report
from docassay.views.report.facts import OWN_PERIODS
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served
from tests.views.test_review_browser import Tab, _seen, browser

__all__ = ["browser"]  # the fixture


def stating(number: int, name: str, value: str, day: date | None, abstained: bool = False) -> Result:
    made = document(number, ("legal", "financial", "medical")[number % 3])
    shared = [value, value, "name", None, None, None, None, "stated", None, abstained, "data"]
    fact = Fact(made.doc_id, 0, name, None, None, *shared)  # type: ignore[arg-type]
    return replace(made, document=replace(made.document, document_date=day), facts=(fact,))


def tables(out: Path) -> list[Result]:
    seller = "O'Hara & <b>Söhne</b> = 1"
    some = [
        *(stating(n, "seller", seller, date(2026, 1 + n % 3, 3)) for n in range(5)),
        stating(5, "seller", seller, date(2026, 2, 28), abstained=True),
        stating(6, "buyer", seller, date(2026, 3, 31)),
        *(stating(n, "sender", "a@b.example", None) for n in range(7, 12)),
    ]
    run(out, "run-1", some)
    choices = [
        Choice(one.doc_id, "flag", flag.code, "dismissed", start_char=flag.start_char, end_char=flag.end_char)
        for one in some[:4]
        for flag in one.flags
    ]
    choices += [
        Choice(
            one.doc_id,
            "finding",
            row.check_id,
            "dismissed",
            start_char=row.start_char,
            end_char=row.end_char,
            label=row.verdict,
        )
        for one in some[:2]
        for row in one.findings
        if row.verdict != "pass"
    ]
    choices += [Choice(some[4].doc_id, "fact", "seller", "dismissed", label=seller)]
    decide(str(out), choices, "ann")
    return some


def counted(server: Served, address: str) -> int:
    status, page, _ = server.ask(address.removeprefix(f"http://127.0.0.1:{server.port}"))
    assert status == 200
    heading = html.document_fromstring(page).findtext(".//h1")
    return int(re.match(r"[\d,]+", heading)[0].replace(",", ""))  # type: ignore[index]


def test_each_number_leads_to_as_many_documents(tmp_path: Path) -> None:
    tables(tmp_path)
    with served(tmp_path) as server:
        made = html.document_fromstring(report(str(tmp_path), review=f"http://127.0.0.1:{server.port}").html)
        links = made.xpath("//a[starts-with(@href, 'http')]")
        wrong = {
            link.get("href"): link.text
            for link in links
            if counted(server, link.get("href")) != int(link.text.replace(",", ""))
        }
        assert not wrong
        told = " ".join(link.get("href") for link in links)
        for part in (
            "status=flagged",
            "status=clear",
            "dated=stated",
            "fact=seller",
            "fact=sender",
            "show=open",
        ):
            assert part in told, part
        sellers = [row for row in made.xpath("//tr") if "Söhne" in row.text_content()]
        assert [cell.text_content() for cell in sellers[0]][:2] == ["O'Hara & <b>Söhne</b> = 1", "4"]


def test_a_sign_that_people_took_for_harmless_is_not_listed(tmp_path: Path) -> None:
    made = document(1)
    run(tmp_path, "run-1", [made])
    decide(str(tmp_path), [Choice(made.doc_id, "flag", "advance_fee", "dismissed")], "ann")
    (signs,) = html.document_fromstring(report(str(tmp_path)).html).xpath("//section[@id='signs']")
    assert "Urgency and secrecy" in signs.text_content() and "Advance fee" not in signs.text_content()


@pytest.mark.parametrize(
    ("unit", "since", "until"),
    [
        ("day", "2028-02-01", "2028-02-01"),
        ("week", "2028-01-31", "2028-02-06"),
        ("month", "2028-02-01", "2028-02-29"),
        ("year", "2028-01-01", "2028-12-31"),
    ],
)
def test_a_period_ends_with_its_last_day(unit: str, since: str, until: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create view chosen as select date '2028-02-01' as document_date, 'clear' as status"
        )
        (row,) = rows_of(connection, OWN_PERIODS.format(unit=unit))
    assert (row["since"], row["until"]) == (since, until)


def test_without_an_address_it_leads_nowhere(tmp_path: Path) -> None:
    tables(tmp_path)
    made = html.document_fromstring(report(str(tmp_path)).html)
    assert not made.xpath("//a[not(starts-with(@href, '#'))]")


def test_the_token_is_no_part_of_a_report(tmp_path: Path) -> None:
    tables(tmp_path / "t")
    words = ["report", str(tmp_path / "t"), "--out", str(tmp_path / "r.html"), "--review"]
    assert CliRunner().invoke(app, [*words, "http://127.0.0.1:8090/queue?token=SECRET"]).exit_code == 0
    written = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "SECRET" not in written and 'href="http://127.0.0.1:8090/queue?show=all"' in written
    for wrong in ("javascript:alert(1)", "http://a b", "8090"):
        assert CliRunner().invoke(app, [*words, wrong]).exit_code == 2


@pytest.mark.browser
def test_a_report_on_the_disk_leads_to_the_queue(browser: Browser, tmp_path: Path) -> None:
    tables(tmp_path / "t")
    with served(tmp_path / "t") as server:
        made = report(str(tmp_path / "t"), review=f"http://127.0.0.1:{server.port}").html
        (tmp_path / "r.html").write_text(made, encoding="utf-8")
        tab = Tab(browser, server)
        page = tab.page
        page.goto((tmp_path / "r.html").as_uri())
        assert not _seen(page)
        tab.elsewhere.clear()
        with page.expect_navigation():
            page.click("a[href*='show=decided']")
        assert "You came here from another page." in page.inner_text("main") and not _seen(page)
        with page.expect_navigation():
            page.click("main a")
        assert page.inner_text("h1").endswith("decided") and "show=decided" in page.url
        tab.faults.clear()  # the status of the page in between, 403
        tab.close()
