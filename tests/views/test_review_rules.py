"""The page *Rules* of the review: rules are written, tried on the tables and saved, by whoever may decide."""

from __future__ import annotations

import errno
import json
import os
import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from docassay import domains
from docassay.domains import examples
from docassay.domains.expectations import parse
from docassay.schemas.errors import DomainError, UsageError
from docassay.views import rules_diff
from docassay.views.review import rule_files, rules, trial
from docassay.views.review.rule_form import claim_of, entry_of, examples_of, form_of, parts_of
from tests.fresh import overlay
from tests.storage.runs import run
from tests.views.reviewing import Served, document, served
from tests.views.test_review_browser import NARROW, WIDE, Tab, _until, browser
from tests.views.test_review_browser import _seen as _violations

__all__ = ["browser"]  # the fixture

RULES = """# our own rules
[[flag]]
id = "acme_hush"  # the first
title = "Secrecy"
severity = "high"
why = "It asks to keep quiet."
source = "Policy, 1"
any = [{ words = ["between us"] }]
"""
EXAMPLES = "".join(
    json.dumps({"rule": "acme_hush", "text": text, "expect": found, "why": "an example of it"}) + "\n"
    for text, found in (
        ("Keep it between us.", ["between us"]),
        ("Between  us.", ["Between  us"]),
        ("Between them.", []),
        ("Tell all of us.", []),
    )
)
TERM = {
    "folder": "acme",
    "title": "Term at most 3 years",
    "severity": "high",
    "why": "We are bound for three years at most.",
    "source": "Contract policy, 2.1",
    "sort": "expect",
    "verdict": "fail",
    "fact": "term",
    "is": "<=",
    "value": "3 years",
    "text0": "This Agreement has a term of five years.",
    "expect0": "fail",
    "text1": "This Agreement has a term of ten years.",
    "expect1": "fail",
    "text2": "This Agreement has a term of two years.",
    "expect2": "pass",
    "text3": "This Agreement has a term of three years.",
    "expect3": "pass",
}
BOMB = RULES + ".".join(["a"] * 20_000) + " = 1"
"""A key of so many parts that reading it takes seconds."""

PAID = "\n\nPay a processing fee of USD {} now. Keep this between us. Keep this between us.\n"


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with overlay(tmp_path, monkeypatch, {"rules.toml": RULES, examples.FILE: EXAMPLES}) as folder:
        yield folder


@pytest.fixture
def server(acme: Path, tmp_path: Path) -> Iterator[Served]:
    texts = [
        f"Agreement {n} of the parties.\n\nThis Agreement has a term of {years} years.{PAID.format(n)}"
        for n, years in enumerate(("two", "five", "four"))
    ]
    run(tmp_path / "tables", "run-1", [document(n, text=text) for n, text in enumerate(texts)])
    with served(tmp_path / "tables") as running:
        yield running


def _whole(text: str, **more: str) -> dict[str, str]:
    """Give the form of the files themselves."""
    return {"folder": "acme", "whole": "1", "file:rules.toml": text, **more}


def _digest(server: Served) -> str:
    shown = re.search(r'name="seen" value="(\w+)"', server.ask("/rules?folder=acme")[1])
    assert shown
    return shown[1]


def _ended(server: Served) -> str:
    end = time.monotonic() + 120
    while "hx-trigger" in (shown := server.ask("/rules/run")[1]):
        assert time.monotonic() < end
        time.sleep(0.1)
    return " ".join(re.sub(r"<[^>]*>", " ", shown).split())


