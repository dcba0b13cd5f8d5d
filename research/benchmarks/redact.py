"""Redaction: what of marked personal data is left, given the marks, and with what the tagger finds by itself.

    python -m research.benchmarks.redact --real ../real --more ../more --save

The documents are 51 German letters that people have marked and 200 invented English and French notes
(`research.benchmarks.redact_notes`), printed to PDF (`research.benchmarks.redact_print`). Given the marks,
what is left is looked for by pypdf in the text and in the bytes, and by Tesseract in the pictures of every
`--ocr-every`th file. Chromium and LibreOffice are slow, so they print every `--programs-every`th document.
With the tagger's own marks, letters and digits that people marked and it did not are counted, by class, and
words that it marked and people did not. `--detection` measures this alone; saved, the rest stays as it was.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2 as pdfium

from docassay.models.tagger import installed
from docassay.schemas.rows import Source
from docassay.transforms.detect import detect_language
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits, Unusable
from docassay.transforms.isolation.parse import Parser
from docassay.transforms.redaction.pdf import rebuild
from docassay.transforms.redaction.plans import page_plans
from docassay.transforms.redaction.spans import (
    EAGERNESS,
    LEAST,
    MODES,
    PersonalSpan,
    edits,
    found,
    redacted,
    settle,
)
from docassay.transforms.redaction.surrogates import kind_of
from docassay.views.redacted import FIGURES
from research.benchmarks import report
from research.benchmarks.redact_notes import Note, letters, notes
from research.benchmarks.redact_print import PRINTERS, PROGRAMS

_WORD = re.compile(r"\w+")
_TESSERACT = {"de": "deu", "en": "eng", "fr": "fra"}
_TARGET = Path(__file__).resolve().parents[2] / "views" / FIGURES
_LEAST_CHARS = 4
"""Characters of a word from which on it is looked for in bytes and by OCR."""
SETS = {
    "letter": "51 German letters; the model's weights were trained on them",
    "en": "100 invented English notes",
    "fr": "50 invented French notes",
    "fr_pieces": "50 French notes made of held-back passages",
}


@dataclass(slots=True)
class Left:
    """What is left of marked personal data.

    Attributes:
        chars: Letters and digits that are marked, by class.
        left: Those of them that are left, by class.
        leaking: Documents in which something is left, by class; under ``""`` of any.
        with_class: Documents that have the class.
        words: Words that nobody marked.
        needless: Those of them of which something was removed.
    """

    documents: int = 0
    chars: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    leaking: Counter[str] = field(default_factory=Counter)
    with_class: Counter[str] = field(default_factory=Counter)
    words: int = 0
    needless: int = 0

    def recall(self, label: str = "") -> float:
        """Give the share of the characters of a class, or of all, that was removed."""
        chars, left = (
            (self.chars[label], self.left[label]) if label else (self.chars.total(), self.left.total())
        )
        return 1 - left / max(1, chars)


def main() -> None:
    """Measure, print and, if asked, save."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.redact",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--real", type=Path, default=Path("../real"))
    parser.add_argument("--more", type=Path, default=Path("../more"))
    parser.add_argument("--notes", type=int, default=200)
    parser.add_argument("--letters", type=int, default=51)
    parser.add_argument("--ocr-every", type=int, default=1)
    parser.add_argument("--programs-every", type=int, default=4)
    parser.add_argument("--least", type=float, default=LEAST)
    parser.add_argument("--eagerness", type=float, default=EAGERNESS)
    parser.add_argument("--detection", action="store_true")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    documents = letters(options.real)[: options.letters] + notes(options.more, options.notes)
    detected = _detected(documents, options.least, options.eagerness)
    _print_detected(detected)
    if options.detection:
        given = json.loads(_TARGET.read_text("utf-8"))["given_spans"]
    else:
        given = _given(documents, options.ocr_every, options.programs_every)
        print(json.dumps(given, indent=2))
    if options.save:
        _save(given, detected)


