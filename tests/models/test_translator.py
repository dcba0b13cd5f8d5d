"""Translator: the real engine on random weights; what it says is nonsense, how it says it is tested."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from docassay.models import translators as module
from docassay.models.translator import SequenceTranslator
from docassay.models.translators import CatalogTranslators, translators
from docassay.schemas.errors import ModelError
from tests import tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.translator(tmp_path_factory.mktemp("models") / "fr-en")


@pytest.fixture(scope="module")
def opened(folder: Path) -> SequenceTranslator:
    return SequenceTranslator(folder)


def _sentences(number: int = 60) -> list[str]:
    chance = random.Random(4)
    words = " ".join(tiny.LINES).split()
    return [" ".join(chance.choices(words, k=chance.randint(1, 12))) for _ in range(number)]


def test_a_sentence_is_translated_the_same_whatever_is_beside_it(opened: SequenceTranslator) -> None:
    sentences = _sentences()
    together = opened.translate(sentences)
    assert together == [opened.translate([sentence])[0] for sentence in sentences]
    assert together == list(reversed(opened.translate(list(reversed(sentences)))))
    assert len({row.text for row in together}) > 20


def test_beams_and_threads_do_not_change_that(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "beams")
    tiny.card(copy, beam=3)
    one, two = SequenceTranslator(copy), SequenceTranslator(copy, threads=2)
    sentences = _sentences(25)
    assert two.translate(sentences) == [one.translate([sentence])[0] for sentence in sentences]


def test_a_sentence_is_spelt_as_the_model_learnt_it(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "spelt")

    def card(spelling: str) -> None:
        tiny.card(copy)
        with (copy / "model.toml").open("a", encoding="utf-8") as file:
            file.write(f"[source_spelling]\n{spelling}\n")

    card('"ß" = "ss"')
    spelt, plain = SequenceTranslator(copy), SequenceTranslator(folder)
    sharp, double = "Das Maß des Mietzinses gemäß Gesetz.", "Das Mass des Mietzinses gemäss Gesetz."
    assert spelt.translate([sharp]) == spelt.translate([double]) == plain.translate([double])
    assert spelt.count([sharp]) == spelt.count([double]) != plain.count([sharp])
    card('"ss" = "ß"')  # only one character can be replaced
    module.catalog.verify.cache_clear()
    with pytest.raises(ModelError, match="cannot be opened"):
        SequenceTranslator(copy)


def test_repeats_are_computed_once(opened: SequenceTranslator, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[str]] = []
    forward = opened._forward
    monkeypatch.setattr(opened, "_forward", lambda batch: rows.extend(batch) or forward(batch))
    found = opened.translate(["Le loyer.", "Le bail.", "Le loyer.", ""])
    assert len(rows) == 2 and found[0] == found[2] and found[3].text == ""


def test_what_is_too_long_is_refused_and_never_cut(opened: SequenceTranslator) -> None:
    longest = "loyer " * 200
    with pytest.raises(ModelError, match="at most 64 are taken"):
        opened.translate(["Le bail.", longest])
    assert opened.count([longest])[0] > 200


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "😀", "合同", "\ufffd", "<s> </s> <unk>", "⟦3⟧", "a" * 30]
)
def test_no_text_crashes_the_engine(opened: SequenceTranslator, text: str) -> None:
    (found,) = opened.translate([text])
    assert found.score <= 0 and "\n" not in found.text


def test_scores_are_means_of_log_probabilities(opened: SequenceTranslator) -> None:
    for row in opened.translate(_sentences(10)):
        assert -8 < row.score < 0  # a sum over tokens would be far lower


def test_placeholders_are_known_from_the_tokenizer(folder: Path, tmp_path: Path) -> None:
    assert len(SequenceTranslator(folder).placeholders) == 10
    assert SequenceTranslator(tiny.translator(tmp_path / "plain", placeholders=False)).placeholders == ()


def test_the_catalog_lists_translators_by_source_language(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = set(translators())
    monkeypatch.setenv("DOCASSAY_MODELS", str(folder.parent))
    assert set(translators()) == shipped | {"fr"} and translators()["fr"].folder == folder
    shelf = CatalogTranslators()
    assert shelf.open("fr") is shelf.open("fr") and shelf.larger("fr") is None
    monkeypatch.setattr(module, "open_translator", lambda *_: pytest.fail("asking for languages opens none"))
    assert "fr" in CatalogTranslators().languages()


def test_a_folder_that_is_not_what_its_card_says_is_not_opened(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "fr-en")
    (copy / "sentencepiece.model").write_bytes(b"another")
    with pytest.raises(ModelError, match="is not the file that"):
        SequenceTranslator(copy)
    tiny.card(copy)  # the digest is right now, the file still is no tokenizer
    module.catalog.verify.cache_clear()
    with pytest.raises(ModelError, match="cannot be opened"):
        SequenceTranslator(copy)
