"""What is masked for a model elsewhere is what `docassay redact` removes."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

from docassay.models.tagger import installed
from docassay.schemas.rows import Segment
from docassay.transforms.document import Document
from docassay.transforms.redaction.fields import masked
from docassay.transforms.redaction.spans import PersonalSpan, edits, found, redacted

STATEMENT = resources.files("docassay.domains") / "financial" / "samples" / "bank-statement.txt"


def test_what_redact_removes_is_masked() -> None:
    text = STATEMENT.read_text(encoding="utf-8")
    parsed = Document("d" * 64, "d.txt", text, "text/plain", language="en")
    segment = Segment(parsed.doc_id, 0, 0, len(text), (), text, "en")
    shown = masked(replace(parsed, segments=(segment,), tasks=((),)), [0])[0]
    assert shown == redacted(text, edits(text, found(text, "en", installed()), "label"))
    # The tagger's own settings, by which rows of `entities` are found, leave some of these.
    plain = [PersonalSpan(span.start, span.end, span.label) for span in installed().find(text, "en")]
    less = redacted(text, edits(text, plain, "label"))
    for value in ("Norfolk", "12 May"):
        assert value in less and value not in shown
