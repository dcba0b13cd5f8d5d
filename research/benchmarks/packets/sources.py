"""The documents that packets are joined from: real PDFs, and real texts to be printed."""

from __future__ import annotations

import csv
import pickle
import re
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from research.benchmarks.packets.halves import INVENTED, is_held_back
from research.corpora.archives import read_members
from research.documents import forms, medical
from research.documents.text import read_rows

MOST_PAGES = 30
MOST_CHARS = 40_000
"""Longer documents are left to the measurement of single ones."""

_REAL = {
    "invoice_pdf": ("invoice", "financial"),
    "nda_pdf": ("nda", "legal"),
    "letter_german": ("letter", "medical"),
    "terms": ("terms", "legal"),
    "policy": ("terms", "legal"),
    "note": ("note", "medical"),
    "mail_enron": ("mail", "mail"),
    "mail_ham": ("mail", "mail"),
}
_PDFS = {
    "legal-cuad_pdf_txt": ("contract", "legal"),
    "legal-court": ("court", "legal"),
    "financial-sec_pdf": ("report", "financial"),
    "financial-fomc": ("statement", "financial"),
    "medical-fda_crl": ("fda_letter", "medical"),
}
_PRINTABLE = frozenset({"en", "de", "fr", "es", "it", "nl", "pt"})
_SERIAL = re.compile(r"[\d_]+|zugferd|BASIC|EN16931|EXTENDED|MINIMUM|XRECHNUNG|FX|CII|UBL|intarsys|Beispiele")


@dataclass(frozen=True, slots=True)
class PacketDocument:
    """A document: a PDF as it is, or a text that is still to be printed.

    Attributes:
        group: What resembles it is of the same half.
        kind: The sort of document, roughly.
        pages: The text's own pages, where it has some.
    """

    name: str
    group: str
    kind: str
    domain: str
    language: str
    pdf: bytes | None = None
    pages: tuple[str, ...] = ()

    @property
    def held_back(self) -> bool:
        """Whether nothing may learn from it."""
        return is_held_back(self.group)


def documents(data: Path) -> list[PacketDocument]:
    """Read every document of both halves, in a fixed order; they are kept in the temporary folder."""
    cache = Path(tempfile.gettempdir()) / "docassay-packets.pickle"
    if cache.is_file():
        found: list[PacketDocument] = pickle.loads(cache.read_bytes())
        return found
    found = [*_real(data), *_pdfs(data), *_texts(data)]
    cache.write_bytes(pickle.dumps(found))
    return found


def _real(data: Path) -> Iterator[PacketDocument]:
    with (data / "real/manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    by_set = {of: read_members(data / f"real/{of}.tar.xz", "*") for of in _REAL}
    for row in rows:
        of, name = row["set"], row["file"]
        if of not in _REAL:
            continue
        body = next(body for key, body in by_set[of].items() if key.endswith(name.split("/", 1)[1]))
        kind, domain = _REAL[of]
        language = row["language"].partition(" ")[0] or "en"
        group = f"{of} {_SERIAL.sub('', name)}"
        if name.lower().endswith(".pdf"):
            yield PacketDocument(name, group, kind, domain, language, pdf=body)
        elif language in _PRINTABLE and (text := _text_of(name, body)):
            yield PacketDocument(name, group, kind, domain, language, pages=(text,))


def _pdfs(data: Path) -> Iterator[PacketDocument]:
    for archive, (kind, domain) in _PDFS.items():
        with tarfile.open(data / f"documents/{archive}.tar.xz") as tar:
            for member in tar:
                if member.isfile() and member.name.lower().endswith(".pdf"):
                    stream = tar.extractfile(member)
                    assert stream is not None
                    yield PacketDocument(
                        member.name, f"{archive} {member.name}", kind, domain, "en", pdf=stream.read()
                    )


def _texts(data: Path) -> Iterator[PacketDocument]:
    for row in read_rows(data, "kie-fcc_adbuy", "*.jsonl"):
        pages = tuple(page for page in row["text"].split("\f") if page.strip())
        yield PacketDocument(row["id"], f"fcc {row['id']}", "order", "financial", "en", pages=pages)
    for row in _some(read_rows(data, "kie-sroie", "*.jsonl"), 200):
        yield PacketDocument(
            f"sroie {row['id']}", f"sroie {row['id']}", "receipt", "financial", "en", pages=(row["text"],)
        )
    policies = [
        row for row in read_rows(data, "kind-opentermsarchive", "*.jsonl") if row["language"] in _PRINTABLE
    ]
    for row in _some(policies, 400):
        name = f"ota {row['service']}"
        yield PacketDocument(
            f"{name} {row['type']}", name, "terms", "legal", row["language"], pages=(row["text"],)
        )
    for name, body in _some(sorted(read_members(data / "more/pii-meddocan_es.tar.xz", "*.txt").items()), 250):
        yield PacketDocument(name, f"meddocan {name}", "note", "medical", "es", pages=(body.decode(),))
    for text in medical.notes(data):
        yield PacketDocument(text.group, text.group, "note", "medical", "en", pages=(text.text,))
    for number, row in enumerate(read_rows(data, "mail-templates_legit", "*.jsonl")):
        if row["language"] in _PRINTABLE:
            written = f"Subject: {row['subject']}\n\n{row['text']}"
            name = f"template {number}"
            yield PacketDocument(
                name, f"template {row['source']}", "mail", "mail", row["language"], pages=(written,)
            )
    for number, (kind, language, group, written) in enumerate(forms.documents(4)):
        domain, _, short = kind.partition(".")
        yield PacketDocument(
            f"form {number}", f"{INVENTED} {group}", short or "none", domain, language, pages=(written,)
        )


def _some(rows: Iterable[Any], count: int) -> Iterator[Any]:
    listed = list(rows)
    return iter(listed[:: max(1, len(listed) // count)])


def _text_of(name: str, body: bytes) -> str:
    (first, *_) = parse(Source(f"file:///{PurePosixPath(name).name}", body), Limits(parts=False))
    return first.text if isinstance(first, Document) and len(first.text) <= MOST_CHARS else ""
