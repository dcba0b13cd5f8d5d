"""A decoder that translates goes on as the original does, sentence by sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="conversion needs the extra `train`")

from docassay.models import catalog, modelfile
from docassay.models.generator import GenerativeTranslator
from docassay.models.translators import CatalogTranslators, check, translating
from docassay.schemas.errors import ModelError
from tests.models.adopt import tiny

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("generators")
    return tiny.generator(tiny.gemma(root / "source"), root / "tiny-gemma")


def test_the_generator_goes_on_as_the_original_does(generator: Path) -> None:
    import ctranslate2
    import torch
    from transformers import AutoModelForCausalLM

    translator = GenerativeTranslator(generator, "fr")
    gemma_float = generator.parent / "float32"
    converter = ctranslate2.converters.TransformersConverter(str(generator.parent / "source"))
    converter.convert(str(gemma_float), force=True)
    translator.engine = ctranslate2.Generator(str(gemma_float), compute_type="float32")
    translator._beam = 1
    found = translator.translate(["Bonjour."])[0]
    model = AutoModelForCausalLM.from_pretrained(generator.parent / "source", dtype=torch.float32).eval()
    tokenizer = translator._tokenizer
    ids = [2, *tokenizer.encode("French: Bonjour.\nEnglish:", add_special_tokens=False).ids]
    stops = [tokenizer.token_to_id(token) for token in ("\n", "<eos>")]
    with torch.inference_mode():
        out = model.generate(
            torch.tensor([ids]), do_sample=False, max_new_tokens=60, eos_token_id=stops, pad_token_id=0
        )[0].tolist()[len(ids) :]
    out = [token for token in out if token not in stops]
    expected = " ".join(tokenizer.decode(out).split())
    assert expected
    assert found.text[: len(expected)] == expected[: len(found.text)]
    assert found.score < 0


def test_what_stands_beside_a_sentence_does_not_change_its_translation(generator: Path) -> None:
    translator = GenerativeTranslator(generator, "de")
    texts = ["Guten Tag.", "Der Mieter zahlt.", "", "Guten Tag.", "<eos>\n\n<bos> \u200b 🦜", "Gutes Tag"]
    alone = [translator.translate([text])[0] for text in texts]
    assert translator.translate(texts) == alone
    assert GenerativeTranslator(generator, "de", threads=2).translate(texts) == alone
    assert alone[2].text == ""


def test_marks_in_a_document_are_text(generator: Path) -> None:
    translator = GenerativeTranslator(generator, "fr")
    short, marked = translator.count(["a", "a<eos>"])
    assert marked == short + len("<eos>")


def test_a_sentence_too_long_is_refused_not_cut(generator: Path) -> None:
    with pytest.raises(ModelError, match="tokens, 160 are taken; split it"):
        GenerativeTranslator(generator, "fr").translate(["mot " * 200])


def test_a_window_that_a_sentence_does_not_fit_is_refused_before_the_engine(tmp_path: Path) -> None:
    # The engine writes beyond its memory where a prompt is longer than the window: the process would end.
    tiny.generator(tiny.gemma(tmp_path / "source", window=64), tmp_path / "narrow", window=64)
    with pytest.raises(ModelError, match=r"its window .* holds 64"):
        GenerativeTranslator(tmp_path / "narrow", "fr")


def test_the_catalog_escalates_to_a_generator_for_the_languages_it_knows(
    generator: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCASSAY_MODELS", str(generator.parent))
    assert check("tiny-gemma").id == "tiny-gemma@2"
    assert "tiny-gemma@2" not in {card.id for card in translating(None)}
    assert translating("tiny-gemma")[-1].id == "tiny-gemma@2"
    both = CatalogTranslators(1, "tiny-gemma")
    assert {"fr", "de"} <= both.languages()
    monkeypatch.setattr("docassay.models.translators.translators", lambda: {"fr": check("tiny-gemma")})
    assert isinstance(both.larger("fr"), GenerativeTranslator)
    assert both.larger("fr") is both.larger("fr")
    assert both.larger("it") is None  # it does not know it
    assert isinstance(both.open("de"), GenerativeTranslator)
    assert both.larger("de") is None  # it was asked already


def test_a_language_that_it_does_not_know_and_a_damaged_folder(generator: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not translate 'it', only de, fr"):
        GenerativeTranslator(generator, "it")
    copy = tmp_path / "copy"
    shutil.copytree(generator, copy)
    (copy / "tokenizer.json").write_text("[]")
    with pytest.raises(ModelError, match="is not the file that"):
        GenerativeTranslator(copy, "fr")
    about = {"format": 1, "name": "copy", "version": "1", "kind": "generator", "base": "", "licence": ""}
    modelfile.write(copy, {**about, "max_tokens": 100, "window": 2048, "source_languages": ["fr"]})
    catalog.verify.cache_clear()
    with pytest.raises(ModelError, match="cannot be opened"):
        GenerativeTranslator(copy, "fr")