@pytest.mark.slow
def test_a_rule_is_written_tried_and_saved_and_comments_stay(server: Served, acme: Path) -> None:
    status, page, _ = server.ask("/rules")
    assert status == 200 and "Secrecy" in page and ">Term (duration)<" in page and ">NDA<" in page
    status, begun, _ = server.ask("/rules/run", TERM)
    assert status == 200 and "hx-trigger" in begun
    shown = _ended(server)
    assert "8 examples give the expected result" in shown and "failed 0 2 passed 0 1" in shown, shown
    assert "Read 3 of 3 documents" in shown and "five years" in shown
    assert server.ask("/rules/run")[1].count('<a href="/documents/') == 3
    assert (acme / "rules.toml").read_text() == RULES, "nothing is saved by a run"

    status, said, headers = server.ask("/rules/save", {**TERM, "seen": _digest(server)})
    assert status == 204, said
    address = parse_qs(urlsplit(headers["hx-redirect"]).query)
    assert address == {"folder": ["acme"], "rule": ["acme_term_at_most_3_years"], "saved": ["all"]}
    written = (acme / "rules.toml").read_text()
    assert written.startswith(RULES), "what stood there stands there as it was"
    entry = tomllib.loads(written)["check"][0]
    assert entry["expect"] == "term <= P3Y" and entry["severity"] == "high"
    assert (acme / examples.FILE).read_text().startswith(EXAMPLES)
    assert not list(acme.glob(".*")), "no file is left over"

    page = server.ask(headers["hx-redirect"])[1]
    assert 'value="3 years"' in page and '<option value="term" selected>' in page and "Saved." in page
    changed = {
        **TERM,
        "was": "acme_term_at_most_3_years",
        "id": "acme_term",
        "value": "4 years",
        "expect0": "fail",
    }
    assert server.ask("/rules/save", {**changed, "seen": _digest(server)})[0] == 204
    (entry,) = tomllib.loads((acme / "rules.toml").read_text())["check"]
    assert (entry["id"], entry["expect"]) == ("acme_term", "term <= P4Y")
    named = {json.loads(line)["rule"] for line in (acme / examples.FILE).read_text().splitlines()}
    assert named == {"acme_hush", "acme_term"}, "its examples go along with its name"


@pytest.mark.slow
def test_a_clause_that_a_model_labels_is_forbidden(server: Served, acme: Path) -> None:
    form = {**TERM, "sort": "forbids_clause", "clause": "clause_type.insurance", "title": "No insurance"}
    form |= {"verdict": "review", "expect0": "review", "expect1": "review"}
    form |= {"labelled0": TERM["text0"], "labelled1": "a term of ten years"}
    server.ask("/rules/run", form)
    shown = _ended(server)
    assert "8 examples give the expected result" in shown and "needs review 0 3" in shown, shown
    assert server.ask("/rules/save", {**form, "seen": _digest(server)})[0] == 204
    page = server.ask("/rules?folder=acme&rule=acme_no_insurance")[1]
    assert (
        '<option value="clause_type.insurance" selected>' in page
        and "\na term of ten years</textarea>" in page
    )


@pytest.mark.slow
def test_required_words_that_are_not_there_are_for_a_person_as_in_a_run(server: Served, acme: Path) -> None:
    form = {**TERM, "sort": "requires", "phrases": "a term of five", "title": "Five", "verdict": "fail"}
    form |= {f"expect{number}": gives for number, gives in enumerate(("pass", "review", "review", "pass"))}
    form["text3"] = "It has a TERM  of\nfive years."
    server.ask("/rules/run", form)
    shown = _ended(server)
    assert "8 examples give the expected result" in shown and "needs review 0 2 passed 0 1" in shown, shown


