"""Review: how long a reviewer waits, with 100,000 documents and a million rows.

    python -m research.benchmarks.review [--documents 100000] [--save]

The rows are made here and written as the tables' files are. Two times are measured, each in a browser where
Chromium and Playwright are there, else by requests alone: from the command to the first page of the queue,
and from the key to the next document, its findings and its text on the screen. The first is the median of
several starts. Beside them stands what the server took of the processor, which other work on the machine
changes less. Then the index of words is made, and searches for words that stand in many documents, few and
none are timed, with its size as a share of the text. The texts are pieces of the shipped examples: one
sentence again and again would make an index of a third of its usual size.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from docassay import domains
from docassay.schemas.arrow import schema
from docassay.storage.tables.parquet import write_table
from research.benchmarks import report

GROUPS = 20
"""Groups of files that the rows are written in."""

STARTS = 7
"""How often the command is given."""

STEPS = 60
"""Documents that are stepped through."""

SEGMENTS, FLAGS, FINDINGS = 4, 2, 3
"""Rows of a document, beside its own."""

SENTENCE = "The parties keep what they have agreed on between themselves, and pay USD 1,200 on time. "


SEARCHES = (
    "parties",
    '"keep what they have agreed"',
    "agreement time",
    "agree*",
    "agreement 4711",
    '"on time" parties USD',
    "nowhere",
    "part* between",
)
"""Words of all documents, phrases, prefixes, words of a few documents, and of none."""

SHOWN = "(performance.timeOrigin + performance.getEntriesByType('navigation')[0].loadEventEnd) / 1000"
"""What a page says of the moment at which it was there: seconds since 1970."""


def main() -> None:
    """Measure, print and save the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.review",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docassay-") as name:
        out = Path(name) / "tables"
        rows = make(out, options.documents)
        measured = measure(out) | search(out)
    pair = f"{options.documents:,} documents, {rows:,} rows"
    figures = [
        report.figure(f"seconds from command to first page, {pair}", f"{measured['first']:.2f}", "1.5"),
        report.figure(f"the same, the quickest of {STARTS} starts", f"{measured['first_least']:.2f}", "-"),
        report.figure(
            f"ms from key press to next document, median, {pair}", f"{measured['median']:.0f}", "100"
        ),
        report.figure("the same, 95th percentile", f"{measured['most']:.0f}", "150"),
        report.figure("the server's share, median", f"{measured['server']:.0f}", "-"),
        report.figure(
            "processor seconds used by the command up to the first page",
            f"{measured['first_processor']:.2f}",
            "-",
        ),
        report.figure("processor ms used by the server per document", f"{measured['processor']:.0f}", "-"),
        report.figure(f"ms of a search, median of {len(SEARCHES)}", f"{measured['search']:.0f}", "200"),
        report.figure("the same, the slowest", f"{measured['search_most']:.0f}", "200"),
        report.figure("seconds to build the word index", f"{measured['index']:.0f}", "-"),
        report.figure("its size, as a share of the text", f"{measured['index_share']:.2f}", "1.2"),
    ]
    report.show("review", ["what", "measured"], [[one["what"], one["value"]] for one in figures])
    if options.save:
        report.save("review", figures, measured)


def search(out: Path) -> dict[str, float]:
    """Make the index of words, and search all documents; each search shows the first twenty."""
    from docassay.views.search.index import Index
    from docassay.views.search.words import parse

    index = Index(str(out))
    began = time.perf_counter()
    index.update()
    made = time.perf_counter() - began
    text = sum(
        sum(map(len, pq.read_table(path, columns=["text"])["text"].to_pylist()))
        for path in sorted((out / "segments").glob("*.parquet"))
    )
    seconds = []
    for words in SEARCHES:
        began = time.perf_counter()
        index.hits(parse(words), 20)
        seconds.append(time.perf_counter() - began)
    return {
        "index": made,
        "index_share": index.bytes / text,
        "search": 1_000 * statistics.median(seconds),
        "search_most": 1_000 * max(seconds),
    }


