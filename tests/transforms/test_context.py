"""The context of a process: made once for the options of a run, with models that are opened when needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docassay.models import catalog, encoder_group
from docassay.transforms import context
from docassay.transforms.context import Context, Options
from tests.fakes import KeywordReader, card


def test_all_threads_of_a_run_share_one() -> None:
    options = Options(run_id="a-run")
    with ThreadPoolExecutor(4) as pool:
        found = {id(made) for made in pool.map(context.shared, [options] * 16)}
    assert len(found) == 1
    assert context.shared(Options(run_id="another")) is not context.shared(options)


def test_the_folders_of_the_run_are_searched(tmp_path: Path) -> None:
    context.shared(Options(model_folders=(str(tmp_path),)))
    assert str(tmp_path) in catalog.search_key()
    context.shared(Options())
    assert str(tmp_path) not in catalog.search_key()


def test_models_that_change_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = context.shared(Options())
    monkeypatch.setenv("DOCASSAY_MODELS", str(tmp_path))
    assert context.shared(Options()) is not first, "other folders are searched"


def test_the_encoder_is_opened_when_it_is_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str, int]] = []

    def open_reader(name: str, threads: int) -> KeywordReader:
        opened.append((name, threads))
        return KeywordReader(card({"topic": ["rent"]}))

    monkeypatch.setattr(encoder_group, "open_reader", open_reader)
    made = Context(Options(threads=3))
    assert "clause_type" in made.card.tasks and opened == [], "the card alone needs no engine"
    assert made.reader is made.reader and opened == [("minilm", 3)]
    assert list(made.card.tasks) == ["topic"]


def test_a_context_without_fallbacks_opens_none() -> None:
    made = Context()
    assert made.fallback_classifiers == () and made.fallback_sentences == 100
    assert made.translation_answers.meter.limits.calls is None
