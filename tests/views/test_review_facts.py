"""Facts in the review: the queue names documents by them, search finds them, and each leads to its place."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from docassay.schemas.rows import Result
from docassay.storage.decisions.record import Choice, decide, withdraw
from docassay.views.facts import MOST_VALUES, headline, said
from docassay.views.html import explained
from docassay.views.page import Page
from docassay.views.review.snapshot import ALL, Filters, Snapshot
from docassay.views.show import overview
from tests.commands.test_facts import fact
from tests.storage.runs import run
from tests.tables import result
from tests.views.reviewing import Served, served

TEXT = """Nondisclosure
between Bell & Co <b>and</b> Acme GmbH
on 03/04/2024 about
the lost   island by\u00a0the sea
"""


def stating(text: str, uri: str, kind: str, *values: tuple[str, str, dict[str, Any]]) -> Result:
    """Make a document with facts, each at the first place of its value if that stands in the text."""
    domain, _, kind = kind.partition(".")
    made = result(text, uri, domain=domain, kind=kind, event_time=datetime(2026, 11, 1, tzinfo=UTC))
    rows = []
    for n, (name, value, about) in enumerate(values):
        start = text.find(value)
        place = {"start_char": start, "end_char": start + len(value)} if start >= 0 else {"source": "stated"}
        rows.append(fact(made, n, name, value, **{**place, **about}))
    day = replace(made.document, document_date=date(2024, 3, 4), document_date_source="effective")
    return replace(made, document=day, facts=tuple(rows))


NDA = stating(
    TEXT,
    "contracts/scan-0815.txt",
    "legal.nda",
    ("party", "Bell & Co", {"role": "discloser"}),
    ("party", "Acme GmbH", {}),
    (
        "effective_date",
        "03/04/2024",
        {"abstained": True, "normalised": "2024-03-04", "alternative": "2024-04-03"},
    ),
)
BILL = stating(
    "Please pay RE-17 by GB82 WEST 1234 5698 7654 32 now",
    "bills/a.xml",
    "financial.invoice",
    ("invoice_number", "RE-17", {}),
    ("gross", "100.00", {"type": "amount", "currency": "EUR"}),
    ("due", "20.00", {"type": "amount", "currency": "EUR"}),
    ("seller", "Lindqvist AB", {"abstained": True}),
    ("account", "GB82 WEST 1234 5698 7654 32", {"normalised": "GB82WEST12345698765432"}),
)
PLAIN = replace(
    result("nothing to see here", "plain.txt", domain="legal", kind="nda", status="clear", reasons=()),
    flags=(),
    findings=(),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    out = tmp_path_factory.mktemp("review") / "out"
    run(out, "run-1", [NDA, BILL])
    run(out, "run-2", [PLAIN])
    with served(out) as serving:
        yield serving


def found(server: Served, **query: str) -> list[str]:
    """Give the names of the documents in the queue."""
    code, page, _ = server.ask(f"/queue?{urlencode(query)}")
    assert code == 200
    return [
        markup.unescape(name) for name in re.findall(r'<li class="row"[^>]*><a [^>]*><bdi>(.*?)</bdi>', page)
    ]


def test_a_headline_names_parties_number_and_one_sum() -> None:
    assert headline(NDA.facts) == "Bell & Co · Acme GmbH"
    assert headline(BILL.facts) == "RE-17 · Lindqvist AB? · 100.00 EUR"
    assert headline([]) == headline(NDA.facts[2:]) == ""
    many = [replace(NDA.facts[0], ordinal=n, normalised=f"Party {n}\n" + "x" * 900) for n in range(50)]
    assert headline(many).count("·") == 3 and len(headline(many)) < 300 and "\n" not in headline(many)


def test_the_queue_names_documents_by_what_they_state(server: Served) -> None:
    assert set(found(server, show="all")) == {
        "Bell & Co · Acme GmbH",
        "RE-17 · Lindqvist AB? · 100.00 EUR",
        "plain.txt",
    }
    _, page, _ = server.ask("/queue")
    assert ", 2024-03-04, <bdi>scan-0815.txt</bdi>" in page, "its own date"


def test_a_document_without_a_date_shows_that_of_its_file(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [result("no day", "b.txt", event_time=datetime(2026, 11, 1, tzinfo=UTC))])
    with served(tmp_path) as serving:
        assert ", file dated 2026-11-01" in serving.ask("/queue?show=all")[1]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("lindqvist", "RE-17"),
        ("GB82 WEST 1234 5698 7654 32", "RE-17"),
        ("gb82west12345698765432", "RE-17"),
        ("the lost island", "Bell"),
        ("LOST\tISLAND", "Bell"),
        ("by the sea", "Bell"),
        ("2024-03-04", "Bell"),
        ("scan-0815", "Bell"),
        ("<b>and</b>", "Bell"),
        ("no such word", ""),
        ("(", ""),
        ("%", ""),
        ("\x00\\d+", ""),
        ("a" * 5_000, ""),
    ],
)
def test_search_finds_words_and_facts(server: Served, search: str, expected: str) -> None:
    names = found(server, show="all", search=search)
    assert [name.split(" ")[0] for name in names] == ([expected] if expected else [])


def test_a_search_that_fits_nothing_to_review_says_what_else_fits(server: Served) -> None:
    _, page, _ = server.ask("/queue?search=nothing+to+see")
    assert "No document matches the filter" in page and "1 other matches it" in page
    (address,) = re.findall(r'<a href="([^"]*)" id="others">', page)
    assert "plain.txt" in server.ask(markup.unescape(address))[1]
    assert 'id="others"' not in server.ask("/queue?search=no+such+word")[1]


def test_the_dates_of_the_filter_are_the_documents_own(server: Served) -> None:
    assert len(found(server, show="all", since="2024-03-04", until="2024-03-04")) == 2
    assert found(server, show="all", since="2026-10-01") == []


def test_tables_without_facts_have_a_queue(tmp_path: Path) -> None:
    run(tmp_path, "run-1", [PLAIN])
    for path in (tmp_path / "facts").glob("*.parquet"):
        path.unlink()
    for path in (tmp_path / "_manifests").rglob("*"):
        path.unlink()
    snapshot = Snapshot(str(tmp_path))
    assert snapshot.headlines([PLAIN.doc_id]) == {}
    assert len(snapshot.matching(Filters(show=ALL, search="see here"))) == 1


def test_each_fact_leads_to_its_place() -> None:
    page = explained([NDA])
    for number, words in ((1, "Bell &amp; Co"), (2, "Acme GmbH"), (3, "03/04/2024")):
        assert f'href="#d1-v{number}"' in page
        assert re.search(rf'class="stated" title="[^"]+"><span id="d1-v{number}"></span>{words}</span>', page)
    assert '<small class="hint">not sure; could be 2024-04-03</small> <small>line 3</small>' in page
    assert "<small>discloser</small> <small>line 2</small>" in page
    assert page.index("<h2>Facts</h2>") < page.index("<h2>Signs of fraud")
    assert "structured data" in explained([BILL])


def test_facts_of_a_long_text_are_shown_where_they_stand() -> None:
    text = "word " * 4_000 + "between Bell and others " + "word " * 4_000
    long = stating(text, "a.txt", "legal.nda", ("party", "Bell", {}))
    assert '<span id="d1-v1"></span>Bell</span>' in explained([long])


def test_facts_and_evidence_that_overlap_are_both_marked() -> None:
    made = stating("pay 100.00 EUR", "a.txt", "financial.invoice", ("due", "100.00 EUR", {"type": "text"}))
    flag = replace(made.flags[0], start_char=0, end_char=7, evidence="pay 100")
    (block,) = Page(replace(made, flags=(flag,), findings=())).slice(0, 14)
    found = [(one.glyphs[0].text, bool(one.shade), one.first, one.last, one.stated) for one in block.spans]
    assert found == [
        ("pay ", True, (1,), (), ()),
        ("100", True, (), (1,), (1,)),
        (".00 EUR", False, (), (), ()),
    ]


def test_of_many_values_some_are_shown_and_the_others_counted() -> None:
    lines = [replace(BILL.facts[1], name="line_amount", ordinal=5 + n) for n in range(30)]
    made = replace(BILL, facts=(*BILL.facts, *lines))
    assert (
        sum(one.title == "Line amount" or "amount" in one.title.lower() for one in said(made)) >= MOST_VALUES
    )
    assert "10 more are in the table <code>facts</code>" in explained([made])


def test_decided_facts_are_shown_and_weighed_again(tmp_path: Path) -> None:
    doc_id = NDA.doc_id
    review = replace(
        NDA.findings[0],
        check_id="effective_date",
        verdict="review",
        start_char=NDA.text.find("03/04"),
        end_char=NDA.text.find("03/04") + 10,
        evidence="03/04/2024",
        searched=(),
        why="It has a day. Not sure: effective date 2024-03-04.",
        decided_by="rule legal.effective_date",
    )
    hint = replace(NDA.facts[2], type="date", alternative=None)
    out = tmp_path / "out"
    run(out, "run-1", [replace(NDA, findings=(review,), facts=(*NDA.facts[:2], hint))])
    with served(out) as serving:
        before = serving.ask(f"/documents/{doc_id}")[1]
        assert "2024-03-04" in before and "With the facts as decided" not in before
        choices = [
            Choice(doc_id, "fact", "effective_date", "corrected", corrected_label="4 April 2024"),
            Choice(doc_id, "fact", "party", "dismissed", label="Acme GmbH"),
        ]
        corrected, dismissed = decide(str(out), choices, "anna")
        page = serving.ask(f"/documents/{doc_id}")[1]
        facts = page.partition("<h2>Facts</h2>")[2].partition("</dl>")[0]
        assert "2024-04-04" in facts and "2024-03-04" not in facts and "not sure" not in facts
        assert "Acme GmbH" not in facts
        assert "With the facts as decided: passed. Found: effective date 2024-04-04." in page
        withdraw(str(out), [corrected.decision_id, dismissed.decision_id], "anna")
        assert "Acme GmbH" in (after := serving.ask(f"/documents/{doc_id}")[1])
        assert "With the facts as decided" not in after


def test_a_fact_is_decided_in_the_browser(tmp_path: Path) -> None:
    doc_id = NDA.doc_id
    hint = replace(NDA.facts[2], type="date", alternative=None)
    out = tmp_path / "out"
    run(out, "run-1", [replace(NDA, facts=(*NDA.facts[:2], hint))])
    with served(out) as serving:
        page = serving.ask(f"/documents/{doc_id}")[1]
        assert (
            'data-item="a2"' in page
            and 'name="corrected_label"' in serving.ask(f"/documents/{doc_id}/items/a2")[1]
        )
        form = {"item": "a2", "outcome": "corrected", "corrected_label": "some day"}
        status, said, _ = serving.ask(f"/documents/{doc_id}/decide", form)
        assert status == 400 and "is not a clear date" in markup.unescape(said)
        status, _, headers = serving.ask(
            f"/documents/{doc_id}/decide", form | {"corrected_label": "4 April 2024"}
        )
        assert (status, headers["HX-Refresh"]) == (204, "true")
        facts = serving.ask(f"/documents/{doc_id}")[1].partition("<h2>Facts</h2>")[2].partition("</dl>")[0]
        assert "2024-04-04" in facts and "2024-03-04" not in facts


def test_a_decided_fact_counts_in_queue_filter_and_show(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, "run-1", [NDA, BILL])
    choices = [
        Choice(BILL.doc_id, "fact", "seller", "corrected", corrected_label="Lindqvist Trading AB"),
        Choice(NDA.doc_id, "fact", "party", "dismissed", label="Acme GmbH"),
    ]
    with served(out) as serving:
        made = decide(str(out), choices, "anna")
        for _ in range(2):  # as it was opened, and after tables that are read anew
            assert set(found(serving, show="all")) == {
                "Bell & Co",
                "RE-17 · Lindqvist Trading AB · 100.00 EUR",
            }
            assert len(found(serving, show="all", fact="seller=Lindqvist Trading AB")) == 1
            assert found(serving, show="all", fact="seller=Lindqvist Trading AB", domain="legal") == []
            assert found(serving, show="all", fact="Lindqvist AB") == []
            assert found(serving, show="all", fact="party=Acme GmbH") == []
            assert len(found(serving, show="all", fact="party=Bell & Co")) == 1
            assert "Bell &amp; Co</" in serving.ask("/export/case.html?show=all")[1]
            serving.review.reload()
        assert {one.stated for one in overview(str(out), 5).top} == {
            "Bell & Co",
            "RE-17 · Lindqvist Trading AB · 100.00 EUR",
        }
        withdraw(str(out), [one.decision_id for one in made], "anna")
        assert len(found(serving, show="all", fact="party=Acme GmbH")) == 1
        assert len(found(serving, show="all", fact="Lindqvist AB")) == 1
