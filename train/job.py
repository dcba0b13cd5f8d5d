"""What a training is asked for, and its data, checked and split: nothing is written, no model opened."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from docassay.schemas.errors import DataError, MissingError
from docassay.train import checks, folder, splits
from docassay.train.fitting import Fitted, Measured, flags
from docassay.train.score import Kind, Split
from docassay.train.table import Columns, Findings, Row, read

SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Job:
    """What `docassay train` is asked to do.

    Attributes:
        kind: ``auto``, ``single`` or ``multi``.
        precision: That the answers not abstained from should reach, on validation.
        rows: The most that are used.
        full: Fine-tune the encoder too.
        passes: How often fine-tuning shows the train split.
    """

    data: Path
    out: Path
    about: folder.About
    columns: Columns = field(default_factory=Columns)
    kind: str = "auto"
    rows: int = 20_000
    seed: int = 0
    cache: Path | None = None
    full: bool = False
    passes: float = 4.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """Checked data: whether labels exclude each other, the rows by split, and the findings.

    `given` is true if the split comes from the data.
    """

    kind: Kind
    labels: tuple[str, ...]
    parts: dict[Split, list[Row]]
    findings: Findings
    where: str
    given: bool = False


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished job: the chosen head, its test figures, and the validation figures that it was chosen by."""

    fitted: Fitted
    measured: Measured
    head_figure: float
    full_figure: float | None


class Faulty(DataError):
    """The data cannot be trained on; `findings` say why."""

    def __init__(self, message: str, findings: Findings, where: str) -> None:
        """Take the findings beside the message that sums them up."""
        super().__init__(message)
        self.findings = findings
        self.where = where


Watch = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done and how much there is."""


def prepare(job: Job) -> Prepared:
    """Read, check and split the data, and look at the target; nothing is written, no model opened.

    Raises:
        MissingError: Scikit-learn is not installed.
        DataError: The file cannot be read.
        Faulty: Rows, labels or duplicates do not allow training; every fault is in its findings.
    """
    if find_spec("sklearn") is None:
        raise MissingError("training needs scikit-learn: pip install '.[train]'")
    folder.check_target(job.out)
    findings = Findings()
    table = read(job.data, job.columns, findings)
    kind = checks.kind_of(table, job.kind)
    rows = checks.check(table.rows, kind, findings)
    stop(findings, job.data, table.where)
    rows = splits.sample(rows, job.rows, job.seed, findings)
    parts = splits.split(rows, job.seed, findings)
    labels = tuple(sorted({label for row in rows for label in row.labels}))
    train = flags(parts["train"], labels)
    for label, count in zip(labels, train.sum(axis=0), strict=True):
        if not count:
            findings.error(f"label {label!r} has no example left to train on")
        elif count == len(train):
            findings.error(f"label {label!r} is in every text left to train on: nothing to tell apart")
    unknown = sorted(set(job.about.definitions) - set(labels))
    if unknown:
        findings.error(f"{unknown[0]!r} is defined, but is not a label in the data")
    if len(parts["validation"]) < 50:
        findings.warning(
            f"{len(parts['validation'])} texts to calibrate on: probabilities and thresholds are rough"
        )
    stop(findings, job.data, table.where)
    return Prepared(kind, labels, parts, findings, table.where, any(row.split for row in rows))


def read_definitions(path: Path | None) -> dict[str, str]:
    """Read a TOML file of definitions, label = "what it means".

    Raises:
        DataError: It is not such a file.
    """
    if path is None:
        return {}
    try:
        meanings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path} is not TOML: {error}") from None
    for label, text in meanings.items():
        if not isinstance(text, str):
            raise DataError(f"{path}: {label} is not a text")
    return meanings


def stop(findings: Findings, data: Path, where: str) -> None:
    """Raise `Faulty` where the findings hold errors.

    Args:
        findings: What was noticed.
        data: The file that it was noticed of.
        where: What a row of it is called.
    """
    faults = findings.messages("error", where)
    if faults:
        number = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise Faulty(f"{data} has {number}; nothing was trained", findings, where)