def _given(documents: Sequence[Note], ocr_every: int, programs_every: int) -> dict[str, Any]:
    """Redact each document by its marks, printed by ReportLab; every few of them by each program, too."""
    counts: Counter[str] = Counter()
    by_printer: Counter[str] = Counter()
    missing = [name for name, (program, _) in PROGRAMS.items() if shutil.which(program) is None]
    forms = list(PRINTERS)
    with Parser(Limits(parts=False)) as parser:
        for number, note in enumerate(documents):
            name = forms[number % len(forms)]
            printed = {name: PRINTERS[name]}
            if number % programs_every == 0:
                printed |= {key: make for key, (_, make) in PROGRAMS.items() if key not in missing}
            for printer, make in printed.items():
                pdf = make(note.text)
                (parsed,) = (row for row in parser.parse(Source("x.pdf", pdf)) if isinstance(row, Document))
                marks, unmapped = mapped(note, parsed.text)
                mode = MODES[(number + len(printer)) % len(MODES)]
                spans = settle(parsed.text, marks)
                changes = edits(parsed.text, spans, mode, b"a key of the benchmark's", note.language)
                assert parsed.pages is not None
                try:
                    rebuilt = rebuild(pdf, page_plans(parsed.text, parsed.pages, changes), False, Limits())
                except Unusable as unusable:
                    counts["refused"] += 1
                    print(f"{note.name} {printer}: {unusable.detail}", file=sys.stderr, flush=True)
                    continue
                rest = redacted(parsed.text, changes)
                values = [(kind_of(label), note.text[a:b]) for a, b, label in note.spans]
                counts["files"] += 1
                counts["pages"] += len(rebuilt.pages)
                counts["bytes"] += len(rebuilt.content)
                counts["marked spans"] += len(note.spans)
                counts["marked words missing from the PDF's text"] += unmapped
                by_printer[f"{printer}, {mode}"] += 1
                text, unpacked = _read_by_pypdf(rebuilt.content)
                lost = {
                    "text": _left_in_words(text, rest, values),
                    "bytes": _left_in_bytes(unpacked, rest, values),
                }
                if counts["files"] % ocr_every == 0 and shutil.which("tesseract"):
                    counts["files read by OCR"] += 1
                    lost["OCR"] = _left_in_ocr(_by_tesseract(rebuilt.content, note.language), rest, values)
                for where, left in lost.items():
                    counts[f"characters left in {where}"] += sum(map(len, left))
                    counts[f"files with something left in {where}"] += bool(left)
                    if left:
                        print(f"{note.name} {printer} {mode} {where}: {left}", file=sys.stderr, flush=True)
    return {"counts": dict(counts), "printed": dict(sorted(by_printer.items())), "missing programs": missing}


def mapped(note: Note, text: str) -> tuple[list[PersonalSpan], int]:
    """Find the marks of a note in the text of its print, by its words.

    Returns:
        The spans, and how many marked words the print does not have.
    """
    words = [match.span() for match in _WORD.finditer(note.text)]
    printed = [match.span() for match in _WORD.finditer(text)]
    matcher = SequenceMatcher(
        None, [note.text[a:b] for a, b in words], [text[a:b] for a, b in printed], autojunk=False
    )
    place = {block.a + n: block.b + n for block in matcher.get_matching_blocks() for n in range(block.size)}
    free: defaultdict[str, list[int]] = defaultdict(list)
    for n in sorted(set(range(len(printed))) - set(place.values()), reverse=True):
        free[text[slice(*printed[n])]].append(n)
    spans, unmapped = [], 0
    for start, end, label in note.spans:
        at: list[int] = []
        for n, (a, b) in enumerate(words):
            if a < end and b > start:
                if n not in place and free[note.text[a:b]]:
                    place[n] = free[note.text[a:b]].pop()
                unmapped += n not in place
                at += [place[n]] if n in place else []
        for first, last in _runs(at):
            spans.append(PersonalSpan(printed[first][0], printed[last][1], label))
    return spans, unmapped


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Give the stretches of numbers that follow each other."""
    start = None
    for n, number in enumerate(numbers):
        start = number if start is None else start
        if n + 1 == len(numbers) or numbers[n + 1] != number + 1:
            yield start, number
            start = None


def _read_by_pypdf(content: bytes) -> tuple[str, bytes]:
    """Give the text of a PDF, and all its objects unpacked, but for pictures."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    pieces = [re.sub(rb"stream\r?\n.*?endstream", b"", content, flags=re.DOTALL)]
    for number in range(1, len(reader.xref[0]) + 1):
        thing = reader.get_object(number)
        if isinstance(thing, pypdf.generic.StreamObject) and thing.get("/Subtype") != "/Image":
            pieces.append(thing.get_data())
    return "\n".join(page.extract_text() for page in reader.pages), b"\n".join(pieces)


def _left_in_words(text: str, rest: str, values: Sequence[tuple[str, str]]) -> list[str]:
    """Give the marked values that a text has more often than what was to stay."""
    found, kept = (f" {' '.join(_WORD.findall(part.casefold()))} " for part in (text, rest))
    runs = {" ".join(_WORD.findall(value.casefold())): value for _, value in values}
    return [value for run, value in runs.items() if run and _times(run, found) > _times(run, kept)]


def _times(run: str, words: str) -> int:
    return len(re.findall(rf"(?<= ){re.escape(run)}(?= )", words))


def _own_words(rest: str, values: Sequence[tuple[str, str]]) -> set[str]:
    kept = "".join(_WORD.findall(rest.casefold()))
    words = {word for _, value in values for word in _WORD.findall(value)}
    return {word for word in words if len(word) >= _LEAST_CHARS and word.casefold() not in kept}


def _left_in_bytes(content: bytes, rest: str, values: Sequence[tuple[str, str]]) -> list[str]:
    """Give the marked words in the strings of a PDF; numbers also stand elsewhere in it."""
    strings = [bytes.fromhex(part.decode()) for part in re.findall(rb"<((?:[0-9A-Fa-f]{2})+)>", content)]
    strings += re.findall(rb"\(([^()]*)\)", content)
    said = b"\0".join(strings)
    return [
        word
        for word in _own_words(rest, values)
        if any(word.encode(form, "ignore") in said for form in ("utf-8", "utf-16-be"))
        or (len(word) > _LEAST_CHARS and not word.isdigit() and word.encode() in content)
    ]


