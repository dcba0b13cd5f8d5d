"""Candidates: what may be a value of each form, and what of `facts.toml` is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from docassay import domains
from docassay.domains import RuleInput
from docassay.domains.candidates import FORMS, of_form
from docassay.domains.facts import Finder
from docassay.schemas.errors import DomainError
from tests.fresh import overlay

FIELD = """
[[fact]]
name = "rent"
title = "Rent"
type = "amount"
candidates = "amount"
"""


def found(find: Finder, text: str) -> list[str]:
    return [text[one[0] : one[1]] for one in find(RuleInput(text))]


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("amount", "In 2024, item 3: 1.234,50 and EUR 12, within 7 full days; £9.", ["1.234,50", "12", "9"]),
        ("date", "from 3 March 2024 until 31.12.2025, 14 Marc 2", ["3 March 2024", "31.12.2025"]),
        (
            "duration",
            "two (2) years; 30 days; zwölf Monate; six mois; the year; 12 months",
            ["two (2) years", "30 days", "zwölf Monate", "six mois", "12 months"],
        ),
        ("name", "the State of Ohio pays", ["State of Ohio", "State", "Ohio"]),
        ("name", "between Acme, Inc. and nobody", ["Acme, Inc", "Acme", "Inc"]),
        ("line", "ACME LTD\n\n  - Main Street 1 -\n", ["ACME LTD", "Main Street 1"]),
        ("line", "Credit\n-12.50\n- 3 keys\nNo.-7", ["Credit", "-12.50", "3 keys", "No.-7"]),
    ],
)
def test_forms(form: str, text: str, expected: list[str]) -> None:
    assert found(of_form(form, ()), text) == expected


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1.", "A", "Aa of ", "Aa, ", "May ", "1 May ", "two ", "EUR 1 ", " ", "\n"]
)
def test_hostile_text_takes_little_time(form: str, piece: str) -> None:
    view = RuleInput(piece * (100_000 // len(piece)))
    began = time.process_time()
    list(islice(of_form(form, ())(view), 1_000))
    assert time.process_time() - began < 2


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with overlay(tmp_path, monkeypatch) as folder:
        yield folder


def test_lines_after_a_cue_and_patterns(acme: Path) -> None:
    lines = FIELD.replace('"amount"', '"text"', 1).replace('"amount"', "\"line\"\ncues = ['(?i)landlord:']")
    pattern = FIELD.replace('"rent"', '"order"').replace('= "amount"', '= "identifier"', 1)
    (acme / "facts.toml").write_text(lines + pattern.replace('= "amount"', "= 'PO-[0-9]+'"))
    ranked = {one.name: one.ranked for one in domains.load("legal").facts if one.ranked}
    text = "LANDLORD: Anna Lindner\nTenant: x\nLandlord:\n\n  Karl Brandt\nPO-17\n"
    assert found(ranked["rent"].find, text) == ["Anna Lindner", "Karl Brandt"]
    assert found(ranked["order"].find, text) == ["PO-17"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('candidates = "amount"', 'candidates = "amount"\nfind = ["x"]', "write these, or find"),
        (
            'candidates = "amount"',
            'candidates = "amount"\ncues = ["x"]',
            'cues belong to candidates = "line"',
        ),
        ('candidates = "amount"', 'cues = ["x"]', "write candidates, too"),
        (
            'candidates = "amount"',
            "candidates = 3",
            "candidates is one of name, date, amount, duration, line",
        ),
        ('candidates = "amount"', "candidates = 'PO-['", "is not an RE2 expression"),
    ],
)
def test_what_is_wrong_is_one_line(acme: Path, old: str, new: str, says: str) -> None:
    (acme / "facts.toml").write_text(FIELD.replace(old, new))
    with pytest.raises(DomainError, match=says) as caught:
        domains.load("legal")
    assert "acme/facts.toml: fact 'rent'" in str(caught.value)
