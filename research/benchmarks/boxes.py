"""Whether evidence stands where its row says: boxes of real PDFs, read back by the engine.

    git worktree add ../before COMMIT
    python -m research.benchmarks.boxes [--data ../shared/data] [--before ../before] [--save]

The PDFs in the archives `real` and `more` of `--data` are read by `docassay batch --personal-data`; of these
and of those in `documents`, slices of the text are taken at random, too. A piece of evidence, or a slice,
counts as found where the characters whose middle lies in its boxes are its own, without white space, in their
order; middles are those of their ink, put on the page by pdfium's own `FPDF_PageToDevice`. What was filled
into a form is no text of the page, and counts as wrong. With `--before`, a checkout without boxes, some of
the first two archives are timed, old and new in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from docassay.schemas.rows import Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from research.benchmarks import report
from research.benchmarks.compare import interval
from research.benchmarks.real import rows_of, unpack
from tests.pdf_layout import Layout

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
READ = ("real", "more")
"""Archives whose PDFs are read by the models, too."""

ARCHIVES = (*READ, "documents")
SLICES = 10
"""Slices of each document."""

SLICE_CHARS = (5, 20, 60, 200)
TABLES = ("flags", "findings", "entities")
PAIRS = 7
EVERY = 20
"""Of the PDFs that the models read, one in so many is timed."""

TIMED = """
import json, resource, sys, time
from docassay.schemas.rows import Source
from docassay.transforms.context import Context
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.parse import parse
from docassay.transforms.stages import run_stages
context = Context()
context.reader
for line in sys.stdin:
    path = json.loads(line)
    source = Source(path, open(path, "rb").read())
    began = time.process_time()
    parsed = parse(source, Limits())
    between = time.process_time()
    for document in parsed:
        if isinstance(document, Document):
            run_stages([document], context)
    ended = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([between - began, ended - began, peak]), flush=True)
