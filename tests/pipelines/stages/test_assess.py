"""What a batch that is being read is to Beam."""

from __future__ import annotations

from concurrent.futures import Future

import apache_beam as beam
import pytest
from apache_beam.testing import test_pipeline

from docassay.pipelines.stages import assess
from docassay.pipelines.stages.assess import Assess, PendingResult, PendingResultCoder
from docassay.schemas.rows import Reject

REJECT = Reject("0" * 64, "a.txt", "parse", "empty", "no text")


@pytest.fixture
def unread() -> PendingResult:
    """A promise of a batch that nobody has read."""
    return PendingResult(REJECT, Future(), 0)


def test_the_size_of_a_promise_is_known_before_it_is_kept(unread: PendingResult) -> None:
    assert PendingResultCoder().estimate_size(unread) > 0
    assert not unread.reading.done()


def test_a_promise_is_written_as_what_was_promised(unread: PendingResult) -> None:
    unread.reading.set_result(([REJECT], 1.0))
    again = PendingResultCoder().decode(PendingResultCoder().encode(unread))
    assert again.result() == REJECT
    assert again.element == REJECT


def test_no_promise_is_written_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Beam wrote one to learn its size, the bundle waited for every batch."""

    def refuse(coder: PendingResultCoder, promise: PendingResult) -> bytes:
        raise AssertionError("a promise was written")

    monkeypatch.setattr(assess.PendingResultCoder, "encode", refuse)
    with test_pipeline.TestPipeline() as pipeline:
        found = pipeline | beam.Create([REJECT] * 50) | Assess("minilm", threads=2)
        _ = found | beam.Map(lambda outcome: outcome.stage) | beam.combiners.Count.PerElement()
