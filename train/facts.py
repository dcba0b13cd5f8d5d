"""Train the rankers of an overlay's fields: read the labels, fit, measure, and write the model's folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from docassay import domains
from docassay.domains import Domain
from docassay.domains.overlay import Overlay
from docassay.models import modelfile
from docassay.models.ranker import FOLDER, KIND, WEIGHTS
from docassay.observe.sanitize import line
from docassay.schemas.errors import DataError, MissingError, RunError
from docassay.train.fact_labels import read_labels
from docassay.train.folder import check_target
from docassay.train.job import Watch, stop
from docassay.train.table import Findings

if TYPE_CHECKING:  # SciPy, which is of the extra
    from docassay.train.fact_ranker import FittedField

NOT_SURE = 30
"""Fewer documents with a value make the threshold of a field rough."""

_ROWS = {
    "documents": "documents",
    "values": "values",
    "among candidates": "held",
    "right": "right",
    "wrong": "wrong",
    "abstained": "abstained",
    "right of these": "abstained_right",
    "missed": "missed",
    "documents without a value": "absent",
    "none given of these": "absent_right",
    "first candidate right": "first_right",
}
"""The figures of a field as they are printed."""


@dataclass(frozen=True, slots=True)
class FactJob:
    """What `docassay train --facts` is asked to do.

    Attributes:
        labels: The JSONL.
        overlay: Whose fields are trained; the model's folder lies in its folder.
        precision: That the values not abstained from should reach.
    """

    labels: Path
    overlay: Overlay
    name: str
    version: str
    licence: str
    precision: float
    seed: int = 0

    @property
    def out(self) -> Path:
        """The model's folder."""
        return self.overlay.folder / FOLDER


@dataclass(frozen=True, slots=True)
class TrainedFacts:
    """The fitted fields, and what was noticed of the labels."""

    fitted: list[FittedField]
    findings: Findings


def train_facts(job: FactJob, watch: Watch) -> TrainedFacts:
    """Read and check the labels, fit and measure a ranker for each field, and write the model's folder.

    Args:
        job: What is asked.
        watch: Called with what is being done, how much of it is done and how much there is.

    Raises:
        MissingError: Scikit-learn is not installed.
        DataError: The folder holds something else, or no field has candidates.
        Faulty: Labels are wrong, or too few; every fault is in its findings.
        RunError: The folder cannot be written.
    """
    if find_spec("sklearn") is None:
        raise MissingError("training needs scikit-learn: pip install '.[train]'")
    from docassay.train.fact_ranker import FEWEST, examples_of, fit

    check_target(job.out)
    domain = domains.load(job.overlay.extends)
    here = job.overlay.folder.resolve()
    fields = {one.name: one for one in domain.facts if one.ranked and one.ranked.folder.resolve() == here}
    if not fields:
        raise DataError(
            f'{here / "facts.toml"}: no field has candidates; write, say, candidates = "date" (docs/facts.md)'
        )
    findings = Findings()
    documents = read_labels(job.labels, domain, fields, findings, watch)
    with_value = {name: {one.words for one in documents if name in one.values} for name in fields}
    labelled = [name for name, some in with_value.items() if some]
    for name in labelled:
        count = len(with_value[name])
        if count < FEWEST:
            findings.error(
                f"{name} has a value in {count} of the {FEWEST} different documents that it needs at least"
            )
        elif count < NOT_SURE:
            findings.warning(f"{count} documents have a value of {name}: its threshold is rough")
    if not labelled and not findings.messages("error"):
        findings.error("no line has a value")
    stop(findings, job.labels, "line")
    for name in sorted(set(fields) - set(labelled)):
        findings.warning(
            f"no value of {name}, which has candidates: batch refuses the overlay until it has some"
        )
    fitted = []
    for at, name in enumerate(labelled):
        watch("fitting", at, len(labelled))
        one = fields[name]
        examples = examples_of(one, documents, job.seed)
        strange, unheld, held = [], [], set()
        for document, example in zip(documents, examples, strict=True):
            if one.kinds and document.view.kind not in one.kinds:
                strange.append(document.line)
            if example.gold - {candidate.key for candidate in example.candidates}:
                unheld.append(document.line)
            if (example.right == 1).any():
                held.add(document.words)
        if strange:
            findings.warning(f"a document is of no kind that has {name}; it is not read there", *strange)
        if unheld:
            findings.warning(f"a value of {name} is among no candidates of the document", *unheld)
        if len(held) < FEWEST:
            raise DataError(
                f"the candidates of {name} hold the labelled value in fewer than {FEWEST} documents:"
                " other candidates fit it better (docs/facts.md)"
            )
        fitted.append(fit(one, examples, job.precision))
    _write(job, domain, fitted)
    return TrainedFacts(fitted, findings)


