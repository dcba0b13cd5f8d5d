"""Count PDFs whose text layer is doubted: as they are, and with fonts that say other letters than they show.

    python -m research.benchmarks.ink FOLDER... [--most N] [--save]

Of every PDF below the folders the first pages are read. Each that is not doubted is then damaged, if it has
`ToUnicode` tables: they take some letters of its first page for others, drawn anew for each file, or all for
the next of the alphabet.
"""

from __future__ import annotations

import argparse
import io
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pypdfium2 as pdfium
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from docassay.transforms.formats.pdf_doubt import Judged
from docassay.transforms.formats.pdf_page import page_text
from research.benchmarks import report

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
CHANGED = (1, 2, 4, 8)
"""Letters of a file for which its fonts say others."""
PAGES = 12
_SECTION = re.compile(rb"beginbf(char|range)(.*?)endbf(?:char|range)", re.DOTALL)
_CODES = re.compile(rb"<([0-9A-Fa-f]+)>")


def is_doubted(content: bytes) -> bool:
    """Tell whether a page of a PDF is doubted."""
    judged: Judged = {}
    with pdfium.PdfDocument(content) as document:
        return any(page_text(document[n], judged).doubted for n in range(min(len(document), PAGES)))


def letters_of(content: bytes) -> tuple[list[str], list[str]]:
    """Give the small letters and the digits of a PDF's first page, each once, in order."""
    with pdfium.PdfDocument(content) as document:
        text = set(page_text(document[0], {}).text)
    return sorted(text & set(LETTERS)), sorted(text & set(DIGITS))


def damaged(content: bytes, instead: dict[str, str]) -> bytes:
    """Let the fonts of a PDF say other letters than they show; empty where none has a table to change."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    table = str.maketrans(instead | {old.upper(): new.upper() for old, new in instead.items()})
    changed = 0
    for item in writer._objects:
        if not (isinstance(item, DictionaryObject) and item.get("/Type") == "/Font" and "/ToUnicode" in item):
            continue
        cmap = item["/ToUnicode"].get_object()
        if not isinstance(cmap, StreamObject):
            continue
        pairs = list(_pairs(cmap.get_data()))
        said = [(code, char.translate(table)) for code, char in pairs]
        changed += said != pairs
        stream = StreamObject()
        stream.set_data(_cmap(said))
        item[NameObject("/ToUnicode")] = writer._add_object(stream)
    if not changed:
        return b""
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _pairs(cmap: bytes) -> Iterator[tuple[bytes, str]]:
    """Give the codes of a table, as hexadecimal digits, and their characters."""
    for kind, body in _SECTION.findall(cmap):
        codes = _CODES.findall(body)
        if kind == b"char":
            yield from ((code, _text(char)) for code, char in zip(codes[::2], codes[1::2], strict=False))
        elif b"[" not in body:
            for first, last, char in zip(codes[::3], codes[1::3], codes[2::3], strict=False):
                start, begins = int(first, 16), _text(char)
                for n in range(min(int(last, 16) - start + 1, 256)):
                    yield b"%0*X" % (len(first), start + n), begins[:-1] + chr(ord(begins[-1]) + n)


def _text(code: bytes) -> str:
    return bytes.fromhex(code.decode().zfill(4)).decode("utf-16-be", "replace")


def _cmap(pairs: list[tuple[bytes, str]]) -> bytes:
    width = max((len(code) for code, _ in pairs), default=2)
    lines = [b"<%s> <%s>" % (code, char.encode("utf-16-be").hex().encode()) for code, char in pairs]
    parts = [lines[at : at + 100] for at in range(0, len(lines), 100)]
    return b"1 begincodespacerange <%s> <%s> endcodespacerange\n%s\nendcmap" % (
        b"0" * width,
        b"F" * width,
        b"\n".join(b"%d beginbfchar\n%s\nendbfchar" % (len(part), b"\n".join(part)) for part in parts),
    )


def main() -> None:
    """Read, damage, count, print and, if asked, save."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.ink",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    files = sorted(path for folder in options.folders for path in folder.rglob("*.pdf"))
    for path in files[: options.most]:
        content, drawn = path.read_bytes(), random.Random(path.name)
        try:
            doubted, (letters, digits) = is_doubted(content), letters_of(content)
        except pdfium.PdfiumError:
            counts["cannot be read"] += 1
            continue
        counts["as they are"] += 1
        found["as they are"] += doubted
        if doubted:
            print(f"doubted: {path}", flush=True)
        if doubted or len(letters) < max(CHANGED):
            continue
        turned = LETTERS[1:] + LETTERS[0]
        lies = {"letters that lie: all": dict(zip(LETTERS, turned, strict=True))}
        for number in CHANGED:
            lies[f"letters that lie: {number}"] = {
                old: drawn.choice([new for new in LETTERS if new != old])
                for old in drawn.sample(letters, number)
            }
        if digits:
            lies["digits that lie: 1"] = {
                old: drawn.choice([new for new in DIGITS if new != old]) for old in [drawn.choice(digits)]
            }
        for name, instead in lies.items():
            try:
                lied = damaged(content, instead)
            except Exception as error:  # pypdf cannot write every file that pdfium reads
                print(f"{path}: not damaged: {error}", flush=True)
                break
            counts[name] += bool(lied)
            found[name] += bool(lied) and is_doubted(lied)
    for name, number in counts.items():
        print(f"{name}: {f'{found[name]} of ' if name in found else ''}{number}")
    if options.save:
        figures = [
            report.figure(
                f"PDFs whose text layer is doubted, {name}",
                f"{found[name]} of {number}",
                "≤ 0.5%" if name == "as they are" else "",
            )
            for name, number in counts.items()
            if name in found
        ]
        report.save("ink", figures, {"counts": dict(counts), "found": dict(found)}, "ink FOLDER")


if __name__ == "__main__":
    main()
