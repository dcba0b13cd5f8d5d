"""Small documents for mutants to start from, one at least for each reader."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from research.benchmarks.fuzz.mutate import MOST_BYTES, Seed
from tests.compound_files import compound_file, data, properties, text
from tests.corpus import pdf
from tests.corpus import text as prose

ROOT = Path(__file__).resolve().parents[3]
KEPT = ROOT / "build" / "fuzz"
"""Where runs keep what they found, and what they go on from."""
DOCUMENTS = Path(__file__).parent / "documents"
"""Formats that are written by hand."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def seeds(more: Path | None = None) -> list[Seed]:
    """Give the shipped samples, a document of each further format, and the files of a folder.

    Args:
        more: A folder of further documents, or None; files of more than `MOST_BYTES` are left out.
    """
    shipped = [path for path in sorted(ROOT.glob("domains/*/samples/*.*")) if path.suffix != ".toml"]
    samples = [(path.name, path.read_bytes()) for path in [*shipped, *sorted(DOCUMENTS.iterdir())]]
    found = [] if more is None else [path for path in sorted(more.rglob("*.*")) if path.is_file()]
    further = [(path.name, path.read_bytes()) for path in found if path.stat().st_size <= MOST_BYTES]
    return [*samples, *_written(), *further]


def _written() -> Iterator[Seed]:
    letter, note = prose(1, 1, 900), prose(1, 2, 900)
    mail = _mail(letter)
    yield "letter.txt", letter.encode("utf-16")
    yield "rows.xlsx", _workbook()
    yield from (("rows.parquet", _parquet(rows)) for rows in _columns())
    yield "mail.eml", mail
    yield "mails.mbox", (b"From a@b.example Thu May  1 09:00:00 2025\n" + mail + b"\n") * 3
    yield "mail.msg", _outlook(note)
    yield "pages.pdf", pdf(prose(3, 3, 3_000))
    yield "all.zip", _packed({"a/letter.txt": letter.encode(), "mail.eml": mail, "rows.csv": b"a,b\n1,2\n"})
    yield "all.gz", gzip.compress(letter.encode(), mtime=0)
    yield from _pictures()


def _mail(body: str) -> bytes:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["To"] = '"Doe, Ann" <ann@ashgrove.example>', "ben@kestrel.example"
    mail["Subject"], mail["Date"] = "Überweisung", "Thu, 01 May 2025 09:00:00 +0000"
    mail["Authentication-Results"] = "mx.example; spf=fail smtp.mailfrom=a@b.example; dkim=none"
    mail.set_content(body)
    mail.add_alternative('<p>Pay <a href="https://bank.example/">here</a>', subtype="html")
    mail.add_attachment(pdf(body[:400]), maintype="application", subtype="pdf", filename="lease.pdf")
    mail.set_boundary("=seed=")
    return mail.as_bytes()


def _outlook(body: str) -> bytes:
    sent = {(0x0039, 0x0040): b"\0\x40\x9c\x5b\x2f\xba\xda\x01"}
    attached = dict([data(0x3701, b"<p>The lease"), text(0x3707, "lease.html")])
    streams = dict([text(0x0037, "Rent"), text(0x0C1A, "Doe, Ann"), text(0x1000, body)])
    tree: dict[str, Any] = {
        **streams,
        "__properties_version1.0": properties(32, sent),
        "__attach_version1.0_#00000000": attached,
    }
    return compound_file(tree)


def _packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _workbook() -> bytes:
    cell = '<c r="{0}1" t="inlineStr"><is><t>{1}</t></is></c>'
    row = f'<row r="1">{cell.format("A", "Month")}{cell.format("B", "Rent")}</row>'
    row += '<row r="2"><c r="A2"><v>45292</v></c><c r="B2"><f>250*2</f><v>500</v></c></row>'
    relation = f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'{relation}officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Rent" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{relation}worksheet" Target="worksheets/s1.xml"/></Relationships>',
        "xl/worksheets/s1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{row}</sheetData></worksheet>',
    }
    return _packed({name: part.encode() for name, part in parts.items()})


def _columns() -> Iterator[dict[str, list[Any]]]:
    texts = [prose(4, n, 300) for n in range(5)]
    yield {"text": texts, "n": list(range(5))}
    yield {"text": [[word] for word in texts]}
    yield {"text": [{"a": word} for word in texts]}
    yield {"text": [word.encode() for word in texts]}
    yield {"text": [1, 2, None]}


def _parquet(rows: dict[str, list[Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table(rows), buffer)
    return buffer.getvalue()


def _pictures() -> Iterator[Seed]:
    from PIL import Image

    for form in ("png", "jpeg", "tiff"):
        buffer = io.BytesIO()
        Image.new("L", (40, 30), 200).save(buffer, form)
        yield f"scan.{form}", buffer.getvalue()
