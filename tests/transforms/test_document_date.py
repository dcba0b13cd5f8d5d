"""The day that a document states as its own: it is sure, and data come before text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from docassay import domains
from docassay.schemas.facts import Fact
from docassay.schemas.rows import Result
from docassay.transforms.context import Context
from docassay.transforms.extract import own_day
from docassay.views import labels
from docassay.views.explain import as_json, explain

FIELDS = [field for name in ("mail", "financial", "medical") for field in domains.load(name).facts]
NONE = (None, None)


def fact(name: str, normalised: str | None, source: str = "rule", abstained: bool = False) -> Fact:
    about = {"role": None, "group_id": None, "currency": None, "alternative": None}
    place = {"start_char": None, "end_char": None, "probability": None}
    return Fact("0" * 64, 0, name, value="-", normalised=normalised, type="date", source=source,  # type: ignore[arg-type]
                abstained=abstained, decided_by=f"rule financial.{name}", **about, **place)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([], NONE, id="nothing"),
        pytest.param([fact("issue_date", "2024-03-05")], (date(2024, 3, 5), "issue"), id="a day"),
        pytest.param([fact("issue_date", "2024-03-05", abstained=True)], NONE, id="a hint"),
        pytest.param([fact("issue_date", "2024-03")], NONE, id="a month"),
        pytest.param([fact("issue_date", None, "stated")], NONE, id="data that cannot be read"),
        pytest.param([fact("issue_date", "1492-10-12")], NONE, id="before the tables' first day"),
        pytest.param([fact("due_date", "2024-04-05")], NONE, id="a day of something else"),
        pytest.param(
            [fact("issue_date", "2024-03-06"), fact("issue_date", "2024-03-05", "stated")],
            (date(2024, 3, 5), "issue"),
            id="data before print",
        ),
        pytest.param(
            [fact("issue_date", "2024-03-06"), fact("issue_date", "2024-03", "stated")],
            (date(2024, 3, 6), "issue"),
            id="print where data state no day",
        ),
        pytest.param(
            [fact("service_date", "2024-03-05"), fact("service_date", "2024-03-07")], NONE, id="several days"
        ),
        pytest.param(
            [fact("service_date", "2024-03-05"), fact("service_date", "2024-03-05")],
            (date(2024, 3, 5), "service"),
            id="one day twice",
        ),
        pytest.param(
            [fact("sent", "2024-03-05T23:30:00-04:00")], (date(2024, 3, 5), "sent"), id="where it was sent"
        ),
        pytest.param(
            [fact("issue_date", "2024-03-05"), fact("sent", "2024-03-06T00:00:00+00:00")],
            (date(2024, 3, 6), "sent"),
            id="the field declared first",
        ),
    ],
)
def test_the_own_day(facts: list[Fact], expected: tuple[date | None, str | None]) -> None:
    assert own_day(facts, FIELDS) == expected
    assert own_day(facts[::-1], FIELDS) == expected


def test_a_document_has_it_in_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_text("From: <a@b.example>\nDate: Tue, 12 May 2026 23:41:10 -0400\n\nSee you there, my dear.\n")
    (outcome,) = explain(str(path), Context())
    assert isinstance(outcome, Result)
    row = outcome.document
    assert (row.document_date, row.document_date_source) == (date(2026, 5, 12), "sent")
    assert labels.day(row) == "2026-05-12 (sent)"
    assert labels.day(replace(row, document_date=None)) == "2026-05-13 03:41 UTC"
    assert '"document_date": "2026-05-12"' in as_json(outcome)
