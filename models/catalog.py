"""The catalog of models; a model is a folder of weights, tokenizer, heads and a card, `model.toml`.

The card names the model, its base, its licence, what it was trained and measured on, and the
SHA-256 of every other file. Nothing is loaded before the digests are checked, and nothing in a
folder is unpickled or executed.

The user's own models (`docassay models add`) lie in `user_folder()`. `DOCASSAY_MODELS` names further
folders of models, separated like `PATH`, and `use_folders` those that a command was given (`--models`), which
travel to its workers as an option; a model found there takes the place of one of the same name.
An encoder of another name reads beside the shipped one and answers the tasks of its own card
(`active_encoders`, `merge_cards`).

`ModelError` means that the folder is missing, its card is wrong, or a file is not the one that the card
describes.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from docassay.schemas.errors import ModelError

if TYPE_CHECKING:
    from docassay.models.label_chain import LabelChain

FORMAT = 1
"""The version of the folder's layout that this release reads and writes."""

SHIPPED = Path(__file__).parent / "shipped"
"""The folder of the models that come with this release."""

DEFAULT_ENCODER = "minilm"
"""The encoder that reads where nobody names another."""

TAGGER = "personal"
"""The tagger of personal data."""

PERSONAL_DATA = "personal_data"
"""The tagger's task, as kinds of documents ask for it."""

MAX_LABEL_CHARS = 100
LOADED = (".bin", ".json", ".model", ".npz")
"""Suffixes of the files that are loaded: the card must have the digest of each."""

HEADS = "heads.npz"
"""The file of the heads: for each task `TASK.weight` [labels, width] and `TASK.bias` [labels]; where it has
lexical weights, `TASK.PART` for each of `models.lexical_weights.PARTS`."""


MAJORITY = 0.5
"""Probability below which a label is less probable than the others together."""


@dataclass(frozen=True, slots=True)
class TaskCard:
    """What one head answers, and how far it can be trusted.

    Attributes:
        kind: ``single``: the labels exclude each other (softmax); ``multi``: each is independent (sigmoid).
        labels: In the order of the head's rows.
        temperature: Divides the logits, so that probabilities are calibrated (Guo et al. 2017,
            https://arxiv.org/abs/1706.04599).
        thresholds: By label, for ``multi``: from this probability on, the label is given.
        abstain_below: An answer less probable than this is marked `abstained`.
        abstain_labels_below: By label, where it takes more than `abstain_below`: such as a label that texts
            of other kinds are often given wrongly.
        abstain_precision: The precision, on validation data, of the answers that are not.
        margin: How far an answer must lead to be sure on every processor, in log-odds: over the next label
            (``single``), or over its threshold (``multi``); see
            docs/decisions/0008-a-margin-for-processors.md.
        quality: Figures measured on the named test set with the shipped weights.
        definitions: What a label means, in a sentence, where the card says so.
        asked: It is asked of every segment of its domain, whether the domain lists it or not.
        label_chain: How its labels follow each other in a document, where that helps to tell them apart.
        model: The model that answers it, ``name@version``.
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
    definitions: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False
    label_chain: LabelChain | None = None
    model: str = ""
    margin: float = 0.0
    abstain_labels_below: Mapping[str, float] = field(default_factory=dict)

    def least(self, label: str) -> float:
        """Return the probability from which on a label is not abstained.

        Of labels that exclude each other none is sure that is less probable than all others together: a
        precision reached by all answers on average does not make the doubtful ones right.
        """
        least = MAJORITY if self.kind == "single" else 0.0
        return max(least, self.abstain_below, self.abstain_labels_below.get(label, 0.0))


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

    @property
    def weights(self) -> str:
        """Digest of all that a text's states depend on: heads of equal `weights` answer in one pass."""
        parts = sorted(f"{name} {digest}" for name, digest in self.files.items() if name != HEADS)
        return hashlib.sha256("\n".join([str(self.max_tokens), *parts]).encode()).hexdigest()

    def answering(self, task: str) -> str:
        """Name the model that answers a task, as rows do: several may read side by side."""
        return self.tasks[task].model or self.id


