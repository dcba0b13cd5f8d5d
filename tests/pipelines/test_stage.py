"""The generic transform: batches by characters, work ahead in threads, outcomes in order, windows kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing import test_pipeline
from apache_beam.testing.util import assert_that, equal_to
from apache_beam.transforms.window import FixedWindows, IntervalWindow, TimestampedValue

from docassay.models.reading import Reading
from docassay.observe import counters
from docassay.pipelines import stages as stage_module
from docassay.pipelines.stages import RunStage, StageFn
from docassay.schemas.errors import UsageError
from docassay.schemas.rows import Reject, Segment
from docassay.transforms.context import Context, Options
from docassay.transforms.document import Document
from tests.fakes import KeywordReader, card
from tests.families import quick_first

WINDOW = IntervalWindow(0, 10)
REJECT = Reject("0" * 64, "a.txt", "parse", "empty", "no text")


class Reader(KeywordReader):
    """Remembers the batches it was given and in which thread; may be made to wait."""

    def __init__(self) -> None:
        super().__init__(card({"topic": ["rent", "other"]}))
        self.batches: list[int] = []
        self.threads: set[str] = set()
        self.may_read = threading.Event()
        self.may_read.set()

    def read(self, texts: Sequence[str], tasks: Any, explain: Any = ()) -> list[Reading]:
        assert self.may_read.wait(60)
        self.batches.append(len(texts))
        self.threads.add(threading.current_thread().name)
        return super().read(texts, tasks, explain)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    made = Reader()
    monkeypatch.setattr(stage_module, "shared", lambda options: Context(options, reader=made))
    return made


def document(name: str, chars: int = 9) -> Document:
    text = "x" * chars
    segment = Segment(name, 0, 0, chars, (), text, "en")
    return Document(name, name, text, "text/plain", segments=(segment,), tasks=(("topic",),))


def ids(outputs: Iterator[Any]) -> list[str]:
    return [output.value.doc_id for output in outputs]


def begun(**options: Any) -> StageFn:
    fn = StageFn("assess", Options(**options))
    fn.start_bundle()
    return fn


def test_documents_go_to_the_model_in_batches_of_so_many_characters(reader: Reader) -> None:
    fn = begun(batch_chars=30)
    given = [name for n in range(7) for name in ids(fn.process(document(f"{n}"), WINDOW, 1))]
    given += ids(fn.process(document("long", 100), WINDOW, 1))
    assert ids(fn.finish_bundle()) == []
    assert given == [*"0123456", "long"]
    assert reader.batches == [3, 3, 1, 1], "each document counts nine characters and one"


def test_what_a_stage_does_not_take_passes_at_once(reader: Reader) -> None:
    fn = begun()
    assert ids(fn.process(document("a"), WINDOW, 1)) == []
    assert [output.value for output in fn.process(REJECT, WINDOW, 1)] == [REJECT]
    assert ids(fn.finish_bundle()) == ["a"]


def test_full_batches_are_read_ahead_and_given_in_order(reader: Reader) -> None:
    reader.may_read.clear()
    fn = begun(batch_chars=10, threads=2)
    given = [name for n in range(2) for name in ids(fn.process(document(f"{n}"), WINDOW, 1))]
    assert given == [], "the bundle has not waited for the model"
    reader.may_read.set()
    for n in range(2, 6):
        given += ids(fn.process(document(f"{n}"), WINDOW, 1))
        assert n + 1 - len(given) <= 2, "so many batches are under way and no more"
    assert given + ids(fn.finish_bundle()) == list("012345")
    assert all(name.startswith("assess") for name in reader.threads)


def test_a_small_batch_is_read_in_the_bundles_own_thread(reader: Reader) -> None:
    fn = begun(threads=2)
    assert ids(fn.process(document("a"), WINDOW, 1)) == [] and ids(fn.finish_bundle()) == ["a"]
    assert reader.threads == {threading.current_thread().name}


def test_a_stage_counts_what_it_takes_and_gives(reader: Reader) -> None:
    counters.take()
    fn = begun(batch_chars=40)
    for n in range(2):
        list(fn.process(document(f"{n}"), WINDOW, 1))
    list(fn.finish_bundle())
    counted = {name: n for name, n in counters.take().items() if not name.endswith("microseconds")}
    assert counted.pop("assess.tokens") > 0
    assert counted == {
        "assess.in": 2,
        "assess.out": 2,
        "assess.segments": 2,
        "assess.fill_percent.sum": 50,
        "assess.fill_percent.count": 1,
        "assess.batch_documents.sum": 2,
        "assess.batch_documents.count": 1,
    }


@pytest.mark.parametrize("threads", quick_first(1, [1, 2]))
def test_an_element_keeps_its_window_and_its_time(reader: Reader, threads: int) -> None:
    def seen(element: Any, time: Any = beam.DoFn.TimestampParam, window: Any = beam.DoFn.WindowParam) -> Any:
        return element.doc_id, int(time), int(window.start)

    elements = [TimestampedValue(document(f"{n}"), 7 * n) for n in range(4)]
    with test_pipeline.TestPipeline() as pipeline:
        read = (
            pipeline
            | beam.Create(elements)
            | beam.Map(lambda timed: timed)
            | beam.WindowInto(FixedWindows(10))
            | RunStage("assess", Options(batch_chars=20, threads=threads))
            | beam.Map(seen)
        )
        assert_that(read, equal_to([("0", 0, 0), ("1", 7, 0), ("2", 14, 10), ("3", 21, 20)]))


def test_a_stage_that_is_none() -> None:
    with pytest.raises(UsageError, match="there is no stage 'read'; there are see, audit, detect, split"):
        RunStage("read")
