"""Measure how well the documents in a file are found, on packets of documents that trained nothing.

    python -m research.benchmarks.packets [--data ../shared/data] [--packets 500] [--rows 100] [--save]

Borders: of every two documents that follow each other in a packet, whether it is cut between them, and
nowhere else. Rows: the flags and findings of each document, alone and as a part. Single: the real files, and
those of `documents`, each one document, that are cut. With `--open` the other half is measured, to develop.
`--resume FILE` keeps what is measured, line by line, and goes on from there.
"""

from __future__ import annotations

import argparse
import json
import tarfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from docassay.schemas.rows import Reject, Result, Source
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.formats.media_types import PDF, TEXTS
from docassay.transforms.parse import media_type, parse
from research.benchmarks import report
from research.benchmarks.packets.joining import Packet, packet
from research.benchmarks.packets.sources import PacketDocument, documents
from research.benchmarks.real import share

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT.parent / "shared" / "data"
WORKERS = 2
TIMED = 100
_ALONE = Limits(parts=False)


@dataclass(frozen=True, slots=True)
class Borders:
    """What became of the borders of a packet.

    Attributes:
        wrong: Cuts where no document begins.
        lost: Borders that are not cut.
        silent: Of these, those in a document that does not say that it may be mixed.
        pages: Pages that were timed.
        reading: Seconds of processor time that it took to read the PDF.
        parting: Seconds more that it took to find the documents in it.
    """

    recipe: str
    seed: int
    right: int
    wrong: int
    lost: int
    silent: int
    pages: int
    reading: float
    parting: float


_documents: list[PacketDocument] = []
_held_back = True


def _open(data: Path, held_back: bool) -> None:
    global _held_back
    _documents[:] = [one for one in documents(data) if one.held_back == held_back]
    _held_back = held_back


def borders(seed: int) -> Borders:
    """Join the packet of a seed, cut it, and compare."""
    joined = packet(seed, _held_back, _documents)
    source = Source(f"packet-{seed}.pdf", joined.content)
    began = time.process_time()
    if seed < TIMED:
        parse(source, _ALONE)
    read = time.process_time()
    outcomes = parse(source, Limits())
    ended = time.process_time()
    begins, mixed = _begins(outcomes)
    gold = set(joined.first_pages[1:])
    lost = gold - begins
    silent = sum(not any(first <= page <= last for first, last in mixed) for page in lost)
    return Borders(
        joined.recipe,
        seed,
        len(gold & begins),
        len(begins - gold),
        len(lost),
        silent,
        joined.pages if seed < TIMED else 0,
        read - began,
        ended - read - (read - began) if seed < TIMED else 0.0,
    )


def _begins(outcomes: Sequence[Document | Source | Reject]) -> tuple[set[int], list[tuple[int, int]]]:
    """Give the pages on which documents begin, but the first, and the pages of those that may be mixed."""
    begins: set[int] = set()
    mixed = []
    for outcome in outcomes:
        if isinstance(outcome, Document) and outcome.pages is not None:
            begins.add(outcome.pages.first)
            if outcome.boundary_candidates:
                mixed.append((outcome.pages.first, outcome.pages.last))
        elif isinstance(outcome, Reject) and "page" in outcome.detail:
            begins.add(int(outcome.detail.split()[1].rstrip(":")))
    return begins - {1}, mixed


