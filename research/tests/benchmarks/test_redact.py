"""What a report of a redacted file says was measured is what was measured, of the model that is shipped."""

from __future__ import annotations

import json
from pathlib import Path

from docassay.models.tagger import installed
from docassay.views.redacted import figures
from research.benchmarks import report
from research.benchmarks.redact import mapped
from research.benchmarks.redact_notes import Note


def test_reports_have_the_figures_of_the_benchmark() -> None:
    measured = figures()
    saved = json.loads((Path(report.RESULTS) / "redact.json").read_text("utf-8"))["details"]
    assert measured["own_detection"] == saved["own_detection"]
    assert measured["given_spans"] == saved["given_spans"]
    assert measured["model"] == installed().card.id


def test_marks_are_found_again_in_the_print() -> None:
    note = Note(
        "a", "en", "Ann Lee (born 3 May 1960)\nsaw Dr Ott.", ((0, 7, "person"), (14, 24, "date_time"))
    )
    text = "saw Dr Ott.\r\nAnn Lee\n(born 3 May\n1960)"
    spans, unmapped = mapped(note, text)
    assert [text[span.start : span.end] for span in spans] == ["Ann Lee", "3 May\n1960"]
    assert unmapped == 0