def folders() -> dict[str, Path]:
    """List the model folders by name; those of `use_folders` win, then those of `DOCASSAY_MODELS`."""
    by_name: dict[str, Path] = {}
    for root in (SHIPPED, user_folder(), *_extra_roots()):
        by_name |= {folder.name: folder for folder in model_folders_in(root)}
    return dict(sorted(by_name.items()))


def shipped() -> frozenset[str]:
    """Name the models that come with this release."""
    return frozenset(folder.name for folder in model_folders_in(SHIPPED))


def user_folder() -> Path:
    """Return the folder of the user's own models: `docassay/models` below `XDG_DATA_HOME`.

    See https://specifications.freedesktop.org/basedir-spec/latest/.
    """
    home = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (home if home.is_absolute() else Path("~/.local/share").expanduser()) / "docassay" / "models"


def named_folders(models: Sequence[str | Path]) -> tuple[str, ...]:
    """Give the full paths of folders that are models or hold some, as `use_folders` takes them.

    Raises:
        ModelError: One is neither.
    """
    for path in models:
        if not model_folders_in(Path(path)):
            raise ModelError(f"{path} is not a model folder and holds none: there is no model.toml")
    return tuple(str(Path(path).resolve()) for path in models)


def model_folders_in(root: Path) -> list[Path]:
    """List the model folders that a path names: itself, or those right below it."""
    if (root / "model.toml").is_file():
        return [root]
    if not root.is_dir():
        return []
    return sorted(folder for folder in root.iterdir() if (folder / "model.toml").is_file())


def active_encoders(name: str) -> tuple[Path, ...]:
    """List the encoders that read: the model `name`, and those of other names in further folders.

    Raises:
        ModelError: There is no model `name`, or the card of one of them is wrong.
    """
    extra = [folder for root in _extra_roots() for folder in model_folders_in(root) if folder.name != name]
    encoders = [folder for folder in dict.fromkeys(extra) if read(folder).kind == "encoder"]
    return (find(name), *encoders)


def merge_cards(cards: Sequence[Card]) -> Card:
    """Join cards of encoders that read side by side: the first's, with the tasks of all.

    A task that the first shares with another is answered by the other: the user's labels win over the
    shipped ones.

    Raises:
        ModelError: Two of the others have the same task.
    """
    extra_tasks: dict[str, TaskCard] = {}
    for card in cards[1:]:
        for name, task in card.tasks.items():
            if name in extra_tasks:
                raise ModelError(
                    f"task {name} is answered by {extra_tasks[name].model} and by {card.id};"
                    " use only one of them"
                )
            extra_tasks[name] = task
    return replace(cards[0], tasks={**cards[0].tasks, **extra_tasks})


def find(name: str) -> Path:
    """Return the folder of the model `name`.

    Raises:
        ModelError: There is none.
    """
    available = folders()
    if name not in available:
        raise ModelError(f"there is no model {name!r}; there are {', '.join(available) or 'none'}")
    return available[name]


def use_folders(paths: Sequence[str]) -> None:
    """Search these folders too, from now on in this process; they win over models of the same name.

    Replaces the folders of an earlier call. Workers get theirs from the options of the graph.

    Args:
        paths: Model folders, or folders that hold some.
    """
    global _extra_folders
    _extra_folders = tuple(paths)


_extra_folders: tuple[str, ...] = ()


def search_key() -> tuple[str, ...]:
    """Return the folders that are searched now, as a key for caches of what was found in them."""
    return os.environ.get("DOCASSAY_MODELS", ""), str(user_folder()), *_extra_folders


def _extra_roots() -> list[Path]:
    named = os.environ.get("DOCASSAY_MODELS", "").split(os.pathsep)
    return [Path(path) for path in (*named, *_extra_folders) if path]


