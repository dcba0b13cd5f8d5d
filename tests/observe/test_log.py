"""Log: a line an event, with its document, in every process."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from docassay.observe import log
from docassay.schemas.rows import Reject


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    log.configure(None)


REJECT = Reject("ab" * 32, "in/a\nb\x1b[31m.pdf", "parse", "encrypted", "the password is hunter2")


def written(style: log.Format) -> str:
    stream = io.StringIO()
    log.configure(style, stream)
    log.rejected(REJECT)
    return stream.getvalue()


def test_json_has_the_document_and_not_its_detail() -> None:
    (line,) = written("json").splitlines()
    entry = json.loads(line)
    assert {key: entry[key] for key in ("level", "message", "doc_id", "uri", "stage", "reason")} == {
        "level": "warning",
        "message": "rejected",
        "doc_id": REJECT.doc_id,
        "uri": REJECT.uri,
        "stage": "parse",
        "reason": "encrypted",
    }
    assert "table_name" not in entry and "hunter2" not in line


def test_text_is_one_line_whatever_a_name_holds() -> None:
    (line,) = written("text").splitlines()
    assert f"warning rejected doc_id={REJECT.doc_id} uri=in/a b" in line
    assert "\x1b" not in line and "hunter2" not in line


def test_an_error_keeps_its_cause() -> None:
    stream = io.StringIO()
    log.configure("json", stream)
    try:
        raise ValueError("odd")
    except ValueError:
        log.LOGGER.exception("failed")
    assert json.loads(stream.getvalue())["error"] == "ValueError('odd')"


def test_without_a_format_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.rejected(REJECT)
    log.event("published", run_id="r", level=logging.ERROR)
    assert capsys.readouterr() == ("", "")