def _left_in_ocr(text: str, rest: str, values: Sequence[tuple[str, str]]) -> list[str]:
    read = set(_WORD.findall(text.casefold()))
    return [word for word in _own_words(rest, values) if word.casefold() in read]


def _by_tesseract(content: bytes, language: str) -> str:
    texts = []
    with pdfium.PdfDocument(content) as document:
        for page in document:
            png = io.BytesIO()
            page.render(scale=200 / 72).to_pil().save(png, "PNG")
            command = ["tesseract", "stdin", "stdout", "-l", _TESSERACT[language]]
            done = subprocess.run(command, input=png.getvalue(), capture_output=True, check=True)
            texts.append(done.stdout.decode())
    return "\n".join(texts)


def _detected(documents: Sequence[Note], least: float, eagerness: float) -> dict[str, Left]:
    """Count what the tagger leaves of the marks in the PDFs' texts, by set."""
    sets: defaultdict[str, Left] = defaultdict(Left)
    forms = list(PRINTERS)
    tagger = installed()
    with Parser() as parser:
        for number, note in enumerate(documents):
            pdf = PRINTERS[forms[number % len(forms)]](note.text)
            (parsed,) = (row for row in parser.parse(Source("x.pdf", pdf)) if isinstance(row, Document))
            marks, _ = mapped(note, parsed.text)
            language, _ = detect_language(parsed.text)
            spans = found(parsed.text, language, tagger, least, eagerness)
            kind = "letter" if note.language == "de" else note.name.rpartition("_")[0]
            _count(sets[kind], parsed.text, marks, spans)
    return dict(sets)


def _count(left: Left, text: str, marks: Sequence[PersonalSpan], spans: Sequence[PersonalSpan]) -> None:
    covered = {n for span in spans for n in range(span.start, span.end) if text[n].isalnum()}
    marked = {n for span in marks for n in range(span.start, span.end) if text[n].isalnum()}
    left.documents += 1
    unmarked = [word for match in _WORD.finditer(text) if marked.isdisjoint(word := range(*match.span()))]
    left.words += len(unmarked)
    left.needless += sum(not covered.isdisjoint(word) for word in unmarked)
    leaking, classes = set(), set()
    for span in marks:
        label = kind_of(span.label) or "other"
        chars = {n for n in range(span.start, span.end) if text[n].isalnum()}
        left.chars[label] += len(chars)
        left.left[label] += len(chars - covered)
        classes.add(label)
        if chars - covered:
            leaking |= {label, ""}
    left.leaking.update(leaking)
    left.with_class.update(classes)


def _print_detected(detected: dict[str, Left]) -> None:
    for kind, left in detected.items():
        rows = [
            [label, left.chars[label], left.left[label], f"{left.recall(label):.3f}",
             f"{left.leaking[label]} of {left.with_class[label]}"]
            for label in sorted(left.chars)
        ]  # fmt: skip
        total = [
            "all", left.chars.total(), left.left.total(), f"{left.recall():.3f}",
            f"{left.leaking['']} of {left.documents}",
        ]  # fmt: skip
        report.show(SETS[kind], ["class", "characters", "left", "recall", "documents"], [*rows, total])
        print(f"removed without need: {left.needless} of {left.words} words", flush=True)


def _save(given: dict[str, Any], detected: dict[str, Left]) -> None:
    """Save the figures, and those that every report of a redacted file has."""
    counts = given["counts"]
    figures = [
        report.figure(f"given spans: files with something left in {where}", str(counts[key]), "0")
        for where in ("text", "bytes", "OCR")
        if (key := f"files with something left in {where}") in counts
    ]
    own = []
    for kind, left in detected.items():
        figures.append(
            report.figure(
                f"own detection, {SETS[kind]}: characters removed of those marked", f"{left.recall():.3f}"
            )
        )
        figures.append(
            report.figure(
                f"own detection, {SETS[kind]}: words removed of those not marked",
                f"{left.needless} of {left.words:,}",
                "≤ 1%",
            )
        )
        classes = {
            label: {
                "characters": left.chars[label],
                "left": left.left[label],
                "documents": left.with_class[label],
                "documents_with_some_left": left.leaking[label],
            }
            for label in sorted(left.chars)
        }
        own.append(
            {
                "on": SETS[kind],
                "documents": left.documents,
                "documents_with_some_left": left.leaking[""],
                "characters": left.chars.total(),
                "left": left.left.total(),
                "recall_of_characters": round(left.recall(), 3),
                "classes": classes,
            }
        )
    card = installed().card
    measured = {
        "command": "python -m research.benchmarks.redact --save",
        "model": card.id,
        "own_detection": own,
        "german_letters_held_back": {
            "on": "51 German letters, each read by a model that has not learnt from it (five folds)",
            "recall_of_words": card.about["quality"]["german_words_recall"],
        },
        "given_spans": given,
    }
    _TARGET.write_text(json.dumps(measured, indent=1, ensure_ascii=False) + "\n", "utf-8")
    report.save("redact", figures, {"given_spans": given, "own_detection": own})


if __name__ == "__main__":
    main()
