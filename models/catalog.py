"""A model is a folder: weights, tokenizer, heads and a card, `model.toml`.

The card names the model, its base, its licence, what it was trained and measured on, and the
SHA-256 of every other file. Nothing is loaded before the digests are checked, and nothing in a
folder is unpickled or executed.

`DOCASSAY_MODELS` names further folders of models, separated like `PATH`; a model found there takes
the place of the shipped one of the same name.

    ModelError
        the folder is missing, its card is wrong, or a file is not the one that the card describes
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

FORMAT = 1
"""The version of the folder's layout that this release reads and writes."""


class ModelError(ValueError):
    """A model folder is not usable; the message names the folder, the fault and the mend."""


@dataclass(frozen=True, slots=True)
class TaskCard:
    """What one head answers, and how far to trust it.

    Attributes:
        kind: ``single``: the labels exclude each other (softmax); ``multi``: each stands alone (sigmoid).
        labels: In the order of the head's rows.
        temperature: Divides the logits, so that probabilities are calibrated (Guo et al. 2017,
            https://arxiv.org/abs/1706.04599).
        thresholds: By label, for ``multi``: from this probability on, the label is given.
        abstain_below: An answer less probable than this is marked `abstained`.
        abstain_precision: The precision, on validation data, of the answers that are not.
        quality: Figures measured on the named test set with the shipped weights.
    """

    name: str
    domain: str
    kind: Literal["single", "multi"]
    labels: tuple[str, ...]
    temperature: float
    thresholds: tuple[float, ...]
    abstain_below: float
    abstain_precision: float
    data: str
    data_licence: str
    quality: Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Card:
    """What `model.toml` says.

    Attributes:
        digest: SHA-256 over the card itself, which names the digest of every other file: it
            stands for the whole folder.
    """

    name: str
    version: str
    kind: str
    folder: Path
    base: str
    licence: str
    max_tokens: int
    tasks: Mapping[str, TaskCard]
    files: Mapping[str, str]
    digest: str
    about: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The model as rows name it, ``name@version``."""
        return f"{self.name}@{self.version}"


def folders() -> dict[str, Path]:
    """List the model folders by name; those of `DOCASSAY_MODELS` win over the shipped ones."""
    further = os.environ.get("DOCASSAY_MODELS", "")
    roots = [Path(__file__).parent, *(Path(p) for p in further.split(os.pathsep) if p)]
    found: dict[str, Path] = {}
    for root in roots:
        if (root / "model.toml").is_file():
            found[root.name] = root
        elif root.is_dir():
            found |= {folder.name: folder for folder in root.iterdir() if (folder / "model.toml").is_file()}
    return dict(sorted(found.items()))


def find(name: str) -> Path:
    """Return the folder of the model `name`.

    Raises:
        ModelError: There is none.
    """
    known = folders()
    if name not in known:
        raise ModelError(f"there is no model {name!r}; there are {', '.join(known) or 'none'}")
    return known[name]


@cache
def verify(folder: Path) -> Card:
    """Read a folder's card and check every file against it; a folder is checked once a process.

    Raises:
        ModelError: The card is missing, incomplete or of a newer format; a file is missing, or its
            digest is another than the card's.
    """
    card = read(folder)
    for name, expected in card.files.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"model {card.id}: {path} is missing; install the model again")
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != expected:
            raise ModelError(
                f"model {card.id}: {path} is not the file that model.toml describes"
                f" (sha256 {actual[:12]}…, not {expected[:12]}…); install the model again"
            )
    return card


def read(folder: Path) -> Card:
    """Read a folder's card without looking at the other files.

    Raises:
        ModelError: The card is missing, not TOML, incomplete or of a newer format.
    """
    path = folder / "model.toml"
    try:
        content = path.read_bytes()
        about = tomllib.loads(content.decode("utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{folder} is not a model folder: model.toml is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not valid TOML: {error}") from None
    if about.get("format") != FORMAT:
        raise ModelError(
            f"{path} has format {about.get('format')!r}, this release reads {FORMAT};"
            " upgrade docassay or convert the model again"
        )
    try:
        return Card(
            name=about["name"],
            version=str(about["version"]),
            kind=about["kind"],
            folder=folder,
            base=about["base"],
            licence=about["licence"],
            max_tokens=int(about.get("max_tokens", 0)),
            tasks={name: _task(name, entry) for name, entry in about.get("tasks", {}).items()},
            files=about["files"],
            digest=hashlib.sha256(content).hexdigest(),
            about=about,
        )
    except KeyError as error:
        raise ModelError(f"{path}: {error.args[0]} is missing") from None


def _task(name: str, entry: Mapping[str, Any]) -> TaskCard:
    labels = tuple(entry["labels"])
    thresholds = tuple(entry.get("thresholds", ()))
    if entry["kind"] == "multi" and len(thresholds) != len(labels):
        raise ModelError(f"task {name}: {len(thresholds)} thresholds for {len(labels)} labels")
    return TaskCard(
        name=name,
        domain=entry["domain"],
        kind=entry["kind"],
        labels=labels,
        temperature=float(entry["temperature"]),
        thresholds=thresholds,
        abstain_below=float(entry["abstain_below"]),
        abstain_precision=float(entry["abstain_precision"]),
        data=entry["data"],
        data_licence=entry["data_licence"],
        quality=entry.get("quality", {}),
    )
