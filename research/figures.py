"""Print the figures that should not slip unseen, beside those of the last commit that saved them.

    python -m research.figures [--data ../shared/data] [--save]

Processor seconds (user and system) of whole commands, the least of three runs, since other work on a machine
changes them least. The real mix is every tenth document of each set of `DATA/real`; without that folder it is
not measured. `--save` writes `research/figures.json`, to be committed with what
it measures.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

from docassay.domains.entries import read_toml
from docassay.domains.terms import LONGEST, too_long
from research.benchmarks import report, throughput
from tests import corpus
from tests.pdfs import leaves

ROOT = Path(__file__).parents[1]
SAVED = ROOT / "research" / "figures.json"
MAIL = ROOT / "domains" / "financial" / "samples" / "changed-bank-details.eml"
LETTER = "The supplier delivers the goods.\nThe buyer pays within thirty days.\nGerman law applies.\n"
TEXTS = 300
PAGES = 8
ALONE = os.environ | {"OMP_NUM_THREADS": "1"}
"""Threads of NumPy that wait for work count as processor time, .2 s of a start on two cores."""

MORE = ("research", "tests")
"""Folders at the top of the repository that are no part of the product."""

Figures = dict[str, float | None]
"""A figure by what it is, in words; None: not measured."""


def main() -> None:
    """Measure, print and, where that is asked for, save."""
    parser = argparse.ArgumentParser(prog="python -m research.figures", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.relative_to(ROOT)}")
    options = parser.parse_args()
    saved = json.loads(SAVED.read_text(encoding="utf-8")) if SAVED.is_file() else {"figures": {}}
    with tempfile.TemporaryDirectory(prefix="docassay-") as work:
        figures = {
            **sizes(),
            **quick_tests(),
            **commands(Path(work)),
            **real(Path(work), options.data / "real"),
        }
    cells = [[name, _cell(value), _cell(saved["figures"].get(name))] for name, value in figures.items()]
    before = f"{saved.get('commit', 'nothing saved')}, {saved.get('processor', '')}"
    report.show(f"{report.commit(ROOT)}, {report.processor()}", ["figure", "now", before], cells)
    if options.save:
        content = {"commit": report.commit(ROOT), "processor": report.processor(), "figures": figures}
        SAVED.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def sizes() -> dict[str, int]:
    """Count lines of code, and find the longest file, function and expression."""
    files = [path for path in _listed("*.py") if path.is_file()]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    product = [path for path in files if path.relative_to(ROOT).parts[0] not in MORE]
    functions = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in product
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    rules = [path for path in _listed("domains/*.toml") if path.is_file()]
    expressions = [len(one) for path in rules for _, one in too_long(read_toml(path))]
    return {
        "lines of the product": sum(lines[path] for path in product),
        **{
            f"lines of {folder}": sum(lines[p] for p in files if ROOT / folder in p.parents)
            for folder in MORE
        },
        "lines of the longest file of the product": max(lines[path] for path in product),
        "lines of the longest function of the product": max(functions),
        f"expressions over {LONGEST} characters": len(expressions),
        "characters of the longest expression": max(expressions, default=LONGEST),
    }


def quick_tests() -> Figures:
    """Give the processor seconds of the last whole `make test`, which pytest keeps in its cache."""
    path = ROOT / ".pytest_cache" / "v" / "docassay" / "quick_seconds"
    return {"quick tests, s": json.loads(path.read_text()) if path.is_file() else None}


def commands(work: Path) -> Figures:
    """Measure a start, `explain`, and the share of the engine on texts."""
    letter = work / "letter.txt"
    letter.write_text(LETTER, encoding="utf-8")
    pages = work / "pages.pdf"
    pages.write_bytes(_pages())
    corpus.write(work / "texts", corpus.items(TEXTS))
    start, memory = _least(work, "batch", letter)
    return {
        "batch of one document, s": start,
        "batch of one document, MB": memory,
        "explain of a mail, s": _least(work, "explain", MAIL)[0],
        f"explain of a PDF of {PAGES} pages, s": _least(work, "explain", pages)[0],
        f"share of the engine, {TEXTS} texts": share(work / "texts", work / "out"),
    }


def real(work: Path, data: Path) -> Figures:
    """Measure ten mails, and the share of the engine on every tenth real document."""
    mix, mails = work / "mix", work / "mails"
    for archive in sorted(data.glob("*.tar.xz")):
        with tarfile.open(archive) as tar:
            members = sorted((one for one in tar.getmembers() if one.isfile()), key=lambda one: one.name)
            for member in members[::10]:
                tar.extract(member, mix, filter="data")
    found = sorted(mix.rglob("*.eml"))[:10]
    for number, path in enumerate(found):
        mails.mkdir(exist_ok=True)
        shutil.copy(path, mails / f"{number}.eml")
    return {
        "ten mails, s": _least(work, "batch", mails)[0] if found else None,
        "share of the engine, real mix": share(mix, work / "out") if mix.exists() else None,
    }


def share(folder: Path, out: Path) -> float:
    """Give the share of a batch's processor seconds that the bare engine takes for as many tokens.

    The bare engine reads every segment; a batch leaves out those that no model is asked about.
    """
    shutil.rmtree(out, ignore_errors=True)
    ran = report.batch(folder, out)
    alone = throughput.bare_loop(out)
    tokens = report.row_of_runs(out)["counts"]["assess.tokens"]
    return round(float(alone["cpu"] / alone["tokens"] * tokens / ran.cpu), 3)


def _least(work: Path, command: str, path: Path) -> tuple[float, int]:
    """Run a command three times; give the least processor seconds and megabytes, children included."""
    runs = []
    for _ in range(3):
        shutil.rmtree(work / "out", ignore_errors=True)
        out = ["--out", str(work / "out")] if command == "batch" else []
        words = [sys.executable, "-m", "docassay", command, str(path), *out]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=ALONE)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"docassay {command} {path} ended with {process.returncode}")
        runs.append((used.ru_utime + used.ru_stime, used.ru_maxrss))
    seconds, kilobytes = (min(values) for values in zip(*runs, strict=True))
    return round(seconds, 2), round(kilobytes / 1000)


def _pages() -> bytes:
    """Write contracts as a PDF of `PAGES` pages."""
    lines = textwrap.wrap(corpus.text(1, 1, 60 * 80 * PAGES), 80)
    return leaves(*("\n".join(lines[50 * n : 50 * (n + 1)]) for n in range(PAGES)))


def _listed(pattern: str) -> Iterator[Path]:
    """List the files of the repository that match a pattern."""
    command = ["git", "-C", str(ROOT), "ls-files", pattern]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return (ROOT / name for name in names.splitlines())


def _cell(value: float | None) -> str:
    return "not measured" if value is None else f"{value:,}"


if __name__ == "__main__":
    main()
