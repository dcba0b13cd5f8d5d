"""The documents whose passages and answers readers judged, on which heads of checks are trained.

`corpora/judged_documents.tsv` lists them: public repositories (``FOLDER/OWNER+NAME/repo`` are git
directories), Open Terms Archive, ContractNLI, CUAD, CLAUDETTE, ACI-BENCH, PriMock57, the Accord Project,
samples of e-invoices and of German rental agreements. Documents that are missing are left out, and counted.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.read import read
from research.corpora.archives import read_member, read_members
from research.corpora.blind import committed, lines


def judged_documents(
    wanted: Collection[str], mirror: Path, data: Path
) -> Iterator[tuple[Mapping[str, str], str, Document]]:
    """Yield the documents of these numbers that are there: their lines, sources, and what docassay reads.

    Args:
        wanted: Numbers in the list.
        mirror: Folder of the repositories.
        data: Folder of the corpora.
    """
    missing = 0
    for line in lines("judged_documents"):
        if line["document"] not in wanted:
            continue
        path, found = _content(line, mirror, data)
        right = hashlib.sha256(found).hexdigest() == line["sha256"]
        read_as = document_of(path, found) if right else None
        if read_as is None:
            missing += 1
            continue
        source = line["source"]
        yield line, source if source.startswith("github:") else source + line["path"].split("/")[0], read_as
    print(f"{missing} documents are missing")


def _content(line: Mapping[str, str], mirror: Path, data: Path) -> tuple[str, bytes]:
    """Read a document's file; its name tells the format. Empty where it is missing."""
    source, path = line["source"], line["path"]
    if source.startswith("github:"):
        return path, committed(mirror, source.removeprefix("github:"), line["commit"], path)
    return path if "." in path[-5:] else f"{path}.md", _archived(source, data).get(line["sha256"], b"")


@cache
def _archived(source: str, data: Path) -> Mapping[str, bytes]:
    """Give the documents of a corpus by their SHA-256."""
    return {hashlib.sha256(one).hexdigest(): one for one in _texts(source, data)}


def _texts(source: str, data: Path) -> Iterator[bytes]:
    match source:
        case "Open Terms Archive":
            rows = read_member(data / "more/kind-opentermsarchive.tar.xz", "*/ota.jsonl").split(b"\n")
            yield from (json.loads(row)["text"].encode() for row in rows if row)
        case "ContractNLI":
            for name in ("dev", "train_truncated"):
                read = read_member(data / "labelled/legal-contract_nli.tar.xz", f"*/{name}.json")
                yield from (one["text"].encode() for one in json.loads(read)["documents"])
        case "CUAD":
            yield from read_members(data / "documents/legal-cuad_pdf_txt.tar.xz", "*.txt").values()
        case "CLAUDETTE":
            archive = data / "labelled/legal-claudette_multilingual_tos.tar.xz"
            yield from read_members(archive, "*/original_text/*.txt").values()
        case "ACI-BENCH":
            for name in ("train", "valid"):
                read = read_member(data / "documents/medical-aci_bench.tar.xz", f"*/{name}.csv")
                yield from (row["note"].encode() for row in csv.DictReader(io.StringIO(read.decode(), "")))
        case "PriMock57":
            for note in read_members(data / "more/med-primock57.tar.xz", "*/notes/*.json").values():
                told = json.loads(note)
                yield f"Presenting complaint: {told['presenting_complaint']}\n\n{told['note']}\n".encode()
        case "E-invoices":
            for name in ("*.xml", "*.pdf"):
                yield from read_members(data / "more/kie-einvoices.tar.xz", name).values()
        case "Rental agreements":
            read = read_member(data / "more/legal-mietrecht_de.tar.xz", "*/mietvertraege_9_classes.json")
            yield from (one["plainText"].encode() for one in json.loads(read)["documents"])
        case _:
            yield from read_members(data / "more/kie-accord_contract_templates.tar.xz", "*sample.md").values()


def document_of(path: str, content: bytes) -> Document | None:
    """Read a file as docassay does; None where it holds no document."""
    source = read(Source(PurePosixPath(path).name, content), Limits())
    outcomes = parse(source, Limits()) if isinstance(source, Source) else ()
    return next((one for one in outcomes if isinstance(one, Document)), None)
