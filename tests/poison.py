"""Documents that make one stage fail: each names the stage in its text, which `install` makes raise on it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

STAGES = ("parse", "detect", "split", "translate", "assess", "conclude", "write")

SECRET = "hunter2"
"""A word of the documents that the exceptions quote."""

ENGLISH = (
    "The seller shall deliver the goods within thirty days of the order, and the buyer shall pay the price of"
    " them within two weeks of delivery. Neither party may transfer this agreement to a third party.\n"
)
GERMAN = (
    "\n\nAllgemeine Geschäftsbedingungen\n\n"
    "Der Verkäufer liefert die Ware innerhalb von dreißig Tagen nach der Bestellung, und der Käufer zahlt den"
    " Preis binnen zwei Wochen nach der Lieferung. Gerichtsstand ist Berlin.\n"
)

_PLACES: dict[str, tuple[str, str, Callable[..., str]]] = {
    "parse": ("docassay.transforms.parse", "clean", lambda text: text),
    "detect": ("docassay.transforms.detect", "document_language", lambda text: text),
    "split": ("docassay.transforms.split", "cut_segments", lambda parsed, *_: parsed.text),
    "translate": ("docassay.transforms.translate", "names_in", lambda text: text),
    "assess": ("docassay.models.encoder", "Encoder.read", lambda _, texts, *__: " ".join(texts)),
    "conclude": ("docassay.transforms.conclude", "flag", lambda _, __, view, *___: view.text),
    "write": ("docassay.storage.tables.write", "row_columns", lambda _, rows: " ".join(map(str, rows))),
}


def text(stage: str) -> str:
    """Give the text of a document that its stage fails on."""
    return f"Poison for {stage} {SECRET}. {GERMAN if stage == 'translate' else ENGLISH}"


def fill(folder: Path, good: int = 2) -> Path:
    """Write a document for each stage to fail on, and some that are read."""
    folder.mkdir(parents=True, exist_ok=True)
    for stage in STAGES:
        (folder / f"{stage}.txt").write_text(text(stage), encoding="utf-8")
    for n in range(good):
        (folder / f"good-{n}.txt").write_text(f"Number {n}. {ENGLISH if n % 2 else GERMAN}", encoding="utf-8")
    for path in folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def install(replace: Callable[[Any, str, Any], None], error: Callable[[str], Exception] = ValueError) -> None:
    """Make each stage raise on its document.

    Args:
        replace: Sets an attribute, as `setattr`.
        error: Makes the exception of a message that quotes the document.
    """
    for stage, (module, name, read) in _PLACES.items():
        owner: Any = importlib.import_module(module)
        *classes, function = name.split(".")
        for one in classes:
            owner = getattr(owner, one)
        replace(owner, function, _failing(getattr(owner, function), stage, read, error))


def _failing(
    work: Callable[..., Any], stage: str, read: Callable[..., str], error: Callable[[str], Exception]
) -> Callable[..., Any]:
    def failing(*arguments: Any, **named: Any) -> Any:
        if f"Poison for {stage} " in read(*arguments):
            raise error(f"{stage} met {SECRET}")
        return work(*arguments, **named)

    return failing
