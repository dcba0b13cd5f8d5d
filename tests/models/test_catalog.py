"""A model folder that is not what its card says is one clear error."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from docassay.models import catalog
from docassay.models.catalog import find, folders, read, verify
from docassay.models.heads import check_heads
from docassay.schemas.errors import ModelError


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(find("minilm"), tmp_path / "minilm"))


def edit(folder: Path, old: str, new: str) -> None:
    card = folder / "model.toml"
    content = card.read_text()
    assert old in content
    card.write_text(content.replace(old, new, 1))


@pytest.mark.parametrize("name", folders())
def test_shipped_models_are_what_their_cards_say(name: str) -> None:
    card = verify(find(name))
    assert card.name == name
    assert card.licence and card.about["intended_use"] and card.about["known_failures"]
    present = {path.name for path in card.folder.iterdir() if path.name != "__pycache__"} - {"model.toml"}
    assert present == set(card.files)


def test_flipped_byte_is_found(copy: Path) -> None:
    content = bytearray((copy / "model.bin").read_bytes())
    content[1000] ^= 1
    (copy / "model.bin").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.bin is not the file that model\.toml describes"):
        verify(copy)


def test_missing_file_is_named(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        verify(copy)


def test_a_file_that_the_card_does_not_have_is_not_opened(copy: Path) -> None:
    card = copy / "model.toml"
    card.write_text(card.read_text().replace('"model.bin" = ', '# "model.bin" = '))
    with pytest.raises(ModelError, match=r"model\.bin has no sha256"):
        verify(copy)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "format = 2", "has format 2, this release reads 1"),
        ("format = 1", "format = = 1", "is not valid TOML"),
        ('kind = "encoder"', 'sort = "encoder"', "kind is missing"),
        ('kind = "single"', 'kind = "double"', "kind is 'double', neither single nor multi"),
        ('labels = ["legitimate", ', 'labels = ["spam", ', "labels must be different"),
        ('labels = ["legitimate", ', 'labels = ["a\\nb", ', "is not a label of 1 to 100 characters"),
        ("temperature = ", "temperature = 0.0 # ", "temperature is 0.0, not above 0"),
        ("temperature = ", 'temperature = "warm" # ', "does not describe a model"),
        ("margin = ", "margin = -0.1 # ", "margin is -0.1, below 0 or without end"),
        ('"model.bin" = ', '"../model.bin" = ', "is not the name of a file of the folder"),
        (
            "[tasks.message_fraud]",
            "[tasks.message_fraud.definitions]\nham = 'x'\n[tasks.message_fraud]",
            "'ham'",
        ),
        ("audit_rights = ", "audit_rites = ", "'audit_rites' is abstained from, but is none of its labels"),
        (
            "audit_rights = ",
            "audit_rights = 1.2 # ",
            "abstain_labels_below holds something that is not a probability",
        ),
        ("evidence_weight = ", "evidence_weight = 0.0 # ", "no probabilities above 0"),
        ("evidence_weight = ", "confidence = ", "evidence_weight is missing"),
        (
            "[tasks.clause_type]",
            "[tasks.clause_type.label_chain]\nevidence_weight = 1.0\n[tasks.clause_type]",
            "task clause_type: labels that do not exclude each other have no order",
        ),
    ],
)
def test_unreadable_card_says_what_is_wrong(copy: Path, old: str, new: str, message: str) -> None:
    edit(copy, old, new)
    with pytest.raises(ModelError, match=message):
        read(copy)


def test_another_label_list_than_the_heads_is_an_error(copy: Path) -> None:
    edit(copy, 'labels = ["legitimate", ', 'labels = ["extra", "legitimate", ')
    with pytest.raises(ModelError, match=r"message_fraud has 4 labels in model\.toml and 3 rows"):
        check_heads(read(copy))


def test_newer_format_is_refused_before_its_files_are_looked_at(copy: Path) -> None:
    edit(copy, "format = 1", "format = 2")
    (copy / "model.bin").unlink()
    with pytest.raises(ModelError, match="has format 2"):
        verify(copy)


def test_no_folder_no_card(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model folder"):
        read(tmp_path)
    with pytest.raises(ModelError, match="there is no model 'nobody'"):
        find("nobody")


def test_further_folders_win(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCASSAY_MODELS", str(copy.parent))
    assert catalog.find("minilm") == copy
