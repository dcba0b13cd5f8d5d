"""The report of tables: what it says, what it does not run, and when it speaks of drift."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from lxml import etree, html

from docassay.schemas.errors import TablesError, UsageError
from docassay.schemas.rows import Flag, Reject, Result
from docassay.storage.decisions.record import Choice, decide
from docassay.views.report import drift, plots, report, wording
from tests.families import quick_first
from tests.storage.runs import run
from tests.tables import result

LAW = "Regulation (EU) 2016/679 (GDPR), Art. 28(3)(a)"
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)><svg/onload=alert(1)>{{ 7*7 }}"
BIDI = "pay\u202eevil\u2066"


def page_of(out: Path) -> Any:
    return html.document_fromstring(report(str(out)).html)


def texts(page: Any) -> str:
    return " ".join(page.text_content().split())


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report") / "inbox"
    refused = Reject(None, "scan.pdf", "parse", "no_text", "no text layer")
    run(place, "run-1", [result("odd it is", "a.txt"), result("also odd", "c.txt", kind="invoice")])
    run(
        place,
        "run-2",
        [result("odder yet", "d.txt", language="fr", not_asked=("no_model: x_y, z",)), refused],
    )
    return place


def test_what_came_in_what_was_found_and_what_was_not_asked(out: Path) -> None:
    page = page_of(out)
    said = texts(page)
    assert (
        "3 documents came in on" in said and "3 have signs of fraud" in said and "3 fail a compliance" in said
    )
    assert "1 further input could not be read" in said and "No text in it; perhaps a scan" in said
    assert "No installed model can run them" in said and "X y, Z" in said
    kinds = [row[0].text_content() for row in page.xpath("//section[@id='in']//tbody/tr")]
    assert kinds[:2] == ["NDA legal", "Invoice legal"]
    assert "French fr" in said
    assert "it is odd" in said and "a handbook, section 1" in said
    assert [mark.text_content() for mark in page.xpath("//mark")][:2] == ["odd ", "also"]
    assert "There are too few documents: all runs" in said


@pytest.mark.slow
def test_its_first_sentence_and_what_was_not_asked_are_in_words(tmp_path: Path) -> None:
    severe = result("odd it is", "a.txt")
    severe = replace(severe, flags=(replace(severe.flags[0], severity="critical"),))
    run(tmp_path / "one", "run-1", [severe])
    assert "1 has signs of fraud, some of them critical; 1 fails a compliance" in texts(
        page_of(tmp_path / "one")
    )
    left = ("domain_unknown: checks of financial, legal", "time_limit: clause_type from character 1880039 on")
    run(tmp_path / "two", "run-1", [severe, result("also odd", "b.txt", not_asked=left)])
    said = texts(page_of(tmp_path / "two"))
    assert "2 have signs of fraud, and 1 of them has critical ones; 2 fail a compliance" in said
    assert "Checks of financial documents, Checks of legal documents" in said
    assert "Clause type from character 1,880,039 on" in said


def test_a_sign_of_a_model_has_the_name_that_it_has_elsewhere(tmp_path: Path) -> None:
    document = result("odd it is", "a.eml")
    flag = replace(document.flags[0], code="fraudulent_mail", decided_by="model mail@1")
    run(tmp_path / "t", "run-1", [replace(document, flags=(flag,))])
    choice = Choice(document.document.doc_id, "flag", flag.code, "confirmed", start_char=0, end_char=4)
    decide(str(tmp_path / "t"), [choice], "ann")
    (row,) = page_of(tmp_path / "t").xpath("//section[@id='observed']//tbody/tr")
    assert " ".join(row[0].text_content().split()) == "Fraudulent mail mail@1 fraudulent_mail"


def test_what_people_decided_stands_beside_what_judges_found(tmp_path: Path) -> None:
    documents = [result(f"odd it is, {n}", f"{n}.txt") for n in range(3)]
    run(tmp_path / "t", "run-1", documents)
    choices = [
        Choice(one.doc_id, "flag", "odd", outcome, start_char=0, end_char=4)
        for one, outcome in zip(documents, ("confirmed", "confirmed", "dismissed"), strict=True)
    ]
    decide(str(tmp_path / "t"), choices, "ann")
    (row,) = page_of(tmp_path / "t").xpath("//section[@id='observed']//tbody/tr")
    assert [" ".join(cell.text_content().split()) for cell in row] == [
        "Odd legal.odd", "flag", "2", "1", "0", "21% to 94%", "accuracy not measured",
    ]  # fmt: skip


def test_every_plot_has_a_name_and_its_numbers_in_a_table(out: Path) -> None:
    drawn = page_of(out).xpath("//*[local-name()='svg']")
    assert len(drawn) >= 4
    for svg in drawn:
        assert svg.get("role") == "img" and svg[0].tag == "title" and svg[0].text
        assert svg.getparent().xpath(".//table//td[@class='n']")


def test_it_fetches_nothing(out: Path) -> None:
    page = page_of(out)
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")
    assert not page.xpath(
        "//script | //link | //iframe | //object | //img | //@src | //*[@xlink:href]",
        namespaces={"xlink": "http://www.w3.org/1999/xlink"},
    )
    assert all(link.startswith("#") for link in page.xpath("//@href"))
    assert "url(" not in page.xpath("string(//style)") and "@import" not in page.xpath("string(//style)")


def hostile(text: str, around: str) -> Result:
    """Make a document whose every text is this one."""
    document = result(f"{around} {text}", uri=f"{text}.eml", title=text)
    start = len(around) + 1
    flag = replace(
        document.flags[0],
        start_char=start,
        end_char=start + len(text),
        evidence=text,
        why=text,
        source=text,
        decided_by=f"rule {text}",
    )
    finding = replace(document.findings[0], why=text, source=text, decided_by=f"rule {text}")
    return replace(document, flags=(flag,), findings=(finding,))


@pytest.mark.parametrize(
    "text",
    quick_first(1, [SCRIPT, BIDI, "</style></title>-->]]>", "$\\frac{1}{2}$", "x" * 1_000_000 + SCRIPT]),
)
def test_texts_of_documents_are_inert(tmp_path: Path, text: str) -> None:
    pages = []
    for name, own in (
        ("hostile", text),
        ("harmless", "harmless words" + "y" * (len(text) - 14) if len(text) > 14 else "harmless"),
    ):
        refused = Reject(None, own, "parse", own[:60], own)
        run(tmp_path / name, "run-1", [hostile(own, "Dear"), hostile(own, "Cher"), refused])
        written = report(str(tmp_path / name)).html
        assert len(written) < 100_000
        assert not set(written) & set("\u202e\u2066")
        pages.append(html.document_fromstring(written))
    elements = [Counter(element.tag for element in page.iter()) for page in pages]
    assert elements[0] == elements[1], "no element is of a document's making"
    attributes = [Counter(name for element in page.iter() for name in element.attrib) for page in pages]
    assert attributes[0] == attributes[1]
    if text == SCRIPT:
        assert SCRIPT in texts(pages[0])


def test_tables_without_a_document_give_a_page(tmp_path: Path) -> None:
    run(tmp_path / "t", "run-1", [])
    assert "These tables hold no document" in texts(page_of(tmp_path / "t"))
    run(tmp_path / "t", "run-2", [Reject(None, "a.pdf", "parse", "empty", "nothing in it")])
    said = texts(page_of(tmp_path / "t"))
    assert "1 input could not be read" in said and "An empty file" in said


def test_what_holds_no_tables_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(TablesError, match="holds no tables"):
        report(str(tmp_path))
    with pytest.raises(UsageError, match="not on a catalog's"):
        report("iceberg://catalog/namespace")


def test_a_damaged_file_is_named(tmp_path: Path, out: Path) -> None:
    shutil.copytree(out, tmp_path / "t", symlinks=True)
    for path in (tmp_path / "t").rglob("*.parquet"):
        if "flags" in str(path) and path.stat().st_size:
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content[:200] + b"\xff" * 200 + content[400:])
    with pytest.raises(TablesError, match="docassay verify"):
        report(str(tmp_path / "t"))


def test_files_of_an_earlier_release_are_read(tmp_path: Path) -> None:
    run(tmp_path / "t", "run-1", [result("odd it is", "a.txt")])
    shutil.rmtree(tmp_path / "t" / "_manifests", ignore_errors=True)
    shutil.rmtree(tmp_path / "t" / "_data", ignore_errors=True)
    for table, newer in (
        ("documents", ["not_asked"]),
        ("flags", ["page", "boxes"]),
        ("findings", ["page", "boxes"]),
    ):
        for path in (tmp_path / "t" / table).glob("*.parquet"):
            rows = pq.read_table(path).drop_columns(newer)
            path.unlink()
            pq.write_table(rows, path)
    said = texts(page_of(tmp_path / "t"))
    assert "1 document came in" in said and "an earlier release wrote them" in said


def test_what_was_dismissed_is_no_headline(tmp_path: Path) -> None:
    one, other = result("odd it is", "a.txt"), result("also odd", "b.txt")
    run(tmp_path, "run-1", [one, other])

    def headline() -> tuple[str, ...]:
        page = page_of(tmp_path)
        tiles = {tile[0].text_content(): tile[1].text_content() for tile in page.xpath("//dl/div")}
        (failing,) = re.findall(r"(\d+) fails? a compliance check", texts(page))
        return tiles["with signs of fraud"], tiles["need review"], tiles["nothing found"], failing

    assert headline() == ("2", "0", "0", "2")
    decide(str(tmp_path), [Choice(one.doc_id, "flag", "odd", "dismissed")], "Ann")
    assert headline() == ("1", "1", "0", "2")
    decide(str(tmp_path), [Choice(one.doc_id, "finding", "notice", "dismissed")], "Ann")
    assert headline() == ("1", "0", "1", "1")


def test_of_what_was_not_checked_nothing_is_found_once_all_is_dismissed(tmp_path: Path) -> None:
    one = replace(result("odd it is", "a.txt", reasons=("flag:odd", "kind_unknown")), findings=())
    run(tmp_path, "run-1", [one])
    decide(str(tmp_path), [Choice(one.doc_id, "flag", "odd", "dismissed")], "Ann")
    page = page_of(tmp_path)
    tiles = {tile[0].text_content(): tile[1].text_content() for tile in page.xpath("//dl/div")}
    assert (tiles["not checked"], tiles["nothing found"]) == ("1", "0")


def test_documents_are_counted_by_their_own_dates(tmp_path: Path) -> None:
    days = {"a.txt": date(2024, 3, 5), "b.txt": date(2024, 3, 31), "c.txt": date(2026, 5, 2), "d.txt": None}
    run(
        tmp_path,
        "run-1",
        [
            result(f"odd it is {uri}", uri, document_date=day, document_date_source=day and "issue")
            for uri, day in days.items()
        ],
    )
    page = page_of(tmp_path)
    (table,) = (
        one for one in page.xpath("//table[caption]") if "document date" in one.xpath("string(caption)")
    )
    rows = [[cell.text_content() for cell in row] for row in table.xpath("tbody/tr")]
    assert [row[:3] for row in rows] == [["Mar 2024", "2", "2"], ["May 2026", "1", "1"]]
    assert "3 of 4 documents have a certain one" in texts(page)


def test_without_dates_of_their_own_there_is_no_such_table(out: Path) -> None:
    assert "By document date" not in texts(page_of(out))


def test_copies_of_one_letter_are_quoted_once(tmp_path: Path) -> None:
    letters = [result(f"pay now or else, {n}", f"{n}.eml", risk=n / 10) for n in range(5)]
    run(tmp_path / "t", "run-1", letters)
    page = page_of(tmp_path / "t")
    assert len(page.xpath("//blockquote")) == 1
    assert "4.eml" in page.xpath("string(//blockquote/footer)"), "the one of the highest risk"


def test_passages_are_put_together_from_segments(tmp_path: Path) -> None:
    document = result("first part. second part")
    segment = document.segments[0]
    flag: Flag = replace(document.flags[0], start_char=6, end_char=18, evidence="part. second")
    cut = (
        replace(segment, text="first part.", end_char=11),
        replace(segment, segment=1, start_char=12, text="second part", end_char=23),
    )
    run(tmp_path / "t", "run-1", [replace(document, segments=cut, flags=(flag,))])
    assert page_of(tmp_path / "t").xpath("string(//blockquote/p)") == "first part. second part"


# Drift


def kinds(rng: random.Random, shares: dict[str, float], number: int) -> Counter[str]:
    return Counter(rng.choices(list(shares), list(shares.values()), k=number))


def test_five_documents_are_no_drift() -> None:
    assert drift.compare("kinds", {"a": 500}, {"b": 5}).verdict == "too few"
    assert drift.compare("kinds", {"a": 5}, {"b": 500}).verdict == "too few"


def test_labels_count_as_their_documents() -> None:
    found = drift.compare("labels", {"a": 9_000, "b": 1_000}, {"b": 9_000}, documents=(400, 9), task="t")
    assert found.verdict == "too few"


@pytest.mark.parametrize(("now", "verdict"), [(60, "steady"), (600, "drifted")])
def test_a_shift_of_a_third_is_found_where_there_are_documents_enough(now: int, verdict: str) -> None:
    shares = {name: 1 / 12 for name in "abcdefghijkl"}
    before = {name: 250 for name in shares}
    shifted = {name: now // 12 for name in shares}
    moved = now // 24
    shifted = {**shifted, **{name: shifted[name] - moved for name in "abcdef"}}
    shifted = {**shifted, **{name: shifted[name] + moved for name in "ghijkl"}}
    assert drift.compare("kinds", before, shifted).verdict == verdict


def test_chance_alone_is_seldom_called_drift() -> None:
    rng = random.Random(1)
    shares = {f"kind {n}": 1 / (n + 1) for n in range(12)}
    verdicts = Counter(
        drift.compare("kinds", kinds(rng, shares, n), kinds(rng, shares, m)).verdict
        for n, m in ((50, 50), (60, 400), (300, 300)) * 100
    )
    assert verdicts["moved"] + verdicts["drifted"] <= 3, verdicts


def of_run(documents: int, kind: str, reasons: dict[str, int] | None = None) -> drift.Run:
    counts = {
        f"spread.kinds.legal.{kind}": documents,
        "spread.languages.en": documents,
        "spread.asked.clause_type": documents,
        "spread.given.clause_type.term": documents,
        "spread.abstained.clause_type.term": documents // 9 if kind == "nda" else documents,
    }
    return drift.Run(documents, reasons or {}, counts)


def test_what_is_compared_and_what_is_not() -> None:
    reasons = {"parse no_text": 90, "read missing": 500, "write duplicate": 500, "validate x": 500}
    before, latest = drift.split([of_run(100, "nda"), of_run(100, "nda"), of_run(100, "lease", reasons)])
    assert (len(before), len(latest)) == (2, 1)
    found = {(one.about, one.task): one.verdict for one in drift.comparisons(before, latest)}
    assert found == {
        ("inputs that could not be read", ""): "drifted",
        ("kinds", ""): "drifted",
        ("languages", ""): "steady",
        ("labels", "clause_type"): "steady",
        ("abstentions", "clause_type"): "drifted",
    }
    rejects = next(one for one in drift.comparisons(before, latest) if "read" in one.about)
    assert {name for name, _, _ in rejects.shares} == {"read", "parse no_text"}


def test_small_runs_are_taken_together() -> None:
    before, latest = drift.split([of_run(20, "nda")] * 10)
    assert (len(before), len(latest)) == (7, 3)


def test_runs_that_recorded_no_labels_are_compared_by_rejects_alone() -> None:
    older = drift.Run(200, {"parse empty": 1}, {})
    found = {one.about: one.verdict for one in drift.comparisons([older], [of_run(200, "nda")])}
    assert found["inputs that could not be read"] == "steady" and found["kinds"] == "too few"


# Words and plots


def test_the_law_of_every_shipped_check_is_a_short_name() -> None:
    from docassay import domains

    for name in domains.names():
        for check in domains.load(name).checks:
            law = wording.law_of(check.source)
            assert 2 < len(law) < 70 and check.source.startswith(law), check.id
            assert law[-1] not in ",;:("


def test_a_plot_is_xml_of_shapes_and_texts() -> None:
    labels = ["<b>&", "x", "a name that is far too long to be written in full"]
    series = [plots.Series("now", "bad", [1, 0, 3]), plots.Series("then", "good", [0, 0, 2])]
    for drawn in (
        plots.bars("A & B", labels, series),
        plots.bars("A", labels, series, beside=True),
        plots.columns("C", labels, series),
    ):
        root = etree.fromstring(drawn)
        names = {etree.QName(element).localname for element in root.iter()}
        assert names == {"svg", "rect", "text", "title", "desc"}
        assert "<b>&" in [text.text for text in root.iter("{*}text")]
        assert "#" not in drawn.replace("http://www.w3.org", ""), "every colour is the page's"
        assert "font-family" not in drawn


def boxes(drawn: str, colour: str) -> list[tuple[float, float, float, float]]:
    found = etree.fromstring(drawn).iterfind(f"{{*}}rect[@fill='var(--{colour})']")
    return [tuple(float(one.get(name)) for name in ("x", "y", "width", "height")) for one in found]


def test_bars_are_as_long_as_their_numbers_and_stand_behind_each_other() -> None:
    series = [plots.Series("now", "bad", [10, 0, 30]), plots.Series("then", "good", [5, 5, 0])]
    drawn = plots.bars("A", ["a", "b", "c"], series)
    (_, *bad), (_, *good) = boxes(drawn, "bad"), boxes(drawn, "good")  # the first is the legend's
    assert [round(box[2] / bad[0][2], 2) for box in (*bad, *good)] == [1, 0, 3, 0.5, 0.5, 0]
    assert good[0][0] == pytest.approx(bad[0][0] + bad[0][2], abs=0.11)
    assert all(x > 0 and x + width < plots.WIDTH for x, _, width, _ in (*bad, *good))
    beside = plots.bars("A", ["a", "b", "c"], series, beside=True)
    assert boxes(beside, "bad")[1][0] == boxes(beside, "good")[1][0] and ">30</text>" in beside


def test_columns_stand_on_the_floor_and_on_each_other() -> None:
    series = [plots.Series("now", "bad", [7, 2]), plots.Series("then", "good", [0, 2])]
    drawn = plots.columns("A", ["May", "June"], series)
    (_, *bad), (_, *good) = boxes(drawn, "bad"), boxes(drawn, "good")
    assert bad[0][1] + bad[0][3] == pytest.approx(bad[1][1] + bad[1][3], abs=0.11)
    assert good[1][1] + good[1][3] == pytest.approx(bad[1][1], abs=0.11) and good[0][3] == 0
    assert [tick for tick in range(9) if f">{tick}</text>" in drawn] == [0, 2, 4, 6]


def test_plots_of_nothing_and_of_zeros_are_drawn() -> None:
    for values in ([], [0, 0]):
        series = [plots.Series("now", "bad", values)]
        for drawn in (
            plots.bars("A", ["a", "b"][: len(values)], series),
            plots.columns("A", ["a", "b"][: len(values)], series),
        ):
            assert "nan" not in drawn and len(boxes(drawn, "bad")) == len(values)


def test_dates_below_columns_do_not_touch() -> None:
    days = [f"{day} May 2026" for day in range(1, 7)]
    drawn = plots.columns("A", days, [plots.Series("now", "bad", [1] * 6)])
    assert [day for day in days if f">{day}</text>" in drawn] == days[::2]
