"""Test an installation, for `docassay check`."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from docassay import domains
from docassay.models import catalog
from docassay.models.encoder import Encoder
from docassay.models.engine import default_threads, vnni
from docassay.models.reading import Reader
from docassay.schemas.rows import Source
from docassay.transforms import temporary
from docassay.transforms.detect import detect_language
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.parse import parse
from docassay.views.labels import counted

TEXT_CHARS = 1_000
"""Characters of each sample that are read."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check.

    Attributes:
        fault: What is wrong with it, in one line; None where nothing is.
    """

    what: str
    detail: str
    fault: str | None = None


def checks() -> Iterator[Check]:
    """Check versions, domains, the digests of every model, and what the models answer.

    A fault becomes a `Check` too, so the remaining checks still run.
    """
    yield Check("Python", f"{platform.python_version()} on {platform.machine()}, {default_threads()} cores")
    for package in ("docassay", "apache-beam", "ctranslate2"):
        yield _tried(package, partial(_version, package))
    yield _tried("processor", _compute_types)
    yield _tried("isolation", _isolation)
    yield _tried("language detector", _language)
    for name in domains.names():
        yield _tried(f"domain {name}", partial(_domain, name))
    for name, folder in catalog.folders().items():
        yield _tried(f"model {name}", partial(_model, folder))


def sample_texts() -> list[str]:
    """Collect texts of every domain: its first examples, and its plain text samples."""
    texts = []
    for name in domains.names():
        folder = domains.load(name).folder
        if (folder / "examples.jsonl").is_file():
            with (folder / "examples.jsonl").open(encoding="utf-8") as lines:
                texts.append(str(json.loads(next(lines))["text"]))
        for path in sorted((folder / "samples").glob("*.txt")):
            outcome = parse(Source(path.name, path.read_bytes()), Limits(parts=False))[0]
            if isinstance(outcome, Document):
                texts.append(outcome.text[:TEXT_CHARS])
    return texts


def reading_fault(reader: Reader, texts: list[str]) -> str | None:
    """Ask a reader every task about texts, alone and together; say what is wrong with the answers.

    Probabilities are finite and within 0 to 1, those of a ``single`` task add up to 1, and a text has the
    same ones whatever else is in its batch.
    """
    tasks = sorted(reader.card.tasks)
    batched = reader.read(texts, [tasks] * len(texts))
    for text, reading in zip(texts, batched, strict=True):
        for task in tasks:
            values = reading.probabilities[task]
            if len(values) != len(reader.card.tasks[task].labels):
                labels = len(reader.card.tasks[task].labels)
                return f"task {task} gives {len(values)} probabilities for {labels} labels"
            if not all(math.isfinite(value) and 0 <= value <= 1 for value in values):
                return f"task {task} gives a value that is not a probability"
            if reader.card.tasks[task].kind == "single" and abs(sum(values) - 1) > 1e-4:
                return f"task {task} gives probabilities that add up to {sum(values):.4f}, not 1"
        (alone,) = reader.read([text], [tasks])
        if alone.probabilities != reading.probabilities:
            return "a text has different probabilities alone than in a batch"
    return None


def _tried(what: str, look: Callable[[], str]) -> Check:
    try:
        return Check(what, look())
    except Exception as error:  # a check reports whatever is broken
        message = " ".join(str(error).split()) or type(error).__name__
        return Check(what, "", message)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise RuntimeError(f"{package} is not installed; install docassay again") from None


def _compute_types() -> str:
    import ctranslate2

    supported = sorted(ctranslate2.get_supported_compute_types("cpu"))
    slow = "; slow without int8" if "int8" not in supported else ""
    if not slow and vnni() is False:
        slow = "; no VNNI instructions, with which the models would take half the time"
    return f"computes in {', '.join(supported)}{slow}"


def _isolation() -> str:
    temporary.check()
    with Parser() as parser:
        outcome = parser.parse(Source("check.html", b"<!doctype html><p>A paragraph.</p>", "text/html"))[0]
    if not isinstance(outcome, Document) or outcome.text.strip() != "A paragraph.":
        raise RuntimeError(f"a small HTML page came back as {outcome}")
    return "parses in a separate process"


def _language() -> str:
    tag, _ = detect_language("The tenant pays the rent in advance, by the third working day of each month.")
    if tag != "en":
        raise RuntimeError(f"mistakes an English sentence for {tag!r}")
    return "recognises English"


def _domain(name: str) -> str:
    domain = domains.load(name)
    flags, checks = len(domain.flags), len(domain.checks)  # makes the rules, and so adds their patterns
    domain.patterns.compile()
    ranked = [field.name for field in domain.facts if field.ranked and field.ranked.ranker()]
    learnt = f", {counted(len(ranked), 'trained field')}" if ranked else ""
    return f"{len(domain.kinds)} document types, {flags} signs of fraud, {checks} checks{learnt}"


def _model(folder: Path) -> str:
    card = catalog.verify(folder)
    size = sum((folder / file).stat().st_size for file in card.files)
    summary = (
        f"{card.id}, {card.kind}, {counted(len(card.files), 'file')}, {size / 1e6:.1f} MB as in model.toml"
    )
    if card.kind == "encoder":
        texts = sample_texts()
        fault = reading_fault(Encoder(folder, default_threads()), texts)
        if fault:
            raise RuntimeError(fault)
        summary += f"; {len(card.tasks)} tasks answer {len(texts)} texts, alone and together"
    elif card.kind == "translator":
        from docassay.models.translators import open_translator

        translator = open_translator(folder, default_threads())
        openings = [text.split("\n")[0][:80] for text in sample_texts()]
        texts = [*translator.placeholders[:1], "12,50", *openings]
        if translator.translate(texts) != [translator.translate([text])[0] for text in texts]:
            raise RuntimeError("a sentence is translated differently alone than in a batch")
        summary += f"; translates from {card.about.get('source_language')}, alone and together"
    elif card.kind in ("document", "detector"):
        from docassay.models import detector, document_head

        head = document_head.load(folder) if card.kind == "document" else detector.load(folder)
        for text in sample_texts():
            values = head.predict(text).values()
            if not all(math.isfinite(value) for value in values) or abs(sum(values) - 1) > 1e-4:
                raise RuntimeError("gives probabilities that do not add up to 1")
        labels = [label for task in card.tasks.values() for label in task.labels]  # a detector has no task
        summary += f"; distinguishes {len(labels)} labels of whole documents" if labels else "; answers"
    return summary