def make(out: Path, documents: int) -> int:
    """Write tables of so many documents; give the number of rows."""
    rows = 0
    for group in range(GROUPS):
        names = range(group, documents, GROUPS)
        ids = sorted(hashlib.sha256(str(name).encode()).hexdigest() for name in names)
        for table, columns in _columns(ids).items():
            count = len(columns["doc_id"])
            columns |= {
                "run_id": ["run-1"] * count,
                "processed_at": [datetime(2026, 1, 1, tzinfo=UTC)] * count,
            }
            shape = schema(table)
            arrays = [
                pa.array(columns[field.name], field.type)
                if field.name in columns
                else pa.nulls(count, field.type)
                for field in shape
            ]
            write_table(pa.Table.from_arrays(arrays, schema=shape), f"{out}/{table}/g{group:02d}.parquet", {})
            rows += count
    return rows


def _columns(ids: list[str]) -> dict[str, dict[str, list[Any]]]:
    number = [int(name[:8], 16) for name in ids]
    domains = ("legal", "financial", "medical")
    day = datetime(2025, 1, 1, tzinfo=UTC)
    length = len(SENTENCE) * 10
    flags = [(name, n, k) for name, n in zip(ids, number, strict=True) for k in range(FLAGS)]
    checks = [(name, n, k) for name, n in zip(ids, number, strict=True) for k in range(FINDINGS)]
    parts = [(name, k) for name in ids for k in range(SEGMENTS)]
    severities = ("low", "medium", "high", "critical")
    return {
        "documents": {
            "doc_id": ids,
            "uri": [f"/in/{name[:16]}.txt" for name in ids],
            "domain": [domains[n % 3] for n in number],
            "domain_probability": [0.9] * len(ids),
            "kind": [("nda", "invoice", "bill")[n % 3] for n in number],
            "media_type": ["text/plain"] * len(ids),
            "language": ["en"] * len(ids),
            "language_probability": [0.99] * len(ids),
            "title": [f"Agreement {n}" for n in number],
            "chars": [SEGMENTS * length] * len(ids),
            "tokens": [900] * len(ids),
            "segments": [SEGMENTS] * len(ids),
            "event_time": [day + timedelta(hours=n % 9_000) for n in number],
            "risk": [n % 1_000 / 1_000 for n in number],
            "status": ["flagged"] * len(ids),
            "reasons": [["flag:advance_fee"]] * len(ids),
        },
        "segments": {
            "doc_id": [name for name, _ in parts],
            "segment": [k for _, k in parts],
            "start_char": [k * length for _, k in parts],
            "end_char": [(k + 1) * length for _, k in parts],
            "heading": [[f"{k + 1} Terms"] for _, k in parts],
            "text": [SENTENCE * 10 if k == 0 else _piece(name, k, length) for name, k in parts],
            "language": ["en"] * len(parts),
        },
        "flags": {
            "doc_id": [name for name, _, _ in flags],
            "code": [("advance_fee", "changed_bank_details")[k] for _, _, k in flags],
            "severity": [severities[(n >> k) % 4] for _, n, k in flags],
            "start_char": [k * 400 + 72 for _, _, k in flags],
            "end_char": [k * 400 + 81 for _, _, k in flags],
            "evidence": [(SENTENCE * 9)[k * 400 + 72 : k * 400 + 81] for _, _, k in flags],
            "why": ["It asks for money first."] * len(flags),
            "source": ["FBI, Advance Fee Schemes"] * len(flags),
            "decided_by": ["rule legal.advance_fee"] * len(flags),
        },
        "findings": {
            "doc_id": [name for name, _, _ in checks],
            "check_id": [("nda_term", "governing_law", "parties_named")[k] for _, _, k in checks],
            "verdict": [("fail", "review", "pass")[(n + k) % 3] for _, n, k in checks],
            "severity": ["medium"] * len(checks),
            "start_char": [4 * (k + 1) for _, _, k in checks],
            "end_char": [4 * (k + 1) + 7 for _, _, k in checks],
            "evidence": [SENTENCE[4 * (k + 1) : 4 * (k + 1) + 7] for _, _, k in checks],
            "searched": [[]] * len(checks),
            "why": ["It must be named."] * len(checks),
            "source": ["Directive (EU) 2016/943, Art. 2"] * len(checks),
            "decided_by": ["rule legal.nda_term"] * len(checks),
        },
    }


