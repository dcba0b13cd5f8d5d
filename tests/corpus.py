"""Generated documents for benchmarks: contracts, messages and notes built from `vocabulary.toml`.

Every document depends on (seed, number) alone, so a corpus of any size is the same everywhere and none
is stored. Lengths are log-normal with a mean of about 400 tokens, as in the collections that the models
were trained on; texts do not repeat, so computing duplicates once saves nothing.

    python -m tests.corpus FOLDER --documents 2000 --poison 0.05
"""

from __future__ import annotations

import argparse
import io
import json
import math
import random
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path

CHARS_MEAN = 1_450
"""Mean length of a document in characters: about 400 tokens of the shipped tokenizer."""

SPREAD = 0.6
"""Standard deviation of the logarithm of a document's length."""

PER_FOLDER = 1_000

_VOCABULARY = Path(__file__).parent / "vocabulary.toml"
WORDS: dict[str, list[str]] = tomllib.loads(_VOCABULARY.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the corpus.

    Attributes:
        good: False if it must end as a reject.
        inputs: The number of inputs in it; each line of a JSONL file and each attachment is one.
    """

    name: str
    content: bytes
    good: bool = True
    inputs: int = 1


def text(seed: int, number: int, chars: int = CHARS_MEAN) -> str:
    """Write the text of one document; contracts, messages and notes take turns.

    >>> text(1, 2) == text(1, 2), text(1, 2) == text(1, 5)
    (True, False)
    """
    chance = random.Random(f"{seed}/{number}")
    length = chance.lognormvariate(math.log(chars) - SPREAD**2 / 2, SPREAD)
    write = (_contract, _message, _note)[number % 3]
    return write(chance, max(80, min(int(length), 20 * chars)))


def items(
    documents: int, seed: int = 1, chars: int = CHARS_MEAN, poison: float = 0.0, form: str = "txt"
) -> Iterator[Item]:
    """Yield files: `form` is ``txt`` or ``pdf``, and the share `poison` of them is unusable.

    The kinds of poison take turns, spread evenly among the good files.
    """
    bad = 0
    for number in range(documents):
        if int((number + 1) * poison) > bad:
            yield POISON[bad % len(POISON)](number)
            bad += 1
        elif form == "pdf":
            yield Item(f"{number:06d}.pdf", pdf(text(seed, number, chars)))
        else:
            yield Item(f"{number:06d}.txt", text(seed, number, chars).encode())


def write(folder: Path, items: Iterable[Item]) -> list[Item]:
    """Write files below `folder`, at most a thousand a subfolder; return them without their contents."""
    written = []
    for n, item in enumerate(items):
        path = folder / f"{n // PER_FOLDER:03d}" / item.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(item.content)
        written.append(Item(str(path), b"", item.good, item.inputs))
    return written


def pdf(body: str) -> bytes:
    """Set a text in Helvetica on as many A4 pages as it needs."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import simpleSplit
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    lines = [part for line in body.split("\n") for part in simpleSplit(line, "Helvetica", 10, 470) or [""]]
    for first in range(0, len(lines), 55):
        page = canvas.beginText(60, 780)
        page.setFont("Helvetica", 10, 13)
        page.textLines(lines[first : first + 55])
        canvas.drawText(page)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _contract(chance: random.Random, length: int) -> str:
    parties = f"{_company(chance)} and {_company(chance)}"
    lines = [
        f"SERVICE AGREEMENT No. {chance.randrange(10**6)}",
        "",
        f"This Agreement is made between {parties}.",
        "",
    ]
    clause = 0
    while sum(map(len, lines)) < length:
        clause += 1
        lines += [f"{clause}. {_one(chance, 'headings')}", ""]
        for paragraph in range(chance.randint(1, 3)):
            sentences = " ".join(_filled(chance, "clauses") for _ in range(chance.randint(1, 4)))
            lines += [f"{clause}.{paragraph + 1} {sentences}", ""]
    return "\n".join(lines)


def _message(chance: random.Random, length: int) -> str:
    sender, reader = _one(chance, "first_names"), _one(chance, "first_names")
    day, month, minute = chance.randint(1, 28), _one(chance, "months")[:3], chance.randrange(10, 60)
    lines = [
        f"From: {sender.lower()}@{_one(chance, 'names').lower()}.example",
        f"To: {reader.lower()}@{_one(chance, 'names').lower()}.example",
        f"Date: {day} {month} 2025 10:{minute}:00 +0000",
        f"Subject: {_one(chance, 'goods')}, {_one(chance, 'months')}",
        "",
        f"Dear {reader},",
    ]
    while sum(map(len, lines)) < length:
        lines += ["", " ".join(_filled(chance, "messages") for _ in range(chance.randint(2, 6)))]
    return "\n".join([*lines, "", "Kind regards,", sender, ""])


def _note(chance: random.Random, length: int) -> str:
    name = f"{_one(chance, 'first_names')} {_one(chance, 'names')}"
    lines = [f"PATIENT: {name}   MRN {chance.randrange(10**7)}", ""]
    while sum(map(len, lines)) < length:
        lines += [f"{_one(chance, 'sections')}:"]
        lines += [" ".join(_filled(chance, "notes") for _ in range(chance.randint(1, 5))), ""]
    return "\n".join(lines)


def _one(chance: random.Random, words: str) -> str:
    return chance.choice(WORDS[words])


def _filled(chance: random.Random, templates: str) -> str:
    return _one(chance, templates).format(
        company=_company(chance),
        other=_company(chance),
        person=f"{_one(chance, 'first_names')} {_one(chance, 'names')}",
        goods=_one(chance, "goods"),
        duty=_one(chance, "duties"),
        place=_one(chance, "places"),
        month=_one(chance, "months"),
        day=chance.randint(1, 28),
        year=chance.randint(2015, 2025),
        days=chance.choice((5, 10, 14, 20, 30, 45, 60, 90)),
        hours=chance.choice((24, 48, 72)),
        count=chance.randint(2, 19),
        amount=f"{chance.randint(12, 9_800) * 25:,}",
        number=chance.randrange(10_000, 99_999),
        percent=round(chance.uniform(0.5, 24), 1),
        trouble=_one(chance, "troubles"),
        drug=_one(chance, "drugs"),
        amount_mg=chance.choice((5, 10, 20, 40, 100, 250, 500)),
        body=_one(chance, "body"),
        systolic=chance.randint(105, 165),
        diastolic=chance.randint(60, 98),
        pulse=chance.randint(52, 99),
        weight=chance.randint(48, 118),
        hb=round(chance.uniform(9, 16), 1),
        creatinine=round(chance.uniform(0.6, 1.9), 2),
        sodium=chance.randint(131, 146),
    )


def _company(chance: random.Random) -> str:
    return f"{_one(chance, 'names')} {_one(chance, 'names')} {_one(chance, 'forms')}"


def _bad(suffix: str, content: Callable[[int], bytes]) -> Callable[[int], Item]:
    return lambda number: Item(f"{number:06d}-bad.{suffix}", content(number), good=False)


def _mixed_lines(number: int) -> Item:
    """Make a JSONL file of two documents with a line of invalid JSON between them."""
    good = [json.dumps({"text": text(0, number + n, 400)}) for n in range(2)]
    return Item(f"{number:06d}.jsonl", "\n".join([good[0], '{"text": "cut of', good[1]]).encode(), True, 3)


def _mail_with_bad_attachment(number: int) -> Item:
    """Make a readable mail whose attachment is a PDF cut short after its first bytes."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@ashgrove.example", "b@kestrel.example", f"Papers {number}"
    mail.set_content(text(0, number * 3 + 1, 400))
    mail.add_attachment(_cut_pdf(number), maintype="application", subtype="pdf", filename="papers.pdf")
    return Item(f"{number:06d}.eml", mail.as_bytes(), True, 2)


def _cut_pdf(number: int) -> bytes:
    return (
        f"%PDF-1.7\n% {number}\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Ty".encode()
    )


def _locked_pdf(number: int) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200 + number % 500)
    writer.encrypt("secret", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _blank_pdf(number: int) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200 + number % 10_000)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _empty_docx(number: int) -> bytes:
    """Make a DOCX without the part that has its text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")  # a fixed date
        archive.writestr(zipfile.ZipInfo("word/styles.xml"), f"<!-- no document {number} -->")
    return buffer.getvalue()


def _bomb(number: int) -> bytes:
    """Make a zip bomb: a DOCX whose document part inflates to 300 MB; its comment is the number."""
    buffer = io.BytesIO(_inflating())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = str(number).encode()
    return buffer.getvalue()


@cache
def _inflating() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")
        document = zipfile.ZipInfo("word/document.xml")
        document.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(document, "w", force_zip64=True) as part:
            part.write(b"<w:document>")
            for _ in range(300):
                part.write(b"a" * 1_000_000)
    return buffer.getvalue()


POISON: tuple[Callable[[int], Item], ...] = (
    _bad("txt", lambda number: b""),
    _bad("txt", lambda number: b" \n\t\0" * (number % 500 + 1)),
    _bad("pdf", _cut_pdf),
    _bad("pdf", _locked_pdf),
    _bad("pdf", _blank_pdf),
    _bad("docx", _empty_docx),
    _bad("docx", lambda number: _empty_docx(number)[:60]),
    _bad("bin", lambda number: random.Random(number).randbytes(4_000)),
    _bad("jpg", lambda number: b"\xff\xd8\xff\xe0\0\x10JFIF\0\1" + random.Random(number).randbytes(2_000)),
    _mixed_lines,
    _mail_with_bad_attachment,
    _bad("docx", _bomb),
)
"""The kinds of unusable input, each made from the document's number; two hold good documents too."""


def main() -> None:
    """Write a corpus to a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--chars", type=int, default=CHARS_MEAN, help="mean length")
    parser.add_argument("--poison", type=float, default=0.0, help="share of unusable files")
    parser.add_argument("--form", choices=("txt", "pdf"), default="txt")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    files = items(options.documents, options.seed, options.chars, options.poison, options.form)
    written = write(options.folder, files)
    print(f"{len(written):,} files, {sum(item.inputs for item in written):,} inputs in {options.folder}")


if __name__ == "__main__":
    main()
