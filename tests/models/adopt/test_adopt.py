"""Adopted models translate as the originals do, and what cannot be adopted is one clear line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="conversion needs the extra `train`")

from typer.testing import CliRunner, Result

from docassay.cli import app
from docassay.commands.models import purpose
from docassay.models import catalog
from docassay.models.adopt.folder import made
from docassay.models.adopt.translators import adopt, compare, pair, recognise, stated_licence
from docassay.models.translator import SequenceTranslator
from docassay.schemas.errors import ModelError
from tests.models.adopt import tiny

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
    assert "already exists" in again.stderr


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
        (["no-such-folder"], "is not a folder"),
        (["."], "--translates it-en"),
    ],
    ids=["no folder", "no pair"],
)
def test_a_wrong_call_says_what_is_missing(arguments: list[str], words: str) -> None:
    done = run("add", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_without_the_extra_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from docassay.commands import models as command

    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "gguf" else object())
    done = run("add", tmp_path, "--as", "generator")
    assert done.exit_code == 2
    assert "needs gguf: pip install '.[train]'" in done.stderr
