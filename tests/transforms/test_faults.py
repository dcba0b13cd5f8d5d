"""Faults: what becomes a reject, what fails the run, and that nothing of a document is told."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from docassay.observe import counters
from docassay.schemas.errors import DocassayError, ModelError, RunError
from docassay.schemas.rows import Reject
from docassay.transforms import faults

SECRET = "the patient's name is Ms Quill"


@dataclass(frozen=True)
class Paper:
    doc_id: str
    uri: str = "a.txt"


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    counters.take()
    yield
    counters.take()
    faults.alone("split", Paper("ok"), str)  # ends a row of documents without memory


def raising(error: Exception) -> Callable[[Paper], str]:
    def work(_: Paper) -> str:
        raise error

    return work


def fragile(bad: str, error: Exception, seen: list[int]) -> Callable[[Sequence[Paper]], list[str]]:
    """Fail on any batch with one of the documents named."""

    def work(batch: Sequence[Paper]) -> list[str]:
        seen.append(len(batch))
        if any(paper.doc_id in bad for paper in batch):
            raise error
        return [paper.doc_id for paper in batch]

    return work


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET),
        KeyError(SECRET),
        RecursionError(SECRET),
        AssertionError(SECRET),
        UnicodeEncodeError("utf-8", SECRET, 0, 1, "surrogates not allowed"),
        OSError(errno.EOVERFLOW, SECRET),
        Exception(SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_exception_is_a_reject_without_a_word_of_the_document(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "docassay"):
        logging.getLogger("docassay").addHandler(caplog.handler)
        outcome = faults.alone("split", Paper("d1"), raising(error))
        logging.getLogger("docassay").removeHandler(caplog.handler)
    assert isinstance(outcome, Reject)
    assert (outcome.doc_id, outcome.uri, outcome.stage, outcome.reason) == ("d1", "a.txt", "split", "fault")
    name = type(error).__name__
    assert outcome.detail.startswith(f"{name} at transforms/test_faults.py:")
    (record,) = {id(record): record for record in caplog.records}.values()
    fields = record.fields  # type: ignore[attr-defined]
    assert (fields["doc_id"], fields["stage"], fields["error"]) == ("d1", "split", name)
    assert "transforms/faults.py:" in fields["traceback"] and "test_faults.py:" in fields["traceback"]
    assert SECRET not in f"{outcome} {record.getMessage()} {fields}"
    assert counters.take() == {"split.fault": 1}


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "No such file"),
        (ImportError("No module named 'spacy'"), "spacy"),
        (ModelError("minilm: heads.npz is missing"), "heads.npz is missing"),
        (RunError("a worker has another version"), "another version"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("documents", [1, 3])
def test_what_is_not_the_documents_fault_is_raised(error: Exception, says: str, documents: int) -> None:
    papers = [Paper(f"{n}") for n in range(documents)]
    seen: list[int] = []
    with pytest.raises(DocassayError, match=says):
        faults.together("assess", papers, fragile("0", error, seen))
    assert seen == [documents], "no document is tried alone for it"
    assert counters.take() == {}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_fault(error: type[BaseException]) -> None:
    def work(_: Paper) -> str:
        raise error

    with pytest.raises(error):
        faults.alone("detect", Paper("d1"), work)


def test_those_that_fail_alone_are_rejected_and_the_rest_keep_their_order() -> None:
    papers = [Paper(letter) for letter in "abcdefgh"]
    seen: list[int] = []
    outcomes = faults.together("assess", papers, fragile("bg", ValueError(SECRET), seen))
    assert [outcome if isinstance(outcome, str) else outcome.doc_id.upper() for outcome in outcomes] == list(
        "aBcdefGh"
    )
    assert sum(isinstance(outcome, Reject) for outcome in outcomes) == 2
    assert counters.take() == {"assess.fault": 2}
    assert max(seen) == 8 and len(seen) < 16
    assert faults.together("assess", [], fragile("", ValueError(), seen)) == []


def test_a_document_that_takes_too_much_memory_is_rejected_and_several_in_a_row_fail_the_run() -> None:
    papers = [Paper(letter) for letter in "abcd"]
    outcomes = faults.together("assess", papers, fragile("ac", MemoryError(), []))
    assert [isinstance(outcome, Reject) for outcome in outcomes] == [True, False, True, False]
    with pytest.raises(RunError, match="3 documents in a row"):
        faults.together("assess", papers, fragile("abcd", MemoryError(), []))


def test_the_line_named_is_ours_where_a_library_raises() -> None:
    def work(_: Paper) -> object:
        return json.loads("{")

    outcome = faults.alone("split", Paper("d1"), work)
    assert isinstance(outcome, Reject)
    assert outcome.detail.startswith("JSONDecodeError at transforms/test_faults.py:")


def test_the_exceptions_behind_one_are_in_the_log() -> None:
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error
    except ValueError as error:
        written = faults.trace(error)
    assert "> ValueError (after transforms/test_faults.py:" in written and written.endswith("KeyError)")
    assert SECRET not in written