@cache
def verify(folder: Path) -> Card:
    """Read a folder's card and check every file against it, once per process.

    Raises:
        ModelError: The card is missing, incomplete or of a newer format; a file is missing, or its
            digest is not in the card or differs from it.
    """
    card = read(folder)
    for path in sorted(folder.iterdir()):
        if path.suffix in LOADED and path.name not in card.files:
            raise ModelError(f"model {card.id}: {path} has no sha256 in model.toml; install the model again")
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
    try:
        state = (folder / "model.toml").stat()
        return _read(folder, state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        raise ModelError(f"{folder} is not a model folder: model.toml is missing") from None


@lru_cache(maxsize=64)
def _read(folder: Path, *_: int) -> Card:
    """Read a card, once for each state of its file."""
    path = folder / "model.toml"
    try:
        content = path.read_bytes()
        entries = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not valid TOML: {error}") from None
    if entries.get("format") != FORMAT:
        raise ModelError(
            f"{path} has format {entries.get('format')!r}, this release reads {FORMAT};"
            " upgrade docassay or convert the model again"
        )
    try:
        return Card(
            name=entries["name"],
            version=str(entries["version"]),
            kind=entries["kind"],
            folder=folder,
            base=entries["base"],
            licence=entries["licence"],
            max_tokens=int(entries.get("max_tokens", 0)),
            tasks={
                name: _task(name, entry, f"{entries['name']}@{entries['version']}")
                for name, entry in entries.get("tasks", {}).items()
            },
            files=_files(entries["files"]),
            digest=hashlib.sha256(content).hexdigest(),
            about=entries,
        )
    except KeyError as error:
        raise ModelError(f"{path}: {error.args[0]} is missing") from None
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    except (TypeError, ValueError, AttributeError) as error:  # a number where a list should be, say
        raise ModelError(f"{path} does not describe a model: {error}") from None


def _files(entries: Mapping[str, Any]) -> Mapping[str, str]:
    for name, digest in entries.items():
        if Path(name).name != name or not isinstance(digest, str):
            raise ModelError(f"files: {name!r} is not the name of a file of the folder with its sha256")
    return dict(entries)


def _task(name: str, entry: Mapping[str, Any], model: str) -> TaskCard:
    labels = tuple(entry["labels"])
    thresholds = tuple(float(threshold) for threshold in entry.get("thresholds", ()))
    if not labels or len(set(labels)) != len(labels) or not all(isinstance(label, str) for label in labels):
        raise ModelError(f"task {name}: labels must be different texts, one at least")
    for label in labels:
        if not (0 < len(label) <= MAX_LABEL_CHARS and label.isprintable()):
            raise ModelError(
                f"task {name}: {label[:40]!r} is not a label of 1 to {MAX_LABEL_CHARS} characters"
            )
    if entry["kind"] not in ("single", "multi"):
        raise ModelError(f"task {name}: kind is {entry['kind']!r}, neither single nor multi")
    if not 0 < float(entry["temperature"]) < float("inf"):
        raise ModelError(f"task {name}: temperature is {entry['temperature']}, not above 0")
    if not 0 <= float(entry.get("margin", 0)) < float("inf"):
        raise ModelError(f"task {name}: margin is {entry['margin']}, below 0 or without end")
    by_label = {label: float(value) for label, value in entry.get("abstain_labels_below", {}).items()}
    if not all(0 <= value <= 1 for value in by_label.values()):
        raise ModelError(f"task {name}: abstain_labels_below holds something that is not a probability")
    for key, said in (("definitions", "is defined"), ("abstain_labels_below", "is abstained from")):
        strangers = sorted(set(entry.get(key, {})) - set(labels))
        if strangers:
            raise ModelError(f"task {name}: {strangers[0]!r} {said}, but is none of its labels")
    if entry["kind"] == "multi" and "label_chain" in entry:
        raise ModelError(f"task {name}: labels that do not exclude each other have no order")
    if entry["kind"] == "multi" and len(thresholds) != len(labels):
        raise ModelError(f"task {name}: {len(thresholds)} thresholds for {len(labels)} labels")
    chain = None
    if "label_chain" in entry:
        from docassay.models.label_chain import from_card  # NumPy, which the command line does without

        chain = from_card(entry["label_chain"], len(labels))
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
        definitions=entry.get("definitions", {}),
        asked=bool(entry.get("asked", False)),
        label_chain=chain,
        model=model,
        margin=float(entry.get("margin", 0)),
        abstain_labels_below=by_label,
    )