"""


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.boxes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--pdfs", type=Path, help="a folder of PDFs; else those of the archives")
    parser.add_argument("--tables", type=Path, help="the tables of a run that has been; else all is read now")
    parser.add_argument("--before", type=Path, help="a checkout to compare parsing with")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        folder = options.pdfs or Path(name) / "pdfs"
        if options.pdfs is None:
            gather(options.data, folder)
        tables = options.tables or Path(name) / "tables"
        for archive in () if options.tables else READ:
            report.batch(folder / archive, tables, "--personal-data")
        figures, found = evidence(tables)
        details: dict[str, Any] = {"evidence": found}
        paths = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        more, details["slices"] = slices(paths)
        figures += more
        if options.before:
            timed = [path for path in paths if Path(path).relative_to(folder).parts[0] in READ]
            more, details["times"] = times(options.before, timed[::EVERY])
            figures += more
    report.show("evidence in PDFs", ["figure", "value", "target"], [list(one.values()) for one in figures])
    if options.save:
        report.save("boxes", figures, details)


def gather(data: Path, folder: Path) -> None:
    """Unpack the archives, and keep the PDFs."""
    for name in ARCHIVES:
        unpack(data / name, folder / name)
    for path in folder.rglob("*"):
        if path.is_file() and not path.read_bytes()[:1_024].lstrip().startswith(b"%PDF-"):
            path.unlink()


def evidence(tables: Path) -> tuple[list[report.Figure], dict[str, Any]]:
    """Read every piece of evidence in a PDF back from its boxes."""
    documents = {
        row["doc_id"]: row["uri"]
        for row in rows_of(tables, "documents")
        if row["media_type"] == "application/pdf" and "#" not in row["uri"]
    }
    of_document: defaultdict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for table in TABLES:
        for piece in rows_of(tables, table):
            if piece["doc_id"] in documents and piece["start_char"] is not None:
                of_document[piece["doc_id"]].append((table, piece))
    counts: Counter[str] = Counter()
    wrong = []
    for doc_id, pieces in sorted(of_document.items()):
        path = documents[doc_id].removeprefix("file://")
        layout = Layout(Path(path).read_bytes())
        for table, row in pieces:
            counts["rows"] += 1
            counts[table] += 1
            counts["page"] += row["page"] is not None
            counts["boxes"] += bool(row["boxes"])
            text = row["evidence"] if "evidence" in row else row["text"]
            if layout.holds(text, row["boxes"] or ()):
                counts["exact"] += 1
            else:
                wrong.append([Path(path).name, table, row["page"], text[:200]])
        layout.close()
    figures = [
        report.figure("PDFs with evidence, pieces of it", f"{len(of_document):,}, {counts['rows']:,}"),
        report.figure("evidence in PDFs with a page", share(counts["page"], counts["rows"]), "100%"),
        report.figure("the same with boxes", share(counts["boxes"], counts["rows"])),
        report.figure(
            "boxes that read back as the evidence", share(counts["exact"], counts["rows"]), "≥ 99%"
        ),
    ]
    return figures, {"counts": dict(counts), "wrong": wrong[:100]}


def slices(paths: Sequence[str]) -> tuple[list[report.Figure], dict[str, Any]]:
    """Read slices of the texts back, taken at random but the same in every run."""
    counts: Counter[str] = Counter()
    wrong = []
    for path in paths:
        content = Path(path).read_bytes()
        parsed = parse(Source(path, content), Limits(parts=False))[0]
        if not isinstance(parsed, Document) or parsed.pages is None:
            continue
        chance = random.Random(parsed.doc_id)
        layout = Layout(content)
        for _ in range(SLICES):
            start = chance.randrange(len(parsed.text))
            end = min(len(parsed.text), start + chance.choice(SLICE_CHARS))
            text = parsed.text[start:end]
            if not text.strip():
                continue
            counts["slices"] += 1
            if layout.holds(text, [asdict(box) for box in parsed.pages.boxes(parsed.text, start, end)]):
                counts["exact"] += 1
            else:
                wrong.append([Path(path).name, parsed.pages.number(start), text])
        layout.close()
        counts["documents"] += 1
    what = f"slices of {counts['documents']:,} PDFs that read back from their boxes"
    figure = report.figure(what, share(counts["exact"], counts["slices"]))
    return [figure], {"counts": dict(counts), "wrong": wrong[:100]}


def times(before: Path, paths: Sequence[str]) -> tuple[list[report.Figure], dict[str, Any]]:
    """Time parsing, and all stages after it, of PDFs: the other checkout and this one in turn.

    Each has a process of its own, which reads every PDF once before; then they take turns by document, so
    that what else the machine does slows both down alike. A pair is all documents once in each.
    """
    pages = sum(map(_pages, paths))
    runs: dict[str, list[tuple[float, float, int]]] = {"before": [], "now": []}
    with _reader(before.resolve()) as before_reads, _reader(ROOT) as now_reads:
        readers = {"before": before_reads, "now": now_reads}
        for pair in range(-1, PAIRS):
            spent: dict[str, list[tuple[float, float, int]]] = {"before": [], "now": []}
            for number, path in enumerate(paths):
                order = list(readers) if (pair + number) % 2 else list(readers)[::-1]
                for name in order:
                    spent[name].append(_timed(readers[name], path))
            if pair >= 0:
                for name, of_each in spent.items():
                    parsing, whole, peaks = zip(*of_each, strict=True)
                    runs[name].append((sum(parsing), sum(whole), max(peaks)))
    parse_ms = [
        statistics.median(1_000 * spent / pages for spent, _, _ in runs[name]) for name in ("before", "now")
    ]
    memory = [statistics.median(peak / 1_000 for *_, peak in runs[name]) for name in ("before", "now")]
    ratios = [now[1] / then[1] for now, then in zip(runs["now"], runs["before"], strict=True)]
    ratio, low, high = interval(ratios)
    figures = [
        report.figure(
            "processor time to parse and judge a PDF, with boxes over without",
            f"{ratio:.3f} ({low:.3f} to {high:.3f})",
            "≤ 1.05",
        ),
        report.figure(
            "parsing a page, processor ms, without and with boxes", f"{parse_ms[0]:.1f}, {parse_ms[1]:.1f}"
        ),
        report.figure(
            "memory of a process that parses and judges, MB, without and with",
            f"{memory[0]:.0f}, {memory[1]:.0f}",
        ),
    ]
    return figures, {
        "before": report.commit(before),
        "documents": len(paths),
        "pages": pages,
        "runs": runs,
    }


def _pages(path: str) -> int:
    with pdfium.PdfDocument(path) as document:
        return len(document)


def _reader(checkout: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TIMED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        cwd=checkout,
    )


def _timed(reader: subprocess.Popen[str], path: str) -> tuple[float, float, int]:
    assert reader.stdin and reader.stdout
    reader.stdin.write(f"{json.dumps(path)}\n")
    reader.stdin.flush()
    parsing, whole, peak = json.loads(reader.stdout.readline())
    return parsing, whole, peak


def share(part: int, whole: int) -> str:
    """Write a share with two decimals, and what it is of."""
    return f"{100 * part / max(1, whole):.2f}% ({part:,} of {whole:,})"


if __name__ == "__main__":
    main()