def _write(job: FactJob, domain: Domain, fitted: Sequence[FittedField]) -> None:
    """Write the model's folder; its card comes last, so that what is not complete is no model folder."""
    out = job.out
    arrays = {one.field.name: _arrays(one) for one in fitted}
    card: dict[str, Any] = {
        "format": 1,
        "name": job.name,
        "version": job.version,
        "kind": KIND,
        "trained_by": "docassay train",
        "base": "none: logistic regression on hashed words and structure, trained from scratch",
        "licence": job.licence,
        "intended_use": "Choose values of fields among candidates, in documents like its training data.",
        "known_failures": ["Documents unlike the training data get an answer all the same."],
        "tasks": {one.field.name: _task(job, domain, one) for one in fitted},
    }
    try:
        out.mkdir(exist_ok=True)
        (out / "model.toml").unlink(missing_ok=True)
        (out / WEIGHTS).write_text(json.dumps(arrays, separators=(",", ":")) + "\n", encoding="utf-8")
        modelfile.write(out, card)
    except OSError as error:
        raise RunError(f"{out} could not be written: {error.strerror or error}") from None


def _arrays(one: FittedField) -> dict[str, Any]:
    (buckets,) = one.weights.values.nonzero()
    return {
        "bias": one.weights.bias,
        "scale": one.scale,
        "offset": one.offset,
        "buckets": buckets.tolist(),
        "values": one.weights.values[buckets].tolist(),
    }


def _task(job: FactJob, domain: Domain, one: FittedField) -> dict[str, Any]:
    measured = one.measured
    several: dict[str, Any] = {"thresholds": [0.5]} if one.field.most > 1 else {}
    assert one.field.ranked
    return {
        "domain": domain.name,
        "kind": "multi" if several else "single",
        "labels": [one.field.name],
        "temperature": 1.0,
        **several,
        "candidates": one.field.ranked.candidates,
        "abstain_below": one.abstain_below,
        "abstain_precision": round(one.precision, 3),
        "data": job.labels.name,
        "data_licence": job.licence,
        "trained_on": measured.documents,
        "quality": {
            "test": "each document ranked by a model of others (five folds)",
            **{name: round(figure, 3) for name, figure in asdict(measured).items()},
        },
    }


def report(job: FactJob, trained: TrainedFacts) -> Iterator[RenderableType]:
    """Give what is printed of finished rankers: a column a field, and what it means."""
    table = Table(show_edge=False, header_style="bold")
    table.add_column("")
    for one in trained.fitted:
        table.add_column(one.field.name, justify="right", overflow="fold")
    for told, name in _ROWS.items():
        table.add_row(told, *(str(getattr(one.measured, name)) for one in trained.fitted))
    yield table
    yield Text("each document was ranked by models of the others (five folds, copies of a text together)")
    for one in trained.fitted:
        m = one.measured
        sure = m.right + m.wrong
        yield Text(
            f"{one.field.name}: from probability {one.abstain_below:.3f} on a value counts:"
            f" {sure} of {sure + m.abstained}, at precision {m.right / sure if sure else 0:.3f}"
            f" (asked: {job.precision:g}); calibration error {m.calibration_error:.3f},"
            f" Brier score {m.brier:.3f}"
        )
        if one.precision < job.precision:
            yield Text(
                "no threshold reached the precision asked for; the highest reached was taken", "yellow"
            )
        if m.right + m.abstained_right <= m.first_right:
            yield Text(f"{one.field.name}: no better than taking the first candidate; label more", "yellow")
    folder = line(str(job.overlay.folder))
    yield Text(f"wrote {line(str(job.out))}; use it: DOCASSAY_DOMAINS={folder} docassay batch IN --out OUT")


def overlay_in(folder: Path) -> Overlay:
    """Read the overlay in a folder, and have this process see it among its domains.

    Raises:
        DataError: There is none.
        DomainError: It is wrong, or a domain.
    """
    if not (folder / "facts.toml").is_file() or not (folder / "domain.toml").is_file():
        raise DataError(
            f"--out {folder} is not an overlay with a facts.toml: docassay rules new {folder} --extends legal"
            " makes one, docs/facts.md describes it"
        )
    return domains.overlay_in(folder)
