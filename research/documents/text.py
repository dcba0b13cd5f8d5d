"""A document of a known kind, and how corpora are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from docassay.domains.mail.features import LONGEST_MESSAGE
from docassay.domains.mail.message import header_block
from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from research.corpora.archives import read_member

LEAST_BODY = 20
"""Fewest characters of the body of a mail that is read as a message of a telephone."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document of a known kind.

    Attributes:
        kind: ``domain.kind``, or `NONE`.
        group: Documents that resemble each other.
        corpus: Where it is from; the figures are shown by it.
        invented: It is not measured on.
    """

    kind: str
    group: str
    corpus: str
    text: str
    title: str | None = None
    media_type: str = "text/plain"
    invented: bool = False
    weight: float = 1.0


def read_rows(data: Path, name: str, member: str) -> list[dict[str, Any]]:
    """Read the JSON lines of an archive of `more`."""
    body = read_member(data / f"more/{name}.tar.xz", member).decode("utf-8")
    return [json.loads(line) for line in body.split("\n") if line]


def read_file(kind: str, group: str, corpus: str, name: str, content: bytes) -> Iterator[Text]:
    """Read a file as docassay does; what it rejects is left out."""
    for outcome in parse(Source(f"file:///{PurePosixPath(name).name}", content), Limits(parts=False))[:1]:
        if isinstance(outcome, Document):
            yield Text(kind, group, corpus, outcome.text, outcome.title, outcome.media_type)


def cited(whole: Text, most: int = 10) -> Iterator[Text]:
    """Take passages out of what a court wrote, or what was filed with it, as they are cited."""
    for start in range(2_000, min(len(whole.text), 4_000 * most), 4_000):
        passage = whole.text[start : start + 500 + start % 1_500]
        yield replace(whole, text=passage, title=None, invented=True)


def short_body(text: str) -> str:
    r"""Give the body of a mail that is as short as a message of a telephone, else nothing.

    >>> short_body("From: a@b.example\nSubject: x\n\nYour order is on its way to you.")
    'Your order is on its way to you.'
    """
    start = header_block(text)
    body = text[start:].strip()
    return body if start and LEAST_BODY < len(body) <= LONGEST_MESSAGE else ""