def _piece(name: str, segment: int, length: int) -> str:
    """Give a piece of the shipped examples, another one for each segment."""
    text = _examples()
    begin = int(name[8:16], 16) * (segment + 1) % (len(text) - length)
    return text[begin : begin + length]


@cache
def _examples() -> str:
    files = [domains.load(name).folder / "examples.jsonl" for name in domains.names()]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]
    return " ".join(json.loads(line)["text"] for line in lines)


def measure(out: Path) -> dict[str, float]:
    """Start the review, open its first page, and step from document to document."""
    if not _has_browser():
        return _several(out, _by_requests)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:  # a reviewer's browser is open before
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        measured = _several(out, partial(_in_browser, page))
        browser.close()
    return measured


def _several(out: Path, look: Callable[..., dict[str, float]]) -> dict[str, float]:
    """Start several times, and step through documents in the last; of the starts the medians count."""
    looks = []
    for steps in (*[0] * (STARTS - 1), STEPS):
        with _served(out) as (address, began, taken):
            looks.append(look(address, began, taken, steps))
    firsts = {key: statistics.median(one[key] for one in looks) for key in ("first", "first_processor")}
    return {**looks[-1], **firsts, "first_least": min(one["first"] for one in looks)}


@contextmanager
def _served(out: Path) -> Iterator[tuple[str, float, Callable[[], float]]]:
    """Give a review's address, when its command was given, and the processor that it has taken."""
    command = [sys.executable, "-m", "docassay", "review", str(out), "--reviewer", "Ann"]
    began = time.time()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[1], began, partial(_processor, server.pid)
        finally:
            server.kill()


def _processor(pid: int) -> float:
    """Give the seconds of processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _has_browser() -> bool:
    return shutil.which("chromium") is not None and find_spec("playwright") is not None


def _in_browser(
    page: Any, address: str, began: float, taken: Callable[[], float], steps: int
) -> dict[str, float]:
    """Measure by the browser's own clock, without what it takes to drive it."""
    page.goto(address)
    page.wait_for_selector("#queue .row")
    first, first_processor = page.evaluate(SHOWN) - began, taken()
    if not steps:
        return {"first": first, "first_processor": first_processor}
    page.keyboard.press("Enter")
    page.wait_for_selector("#entries .entry")
    seconds, of_server, before = [], [], taken()
    for _ in range(steps):
        here = page.url
        start = time.time()
        with page.expect_navigation(url=lambda url, here=here: url != here, wait_until="load"):
            page.keyboard.press("n")
        page.wait_for_selector("#entries .entry")
        seconds.append(page.evaluate(SHOWN) - start)
        of_server.append(page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd") / 1_000)
    return _summed(first, seconds, of_server, (first_processor, (taken() - before) / steps))


def _by_requests(address: str, began: float, taken: Callable[[], float], steps: int) -> dict[str, float]:
    import re
    from http.cookiejar import CookieJar
    from urllib.request import HTTPCookieProcessor, build_opener

    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    queue = opener.open(address).read().decode()
    first, first_processor = time.time() - began, taken()
    if not steps:
        return {"first": first, "first_processor": first_processor}
    base = address.partition("/?")[0]
    seconds, before = [], taken()
    for path in re.findall(r'data-href="([^"]+)"', queue)[:steps]:
        start = time.perf_counter()
        opener.open(base + path).read()
        seconds.append(time.perf_counter() - start)
    processor = (first_processor, (taken() - before) / max(1, len(seconds)))
    return _summed(first, seconds, seconds, processor)


def _summed(
    first: float, seconds: list[float], of_server: list[float], processor: tuple[float, float]
) -> dict[str, float]:
    return {
        "first": first,
        "median": 1_000 * statistics.median(seconds),
        "most": 1_000 * sorted(seconds)[int(0.95 * len(seconds))],
        "server": 1_000 * statistics.median(of_server),
        "first_processor": processor[0],
        "processor": 1_000 * processor[1],
    }


if __name__ == "__main__":
    main()
