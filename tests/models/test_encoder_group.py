"""Encoders side by side: who answers what, in how many passes, and what is refused before any document."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from docassay.models import encoder_group, modelfile
from docassay.models.catalog import HEADS, active_encoders, find, merge_cards, model_folders_in, read
from docassay.models.encoder import Encoder
from docassay.models.encoder_group import EncoderGroup, open_reader
from docassay.schemas.errors import ModelError
from tests.fakes import KeywordReader, card

TASK = {
    "domain": "legal",
    "kind": "single",
    "labels": ["lease", "loan"],
    "temperature": 1.0,
    "abstain_below": 0.6,
    "abstain_precision": 0.9,
    "asked": True,
    "data": "none",
    "data_licence": "none",
    "definitions": {"lease": "The use of a thing for rent."},
}


def further(folder: Path, task: str = "topic", max_tokens: int = 192) -> Path:
    """Write an encoder of the shipped weights with one head of its own."""
    folder.mkdir(parents=True)
    shipped = read(find("minilm"))
    for name in shipped.files:
        if name != HEADS:
            os.link(shipped.folder / name, folder / name)
    chance = np.random.default_rng(0)
    np.savez(
        folder / HEADS,
        **{f"{task}.weight": chance.normal(size=(2, 384)), f"{task}.bias": np.zeros(2)},
    )
    about = {**shipped.about, "name": folder.name, "version": "3", "max_tokens": max_tokens}
    modelfile.write(folder, about | {"tasks": {task: TASK}})
    return folder


def use(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setenv("DOCASSAY_MODELS", os.pathsep.join(map(str, folders)))


TEXTS = ["The lessee pays the rent.", "The bank lends the sum at interest.", ""]


def test_an_encoder_of_another_name_reads_beside_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = further(tmp_path / "own")
    use(monkeypatch, own)
    assert active_encoders("minilm") == (find("minilm"), own)
    reader = open_reader("minilm")
    assert isinstance(reader, Encoder), "equal weights are one engine"
    assert reader.card.answering("topic") == "own@3"
    assert reader.card.answering("clause_type").startswith("minilm@")
    assert reader.card.tasks["topic"].definitions == {"lease": "The use of a thing for rent."}
    readings = reader.read(TEXTS, [["topic", "clause_type"], ["topic"], ["topic"]])
    shipped = Encoder(find("minilm")).read(TEXTS[:1], [["clause_type"]])
    assert readings[0].probabilities["clause_type"] == shipped[0].probabilities["clause_type"]
    assert [sorted(reading.probabilities) for reading in readings] == [
        ["clause_type", "topic"],
        ["topic"],
        [],
    ]


def test_other_weights_read_on_their_own_and_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, further(tmp_path / "own"))
    one = open_reader("minilm")
    use(monkeypatch, further(tmp_path / "other", max_tokens=190))
    two = open_reader("minilm")
    assert isinstance(two, EncoderGroup)
    asked = [["topic", "clause_type"]] * 2
    assert two.read(TEXTS[:2], asked) == one.read(TEXTS[:2], asked)


def test_a_process_opens_the_same_folders_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_reader("minilm")
    assert open_reader("minilm") is first
    use(monkeypatch, further(tmp_path / "own"))
    own = open_reader("minilm")
    assert own is not first and open_reader("minilm") is own


def test_panel_asks_each_reader_for_its_own_tasks() -> None:
    first, second = KeywordReader(card({"a": ["q"], "b": ["y"]})), KeywordReader(card({"b": ["tax", "z"]}))
    (reading,) = EncoderGroup([first, second]).read(["tax"], [["a", "b"]], [("a", "q"), ("b", "tax")])
    assert sorted(reading.probabilities) == ["a", "b"]
    assert len(reading.probabilities["b"]) == 2, "labels of one's own win"
    assert reading.evidence == {("b", "tax"): (0, 3)}


def test_two_answers_to_one_task_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, further(tmp_path / "one"), further(tmp_path / "two"))
    with pytest.raises(ModelError, match="task topic is answered by one@3 and by two@3"):
        encoder_group.check("minilm")


def test_own_task_of_a_shipped_name_wins() -> None:
    merged = merge_cards([card({"a": ["x"]}), card({"a": ["y", "z"]}, name="own")])
    assert merged.tasks["a"].labels == ("y", "z")


def _no_heads(folder: Path) -> None:
    np.savez(folder / HEADS, other=np.zeros(1))


def _three_rows(folder: Path) -> None:
    np.savez(folder / HEADS, **{"topic.weight": np.zeros((3, 384)), "topic.bias": np.zeros(3)})


def _no_archive(folder: Path) -> None:
    (folder / HEADS).write_text("no heads")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_no_heads, r"heads\.npz has no rows for task topic"),
        (_three_rows, r"topic has 2 labels in model\.toml and 3 rows"),
        (_no_archive, r"heads\.npz cannot be read"),
    ],
)
def test_heads_that_do_not_fit_are_found_before_any_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: object, message: str
) -> None:
    folder = further(tmp_path / "own")
    spoil(folder)  # type: ignore[operator]
    modelfile.write(folder, modelfile.read(folder))  # the digests are right, the heads are not
    use(monkeypatch, folder)
    with pytest.raises(ModelError, match=message):
        encoder_group.check("minilm")


def names(paths: Sequence[Path]) -> list[str]:
    return [path.name for path in paths]


def test_a_path_names_a_model_folder_or_a_folder_of_them(tmp_path: Path) -> None:
    one = further(tmp_path / "one")
    further(tmp_path / "two")
    assert names(model_folders_in(one)) == ["one"]
    assert names(model_folders_in(tmp_path)) == ["one", "two"]
    assert model_folders_in(tmp_path / "none") == []