@pytest.mark.browser
@pytest.mark.parametrize(("dark", "size"), [(False, NARROW), (True, WIDE)], ids=["light", "dark"])
def test_a_rule_is_written_by_keyboard_and_seen_by_all(
    browser: Browser, server: Served, acme: Path, dark: bool, size: tuple[int, int]
) -> None:
    tab = Tab(browser, server, dark, size)
    page = tab.page
    page.goto(f"http://127.0.0.1:{server.port}/rules")
    assert not _violations(page)
    while page.evaluate("document.activeElement.name") != "title":
        page.keyboard.press("Tab")
    for typed in ("Quiet", "Nobody may say it.", "Policy, 2", "high", "Sign"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "phrases", (
        "what is of no use for a sign is not there"
    )
    page.keyboard.type("keep  this")
    assert not page.is_visible("[name=fact]") and not page.is_visible("[name=expect0]")
    assert page.is_visible("[name=found0]") and not _violations(page)
    page.focus("[name=title]")
    page.keyboard.press("Enter")
    _until(page, "document.querySelector('#result table')")
    assert "sign found" in page.inner_text("#result").lower() and page.is_visible("#result q")
    assert not _violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.click("#result a[href^='/documents/'] >> nth=0")
    page.wait_for_selector("#entries")
    tab.close()


def test_a_folder_of_too_many_files_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_LINKS", 3)
    for number in range(5):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(DomainError, match="has more than 3 files"):
        trial._lay_out(tmp_path / "copy", tmp_path, {})


@pytest.mark.slow
def test_nothing_is_saved_where_an_example_fails_or_a_file_is_wrong(server: Served, acme: Path) -> None:
    (acme / "rules.toml").write_text("[[check]")
    mended = server.ask("/rules/save", _whole(RULES, seen=_digest(server)))
    assert mended[0] == 204, "a file that is wrong can be mended"
    seen = _digest(server)
    said = server.ask("/rules/save", {**TERM, "expect2": "fail", "seen": seen})[1]
    assert "Nothing was saved." in said and "expected fail, found pass" in said
    assert "Example 7 of examples.jsonl, of acme_term_at_most_3_years" in said
    for wrong, told in (
        (RULES.replace("severity", "serverity"), "unknown key serverity; did you mean severity?"),
        (RULES.replace("any = ", "kinds = ['ndaa']\nany = "), "did you mean nda?"),
        (
            RULES.replace('[{ words = ["between us"] }]', "['call:os.system']"),
            "call:os.system calls a function",
        ),
        (
            RULES.replace('[{ words = ["between us"] }]', r"['c\u0061ll:os.system']".replace("'", '"')),
            "a function",
        ),
        (RULES + "[[check]", "is not valid TOML"),
        (RULES + "x = " + "[" * 20_000, "nested too deeply"),
    ):
        said = server.ask("/rules/save", _whole(wrong.replace("\n", "\r\n"), seen=seen))[1]
        assert "Nothing was saved." in said and told in said, said
    for missing, told in (
        ({"title": ""}, "a title"),
        ({"fact": ""}, "Choose a fact"),
        ({"expect1": "x"}, "example 2"),
    ):
        status, said, _ = server.ask("/rules/save", {**TERM, **missing, "seen": seen})
        assert status == 400 and told in said
    assert ((acme / "rules.toml").read_text(), (acme / examples.FILE).read_text()) == (RULES, EXAMPLES)


@pytest.mark.slow
def test_what_changed_meanwhile_is_not_overwritten(server: Served, acme: Path) -> None:
    seen = _digest(server)
    (acme / "rules.toml").write_text(RULES + "# mine\n")
    status, said, _ = server.ask("/rules/save", {**TERM, "seen": seen})
    assert status == 409 and "has changed since this page was loaded" in said
    assert (acme / "rules.toml").read_text() == RULES + "# mine\n"


@pytest.mark.slow
def test_a_run_is_stopped_and_a_result_stays(server: Served) -> None:
    server.ask("/rules/run", _whole(BOMB))
    assert "Stopped." in server.ask("/rules/stop", {"folder": "acme"})[1]
    server.ask("/rules/run", TERM)
    shown = _ended(server)
    assert "Read 3 of 3" in shown
    server.ask("/rules/stop", {"folder": "acme"})
    assert _ended(server) == shown


@pytest.mark.slow
def test_time_is_bounded(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 0.0)
    server.ask("/rules/run", TERM)
    assert "Read 1 of 3 documents; then time ran out" in _ended(server)
    monkeypatch.setattr(trial, "GRACE", 0.5)
    server.ask("/rules/run", _whole(BOMB))
    assert "It took too long" in _ended(server)


def test_who_may_write_rules(server: Served, acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/rules/run", "/rules/save", "/rules/stop"):
        assert server.ask(path, TERM, X_CSRF_Token=None)[0] == 403
        assert server.ask(path, TERM, Origin="https://evil.example")[0] == 403
    for folder in ("", "legal", "../acme", str(acme)):
        assert server.ask("/rules/save", {**TERM, "folder": folder})[0] == 404, (
            "no path comes from the browser"
        )
    assert server.ask("/rules?folder=..")[0] == 404
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert (
        "Read-only: nothing can be saved" in server.ask("/rules")[1]
        and "/rules/save" not in server.ask("/rules")[1]
    )
    status, said, _ = server.ask("/rules/save", {**TERM, "seen": "x"})
    assert status == 403 and "nothing was saved" in said
    assert (acme / "rules.toml").read_text() == RULES


def test_a_reviewer_does_not_end_the_run_of_another(server: Served, acme: Path) -> None:
    server.review.trial = SimpleNamespace(reviewer="Bo", is_running=True, done=(1, 9), result={})  # type: ignore[assignment]
    status, said, _ = server.ask("/rules/run", TERM)
    assert status == 409 and "Bo is running rules (1 of 9 documents)" in said
    assert server.ask("/rules/stop", {"folder": "acme"})[0] == 200, "and it is not stopped"


def test_a_folder_that_is_wrong_or_too_large_is_told(server: Served, acme: Path) -> None:
    (acme / "rules.toml").write_text(
        RULES.replace("Secrecy", "<script>").replace("between us", "</textarea><i>")
    )
    page = server.ask("/rules?folder=acme&rule=acme_hush")[1]
    assert page.count("&lt;script&gt;") >= 3 and page.count("&lt;/textarea&gt;&lt;i&gt;") == 2
    assert "<script>" not in page and "<i>" not in page
    (acme / "rules.toml").write_text("[[check]")
    page = server.ask("/rules")[1]
    assert "not valid TOML" in page and 'name="file:rules.toml"' in page and 'name="title"' not in page
    (acme / "rules.toml").write_text("#" * rule_files.MOST_BYTES + "\n")
    status, said, _ = server.ask("/rules")
    assert status == 400 and "is larger than" in said
    for text, is_shown in ((RULES + "# " + "x" * 80_000, True), (RULES + "# " + "λ" * 20_000, False)):
        (acme / "rules.toml").write_text(text)
        page = server.ask("/rules")[1]
        assert ('name="file:rules.toml"' in page) == is_shown == ("too long to edit" not in page)
    (acme / "rules.toml").write_text(RULES)
    (acme / examples.FILE).write_text(EXAMPLES.replace('"expect": []', '"expect": 5'))
    status, page, _ = server.ask("/rules?folder=acme&rule=acme_hush")
    assert status == 200 and "examples.jsonl, line 3" in page and 'name="title"' not in page


def test_others_do_not_wait_long_for_a_save(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "WAITS", 0.01)
    with rules._one_at_a_time:
        for path in ("/rules/run", "/rules/save"):
            status, said, _ = server.ask(path, TERM)
            assert status == 503 and "Nothing was run or saved" in said
    assert server.ask("/rules/run", TERM)[0] == 200


def test_all_files_are_replaced_or_none(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rule_files.read(acme)
    after = {"rules.toml": RULES + "# new\n", "terms.toml": "a = ['b']\n", examples.FILE: EXAMPLES * 2}
    written = []

    def full(path: int) -> None:
        written.append(path)
        if len(written) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="No space left"):
            rule_files.replace(acme, after, rule_files.digest_of(before))
    assert rule_files.read(acme) == before and {one.name for one in acme.iterdir()} == before.keys() | {
        "domain.toml"
    }
    (acme / examples.FILE).unlink()
    (acme / examples.FILE).mkdir()
    before = rule_files.read(acme)
    with pytest.raises(UsageError, match="directory"):
        rule_files.replace(acme, after, rule_files.digest_of(before))
    assert rule_files.read(acme) == before and not (acme / "terms.toml").exists()


def test_documents_are_read_some_at_a_time(
    server: Served, acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = rules_diff.own_rules(domains.overlay_in(acme))
    total, whole = rules_diff.answers(server.review.snapshot.out, own)
    expected = [*whole]
    monkeypatch.setattr(rules_diff, "PART_CHARS", 1)
    assert rules_diff.answers(server.review.snapshot.out, own)[0] == total == len(expected) == 3
    assert [*rules_diff.answers(server.review.snapshot.out, own)[1]] == expected
    assert all(len(one.rows or ()) == 2 for one in expected)


def test_without_a_folder_the_page_says_how_to_name_one(tmp_path: Path) -> None:
    run(tmp_path / "tables", "run-1", [document(1)])
    with served(tmp_path / "tables") as server:
        status, page, _ = server.ask("/rules")
        assert status == 200 and "docassay rules new acme --extends legal" in page and "--rules acme" in page


TYPES: Any = {"term": "duration", "cap": "amount", "law": "jurisdiction", "day": "date", "party": "name"}


@pytest.mark.parametrize(
    ("fact", "compared", "value", "written"),
    [
        ("term", "<=", "18 months", "term <= P18M"),
        ("term", ">", "P30D", "term > P30D"),
        ("cap", ">=", "EUR 10,000.50", "cap >= 10000.50 EUR"),
        ("cap", "<", "5", "cap < 5"),
        ("cap", "<", "1'000", "cap < 1000"),
        ("party", "==", "the Trustees'", 'party == "the Trustees\'"'),
        ("party", "==", 'the "Sellers"', "party == 'the \"Sellers\"'"),
        ("law", "not in", "de, us-ny", "law not in [DE, US-NY]"),
        ("day", "!=", "2026-12-31", "day != 2026-12-31"),
        ("party", "holds", "Alder Foods Ltd.", '"Alder Foods Ltd." in party'),
        ("party", "not known", "", "party is not known"),
    ],
)
def test_what_is_chosen_of_a_fact_is_an_expectation_and_back(
    fact: str, compared: str, value: str, written: str
) -> None:
    chosen = {"fact": fact, "is": compared, "value": value}
    assert claim_of(chosen, TYPES) == written
    back = parts_of(written)
    assert back and claim_of(back, TYPES) == written


@pytest.mark.parametrize(
    "expected",
    [
        "term <= P3Y and law is known",
        "a - b >= P30D",
        "gross == net + tax +- 0.02",
        "count(party) >= 2",
        'party in ["Smith, Jones & Co", "Alder"]',
        '"Alder" in party and "Birch" in party',
    ],
)
def test_what_no_choice_can_say_stays_an_expression(expected: str) -> None:
    assert parts_of(expected) is None


def test_a_number_that_may_be_read_in_two_ways_is_not_read() -> None:
    for value in ("10,5 EUR", "1,00", "EUR 5 USD"):
        expected = claim_of({"fact": "cap", "is": "<", "value": value}, TYPES)
        with pytest.raises(DomainError):
            parse(expected, TYPES, "here")


@pytest.mark.parametrize("sort", ["requires", "forbids", "sign", "requires_clause", "forbids_clause"])
def test_the_form_of_an_entry_is_the_form_that_made_it(sort: str) -> None:
    form = {
        **TERM,
        "sort": sort,
        "phrases": "final say\r\nsole discretion",
        "clause": "clause_type.insurance",
    }
    form |= {"verdict": "review", "kind:nda": "on"}
    table, name, values = entry_of(form, "acme", TYPES)
    entry = {"id": name} | {key: value for key, value in values.items() if value is not None}
    back = form_of(table, entry)
    assert back and back["sort"] == sort and back["kinds"] == ["nda"]
    assert back["verdict"] == ("fail" if sort == "sign" else "review")
    assert form_of(table, {**entry, "include": ["x"]}) is None, "what the form cannot show it does not drop"
    assert form_of(table, {**entry, "sure": ["x"]}) is None


def test_examples_keep_what_the_form_does_not_show() -> None:
    before: list[dict[str, Any]] = [
        {
            "rule": "r",
            "text": "a",
            "expect": "fail",
            "why": "because of it",
            "stated": [["x", "y"]],
            "kind": "nda",
        },
        *({"rule": "r", "text": str(n), "expect": None, "why": "because of it"} for n in range(20)),
    ]
    form = {"sort": "expect", "text0": "b\r\nc", "expect0": "pass", "why0": "", "of0": ""}
    first, *others = examples_of(form, before)
    assert first == {
        "text": "b\nc",
        "expect": "pass",
        "why": "an example without a finding",
        "stated": [["x", "y"]],
    }
    assert len(others) == len(before) - 8, "those that the form has no room for stay"