def singles(data: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield set, name and bytes of files that hold one document each."""
    for archive in [
        *sorted((data / "real").glob("*.tar.xz")),
        *sorted((data / "documents").glob("*.tar.xz")),
    ]:
        folder = f"{archive.parent.name}/{archive.name.removesuffix('.tar.xz')}"
        with tarfile.open(archive) as tar:
            for member in tar:
                name = PurePosixPath(member.name).name
                if member.isfile() and not name.startswith(("SOURCE", "LICENSE", "README")):
                    stream = tar.extractfile(member)
                    assert stream is not None
                    yield folder, name, stream.read()


def single(entry: tuple[str, str, bytes]) -> tuple[str, str, int, bool]:
    """Give set and name of a file, the documents that it is cut into, and whether one may be mixed."""
    folder, name, content = entry
    if media_type(content, name, None) not in (PDF, *TEXTS):
        return folder, name, 0, False  # no other format has pages
    outcomes = parse(Source(name, content), Limits())
    parts = [one for one in outcomes if "#part-" in one.uri]
    mixed = any(isinstance(one, Document) and bool(one.boundary_candidates) for one in outcomes)
    return folder, name, len(parts), mixed


class Rows:
    """The flags and findings of documents, each read once."""

    def __init__(self) -> None:
        """Open the models."""
        from docassay.transforms.context import Context, Options

        self._context = Context(Options(threads=2))
        self._known: dict[tuple[str, str | None, tuple[int, ...]], Counter[tuple[str, ...]]] = {}

    def of(self, parsed: Document) -> Counter[tuple[str, ...]]:
        """Give what the rows of a document say, and the words that they rest on."""
        from docassay.transforms.stages import run_stages

        key = parsed.text, parsed.title, parsed.boundary_candidates
        if key not in self._known:
            (result,) = run_stages([parsed], self._context)
            found: Counter[tuple[str, ...]] = Counter()
            if isinstance(result, Result):
                found.update(("flag", row.code, row.evidence) for row in result.flags)
                found.update(
                    ("finding", row.check_id, row.verdict, row.evidence or "") for row in result.findings
                )
            self._known[key] = found
        return self._known[key]


def compared(joined: Packet, rows: Rows) -> tuple[int, int, int, int]:
    """Count the rows that a packet's documents have alone, and what became of them.

    Returns:
        Rows alone; the same rows in the parts that a document's pages are in; those that none of these parts
        has and none says that it may be mixed; rows that are in parts alone.
    """
    parts = [
        (one.pages.first, one.pages.last, bool(one.boundary_candidates), rows.of(one))
        for one in parse(Source("packet.pdf", joined.content), Limits())
        if isinstance(one, Document) and one.pages is not None
    ]
    ends = [*joined.first_pages[1:], joined.pages + 1]
    every: Counter[tuple[str, ...]] = Counter()
    total = kept = silent = 0
    for content, first, end in zip(joined.parts, joined.first_pages, ends, strict=True):
        (parsed, *_) = parse(Source("alone.pdf", content), _ALONE)
        if not isinstance(parsed, Document):
            continue
        alone = rows.of(
            replace(parsed, embedded_values=())
        )  # a packet has the pages of an invoice, not its XML
        there = [part for part in parts if part[0] < end and first <= part[1]]
        same = (alone & sum((part[3] for part in there), Counter())).total()
        every += alone
        total, kept = total + alone.total(), kept + same
        silent += 0 if any(part[2] for part in there) else alone.total() - same
    new = sum((part[3] for part in parts), Counter()) - every
    return total, kept, silent, new.total()


class Kept:
    """What was measured, in a file of JSON lines, so that a run that ends early can go on."""

    def __init__(self, path: Path | None) -> None:
        """Read what is there."""
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.is_file() else []
        self._known = {(stage, key): value for stage, key, value in map(json.loads, lines)}

    def each(
        self, stage: str, keys: Sequence[str], measure: Callable[[list[int]], Iterable[Any]]
    ) -> list[Any]:
        """Give the value of each key, in their order; `measure` gives those at some positions."""
        missing = [n for n, key in enumerate(keys) if (stage, key) not in self._known]
        for n, value in zip(missing, measure(missing), strict=True):
            self._known[stage, keys[n]] = value
            if self._path:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([stage, keys[n], value]) + "\n")
        return [self._known[stage, key] for key in keys]


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(
        prog="python -m research.benchmarks.packets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--packets", type=int, default=500)
    parser.add_argument("--rows", type=int, default=100, help="packets whose rows are compared")
    parser.add_argument("--resume", type=Path, help="keep what is measured here, and go on from there")
    parser.add_argument("--open", action="store_true", help="the half that is not held back")
    parser.add_argument("--save", action="store_true", help="keep the figures in results/")
    options = parser.parse_args()
    held_back, kept = not options.open, Kept(options.resume)
    with ProcessPoolExecutor(WORKERS, initializer=_open, initargs=(options.data, held_back)) as pool:
        seeds = list(map(str, range(options.packets)))
        measured = kept.each("borders", seeds, lambda missing: pool.map(_borders, missing, chunksize=2))
        found = [Borders(**one) for one in measured]
        by_recipe = _by_recipe(found)
        report.show("borders", ["recipe", "packets", "F1", "precision", "recall", "lost silently"], by_recipe)
        files = list(singles(options.data))
        cut = kept.each(
            "single",
            [f"{n} {folder} {name}" for n, (folder, name, _) in enumerate(files)],
            lambda missing: pool.map(single, [files[n] for n in missing], chunksize=4),
        )
    by_set = _by_set(cut)
    report.show("single documents", ["set", "files", "cut", "may be mixed"], by_set)
    print("\n".join(f"cut: {folder} {name} {parts}" for folder, name, parts, _ in cut if parts))
    worst = sorted(found, key=lambda one: -(one.lost + one.wrong))[:15]
    print("\n".join(f"{one.seed} {one.recipe}: lost {one.lost} wrong {one.wrong}" for one in worst))
    rows = _rows(options, held_back, kept) if options.rows else []
    if options.save and held_back:
        details: Mapping[str, object] = {"borders": by_recipe, "single documents": by_set, "rows": rows}
        report.save("packets", figures(found, cut, rows), details)


def _borders(seed: int) -> dict[str, Any]:
    return asdict(borders(seed))


def _rows(options: argparse.Namespace, held_back: bool, kept: Kept) -> list[int]:
    _open(options.data, held_back)

    def measure(missing: list[int]) -> Iterator[tuple[int, ...]]:
        rows = Rows() if missing else None
        for seed in missing:
            assert rows is not None
            yield compared(packet(seed, held_back, _documents), rows)

    counted = kept.each("rows", list(map(str, range(options.rows))), measure)
    totals = [sum(column) for column in zip(*counted, strict=True)]
    print(f"rows alone {totals[0]}, kept {totals[1]}, lost silently {totals[2]}, new {totals[3]}")
    return totals


def _scores(found: Sequence[Borders]) -> tuple[float, float, float]:
    right, wrong, lost = (sum(getattr(one, name) for one in found) for name in ("right", "wrong", "lost"))
    precision, recall = right / max(1, right + wrong), right / max(1, right + lost)
    return 2 * precision * recall / max(1e-9, precision + recall), precision, recall


def _by_recipe(found: Sequence[Borders]) -> list[list[str]]:
    groups: dict[str, list[Borders]] = defaultdict(list)
    for one in found:
        groups["all"].append(one)
        groups[one.recipe].append(one)
    return [
        [name, str(len(ones)), *(f"{value:.3f}" for value in _scores(ones)), str(sum(o.silent for o in ones))]
        for name, ones in sorted(groups.items())
    ]


def _by_set(cut: Sequence[tuple[str, str, int, bool]]) -> list[list[str]]:
    groups: dict[str, list[tuple[str, str, int, bool]]] = defaultdict(list)
    for one in cut:
        groups[f"{one[0].partition('/')[0]}, all"].append(one)
        groups[one[0]].append(one)
    return [
        [name, str(len(ones)), str(sum(one[2] > 0 for one in ones)), str(sum(one[3] for one in ones))]
        for name, ones in sorted(groups.items())
    ]


def figures(
    found: Sequence[Borders], cut: Sequence[tuple[str, str, int, bool]], rows: Sequence[int]
) -> list[report.Figure]:
    """Give the figures with their targets."""
    pages = sum(one.pages for one in found)
    listed = [
        report.figure(f"borders of {len(found)} packets: F1", f"{_scores(found)[0]:.3f}", "≥ .95"),
        report.figure("borders lost without being marked mixed", str(sum(o.silent for o in found)), "0"),
        report.figure("finding documents, processor ms per page", f"{_ms(found, 'parting', pages):.2f}"),
        report.figure("reading the PDF, processor ms per page", f"{_ms(found, 'reading', pages):.2f}"),
    ]
    for name in ("real", "documents"):
        ones = [one for one in cut if one[0].startswith(f"{name}/")]
        hits = sum(one[2] > 0 for one in ones)
        listed.append(
            report.figure(f"single documents wrongly cut: {name}", share(hits, len(ones)), "≤ .005")
        )
    if rows:
        listed.append(report.figure("flags and findings that parts keep", share(rows[1], rows[0]), "≥ .98"))
        listed.append(report.figure("flags and findings lost, not marked mixed", str(rows[2]), "0"))
    return listed


def _ms(found: Sequence[Borders], name: str, pages: int) -> float:
    return 1_000 * float(sum(getattr(one, name) for one in found)) / max(1, pages)


if __name__ == "__main__":
    main()
